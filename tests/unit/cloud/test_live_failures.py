"""A failure at every step: where the record ends, where the server is, and that nothing is left behind."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kit.cloud.faults import Fault
from kit.errors import CloudError
from kit.migration.workflow import DRIVER_ERROR, POSTCOPY_CUT, failure, workflow

STEPS = [step.name for step in workflow("now")]
BEFORE_THE_SWITCH = [name for name in STEPS if failure(name).host == "source"]
AFTER_IT = ["clean source", "finish"]
SLOW = {"used_mib": 1500, "working_set_mib": 64, "writes_per_s": 1000}


def alike(server):
    """A server without what tells of the attempt."""
    return {key: value for key, value in server.items() if key not in ("updated_at", "fault")}


def test_the_names_of_faults_are_the_engines_steps():
    assert set(STEPS) == {*BEFORE_THE_SWITCH, *AFTER_IT, "activate ports"}


@pytest.mark.parametrize(
    "fields", [{"step": "copy", "host": "h1"}, {"step": "copy", "event": "compute.*"}, {"server": "s", "status": 500}]
)
def test_a_fault_without_a_meaning_is_refused(fields):
    with pytest.raises(CloudError):
        Fault(**fields)


def test_a_steps_fault_strikes_no_call_and_kills_no_host(lab):
    here = lab()
    here.cloud.faults.add(step="*", status=500)
    assert here.ask("GET", "/os-migrations").status_code == 200 and not here.cloud.faults.dead("")


@pytest.mark.parametrize("step", BEFORE_THE_SWITCH)
@pytest.mark.parametrize("version", ["2.30", "2.34"])
def test_up_to_the_copy_all_is_taken_back(lab, step, version):
    here = lab(workload=SLOW)
    before, server, told = here.held(), here.server(), failure(step)
    here.cloud.faults.add(step=step, message=f"broken at {step}")
    here.migrate(version=version)
    here.go(400)
    assert here.held() == before and alike(here.server()) == alike(server)
    if step == "request":
        assert not here.ask("GET", "/os-migrations").json()["migrations"]
    else:
        assert here.record()["status"] == told.migration[-1]
        path = f"/servers/{here.ids['s']}/os-instance-actions"
        action = here.ask("GET", path).json()["instanceActions"][0]
        events = here.ask("GET", f"{path}/{action['request_id']}", "2.84").json()["instanceAction"]["events"]
        assert action["message"] == "Error" and any(f"broken at {step}" in (event["details"] or "") for event in events)
    here.cloud.faults.clear()
    assert here.migrate().status_code == 202
    here.go(400)
    assert here.record()["status"] == "completed"


@pytest.mark.parametrize("step", AFTER_IT)
def test_after_the_switch_the_server_is_on_the_destination_in_error(lab, step):
    here = lab(workload=SLOW)
    here.cloud.faults.add(step=step, times=1)
    here.migrate()
    here.go(400)
    assert here.record()["status"] == failure(step).migration[-1] == "error"
    server, held = here.server(), here.held()
    assert (server["host"], server["vm_state"], server["task_state"]) == ("h2", "error", None)
    assert failure(step).vm_state == "ERROR" and server["fault"]["message"]
    assert held["allocations"] == [(here.ids["s"], "server", "h2")] and held["bindings"] == []
    assert [row[1] for row in held["attachments"]] == ["h2"] and {row[1] for row in held["ports"]} == {"h2"}


def test_ports_that_are_not_activated_early_are_activated_at_the_end(lab):
    here = lab(workload=SLOW)
    here.cloud.faults.add(step="activate ports")
    here.migrate()
    here.until("completed")
    held = here.held()
    assert {row[1] for row in held["ports"]} == {"h2"} and held["bindings"] == []


def test_an_exception_of_the_driver_takes_nothing_back(lab, busy):
    here = lab(workload=busy)
    here.cloud.faults.add(step="driver", latency=10, times=1)
    here.migrate()
    here.until("running")
    here.go(9)
    assert here.record()["status"] == "running"
    here.go(2)
    server, held = here.server(), here.held()
    assert here.record()["status"] == DRIVER_ERROR.migration[-1]
    assert (server["vm_state"], server["host"], server["task_state"]) == ("error", "h1", None)
    assert held["bindings"] and len(held["attachments"]) == 2  # what an operator has to clean up


@pytest.mark.parametrize("latency", [0, 3])
def test_a_network_cut_in_post_copy_kills_the_guest_until_a_hard_reboot(lab, busy, latency):
    here = lab(workload=busy, live_migration_permit_post_copy=True)
    before = here.held()
    here.cloud.faults.add(step="post-copy", latency=latency, times=1)
    here.migrate()
    here.until("running")
    here.go(30)
    here.act({"force_complete": None})
    here.until("failed", 30)
    server = here.server()
    assert (server["vm_state"], server["host"], server["task_state"]) == ("error", "h1", None)
    assert POSTCOPY_CUT.vm_state == "ERROR" and "Only a reboot helps" in server["fault"]["message"]
    assert here.held() == before
    path = f"/servers/{here.ids['s']}/action"
    assert here.ask("POST", path, json={"reboot": {"type": "SOFT"}}).status_code == 409
    assert here.ask("POST", path, json={"reboot": {"type": "HARD"}}).status_code == 202
    here.go(10)
    assert here.server()["vm_state"] == "active"


def test_a_network_cut_during_pre_copy_costs_nothing(lab, busy):
    here = lab(workload=busy)
    before = here.held()
    here.cloud.faults.add(step="copy", latency=12.5)
    here.migrate()
    here.until("running")
    here.go(12)
    assert here.record()["status"] == "running"
    here.go(1)
    assert here.record()["status"] == "failed" and here.held() == before and here.server()["vm_state"] == "active"


def test_a_dead_destination_fails_the_job_and_a_dead_source_waits(lab, busy):
    here = lab(workload=SLOW)
    before = here.held()
    here.migrate()
    here.until("running")
    here.cloud.faults.add(host="h2")
    here.until("failed", 60)
    assert here.held() == before and here.server()["host"] == "h1"


def test_a_fault_is_for_one_server_and_for_so_many_times(lab):
    here = lab(count=2, workload=SLOW, max_concurrent_live_migrations=2)
    here.cloud.faults.add(step="prep*", server="s1", times=1)
    for name in here.ids:
        here.migrate(name)
    here.go(100)
    assert [here.record(name)["status"] for name in ("s0", "s1")] == ["completed", "failed"]
    here.migrate("s1")
    here.go(100)
    assert here.record("s1")["status"] == "completed"


def test_a_missing_plug_event_waits_for_its_time(lab):
    here = lab(vif_plugging_timeout=100)
    here.cloud.faults.add(step="wait for ports", times=1)
    here.migrate()
    here.go(90)
    assert here.record()["status"] == "preparing"
    here.go(20)
    assert here.record()["status"] == "failed"
    for conf in (
        {"vif_plugging_timeout": 10, "vif_plugging_is_fatal": False},
        {"live_migration_wait_for_vif_plug": False},
    ):
        here = lab(**conf)
        here.cloud.faults.add(step="wait for ports")
        here.migrate()
        here.until("completed", 60)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.tuples(
            st.sampled_from([*STEPS, "post-copy", ""]), st.floats(0, 40), st.sampled_from(["abort", "force", ""]),
            st.floats(0, 30),
        ),
        min_size=1, max_size=4,
    ),
    st.booleans(),
)  # fmt: skip
def test_whatever_fails_or_is_done_nothing_is_left_behind(lab, attempts, postcopy):
    """After any attempts, the server holds its host's allocation, one binding a port, one attachment a volume."""
    work = {"used_mib": 1024, "working_set_mib": 400, "writes_per_s": 60_000}
    here = lab(workload=work, live_migration_permit_post_copy=postcopy, live_migration_completion_timeout=60)
    for step, latency, verb, when in attempts:
        if step:
            here.cloud.faults.add(step=step, latency=latency)
        here.migrate()
        here.go(when)
        record = here.ask("GET", "/os-migrations").json()["migrations"]
        if verb and record:
            here.act(None if verb == "abort" else {"force_complete": None})
        here.go(2000)
        here.cloud.faults.clear()
        server, held = here.server(), here.held()
        assert server["task_state"] is None
        host = server["host"]
        assert held["allocations"] == [(here.ids["s"], "server", host)] and held["bindings"] == []
        assert {row[1] for row in held["ports"] if row[0] == here.ids["s"]} == {host}
        assert [(row[1], row[2]) for row in held["attachments"]] == [(host, "attached")]
        if server["vm_state"] == "error":
            here.ask("POST", f"/servers/{here.ids['s']}/action", json={"reboot": {"type": "HARD"}})
            here.go(10)
