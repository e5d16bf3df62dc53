"""The services of the cloud, by type, in the order of the catalog."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from kit.cloud.block_storage.routes import service as block_storage
from kit.cloud.compute.routes import service as compute
from kit.cloud.identity.routes import service as identity
from kit.cloud.image.routes import service as image
from kit.cloud.network.routes import service as network
from kit.cloud.object_store.routes import service as object_store
from kit.cloud.orchestration.service import service as orchestration
from kit.cloud.placement.routes import service as placement
from kit.cloud.policy.service import service as policy
from kit.cloud.service import Service

SERVICES: Mapping[str, Service] = MappingProxyType(
    {
        service.type: service
        for service in (
            identity,
            compute,
            image,
            network,
            block_storage,
            policy,
            placement,
            object_store,
            orchestration,
        )
    }
)
