"""Knobs turned while a migration runs, by hand or by Nova's clock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from kit.migration.errors import ValueOutOfRange, at_least, one_of
from kit.migration.guest import Guest
from kit.migration.knobs import NAMES, Knobs

VERBS = ("set", "stop", "cont", "abort", "force_complete", "start_postcopy", "cut")
LIVE = frozenset({
    "max_bandwidth_mib_s", "downtime_limit_ms", "max_postcopy_bandwidth_mib_s", "cpu_throttle_initial_pct",
    "cpu_throttle_increment_pct", "max_cpu_throttle_pct", "throttle_trigger_threshold_pct", "cpu_throttle_tailslow",
    "xbzrle_cache_size_mib",
})  # fmt: skip


@dataclass(frozen=True, order=True)
class Turn:
    """Something done to a migration at a moment.

    Parameters
    ----------
    at_s : float
        Seconds since the migration began.
    verb : str
        `set` (with `values`), `stop` and `cont` the guest, `abort`, `force_complete` (post-copy where it is
        permitted, else a stop of the guest: Nova's rule), `start_postcopy`, or `cut` the network.
    values : dict
        For `set`: knobs that QEMU lets one turn while it migrates.

    Raises
    ------
    ValueOutOfRange
        For another verb, or a knob that stays as it was at the start.
    """

    at_s: float
    verb: str = field(compare=False)
    values: dict[str, Any] = field(default_factory=dict, compare=False)
    by: str = field(default="hand", compare=False)

    def __post_init__(self) -> None:
        at_least("at_s", self.at_s, 0)
        one_of("verb", self.verb, VERBS)
        for name in self.values:
            if name not in NAMES:
                raise ValueOutOfRange("knob", name, "one of " + ", ".join(sorted(LIVE)))
            if name not in LIVE:
                raise ValueOutOfRange(name, self.values[name], "set before the migration begins")
        if self.values:
            Knobs(**self.values)  # refuses what QEMU would

    def __str__(self) -> str:
        told = ", ".join(f"{name}={value:g}" for name, value in self.values.items())
        return f"{self.at_s:g} s: {self.verb} {told}".rstrip()

    def to_dict(self) -> dict[str, Any]:
        """The turn as plain data."""
        return {"at_s": self.at_s, "verb": self.verb, "values": dict(self.values), "by": self.by}


def steps_of_downtime(limit_ms: float, steps: int, delay_s_per_gib: float, gib: float) -> list[tuple[float, int]]:
    """When Nova sets which downtime limit: (seconds, milliseconds), `steps` + 1 values.

    Source: nova/virt/libvirt/migration.py, downtime_steps: base = limit/steps, offset = (limit − base)/steps,
    one step every delay · GiB seconds.

    >>> steps_of_downtime(500, 10, 75, 4)[:3], steps_of_downtime(500, 10, 75, 4)[-1]
    ([(0, 50), (300, 95), (600, 140)], (3000, 500))
    """
    delay_s = int(delay_s_per_gib * gib)
    base = limit_ms / steps
    offset = (limit_ms - base) / steps
    return [(delay_s * step, int(base + offset * step)) for step in range(steps + 1)]


def gib_of(guest: Guest, disks_gib: Iterable[float] = ()) -> float:
    """GiB that Nova's delays and timeouts count: RAM and each copied disk, at least 2 each, fractions and all.

    Source: nova/virt/libvirt/driver.py, _live_migration_data_gb.
    """
    return max(guest.memory_mib / 1024, 2.0) + sum(max(float(size), 2.0) for size in disks_gib)


def schedule(
    guest: Guest, knobs: Knobs, turns: Iterable[Turn] = (), disks_gib: Iterable[float] = ()
) -> tuple[Knobs, list[Turn]]:
    """The knobs of the first moment, and all turns in order: the given ones, Nova's steps, Nova's timeout.

    A downtime limit that is set by hand stands: the steps that Nova would still have made are dropped.

    Parameters
    ----------
    disks_gib : iterable of float
        Sizes of the disks that are copied too, GiB; Nova's steps and timeout count them.
    """
    found = list(turns)
    gib = gib_of(guest, disks_gib)
    by_hand = min((turn.at_s for turn in found if "downtime_limit_ms" in turn.values), default=float("inf"))
    if knobs.downtime_steps > 1:
        plan = steps_of_downtime(knobs.downtime_limit_ms, knobs.downtime_steps, knobs.downtime_delay_s_per_gib, gib)
        found += [
            Turn(at, "set", {"downtime_limit_ms": max(limit, 1)}, "nova") for at, limit in plan[1:] if at < by_hand
        ]
        knobs = knobs.but(downtime_limit_ms=max(plan[0][1], 1), downtime_steps=1)
    if knobs.completion_timeout_s_per_gib:
        verb = knobs.timeout_action
        found.append(Turn(float(int(knobs.completion_timeout_s_per_gib * gib)), verb, {}, "nova's timeout"))
    return knobs, sorted(found)
