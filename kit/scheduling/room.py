"""What a host has room for, resource by resource, in the arithmetic of the era."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kit.scheduling.host import Host
from kit.scheduling.options import Options
from kit.scheduling.placement import Provider
from kit.scheduling.tracker import limits_for


@dataclass(frozen=True, slots=True)
class Room:
    """One resource of a host.

    Attributes
    ----------
    total, reserved, used : int
        What there is, what is kept from servers, what servers have: vCPUs, MiB, GiB.
    ratio : float
        Overcommit.
    limit : float, optional
        What servers may have in all; None where nothing tests it (Liberty without the resource's filter).
    """

    total: int
    reserved: int
    used: int
    ratio: float
    limit: float | None

    @property
    def free(self) -> float | None:
        """What servers may still have; None where nothing tests it."""
        return None if self.limit is None else self.limit - self.used

    def over(self, asked: float) -> float:
        """How much of what is asked is too much; 0 when it fits."""
        return 0.0 if self.limit is None else max(0.0, self.used + asked - self.limit)


def room(host: Host, options: Options | Mapping[str, Any] | None = None) -> dict[str, Room]:
    """The room of a host by resource class: VCPU, MEMORY_MB, DISK_GB, and what else it has.

    Today the limit is (total - reserved) x ratio, with the host's own ratios; in Liberty total x ratio - reserved,
    with the scheduler's. The latter is what its filters and claims come to.

    Raises
    ------
    InventoryError
        Today, when a host reserves less than nothing or more than it has.

    Examples
    --------
    >>> host = Host(name="c1", vcpus=8, memory_mb=8192, local_gb=80, instance_memory_mb=4096)
    >>> room(host)["MEMORY_MB"].free, room(host, Options(era="liberty"))["MEMORY_MB"].free
    (3584.0, 7680.0)
    """
    chosen = options if isinstance(options, Options) else Options(options)
    return _liberty(host, chosen) if chosen.era == "liberty" else _today(host)


def _today(host: Host) -> dict[str, Room]:
    provider = Provider.from_host(host)
    return {
        name: Room(each.total, each.reserved, provider.used.get(name, 0), each.allocation_ratio, each.capacity)
        for name, each in provider.inventories.items()
    }


def _liberty(host: Host, options: Options) -> dict[str, Room]:
    limits = limits_for(host, options)
    # The claim counts what is reserved as used; here it is taken off the limit, so that `used` is what servers have.
    kinds = {
        "VCPU": ("vcpu", "cpu", host.vcpus, host.reserved_host_cpus, host.vcpus_used - host.reserved_host_cpus),
        "MEMORY_MB": ("memory_mb", "ram", host.memory_mb, host.reserved_host_memory_mb, host.instance_memory_mb),
        "DISK_GB": ("disk_gb", "disk", host.local_gb, host.reserved_host_disk_gb, host.instance_disk_mb // 1024),
    }
    return {
        name: Room(
            total, reserved, used, options[f"DEFAULT.{key}_allocation_ratio"],
            limits[limit] - reserved if limit in limits else None,
        )
        for name, (limit, key, total, reserved, used) in kinds.items()
    }  # fmt: skip
