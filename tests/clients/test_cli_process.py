"""The `openstack` command as people start it: a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path


def openstack(port, *words):
    env = {**os.environ, "OS_CLOUD": "demo", "NO_PROXY": "127.0.0.1"}  # the fixture has named clouds.yaml
    command = [str(Path(sys.executable).with_name("openstack")), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env=env, check=False)


def test_a_server_is_created_by_a_process(port):
    made = openstack(
        port, "server", "create", "kite", "--image", "cirros", "--flavor", "m1.tiny", "--network", "private", "-f", "json"
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    assert json.loads(made.stdout)["name"] == "kite"


def test_a_refusal_ends_a_process_with_1(port):
    refused = openstack(port, "server", "show", "none")
    assert (refused.returncode, refused.stdout, refused.stderr.strip()) == (1, "", "No Server found for none")
