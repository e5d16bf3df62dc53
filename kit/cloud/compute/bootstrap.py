"""What the compute service has on a new cloud: its own services, and one host to boot servers on."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from kit.cloud.compute.cells import host_cells
from kit.cloud.compute.models import hypervisors, services
from kit.cloud.placement import servers as placement
from kit.cloud.placement.resource_classes import STANDARD as STANDARD_CLASSES
from kit.cloud.placement.standard_traits import STANDARD as STANDARD_TRAITS
from kit.cloud.store import Row, Transaction
from kit.scheduling.cpu_policy import HYPERTHREADING

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


def _refuse_unknown(traits: Sequence[str], inventory: Mapping[str, int]) -> None:
    for kind, names, standard in (("trait", traits, STANDARD_TRAITS), ("resource class", inventory, STANDARD_CLASSES)):
        for name in names:
            if name not in standard and not re.fullmatch(r"CUSTOM_[A-Z0-9_]+", name):
                raise ValueError(f"there is no {kind} {name!r}; one of your own begins with CUSTOM_")


def _devices(given: Mapping[str, Any]) -> dict[str, Any]:
    tags = {name: str(value) for name, value in (given.get("tags") or {}).items()}
    return {
        "vendor_id": str(given["vendor_id"]), "product_id": str(given["product_id"]), "count": given.get("count", 1),
        "numa_node": given.get("numa_node"), "dev_type": given.get("dev_type", "type-PCI"), "tags": tags,
    }  # fmt: skip


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
    vcpus: int | None = None,
    memory_mb: int | None = None,
    local_gb: int = 2000,
    numa: Sequence[Mapping[str, Any]] = (),
    pci: Sequence[Mapping[str, Any]] = (),
    traits: Sequence[str] = (),
    inventory: Mapping[str, int] | None = None,
    **fields: Any,
) -> Row:
    """Add a compute host: its service, its hypervisor, and the provider that this is in Placement.

    Parameters
    ----------
    vcpus, memory_mb : int
        CPUs for shared guest CPUs, and MiB of RAM; default what the cells have, or 32 and 131072.
    local_gb : int
        GiB of disk.
    numa : sequence of mappings
        NUMA cells, as `kit.cloud.compute.cells.host_cells` takes them; default one of everything.
    pci : sequence of mappings
        PCI devices that are alike: `vendor_id`, `product_id`, `count`, and as wanted `numa_node`, `dev_type`
        (`type-PCI`, `type-PF`, `type-VF`, `vdpa`), `tags`.
    traits : sequence of str
        Beside those of an ordinary host; custom ones are made.
    inventory : mapping
        Other resource classes, with their totals; custom ones are made.
    fields
        Other columns of the hypervisor; of the service `disabled`, `disabled_reason`, `forced_down`.

    Raises
    ------
    ValueError, RequestError
        The cells make no sense, or there is no such trait or resource class.
    """
    cells = host_cells(numa)
    shared, dedicated = (sum(len(cell[kind]) for cell in cells) for kind in ("cpuset", "pcpuset"))
    traits = [*traits, *([HYPERTHREADING] if any(len(core) > 1 for cell in cells for core in cell["siblings"]) else [])]
    _refuse_unknown(traits, inventory or {})
    vcpus = (shared if cells else 32) if vcpus is None else vcpus
    memory_mb = (sum(cell["memory_mb"] for cell in cells) or 131072) if memory_mb is None else memory_mb
    own = {key: fields.pop(key) for key in ("disabled", "disabled_reason", "forced_down") if key in fields}
    add_service(tx, "nova-compute", name, **own)
    number = tx.count(hypervisors) + 1
    values = {
        "hypervisor_hostname": name, "hypervisor_type": "QEMU", "hypervisor_version": 8002002,
        "host_ip": f"192.0.2.{number % 254 + 1}", "reserved_memory_mb": 512, "cpu_allocation_ratio": 4.0,
        "ram_allocation_ratio": 1.0, "disk_allocation_ratio": 1.0, "cpu_info": _CPU, "pcpus": dedicated or None,
        "numa_cells": cells or None, "pci_pools": [_devices(each) for each in pci] or None, **fields,
    }  # fmt: skip
    row = tx.insert(
        hypervisors, id=tx.ids.uuid(), number=number, host=name, vcpus=vcpus, memory_mb=memory_mb,
        local_gb=local_gb, **values,
    )  # fmt: skip
    placement.add_host(tx, row, traits, inventory or {})
    if own.get("disabled"):
        placement.set_disabled(tx, row, True)
    return row
