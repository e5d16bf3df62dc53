"""What the compute service has on a new cloud: its own services, and one host to boot servers on."""

from __future__ import annotations

from typing import Any

from kit.cloud.compute.models import hypervisors, services
from kit.cloud.placement import servers as placement
from kit.cloud.store import Row, Transaction

CONTROLLER = "controller"
HOST = "compute-1"

_CPU = {
    "arch": "x86_64",
    "model": "Cascadelake-Server",
    "vendor": "Intel",
    "features": ["avx2", "pge", "vmx"],
}


def bootstrap(tx: Transaction) -> None:
    """Add the conductor, the scheduler and one compute host."""
    for binary in ("nova-conductor", "nova-scheduler"):
        add_service(tx, binary, CONTROLLER)
    add_host(tx, HOST)


def add_service(tx: Transaction, binary: str, host: str, **fields: Any) -> Row:
    """Let one more of Nova's services be there."""
    values = {"disabled": False, "disabled_reason": None, "forced_down": False, **fields}
    return tx.insert(
        services, id=tx.ids.uuid(), number=tx.count(services) + 1, binary=binary, host=host,
        created_at=tx.stamp, updated_at=tx.stamp, **values,
    )  # fmt: skip


def add_host(
    tx: Transaction,
    name: str,
    *,
    vcpus: int = 32,
    memory_mb: int = 131072,
    local_gb: int = 2000,
    **fields: Any,
) -> Row:
    """Add a compute host: its service, its hypervisor, and the provider that this is in Placement.

    Parameters
    ----------
    memory_mb : int
        MiB of RAM.
    local_gb : int
        GiB of disk.
    fields
        Other columns of the hypervisor; of the service `disabled`, `disabled_reason`, `forced_down`.
    """
    own = {key: fields.pop(key) for key in ("disabled", "disabled_reason", "forced_down") if key in fields}
    add_service(tx, "nova-compute", name, **own)
    number = tx.count(hypervisors) + 1
    values = {
        "hypervisor_hostname": name, "hypervisor_type": "QEMU", "hypervisor_version": 8002002,
        "host_ip": f"192.0.2.{number % 254 + 1}", "reserved_memory_mb": 512, "cpu_allocation_ratio": 4.0,
        "ram_allocation_ratio": 1.0, "disk_allocation_ratio": 1.0, "cpu_info": _CPU, **fields,
    }  # fmt: skip
    row = tx.insert(
        hypervisors, id=tx.ids.uuid(), number=number, host=name, vcpus=vcpus, memory_mb=memory_mb,
        local_gb=local_gb, **values,
    )  # fmt: skip
    placement.add_host(tx, row)
    if own.get("disabled"):
        placement.set_disabled(tx, row, True)
    return row
