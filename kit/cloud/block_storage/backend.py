"""The one backend: what it can do, which types it serves, whether it is up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kit.cloud.block_storage.bootstrap import BACKEND, BACKEND_HOST, CONTROLLER
from kit.cloud.block_storage.models import services
from kit.cloud.store import Row, Transaction

if TYPE_CHECKING:
    from kit.cloud.cloud import Cloud

CAPABILITIES: dict[str, Any] = {
    "volume_backend_name": BACKEND, "vendor_name": "Open Source", "driver_version": "3.0.0", "storage_protocol": "iSCSI",
    "total_capacity_gb": "infinite", "free_capacity_gb": "infinite", "reserved_percentage": 0, "QoS_support": False,
    "multiattach": True, "thin_provisioning_support": True, "thick_provisioning_support": False,
    "consistent_group_snapshot_enabled": True, "replication_enabled": False, "max_over_subscription_ratio": "20.0",
    "provisioned_capacity_gb": 0, "allocated_capacity_gb": 0, "backend_state": "up", "location_info": "", "goodness_function": None,
    "filter_function": None, "pool_name": BACKEND,
}  # fmt: skip


def up(cloud: Cloud, service: Row) -> bool:
    """Whether a service reports: it does unless its host is dead."""
    return not any(cloud.faults.dead(host) for host in (service["host"], service["host"].partition("@")[0]))


def accepts(cloud: Cloud, tx: Transaction) -> bool:
    """Whether the scheduler finds the backend: up, and not disabled."""
    row = tx.first(services, binary="cinder-volume", host=BACKEND_HOST)
    return row is not None and not row["disabled"] and up(cloud, row)


def works(cloud: Cloud) -> bool:
    """Whether what was begun on the backend comes to its end."""
    return not (cloud.faults.dead(BACKEND_HOST) or cloud.faults.dead(CONTROLLER))


def serves(specs: dict[str, Any] | None) -> bool:
    """Whether the backend has what a type's extra specs ask (cinder's capabilities filter)."""
    for name, wanted in (specs or {}).items():
        scope, _, rest = name.rpartition(":")
        if scope and scope != "capabilities":
            continue
        if rest not in CAPABILITIES or not _matches(str(CAPABILITIES[rest]), str(wanted)):
            return False
    return True


def _matches(have: str, wanted: str) -> bool:
    word, _, value = wanted.partition(" ")
    if word == "<is>":
        return (have.lower() == "true") == (value.strip().lower() in ("true", "1", "yes"))
    if word == "<in>":
        return value.strip() in have
    if word == "<or>":
        return have in [part.strip() for part in wanted.split("<or>")]
    return have == wanted
