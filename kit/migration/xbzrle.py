"""xbzrle: send what changed in a page, where a cache still holds what was sent before.

Source: QEMU 7.2, migration/ram.c (save_xbzrle_page) and migration/page_cache.c. The cache is direct-mapped with
slots of a page, their number a power of two; an entry younger than two synchronisations is not evicted. It acts
once the first round is over; a page's first resend misses.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kit.migration.content import slots

Pages = NDArray[np.int64]
LIFETIME = 2


class Cache:
    """The sender's cache of pages as they were sent last.

    Attributes
    ----------
    hits, misses : int
        Pages found, and not.
    """

    def __init__(self, cache_mib: float) -> None:
        self.size = slots(cache_mib)
        self._page = np.full(self.size, -1, dtype=np.int64)
        self._age = np.zeros(self.size, dtype=np.int64)
        self.hits = 0
        self.misses = 0

    def holds(self, pages: Pages) -> NDArray[np.bool_]:
        """Which of these pages the cache holds."""
        return np.asarray(self._page[pages % self.size] == pages)

    def sent(self, pages: Pages, age: int) -> None:
        """These pages were sent while `age` synchronisations had been made; no two of them share a slot."""
        place = pages % self.size
        held = self._page[place] == pages
        free = (self._page[place] < 0) | (self._age[place] + LIFETIME <= age)
        self.hits += int(held.sum())
        self.misses += int((~held).sum())
        take = held | free
        self._page[place[take]] = pages[take]
        self._age[place[take]] = age
