"""What the backend offers: its pools, capabilities and zones."""

from __future__ import annotations

from typing import Any

from kit.cloud.block_storage import backend
from kit.cloud.block_storage.bootstrap import BACKEND_HOST, POOL
from kit.cloud.block_storage.errors import require_admin
from kit.cloud.block_storage.listing import FILTERS, parameters
from kit.cloud.block_storage.models import services, volume_types, volumes
from kit.cloud.block_storage.validation import boolean
from kit.cloud.call import Call
from kit.cloud.errors import ApiError, BadRequest, NotFound


def pools(call: Call) -> dict[str, Any]:
    """The pools that the scheduler knows."""
    require_admin(call, "scheduler_extension:scheduler_stats:get_pools")
    query = parameters(call)
    detail = boolean(query, "detail")
    query.pop("detail", None)
    if call.at_least("3.31"):
        known = FILTERS["pool"]
        bad = [name for name in query if name not in known]
        if bad:
            raise BadRequest(f"Invalid filters {','.join(bad)} are found in query options.")
    elif not call.at_least("3.28"):
        query = {}
    if query.get("name", POOL) != POOL or not _offers(call, query):
        return {"pools": []}
    if not detail:
        return {"pools": [{"name": POOL}]}
    used = call.tx.total(volumes.c.size)
    capabilities = {
        **backend.CAPABILITIES, "timestamp": call.tx.stamp, "provisioned_capacity_gb": used,
        "allocated_capacity_gb": used,
    }  # fmt: skip
    return {"pools": [{"name": POOL, "capabilities": capabilities}]}


def _offers(call: Call, query: dict[str, str]) -> bool:
    if "volume_type" not in query or not call.at_least("3.35"):
        return True
    text = query["volume_type"]
    row = call.tx.first(volume_types, name=text) or call.tx.get(volume_types, text)
    if row is None:
        raise NotFound(f"Volume type with name {text} could not be found.")
    return backend.serves(row["extra_specs"])


def capabilities(call: Call, host: str) -> dict[str, Any]:
    """What a backend can do, for whoever writes extra specs."""
    require_admin(call, "volume_extension:capabilities")
    if host != BACKEND_HOST:
        raise NotFound(f"Can't find service: {host}")
    service = call.tx.first(services, binary="cinder-volume", host=host)
    if service is None or not backend.up(call.cloud, service):
        raise ApiError(f"Timeout while requesting capabilities from backend {host}.", status=502)
    have = backend.CAPABILITIES

    def flag(title: str, description: str) -> dict[str, str]:
        return {"title": title, "description": description, "type": "boolean"}

    return {
        "namespace": f"OS::Storage::Capabilities::{host}", "vendor_name": have["vendor_name"],
        "volume_backend_name": have["volume_backend_name"], "pool_name": None, "driver_version": have["driver_version"],
        "storage_protocol": have["storage_protocol"], "display_name": None, "description": None, "visibility": None,
        "replication_targets": [],
        "properties": {
            "thin_provisioning": flag("Thin Provisioning", "Sets thin provisioning."),
            "compression": flag("Compression", "Enables compression."),
            "qos": flag("QoS", "Enables QoS."),
            "replication_enabled": flag("Replication", "Enables replication."),
        },
    }  # fmt: skip


def zones(call: Call) -> dict[str, Any]:
    """The availability zones of the backends."""
    found: dict[str, bool] = {}
    for row in call.tx.rows(services, binary="cinder-volume"):
        found[row["zone"]] = found.get(row["zone"], False) or not row["disabled"]
    return {
        "availabilityZoneInfo": [
            {"zoneName": name, "zoneState": {"available": available}} for name, available in found.items()
        ]
    }
