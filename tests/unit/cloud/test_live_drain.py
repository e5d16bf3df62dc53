"""A host is drained through openstacksdk: order, estimate, stopped and stuck servers, what remains."""

import pytest

from kit.cloud.compute.models import migrations
from kit.errors import KitError
from kit.migration import Guest, Knobs, Link, Random
from kit.migration.drain import Load, estimate
from kit.migration.draining import Drain

FAST = Link.of_mbit_s(1000)


def load(name, ram, how="live", writes=0, size=0, **more):
    return Load(name, name, how, Guest(ram, working_set=Random(size, writes)), **more)


def drain(here, host="h1", **options):
    start = here.cloud.clock.now()
    clock = here.cloud.clock

    def sleep(seconds):
        clock.advance(seconds)

    return Drain(
        here.conn, host, link=FAST, sleep=sleep, now=lambda: (clock.now() - start).total_seconds(), **options
    )  # fmt: skip


def test_one_at_a_time_the_shortest_goes_first_several_the_longest():
    loads = [load("m", 4096), load("l", 8192), load("s", 1024), load("off", 16384, how="cold")]
    assert [each.load.name for each in estimate(loads, FAST).moves] == ["s", "m", "l", "off"]
    assert [each.load.name for each in estimate(loads, FAST, parallel=2).moves] == ["l", "m", "s", "off"]
    with pytest.raises(KitError):
        estimate(loads, parallel=0)


def test_lanes_share_the_network_and_so_do_not_multiply_it():
    loads = [load(f"g{n}", 4096) for n in range(4)]
    alone, beside = estimate(loads, FAST), estimate(loads, FAST, parallel=2)
    assert beside.seconds < alone.seconds < beside.seconds * 1.4
    assert {each.start_s for each in beside.moves[:2]} == {0}


def test_what_does_not_converge_is_told():
    stuck = load("busy", 4096, writes=200_000, size=1024)
    found = estimate([stuck], FAST)
    assert [each.load.name for each in found.doubtful] == ["busy"] and found.moves[0].seconds > 3000
    forced = estimate([stuck], FAST, force_after_s=100)
    assert 100 < forced.moves[0].seconds < 200 and forced.moves[0].pause_ms > 1000 and forced.doubtful
    never = estimate([stuck], FAST, Knobs())
    assert never.to_dict()["seconds"] is None and "no foreseeable time" in repr(never)


def test_a_host_is_emptied(lab):
    here = lab(count=3)
    here.ask("POST", f"/servers/{here.ids['s2']}/action", json={"os-stop": None})
    here.go(5)
    told = []
    job = drain(here)
    expected = job.estimate()
    assert [each.load.how for each in expected.moves] == ["live", "live", "cold"]
    assert here.ask("GET", "/os-services").json()["services"][-3]["status"] == "enabled"  # only looked
    report = job.run(told.append)
    assert report.empty and {row["server"] for row in report.moved} == set(here.ids) and repr(report)
    assert all(here.server(name)["host"] != "h1" for name in here.ids)
    assert here.server("s2")["vm_state"] == "stopped" and here.record("s2")["status"] == "confirmed"
    service = next(row for row in here.conn.compute.services() if row.host == "h1")
    assert (service.status, service.disabled_reason) == ("disabled", "drained by kit migrate")
    assert told[0].status == "disabled" and any(step.percent for step in told)
    assert report.seconds == pytest.approx(expected.seconds, rel=0.5)


def test_several_at_once_are_bounded_by_the_pool(lab):
    seconds = {}
    for most in (1, 3):
        here = lab(count=3, max_concurrent_live_migrations=most)
        report = drain(here, parallel=3, poll_s=0.5).run()
        assert report.empty
        seconds[most] = report.seconds
    assert seconds[3] < seconds[1]


def test_a_stuck_one_is_forced_or_aborted(lab, busy):
    here = lab(count=2, workload=busy)
    told = []
    report = drain(here, force_after_s=60).run(told.append)
    assert report.empty and [step.status for step in told].count("forced") == 2
    here = lab(workload=busy)
    report = drain(here, abort_after_s=60, retries=0).run(told.append)
    assert report.left == [{"server": "s", "id": here.ids["s"], "why": "its migration is cancelled"}]


def test_what_cannot_go_remains_with_its_reason(lab):
    here = lab(count=3)
    here.ask("POST", f"/servers/{here.ids['s0']}/action", json={"suspend": None})
    here.go(5)
    here.cloud.faults.add(step="copy", server="s1")
    report = drain(here, retries=1).run()
    why = {row["server"]: row["why"] for row in report.left}
    assert why["s0"] == "resume it first" and "its migration is failed" in why["s1"] and set(why) == {"s0", "s1"}
    with here.cloud.read() as tx:
        assert tx.count(migrations, server_id=here.ids["s1"]) == 2  # it was tried again
    assert report.to_dict()["empty"] is False


def test_nowhere_to_go(lab):
    here = lab()
    for host in ("h2", "h3"):
        here.cloud.faults.add(host=host)
    report = drain(here, retries=0).run()
    assert [row["why"] for row in report.left] == ["No valid host was found. There are not enough hosts available."]


def test_a_host_that_is_not_there(lab):
    with pytest.raises(KitError, match="no compute host 'h9'"):
        drain(lab(), "h9").run()


def test_metadata_tell_the_estimate_what_a_guest_does(lab, busy):
    here = lab()
    calm = drain(here).estimate().moves[0]
    meta = {f"workload:{k}": str(v) for k, v in busy.items()}
    here.ask("POST", f"/servers/{here.ids['s']}/metadata", json={"metadata": meta})
    assert calm.ends and not drain(here).estimate().moves[0].ends
