"""The rate limiter: windows of 100 ms, a burst at the start of each, and the estimate made at its end.

Source: QEMU 7.2, migration/migration.c (BUFFER_DELAY 100 ms, migration_update_counters, migration_rate_limit)
and migration/ram.c (MAX_WAIT 50 ms). A window ends when the sender looks again, 100 ms after its start or later: a
busy host wakes it late, and then the window is longer while its bytes stay the same.
"""

from __future__ import annotations

import math
import random

from kit.migration.content import MULTIFD_BYTES, MULTIFD_PACKET
from kit.migration.knobs import Knobs
from kit.migration.units import MIB

WINDOW_S = 0.1
MAX_WAIT_S = 0.05
# By how much a window is late that is: 2.3 ms in 376 of 2,303 windows on a quiet host, 4.4 ms in 1,013 of 2,464 on the
# busy one of the reference runs. On average a window of the quiet host was late by 0.4 ms.
SLICE_S, QUIET_S = 0.003, 0.0004
EPSILON = 1e-9


def grain_bytes(knobs: Knobs) -> float:
    """What the limiter counts at a time, bytes: a packet of multifd; 0 for page by page."""
    return float(MULTIFD_PACKET * MULTIFD_BYTES) if knobs.multifd else 0.0


class Window:
    """The present window, and what the last one told.

    Parameters
    ----------
    start_s : float
        When it begins.
    cap_mib_s : float
        The limit, MiB/s; 0 is none.
    late_s : float
        How long after the 100 ms the sender wakes on average.
    seed : int, optional
        Let it be late now and then, by slices of the host's scheduler, and not a little each time. For auto-converge,
        which counts a period of more than 1000 ms: ten windows can last that to the millisecond.

    grain_bytes : float
        What is counted at a time: multifd counts packets, and a window ends with the packet that exceeds the limit.

    Attributes
    ----------
    budget_bytes : float
        A window's bytes; the burst ends with the page that exceeds them.
    threshold_bytes : float
        What may be left for the downtime limit at the speed of the last full window; 0 before there is one.
    """

    def __init__(
        self, start_s: float, cap_mib_s: float, late_s: float = 0.0, seed: int | None = None, grain_bytes: float = 0.0
    ) -> None:
        self.start_s = start_s
        self.grain_bytes = grain_bytes
        self.late_s = late_s
        self._random = None if seed is None else random.Random(seed)
        self.length_s = self._length()
        self.used_bytes = 0.0
        self.sent_bytes = 0.0
        self.threshold_bytes = 0.0
        self.bytes_s = 0.0
        self.budget_bytes = 0.0
        self.cap(cap_mib_s)

    def cap(self, mib_s: float) -> None:
        """Set the limit, MiB/s; 0 is none."""
        self.budget_bytes = mib_s * MIB * WINDOW_S if mib_s else float("inf")
        if mib_s and self.grain_bytes:
            self.budget_bytes = (self.budget_bytes // self.grain_bytes + 1) * self.grain_bytes - 1

    def _length(self) -> float:
        """How long a window lasts: 100 ms and what it is late, on average or a Poisson number of slices."""
        if self._random is None:
            return WINDOW_S + self.late_s
        mean, slices = max(self.late_s, QUIET_S) / SLICE_S, 0
        chance, term = self._random.random() * math.exp(mean), 1.0
        while chance > term:
            chance -= term
            slices += 1
            term *= mean / slices
        return WINDOW_S + slices * SLICE_S

    @property
    def spent(self) -> bool:
        """Whether the sender must sleep."""
        return self.used_bytes > self.budget_bytes

    @property
    def end_s(self) -> float:
        """When the window may end."""
        return self.start_s + self.length_s

    def sent(self, count: float) -> None:
        """So many bytes went out."""
        self.used_bytes += count
        self.sent_bytes += count

    def close(self, now_s: float, downtime_limit_ms: float) -> bool:
        """End the window if its time is over; whether it did."""
        if now_s < self.end_s - EPSILON:
            return False
        self.bytes_s = self.sent_bytes / (now_s - self.start_s)
        self.threshold_bytes = self.bytes_s * downtime_limit_ms / 1000
        self.start_s, self.used_bytes, self.sent_bytes = now_s, 0.0, 0.0
        self.length_s = self._length()
        return True
