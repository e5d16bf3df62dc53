"""What a run writes down while it goes: samples over time, passes, what was done to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from kit.migration.turns import Turn


class Sample(NamedTuple):
    """One moment of a migration.

    Units: seconds, bytes, pages a second, MiB/s, percent, share of the guest's own speed, milliseconds.
    """

    t_s: float
    phase: str
    remaining_bytes: float
    transferred_bytes: float
    dirty_sync_count: int
    dirty_pages_per_s: float
    mib_s: float
    throttle_pct: int
    guest_speed: float
    threshold_bytes: float


class Pass(NamedTuple):
    """One pass over the dirty pages, from one synchronisation of the bitmap to the next.

    Units: seconds, pages, bytes. `left_pages` were still unsent at its end, `dirty_pages` are dirty after the
    synchronisation, unsent ones among them.
    """

    number: int
    start_s: float
    seconds: float
    sent_pages: float
    sent_bytes: float
    left_pages: float
    dirty_pages: float
    threshold_bytes: float


@dataclass
class Log:
    """The diary of one run.

    Attributes
    ----------
    status : str
        QEMU's own word: `completed`, `cancelled`, `failed`, `postcopy-paused`; `active` when it never ends.
    repeats : list of (from, until, length)
        Stretches of passes that are all like the one before them; seconds.
    total_s, stop_at_s : float
        Seconds since the command; when the guest was stopped.
    downtime_ms, downtime_reported_ms : float
        The guest's standstill, and what QEMU says of it; the latter is None where QEMU's figure means nothing.
    """

    samples: list[Sample] = field(default_factory=list)
    passes: list[Pass] = field(default_factory=list)
    repeats: list[tuple[float, float, float]] = field(default_factory=list)
    done: list[Turn] = field(default_factory=list)
    status: str = "active"
    total_s: float = 0.0
    stop_at_s: float | None = None
    downtime_ms: float = 0.0
    downtime_reported_ms: float | None = None
    transferred_bytes: float = 0.0
    dirty_sync_count: int = 0
    throttle_pct: int = 0
    postcopy_s: float = 0.0
    postcopy_faults: float = 0.0
    first_pass_bytes: float = 0.0
    guest_loss_s: float = 0.0
    ended_by: str = ""
