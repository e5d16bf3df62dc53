"""Hosts and requests for tests: small ones, with what a test does not speak of left at one size."""

from __future__ import annotations

from typing import Any

from kit.scheduling import Cell, Flavor, Host, NumaTopology, Pages, Request

KVM = (("x86_64", "kvm", "hvm"), ("x86_64", "qemu", "hvm"))
NFV = {
    "filter_scheduler.enabled_filters": ["ComputeFilter", "NUMATopologyFilter", "PciPassthroughFilter"],
    "pci.alias": [{"name": "nic", "vendor_id": "8086", "product_id": "154d", "device_type": "type-PCI"}],
}


def host(name: str = "c1", **fields: Any) -> Host:
    """A host of 16 CPUs, 64 GiB and 1000 GiB, nothing used."""
    known: dict[str, Any] = {"vcpus": 16, "memory_mb": 65536, "local_gb": 1000, "supported_instances": KVM}
    return Host(name=name, **(known | fields))


def flavor(**fields: Any) -> Flavor:
    """2 CPUs, 2 GiB, 20 GiB."""
    specs = {name: str(value) for name, value in fields.pop("specs", {}).items()}
    return Flavor(**({"name": "m1.test", "vcpus": 2, "memory_mb": 2048, "root_gb": 20, "extra_specs": specs} | fields))


def request(servers: int = 1, **fields: Any) -> Request:
    """A request for that flavor; `specs` are its extra specs, flavor's fields may be given too."""
    own = {
        name: fields.pop(name)
        for name in ("vcpus", "memory_mb", "root_gb", "ephemeral_gb", "swap", "specs")
        if name in fields
    }
    names = tuple(f"new-{number + 1}" for number in range(servers))
    return Request(**({"flavor": flavor(**own), "servers": names, "project_id": "p"} | fields))


def cells(count: int = 2, size: int = 4, *, pinned: bool = False, threads: bool = False, **fields: Any) -> NumaTopology:
    """Cells of so many CPUs and 32 GiB."""
    found = []
    for number in range(count):
        cpus = range(number * size, (number + 1) * size)
        cores = [{cpu, cpu + size // 2} for cpu in cpus[: size // 2]] if threads else [{cpu} for cpu in cpus]
        own = {"pcpuset" if pinned else "cpuset": frozenset(cpus)}
        known: dict[str, Any] = {
            "memory": 32768,
            "mempages": (Pages(4, 8388608),),
            "siblings": tuple(map(frozenset, cores)),
        }
        found.append(Cell(id=number, **(known | own | fields)))
    return NumaTopology(tuple(found))
