"""Draining a host: what it will take, in which order, and doing it on any cloud through openstacksdk.

The order. Several at a time, the longest first: the last ones are then short, and the lanes end together (LPT, at
most a third above the best possible). One at a time the order changes nothing about the whole, so the shortest goes
first: if the host dies before all are away, most have left. Guests that may never converge hold a lane until they
are forced, so they count as long. Stopped servers come last: nothing of theirs is lost when they wait.

Lanes share the host's network: each of N at once has an N-th of it, and a migration that ends gives its share back.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from kit.migration.course import Course, Job
from kit.migration.errors import at_least
from kit.migration.guest import Guest
from kit.migration.knobs import Knobs
from kit.migration.link import Link
from kit.migration.turns import Turn
from kit.migration.units import told_seconds
from kit.migration.working_set import IDLE, Random

# What Nova does around the copy, seconds: checks, queue, preparation, clean-up.
AROUND_S = 5.0
# A cold migration stops nothing and copies the disk over ssh; so long beside the copy, seconds.
COLD_S = 10.0


@dataclass(frozen=True)
class Load:
    """A server on the host.

    Attributes
    ----------
    how : str
        `live`, `cold` (stopped), or empty: it cannot be moved in its state.
    guest : Guest
        What is known or taken of it.
    why : str
        Why it cannot be moved.
    disk_gib : float
        Local disks that have to be copied, GiB.
    """

    name: str
    id: str
    how: str
    guest: Guest
    why: str = ""
    disk_gib: float = 0.0


@dataclass(frozen=True)
class Expected:
    """What one server's move is expected to take.

    Attributes
    ----------
    seconds : float
        With its lane's share of the network, from the request to the end.
    pause_ms : float
        The guest's standstill, milliseconds; 0 for a stopped server.
    ends : bool
        Whether it ends by itself; else `seconds` runs until it is forced, or until Nova's timeout.
    start_s : float
        When its lane begins it.
    """

    load: Load
    seconds: float
    pause_ms: float
    ends: bool
    start_s: float = 0.0

    @property
    def end_s(self) -> float:
        """When it is over, seconds since the drain began."""
        return self.start_s + self.seconds

    def to_dict(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "server": self.load.name, "id": self.load.id, "how": self.load.how, "start_s": _plain(self.start_s),
            "seconds": _plain(self.seconds), "pause_ms": round(self.pause_ms), "ends_by_itself": self.ends,
        }  # fmt: skip


@dataclass(frozen=True)
class Estimate:
    """What a drain is expected to take.

    Attributes
    ----------
    moves : tuple of Expected
        In the order in which they are begun.
    stay : tuple of Load
        Servers that cannot be moved in their state.
    parallel : int
        Lanes.
    """

    moves: tuple[Expected, ...]
    stay: tuple[Load, ...] = field(default=())
    parallel: int = 1

    @property
    def seconds(self) -> float:
        """Of the whole drain."""
        return max((each.end_s for each in self.moves), default=0.0)

    @property
    def doubtful(self) -> tuple[Expected, ...]:
        """Those that do not end by themselves."""
        return tuple(each for each in self.moves if not each.ends)

    def to_dict(self) -> dict[str, Any]:
        """The estimate as plain data."""
        return {
            "seconds": _plain(self.seconds), "parallel": self.parallel,
            "moves": [each.to_dict() for each in self.moves],
            "stay": [{"server": load.name, "id": load.id, "why": load.why} for load in self.stay],
        }  # fmt: skip

    def __repr__(self) -> str:
        wide = max((len(each.load.name) for each in self.moves), default=6)
        took = "no foreseeable time" if math.isinf(self.seconds) else f"about {told_seconds(self.seconds)}"
        lines = [f"{len(self.moves)} servers in {took}, {self.parallel} at a time"]
        if self.moves:
            lines.append(f"{'server'.ljust(wide)}  how   start s   takes s  pause ms")
        for each in self.moves:
            note = "" if each.ends else "  does not converge"
            lines.append(
                f"{each.load.name.ljust(wide)}  {each.load.how}  {each.start_s:7.0f}   {each.seconds:7.0f}  "
                f"{each.pause_ms:8.0f}{note}"
            )
        lines += [f"{load.name} stays: {load.why}" for load in self.stay]
        return "\n".join(lines)


def _plain(seconds: float) -> float | None:
    """Seconds for JSON, which has no infinity: None is never."""
    return None if math.isinf(seconds) else round(seconds, 1)


def estimate(
    loads: Iterable[Load], link: Link | None = None, knobs: Knobs | None = None, *, parallel: int = 1,
    force_after_s: float = 0.0, abort_after_s: float = 0.0,
) -> Estimate:  # fmt: skip
    """What draining these servers takes, in the order in which to begin them.

    Parameters
    ----------
    loads : iterable of Load
        The servers on the host.
    link, knobs
        The host's network, and its nova.conf; default 10 Gbit/s and `Knobs.nova()`.
    parallel : int
        How many at once; the source's `max_concurrent_live_migrations` bounds them, too.
    force_after_s, abort_after_s : float
        Seconds after which one that still runs is forced to complete, or aborted; 0 leaves it to Nova's timeout.

    Raises
    ------
    ValueOutOfRange
        For fewer than one at a time.

    >>> from kit.migration import Guest
    >>> small, large = (Load(n, n, "live", Guest(m)) for n, m in (("small", 1024), ("large", 8192)))
    >>> [each.load.name for each in estimate([small, large]).moves]
    ['small', 'large']
    >>> [each.load.name for each in estimate([small, large], parallel=2).moves]
    ['large', 'small']
    """
    at_least("parallel", parallel, 1)
    link, knobs = link or Link(), knobs or Knobs.nova()
    found = list(loads)
    movable = [load for load in found if load.how]
    lanes = max(min(parallel, sum(load.how == "live" for load in found)), 1)
    share = replace(link, speed_mib_s=link.speed_mib_s / lanes)
    turns = [Turn(force_after_s, "force_complete")] if force_after_s else []
    turns += [Turn(abort_after_s, "abort")] if abort_after_s else []
    expected = [_expected(load, share, knobs, tuple(turns)) for load in movable]
    return Estimate(_lanes(order(expected, parallel), parallel), tuple(x for x in found if not x.how), parallel)


def order(expected: Sequence[Expected], parallel: int) -> list[Expected]:
    """The order in which to begin them (see the module)."""
    sign = -1 if parallel > 1 else 1
    return sorted(expected, key=lambda each: (each.load.how == "cold", sign * each.seconds, each.load.name))


def _expected(load: Load, link: Link, knobs: Knobs, turns: tuple[Turn, ...]) -> Expected:
    disks = (load.disk_gib,) if load.disk_gib else ()
    if load.how == "cold":
        seconds = load.disk_gib * 1024 / link.speed_mib_s + COLD_S
        return Expected(load, seconds, 0.0, True)
    course = Course(Job(load.guest, knobs, link, turns, disks, load.disk_gib))
    plain = Course(Job(load.guest, knobs.but(completion_timeout_s_per_gib=0.0), link, (), disks, load.disk_gib))
    if course.end_s is None:
        return Expected(load, float("inf"), 0.0, False)
    ends = plain.end_s is not None and plain.end_s <= course.end_s + 1e-6
    return Expected(load, course.end_s + AROUND_S, course.downtime_ms, ends)


def _lanes(ordered: list[Expected], parallel: int) -> tuple[Expected, ...]:
    """Each goes to the lane that is free first."""
    free = [0.0] * parallel
    found = []
    for each in ordered:
        lane = min(range(parallel), key=lambda number: free[number])
        found.append(replace(each, start_s=free[lane]))
        free[lane] = found[-1].end_s
    return tuple(found)


def guest_of(ram_mib: float, writes_per_s: float, working_set_mib: float, paused: bool = False) -> Guest:
    """A guest of which only the RAM is known: half of it in use, and a working set of the given rate, at random."""
    size = min(working_set_mib, ram_mib)
    writes = IDLE if paused or not size or not writes_per_s else Random(size, writes_per_s)
    return Guest(ram_mib, used_mib=max(ram_mib / 2, size), working_set=writes)
