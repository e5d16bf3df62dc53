"""The record of a live migration on the cloud's clock: statuses in order, progress, the pool, the network shared."""

import json

import pytest

from kit.cloud import Cloud
from kit.cloud.clock import Clock
from kit.cloud.compute.models import UNDER_WAY
from kit.migration.workflow import STATUSES

IN_ORDER = ["accepted", "queued", "preparing", "running", "completed"]


def seen(lab, name="s", step=0.1, most=200):
    """The statuses that come one after the other."""
    found = []
    for _ in range(int(most / step)):
        status = lab.record(name)["status"]
        if not found or found[-1] != status:
            found.append(status)
        if status not in UNDER_WAY:
            break
        lab.go(step)
    return found


def test_what_is_under_way_are_the_engines_statuses():
    assert STATUSES[:-1] == UNDER_WAY


def test_statuses_come_in_order_and_the_server_moves(lab):
    here = lab()
    assert here.migrate().status_code == 202
    assert here.server()["task_state"] == "migrating" and here.record()["dest_host"] is None
    assert seen(here) == IN_ORDER
    server = here.server()
    assert (server["host"], server["task_state"], server["vm_state"], server["progress"]) == ("h2", None, "active", 0)
    held = here.held()
    assert held["allocations"] == [(here.ids["s"], "server", "h2")] and held["bindings"] == []
    assert {row[1] for row in held["ports"]} == {"h2"}
    assert [(row[1], row[2]) for row in held["attachments"]] == [("h2", "attached")]


def test_until_2_33_the_caller_waits_for_the_checks(lab):
    here = lab()
    assert here.migrate(version="2.30").status_code == 202
    assert (here.record()["status"], here.record()["dest_host"]) == ("queued", "h2")
    assert seen(here) == IN_ORDER[1:]


def test_both_hosts_hold_it_while_it_moves(lab):
    here = lab()
    here.migrate()
    assert here.held()["allocations"] == [(here.ids["s"], "migration", "h1")]
    here.until("running")
    held = here.held()
    assert held["allocations"] == [(here.ids["s"], "migration", "h1"), (here.ids["s"], "server", "h2")]
    assert {row[1] for row in held["bindings"]} == {"h2"} and {row[1] for row in held["ports"]} == {"h1"}
    assert sorted(row[1] for row in held["attachments"]) == ["h1", "h2"]


def test_progress_is_the_models_at_this_instant(lab):
    here = lab()
    here.migrate()
    assert here.shown() == []  # accepted is not in progress
    here.until("queued")
    assert here.shown()[0]["memory_total_bytes"] is None
    here.until("running")
    left = []
    for _ in range(3):
        (one,) = here.shown()
        left.append(one["memory_remaining_bytes"])
        assert one["memory_total_bytes"] > 2 << 30 and one["disk_total_bytes"] == 0
        shown = here.ask("GET", f"/servers/{here.ids['s']}").json()["server"]
        listed = here.ask("GET", "/servers/detail").json()["servers"][0]
        assert shown["progress"] == listed["progress"] == 100 - round(left[-1] * 100 / one["memory_total_bytes"])
        here.go(1)
    assert left == sorted(left, reverse=True) and left[0] > left[-1]
    path = f"/servers/{here.ids['s']}/migrations/{one['id']}"
    assert here.ask("GET", path).json()["migration"]["status"] == "running"
    here.until("completed")
    assert here.shown() == [] and here.ask("GET", path).status_code == 404


def test_local_disks_are_copied_first(lab, live_seed):
    whole = live_seed()
    whole["live_migration"]["shared_storage"] = ""
    here = lab(whole)
    here.migrate()
    here.until("running")
    here.go(5)
    (one,) = here.shown()
    assert one["disk_total_bytes"] == 10 << 30 and 0 < one["disk_remaining_bytes"] < 10 << 30
    assert one["memory_remaining_bytes"] == one["memory_total_bytes"]
    here.until("completed")


@pytest.mark.parametrize("extra", [
    {}, {"live_migration_permit_post_copy": True, "live_migration_timeout_action": "force_complete"},
    {"live_migration_permit_auto_converge": True}, {"live_migration_bandwidth": 40}, {"max_concurrent_live_migrations": 0},
])  # fmt: skip
def test_one_jump_and_many_small_ones_end_the_same(lab, busy, extra):
    ends = []
    for steps in ([5000.0], [0.7] * 60 + [41.3] * 120 + [2.0], [250.0] * 20):
        here = lab(count=3, workload=busy | {"writes_per_s": 40_000}, live_migration_completion_timeout=100, **extra)
        for name in here.ids:
            here.migrate(name)
        for step in steps:
            here.go(step)
        records = [here.record(name) for name in sorted(here.ids)]
        shown = [(r["status"], r["updated_at"], r["source_host"], r["dest_host"]) for r in records]
        ends.append(json.dumps([shown, here.held(), [here.server(name)["host"] for name in here.ids]]))
    assert ends[0] == ends[1] == ends[2]


