"""Every notebook: its stored outputs reproduce, it runs blank, solved and wrong, and twice the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kit.lab import runs
from kit.lab.folder import Folder, labs

ALL = labs()


@pytest.fixture(scope="session")
def executed(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], runs.Run]:
    """All labs in all modes, and blank once more, by lab and mode."""
    out = tmp_path_factory.mktemp("runs")
    modes = {**runs.MODES, "again": False}
    return {(run.lab, run.mode): run for run in runs.run(ALL, modes, out, jobs=os.cpu_count() or 1)}


@pytest.mark.parametrize("folder", ALL, ids=lambda folder: folder.name)
@pytest.mark.parametrize("mode", runs.MODES)
def test_a_lab_runs_from_top_to_bottom(executed, folder: Folder, mode: str):
    run = executed[folder.name, mode]
    assert run.ok, run.error


@pytest.mark.parametrize("folder", ALL, ids=lambda folder: folder.name)
def test_two_runs_give_equal_outputs(executed, folder: Folder):
    one, two = (runs.outputs(Path(executed[folder.name, mode].notebook)) for mode in ("blank", "again"))
    assert json.dumps(one) == json.dumps(two)


@pytest.mark.parametrize("folder", ALL, ids=lambda folder: folder.name)
def test_the_stored_outputs_are_those_of_a_blank_run(executed, folder: Folder):
    stored = [output for cell in runs.outputs(folder.notebook) for output in cell]
    assert stored, "the notebook has no outputs: kit run --mode blank --store"
    for _ in range(runs.STARTS):
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "--nbval", "-q", "-p", "no:cacheprovider", str(folder.notebook)],
            capture_output=True, text=True, cwd=folder.path, env={**os.environ, "KIT_PROGRESS": "off"}, timeout=300,
        )  # fmt: skip
        if runs.NO_KERNEL not in done.stdout + done.stderr:
            break
    assert done.returncode == 0, done.stdout[-3000:]


@pytest.mark.parametrize("folder", ALL, ids=lambda folder: folder.name)
def test_a_solved_lab_is_done_and_a_blank_one_is_not(executed, folder: Folder):
    def last(mode: str) -> str:
        cell = runs.outputs(Path(executed[folder.name, mode].notebook))[-1]
        return "".join(cell[-1]["data"]["text/plain"])

    count = len(folder.steps())
    assert f"all {count} steps done" in last("solve")
    assert f"0 of {count} steps done" in last("blank")


def test_every_dashboard_runs(tmp_path):
    found = [folder for folder in ALL if (folder.path / "dashboard.ipynb").is_file()]
    assert found
    for folder in found:
        out = tmp_path / f"{folder.name}.ipynb"
        runs.execute(str(folder.path / "dashboard.ipynb"), str(out))
        assert runs.outputs(out)[-1][-1]["data"]["text/plain"]
