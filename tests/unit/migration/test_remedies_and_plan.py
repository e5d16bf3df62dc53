"""What would end a migration, plans, and maps."""

import numpy as np
import pytest

from kit.errors import KitError
from kit.migration import Guest, Knobs, Link, Random, Sequential, plan, simulate, sweep
from kit.migration.maps import _one_by_one

from .guests import BUSY, CAP, LINK

GUEST = Guest(4096, used_mib=3000, working_set=Random(512, 60_000))


def test_remedies_come_cheapest_first_and_the_risky_one_last() -> None:
    ways = simulate(GUEST, Knobs(max_bandwidth_mib_s=200), LINK).remedies
    losses = [(way.risky, way.guest_loss_s) for way in ways]
    assert losses == sorted(losses) and ways[-1].risky and "post-copy" in ways[-1].name


def test_each_remedy_does_end_it() -> None:
    run = simulate(BUSY, CAP, LINK)
    for way in run.remedies:
        knobs = {name: value for name, value in way.changes.items() if name != "turn"}
        if "turn" not in way.changes:
            assert simulate(BUSY, CAP.but(**knobs), LINK).completed, way


def test_the_least_bandwidth_and_the_least_limit_are_near_the_edge() -> None:
    ways = {way.name.split("=")[0]: way for way in simulate(BUSY, CAP, LINK).remedies}
    cap = ways["max_bandwidth_mib_s"].changes["max_bandwidth_mib_s"]
    assert not simulate(BUSY, CAP.but(max_bandwidth_mib_s=cap / 1.15), LINK).completed
    limit = ways["downtime_limit_ms"].changes["downtime_limit_ms"]
    assert not simulate(BUSY, CAP.but(downtime_limit_ms=limit / 1.2), LINK).completed


def test_a_run_that_completed_needs_no_remedy() -> None:
    assert simulate(Guest(64), CAP, LINK).remedies == []


def test_a_plan_meets_its_wishes_with_nova_conf_lines() -> None:
    found = plan(GUEST, Link.of_mbit_s(10_000), max_pause_ms=200, max_total_s=60)
    assert found.found and found.result.downtime_ms <= 200 and found.result.total_s <= 60
    assert found.lines[0] == "[libvirt]" and "live_migration_downtime = 200" in found.lines
    assert simulate(GUEST, found.knobs, Link.of_mbit_s(10_000)).completed


def test_a_plan_takes_no_more_of_the_network_than_it_needs() -> None:
    quick, slow = (plan(GUEST, LINK, max_pause_ms=300, max_total_s=seconds) for seconds in (20, 600))
    assert slow.knobs.max_bandwidth_mib_s < quick.knobs.max_bandwidth_mib_s


def test_post_copy_is_planned_only_where_it_is_permitted() -> None:
    wild = Guest(4096, used_mib=3000, working_set=Sequential(1024, 400_000))
    link = Link.of_mbit_s(1000)
    found = plan(wild, link, max_pause_ms=100, max_total_s=60)
    assert found.knobs.postcopy and "live_migration_timeout_action = force_complete" in found.lines
    safe = plan(wild, link, max_pause_ms=100, max_total_s=60, permit_post_copy=False)
    assert not safe.found and safe.why and "No setting" in repr(safe)


@pytest.mark.parametrize(("guest", "link", "pause_ms", "total_s"), [
    (Guest(4096, used_mib=3000, working_set=Sequential(1024, 400_000)), Link.of_mbit_s(1000), 100, 60),
    (Guest(65536, used_mib=4000, working_set=Random(4000, 3_000_000)), Link.of_mbit_s(20_000), 100, 120),
    (GUEST, Link.of_mbit_s(10_000), 200, 60),
])  # fmt: skip
def test_what_a_plan_expects_is_what_its_own_lines_do(guest, link, pause_ms, total_s) -> None:
    found = plan(guest, link, max_pause_ms=pause_ms, max_total_s=total_s)
    told = dict(line.split(" = ") for line in found.lines if " = " in line)
    set_by_nova = found.knobs.but(
        completion_timeout_s_per_gib=float(told["live_migration_completion_timeout"]),
        timeout_action=told["live_migration_timeout_action"],
        max_bandwidth_mib_s=float(told["live_migration_bandwidth"]),
    )
    again = simulate(guest, set_by_nova, link)
    assert again.completed and again.total_s == pytest.approx(found.result.total_s) and again.total_s <= total_s


@pytest.mark.parametrize(("guest", "link", "pause_ms", "total_s"), [
    # settings at the edge, which pass by pass just end
    (Guest(2048, used_mib=460, working_set=Sequential(15, 10_374)), Link.of_mbit_s(2500), 1000, 5),
    (Guest(512, used_mib=178, working_set=Random(89, 80_882)), Link.of_mbit_s(10_000), 500, 120),
    (Guest(4096, used_mib=2670, working_set=Random(220, 11_750)), Link.of_mbit_s(2500), 150, 120),
    (Guest(512, used_mib=494, working_set=Random(20, 58_417)), Link.of_mbit_s(2500), 300, 120),
    (Guest(8192, used_mib=2001, working_set=Random(231, 4200)), Link.of_mbit_s(25_000), 1000, 5),
    (Guest(1024, used_mib=206, working_set=Random(12, 47_938)), Link.of_mbit_s(2500), 300, 60),
    (Guest(512, used_mib=295, working_set=Random(11, 29_619)), Link.of_mbit_s(1000), 500, 10),
    (Guest(2048, used_mib=1640, working_set=Random(406, 27_395)), Link.of_mbit_s(1000), 100, 60),
])  # fmt: skip
def test_a_plan_holds_page_by_page_too(guest, link, pause_ms, total_s) -> None:
    found = plan(guest, link, max_pause_ms=pause_ms, max_total_s=total_s)
    run = simulate(guest, found.knobs, link, resolution="page")
    assert run.completed and run.downtime_ms <= pause_ms and run.total_s <= total_s


