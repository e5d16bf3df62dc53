"""Whether the destination has memory for a guest, in the formula of the era. All sizes in MiB.

======================  =============================================  ========================================
era                     formula                                        where
======================  =============================================  ========================================
`kilo`                  free > guest                                   conductor, a forced host; the ratio is ignored
`mitaka`                total·ratio − (total − free) > guest           conductor, a forced host, until 2.67
`placement`             (total − reserved)·ratio − used >= guest       an unforced host, today
======================  =============================================  ========================================

Sources: nova/conductor/tasks/live_migrate.py (_check_destination_has_enough_memory; the ratio since 13.0.0, commit
f5e35dcfe8) and placement. In the first two an equal value fails: the code asks `avail <= mem_inst`.

In Kilo a forced host that is overcommitted always fails, and operators helped themselves with a negative
`reserved_host_memory_mb`: used = reserved + guests, free = total − used, so that −R adds R. It was legal until
14.0.0 set a least value of 0.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from kit.migration.errors import at_least, one_of

FORMULAS = ("kilo", "mitaka", "placement")


@dataclass(frozen=True)
class MemoryCheck:
    """The check with its figures, MiB.

    Attributes
    ----------
    passes : bool
        Whether the guest may come.
    available_mib, guest_mib : float
        What the era's formula compares.
    formula : str
        With the figures in it.
    error : str
        `MigrationPreCheckError`, `NoValidHost`, or empty.
    """

    passes: bool
    available_mib: float
    guest_mib: float
    formula: str
    error: str

    def to_dict(self) -> dict[str, Any]:
        """The check as plain data."""
        return asdict(self)

    def __repr__(self) -> str:
        return f"{self.formula}: {'passes' if self.passes else f'fails, {self.error}'}"


def free_mib(total_mib: float, guests_mib: float, reserved_mib: float = 512) -> float:
    """What a host reports as free: total − (reserved + guests), MiB; `reserved` may be negative up to Mitaka.

    >>> free_mib(4096, 3072), free_mib(4096, 3072, reserved_mib=-4096)
    (512, 5120)
    """
    return total_mib - (reserved_mib + guests_mib)


def memory_check(
    era: str, guest_mib: float, total_mib: float, *, free: float | None = None, ratio: float = 1.0,
    reserved_mib: float = 0.0, used_mib: float = 0.0,
) -> MemoryCheck:  # fmt: skip
    """Check a destination's memory as an era does.

    Parameters
    ----------
    era : str
        `kilo`, `mitaka` (until the forced path went), or `placement`.
    guest_mib, total_mib : float
        The guest's memory and the host's.
    free : float, optional
        What the host reports as free, MiB; default from `reserved_mib` and `used_mib`.
    ratio : float
        `ram_allocation_ratio`: 1.5 by default in Kilo, 1.0 today.
    reserved_mib, used_mib : float
        `reserved_host_memory_mb` and what guests take.

    Raises
    ------
    ValueOutOfRange
        For another era, or a negative reservation where Nova forbids it.

    >>> memory_check("mitaka", 4, 4, free=1, ratio=2)
    4 x 2 - (4 - 1) = 5 > 4: passes
    """
    one_of("era", era, FORMULAS)
    at_least("guest_mib", guest_mib, 0)
    at_least("total_mib", total_mib, 0)
    if era == "placement":
        at_least("reserved_mib", reserved_mib, 0)
        available = (total_mib - reserved_mib) * ratio - used_mib
        passes = available >= guest_mib
        sign = ">=" if passes else "<"
        text = f"({total_mib:g} - {reserved_mib:g}) x {ratio:g} - {used_mib:g} = {available:g} {sign} {guest_mib:g}"
        return MemoryCheck(passes, available, guest_mib, text, "" if passes else "NoValidHost")
    left = free_mib(total_mib, used_mib, reserved_mib) if free is None else free
    available = left if era == "kilo" else total_mib * ratio - (total_mib - left)
    passes = available > guest_mib
    sign = ">" if passes else "<="
    if era == "kilo":
        text = f"free {available:g} {sign} {guest_mib:g}"
    else:
        text = f"{total_mib:g} x {ratio:g} - ({total_mib:g} - {left:g}) = {available:g} {sign} {guest_mib:g}"
    return MemoryCheck(passes, available, guest_mib, text, "" if passes else "MigrationPreCheckError")
