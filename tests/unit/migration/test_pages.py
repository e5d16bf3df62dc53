"""The model page by page where it says more than pass by pass; measured figures are of QEMU 7.2."""

from dataclasses import replace
from itertools import pairwise

import pytest

from kit.migration import LOOPBACK, Guest, Knobs, Link, Random, Sequential, Turn, simulate

from .guests import CAP

QUIET = replace(LOOPBACK, speed_mib_s=2000.0, look_us=0.15)


def page(guest: Guest, knobs: Knobs, link: Link = QUIET, **more):
    return simulate(guest, knobs, link, resolution="page", **more)


@pytest.mark.parametrize(("firmware", "memory", "used", "measured"), [
    ("seabios", 128, 64, 67_855_644), ("seabios", 2048, 512, 541_927_068),
    ("rom", 384, 200, 210_631_666), ("rom", 2048, 0, 4_801_346),
])  # fmt: skip
def test_idle_guests_take_the_bytes_that_were_measured(firmware, memory, used, measured) -> None:
    found = page(Guest(memory, used_mib=used, firmware=firmware), CAP)
    assert found.transferred_bytes == pytest.approx(measured, abs=500)  # headers


@pytest.mark.parametrize(("memory", "measured_s"), [(1024, 0.041), (2048, 0.077), (3000, 0.117)])
def test_zero_pages_take_a_look_each(memory, measured_s) -> None:
    found = page(Guest(memory, used_mib=0, firmware="rom"), Knobs())
    assert found.total_s == pytest.approx(measured_s, abs=0.01)


def test_a_look_makes_bursts_longer_and_not_windows() -> None:
    slow = replace(QUIET, look_us=1.0)
    found = page(Guest(1024, used_mib=0), Knobs(max_bandwidth_mib_s=8), slow)
    assert found.total_s == pytest.approx(0.3, abs=0.05)


def test_a_late_host_stretches_windows() -> None:
    guest = Guest(256, used_mib=96)
    on_time, late = page(guest, CAP), page(guest, CAP, replace(QUIET, late_ms=5))
    windows = 19
    assert late.total_s - on_time.total_s == pytest.approx(windows * 0.005, abs=0.004)
    assert late.transferred_bytes == pytest.approx(on_time.transferred_bytes, abs=1000)


def test_where_a_walk_stands_decides_how_long_it_takes() -> None:
    guest = Guest(256, used_mib=96, working_set=Sequential(64, 12_000), firmware="rom")
    found = {page(replace(guest, writes_before=place * 16384), CAP).total_s for place in (0, 0.3, 0.6)}
    assert len(found) > 1
    once, again = (page(replace(guest, writes_before=place), CAP).total_s for place in (100, 100 + 7 * 16384))
    assert once == again


def test_pages_of_a_zero_guest_that_were_written_before_are_sent_in_full() -> None:
    fresh = Guest(256, content="zero", working_set=Random(48, 3000), firmware="rom")
    first, later = (page(replace(fresh, writes_before=count), Knobs(max_bandwidth_mib_s=25)) for count in (0, 1000))
    assert later.transferred_bytes - first.transferred_bytes > 900 * 4000
    assert later.total_s == pytest.approx(0.12, abs=0.02)  # measured; the budget of the first window is too small


def test_a_walk_before_the_migration_is_a_walk() -> None:
    pages = {"random": 0, "zero": 0}
    guest = Guest(64, content="zero", working_set=Sequential(8, 1), writes_before=600)
    for name in pages:
        pages[name] = page(replace(guest, writes_zero=name == "zero"), CAP).transferred_bytes
    assert pages["random"] - pages["zero"] == pytest.approx(600 * (4104 - 9), rel=0.02)


@pytest.mark.parametrize("late_ms", [0.0, 3.0])
def test_auto_converge_steps_when_a_period_is_more_than_a_second(late_ms) -> None:
    """Passes of exactly ten windows: a quiet host misses some periods, a late one none."""
    guest = Guest(256, used_mib=96, working_set=Sequential(64, 60_000), firmware="rom")
    runs = [page(guest, CAP.but(auto_converge=True), replace(QUIET, late_ms=late_ms), seed=seed) for seed in range(4)]
    rises = [[b.t_s for a, b in pairwise(run.samples) if b.throttle_pct > a.throttle_pct] for run in runs]
    gaps = [later - earlier for times in rises for earlier, later in pairwise(times[:4])]
    assert min(gaps) == pytest.approx(2.0, abs=0.1)
    assert (max(gaps) > 2.8) == (not late_ms)


def test_what_is_under_the_threshold_goes_without_a_limit_after_the_switch_too() -> None:
    guest = Guest(256, used_mib=96, working_set=Random(64, 20_000), firmware="rom")
    knobs = CAP.but(postcopy=True, max_postcopy_bandwidth_mib_s=25, downtime_limit_ms=1)
    switch = Turn(3, "start_postcopy")
    low, high = (
        page(guest, knobs, turns=[Turn(3, "set", {"downtime_limit_ms": limit}), switch]) for limit in (1.0, 400.0)
    )
    assert low.transferred_bytes == high.transferred_bytes
    assert low.total_s - high.total_s == pytest.approx(0.4, abs=0.11)


def test_after_the_switch_the_sender_begins_at_the_first_page() -> None:
    """Zero pages behind the used ones come last, so that they are what is left under the threshold."""
    guest = Guest(512, used_mib=96, working_set=Random(32, 6000), firmware="rom")
    knobs = CAP.but(postcopy=True, max_postcopy_bandwidth_mib_s=50)
    found = page(guest, knobs, turns=[Turn(1, "start_postcopy")])
    used_s = (found.transferred_bytes - 50 * 2**20) / (50 * 2**20)
    assert found.total_s == pytest.approx(1 + used_s, abs=0.2)


def test_placing_zero_pages_takes_the_destination_its_time() -> None:
    guest = Guest(2048, used_mib=0, firmware="rom")
    knobs = Knobs(max_bandwidth_mib_s=4, postcopy=True)
    found = page(guest, knobs, turns=[Turn(0.205, "start_postcopy")])
    assert found.total_s == pytest.approx(0.516, abs=0.06)  # measured
