"""Paths of the block storage service and what answers them."""

from __future__ import annotations

from kit.cloud.block_storage import (
    group_replication,
    healthcheck,
    routes_operator,
    routes_volumes,
    states,
    volume_admin,
    volume_attach,
    volume_change,
    volume_images,
)
from kit.cloud.block_storage.service import BlockStorageService, versions
from kit.cloud.versions import Microversions, Version

# Each adds its actions to the table of actions on volumes, or on groups.
ACTION_MODULES = (group_replication, volume_admin, volume_attach, volume_change, volume_images)

service = BlockStorageService(
    type="block-storage", name="cinder", path="/volume", endpoint="/v3", empty_type="application/json",
    malformed_body="Malformed request body", microversions=Microversions("volume", Version(3, 0), Version(3, 71)),
)  # fmt: skip

for method in ("GET", "HEAD"):
    service.add(method, "/healthcheck", healthcheck.show, open=True)
service.add("GET", "/", versions, status=300, open=True)
service.add("GET", "/v3", versions)
states.register(service)

routes_volumes.add_to(service)
routes_operator.add_to(service)
