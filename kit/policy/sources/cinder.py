"""Cinder's tables."""

from __future__ import annotations

from kit.policy.sources.listing import Connection, Tables, listed, pick
from kit.policy.sources.schemas import SCHEMAS


def read_cinder(connection: Connection) -> Tables:
    """Volumes with their attachments, snapshots and services."""
    schema, storage = SCHEMAS["cinder"], connection.block_storage
    volumes = list(listed(storage, "/volumes/detail?all_tenants=1", "volumes"))
    return {
        "volumes": [pick(item, schema["volumes"]) for item in volumes],
        "attachments": [pick(each, schema["attachments"]) for item in volumes for each in item.get("attachments", [])],
        "snapshots": [
            pick(item, schema["snapshots"]) for item in listed(storage, "/snapshots/detail?all_tenants=1", "snapshots")
        ],
        "services": [pick(item, schema["services"]) for item in listed(storage, "/os-services", "services")],
    }
