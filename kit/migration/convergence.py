"""The convergence test: whether a migration can end, told before it begins.

A pass sends all but the last c pages, which stay dirty; c is the threshold S = B × downtime limit less half a
window of 100 ms. Sending e pages takes e·cost/B seconds, in which the guest adds n pages to the c. Repeated with
e = n, n falls to a fixed point; the migration ends if c + n is under S there.
For a working set walked in a circle n is W − c or nothing. For random writes n = (W − c)·(1 − e^(−R·n·cost/(B·W))),
so that a threshold helps twice: as the goal, and by pages that need not be sent meanwhile. Derived from QEMU's loop
(kit.migration.pages) and equal to what that page level shows. A run that the test calls endless can still end in
its first passes, where these are short: a guest of zeros that has hardly begun to write.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from kit.migration.content import ZERO_BYTES, hit_bytes, page_bytes, slots
from kit.migration.guest import Guest
from kit.migration.knobs import Knobs
from kit.migration.link import Link
from kit.migration.throttle import kept
from kit.migration.units import MIB, PAGE_BYTES
from kit.migration.window import WINDOW_S

ROUNDS = 60
# Passes without a gain after which even a run that ends in theory is given up.
LONGEST = 5000


@dataclass(frozen=True)
class Convergence:
    """The test with its figures.

    Attributes
    ----------
    ends : bool
        Whether the fixed point is under the threshold.
    fixed_point_mib, threshold_mib : float
        What is dirty after each pass in the long run, and what may be left, MiB.
    dirty_mib_s, bandwidth_mib_s : float
        Bytes to resend a second if every write dirties another page, and what goes out, MiB/s.
    pause_ms : float
        What sending the fixed point takes, milliseconds: the limit at which it surely ends.
    """

    ends: bool
    fixed_point_mib: float
    threshold_mib: float
    dirty_mib_s: float
    bandwidth_mib_s: float
    pause_ms: float

    def to_dict(self) -> dict[str, Any]:
        """The figures as plain data."""
        return asdict(self)

    def __str__(self) -> str:
        if self.ends:
            stays = (
                f"at most {self.fixed_point_mib:.1f} MiB stay dirty" if self.fixed_point_mib else "each pass is shorter"
            )
            return (
                f"It ends: {stays}, and {self.threshold_mib:.1f} MiB may be left at {self.bandwidth_mib_s:.1f} MiB/s."
            )
        return (
            f"It never ends: {self.fixed_point_mib:.1f} MiB stay dirty, and only {self.threshold_mib:.1f} MiB may be left "
            f"at {self.bandwidth_mib_s:.1f} MiB/s; the guest dirties up to {self.dirty_mib_s:.1f} MiB/s."
        )


def resend_bytes(guest: Guest, knobs: Knobs) -> float:
    """Bytes that a rewritten page costs in the long run; with xbzrle a mix of hits and misses."""
    cost = page_bytes(guest.written_content, compress=knobs.compress, level=knobs.compress_level, multifd=knobs.multifd)
    pages = guest.working_set.pages
    if not knobs.xbzrle or cost == ZERO_BYTES or not pages:
        return cost
    held = min(slots(knobs.xbzrle_cache_size_mib) / pages, 1.0)
    return held * hit_bytes(guest.written_bytes) + (1 - held) * cost


def convergence(guest: Guest, knobs: Knobs, link: Link, throttle_pct: float = 0) -> Convergence:
    """Test whether a migration can end.

    Parameters
    ----------
    guest, knobs, link
        As for `simulate`.
    throttle_pct : float
        Percent by which auto-converge slows the guest down.
    """
    content = guest.content if guest.content != "zero" else "random"
    wire = link.speed_bytes_s(knobs, content)
    cap = knobs.max_bandwidth_mib_s * MIB
    bytes_s = min(wire, cap) if cap else wire
    cost, working = resend_bytes(guest, knobs), guest.working_set
    rate = working.writes_per_s * kept(throttle_pct, link.wake_ms)
    limit = bytes_s * knobs.downtime_limit_ms / 1000 / PAGE_BYTES
    carried = max(limit - bytes_s * WINDOW_S / 2 / PAGE_BYTES, 0.0)
    new = _fixed_point(lambda pages: working.joining(rate * pages * cost / bytes_s, carried), working.pages)
    dirty = carried + new if new > 1 else 0.0
    threshold = bytes_s * knobs.downtime_limit_ms / 1000
    left = min(dirty, working.pages) * PAGE_BYTES
    return Convergence(
        left < threshold or not left,
        left / MIB,
        threshold / MIB,
        rate * cost / MIB,
        bytes_s / MIB,
        left / bytes_s * 1000,
    )


def hopeless(guest: Guest, knobs: Knobs, link: Link, throttle_pct: float, idle_passes: int) -> bool:
    """Whether a run that has not gained for so many passes, and that nothing will change, is endless."""
    return idle_passes > LONGEST or not convergence(guest, knobs, link, throttle_pct).ends


def _fixed_point(after: Callable[[float], float], most: float) -> float:
    """The largest n with after(n) = n; `after` is concave and 0 at 0, so that n is 0 where it starts too flat."""
    low, high = 1e-3, float(most)
    if not most or after(low) <= low:
        return 0.0
    for _ in range(ROUNDS):
        middle = (low + high) / 2
        low, high = (middle, high) if after(middle) > middle else (low, middle)
    return high
