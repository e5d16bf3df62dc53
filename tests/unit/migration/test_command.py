"""`kit migrate`."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from kit.cli.main import main

needs_qemu = pytest.mark.skipif(shutil.which("qemu-system-x86_64") is None, reason="no qemu-system-x86_64")
STUCK = ["simulate", "--memory", 256, "--working-set", 64, "--writes", 20000, "--bandwidth", 50]
PLAN = ["plan", "--memory", 1024, "--working-set", 64, "--writes", 5000, "--max-pause", 200]


@pytest.fixture
def kit(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run `kit migrate ARGUMENTS` and give exit code, output and error output."""

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["kit", "migrate", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
            raise SystemExit(0)
        out = capsys.readouterr()
        return int(ended.value.code or 0), out.out, out.err

    return run


def test_an_idle_guest_is_fine(kit) -> None:
    code, out, _ = kit("simulate", "--memory", 128)
    assert code == 0 and out.startswith("completed after")


def test_a_stuck_one_is_1_with_what_would_end_it(kit) -> None:
    code, out, _ = kit(*STUCK)
    assert code == 1 and "never ends" in out and "cheapest first" in out and "post-copy" in out


def test_a_knob_turned_while_it_runs_ends_it(kit) -> None:
    code, out, _ = kit(*STUCK, "--turn", "4:downtime_limit_ms=2000", "--page")
    assert code == 0 and "completed" in out


def test_machines_get_json(kit) -> None:
    code, out, _ = kit(*STUCK, "--format", "json")
    data = json.loads(out)
    assert code == 1 and data["status"] == "active" and data["remedies"][0]["total_s"] > 0
    code, out, _ = kit(*PLAN, "--max-time", 100, "--format", "json")
    assert code == 0 and json.loads(out)["nova_conf"][0] == "[libvirt]"


def test_a_plan_or_why_none(kit) -> None:
    code, out, _ = kit(*PLAN, "--max-time", 100)
    assert code == 0 and "live_migration_bandwidth" in out
    code, out, _ = kit(*PLAN, "--max-time", 1, "--link", 100)
    assert code == 1 and "No setting meets that" in out


@pytest.mark.parametrize("wrong", [
    ["simulate", "--turn", "x"], ["simulate", "--turn", "3:jump"], ["simulate", "--turn", "3:nosuch=1"],
    ["simulate", "--turn", "x:stop"], ["simulate", "--turn", "3:downtime_limit_ms=much"],
    ["simulate", "--bandwidth", "-1"], ["simulate", "--memory", "nan"], ["simulate", "--memory", "lots"],
    ["simulate", "--working-set", "999"], ["simulate", "--multifd", "2", "--compress", "2"], ["simulate", "--link", "0"],
    ["plan", "--max-pause", "0", "--max-time", "1"], ["compare", "--file", "/nosuch.jsonl"], ["run", "--memory", "5"],
    ["simulate", "--turn", "4:downtime_limit_ms=nan"], ["simulate", "--turn", "4:start_postcopy"],
    ["simulate", "--memory", "1e12"], ["simulate", "--bandwidth", "1e-300"], ["plan", "--max-pause", "9", "--max-time", "nan"],
    ["simulate", "--dirty", "1:5"], ["simulate", "--dirty", "x", "--dirty", "2:6"],
    ["simulate", "--dirty", "1:5", "--dirty", "2:6", "--writes", "4"], ["run", "--timeout", "nan"], ["run", "--spin", "-1"],
    ["run", "--save", "/nosuch/runs"], ["simulate", "--plot", "/nosuch/x.png"], ["compare", "--file", "empty"],
    ["compare", "--file", "binary"], ["compare", "--file", "other"], ["compare", "--file", "other", "--recorded"],
])  # fmt: skip
def test_a_users_mistake_is_2_without_a_traceback(kit, tmp_path, monkeypatch, wrong: list[str]) -> None:
    monkeypatch.chdir(tmp_path)
    for name, data in (("empty", b""), ("binary", b"\xff\xfe"), ("other", b'{"a": 1}\n')):
        (tmp_path / name).write_bytes(data)
    code, _, err = kit(*wrong)
    assert code == 2 and "Error" in err and "Traceback" not in err and "itself failed" not in err


@pytest.mark.parametrize(("wrong", "option"), [
    (["simulate", "--memory", "0"], "--memory"), (["simulate", "--working-set", "9e9"], "--working-set"),
    (["simulate", "--link", "nan"], "--link"), (["plan", "--max-pause", "-1", "--max-time", "9"], "--max-pause"),
    (["drain", "c1", "--cloud", "x", "--bandwidth", "-1"], "--bandwidth"),
])  # fmt: skip
def test_a_value_out_of_range_names_its_option(kit, wrong: list[str], option: str) -> None:
    assert f"Error: {option}: " in kit(*wrong)[2]


def test_a_measured_series_takes_the_place_of_a_rate(kit) -> None:
    code, out, _ = kit("plan", "--memory", 2048, "--dirty", "1:5000", "--dirty", "10:20000", "--max-pause", 300,
                       "--max-time", 100, "--format", "json")  # fmt: skip
    assert code == 0 and json.loads(out)["expected"]["guest"]["working_set"]["kind"] == "heat"


def test_the_recorded_runs_are_compared(kit) -> None:
    code, out, _ = kit("compare", "--recorded")
    assert code == 0 and out.count("measured") >= 6


def test_without_qemu_a_run_says_how_to_get_it(kit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    code, _, err = kit("run", "--used", 8)
    assert code == 2 and "apt install qemu-system-x86" in err


@pytest.mark.parametrize("name", ["simulate", "plan", "run", "compare"])
def test_every_help_has_examples(kit, name: str) -> None:
    code, out, _ = kit(name, "--help")
    assert code == 0 and "Example" in out and f"kit migrate {name}" in out


@needs_qemu
def test_a_real_run_is_kept_and_compared(kit, tmp_path: Path) -> None:
    small = ["--memory", 64, "--used", 24, "--working-set", 8, "--writes", 1000, "--bandwidth", 50]
    code, out, _ = kit("run", *small, "--save", tmp_path / "runs.jsonl")
    assert code == 0 and "completed after" in out
    code, out, _ = kit("compare", "--file", tmp_path / "runs.jsonl", "--format", "json")
    assert code == 0 and json.loads(out)[0]["status_right"]
