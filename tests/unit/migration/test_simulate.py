"""Single migrations in both resolutions: known outcomes of known rules."""

import pytest

from kit.errors import KitError
from kit.migration import LOOPBACK, Guest, Knobs, Link, Random, Sequential, Turn, simulate

from .guests import BUSY, CAP, LINK

BOTH = pytest.mark.parametrize("resolution", ["pass", "page"])


@BOTH
def test_an_idle_guest_is_sent_once(resolution: str) -> None:
    run = simulate(Guest(256, used_mib=64), CAP, LOOPBACK, resolution=resolution)
    assert run.completed and run.dirty_sync_count == 3
    zeros = (192 * 256) * 9
    assert run.transferred_bytes == pytest.approx((64 * 256 + 130) * 4104 + zeros, rel=0.001)


@BOTH
def test_a_gibibyte_of_zeros_takes_three_windows_at_8_mib_s(resolution: str) -> None:
    run = simulate(Guest(1024, content="zero"), Knobs(max_bandwidth_mib_s=8), LOOPBACK, resolution=resolution)
    assert run.total_s == pytest.approx(0.3, abs=0.06)
    assert run.transferred_bytes == pytest.approx(2.8e6, rel=0.05)


@BOTH
def test_a_walk_faster_than_the_link_never_ends(resolution: str) -> None:
    run = simulate(BUSY, CAP, LINK, resolution=resolution)
    assert run.never and not run.convergence.ends and "never ends" in repr(run)
    assert [way.name for way in run.remedies]


@BOTH
def test_draws_faster_than_the_cap_can_end(resolution: str) -> None:
    guest = Guest(256, used_mib=96, working_set=Random(32, 20_000))
    run = simulate(guest, CAP.but(downtime_limit_ms=500), LOOPBACK, resolution=resolution)
    assert run.completed and run.convergence.ends and run.total_s == pytest.approx(2.2, abs=0.3)


@BOTH
def test_a_higher_downtime_limit_ends_a_stuck_one_at_once(resolution: str) -> None:
    turn = Turn(4, "set", {"downtime_limit_ms": 2000})
    run = simulate(BUSY, CAP, LOOPBACK, turns=[turn], resolution=resolution)
    assert run.completed and 4 < run.total_s < 5
    assert run.downtime_ms < 200  # the cap does not hold for the rest


@BOTH
def test_a_stop_by_hand_is_a_pause_that_qemu_does_not_report(resolution: str) -> None:
    run = simulate(BUSY, CAP, LOOPBACK, turns=[Turn(4, "stop")], resolution=resolution)
    assert run.completed and run.downtime_ms > 800 and run.downtime_reported_ms < 50
    assert "QEMU reports" in repr(run)


@BOTH
def test_a_guest_that_is_started_again_dirties_again(resolution: str) -> None:
    run = simulate(BUSY, CAP, LOOPBACK, turns=[Turn(3, "stop"), Turn(3.5, "cont")], resolution=resolution)
    assert run.never and run.downtime_ms == pytest.approx(500)


@BOTH
def test_force_complete_is_post_copy_where_that_is_permitted(resolution: str) -> None:
    run = simulate(BUSY, CAP.but(postcopy=True), LINK, turns=[Turn(4, "force_complete")], resolution=resolution)
    assert run.completed and run.postcopy_s > 0 and run.downtime_ms == pytest.approx(LINK.switch_ms)
    assert run.downtime_reported_ms is None
    stopped = simulate(BUSY, CAP, LINK, turns=[Turn(4, "force_complete")], resolution=resolution)
    assert stopped.completed and stopped.postcopy_s == 0 and stopped.downtime_ms > 800


@BOTH
def test_post_copy_sends_each_page_once_and_slows_the_guest(resolution: str) -> None:
    knobs = CAP.but(postcopy=True, max_postcopy_bandwidth_mib_s=25)
    guest = Guest(256, used_mib=96, working_set=Random(64, 10_000))
    run = simulate(guest, knobs, LOOPBACK, turns=[Turn(0.1, "start_postcopy")], resolution=resolution)
    assert run.transferred_bytes == pytest.approx(102e6, rel=0.03) and run.total_s == pytest.approx(3.9, rel=0.1)
    speeds = [sample.guest_speed for sample in run.samples if sample.phase == "postcopy-active"]
    assert min(speeds) < 0.2 and speeds == sorted(speeds)
    assert 30 < run.postcopy_faults < 150 and run.guest_loss_s > 1


@BOTH
def test_a_cut_network_loses_the_guest_only_after_the_switch(resolution: str) -> None:
    turns = [Turn(3, "start_postcopy"), Turn(3.5, "cut")]
    lost = simulate(
        BUSY, CAP.but(postcopy=True, max_postcopy_bandwidth_mib_s=25), LINK, turns=turns, resolution=resolution
    )
    assert lost.status == "postcopy-paused" and "reboot" in lost.reason
    safe = simulate(BUSY, CAP, LINK, turns=[Turn(3, "cut")], resolution=resolution)
    assert safe.status == "failed" and "source" in safe.reason