def test_a_plan_without_a_margin_takes_all_the_bandwidth_there_is() -> None:
    guest = Guest(1024, used_mib=1000)
    link = Link.of_mbit_s(1000)
    least_s = simulate(guest, Knobs(), link).total_s
    close, wide = (plan(guest, link, max_pause_ms=200, max_total_s=least_s * factor) for factor in (1.005, 1.5))
    assert close.knobs.max_bandwidth_mib_s == 0 and 0 < wide.knobs.max_bandwidth_mib_s < link.speed_mib_s
    assert not plan(guest, link, max_pause_ms=200, max_total_s=least_s * 0.99, permit_post_copy=False).found


def test_a_cap_shortens_the_pause_where_the_whole_link_leaves_too_much() -> None:
    guest = Guest(2048, used_mib=1640, working_set=Random(406, 27_395))
    found = plan(guest, Link.of_mbit_s(1000, stop_ms=5), max_pause_ms=100, max_total_s=60, permit_post_copy=False)
    assert found.found and found.result.downtime_ms <= 100


def test_post_copy_is_planned_with_all_that_may_go_before_it() -> None:
    guest = Guest(256, used_mib=128, working_set=Random(64, 30_000))
    found = plan(guest, LINK, max_pause_ms=100, max_total_s=12, bandwidth_mib_s=40)
    assert found.knobs.postcopy and found.knobs.max_bandwidth_mib_s == 40
    assert found.result.log.passes  # the switch comes after the first pass


def test_encryption_costs_a_plan_its_speed() -> None:
    plain, tunnel = (
        plan(GUEST, Link.of_mbit_s(10_000), max_pause_ms=300, max_total_s=8, encryption=kind)
        for kind in ("none", "tunnelled")
    )
    assert plain.found and not tunnel.found and "would take" in repr(tunnel)
    tls = plan(GUEST, Link.of_mbit_s(10_000), max_pause_ms=300, max_total_s=60, encryption="native-tls")
    assert "live_migration_with_native_tls = True" in tls.lines


def test_no_plan_says_what_each_try_lacked() -> None:
    none = plan(GUEST, Link.of_mbit_s(100), max_pause_ms=100, max_total_s=10)
    assert not none.found and len(none.why) >= 3
    assert all(": " in reason for reason in none.why)


def test_a_wish_of_nothing_is_refused() -> None:
    with pytest.raises(KitError):
        plan(GUEST, LINK, max_pause_ms=0, max_total_s=10)


@pytest.mark.parametrize("working", [Random(512, 60_000), Sequential(512, 60_000)])
@pytest.mark.parametrize("axes", [
    (("max_bandwidth_mib_s", np.linspace(20, 1000, 9)), ("downtime_limit_ms", np.linspace(1, 3000, 9))),
    (("speed_mib_s", np.linspace(20, 1000, 9)), ("writes_per_s", np.linspace(0, 200_000, 9))),
])  # fmt: skip
def test_a_map_is_what_its_points_are(working, axes) -> None:
    guest = Guest(4096, used_mib=3000, working_set=working)
    knobs = Knobs(max_bandwidth_mib_s=200)
    together = sweep(guest, knobs, LINK, *axes)
    each = _one_by_one(guest, knobs, LINK, tuple((name, list(values)) for name, values in axes), None)
    assert np.array_equal(np.isnan(together.total_s), np.isnan(each["total_s"]))
    assert np.allclose(together.total_s, each["total_s"], equal_nan=True)
    assert np.allclose(together.downtime_ms, each["downtime_ms"], equal_nan=True)
    assert np.allclose(together.transferred_bytes, each["transferred_bytes"], equal_nan=True)


def test_knobs_that_change_during_a_run_go_point_by_point() -> None:
    found = sweep(BUSY, CAP.but(auto_converge=True), LINK, ("max_bandwidth_mib_s", [30, 60]), ("size_mib", [16, 64]))
    assert found.ends.all() and found.to_dict()["axes"][1]["name"] == "size_mib"


def test_an_axis_that_is_no_number_is_refused() -> None:
    with pytest.raises(KitError, match="axis"):
        sweep(BUSY, CAP, LINK, ("colour", [1]), ("size_mib", [1]))


def test_pictures_have_titles_units_and_a_text() -> None:
    pytest.importorskip("matplotlib")
    run = simulate(BUSY, CAP.but(auto_converge=True), LINK)
    picture = run.plot()
    axes = picture.axes[0]
    assert axes.get_title() and axes.get_xlabel() == "Time (s)" and "MiB" in axes.get_ylabel()
    assert "remaining" not in picture.alt or picture.alt
    found = sweep(BUSY, CAP, LINK, ("max_bandwidth_mib_s", [30, 60, 90]), ("downtime_limit_ms", [100, 900, 1900]))
    assert "ends" in found.plot().alt or "end" in found.plot().alt
