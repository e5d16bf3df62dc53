"""The guests of a host that is drained, and what a drain takes by a function's settings or by the planner."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import cache

from kit.migration import Guest, Knobs, Link, Random, Result, plan, simulate

KINDS = {
    # kind -> memory, share in use, working set (MiB), writes (pages/s)
    "web": (2048, 0.4, 32, 1500), "cache": (8192, 0.9, 2048, 90_000), "build": (4096, 0.7, 1024, 300_000),
    "mail": (4096, 0.6, 96, 4000), "database": (16384, 0.8, 1024, 200_000),
}  # fmt: skip


def fleet(seed: int = 1) -> dict[str, Guest]:
    """The guests of a host, one of each kind; another seed gives others."""
    draw = random.Random(seed)
    found = {}
    for kind, (memory, share, working, writes) in KINDS.items():
        factor = draw.uniform(0.8, 1.25)
        working_set = Random(round(working * factor), round(writes * factor, -2))
        found[f"{kind}-1"] = Guest(memory, used_mib=round(memory * share), working_set=working_set)
    return found


def bill(
    settings: Callable[[Guest, Link, float], Knobs], guests: dict[str, Guest], link: Link, max_pause_ms: float
) -> dict[str, Result]:
    """What each guest takes by a function's settings, one after the other."""
    return {name: simulate(guest, settings(guest, link, max_pause_ms), link) for name, guest in guests.items()}


@cache
def _least_s(guest: Guest, link: Link, max_pause_ms: float) -> float:
    low, high = 1.0, 4000.0
    best = high
    while high - low > 0.02 * low:
        middle = (low + high) / 2
        found = plan(guest, link, max_pause_ms=max_pause_ms, max_total_s=middle, permit_post_copy=False)
        if found.result is None:
            low = middle
        else:
            high, best = middle, min(best, found.result.total_s)
    return best


def least_time_s(guests: dict[str, Guest], link: Link, max_pause_ms: float) -> float:
    """Seconds that the planner needs for all, one after the other, without post-copy."""
    return sum(_least_s(guest, link, max_pause_ms) for guest in guests.values())
