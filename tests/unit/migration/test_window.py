"""The rate limiter's windows, on time and late."""

import pytest

from kit.migration import LOOPBACK, Guest, Knobs
from kit.migration.comparison import as_windows
from kit.migration.units import MIB
from kit.migration.window import QUIET_S, Window, grain_bytes

CAP = Knobs(max_bandwidth_mib_s=50)


def lengths(window: Window, count: int) -> list[float]:
    """How long so many windows last, milliseconds."""
    found = []
    for _ in range(count):
        found.append(window.length_s * 1000)
        window.close(window.end_s, 300)
    return found


def test_a_late_window_is_longer_and_carries_no_more() -> None:
    on_time, late = Window(0, 50), Window(0, 50, 0.004)
    assert (on_time.end_s, late.end_s) == pytest.approx((0.1, 0.104))
    assert on_time.budget_bytes == late.budget_bytes == 5 * MIB
    late.sent(5 * MIB)
    late.close(late.end_s, 300)
    assert late.threshold_bytes == pytest.approx(5 * MIB / 0.104 * 0.3)


def test_with_a_seed_some_are_late_by_slices_and_all_by_as_much_on_average() -> None:
    found = lengths(Window(0, 50, 0.0025, seed=3), 3000)
    assert {round(length) for length in found} >= {100, 103, 106}
    assert sum(found) / len(found) == pytest.approx(102.5, abs=0.2)
    assert found == lengths(Window(0, 50, 0.0025, seed=3), 3000) != lengths(Window(0, 50, 0.0025, seed=4), 3000)


def test_ten_windows_of_a_quiet_host_can_last_a_second_to_the_millisecond() -> None:
    found = lengths(Window(0, 50, seed=1), 2000)
    rounds = [sum(found[place : place + 10]) for place in range(0, 2000, 10)]
    exact = sum(total == pytest.approx(1000) for total in rounds) / len(rounds)
    assert exact == pytest.approx((1 - QUIET_S / 0.003) ** 10, abs=0.15)


@pytest.mark.parametrize(("cap", "seen", "bandwidth", "late_ms"), [
    (50, 50, 50, 0), (50, 48, 50, 100 * (50 / 48 - 1)), (50, 40, 44, 10), (50, 60, 50, 0), (50, None, 44, 0),
])  # fmt: skip
def test_what_a_throughput_lacks_is_lateness_first(cap, seen, bandwidth, late_ms) -> None:
    knobs, link = as_windows(cap, seen, Knobs(max_bandwidth_mib_s=44), LOOPBACK)
    assert (knobs.max_bandwidth_mib_s, link.late_ms) == pytest.approx((bandwidth, late_ms))


def test_multifd_counts_whole_packets() -> None:
    """35 MiB/s go under a cap of 32, and 50 under one of 50; measured 34.3 and 50.0."""
    grain = grain_bytes(Knobs(multifd=True))
    seen = [Window(0, cap, grain_bytes=grain).budget_bytes * 10 / MIB for cap in (32, 50, 100)]
    assert seen == pytest.approx([35.2, 50.3, 100.6], abs=0.1)
    assert as_windows(32, 34.3, Knobs(multifd=True), LOOPBACK)[1].late_ms == pytest.approx(2.7, abs=0.1)


def test_segments_are_all_pages() -> None:
    for guest in (
        Guest(1),
        Guest(2, used_mib=1),
        Guest(256, used_mib=96, firmware="seabios"),
        Guest(64, firmware="rom"),
    ):
        assert sum(count for count, _ in guest.segments) == guest.pages
