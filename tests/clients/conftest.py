"""A cloud on a port, and the clients that talk to it."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import shlex
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openstack
import pytest
import yaml
from openstack.connection import Connection
from openstack.resource import Resource

from kit.cloud import Cloud

# A minute of the cloud passes in a second, and the clients' pauses shrink with it.
CLOCK = 60
PEOPLE = (("admin", "admin"), ("demo", "demo"), ("alt_demo", "alt_demo"))


@dataclass(frozen=True)
class Port:
    """The cloud, where it listens, and the clouds.yaml that names it."""

    cloud: Cloud
    auth_url: str
    clouds_yaml: Path


class Terminal(io.StringIO):
    """An idle terminal: `image create` reads data from anything else."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Port]:
    """One cloud on one port for all tests."""
    cloud = Cloud.from_seed("devstack", random_seed=1, clock=CLOCK)
    with cloud.serve() as server:
        path = tmp_path_factory.mktemp("clients") / "clouds.yaml"
        entries = {user: cloud.clouds_yaml(server.auth_url, user, project) for user, project in PEOPLE}
        path.write_text(yaml.safe_dump({"clouds": entries}))
        yield Port(cloud, server.auth_url, path)
    cloud.close()


@pytest.fixture(scope="session")
def beginning(served: Port) -> bytes:
    """The cloud as it was before any test."""
    return served.cloud.snapshot()


@pytest.fixture
def port(served: Port, beginning: bytes, monkeypatch: pytest.MonkeyPatch) -> Port:
    """The cloud on its port, as new, and named in the environment."""
    served.cloud.restore(beginning)
    sleep = time.sleep
    monkeypatch.setattr(time, "sleep", lambda seconds: sleep(seconds / CLOCK))
    monkeypatch.setattr(sys, "stdin", Terminal())
    for name in [name for name in os.environ if name.startswith("OS_")]:
        monkeypatch.delenv(name)  # what the person who runs the tests has set
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(served.clouds_yaml))
    return served


@pytest.fixture
def admin(port: Port) -> Iterator[Connection]:
    """The administrator's connection."""
    with openstack.connect(cloud="admin") as connection:
        yield connection


@pytest.fixture
def demo(port: Port) -> Iterator[Connection]:
    """An ordinary user's connection."""
    with openstack.connect(cloud="demo") as connection:
        yield connection


@dataclass(frozen=True)
class Ran:
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed with `-f json`."""
        return json.loads(self.out)


def run(line: str, cloud: str = "demo") -> Ran:
    """Run one `openstack` command in this process: starting Python anew costs more than the command."""
    from openstackclient import shell
    from osc_lib.clientmanager import ClientManager

    # The client keeps its connections at the class, as if a process ran but one command.
    for kept in vars(ClientManager).values():
        if hasattr(kept, "_handle"):
            kept._handle = None
    # openstacksdk keeps the aliases of attributes in one dictionary for every kind of resource: those that
    # an object of the object store has brought would be looked up in a trunk.
    Resource._attr_aliases.clear()
    out, err, root = io.StringIO(), io.StringIO(), logging.getLogger()
    before, level = list(root.handlers), root.level
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), warnings.catch_warnings():
        try:
            code = shell.main([*(["--os-cloud", cloud] if cloud else []), *shlex.split(line)])
        except SystemExit as ended:  # what argparse refuses
            code = int(ended.code or 0)
    for handler in list(root.handlers):
        if handler not in before:
            root.removeHandler(handler)
    root.setLevel(level)
    return Ran(code, out.getvalue(), err.getvalue())


@pytest.fixture
def cli(port: Port) -> Callable[..., Ran]:
    """The command-line client; `cloud` names whose entry it uses."""
    return run
