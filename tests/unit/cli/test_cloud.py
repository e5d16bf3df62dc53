"""`kit cloud`: a seed judged, a cloud served."""

import json
import signal
import subprocess
import sys
import time

import openstack
import yaml


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
