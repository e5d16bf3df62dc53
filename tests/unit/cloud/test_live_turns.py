"""What is done to a live migration that runs: abort, force_complete, timeouts, the knobs of the extension."""

import pytest

FORCE = {"force_complete": None}
POSTCOPY = {"live_migration_permit_post_copy": True}


def running(lab, busy, seconds=30, **conf):
    here = lab(workload=busy, **conf)
    here.migrate()
    here.until("running")
    here.go(seconds)
    return here


def actions(here):
    return [
        row["action"]
        for row in here.ask("GET", f"/servers/{here.ids['s']}/os-instance-actions").json()["instanceActions"]
    ]


def test_one_that_never_converges_runs_until_it_is_acted_on(lab, busy):
    here = running(lab, busy, live_migration_completion_timeout=0)
    left = set()
    for _ in range(20):
        here.go(1003.7)
        left.add(here.shown()[0]["memory_remaining_bytes"])
    assert here.record()["status"] == "running" and len(left) > 10  # it goes up and down for ever


def test_an_abort_leaves_the_cloud_as_it_was(lab, busy):
    here = lab(workload=busy)
    before, server = here.held(), here.server()
    here.migrate()
    here.until("running")
    here.go(20)
    assert here.held() != before
    assert here.act(None, version="2.24").status_code == 202
    here.go(0)
    assert here.record()["status"] == "cancelled" and here.held() == before
    kept = {k: v for k, v in here.server().items() if k != "updated_at"}
    assert kept == {k: v for k, v in server.items() if k != "updated_at"}
    assert actions(here)[0] == "live_migration_cancel"


@pytest.mark.parametrize("status", ["queued", "preparing"])
def test_early_aborts_are_2_65s(lab, status):
    here = lab()
    before = here.held()
    here.migrate()
    here.until(status)
    assert here.act(None, version="2.64").status_code == 400
    assert here.act(None, version="2.65").status_code == 202
    here.go(5)
    assert here.record()["status"] == "cancelled" and here.held() == before
    assert here.server()["task_state"] is None


def test_what_cannot_be_aborted_or_forced(lab, busy):
    here = lab(workload=busy)
    assert here.act(None, number=1).status_code == 409 and here.act(FORCE, number=1).status_code == 409
    here.migrate()
    accepted = here.act(None)
    assert accepted.status_code == 400 and "is accepted. Cannot abort live migration while" in accepted.text
    here.until("preparing")
    forced = here.act(FORCE)
    assert forced.status_code == 400 and "is preparing. Cannot force complete while the migration" in forced.text
    assert here.act(None, number=99).status_code == 404 and here.act(FORCE, number=99).status_code == 400
    here.until("running")
    assert here.act({"force_complete": 1}).status_code == 400 and here.act({"jump": None}).status_code == 400
    assert here.act(FORCE, version="2.21").status_code == 404 and here.act(None, version="2.23").status_code == 404


def test_without_post_copy_force_complete_pauses_the_guest(lab, busy):
    here = running(lab, busy)
    assert here.act(FORCE, version="2.22").status_code == 202
    here.until("completed", 30)
    assert here.server()["host"] == "h2" and here.server()["vm_state"] == "active"
    assert actions(here)[0] == "live_migration_force_complete"


def test_post_copy_vanishes_from_the_list_and_cannot_be_stopped(lab, busy):
    here = running(lab, busy, **POSTCOPY)
    assert here.act(FORCE).status_code == 202
    here.until("running (post-copy)", 5, 0.01)
    assert here.shown() == []
    path = f"/servers/{here.ids['s']}/migrations/{here.record()['id']}"
    assert here.ask("GET", path).status_code == 404
    assert "is not in progress." in here.ask("GET", path).text
    aborted = here.act(None)
    assert aborted.status_code == 400 and "is running (post-copy). Cannot abort live migration" in aborted.text
    assert here.act(FORCE).status_code == 400
    assert {row[1] for row in here.held()["ports"]} == {"h2"}  # activated early
    (line,) = here.ask("GET", "/os-migrations").json()["migrations"]
    assert line["status"] == "running (post-copy)" and "links" not in line
    assert 0 < here.ask("GET", f"/servers/{here.ids['s']}").json()["server"]["progress"] <= 100
    here.until("completed", 60)
    assert here.server()["host"] == "h2" and here.held()["bindings"] == []


@pytest.mark.parametrize(("conf", "status", "host"), [
    ({}, "cancelled", "h1"), ({"live_migration_timeout_action": "force_complete"}, "completed", "h2"),
    ({"live_migration_timeout_action": "force_complete", **POSTCOPY}, "completed", "h2"),
])  # fmt: skip
def test_the_completion_timeout_does_what_is_configured(lab, busy, conf, status, host):
    here = running(lab, busy, seconds=99, live_migration_completion_timeout=50, **conf)  # 50 s/GiB of 2 GiB
    assert here.record()["status"] == "running"
    here.until(status, 60)
    assert here.server()["host"] == host and here.server()["task_state"] is None


