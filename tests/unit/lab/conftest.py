"""A lab of two steps in a folder of its own."""

from pathlib import Path

import pytest

STEPS = """
from kit.lab import NotYet, Step, Wrong


class Double(Step):
    name = "double"
    title = "Twice a number"
    minutes = 3
    variables = ("double",)
    hints = ("one", "two", "three")
    solution = "def double(x): return 2 * x"
    wrong = {
        "square": Wrong("def double(x): return x * x", "3 gives 9"),
        "nothing": Wrong("def double(x): pass", "3 gives None"),
    }

    def check(self, lab, double):
        if double(3) != 6:
            raise NotYet(f"3 gives {double(3)}.", "6 was asked for.", "Add it to itself.")
        return "Twice it is."


class Name(Step):
    name = "name"
    title = "A server's name"
    minutes = 2
    variables = ("name",)
    hints = ("one", "two", "three")
    solution = 'name = "web-1"'
    wrong = {"other": Wrong('name = "db"', "no server"), "number": Wrong("name = 3", "no server")}

    def check(self, lab, name):
        if name not in [server.name for server in lab.connect().compute.servers(all_projects=True)]:
            raise NotYet(f"There is no server {name!r}.")
"""
SEED = """
random_seed: 1
flavors: [{name: small, vcpus: 1, ram: 512, disk: 1}]
images: [{name: cirros}]
servers: [{name: web-1, flavor: small, image: cirros, networks: []}]
"""
NOTEBOOK = '{"cells": [{"cell_type": "markdown", "source": ["# Two steps"]}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "labs" / "50-two-steps"
    path.mkdir(parents=True)
    (path / "steps.py").write_text(STEPS)
    (path / "cloud.yaml").write_text(SEED)
    (path / "two-steps.ipynb").write_text(NOTEBOOK)
    return path


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "home"
    path.mkdir()
    monkeypatch.setenv("KIT_LAB_HOME", str(path))
    monkeypatch.delenv("KIT_PROGRESS", raising=False)
    return path
