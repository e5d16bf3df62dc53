"""The cloud as a whole: determinism, snapshots, faults, time, both faces."""

import json
import time

import openstack
import pytest
import requests
from openstack import exceptions

from kit.cloud import Cloud
from kit.cloud.adapter import BASE_URL, session
from kit.cloud.clock import Clock
from kit.errors import CloudError, StoreError

SERVER = {"image": "cirros", "flavor": "m1.tiny", "wait": True}


def test_the_same_seed_and_the_same_steps_give_the_same_bytes():
    def run() -> str:
        cloud = Cloud.from_seed("devstack", random_seed=5, clock="manual")
        cloud.connect("demo", "demo").create_server("a", **SERVER)
        return json.dumps([call.to_json() for call in cloud.exchanges])

    assert run() == run()


def test_another_seed_gives_other_ids():
    ids = {next(iter(Cloud(random_seed=n).connect().identity.projects())).id for n in (1, 2)}
    assert len(ids) == 2


def test_a_restored_snapshot_is_the_cloud_as_it_was(cloud, demo):
    before = cloud.snapshot()
    demo.create_server("a", **SERVER)
    cloud.restore(before)
    assert list(demo.compute.servers()) == []


def test_a_snapshot_makes_another_cloud_the_same(cloud, demo):
    demo.create_server("a", **SERVER)
    other = Cloud(clock="manual")
    other.restore(cloud.snapshot())
    other.passwords["demo"] = "secret"
    assert [server.name for server in other.connect("demo", "demo").compute.servers()] == ["a"]


def test_nonsense_is_no_snapshot(cloud):
    with pytest.raises(StoreError):
        cloud.restore(b"nonsense")


def test_a_fault_answers_in_the_services_own_envelope_and_ends_by_itself(cloud, demo):
    cloud.faults.add(service="compute", status=503, times=1)
    with pytest.raises(exceptions.HttpException) as caught:
        demo.compute.get("/servers", raise_exc=False).json()["serviceUnavailable"] and exceptions.raise_from_response(
            demo.compute.get("/servers", raise_exc=False)
        )
        raise exceptions.HttpException("the fault answered in Nova's envelope")
    assert "envelope" in str(caught.value)
    assert demo.compute.get("/servers").status_code == 200


def test_a_dropped_connection_is_one_for_the_client(cloud):
    cloud.faults.add(service="identity", drop=True)
    with pytest.raises(requests.ConnectionError):
        session(cloud).get(f"{BASE_URL}/identity/v3")


def test_a_fault_that_does_nothing_is_refused(cloud):
    with pytest.raises(CloudError, match="does nothing"):
        cloud.faults.add(service="compute")


def test_a_token_expires_on_the_clouds_clock(cloud, demo):
    token = demo.auth_token
    cloud.clock.advance(3601)
    answer = session(cloud).get(f"{BASE_URL}/compute/v2.1/servers", headers={"X-Auth-Token": token})
    assert answer.status_code == 401
    assert "authentication" in answer.json()["error"]["message"]


def test_an_expired_token_is_renewed_by_the_client(cloud, demo):
    list(demo.compute.servers())
    cloud.clock.advance(3601)
    assert list(demo.compute.servers()) == []


def test_a_client_logs_in_once(cloud, demo):
    for _ in range(3):
        list(demo.compute.servers())
    assert sum(call.path.endswith("/auth/tokens") for call in cloud.exchanges) == 1


def test_the_port_gives_the_same_answers_as_the_process(cloud):
    with cloud.serve() as server:
        over_port = requests.get(server.auth_url).json()
    in_process = session(cloud).get(f"{BASE_URL}/identity/v3").json()
    assert json.dumps(over_port).replace(server.url, BASE_URL) == json.dumps(in_process)


def test_the_record_hides_secrets(cloud, demo):
    list(demo.compute.servers())
    text = json.dumps([call.to_json() for call in cloud.exchanges])
    assert '"password": "secret"' not in text and "gAAAAAB" not in text


def test_a_file_keeps_a_cloud(tmp_path):
    url = f"sqlite:///{tmp_path / 'cloud.db'}"
    Cloud(store=url).connect().create_project("kept", "default")
    from sqlalchemy import create_engine, text

    with create_engine(url).connect() as connection:
        assert connection.execute(text("select count(*) from projects where name = 'kept'")).scalar() == 1


def test_waiting_on_a_standing_clock_costs_no_real_time(cloud, demo, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda seconds: pytest.fail(f"slept {seconds} s"))
    assert demo.create_server("a", **SERVER).status == "ACTIVE"


def test_a_timeout_still_comes(cloud, demo):
    cloud.faults.add(event="compute.*")
    before = cloud.clock.now()
    with pytest.raises(exceptions.ResourceTimeout):
        demo.create_server("a", timeout=60, **SERVER)
    assert 60 <= (cloud.clock.now() - before).total_seconds() < 120


def test_only_the_pause_after_a_standing_clouds_answer_is_spared(cloud, demo, monkeypatch):
    slept = []
    monkeypatch.setattr(time, "sleep", slept.append)
    list(demo.compute.servers())
    for seconds in (1, 2):
        openstack.utils.time.sleep(seconds)
    assert slept == [2]
    cloud.clock.rate = 1
    list(demo.compute.servers())
    openstack.utils.time.sleep(3)
    assert slept == [2, 3]


def test_a_connection_becomes_another_user(cloud, admin):
    assert admin.connect_as_project("demo").current_project.name == "demo"


@pytest.mark.parametrize(
    "path",
    ["/compute/v2.1/servers", "/network/v2.0/networks", "/identity/v3/projects", "/image/v2/images", "/volume/v3/volumes",
     "/placement/resource_providers", "/policy/v1/policies"],
)  # fmt: skip
def test_a_body_nested_without_end_is_malformed(cloud, admin, path):
    headers = {"X-Auth-Token": admin.auth_token, "Content-Type": "application/json"}
    answer = session(cloud).request("POST", BASE_URL + path, data=b"[" * 200_000, headers=headers)
    assert answer.status_code == 400


def test_a_running_clock_runs_on_where_a_test_freezes_time(monkeypatch):
    clock = Clock(rate=10)
    start = clock.now()
    monkeypatch.setattr(time, "monotonic", lambda: 4e9)
    assert 0 <= (clock.now() - start).total_seconds() < 3600


@pytest.mark.parametrize(
    ("fields", "hint"),
    [
        ({"service": "compte"}, "Did you mean compute"),
        ({"service": "nova"}, "Did you mean compute"),
        ({"service": "volumev3"}, "Did you mean block-storage"),
        ({"service": "dns"}, "There are: identity"),
        ({"method": "PSOT"}, "Did you mean POST"),
    ],
)
def test_a_fault_that_nothing_can_meet_is_refused(fields, hint):
    with pytest.raises(CloudError, match=hint):
        Cloud().faults.add(status=503, **fields)
