"""The resource tracker of a compute node: claims under one lock, and a periodic audit against drift."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from kit.scheduling.constraints import guest_topology
from kit.scheduling.errors import ClaimError
from kit.scheduling.filters.nfv import limits_of
from kit.scheduling.fit import Refusal, fit, use
from kit.scheduling.guest import GuestTopology
from kit.scheduling.host import Host, Instance, Service
from kit.scheduling.options import Options
from kit.scheduling.pci import apply, pci_requests
from kit.scheduling.pci_pool import PciPool
from kit.scheduling.placement import Provider
from kit.scheduling.request import Request

PoolKey = tuple[Any, ...]


class Drift:
    """What did not agree, a sentence each; empty is false."""

    def __init__(self, found: Iterable[str] = ()) -> None:
        self.found = list(found)

    def __len__(self) -> int:
        return len(self.found)

    def __repr__(self) -> str:
        return "\n".join(self.found) or "nothing drifted"

    def _repr_html_(self) -> str:
        from html import escape

        return "".join(f"<div>{escape(line)}</div>" for line in repr(self).splitlines())


@dataclass(frozen=True)
class Claim:
    """What a server has on a node.

    Attributes
    ----------
    numa : GuestTopology, optional
        Its cells as they were placed.
    devices : dict
        Kind of PCI device to count.
    """

    request: Request
    numa: GuestTopology | None
    devices: Counter[PoolKey]


class ComputeNode:
    """A compute node: what it has, who claimed what, and what it reports.

    Parameters
    ----------
    host : Host
        Its totals; usage that the host brings is taken as of others, and stays.
    options : Options, optional
        Of the era: Liberty also tests memory, disk and CPUs against the scheduler's limits; today Placement did.

    Source: nova/compute/resource_tracker.py and claims.py, Nova 34 and 12.
    """

    def __init__(self, host: Host, options: Options | None = None) -> None:
        self.base = host
        self.options = options or Options()
        self.failed_builds = host.failed_builds
        self.claims: dict[tuple[str, bool], Claim] = {}
        self.before = dict(Provider.from_host(host).used) if self.options.era == "today" else {}
        self._host: Host | None = None

    @property
    def host(self) -> Host:
        """What the node reports: totals, and usage by those who claimed."""
        if self._host is None:
            self._host = self._report()
        return self._host.changed(failed_builds=self.failed_builds)

    def _report(self) -> Host:
        base, claims = self.base, self.claims.values()
        numa, taken = base.numa_topology, Counter[PoolKey]()
        for each in claims:
            taken += each.devices
            if numa and each.numa:
                numa = use(numa, each.numa)
        names = {server: each for (server, _), each in self.claims.items()}
        flavors = [each.request.flavor for each in claims]
        pinned = [sum(len(c.pcpuset) + len(c.cpuset_reserved) for c in e.numa.cells) if e.numa else 0 for e in claims]
        return base.changed(
            instance_memory_mb=base.instance_memory_mb + sum(each.memory_mb for each in flavors),
            instance_disk_mb=base.instance_disk_mb + sum(each.request.disk_gb for each in claims) * 1024,
            instance_vcpus=base.instance_vcpus + sum(each.vcpus for each in flavors) - sum(pinned),
            instance_pcpus=base.instance_pcpus + sum(pinned),
            num_instances=base.num_instances + len(names),
            numa_topology=numa,
            pci_pools=_less(base.pci_pools, taken),
            instances={
                **base.instances,
                **{name: Instance(name, each.request.flavor.name, each.request.image) for name, each in names.items()},
            },
        )

    def claim(self, server: str, request: Request, *, moving: bool = False) -> Claim:
        """Take what a server asks for, whole or not at all.

        Parameters
        ----------
        moving : bool
            The server may be here already: it holds both until the move is settled.

        Raises
        ------
        ClaimError
            Its cells or devices do not fit; in Liberty, also memory, disk or CPUs.
        """
        if (server, moving) in self.claims:
            raise ClaimError(f"{server} is on {self.base.node} already")
        host = self.host
        if self.options.era == "liberty":
            _test_amounts(host, request, self.options)
        numa, wanted = guest_topology(request), pci_requests(request, self.options)
        if numa and not host.numa_topology:
            raise ClaimError(f"{host.node} shows no NUMA cells")
        if numa and host.numa_topology:
            found = fit(
                host.numa_topology, numa, limits=limits_of(host), pci_requests=wanted, pools=host.pci_pools,
                pack_cells=self.options["compute.packing_host_numa_cells_allocation_strategy"],
            )  # fmt: skip
            if isinstance(found, Refusal):
                raise ClaimError(f"{server} does not fit on {host.node}: {found}")
            numa = found
        cells = [cell.id for cell in numa.cells] if numa else None
        pools = apply(host.pci_pools, wanted, cells, host.numa_topology)
        if pools is None:
            raise ClaimError(f"{host.node} has not the PCI devices that {server} asks for")
        made = Claim(request, numa, _counted(host.pci_pools) - _counted(pools))
        self.claims[server, moving] = made
        self._host = None
        return made

    def drop(self, server: str, *, moving: bool | None = None, old: bool = False) -> None:
        """Give back what a server has here; of one that moves within the node, the old or the new part alone."""
        if old:
            moving = False
        for key in [key for key in self.claims if key[0] == server and moving in (None, key[1])]:
            del self.claims[key]
        self._host = None

    def settle(self, server: str) -> None:
        """A move to this node is done: what the server has here is its own."""
        if (server, True) in self.claims:
            self.claims[server, False] = self.claims.pop((server, True))

    def set_service(self, service: Service) -> None:
        """The service goes down or comes back."""
        self.base, self._host = self.base.changed(service=service), None

    def audit(self, servers: Iterable[str], *, mend: bool = True) -> Drift:
        """The periodic task: claims against the servers that are really here.

        Parameters
        ----------
        servers : iterable of str
            Those that run on the node, or are on their way from or to it.
        mend : bool
            Give back what belongs to no server.

        Source: nova/compute/resource_tracker.py, update_available_resource, Nova 34.
        """
        here = set(servers)
        claimed = {server for server, _ in self.claims}
        found = [f"{self.base.node} counts {server}, which is not here" for server in sorted(claimed - here)]
        found += [f"{self.base.node} does not count {server}, which is here" for server in sorted(here - claimed)]
        if mend:
            for server in claimed - here:
                self.drop(server)
        return Drift(found)


def limits_for(host: Host, options: Options) -> dict[str, float]:
    """What Liberty's filters hand to the claim: memory_mb, disk_gb, vcpu; without its filter a resource has none.

    Source: nova/scheduler/filters/ram_filter.py, disk_filter.py and core_filter.py, Nova 12.
    """
    enabled = options["filter_scheduler.enabled_filters"]
    limits = {
        "memory_mb": (("RamFilter", "AggregateRamFilter"), host.memory_mb, "ram"),
        "disk_gb": (("DiskFilter", "AggregateDiskFilter"), host.local_gb, "disk"),
        "vcpu": (("CoreFilter", "AggregateCoreFilter"), host.vcpus, "cpu"),
    }
    return {
        name: total * options[f"DEFAULT.{key}_allocation_ratio"]
        for name, (filters, total, key) in limits.items()
        if any(each in enabled for each in filters)
    }


def _test_amounts(host: Host, request: Request, options: Options) -> None:
    """Liberty's claim: asked <= limit - used, of memory, disk and CPUs."""
    flavor, limits = request.flavor, limits_for(host, options)
    for name, asked, used, unit in (
        ("memory_mb", flavor.memory_mb, host.memory_mb - host.free_ram_mb, "MB"),
        ("disk_gb", flavor.root_gb + flavor.ephemeral_gb, host.local_gb - host.free_disk_mb / 1024, "GB of disk"),
        ("vcpu", flavor.vcpus, host.vcpus_used, "vCPUs"),
    ):
        if name in limits and asked > limits[name] - used:
            raise ClaimError(
                f"asks {asked} {unit}; {limits[name]:g} - {used:g} = {limits[name] - used:g} {unit} are free"
            )  # fmt: skip


def _key(pool: PciPool) -> PoolKey:
    return (pool.vendor_id, pool.product_id, pool.numa_node, pool.dev_type, tuple(sorted(pool.tags.items())))


def _counted(pools: Sequence[PciPool]) -> Counter[PoolKey]:
    found: Counter[PoolKey] = Counter()
    for pool in pools:
        found[_key(pool)] += pool.count
    return found


def _less(pools: Sequence[PciPool], taken: Counter[PoolKey]) -> tuple[PciPool, ...]:
    """Pools without the devices that are taken; empty ones go."""
    left, found = Counter(taken), []
    for pool in pools:
        used = min(pool.count, left[_key(pool)])
        left[_key(pool)] -= used
        if pool.count > used:
            found.append(pool.less(used) if used else pool)
    return tuple(found)
