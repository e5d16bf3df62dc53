"""The services of the cloud, by type, in the order of the catalog."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from kit.cloud.identity.routes import service as identity
from kit.cloud.service import Service

SERVICES: Mapping[str, Service] = MappingProxyType({service.type: service for service in (identity,)})
