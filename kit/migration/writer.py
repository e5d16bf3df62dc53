"""The writer at page level: which pages a working set dirties, one stretch of time after the other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kit.migration.working_set import Sequential, WorkingSet

Bits = NDArray[np.bool_]


class Writer:
    """Writes pages of a working set at its rate.

    Parameters
    ----------
    working_set : WorkingSet
        What is written.
    seed : int
        The same seed draws the same pages.
    """

    def __init__(self, working_set: WorkingSet, seed: int) -> None:
        self.working_set = working_set
        self._random = np.random.default_rng(seed)
        self._place = 0.0
        self._owed = 0.0

    def write(self, writes: float, *marks: Bits) -> None:
        """Do so many writes; set their pages in each of `marks` (bitmaps over the working set)."""
        pages = self.working_set.pages
        if not pages or writes <= 0:
            return
        if isinstance(self.working_set, Sequential):
            self._walk(writes, pages, marks)
            return
        self._owed += writes
        count = int(self._owed)
        self._owed -= count
        start = 0
        for size, share in self.working_set.bins:
            for mark in marks:
                part = mark[start : start + size]
                self._hit(part, count * share)
            start += size

    def _walk(self, writes: float, pages: int, marks: tuple[Bits, ...]) -> None:
        first, self._place = int(self._place), self._place + writes
        last = int(self._place)
        if self._place >= pages:
            self._place %= pages
        for mark in marks:
            if last - first >= pages:
                mark[:] = True
            else:
                mark[first:last] = True
                if last > pages:
                    mark[: last - pages] = True

    def _hit(self, part: Bits, writes: float) -> None:
        """Even draws; where there are more of them than pages, each page's own chance of a hit is drawn."""
        size = len(part)
        if not size:
            return
        whole = int(writes) + (self._random.random() < writes % 1)
        if whole > size:
            part |= self._random.random(size) < -np.expm1(-writes / size)
        else:
            part[self._random.integers(0, size, whole)] = True