def test_the_same_steps_do_the_same_to_the_byte(lab):
    def bytes_of():
        here = lab()
        here.migrate()
        here.go(8)
        return (
            here.ask("GET", f"/servers/{here.ids['s']}/migrations").content + here.ask("GET", "/os-migrations").content
        )

    assert bytes_of() == bytes_of()


def test_another_worker_on_the_store_sees_the_same(tmp_path, live_seed):
    url = f"sqlite:///{tmp_path / 'cloud.db'}"
    first = Cloud.from_seed(live_seed(), store=url, clock=Clock(rate=0))
    server = next(first.connect().compute.servers()).id
    body = {"os-migrateLive": {"host": None, "block_migration": "auto"}}
    first.connect().compute.post(f"/servers/{server}/action", json=body, microversion="2.34")
    first.clock.advance(6)
    second = Cloud(store=url)
    path, version = f"/servers/{server}/migrations", "2.80"
    shown = [cloud.connect().compute.get(path, microversion=version).json() for cloud in (first, second, first)]
    assert shown[0] == shown[1] == shown[2] and shown[0]["migrations"][0]["memory_remaining_bytes"] > 0
    for cloud in (first, second):
        cloud.close()


def test_the_pool_lets_one_out_of_a_host_at_a_time(lab):
    here = lab(count=3)
    for name in here.ids:
        here.migrate(name)
    here.go(6)
    assert [here.record(name)["status"] for name in sorted(here.ids)] == ["running", "queued", "queued"]
    here.go(120)
    assert [here.record(name)["status"] for name in sorted(here.ids)] == ["completed"] * 3
    moments = [here.record(name)["updated_at"] for name in sorted(here.ids)]
    assert moments == sorted(moments) and len(set(moments)) == 3


def test_those_that_run_at_once_share_the_network(lab):
    def took(most):
        here = lab(count=2, max_concurrent_live_migrations=most)
        for name in here.ids:
            here.migrate(name)
        for tenths in range(2000):
            if {here.record(name)["status"] for name in here.ids} == {"completed"}:
                return tenths / 10
            here.go(0.1)
        raise AssertionError("no end")

    alone, beside = took(1), took(2)
    assert alone * 0.6 < beside < alone + 1  # the pre-checks and clean-ups overlap, the bytes do not
    here = lab(count=2, max_concurrent_live_migrations=2)
    for name in here.ids:
        here.migrate(name)
    here.go(6)
    rates = []
    for name in here.ids:
        before = here.shown(name)[0]["memory_processed_bytes"]
        here.go(1)
        rates.append(here.shown(name)[0]["memory_processed_bytes"] - before)
    assert all(0.4 * 125e6 < rate < 0.6 * 125e6 for rate in rates), rates


def test_the_operators_cap_bound_the_speed(lab):
    here = lab(live_migration_bandwidth=20)
    here.migrate()
    here.until("running")
    before = here.shown()[0]["memory_processed_bytes"]
    here.go(5)
    assert (here.shown()[0]["memory_processed_bytes"] - before) / 5 == pytest.approx(20 * 2**20, rel=0.05)


def test_a_paused_guest_is_migrated_and_stays_paused(lab, busy):
    here = lab(workload=busy)
    here.ask("POST", f"/servers/{here.ids['s']}/action", json={"pause": None})
    here.go(5)
    here.migrate()
    here.until("completed", 100)
    assert (here.server()["vm_state"], here.server()["host"]) == ("paused", "h2")


def test_what_goes_the_other_way_takes_nothing_of_the_network(lab, live_seed):
    whole = live_seed()
    whole["servers"].append({**whole["servers"][0], "name": "t", "host": "h2"})
    here = lab(whole)
    here.migrate(version="2.30", host="h2", force=True)
    here.migrate("t", version="2.30", host="h1", force=True)
    here.go(4)
    before = here.shown("s")[0]["memory_processed_bytes"]
    assert here.shown("t")[0]["status"] == "running"
    here.go(1)
    assert (here.shown("s")[0]["memory_processed_bytes"] - before) * 8 == pytest.approx(1e9, rel=0.02)