def test_auto_converge_ends_it_where_it_is_permitted(lab, busy):
    here = running(lab, busy, live_migration_permit_auto_converge=True)
    here.until("completed", 600)
    here = running(lab, busy, live_migration_permit_auto_converge=True, **POSTCOPY)  # not beside post-copy
    here.go(600)
    assert here.record()["status"] == "running"


def test_a_freed_place_goes_to_the_oldest_in_the_queue(lab, busy):
    here = lab(count=3, workload=busy)
    for name in here.ids:
        here.migrate(name)
    here.go(30)
    assert [here.record(name)["status"] for name in sorted(here.ids)] == ["running", "queued", "queued"]
    assert here.act(None, "s1").status_code == 202
    here.act(None, "s0")
    here.go(10)
    assert [here.record(name)["status"] for name in sorted(here.ids)] == ["cancelled", "cancelled", "running"]


@pytest.mark.parametrize("end", ["delete", "forceDelete", "reset"])
def test_whatever_cuts_a_migration_off_frees_its_place(lab, busy, end):
    here = lab(count=2, workload=busy)
    for name in here.ids:
        here.migrate(name)
    here.go(20)
    path = f"/servers/{here.ids['s0']}"
    if end == "delete":
        here.ask("DELETE", path)
    else:
        body = {"forceDelete": None} if end == "forceDelete" else {"os-resetState": {"state": "active"}}
        here.ask("POST", f"{path}/action", json=body)
    assert here.record("s0")["status"] == "error"
    here.go(20)
    assert here.record("s1")["status"] == "running"
    here.act(None, "s1")
    here.go(20)
    held = here.held()
    assert held["bindings"] == [] and not [row for row in held["allocations"] if row[1] == "migration"]


def test_a_dead_source_is_evacuated_or_comes_back(lab, busy):
    here = lab(count=3, workload=busy)
    for name in here.ids:
        here.migrate(name)
    here.go(20)
    here.cloud.faults.add(host="h1")
    path = f"/servers/{here.ids['s0']}/action"
    assert here.ask("POST", path, "2.14", json={"evacuate": {"host": "h3"}}).status_code == 200
    assert [row["status"] for row in here.ask("GET", "/os-migrations").json()["migrations"]] == [
        "running",
        "queued",
        "queued",
        "error",
    ]
    here.go(100)
    assert here.server("s0")["host"] == "h3" and here.record("s1")["status"] == "queued"
    here.cloud.faults.clear()
    here.go(60)
    for name in ("s1", "s2"):
        server = here.server(name)
        assert (here.record(name)["status"], server["task_state"], server["host"]) == ("error", None, "h1")
    assert here.held()["bindings"] == []


# The extension of this cloud; no part of Nova.


def test_knobs_given_per_migration(lab, busy, live_seed):
    whole = live_seed(workload=busy)
    whole["live_migration"]["extension"] = True
    here = lab(whole)
    assert here.migrate(**{"kit:bandwidth": 0.5, "kit:max_downtime": 50}).status_code == 400  # Nova's least is 100 ms
    assert here.migrate(**{"kit:bandwidth": 20, "kit:max_downtime": 1000}).status_code == 202
    here.until("running")
    before = here.shown()[0]["memory_processed_bytes"]
    here.go(10)
    assert (here.shown()[0]["memory_processed_bytes"] - before) / 10 == pytest.approx(20 * 2**20, rel=0.02)


def test_a_higher_downtime_ends_a_stuck_one(lab, busy, live_seed):
    whole = live_seed(workload=busy)
    whole["live_migration"]["extension"] = True
    here = lab(whole)
    here.migrate()
    here.until("running")
    here.go(60)
    assert here.act({"kit:set": {"max_downtime": 50}}).status_code == 400
    assert here.act({"kit:set": {}}).status_code == 400 and here.act({"kit:set": {"speed": 1}}).status_code == 400
    assert here.act({"kit:set": {"max_downtime": 6000}}).status_code == 202
    here.until("completed", 60)


def test_bandwidth_turned_while_it_runs(lab, busy, live_seed):
    whole = live_seed(workload=busy)
    whole["live_migration"]["extension"] = True
    here = lab(whole)
    here.migrate()
    here.until("running")
    rates = []
    for limit in (0, 10, 0):
        assert here.act({"kit:set": {"bandwidth": limit}}).status_code == 202
        before = here.shown()[0]["memory_processed_bytes"]
        here.go(5)
        rates.append((here.shown()[0]["memory_processed_bytes"] - before) / 5 / 2**20)
    assert rates[1] == pytest.approx(10, rel=0.05) and rates[0] == pytest.approx(rates[2], rel=0.05) and rates[0] > 100


def test_where_the_extension_is_off_nova_answers(lab, busy):
    here = running(lab, busy)
    answer = here.act({"kit:set": {"bandwidth": 10}})
    assert answer.status_code == 400 and "There is no such action: kit:set" in answer.text
    answer = here.migrate(**{"kit:bandwidth": 10})
    assert "Additional properties are not allowed ('kit:bandwidth' was unexpected)" in answer.text
