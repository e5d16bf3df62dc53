"""How long the migration model takes; measured, never passed or failed."""

from __future__ import annotations

import shutil
from typing import Any

import numpy as np
import pytest

from kit.migration import Guest, Knobs, Link, Random, measure, plan, simulate, sweep
from kit.migration.working_set import Sequential

GUEST = Guest(4096, used_mib=3000, working_set=Random(512, 40_000))
KNOBS = Knobs(max_bandwidth_mib_s=200)
LINK = Link()
CAPS = ("max_bandwidth_mib_s", list(np.linspace(20, 1000, 100)))


@pytest.mark.parametrize("resolution", ["pass", "page"])
def test_a_guest_of_4_gib(benchmark: Any, resolution: str) -> None:
    """Goal: 5 ms pass by pass, 100 ms page by page."""
    run = benchmark(simulate, GUEST, KNOBS, LINK, resolution=resolution)
    assert run.completed


@pytest.mark.parametrize("resolution", ["pass", "page"])
def test_a_guest_of_4_gib_full_of_zeros(benchmark: Any, resolution: str) -> None:
    benchmark(simulate, Guest(4096, used_mib=0), KNOBS, LINK, resolution=resolution)


def test_a_map_of_100_by_100(benchmark: Any) -> None:
    """Goal: 2 s."""
    limits = ("downtime_limit_ms", list(np.linspace(50, 3000, 100)))
    found = benchmark(sweep, GUEST, KNOBS, LINK, CAPS, limits)
    assert found.ends.any() and found.ends.size == 10_000


def test_a_map_of_100_by_100_point_by_point(benchmark: Any) -> None:
    """With auto-converge every point is a run of its own."""
    sizes = ("size_mib", list(np.linspace(16, 1024, 100)))
    benchmark.pedantic(sweep, (GUEST, KNOBS.but(auto_converge=True), LINK, CAPS, sizes), rounds=1)


def test_what_would_end_a_stuck_one(benchmark: Any) -> None:
    run = simulate(Guest(4096, used_mib=3000, working_set=Sequential(512, 60_000)), KNOBS, LINK)
    assert benchmark(lambda: run.remedies)


def test_a_plan(benchmark: Any) -> None:
    assert benchmark(plan, GUEST, LINK, max_pause_ms=200, max_total_s=120).found


@pytest.mark.skipif(shutil.which("qemu-system-x86_64") is None, reason="no qemu-system-x86_64")
def test_the_real_thing(benchmark: Any) -> None:
    """Goal: the lab's run in 10 s, boot included."""
    guest = Guest(256, used_mib=96, working_set=Sequential(32, 4000))
    record = benchmark.pedantic(measure, (guest, Knobs(max_bandwidth_mib_s=50)), rounds=2)
    assert record.status == "completed"
