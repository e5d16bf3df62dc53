"""A served cloud steered over its port, by whom it may be."""

import json

import pytest
import requests

from kit.cloud import Cloud
from kit.cloud.control import Control, Remote
from kit.errors import CloudError


@pytest.fixture
def served(cloud):
    with cloud.serve() as server:
        yield server


@pytest.fixture
def remote(served):
    return Remote(served.url)


def ask(cloud, path, method="GET", token="", body=b"", **environ):
    """One request to the control path without a socket."""
    import io

    said = {}
    environ = {
        "PATH_INFO": path, "REQUEST_METHOD": method, "QUERY_STRING": "", "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "127.0.0.1:35357", "CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body), **environ,
    }  # fmt: skip
    payload = b"".join(Control(cloud, token)(environ, lambda status, headers: said.update(status=int(status[:3]))))
    return said["status"], json.loads(payload)


def test_the_status_says_what_there_is(remote, cloud, demo):
    demo.create_server("a", image="cirros", flavor="m1.tiny", network="private", wait=True)
    found = remote.ask("GET", "status")
    assert found["counts"]["servers"] == 1 and found["counts"]["hosts"] == 1 and found["services"]["compute"] == "nova"
    assert found["clock"]["rate"] == 0 and found["store"] == "sqlite://" and found["calls"] == cloud.exchanges.count


def test_the_clock_is_moved_and_what_falls_due_happens(remote, cloud, demo):
    server = demo.create_server("a", image="cirros", flavor="m1.tiny", network="private")
    before = cloud.clock.now()
    remote.ask("POST", "clock", {"advance": 3600})
    assert (cloud.clock.now() - before).total_seconds() == 3600
    assert demo.compute.get_server(server.id).status == "ACTIVE"
    assert remote.ask("POST", "clock", {"rate": 60})["rate"] == 60 and cloud.clock.rate == 60


@pytest.mark.parametrize(
    "wrong", [{}, {"advance": -1}, {"rate": "fast"}, {"advance": True}, {"speed": 1}, {"advance": 1e12}]
)
def test_a_clock_is_not_set_to_nonsense(remote, cloud, wrong):
    before = cloud.clock.setting
    with pytest.raises(CloudError):
        remote.ask("POST", "clock", wrong)
    assert cloud.clock.setting == before


def test_faults_come_and_go(remote, cloud):
    remote.ask("POST", "faults", {"service": "compute", "status": 503})
    second = remote.ask("POST", "faults", {"latency": 2})
    assert second["number"] == 2 and len(cloud.faults) == 2
    assert remote.ask("GET", "faults")["faults"][0]["status"] == 503
    assert remote.ask("DELETE", "faults/1") == {"lifted": 1} and [fault.latency for fault in cloud.faults] == [2]
    with pytest.raises(CloudError, match="no fault 7"):
        remote.ask("DELETE", "faults/7")
    assert remote.ask("DELETE", "faults") == {"lifted": 1} and not cloud.faults
    for wrong in ({"status": 200}, {"colour": 1}, {"status": "many"}):
        with pytest.raises(CloudError):
            remote.ask("POST", "faults", wrong)


def test_a_snapshot_over_the_port_brings_everything_back(remote, cloud):
    conn = cloud.connect()
    before = remote.ask("GET", "snapshot")
    assert before == cloud.snapshot()
    conn.create_project("p", domain_id="default")
    remote.ask("PUT", "snapshot", before)
    assert cloud.connect().get_project("p") is None
    with pytest.raises(CloudError, match="no snapshot"):
        remote.ask("PUT", "snapshot", b"nonsense")


def test_the_log_has_each_call_and_none_of_the_control_path(served, remote, cloud):
    conn = cloud.connect("demo", "demo")
    list(conn.compute.flavors())
    count = cloud.exchanges.count
    remote.ask("POST", "faults", {"service": "network", "status": 503})
    requests.get(f"{served.url}/network/v2.0/ports", headers={"X-Auth-Token": conn.auth_token}, timeout=5)
    found = remote.ask("GET", f"log?since={count}")
    assert [(call["status"], call["path"], call["user"]) for call in found["calls"]] == [
        (503, "/network/v2.0/ports", "demo")
    ]
    assert found["last"] == count + 1 == cloud.exchanges.count and "status=503" in found["calls"][0]["fault"]
    assert remote.ask("GET", f"log?since={count + 1}")["calls"] == []
    assert "X-Auth-Token" not in json.dumps(remote.ask("GET", f"log?since={count}&full=1")["calls"][0]["request_body"])
    with pytest.raises(CloudError, match="since is a number"):
        remote.ask("GET", "log?since=yesterday")


def test_faults_and_the_clock_leave_the_control_path_alone(remote, cloud):
    cloud.faults.add(latency=100, status=500)
    cloud.faults.add(drop=True)
    before = cloud.clock.now()
    assert remote.ask("GET", "faults")["faults"] and cloud.clock.now() == before


def test_no_service_is_confused_with_it(served, cloud):
    assert requests.get(f"{served.url}/kit/v2/status", timeout=5).status_code == 404
    assert requests.get(f"{served.url}/kit", timeout=5).json()["error"] == "no such path: /kit"
    assert "no such path" not in requests.get(f"{served.url}/kitchen", timeout=5).text
    assert requests.delete(f"{served.url}/kit/v1/status", timeout=5).status_code == 405


def test_only_this_machine_is_heard(cloud):
    assert ask(cloud, "/kit/v1/clock")[0] == 200
    assert ask(cloud, "/kit/v1/clock", REMOTE_ADDR="::1", HTTP_HOST="[::1]:35357")[0] == 200
    assert ask(cloud, "/kit/v1/clock", REMOTE_ADDR="192.0.2.1")[0] == 403
    assert ask(cloud, "/kit/v1/clock", HTTP_HOST="evil.example.com")[0] == 403
    assert ask(cloud, "/kit/v1/clock", HTTP_ORIGIN="http://localhost:8888")[0] == 403


def test_with_a_token_whoever_shows_it_is_heard(cloud):
    assert ask(cloud, "/kit/v1/clock", token="t")[0] == 401
    assert ask(cloud, "/kit/v1/clock", token="t", HTTP_X_KIT_TOKEN="né")[0] == 401
    assert ask(cloud, "/kit/v1/clock", token="t", HTTP_X_KIT_TOKEN="t", REMOTE_ADDR="192.0.2.1")[0] == 200


def test_a_cloud_is_found_by_its_name_or_the_mistake_is_told(served, cloud, tmp_path, monkeypatch):
    import yaml

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OS_CLIENT_CONFIG_FILE", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(CloudError, match=r"there is no clouds\.yaml here"):
        Remote.find("labkit")
    (tmp_path / "clouds.yaml").write_text(yaml.safe_dump({"clouds": {"labkit": cloud.clouds_yaml(served.auth_url)}}))
    assert Remote.find("labkit").ask("GET", "clock")
    with pytest.raises(CloudError, match="no cloud 'other'"):
        Remote.find("other")
    with pytest.raises(CloudError, match="does not answer"):
        Remote("http://127.0.0.1:1").ask("GET", "status")
    with pytest.raises(CloudError, match="no URL"):
        Remote("ftp://x")


def test_the_description_is_there_too(remote):
    assert remote.ask("GET", "openapi")["openapi"] == "3.1.0"


def test_a_cloud_in_process_has_no_control_path():
    from kit.cloud.adapter import BASE_URL, session

    assert session(Cloud(clock="manual")).get(f"{BASE_URL}/kit/v1/status").status_code == 404
