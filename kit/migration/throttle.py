"""Auto-converge: QEMU slows the guest's CPU down when it dirties memory faster than half of what is sent.

Source: QEMU 7.2, migration/ram.c, migration_trigger_throttle and mig_throttle_guest_down; cpu_throttle_set
keeps the value between 1 and 99 %. A CPU throttled by p runs (1 − p) of the time.
A period must last more than 1000 of the clock's whole milliseconds: a pass of exactly ten windows on a quiet host does
not count by itself, and a step takes up to twice as long there as on a host that wakes the sender a little late.
What a throttled CPU sleeps it sleeps every 10 ms/(1 − p), and it wakes late (softmmu/cpu-throttle.c): of each slice of
10 ms it loses that. On a host whose two cores are shared a guest that counts its writes kept 0.78 to 0.85 of (1 − p) at
20 to 90 %, hence 1.9 ms whatever the throttle.
"""

from __future__ import annotations

from kit.migration.knobs import Knobs

SLICE_MS = 10.0
PERIOD_S = 1.0
TINY_S = 1e-9  # of sums of fractions


def kept(pct: float, wake_ms: float) -> float:
    """Share of its own speed that a CPU keeps which is throttled by so many percent and wakes so late."""
    return (1 - pct / 100) * (1 - wake_ms / SLICE_MS) if pct else 1.0


class Throttle:
    """The state of auto-converge; `sync` is told of every synchronisation of the bitmap.

    Parameters
    ----------
    wake_ms : float
        How late a throttled CPU gets its core back.

    Attributes
    ----------
    pct : int
        Percent by which the guest is slowed down now.
    """

    def __init__(self, wake_ms: float = 0.0) -> None:
        self.pct = 0
        self._wake_ms = wake_ms
        self._since_s: float | None = None
        self._sent = 0.0
        self._dirtied = 0.0
        self._high = 0
        self.dirty_bytes_s = 0.0

    @property
    def speed(self) -> float:
        """Share of its own speed that the guest's CPU keeps."""
        return kept(self.pct, self._wake_ms)

    def sync(self, now_s: float, sent_bytes: float, newly_dirty_bytes: float, knobs: Knobs) -> None:
        """A bitmap was synchronised at `now_s`, with `sent_bytes` sent in all and so much newly dirty."""
        if self._since_s is None:
            self._since_s = now_s
        self._dirtied += newly_dirty_bytes
        if now_s <= self._since_s + PERIOD_S + TINY_S:
            return
        self.dirty_bytes_s = self._dirtied / (now_s - self._since_s)
        allowed = (sent_bytes - self._sent) * knobs.throttle_trigger_threshold_pct / 100
        if knobs.auto_converge and self._dirtied > allowed:
            self._high += 1
            if self._high >= 2:
                self._high = 0
                self._more(allowed, knobs)
        self._since_s, self._sent, self._dirtied = now_s, sent_bytes, 0.0

    def _more(self, allowed: float, knobs: Knobs) -> None:
        if not self.pct:
            self.pct = min(knobs.cpu_throttle_initial_pct, 99)
            return
        step = float(knobs.cpu_throttle_increment_pct)
        if knobs.cpu_throttle_tailslow:
            left = 100 - self.pct
            step = min(left - left * allowed / self._dirtied, step)
        self.pct = int(min(self.pct + step, knobs.max_cpu_throttle_pct))
