"""What working sets dirty."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import KitError
from kit.migration import Guest, Heat, Random, Sequential, from_measured
from kit.migration.writer import Writer

from .guests import working_sets


def test_a_walk_dirties_each_page_once_and_then_no_more() -> None:
    walk = Sequential(1, 100)
    assert (walk.distinct(100), walk.distinct(256), walk.distinct(10_000)) == (100, 256, 256)


def test_even_draws_hit_some_pages_twice() -> None:
    assert Random(1, 100).distinct(256) == pytest.approx(256 * (1 - math.exp(-1)))


def test_hot_pages_take_most_writes_and_so_fewer_pages_get_dirty() -> None:
    assert Heat.of([(1, 0.9), (7, 0.1)], 100).distinct(1000) < Random(8, 100).distinct(1000)


@given(working_sets, st.integers(0, 20_000))
def test_expectation_and_drawn_pages_agree(working, writes) -> None:
    drawn = []
    for seed in range(8):
        mark = np.zeros(working.pages, dtype=bool)
        Writer(working, seed).write(writes, mark)
        drawn.append(mark.sum())
    expected = working.distinct(writes)
    assert np.mean(drawn) == pytest.approx(expected, abs=4 * math.sqrt(expected + 1) / math.sqrt(8) + 2)


@given(working_sets, st.floats(0, 1e5), st.floats(0, 1e5))
def test_more_writes_never_dirty_fewer_pages(working, some, more) -> None:
    low, high = sorted((some, more))
    assert working.distinct(low) <= working.distinct(high) + 1e-9 <= working.pages + 1e-6


@given(working_sets, st.floats(0, 1e5), st.floats(0, 1e4), st.floats(0, 1e4))
def test_carried_pages_leave_less_room_for_new_ones(working, writes, some, more) -> None:
    low, high = sorted((some, more))
    assert working.joining(writes, high) <= working.joining(writes, low) + 1e-9
    assert working.joining(writes, low) + min(low, working.pages) <= working.pages + 1e-6


def test_a_walk_goes_on_where_it_was() -> None:
    writer, mark = Writer(Sequential(1, 1), 0), np.zeros(256, dtype=bool)
    for _ in range(10):
        writer.write(10.5, mark)
    assert mark.sum() == 105


def test_a_measured_series_becomes_hot_and_cold_pages() -> None:
    true = Heat.of([(10, 0.9), (200, 0.1)], 20_000)
    found = from_measured([(t, true.distinct(20_000 * t)) for t in (1, 2, 3)], writes_per_s=20_000)
    for seconds in (1, 2, 3, 5):
        assert found.distinct(20_000 * seconds) == pytest.approx(true.distinct(20_000 * seconds), rel=0.1)


def test_a_measured_series_stays_within_the_guests_memory() -> None:
    found = from_measured([(1, 9_000), (30, 600_000)], memory_mib=64)
    assert found.size_mib == pytest.approx(64) and Guest(64, working_set=found)


NAN = float("nan")


@pytest.mark.parametrize("wrong", [
    [], [(1, 5)], [(1, 5), (2, 4)], [(0, 1), (2, 4)], [(1, 5), (1, 6)], [(NAN, 5), (2, 6)], [(1, 5), (2, NAN)],
    [(1, -1), (2, 6)],
])  # fmt: skip
def test_a_series_that_falls_or_is_too_short_is_refused(wrong) -> None:
    with pytest.raises(KitError):
        from_measured(wrong)


@pytest.mark.parametrize("make", [
    lambda: Sequential(-1, 0), lambda: Random(1, -1), lambda: Random(0, 10), lambda: Sequential(1, float("nan")),
    lambda: Heat.of([(1, 0)], 5), lambda: Guest(0), lambda: Guest(64, used_mib=65), lambda: Guest(64, content="red"),
    lambda: Guest(16, working_set=Random(32, 1)), lambda: Guest(16, written_bytes=5000),
])  # fmt: skip
def test_values_that_cannot_be_are_refused(make) -> None:
    with pytest.raises(KitError, match="must be"):
        make()
