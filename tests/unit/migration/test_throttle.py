"""Auto-converge's rules."""

import pytest

from kit.migration import Guest, Knobs, Link, Sequential, simulate
from kit.migration.throttle import Throttle, kept

ON = Knobs(auto_converge=True)


def periods(throttle: Throttle, knobs: Knobs, count: int, dirty: float = 60, start: int = 0) -> list[int]:
    """The throttle after each of so many periods of 1.1 s, in which 100 bytes were sent."""
    seen = []
    for number in range(start + 1, start + count + 1):
        throttle.sync(number * 1.1, number * 100, dirty, knobs)
        seen.append(throttle.pct)
    return seen


def begun() -> Throttle:
    throttle = Throttle()
    throttle.sync(0, 0, 0, ON)
    return throttle


def test_two_bad_periods_make_a_step() -> None:
    assert periods(begun(), ON, 8) == [0, 20, 20, 30, 30, 40, 40, 50]


def test_half_of_what_is_sent_may_be_dirtied() -> None:
    assert periods(begun(), ON, 6, dirty=50) == [0] * 6


def test_without_the_capability_nothing_is_slowed() -> None:
    assert periods(begun(), Knobs(), 6) == [0] * 6


def test_synchronisations_within_a_second_count_together() -> None:
    throttle = begun()
    for number in range(1, 9):
        throttle.sync(number * 0.3, number * 30, 20, ON)
    assert throttle.pct == 20  # at 1.2 s and 2.4 s


def test_a_period_of_a_second_to_the_millisecond_is_too_short() -> None:
    for second, expected in ((1.0, 0), (1.001, 20)):
        throttle = begun()
        throttle.sync(second, 100, 60, ON)
        throttle.sync(second + 1.001, 200, 60, ON)
        assert throttle.pct == expected


def test_it_stops_at_its_limit() -> None:
    assert max(periods(begun(), ON.but(max_cpu_throttle_pct=25), 9)) == 25


def test_the_first_step_is_not_held_by_the_limit() -> None:
    assert periods(begun(), ON.but(max_cpu_throttle_pct=10), 2)[-1] == 20


def test_a_slow_tail_takes_only_what_is_needed() -> None:
    assert periods(begun(), ON.but(cpu_throttle_tailslow=True), 4, dirty=52) == [0, 20, 20, 23]


def test_a_guest_that_is_throttled_runs_the_rest_of_the_time() -> None:
    throttle = begun()
    periods(throttle, ON, 2)
    assert throttle.speed == 0.8


@pytest.mark.parametrize("pct", [20, 50, 90])
def test_a_cpu_that_wakes_late_loses_of_each_slice_alike(pct) -> None:
    assert kept(pct, 1.9) == pytest.approx(0.81 * (1 - pct / 100))
    assert kept(0, 1.9) == 1


def test_a_host_that_wakes_it_late_ends_a_migration_sooner() -> None:
    guest = Guest(256, used_mib=96, working_set=Sequential(64, 40_000))
    for resolution in ("pass", "page"):
        prompt, late = (
            simulate(guest, ON.but(max_bandwidth_mib_s=50), Link(wake_ms=ms), resolution=resolution) for ms in (0, 1.9)
        )
        assert late.total_s < prompt.total_s and late.throttle_pct <= prompt.throttle_pct
