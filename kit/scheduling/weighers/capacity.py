"""Weighers on what is free: CPUs, memory, disk, PCI devices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kit.scheduling.ask import Ask
from kit.scheduling.fleet import Fleet
from kit.scheduling.host import Host
from kit.scheduling.weighers.base import Weigher

if TYPE_CHECKING:
    from kit.scheduling.fleet import Array, Positions

MOST_DEVICES = 100


def _free_vcpus(host: Host) -> float:
    return host.vcpus * host.cpu_allocation_ratio - host.vcpus_used


def _free_ram(host: Host) -> float:
    return host.free_ram_mb


def _free_disk(host: Host) -> float:
    return host.free_disk_mb


def _few_devices(host: Host) -> float:
    return MOST_DEVICES - min(sum(pool.count for pool in host.pci_pools), MOST_DEVICES - 1)


class CPUWeigher(Weigher):
    """Free virtual CPUs, overcommit counted: a positive multiplier spreads, a negative one packs.

    Source: nova/scheduler/weights/cpu.py, Nova 34.
    """

    minval, option = 0, "filter_scheduler.cpu_weight_multiplier"

    def raw(self, host: Host, ask: Ask) -> float:
        return _free_vcpus(host)

    def raws(self, fleet: Fleet, at: Positions, ask: Ask) -> Array:
        return fleet.column("free_vcpus", _free_vcpus)[at].clip(0)


class RAMWeigher(Weigher):
    """Free memory in MiB, without overcommit.

    Source: nova/scheduler/weights/ram.py, Nova 34.
    """

    minval, option = 0, "filter_scheduler.ram_weight_multiplier"

    def raw(self, host: Host, ask: Ask) -> float:
        return _free_ram(host)

    def raws(self, fleet: Fleet, at: Positions, ask: Ask) -> Array:
        return fleet.column("free_ram_mb", _free_ram)[at].clip(0)


class DiskWeigher(Weigher):
    """Free disk in MiB.

    Source: nova/scheduler/weights/disk.py, Nova 34.
    """

    minval, option = 0, "filter_scheduler.disk_weight_multiplier"

    def raw(self, host: Host, ask: Ask) -> float:
        return _free_disk(host)

    def raws(self, fleet: Fleet, at: Positions, ask: Ask) -> Array:
        return fleet.column("free_disk_mb", _free_disk)[at].clip(0)


class PCIWeigher(Weigher):
    """Few free PCI devices, so that hosts with devices stay free for those who ask for some.

    Source: nova/scheduler/weights/pci.py, Nova 34.
    """

    option = "filter_scheduler.pci_weight_multiplier"

    def raw(self, host: Host, ask: Ask) -> float:
        return _few_devices(host)

    def raws(self, fleet: Fleet, at: Positions, ask: Ask) -> Array:
        return fleet.column("few_devices", _few_devices)[at]
