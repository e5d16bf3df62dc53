"""Paths of the object store and what answers them."""

from __future__ import annotations

from kit.cloud.object_store import accounts, containers, copying, objects, reading, states
from kit.cloud.object_store.service import HTML, ObjectStoreService, info, options

service = ObjectStoreService(
    type="object-store", name="swift", path="/object-store", endpoint="/v1/AUTH_%(project_id)s", empty_type=HTML
)
add = service.add

ACCOUNT = "/v1/{account}"
CONTAINER = f"{ACCOUNT}/{{container}}"
OBJECT = f"{CONTAINER}/{{name:path}}"

add("GET", "/info", info, open=True)

# What only looks also answers without a token: a container may be open to all.
add("HEAD", ACCOUNT, accounts.head, open=True)
add("GET", ACCOUNT, accounts.show, open=True)
add("POST", ACCOUNT, accounts.update)
add("DELETE", ACCOUNT, accounts.remove)

add("HEAD", CONTAINER, containers.head, open=True)
add("GET", CONTAINER, containers.show, open=True)
add("PUT", CONTAINER, containers.create)
add("POST", CONTAINER, containers.update)
add("DELETE", CONTAINER, containers.delete)

add("HEAD", OBJECT, reading.show, open=True)
add("GET", OBJECT, reading.show, open=True)
# A signed URL writes an object, too.
add("PUT", OBJECT, objects.create, open=True, writes=True)
add("POST", OBJECT, objects.update, open=True, writes=True)
add("COPY", OBJECT, copying.copy)
add("DELETE", OBJECT, objects.delete, open=True, writes=True)

for path in (ACCOUNT, CONTAINER, OBJECT):
    add("OPTIONS", path, options, open=True)

service.on("object_store.expired", states.expired)
