"""`kit lab`, `kit new-lab`, `kit run`, `kit doctor`, `kit demo`."""

import json

import pytest

from kit.cli import demo
from kit.cli.lab import _arguments, _environment


def test_labs_are_copied_and_work_is_kept(kit, tmp_path):
    code, out, _ = kit("lab", "--copy-only", "--dir", tmp_path)
    assert code == 0 and str(tmp_path) in out
    mine = tmp_path / "00-quick-start" / "steps.py"
    mine.write_text("mine")
    kit("lab", "--copy-only", "--dir", tmp_path)
    assert mine.read_text() == "mine"


def test_a_reset_gives_a_fresh_copy_and_keeps_the_old(kit, tmp_path):
    kit("lab", "--copy-only", "--dir", tmp_path)
    (tmp_path / "00-quick-start" / "steps.py").write_text("mine")
    code, out, _ = kit("lab", "--dir", tmp_path, "--reset", "00-quick-start")
    assert code == 0 and "your old one is in" in out
    assert (tmp_path / ".kit" / "kept" / "00-quick-start-1" / "steps.py").read_text() == "mine"


def test_the_labs_are_listed_with_how_far_one_is(kit, tmp_path, monkeypatch):
    from kit.lab import start

    monkeypatch.setenv("KIT_LAB_HOME", str(tmp_path))
    monkeypatch.delenv("KIT_PROGRESS", raising=False)
    start("00-quick-start").check("calls", "identity")
    code, out, _ = kit("lab", "--list", "--dir", tmp_path)
    assert code == 0 and "1 of  5 done  Quick start: how a lab works" in out
    found = json.loads(kit("lab", "--list", "--dir", tmp_path, "--format", "json")[1])
    assert [lab["name"] for lab in found][:2] == ["00-quick-start", "01-congress-policies"] and found[1]["steps"] == 12
    assert "stay counted" in kit("lab", "--reset", "00-quick-start", "--dir", tmp_path)[1]


def test_jupyterlab_opens_the_notebook_quietly(tmp_path):
    from pathlib import Path

    arguments = _arguments(tmp_path, Path("00-quick-start/quick-start.ipynb"), 8899, True)
    assert "--LabApp.default_url=/lab/tree/00-quick-start/quick-start.ipynb" in arguments
    assert "--ServerApp.port=8899" in arguments and "--no-browser" in arguments
    environment = _environment(tmp_path)
    assert environment["KIT_LAB_HOME"] == str(tmp_path) and environment["OS_CLOUD"] == "lab"
    overrides = tmp_path / ".kit" / "jupyter" / "labconfig" / "default_setting_overrides.json"
    assert json.loads(overrides.read_text())["@jupyterlab/apputils-extension:notification"]["fetchNews"] == "false"


def test_an_unknown_lab_is_guessed(kit, tmp_path):
    code, _, err = kit("lab", "00-quik-start", "--dir", tmp_path, "--no-browser")
    assert code == 2 and "Did you mean '00-quick-start'" in err


def test_a_new_lab_works_at_once(kit, tmp_path):
    code, out, _ = kit("new-lab", "09-floating-ips", "--dir", tmp_path)
    assert code == 0 and "kit run" in out
    code, out, _ = kit("run", tmp_path / "09-floating-ips", "--format", "json", "--out", tmp_path / "out")
    runs = json.loads(out)
    assert code == 0 and [(run["mode"], run["ok"]) for run in runs] == [
        ("blank", True),
        ("solve", True),
        ("wrong", True),
    ]
    assert "3 passed, 0 failed" in (tmp_path / "out" / "report.html").read_text()


def test_a_lab_that_fails_is_exit_code_1_with_the_reason(kit, tmp_path):
    kit("new-lab", "09-floating-ips", "--dir", tmp_path)
    steps = tmp_path / "09-floating-ips" / "steps.py"
    steps.write_text(steps.read_text().replace("def check(self", "def check_(self"))
    code, out, _ = kit("run", tmp_path / "09-floating-ips", "--solve", "--out", tmp_path / "out")
    assert code == 1 and "FAIL" in out and "the solution does not pass" in out


@pytest.mark.parametrize("name", ["floating", "9-x", "09_x"])
def test_a_bad_name_for_a_lab_is_refused(kit, tmp_path, name):
    code, _, err = kit("new-lab", name, "--dir", tmp_path)
    assert code == 2 and "09-floating-ips" in err


def test_the_doctor_finds_all_that_is_there(kit):
    code, out, _ = kit("doctor", "--format", "json")
    assert code == 0 and all(finding["ok"] for finding in json.loads(out))


def test_the_doctor_says_how_to_get_what_is_missing(kit, monkeypatch):
    monkeypatch.setattr("kit.cli.doctor.PACKAGES", ("nosuch-package",))
    code, out, _ = kit("doctor")
    assert code == 1 and "✗ nosuch-package: not installed\n    pip install" in out


def test_the_dashboards_are_listed(kit):
    code, out, _ = kit("demo", "--list")
    assert code == 0 and "00-quick-start" in out


def test_a_dashboard_never_shows_code_and_ends_idle_kernels(tmp_path):
    arguments = demo._arguments(tmp_path / "dashboard.ipynb", "127.0.0.1", 8866, True)
    for option in (
        "--strip_sources=True", "--show_tracebacks=False", "--MappingKernelManager.cull_connected=True",
        "--MappingKernelManager.cull_idle_timeout=120",
    ):  # fmt: skip
        assert option in arguments
