"""Paths of the object store and what answers them."""

from __future__ import annotations

from kit.cloud.object_store import accounts, containers, copying, objects, reading, states
from kit.cloud.object_store.service import HTML, ObjectStoreService, healthcheck, info, options

service = ObjectStoreService(
    type="object-store", name="swift", path="/object-store", endpoint="/v1/AUTH_%(project_id)s", empty_type=HTML
)
add = service.add

ACCOUNT = "/v1/{account}"
CONTAINER = f"{ACCOUNT}/{{container}}"
OBJECT = f"{CONTAINER}/{{name:path}}"

add("GET", "/healthcheck", healthcheck, open=True)
add("GET", "/info", info, open=True)
add("HEAD", "/info", info, open=True)
add("OPTIONS", "/info", options, open=True)

# Each looks itself at who asks: a container may be open to all, a signed URL to whoever has it.
add("HEAD", ACCOUNT, accounts.head, open=True)
add("GET", ACCOUNT, accounts.show, open=True)
add("PUT", ACCOUNT, accounts.create, open=True, writes=True)
add("POST", ACCOUNT, accounts.update, open=True, writes=True)
add("DELETE", ACCOUNT, accounts.remove, open=True, writes=True)

add("HEAD", CONTAINER, containers.head, open=True)
add("GET", CONTAINER, containers.show, open=True)
add("PUT", CONTAINER, containers.create, open=True, writes=True)
add("POST", CONTAINER, containers.update, open=True, writes=True)
add("DELETE", CONTAINER, containers.delete, open=True, writes=True)

add("HEAD", OBJECT, reading.show, open=True)
add("GET", OBJECT, reading.show, open=True)
add("PUT", OBJECT, objects.create, open=True, writes=True)
add("POST", OBJECT, objects.update, open=True, writes=True)
add("COPY", OBJECT, copying.copy, open=True, writes=True)
add("DELETE", OBJECT, objects.delete, open=True, writes=True)

for path in (ACCOUNT, CONTAINER, OBJECT):
    add("OPTIONS", path, options, open=True)

service.on("object_store.expired", states.expired)
