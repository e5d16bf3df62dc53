"""The live-migration lab's own helpers: a real run or a recorded one, and the bytes on the wire."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from kit.lab.folder import find
from kit.migration import Guest, Knobs, Random, Sequential
from kit.migration import qemu as real_qemu

SMALL, SLOW = Guest(192, used_mib=96, working_set=Random(64, 8000)), Knobs(max_bandwidth_mib_s=50)


@pytest.fixture
def module(monkeypatch):
    """Import a helper as the notebook does, from the lab's folder."""
    folder = find("02-live-migration").path
    monkeypatch.syspath_prepend(str(folder))

    def load(name: str):
        sys.modules.pop(name, None)
        found = __import__(name)
        assert Path(found.__file__).parent == folder
        return found

    yield load
    for name in ("real", "wire", "fleet"):
        sys.modules.pop(name, None)


def test_where_outputs_are_kept_a_recorded_run_serves(module, monkeypatch, capsys):
    monkeypatch.setenv("KIT_PROGRESS", "off")
    found = module("real").migrate(SMALL, SLOW)
    assert found.record.group == "recorded" and found.record.params["ws"] == 64
    assert "recorded run" in capsys.readouterr().out


def test_without_qemu_it_says_how_to_install_it_and_goes_on(module, monkeypatch, capsys):
    monkeypatch.delenv("KIT_PROGRESS", raising=False)
    monkeypatch.setattr(real_qemu.shutil, "which", lambda name: None)
    found = module("real").migrate(SMALL, SLOW)
    assert found.record.group == "recorded" and "apt install qemu-system-x86" in capsys.readouterr().out


def test_other_settings_get_the_nearest_recorded_run(module, monkeypatch, capsys):
    monkeypatch.setenv("KIT_PROGRESS", "off")
    other = Guest(192, used_mib=96, working_set=Sequential(30, 4500))
    found = module("real").migrate(other, SLOW)
    assert (found.record.params["ws"], found.record.params["pattern"]) == (32, "seq")
    assert "nearest" in capsys.readouterr().out


def test_a_password_is_on_the_wire_unless_there_is_tls(module):
    wire = module("wire")
    pages = wire.memory("tulip", 12)
    clear, hidden = wire.capture(pages), wire.capture(pages, tls=True)
    assert b"password=tulip" in clear and b"tulip" not in hidden
    assert len(clear) == 11 * 9 + 8 + 4096 and len(clear) < len(hidden) < len(clear) * 1.01
    assert "password=tulip" in wire.looked_at(clear)


def test_the_planner_needs_less_than_novas_defaults(module):
    fleet = module("fleet")
    guests = fleet.fleet(3)
    link = fleet.Link.of_mbit_s(10_000)
    usual = fleet.bill(lambda guest, link, pause: Knobs.nova(), guests, link, 400)
    assert fleet.least_time_s(guests, link, 400) < sum(result.total_s for result in usual.values())
    assert fleet.fleet(3) == guests != fleet.fleet(4)
