"""Filters on capacity, as they were until Placement took over: Liberty's Core, Ram and Disk in all their forms.

free = total x ratio - used. A server may be larger than what the host has without overcommit.
"""

from __future__ import annotations

from typing import ClassVar

from kit.scheduling.aggregate import metadata
from kit.scheduling.ask import Ask
from kit.scheduling.filters.base import Filter
from kit.scheduling.host import Host


class _Capacity(Filter):
    """One resource against one ratio."""

    key: ClassVar[str]
    unit: ClassVar[str]

    def ratio(self, host: Host, ask: Ask) -> float:
        """The option's; 0.0 is not set and means the default."""
        return float(ask.options[f"DEFAULT.{self.key}"])

    def amounts(self, host: Host, ask: Ask) -> tuple[int, int, int]:
        """What is asked, what the host has, what is used of it."""
        raise NotImplementedError

    def reason(self, host: Host, ask: Ask) -> str:
        asked, total, used = self.amounts(host, ask)
        ratio = self.ratio(host, ask)
        free = total * ratio - used
        if free >= asked:
            return ""
        return f"asks {asked} {self.unit}; {total} x {ratio:g} - {used} = {free:g} {self.unit} are free"


class _PerAggregate(_Capacity):
    """The same with the smallest ratio of the host's aggregates."""

    def ratio(self, host: Host, ask: Ask) -> float:
        values = metadata(host, self.key).get(self.key, set())
        try:
            return min(map(float, values)) if values else super().ratio(host, ask)
        except ValueError:
            return super().ratio(host, ask)


class CoreFilter(_Capacity):
    """Virtual CPUs; a host that counts none passes.

    Source: nova/scheduler/filters/core_filter.py, Nova 12.
    """

    key, unit = "cpu_allocation_ratio", "vCPUs"

    def amounts(self, host: Host, ask: Ask) -> tuple[int, int, int]:
        return ask.flavor.vcpus, host.vcpus, host.vcpus_used

    def reason(self, host: Host, ask: Ask) -> str:
        return super().reason(host, ask) if host.vcpus else ""


class RamFilter(_Capacity):
    """Memory in MiB; what the host reserves counts as used.

    Source: nova/scheduler/filters/ram_filter.py, Nova 12.
    """

    key, unit = "ram_allocation_ratio", "MB"

    def amounts(self, host: Host, ask: Ask) -> tuple[int, int, int]:
        return ask.flavor.memory_mb, host.memory_mb, host.memory_mb - host.free_ram_mb


class DiskFilter(_Capacity):
    """Disk in MiB: root, ephemeral and swap.

    Source: nova/scheduler/filters/disk_filter.py, Nova 12.
    """

    key, unit = "disk_allocation_ratio", "MB of disk"

    def amounts(self, host: Host, ask: Ask) -> tuple[int, int, int]:
        total = host.local_gb * 1024
        return disk_asked(ask), total, total - host.free_disk_mb


class AggregateCoreFilter(CoreFilter, _PerAggregate):
    """Virtual CPUs with the aggregates' `cpu_allocation_ratio`."""


class AggregateRamFilter(RamFilter, _PerAggregate):
    """Memory with the aggregates' `ram_allocation_ratio`."""


class AggregateDiskFilter(DiskFilter, _PerAggregate):
    """Disk with the aggregates' `disk_allocation_ratio`."""


def disk_asked(ask: Ask) -> int:
    """MiB of disk of a flavor, swap and all."""
    return 1024 * (ask.flavor.root_gb + ask.flavor.ephemeral_gb) + ask.flavor.swap


class ExactCoreFilter(Filter):
    """As many virtual CPUs free as asked for, no more: for bare metal."""

    def reason(self, host: Host, ask: Ask) -> str:
        free = host.vcpus - host.vcpus_used
        if host.vcpus and free == ask.flavor.vcpus:
            return ""
        return f"asks exactly {ask.flavor.vcpus} vCPUs; {free} are free"


class ExactRamFilter(Filter):
    """As much memory free as asked for, no more."""

    def reason(self, host: Host, ask: Ask) -> str:
        asked = ask.flavor.memory_mb
        return "" if host.free_ram_mb == asked else f"asks exactly {asked} MB; {host.free_ram_mb} MB are free"


class ExactDiskFilter(Filter):
    """As much disk free as asked for, no more."""

    def reason(self, host: Host, ask: Ask) -> str:
        asked = disk_asked(ask)
        return "" if host.free_disk_mb == asked else f"asks exactly {asked} MB of disk; {host.free_disk_mb} are free"
