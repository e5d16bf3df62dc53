"""The terminal's way to a lab's cloud."""

from __future__ import annotations

import gc
import stat

import pytest

from kit.cloud import Cloud
from kit.lab.folder import HOME
from kit.lab.terminal import Terminal


@pytest.fixture
def cloud():
    cloud = Cloud.from_seed({})
    yield cloud
    cloud.close()


def test_without_a_home_the_credentials_go_with_the_process(cloud, monkeypatch):
    monkeypatch.delenv(HOME, raising=False)
    monkeypatch.delenv("OS_CLIENT_CONFIG_FILE", raising=False)
    terminal = Terminal(cloud, "admin", "admin")
    file = terminal.file
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert f"export OS_CLIENT_CONFIG_FILE={file}" in terminal.commands()
    terminal.server.stop()
    del terminal
    gc.collect()
    assert not file.parent.exists()


def test_a_learner_s_home_keeps_its_file(cloud, monkeypatch, tmp_path):
    monkeypatch.setenv(HOME, str(tmp_path))
    monkeypatch.delenv("OS_CLIENT_CONFIG_FILE", raising=False)
    terminal = Terminal(cloud, "admin", "admin")
    terminal.server.stop()
    file = terminal.file
    del terminal
    gc.collect()
    assert file.parent == tmp_path and file.exists()
