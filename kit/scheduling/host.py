"""Compute nodes as the scheduler sees them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from kit.scheduling.aggregate import Aggregate
from kit.scheduling.errors import amount
from kit.scheduling.image import Image
from kit.scheduling.numa import NumaTopology
from kit.scheduling.pci_pool import PciPool

_AMOUNTS = (
    "vcpus", "pcpus", "memory_mb", "local_gb", "cpu_allocation_ratio", "ram_allocation_ratio", "disk_allocation_ratio",
)  # fmt: skip
_ENDLESS = float("inf")
# Kept as whole percents, so that 0.29 becomes 28: nova/objects/monitor_metric.py.
_PERCENTS = {f"cpu.{part}percent" for part in ("", "user.", "kernel.", "idle.", "iowait.")}


@dataclass(frozen=True, slots=True)
class Service:
    """The nova-compute service of a host."""

    disabled: bool = False
    forced_down: bool = False
    heartbeat_stale: bool = False

    @property
    def up(self) -> bool:
        """Whether it reports, and nobody said that it is down."""
        return not self.forced_down and not self.heartbeat_stale


@dataclass(frozen=True, slots=True)
class Instance:
    """A server on a host: what filters and weighers may ask of it."""

    uuid: str
    flavor: str = ""
    image: Image = field(default_factory=Image)


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A compute node; it never changes, a changed host is another one.

    Attributes
    ----------
    name, nodename : str
        The host of the service and the node; they differ where one service owns many nodes.
    vcpus, pcpus : int
        Host CPUs for shared and for dedicated guest CPUs.
    memory_mb, local_gb : int
        MiB and GiB, all there is.
    cpu_allocation_ratio, ram_allocation_ratio, disk_allocation_ratio : float
        Overcommit; today's initial ratios are 4.0, 1.0, 1.0, those of Liberty 16.0, 1.5, 1.0.
    reserved_host_cpus, reserved_host_memory_mb, reserved_host_disk_gb : int
        Kept from servers.
    instance_vcpus, instance_pcpus, instance_memory_mb, instance_disk_mb : int
        In use by servers: CPUs and MiB.
    extra_inventory, extra_used : mapping
        Other resource classes, custom ones say.
    hypervisor_version : int
        Millions, thousands, units: 8002000 is 8.2.0.
    supported_instances : tuple
        Architecture, kind of hypervisor, virtual machine mode.
    metrics : mapping
        What monitors measured; percents as whole numbers from 0 to 100.
    stats : mapping, optional
        As the node reported them; default those of the fields above.

    Raises
    ------
    RequestError
        For an amount or a ratio that is negative or no number; what is reserved may be negative, as it was in Kilo.

    Source: nova/scheduler/host_manager.py (HostState) and nova/compute/resource_tracker.py, Nova 34.
    """

    name: str
    nodename: str = ""
    uuid: str = ""
    cell_uuid: str = "cell1"
    vcpus: int = 0
    pcpus: int = 0
    memory_mb: int = 0
    local_gb: int = 0
    cpu_allocation_ratio: float = 4.0
    ram_allocation_ratio: float = 1.0
    disk_allocation_ratio: float = 1.0
    reserved_host_cpus: int = 0
    reserved_host_memory_mb: int = 512
    reserved_host_disk_gb: int = 0
    instance_vcpus: int = 0
    instance_pcpus: int = 0
    instance_memory_mb: int = 0
    instance_disk_mb: int = 0
    disk_available_least: int | None = None
    extra_inventory: Mapping[str, int] = field(default_factory=dict)
    extra_used: Mapping[str, int] = field(default_factory=dict)
    service: Service = Service()
    hypervisor_type: str = "QEMU"
    hypervisor_version: int = 8002000
    supported_instances: tuple[tuple[str, ...], ...] = ()
    cpu_info: Any = None
    host_ip: str = ""
    num_instances: int = 0
    num_io_ops: int = 0
    failed_builds: int = 0
    instances: Mapping[str, Instance] = field(default_factory=dict)
    traits: frozenset[str] = frozenset()
    numa_topology: NumaTopology | None = None
    pci_pools: tuple[PciPool, ...] = ()
    metrics: Mapping[str, int] = field(default_factory=dict)
    aggregates: tuple[Aggregate, ...] = ()
    trusted: str = "unknown"
    stats: Mapping[str, str] | None = None

    def __post_init__(self) -> None:
        amounts = (self.vcpus, self.pcpus, self.memory_mb, self.local_gb)
        ratios = (self.cpu_allocation_ratio, self.ram_allocation_ratio, self.disk_allocation_ratio)
        if min(amounts) >= 0 and min(ratios) >= 0 and sum(amounts) + sum(ratios) < _ENDLESS:
            return
        for name in _AMOUNTS:
            amount(f"{name} of host {self.name!r}", getattr(self, name))

    @property
    def node(self) -> str:
        """The name of the node; that of the host when it has no other."""
        return self.nodename or self.name

    @property
    def label(self) -> str:
        """The host, and its node where that has another name."""
        return self.name if self.node == self.name else f"{self.name}/{self.node}"

    @property
    def free_ram_mb(self) -> int:
        """MiB that are left without overcommit; may be negative."""
        return self.memory_mb - self.reserved_host_memory_mb - self.instance_memory_mb

    @property
    def free_disk_mb(self) -> int:
        """MiB of disk that are left; no more than the hypervisor itself finds free."""
        free = (self.local_gb - self.reserved_host_disk_gb) * 1024 - self.instance_disk_mb
        return free if self.disk_available_least is None else min(free, self.disk_available_least * 1024)

    @property
    def vcpus_used(self) -> int:
        """Guest CPUs on the host, and those reserved."""
        return self.instance_vcpus + self.instance_pcpus + self.reserved_host_cpus

    def attribute(self, name: str) -> Any:
        """What the host is asked for by name in a `capabilities:` extra spec or a JSON query.

        Raises
        ------
        KeyError
            Nova's host state has no such name.
        """
        return _ATTRIBUTES[name](self)

    def changed(self, **fields: Any) -> Host:
        """The same host with some fields changed."""
        return replace(self, **fields)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], aggregates: Iterable[Aggregate] = ()) -> Host:
        """A host from plain data; `tests/conformance/data/scheduler/FORMAT.md` tells the members."""
        ratios, kept, used = data.get("ratios", {}), data.get("reserved", {}), data.get("used", {})
        stats, virtual = data.get("stats", {}), data.get("hypervisor", {})
        return cls(
            name=data["name"], nodename=data.get("node", ""), uuid=data.get("uuid", data["name"]),
            cell_uuid=data.get("cell", "cell1"),
            vcpus=data.get("vcpus", 0), pcpus=data.get("pcpus", 0), memory_mb=data.get("ram_mb", 0),
            local_gb=data.get("disk_gb", 0),
            cpu_allocation_ratio=ratios.get("cpu", 4.0), ram_allocation_ratio=ratios.get("ram", 1.0),
            disk_allocation_ratio=ratios.get("disk", 1.0),
            reserved_host_cpus=kept.get("cpu", 0), reserved_host_memory_mb=kept.get("ram_mb", 0),
            reserved_host_disk_gb=kept.get("disk_gb", 0),
            instance_vcpus=used.get("vcpus", 0), instance_pcpus=used.get("pcpus", 0),
            instance_memory_mb=used.get("ram_mb", 0), instance_disk_mb=used.get("disk_gb", 0) * 1024,
            extra_inventory=dict(data.get("extra_inventory") or {}), extra_used=dict(used.get("extra") or {}),
            service=Service(**data.get("service", {})),
            hypervisor_type=virtual.get("type", "QEMU"), hypervisor_version=virtual.get("version", 0),
            supported_instances=tuple(tuple(each) for each in virtual.get("supported", ())),
            cpu_info=data.get("cpu_info"), host_ip=data.get("host_ip", ""),
            num_instances=stats.get("num_instances", 0), num_io_ops=stats.get("io_ops", 0),
            failed_builds=stats.get("failed_builds", 0),
            instances={found.uuid: found for found in map(_instance, data.get("instances") or ())},
            traits=frozenset(data.get("traits") or ()), numa_topology=NumaTopology.from_list(data.get("numa")),
            pci_pools=PciPool.from_list(data.get("pci") or ()),
            metrics={each["name"]: _metric(each["name"], each["value"]) for each in data.get("metrics") or ()},
            aggregates=tuple(each for each in aggregates if data["name"] in each.hosts),
        )  # fmt: skip


