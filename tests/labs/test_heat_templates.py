"""The Heat lab's own helper: the agent that runs what deployments ask for."""

from __future__ import annotations

import sys

import pytest

from kit.lab.folder import find

SCRIPT = "#!/bin/sh\necho hello\napt-get install -y $package redis\n"
CASES = {
    "known": ("nginx", 0, "Setting up nginx ...\nSetting up redis ...", ""),
    "unknown": ("ngnix", 100, "", "E: Unable to locate package ngnix"),
    "stops-there": ("nginx ngnix", 100, "Setting up nginx ...", "E: Unable to locate package ngnix"),
    "several": ("nginx haproxy", 0, "Setting up nginx ...\nSetting up haproxy ...\nSetting up redis ...", ""),
}


@pytest.fixture
def agent(monkeypatch):
    monkeypatch.syspath_prepend(str(find("03-heat-templates").path))
    sys.modules.pop("agent", None)
    yield __import__("agent")
    sys.modules.pop("agent", None)


@pytest.mark.parametrize(("package", "code", "out", "error"), CASES.values(), ids=CASES)
def test_a_script_ends_as_on_a_server(agent, package, code, out, error):
    assert agent.run(SCRIPT, {"package": package}) == (code, out, error)


def test_a_script_that_installs_nothing_succeeds(agent):
    assert agent.run("echo hi", {}) == (0, "", "")
