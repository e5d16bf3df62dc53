"""`kit cloud`: a seed judged, a cloud served, steered, made large and described."""

import json
import signal
import subprocess
import sys
import threading
import time
from typing import Any

import openstack
import pytest
import yaml

from kit.cloud import Cloud


@pytest.fixture
def served(tmp_path, monkeypatch):
    """A cloud on a port, named in the clouds.yaml of this folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OS_CLOUD", raising=False)
    monkeypatch.delenv("OS_CLIENT_CONFIG_FILE", raising=False)
    cloud = Cloud.from_seed("devstack", clock="manual")
    with cloud.serve() as server:
        (tmp_path / "clouds.yaml").write_text(
            yaml.safe_dump({"clouds": {"labkit": cloud.clouds_yaml(server.auth_url)}})
        )
        yield cloud
    cloud.close()


def test_a_good_and_a_bad_seed(kit, tmp_path):
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text("projects: [{name: p}]\n")
    bad.write_text("projects:\n  - {name: p}\n  - {nmae: q}\n")
    code, out, _ = kit("cloud", "check", good, bad)
    assert code == 1 and f"{good}: ok" in out and "bad.yaml:3" in out and "nmae" in out


def test_the_check_speaks_json(kit, tmp_path):
    file = tmp_path / "bad.yaml"
    file.write_text("projects: 3\n")
    code, out, _ = kit("cloud", "check", file, "--format", "json")
    assert code == 1 and json.loads(out)[0]["ok"] is False


def test_a_served_cloud_is_found_by_its_entry_and_ends_on_interrupt(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "kit.cli.main", "cloud", "serve", "--port", "0", "--format", "json"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        said = json.loads(process.stdout.readline())
        entry = yaml.safe_load((tmp_path / "clouds.yaml").read_text())["clouds"]["labkit"]
        assert entry["auth"]["auth_url"] == said["auth_url"]
        conn = openstack.connection.Connection(**entry)
        assert [flavor.name for flavor in conn.compute.flavors()][:2] == ["m1.tiny", "m1.small"]
        mode = (tmp_path / "clouds.yaml").stat().st_mode
        assert mode & 0o077 == 0  # it holds a password
    finally:
        process.send_signal(signal.SIGINT)
        deadline = time.monotonic() + 20
        while process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        if process.poll() is None:
            process.kill()
    assert process.returncode == 0 and "The cloud is gone" in process.stderr.read()


def test_a_clouds_yaml_of_the_users_own_is_left_alone(tmp_path):
    from kit.cloud.clouds_file import write_entry

    own = tmp_path / "clouds.yaml"
    own.write_text("clouds:\n  mine: {region_name: here}\n")
    written = write_entry(own, "labkit", {"region_name": "RegionOne"})
    assert own.read_text() == "clouds:\n  mine: {region_name: here}\n"
    assert "labkit" in yaml.safe_load(written.read_text())["clouds"]


def test_the_status_in_words_and_in_json(kit, served):
    code, out, _ = kit("cloud", "status")
    assert code == 0 and "nova (compute)" in out and "6 flavors" in out and "stands until it is moved" in out
    code, out, _ = kit("cloud", "status", "--format", "json")
    assert code == 0 and json.loads(out)["counts"]["flavors"] == 6


def test_the_clock_is_shown_moved_and_paced(kit, served):
    before = served.clock.now()
    code, out, _ = kit("cloud", "clock", "advance", "3600", "--format", "json")
    assert code == 0 and (served.clock.now() - before).total_seconds() == 3600 and json.loads(out)["rate"] == 0
    code, out, _ = kit("cloud", "clock", "rate", "60")
    assert code == 0 and "60 times real time" in out and served.clock.rate == 60
    assert "60 times" in kit("cloud", "clock", "show")[1]


def test_faults_are_added_listed_and_lifted(kit, served):
    code, out, _ = kit("cloud", "faults", "add", "--service", "compute", "--status", "503", "--times", "3")
    assert code == 0 and out.startswith("1: service=compute, status=503, times=3")
    kit("cloud", "faults", "add", "--drop", "--probability", "0.5")
    code, out, _ = kit("cloud", "faults", "list", "--format", "json")
    assert [fault["drop"] for fault in json.loads(out)] == [False, True]
    assert kit("cloud", "faults", "clear", "1")[1] == "1 lifted.\n"
    assert kit("cloud", "faults", "clear")[1] == "1 lifted.\n"
    assert kit("cloud", "faults", "list")[1] == "No fault is in force.\n"


def test_a_snapshot_is_written_and_restored(kit, served, tmp_path):
    assert kit("cloud", "snapshot", "before.kit")[0] == 0
    assert (tmp_path / "before.kit").stat().st_mode & 0o077 == 0
    served.connect().create_project("p", domain_id="default")
    code, out, _ = kit("cloud", "restore", "before.kit")
    assert code == 0 and "Restored" in out and served.connect().get_project("p") is None


def test_the_log_shows_each_call_with_its_outcome(kit, served):
    conn = served.connect("demo", "demo")
    conn.get_server("nosuch")
    code, out, _ = kit("cloud", "log", "--last", "3")
    assert code == 0 and len(out.splitlines()) == 3 and "404 GET    /compute/v2.1/servers/nosuch  demo/demo" in out
    failed = kit("cloud", "log", "--failed", "--format", "json")[1].splitlines()
    assert [json.loads(line)["status"] for line in failed] == [404]
    full = kit("cloud", "log", "--full", "--last", "1")[1]
    assert json.loads(full)["request_headers"]["x-auth-token"] == "***"


def test_a_followed_log_is_live(served, tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "kit.cli.main", "cloud", "log", "--follow", "--last", "0"], cwd=tmp_path,
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    lines: list[str] = []
    reader = threading.Thread(target=lambda: lines.extend(process.stdout), daemon=True)
    reader.start()
    try:
        conn, deadline = served.connect("demo", "demo"), time.monotonic() + 20
        while not lines and time.monotonic() < deadline:
            list(conn.compute.flavors())
            time.sleep(0.2)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(10)
        reader.join(5)
        process.stdout.close()
    assert process.returncode == 0 and any("200 GET    /compute/v2.1/flavors/detail" in line for line in lines)


def test_a_followed_log_waits_for_a_cloud_that_is_restarted(kit, tmp_path, monkeypatch):
    cloud = Cloud.from_seed("devstack", clock="manual")
    server = cloud.serve()
    again: list[Any] = []

    def wait(_seconds: float) -> None:
        """What passes while the command waits: the server goes, comes back, is called, and Ctrl-C is pressed."""
        steps = [
            server.stop,
            lambda: again.append(cloud.serve(server.port)),
            lambda: list(openstack.connect(**cloud.clouds_yaml(again[0].auth_url)).compute.flavors()),
        ]
        wait.count += 1
        if wait.count > len(steps) + 1:
            raise KeyboardInterrupt
        if wait.count <= len(steps):
            steps[wait.count - 1]()

    wait.count = 0
    monkeypatch.setattr("kit.cli.cloud.log.time.sleep", wait)
    code, out, err = kit("cloud", "log", "--follow", "--url", server.url)
    again[0].stop()
    cloud.close()
    assert code == 0 and "200 GET    /compute/v2.1/flavors/detail" in out
    assert "does not answer; waiting" in err and "answers again" in err


def test_a_large_cloud_is_written_as_a_seed_a_store_and_a_snapshot(kit, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    arguments = ("--out", "big.yaml", "--store", "sqlite:///big.db", "--snapshot", "big.kit", "--format", "json")
    code, out, _ = kit("cloud", "seed", "--servers", "300", "--projects", "5", *arguments)
    assert code == 0 and json.loads(out)["cloud"].startswith("300 servers in 5 projects")
    stored, grown, restored = Cloud(store="sqlite:///big.db"), Cloud.from_seed("big.yaml"), Cloud(clock="manual")
    restored.restore((tmp_path / "big.kit").read_bytes())
    for cloud in (stored, grown, restored):
        found = cloud.connect().compute.get("/servers?all_tenants=1&limit=1000").json()["servers"]
        assert len(found) == 300
        cloud.close()
    code, _, err = kit("cloud", "seed", "--servers", "3", "--store", "sqlite:///big.db")
    assert code == 2 and "holds a cloud already" in err


def test_the_description_of_a_service_or_of_all(kit, tmp_path):
    code, out, _ = kit("cloud", "openapi", "--service", "image")
    assert code == 0 and {path.split("/")[1] for path in json.loads(out)["paths"]} == {"image"}
    code, out, err = kit("cloud", "openapi", "--service", "policy", "--format", "yaml", "--out", tmp_path / "api.yaml")
    assert (
        code == 0
        and "operations in" in err
        and yaml.safe_load((tmp_path / "api.yaml").read_text())["openapi"] == "3.1.0"
    )


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("status", "--url", "http://127.0.0.1:1"), "does not answer"),
        (("status", "--url", "nonsense://"), "no URL"),
        (("status", "--cloud", "nosuch"), "no cloud 'nosuch'"),
        (("faults", "add"), "does nothing"),
        (("faults", "add", "--status", "200"), "400 to 599"),
        (("faults", "clear", "9"), "no fault 9"),
        (("restore", "nosuch.kit"), "cannot read the snapshot"),
        (("restore", "clouds.yaml"), "no snapshot of a cloud"),
        (("snapshot", "/nosuch/folder/x"), "cannot write"),
        (("clock", "advance", "-1"), "-1"),
        (("clock", "advance", "999999999999"), "from 0 to a billion"),
        (("seed", "--servers", "5"), "nowhere to put"),
        (("seed", "--servers", "5", "--store", "sqlite://"), "in memory"),
        (("seed", "--servers", "5", "--out", "/nosuch/folder/x"), "cannot write"),
        (("openapi", "--service", "nosuch"), "no such service"),
        (("serve", "--workers", "2"), "need a store"),
        (("serve", "--store", "nonsense"), "Give `sqlite://`"),
        (("serve", "--clock", "sundial"), "no such clock"),
    ],
)
def test_a_users_mistake_is_one_message_and_exit_code_2(kit, served, arguments, says):
    code, _, err = kit("cloud", *arguments)
    assert code == 2 and says in err and "Traceback" not in err


def test_a_cloud_that_wants_its_token_says_so(kit, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    process = subprocess.Popen(
        [sys.executable, "-m", "kit.cli.main", "cloud", "serve", "--port", "0", "--format", "json", "--control-token", "t"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        url = json.loads(process.stdout.readline())["auth_url"]
        code, _, err = kit("cloud", "status", "--url", url)
        assert code == 2 and "needs its token" in err
        assert kit("cloud", "status", "--url", url, "--token", "t")[0] == 0
    finally:
        process.terminate()
        process.wait(20)
        process.stdout.close()
    assert process.returncode == 0
