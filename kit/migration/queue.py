"""The pages that wait to be sent, in address order from where the sender stands."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kit.migration.content import NORMAL_BYTES, ZERO_BYTES, hit_bytes, page_bytes
from kit.migration.guest import Guest
from kit.migration.knobs import Knobs
from kit.migration.writer import Bits
from kit.migration.xbzrle import Cache


def wire_costs(guest: Guest, knobs: Knobs) -> tuple[NDArray[np.int32], int]:
    """Bytes on the wire of each page as it is first, and of a page once rewritten."""

    def cost(content: str) -> int:
        return page_bytes(content, compress=knobs.compress, level=knobs.compress_level, multifd=knobs.multifd)

    parts = [np.full(count, cost(content), dtype=np.int32) for count, content in guest.segments]
    return np.concatenate(parts), cost(guest.written_content)


def _first_above(sums: NDArray[np.int64], limit: float) -> int:
    """Index of the first sum above a limit; the key is made an integer, since a float one has the array copied."""
    return int(np.searchsorted(sums, np.int64(min(max(limit, -1), 1 << 62)), side="right"))


class Queue:
    """Dirty pages in the order of sending; refilled at each synchronisation.

    Attributes
    ----------
    dirty : array of bool
        The bitmap.
    left : int
        How many pages are dirty; zero pages count as full ones.
    """

    def __init__(self, guest: Guest, knobs: Knobs) -> None:
        self.costs, self._rewritten = wire_costs(guest, knobs)
        self.dirty: Bits = np.ones(guest.pages, dtype=np.bool_)
        self.working = slice(guest.start_page, guest.start_page + guest.working_set.pages)
        self._uniform = bool((self.costs[self.working] == self._rewritten).all())
        self.cache = Cache(knobs.xbzrle_cache_size_mib) if knobs.xbzrle else None
        self._hit = hit_bytes(guest.written_bytes)
        self.changed: Bits = np.zeros(guest.working_set.pages, dtype=np.bool_)
        self.position = 0
        self.wrapped = False
        self.left = guest.pages

    def order(self) -> None:
        """Line the dirty pages up from the present position, round the end of the memory."""
        found = np.flatnonzero(self.dirty)
        cut = int(np.searchsorted(found, self.position))
        self._line = np.concatenate([found[cut:], found[:cut]]) if cut else found
        self._turning = len(found) - cut
        self._next = 0
        self.left = len(found)
        if self.cache is None:
            self._sum = np.cumsum(self.costs[self._line], dtype=np.int64)

    def merge(self, fresh: Bits) -> int:
        """A synchronisation: pages of `fresh` become dirty too; how many of them were not before."""
        part = self.dirty[self.working]
        new = int(np.count_nonzero(fresh & ~part))
        part |= fresh
        self._written(fresh)
        self.order()
        return new

    def begin(self, written: Bits) -> None:
        """Line all pages up, those of the working set that were written before with what they hold now."""
        self._written(written)
        self.order()

    def _written(self, pages: Bits) -> None:
        if not self._uniform:
            self.costs[self.working][pages] = self._rewritten

    def parts(self) -> list[tuple[float, float]]:
        """What is left in the order of sending: (pages, bytes each), neighbours of one cost together."""
        costs = self.costs[self._line[self._next :]]
        edges = np.flatnonzero(np.diff(costs)) + 1
        starts = np.concatenate([[0], edges]) if len(costs) else edges
        counts = np.diff(np.concatenate([starts, [len(costs)]]))
        return [(float(count), float(costs[start])) for start, count in zip(starts, counts, strict=True)]

    def take(self, budget: float, age: int, most: int = 1 << 40) -> tuple[int, float]:
        """Send pages up to the one that exceeds `budget` bytes, `most` at most; how many, and their bytes."""
        if self.cache is not None and self.wrapped:
            return self._take_differences(budget, age)
        if self.cache is not None:
            ahead = self._line[
                self._next : self._next + 1 + min(int(min(budget, 1 << 40)) // ZERO_BYTES, len(self._line))
            ]
            ahead = ahead[: max(self._turning - self._next, 1)]
            sums = np.cumsum(self.costs[ahead], dtype=np.int64)
            count = min(_first_above(sums, budget) + 1, most, len(ahead))
            size = float(sums[count - 1]) if count else 0.0
        else:
            base = int(self._sum[self._next - 1]) if self._next else 0
            end = min(_first_above(self._sum, base + budget) + 1, self._next + most, len(self._line))
            count, size = end - self._next, float(int(self._sum[end - 1]) - base) if end > self._next else 0.0
        self._pop(count)
        return count, size

    def _take_differences(self, budget: float, age: int) -> tuple[int, float]:
        assert self.cache is not None
        count, size = 0, 0.0
        while self._next < len(self._line) and size <= budget:
            ahead = self._line[self._next : self._next + 4096]
            same_round = (ahead >= ahead[0]) & (ahead < ahead[0] + self.cache.size)  # no two share a slot
            ahead = ahead[: len(same_round) if same_round.all() else int(np.argmin(same_round))]
            costs = self._differences(ahead)
            sums = np.cumsum(costs)
            some = min(_first_above(sums, budget - size) + 1, len(ahead))
            full = ahead[:some][self.costs[ahead[:some]] != ZERO_BYTES]
            self.cache.sent(full, age)
            self._pop(some)
            count, size = count + some, size + float(sums[some - 1])
        return count, size

    def _differences(self, pages: NDArray[np.int64]) -> NDArray[np.int64]:
        """What each page costs now: a miss in full, a hit its changes, nothing when it is as it was sent last."""
        assert self.cache is not None
        costs = self.costs[pages].astype(np.int64)
        held = self.cache.holds(pages) & (costs == NORMAL_BYTES)
        inside = (pages >= self.working.start) & (pages < self.working.stop)
        changed = np.zeros(len(pages), dtype=np.bool_)
        changed[inside] = self.changed[pages[inside] - self.working.start]
        costs[held & changed] = self._hit
        costs[held & ~changed] = 0
        return costs

    def _pop(self, count: int) -> None:
        if not count:
            return
        pages = self._line[self._next : self._next + count]
        self.dirty[pages] = False
        if self.cache is not None:
            inside = pages[(pages >= self.working.start) & (pages < self.working.stop)]
            self.changed[inside - self.working.start] = False
        self._next += count
        self.left -= count
        self.position = int(pages[-1]) + 1
        if self._next >= self._turning:
            self.wrapped = True
