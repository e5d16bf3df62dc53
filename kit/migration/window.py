"""The rate limiter: windows of 100 ms, a burst at the start of each, and the estimate made at its end.

Source: QEMU 7.2, migration/migration.c (BUFFER_DELAY 100 ms, migration_update_counters, migration_rate_limit)
and migration/ram.c (MAX_WAIT 50 ms).
"""

from __future__ import annotations

from kit.migration.units import MIB

WINDOW_S = 0.1
MAX_WAIT_S = 0.05
EPSILON = 1e-9


class Window:
    """The present window, and what the last one told.

    Attributes
    ----------
    budget_bytes : float
        A window's bytes; the burst ends with the page that exceeds them.
    threshold_bytes : float
        What may be left for the downtime limit at the speed of the last full window; 0 before there is one.
    """

    def __init__(self, start_s: float, cap_mib_s: float) -> None:
        self.start_s = start_s
        self.used_bytes = 0.0
        self.sent_bytes = 0.0
        self.threshold_bytes = 0.0
        self.bytes_s = 0.0
        self.budget_bytes = 0.0
        self.cap(cap_mib_s)

    def cap(self, mib_s: float) -> None:
        """Set the limit, MiB/s; 0 is none."""
        self.budget_bytes = mib_s * MIB * WINDOW_S if mib_s else float("inf")

    @property
    def spent(self) -> bool:
        """Whether the sender must sleep."""
        return self.used_bytes > self.budget_bytes

    @property
    def end_s(self) -> float:
        """When the window may end."""
        return self.start_s + WINDOW_S

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
        return True
