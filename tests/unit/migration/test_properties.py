"""What holds for every guest, knob and link."""

from dataclasses import replace

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from kit.migration import Knobs, Link, Turn, convergence, simulate

from .guests import caps, guests, limits

MANY = settings(max_examples=60, deadline=None, phases=[p for p in Phase if p is not Phase.shrink])


@MANY
@given(guests, caps, caps, limits)
def test_more_bandwidth_never_lengthens(guest, some, more, limit) -> None:
    low, high = sorted((some, more))
    slow, fast = (
        simulate(guest, Knobs(max_bandwidth_mib_s=cap, downtime_limit_ms=limit), Link()) for cap in (low, high)
    )
    if slow.completed:
        assert fast.completed and fast.total_s <= slow.total_s + 1e-6


@MANY
@given(guests, caps, limits, limits)
def test_a_higher_downtime_limit_never_prevents_completion(guest, cap, some, more) -> None:
    low, high = sorted((some, more))
    strict, mild = (
        simulate(guest, Knobs(max_bandwidth_mib_s=cap, downtime_limit_ms=limit), Link()) for limit in (low, high)
    )
    assert mild.completed or not strict.completed


@MANY
@given(guests, caps, limits, limits)
def test_nor_at_page_level_with_the_same_seed(guest, cap, some, more) -> None:
    low, high = sorted((some, more))
    if high - low < 200 or low < 100:
        high, low = low + 300, max(low, 100)  # within a window of each other luck decides, as in QEMU
    strict, mild = (
        simulate(guest, Knobs(max_bandwidth_mib_s=cap, downtime_limit_ms=limit), Link(), resolution="page")
        for limit in (low, high)
    )
    assert mild.completed or not strict.completed


@MANY
@given(guests, caps, limits, st.sampled_from(["pass", "page"]))
def test_bytes_are_conserved(guest, cap, limit, resolution) -> None:
    run = simulate(guest, Knobs(max_bandwidth_mib_s=cap, downtime_limit_ms=limit), Link(), resolution=resolution)
    told = sum(row.sent_bytes for row in run.passes)
    assert told <= run.transferred_bytes + 1e-6
    series = [sample.transferred_bytes for sample in run.samples]
    assert series == sorted(series) and series[-1] == pytest.approx(run.transferred_bytes)
    if run.completed:
        first_only = sum(n * {"zero": 9}.get(content, 4104) for n, content in guest.segments)
        assert run.transferred_bytes >= first_only * 0.999
        assert run.samples[-1].remaining_bytes == 0
        pages = sum(row.sent_pages for row in run.passes)
        left = run.passes[-1].dirty_pages if run.passes else guest.pages
        carried = sum(row.dirty_pages - row.left_pages for row in run.passes)
        assert pages + left == pytest.approx(guest.pages + carried, rel=1e-6)


@MANY
@given(guests, caps, limits)
def test_the_test_before_and_the_run_say_the_same(guest, cap, limit) -> None:
    knobs = Knobs(max_bandwidth_mib_s=cap, downtime_limit_ms=limit)
    run = simulate(guest, knobs, Link())
    test, threshold = convergence(guest, knobs, Link()), cap * limit / 1000
    near = abs(test.fixed_point_mib - threshold) < 0.02 * threshold + 0.1
    flat = abs(test.dirty_mib_s / cap - 1) < 0.05  # each pass is as long as the one before: slow beyond patience
    full = guest.content != "zero" and guest.used_pages >= guest.working_set.pages
    if not near and not flat and (test.ends or full):  # a first pass over zeros may be over before much is dirty
        assert run.completed == test.ends


@MANY
@given(guests, caps, st.floats(0.01, 20), st.sampled_from(["pass", "page"]))
def test_an_abort_ends_at_its_moment_unless_it_was_over(guest, cap, at_s, resolution) -> None:
    run = simulate(guest, Knobs(max_bandwidth_mib_s=cap), Link(), turns=[Turn(at_s, "abort")], resolution=resolution)
    assert run.status in ("cancelled", "completed")
    if run.status == "cancelled":
        assert run.total_s == pytest.approx(at_s, abs=0.002) and run.downtime_ms == 0


