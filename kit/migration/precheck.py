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
    """What the checks look at of an instance; memory in MiB, disk in GiB.

    Attributes
    ----------
    volume_backed : bool
        Whether it boots from a volume and has no local disk beside it.
    flags : frozenset of str or None
        Of its CPU model, where Nova has stored one; None compares the source host's.
    away_from, together_with : frozenset of str
        Hosts that its server group forbids (anti-affinity), or the only ones it allows (affinity; None for all).
    """

    memory_mib: float = 1024
    disk_gib: float = 10
    vm_state: str = "active"
    power_state: str = "running"
    flags: frozenset[str] | None = None
    volume_backed: bool = False
    uuid: str = ""
    away_from: frozenset[str] = frozenset()
    together_with: frozenset[str] | None = None


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
    era: str = "placement", disk_over_commit: bool | None = False, compare_cpus: bool = True,
    compare_versions: bool = True,
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
    disk_over_commit : bool or None
        As asked for until 2.24; None from 2.25 on, when the disk's size is placement's affair alone.
    compare_cpus, compare_versions : bool
        False where `[workarounds] skip_cpu_compare_on_dest` or `skip_hypervisor_version_check_on_lm` is set.

    Raises
    ------
    ValueOutOfRange
        For another era or block_migration.
    """
    one_of("era", era, FORMULAS)
    one_of("block_migration", block_migration, (True, False, "auto"))
    steps = [
        *_conductor(instance, source, destination, forced, era, compare_versions),
        *_destination(instance, source, destination, compare_cpus),
        *_storage(instance, source, destination, block_migration, disk_over_commit),
    ]
    if forced:
        steps.append(_cell(instance, source, destination))
    return Checks(tuple(steps))


def _conductor(
    instance: Instance, source: Host, destination: Host, forced: bool, era: str, versions: bool
) -> Iterable[Check]:
    """nova/conductor/tasks/live_migrate.py; what the scheduler looks at for an unforced host is among it."""
    states = ("active", "paused")
    yield _check(
        "state", instance.vm_state in states, "InstanceInvalidState",
        f"Instance {instance.uuid} in vm_state {instance.vm_state}. Cannot live migrate while the instance is in this "
        "state.",
    )  # fmt: skip
    yield _up(source)
    yield _check(
        "other host", source.name != destination.name, "UnableToMigrateToSelf",
        f"Unable to migrate instance ({instance.uuid}) to current host ({destination.name}).",
    )  # fmt: skip
    yield _up(destination)
    if not forced:
        yield _cell(instance, source, destination)
    yield _memory(instance, destination, forced, era)
    yield _check(
        "hypervisor", source.hypervisor == destination.hypervisor, "InvalidHypervisorType",
        "The supplied hypervisor type of is invalid.",
    )  # fmt: skip
    yield _check(
        "version", not versions or source.hypervisor_version <= destination.hypervisor_version,
        "DestinationHypervisorTooOld", "The instance requires a newer hypervisor version than has been provided.",
    )  # fmt: skip


def _destination(instance: Instance, source: Host, destination: Host, cpus: bool) -> Iterable[Check]:
    """nova/compute/manager.py and nova/virt/libvirt/driver.py, check_can_live_migrate_destination."""
    group = "Failed to validate instance group policy due to: "
    yield _check(
        "anti-affinity", destination.name not in instance.away_from, "MigrationPreCheckError",
        _reason(group + "Anti-affinity instance group policy was violated."),
    )  # fmt: skip
    allowed = instance.together_with is None or destination.name in instance.together_with
    yield _check(
        "affinity", allowed, "MigrationPreCheckError", _reason(group + "Affinity instance group policy was violated.")
    )
    if destination.virt_type == "kvm" and cpus:
        found = compare_cpu(instance.flags if instance.flags is not None else source.flags, destination.flags)
        yield _check("cpu", found.passes, "InvalidCPUInfo", _reason(f"Unacceptable CPU info: {found.message}"))


def _reason(text: str) -> str:
    return f"Migration pre-check error: {text}"


def _up(host: Host) -> Check:
    return _check(
        "service",
        host.up,
        "ComputeServiceUnavailable",
        f"Compute service of {host.name} is unavailable at this time.",
    )


def _cell(instance: Instance, source: Host, destination: Host) -> Check:
    text = f"Unable to force live migrate instance {instance.uuid} across cells."
    return _check("cell", source.cell == destination.cell, "MigrationPreCheckError", _reason(text))


NO_VALID_HOST = "No valid host was found. There are not enough hosts available."


def _memory(instance: Instance, destination: Host, forced: bool, era: str) -> Check:
    formula = era if forced or era == "placement" else "mitaka"
    found = memory_check(
        formula, instance.memory_mib, destination.memory_mib, ratio=destination.ram_allocation_ratio,
        reserved_mib=destination.reserved_mib, used_mib=destination.used_mib,
    )  # fmt: skip
    if found.error == "MigrationPreCheckError":
        told = f"Lack of memory(host:{found.available_mib:g} <= instance:{instance.memory_mib:g})"
        text = _reason(f"Unable to migrate {instance.uuid} to {destination.name}: {told}")
    else:
        text = f"{NO_VALID_HOST} ({found.formula})"
    return _check("memory", found.passes, found.error, text)


def copies_disks(instance: Instance, source: Host, destination: Host, block_migration: bool | str) -> bool:
    """Whether the instance's disks are copied: as asked for, with `auto` where nothing is shared."""
    return not _is_shared(instance, source, destination) if block_migration == "auto" else bool(block_migration)


def _is_shared(instance: Instance, source: Host, destination: Host) -> bool:
    """Shared storage, or an instance without a local disk."""
    same = bool(source.shared_storage) and source.shared_storage == destination.shared_storage
    return same or instance.volume_backed


def _storage(
    instance: Instance, source: Host, destination: Host, block: bool | str, over_commit: bool | None
) -> Iterable[Check]:
    """check_can_live_migrate_source; the destination's compute service puts its refusals into words of its own."""
    shared = _is_shared(instance, source, destination)
    copies = copies_disks(instance, source, destination, block)

    def told(error: str, text: str) -> str:
        return _reason(
            f"Error while check_can_live_migrate_source from {source.name} to host {destination.name}: {error} {text}"
        )

    yield _check(
        "not shared", not (copies and shared), "InvalidLocalStorage",
        told("InvalidLocalStorage_Remote", f"{source.name} is not on local storage: Block migration can not be used "
             "with shared storage."),
    )  # fmt: skip
    yield _check(
        "shared", copies or shared, "InvalidSharedStorage",
        told("InvalidSharedStorage_Remote", f"{source.name} is not on shared storage: Shared storage live-migration "
             "requires either shared storage or boot-from-volume with no local disks."),
    )  # fmt: skip
    if over_commit is None:
        return
    available, need = int(destination.free_disk_gib * 2**30), int(instance.disk_gib * 2**30)
    yield _check(
        "disk", not copies or available >= need, "MigrationPreCheckError",
        told("MigrationPreCheckError_Remote", _reason(
            f"Unable to migrate {instance.uuid}: Disk of instance is too large(available on destination host:"
            f"{available} < need:{need})"
        )),
    )  # fmt: skip


def _check(name: str, passes: bool, error: str, message: str) -> Check:
    return Check(name, True) if passes else Check(name, False, error, message)
