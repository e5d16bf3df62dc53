"""What the guest writes: a working set that is walked through, hit at random, or hit by heat.

Every kind answers one question, `distinct(writes)`: how many different pages so many writes dirty. Pages are
of 4 KiB; a write is one change of one page. The formulas are exact expectations: W pages walked in a circle
give min(n, W) pages, uniform random ones W·(1 − e^(−n/W)), and pages in bins of heat the sum over the bins.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise
from typing import ClassVar

from kit.migration.errors import ValueOutOfRange, at_least, between
from kit.migration.units import MIB, MOST_MIB, MOST_WRITES_S, PAGE_BYTES, PAGES_PER_MIB


@dataclass(frozen=True)
class WorkingSet:
    """Pages that a guest rewrites; the base of the three kinds.

    Parameters
    ----------
    size_mib : float
        Memory that is touched again and again, MiB.
    writes_per_s : float
        Writes of pages a second; a page that is hit twice counts twice.

    Raises
    ------
    ValueOutOfRange
        For a negative size or rate, or a rate over no memory.
    """

    size_mib: float
    writes_per_s: float
    kind: ClassVar[str] = "working set"

    def __post_init__(self) -> None:
        between("size_mib", self.size_mib, 0, MOST_MIB)
        between("writes_per_s", self.writes_per_s, 0, MOST_WRITES_S)
        if self.writes_per_s and not self.pages:
            raise ValueOutOfRange("size_mib", self.size_mib, "more than 0 where pages are written")

    @property
    def pages(self) -> int:
        """Its size in pages of 4 KiB."""
        return round(self.size_mib * PAGES_PER_MIB)

    @property
    def writes_mib_s(self) -> float:
        """The rate in MiB/s, were every write to dirty another page."""
        return self.writes_per_s * PAGE_BYTES / MIB

    @property
    def bins(self) -> tuple[tuple[int, float], ...]:
        """(pages, share of the writes) of each part, in address order; one part unless there is heat."""
        return ((self.pages, 1.0),)

    def distinct(self, writes: float) -> float:
        """Expected number of different pages that so many writes dirty."""
        raise NotImplementedError

    def joining(self, writes: float, carried: float) -> float:
        """Expected pages that so many writes add to `carried` pages of the set that are dirty still.

        Evenly drawn pages hit the carried ones by their share.
        """
        return self.distinct(writes) * (1 - min(carried / self.pages, 1.0)) if self.pages else 0.0

    def __str__(self) -> str:
        if not self.writes_per_s:
            return "idle"
        return f"{self.kind}, {self.size_mib:g} MiB at {self.writes_per_s:g} pages/s"


@dataclass(frozen=True)
class Sequential(WorkingSet):
    """Pages are written one after the other, in a circle."""

    kind: ClassVar[str] = "sequential"

    def distinct(self, writes: float) -> float:
        """min(writes, W)."""
        return min(writes, float(self.pages))

    def joining(self, writes: float, carried: float) -> float:
        """min(writes, W − carried): the walker comes to the carried pages last, those just ahead of the sender."""
        return min(self.distinct(writes), max(self.pages - carried, 0.0))


@dataclass(frozen=True)
class Random(WorkingSet):
    """Each write hits a page that is drawn evenly from the working set."""

    kind: ClassVar[str] = "random"

    def distinct(self, writes: float) -> float:
        """W·(1 − e^(−writes/W))."""
        return -self.pages * math.expm1(-writes / self.pages) if self.pages else 0.0


@dataclass(frozen=True)
class Heat(WorkingSet):
    """Pages in bins of different heat: hot ones take most writes.

    Parameters
    ----------
    histogram : sequence of (size_mib, share)
        Size of each bin, MiB, and its share of the writes; shares are relative. `size_mib` is their sum.
    writes_per_s : float
        Of all bins together.

    >>> Heat.of([(16, 0.9), (240, 0.1)], writes_per_s=10_000).size_mib
    256.0
    """

    histogram: tuple[tuple[float, float], ...] = field(default=())
    kind: ClassVar[str] = "heat"

    def __post_init__(self) -> None:
        super().__post_init__()
        for size_mib, share in self.histogram:
            at_least("size_mib of a bin", size_mib, 0)
            at_least("share of a bin", share, 0)
        if sum(share for _, share in self.histogram) <= 0:
            raise ValueOutOfRange("histogram", self.histogram, "bins of (size_mib, share), one share above 0")

    @classmethod
    def of(cls, histogram: list[tuple[float, float]], writes_per_s: float) -> Heat:
        """A working set of these bins."""
        total = float(sum(size for size, _ in histogram))
        return cls(total, writes_per_s, tuple((float(a), float(b)) for a, b in histogram))

    @property
    def bins(self) -> tuple[tuple[int, float], ...]:
        """(pages, share of the writes) of each bin; the shares add up to 1."""
        total = sum(share for _, share in self.histogram)
        return tuple((round(size * PAGES_PER_MIB), share / total) for size, share in self.histogram)

    @property
    def pages(self) -> int:
        """Of all bins together."""
        return sum(round(size * PAGES_PER_MIB) for size, _ in self.histogram)

    def distinct(self, writes: float) -> float:
        """The sum of W_k·(1 − e^(−writes·share_k/W_k)) over the bins."""
        return sum(-n * math.expm1(-writes * share / n) for n, share in self.bins if n)


IDLE = Sequential(0, 0)
KINDS: dict[str, type[WorkingSet]] = {"sequential": Sequential, "random": Random}


def from_measured(
    dirty_pages: list[tuple[float, float]], writes_per_s: float | None = None, memory_mib: float = MOST_MIB
) -> Heat:
    """A working set from a measured series: how many different pages were dirty after so many seconds.

    Two bins are derived, hot and cold, from the slope at the start and the size at the end: the hot bin
    holds the pages of the first sample, the cold bin the rest, each at the rate that explains its growth.

    Parameters
    ----------
    dirty_pages : list of (seconds, pages)
        Different pages dirtied within that time since a clean bitmap; at least two samples, rising.
        `virsh domdirtyrate-calc` and QEMU's `query-dirty-rate` give such figures.
    writes_per_s : float, optional
        The true rate of writes, where it is known.
    memory_mib : float
        RAM of the guest, MiB: the working set is no larger.

    Raises
    ------
    ValueOutOfRange
        For a series that falls, is too short, or holds what is no number.
    """
    series = sorted(dirty_pages)
    sane = all(0 < seconds < math.inf and 0 <= pages <= MOST_MIB * PAGES_PER_MIB for seconds, pages in series)
    rising = all(a[0] < b[0] and a[1] <= b[1] for a, b in pairwise(series))
    if len(series) < 2 or not sane or not rising:
        raise ValueOutOfRange("dirty_pages", dirty_pages, "two samples or more of (seconds > 0, pages), never falling")
    (first_s, first), (last_s, last) = series[0], series[-1]
    cold_rate = (last - first) / (last_s - first_s)
    cold = max(last - first + cold_rate * first_s, 1.0)
    hot = max(first - cold_rate * first_s, 1.0)
    rate = writes_per_s if writes_per_s is not None else first / first_s
    hot_share = min(max((rate - cold_rate) / rate, 0.0), 1.0) if rate else 1.0
    mib = 1 / PAGES_PER_MIB
    # the cold bin keeps growing beyond what was seen: it is given room for ten times as long
    hot_mib = min(hot * mib, memory_mib)
    room_mib = min(cold * mib * 10, memory_mib - hot_mib)
    return Heat.of([(hot_mib, hot_share), (room_mib, 1 - hot_share + 1e-9)], rate)
