"""Filters on NUMA cells and PCI devices: hosts are looked into, not only counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kit.scheduling.ask import Ask
from kit.scheduling.cpu_policy import both
from kit.scheduling.filters.base import Filter
from kit.scheduling.fit import Limits, Refusal, fit
from kit.scheduling.fleet import Fleet
from kit.scheduling.host import Host
from kit.scheduling.pci import supported

if TYPE_CHECKING:
    from kit.scheduling.fleet import Array, Positions


class NUMATopologyFilter(Filter):
    """Guest cells must go onto distinct host cells, with their CPUs, pages and devices.

    Source: nova/scheduler/filters/numa_topology_filter.py, Nova 34.
    """

    def reason(self, host: Host, ask: Ask) -> str:
        topology = host.numa_topology
        if topology is None:
            return "shows no NUMA cells; the guest asks for some" if ask.numa else ""
        pinned_threads = "require" in both(ask.request, "cpu_thread_policy")
        if pinned_threads and "dedicated" in both(ask.request, "cpu_policy") and not topology.has_threads:
            return "has no threads; thread policy require wants them"
        if ask.numa is None:
            return ""
        found = fit(
            topology, ask.numa, limits=limits_of(host), pci_requests=ask.pci, pools=host.pci_pools,
            pack_cells=ask.options["compute.packing_host_numa_cells_allocation_strategy"],
        )  # fmt: skip
        return str(found) if isinstance(found, Refusal) else ""

    def applies(self, ask: Ask) -> bool:
        return ask.numa is not None or "require" in both(ask.request, "cpu_thread_policy")

    def mask(self, fleet: Fleet, at: Positions, ask: Ask) -> Array:
        return _by_kind(self, fleet, at, ask)


class PciPassthroughFilter(Filter):
    """The devices that the flavor's aliases ask for must be free.

    Source: nova/scheduler/filters/pci_passthrough_filter.py, Nova 34.
    """

    def applies(self, ask: Ask) -> bool:
        return bool(ask.pci)

    def reason(self, host: Host, ask: Ask) -> str:
        if not ask.pci or supported(host.pci_pools, ask.pci, None, host.numa_topology):
            return ""
        wanted = ", ".join(f"{each.count} of {each.alias}" for each in ask.pci)
        free = ", ".join(f"{pool.count} of {pool.vendor_id}:{pool.product_id}" for pool in host.pci_pools)
        return f"asks {wanted}; free are {free or 'no devices'}"

    def mask(self, fleet: Fleet, at: Positions, ask: Ask) -> Array:
        return _by_kind(self, fleet, at, ask)


def _by_kind(each: Filter, fleet: Fleet, at: Positions, ask: Ask) -> Array:
    """Which hosts pass, looking once at hosts that share their cells and devices."""
    import numpy as np

    seen: dict[tuple[Any, ...], bool] = {}
    passing = np.empty(len(at), dtype=bool)
    for place, position in enumerate(at):
        host = fleet.hosts[position]
        kind = (id(host.numa_topology), id(host.pci_pools), host.cpu_allocation_ratio, host.ram_allocation_ratio)
        if kind not in seen:
            seen[kind] = not each.reason(host, ask)
        passing[place] = seen[kind]
    return passing


def limits_of(host: Host) -> Limits:
    """Overcommit that the filter hands to the claim."""
    return Limits(host.cpu_allocation_ratio, host.ram_allocation_ratio)
