"""The goals over the judged cases, and the exit code that tells them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

CONFORMANCE = Path(__file__).parents[2] / "conformance"
# Cases in the same form that an earlier auditor judged wrongly, and near misses.
OWN = Path(__file__).parent / "data/cases.jsonl"


def run(file: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(CONFORMANCE / "run.py"), "guidelines", str(file)], capture_output=True, text=True
    )


def test_the_goals_are_reached() -> None:
    done = run(CONFORMANCE / "data/guidelines/cases.jsonl")
    assert done.returncode == 0, done.stdout
    assert done.stdout.splitlines()[-1] == "101 passed, 0 failed"
    assert "judged kinds" in done.stdout


def test_what_was_once_judged_wrongly_is_judged_rightly() -> None:
    done = run(OWN)
    assert done.stdout.splitlines()[-1] == "60 passed, 0 failed", done.stdout


def test_missed_goals_are_exit_code_1(tmp_path: Path) -> None:
    case = json.loads((CONFORMANCE / "data/guidelines/cases.jsonl").read_text().splitlines()[0])
    case["violates"] = []
    file = tmp_path / "wrong.jsonl"
    file.write_text(json.dumps(case))
    done = run(file)
    assert done.returncode == 1
    assert "expected [], got ['RC-01']" in done.stdout
    assert done.stdout.splitlines()[-1] == "0 passed, 1 failed"
