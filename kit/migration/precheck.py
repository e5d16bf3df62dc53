"""The checks before a live migration, with the names of Nova's errors.

Source: nova/conductor/tasks/live_migrate.py and nova/virt/libvirt/driver.py. Up to 2.33 most come back to the
caller as 400; from 2.34 they happen in the background (202), and the migration and the instance action tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from kit.migration.cpu import compare_cpu
from kit.migration.errors import one_of
from kit.migration.memory import FORMULAS, memory_check


@dataclass(frozen=True)
class Host:
    """What the checks look at on a host; memory and disk in MiB and GiB.

    Attributes
    ----------
    shared_storage : str
        Name of the storage that holds the instances; two hosts share it when the names are equal; empty for none.
    """

    name: str
    flags: frozenset[str] = frozenset()
    memory_mib: float = 65536
    used_mib: float = 0
    reserved_mib: float = 512
    ram_allocation_ratio: float = 1.0
    free_disk_gib: float = 1000
    hypervisor: str = "QEMU"
    hypervisor_version: int = 7_002_022
    up: bool = True
    shared_storage: str = ""
    cell: str = "cell1"
    virt_type: str = "kvm"


@dataclass(frozen=True)
class Instance:
    """What the checks look at of an instance; memory in MiB, disk in GiB."""

    memory_mib: float = 1024
    disk_gib: float = 10
    vm_state: str = "active"
    power_state: str = "running"
    flags: frozenset[str] | None = None
    volume_backed: bool = False


@dataclass(frozen=True)
class Check:
    """One check: its name, whether it passes, Nova's error and what it says."""

    name: str
    passes: bool
    error: str = ""
    message: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The check as plain data."""
        return {"name": self.name, "passes": self.passes, "error": self.error, "message": self.message}

    def __str__(self) -> str:
        return f"{'pass' if self.passes else 'FAIL'}  {self.name}" + (
            f": {self.error}: {self.message}" if self.error else ""
        )


@dataclass(frozen=True)
class Checks:
    """All checks in Nova's order; the first failing one is what Nova tells."""

    list: tuple[Check, ...] = field(default=())

    @property
    def passes(self) -> bool:
        """Whether the migration may begin."""
        return all(check.passes for check in self.list)

    @property
    def error(self) -> str:
        """Nova's error, or empty."""
        return next((check.error for check in self.list if not check.passes), "")

    @property
    def message(self) -> str:
        """What Nova says, or empty."""
        return next((check.message for check in self.list if not check.passes), "")

    def __iter__(self) -> Iterator[Check]:
        return iter(self.list)

    def to_dict(self) -> dict[str, Any]:
        """The checks as plain data."""
        return {"passes": self.passes, "error": self.error, "checks": [check.to_dict() for check in self.list]}

    def __repr__(self) -> str:
        return "\n".join(map(str, self.list))


def prechecks(
    instance: Instance, source: Host, destination: Host, *, block_migration: bool | str = "auto", forced: bool = False,
    era: str = "placement",
) -> Checks:  # fmt: skip
    """All checks of a live migration, in Nova's order.

    Parameters
    ----------
    instance, source, destination
        What is checked.
    block_migration : bool or "auto"
        As asked for; `auto` since 2.25.
    forced : bool
        Whether the host was named without the scheduler: always in Kilo, `force` from 2.30 to 2.67.
    era : str
        `kilo`, `mitaka` or `placement`: which formula for memory.

    Raises
    ------
    ValueOutOfRange
        For another era or block_migration.
    """
    one_of("era", era, FORMULAS)
    one_of("block_migration", block_migration, (True, False, "auto"))
    return Checks(tuple(_checks(instance, source, destination, block_migration, forced, era)))


def _checks(
    instance: Instance, source: Host, destination: Host, block: bool | str, forced: bool, era: str
) -> Iterable[Check]:
    states = ("active", "paused")
    yield _check("state", instance.vm_state in states, "InstanceInvalidState", f"vm_state is {instance.vm_state}")
    for host in (source, destination):
        yield _check("service", host.up, "ComputeServiceUnavailable", f"Compute service of {host.name} is unavailable")
    yield _check(
        "other host",
        source.name != destination.name,
        "UnableToMigrateToSelf",
        f"the instance is on {source.name} already",
    )
    yield _check(
        "cell", source.cell == destination.cell, "MigrationPreCheckError", "the destination is in another cell"
    )
    yield _memory(instance, destination, forced, era)
    yield _check(
        "hypervisor", source.hypervisor == destination.hypervisor, "InvalidHypervisorType",
        f"{source.hypervisor} against {destination.hypervisor}",
    )  # fmt: skip
    yield _check(
        "version", source.hypervisor_version <= destination.hypervisor_version, "DestinationHypervisorTooOld",
        f"{source.hypervisor_version} is newer than {destination.hypervisor_version}",
    )  # fmt: skip
    if destination.virt_type == "kvm":
        found = compare_cpu(instance.flags if instance.flags is not None else source.flags, destination.flags)
        yield _check("cpu", found.passes, "InvalidCPUInfo", repr(found))
    yield from _storage(instance, source, destination, block)


def _memory(instance: Instance, destination: Host, forced: bool, era: str) -> Check:
    formula = era if forced or era == "placement" else "mitaka"
    if formula == "placement":
        found = memory_check(
            "placement", instance.memory_mib, destination.memory_mib, ratio=destination.ram_allocation_ratio,
            reserved_mib=destination.reserved_mib, used_mib=destination.used_mib,
        )  # fmt: skip
    else:
        found = memory_check(
            formula, instance.memory_mib, destination.memory_mib, ratio=destination.ram_allocation_ratio,
            reserved_mib=destination.reserved_mib, used_mib=destination.used_mib,
        )  # fmt: skip
    return _check("memory", found.passes, found.error, found.formula)


def _storage(instance: Instance, source: Host, destination: Host, block: bool | str) -> Iterable[Check]:
    shared = bool(source.shared_storage) and source.shared_storage == destination.shared_storage
    copies = (not shared and not instance.volume_backed) if block == "auto" else bool(block)
    yield _check(
        "not shared", not (copies and shared), "InvalidLocalStorage",
        "Block migration can not be used with shared storage.",
    )  # fmt: skip
    yield _check(
        "shared", copies or shared or instance.volume_backed, "InvalidSharedStorage",
        "Live migration can not be used without shared storage except a booted from volume VM which does not have a "
        "local disk.",
    )  # fmt: skip
    yield _check(
        "disk", not copies or destination.free_disk_gib >= instance.disk_gib, "MigrationPreCheckError",
        f"Disk of instance is too large (available on destination host: {destination.free_disk_gib:g} GiB < need: "
        f"{instance.disk_gib:g} GiB)",
    )  # fmt: skip


def _check(name: str, passes: bool, error: str, message: str) -> Check:
    return Check(name, True) if passes else Check(name, False, error, message)