@MANY
@given(guests, caps)
def test_a_stopped_guest_always_ends(guest, cap) -> None:
    run = simulate(guest, Knobs(max_bandwidth_mib_s=cap), Link(), turns=[Turn(1, "stop")])
    assert run.completed


@MANY
@given(guests, caps, st.sampled_from(["pass", "page"]))
def test_post_copy_always_ends_and_moves_each_page_at_most_twice_after_the_switch(guest, cap, resolution) -> None:
    knobs = Knobs(max_bandwidth_mib_s=cap, postcopy=True)
    run = simulate(guest, knobs, Link(), turns=[Turn(0.5, "start_postcopy")], resolution=resolution)
    assert run.completed
    assert run.transferred_bytes <= guest.pages * 4104 + 0.7 * cap * 2**20 + 8192


@MANY
@given(guests, caps, limits)
def test_a_slower_writer_is_never_worse(guest, cap, limit) -> None:
    knobs = Knobs(max_bandwidth_mib_s=cap, downtime_limit_ms=limit)
    calm = replace(guest, working_set=replace(guest.working_set, writes_per_s=guest.working_set.writes_per_s / 2))
    busy_run, calm_run = simulate(guest, knobs, Link()), simulate(calm, knobs, Link())
    if busy_run.completed:
        assert calm_run.completed and calm_run.total_s <= busy_run.total_s + 1e-6


knobs_of_all_kinds = st.builds(
    lambda cap, limit, auto, cache, threads, channels, post, way, steps, timeout, action: Knobs(
        max_bandwidth_mib_s=cap, downtime_limit_ms=limit if steps == 1 else limit + 100, auto_converge=auto, postcopy=post, encryption=way,
        downtime_steps=steps, downtime_delay_s_per_gib=3, completion_timeout_s_per_gib=timeout, timeout_action=action,
        **({"multifd": True, "multifd_channels": channels} if channels else
           {"xbzrle": bool(cache), "xbzrle_cache_size_mib": cache or 64, "compress": bool(threads)}),
    ),
    st.sampled_from([0, 3, 20, 100, 3000]), limits, st.booleans(), st.sampled_from([0, 1, 16, 256]), st.integers(0, 1),
    st.integers(0, 4), st.booleans(), st.sampled_from(["none", "tunnelled", "native-tls", "ipsec"]),
    st.sampled_from([1, 3, 10]), st.sampled_from([0, 5]), st.sampled_from(["abort", "force_complete"]),
)  # fmt: skip
turns_of_all_kinds = st.lists(
    st.one_of(
        st.builds(Turn, st.floats(0, 15), st.sampled_from(["stop", "cont", "abort", "force_complete", "start_postcopy", "cut"])),
        st.builds(lambda at, cap: Turn(at, "set", {"max_bandwidth_mib_s": cap}), st.floats(0, 15), st.integers(0, 300)),
        st.builds(lambda at, ms: Turn(at, "set", {"downtime_limit_ms": ms}), st.floats(0, 15), limits),
    ),
    max_size=4,
)  # fmt: skip


@settings(MANY, max_examples=150)
@given(guests, knobs_of_all_kinds, turns_of_all_kinds, st.sampled_from(["pass", "page"]))
def test_every_run_of_any_knobs_comes_to_a_verdict(guest, knobs, turns, resolution) -> None:
    run = simulate(guest, knobs, Link(), turns=turns, resolution=resolution, horizon_s=600)
    assert run.status in ("completed", "cancelled", "failed", "postcopy-paused", "active")
    assert run.reason and repr(run) and run.to_dict()
    assert run.total_s >= 0 and 0 <= run.guest_loss_s <= run.total_s + 1e-6
    times = [sample.t_s for sample in run.samples]
    assert times == sorted(times)