def _instance(data: str | Mapping[str, Any]) -> Instance:
    if isinstance(data, str):
        return Instance(data)
    return Instance(data["uuid"], data.get("flavor", ""), Image.from_dict(data.get("image")))


def _metric(name: str, value: float) -> int:
    return int(value * 100 if name in _PERCENTS else value)


def _stats(host: Host) -> dict[str, Any]:
    """What the node reported, as text; servers that the scheduler has chosen since do not show."""
    return {**host.stats} if host.stats is not None else {
        "num_instances": str(host.num_instances), "io_workload": str(host.num_io_ops),
        "failed_builds": str(host.failed_builds),
    }  # fmt: skip


_ATTRIBUTES: dict[str, Callable[[Host], Any]] = {
    "host": lambda h: h.name,
    "nodename": lambda h: h.node,
    "hypervisor_hostname": lambda h: h.node,
    "uuid": lambda h: h.uuid,
    "cell_uuid": lambda h: h.cell_uuid,
    "total_usable_ram_mb": lambda h: h.memory_mb,
    "total_usable_disk_gb": lambda h: h.local_gb,
    "disk_mb_used": lambda h: h.reserved_host_disk_gb * 1024 + h.instance_disk_mb,
    "free_ram_mb": lambda h: h.free_ram_mb,
    "free_disk_mb": lambda h: h.free_disk_mb,
    "vcpus_total": lambda h: h.vcpus,
    "vcpus_used": lambda h: h.vcpus_used,
    "num_instances": lambda h: h.num_instances,
    "num_io_ops": lambda h: h.num_io_ops,
    "failed_builds": lambda h: h.failed_builds,
    "host_ip": lambda h: h.host_ip,
    "hypervisor_type": lambda h: h.hypervisor_type,
    "hypervisor_version": lambda h: h.hypervisor_version,
    "cpu_info": lambda h: h.cpu_info,
    "supported_instances": lambda h: [list(each) for each in h.supported_instances],
    "metrics": lambda h: dict(h.metrics),
    "instances": lambda h: dict(h.instances),
    "ram_allocation_ratio": lambda h: h.ram_allocation_ratio,
    "cpu_allocation_ratio": lambda h: h.cpu_allocation_ratio,
    "disk_allocation_ratio": lambda h: h.disk_allocation_ratio,
    "stats": _stats,
    "service": lambda h: {"disabled": h.service.disabled, "forced_down": h.service.forced_down},
}