@BOTH
def test_a_switch_that_is_not_permitted_does_nothing(resolution: str) -> None:
    assert simulate(BUSY, CAP, LINK, turns=[Turn(3, "start_postcopy")], resolution=resolution).never


@BOTH
def test_an_abort_leaves_the_guest_at_the_source(resolution: str) -> None:
    run = simulate(BUSY, CAP, LINK, turns=[Turn(2.5, "abort")], resolution=resolution)
    assert (run.status, run.total_s) == ("cancelled", 2.5)


@BOTH
def test_auto_converge_ends_what_would_not_end(resolution: str) -> None:
    run = simulate(BUSY, CAP.but(auto_converge=True), LINK, resolution=resolution)
    assert run.completed and run.throttle_pct >= 40 and run.guest_loss_s > 1
    assert simulate(BUSY, CAP.but(auto_converge=True, max_cpu_throttle_pct=20), LINK, resolution=resolution).never


@BOTH
def test_xbzrle_ends_what_would_not_end_once_each_page_has_missed(resolution: str) -> None:
    run = simulate(BUSY, CAP.but(xbzrle=True, xbzrle_cache_size_mib=128), LINK, resolution=resolution)
    assert run.completed and run.transferred_bytes == pytest.approx(170e6, rel=0.08)
    small = simulate(BUSY, CAP.but(xbzrle=True, xbzrle_cache_size_mib=8), LINK, resolution=resolution)
    assert small.never


@BOTH
def test_compression_halves_half_random_pages(resolution: str) -> None:
    guest = Guest(256, used_mib=96, content="half")
    run = simulate(guest, Knobs(max_bandwidth_mib_s=16, compress=True), LOOPBACK, resolution=resolution)
    assert run.transferred_bytes == pytest.approx(58.5e6, rel=0.01)
    assert run.total_s == pytest.approx(3.6, abs=0.2)


@BOTH
def test_novas_timeout_aborts_or_forces(resolution: str) -> None:
    knobs = CAP.but(completion_timeout_s_per_gib=5)
    aborted = simulate(BUSY, knobs, LINK, resolution=resolution)
    assert aborted.status == "cancelled" and "timeout" in aborted.reason and aborted.total_s == pytest.approx(10)
    forced = simulate(BUSY, knobs.but(timeout_action="force_complete"), LINK, resolution=resolution)
    assert forced.completed and forced.total_s > 10


def test_novas_steps_keep_the_limit_low_at_first() -> None:
    guest = Guest(4096, used_mib=512, working_set=Sequential(16, 60_000))
    knobs = Knobs.nova(max_bandwidth_mib_s=100, downtime_delay_s_per_gib=3)
    run = simulate(guest, knobs, LINK)
    assert run.completed and run.total_s > simulate(guest, knobs.but(downtime_steps=1), LINK).total_s


def test_both_resolutions_agree() -> None:
    for working in (Sequential(64, 8000), Random(64, 12_000), Random(32, 3000)):
        guest = Guest(512, used_mib=200, working_set=working)
        rough, fine = (simulate(guest, CAP, LOOPBACK, resolution=which) for which in ("pass", "page"))
        assert rough.total_s == pytest.approx(fine.total_s, rel=0.08)
        assert rough.transferred_bytes == pytest.approx(fine.transferred_bytes, rel=0.08)


def test_the_same_seed_gives_the_same_run() -> None:
    guest = Guest(256, used_mib=96, working_set=Random(64, 8000))
    runs = [simulate(guest, CAP, LINK, resolution="page", seed=seed).to_dict() for seed in (1, 1, 2)]
    assert runs[0] == runs[1] != runs[2]


def test_progress_can_be_watched() -> None:
    seen = []
    simulate(Guest(64), CAP, LINK, resolution="page", on_sample=seen.append)
    assert len(seen) > 10 and seen[-1].phase == "completed"


def test_a_speed_of_the_link_below_the_cap_is_the_limit() -> None:
    slow = simulate(Guest(64), Knobs(max_bandwidth_mib_s=500), Link(speed_mib_s=20), resolution="page")
    assert slow.total_s == pytest.approx(64 / 20, rel=0.06)


def test_another_resolution_is_refused() -> None:
    with pytest.raises(KitError, match="resolution"):
        simulate(Guest(64), resolution="atom")


def test_the_plain_text_is_stable() -> None:
    assert repr(simulate(Guest(256, used_mib=64), CAP, LOOPBACK)) == (
        "completed after 1.3 s, 65.1 MiB sent in 3 syncs, guest stopped 2 ms\n"
        "After pass 1 only 12.5 MiB were dirty, under the threshold of 15.0 MiB.\n"
        "pass  start s  length s  sent MiB  dirty MiB  threshold MiB\n"
        "   1     0.00      1.29      64.5       12.5           15.0"
    )
