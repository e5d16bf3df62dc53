"""Runs of labs without a browser: papermill in a pool of processes, and a report."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from html import escape
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from kit.errors import LabError
from kit.lab.folder import Folder

MODES: dict[str, bool | str] = {"blank": False, "solve": True, "wrong": "wrong:all"}


@dataclass(frozen=True)
class Run:
    """One lab in one mode.

    Attributes
    ----------
    seconds : float
        How long it took.
    error : str
        Why it failed; empty when it did not.
    """

    lab: str
    mode: str
    ok: bool
    seconds: float
    error: str = ""
    notebook: str = ""


# A kernel listens on ports that were free when they were chosen; somebody else may have taken one before it starts.
STARTS = 3
NO_KERNEL = "Kernel died before replying"


def run_one(notebook: str, lab: str, mode: str, solve: bool | str, out: str) -> Run:
    """Execute one notebook; called in a process of the pool."""
    try:
        from papermill.exceptions import PapermillExecutionError
    except ImportError:
        raise LabError("papermill is not installed", todo='Install it: pip install "openstack-labkit[lab]"') from None
    os.environ["KIT_PROGRESS"] = "off"
    # Debian's and conda's Pythons warn about frozen modules on every kernel start.
    os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"
    # A kernel over TCP warns on the process's own stderr; what matters comes as an exception.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    started = time.perf_counter()
    error = ""
    try:
        execute(notebook, out, SOLVE=solve)
    except PapermillExecutionError as problem:
        error = f"cell {problem.exec_count}: {problem.ename}: {problem.evalue}"
    except RuntimeError as problem:  # the kernel's own end is this lab's, and no other's
        error = str(problem)
    return Run(lab, mode, not error, time.perf_counter() - started, error, out)


def execute(notebook: str, out: str, **parameters: Any) -> None:
    """Let papermill execute a notebook, with a new kernel where one does not even start."""
    import papermill

    for start in range(1, STARTS + 1):
        try:
            papermill.execute_notebook(
                notebook,
                out,
                parameters=parameters,
                cwd=str(Path(notebook).parent),
                progress_bar=False,
                kernel_name="python3",
            )
            return
        except RuntimeError as problem:  # nbclient has no class of its own for it
            if start == STARTS or NO_KERNEL not in str(problem):
                raise


def run(
    folders: Iterable[Folder],
    modes: dict[str, bool | str],
    out: Path,
    jobs: int,
    done: Callable[[Run], object] = lambda run: None,
) -> list[Run]:
    """Run labs in modes, `jobs` at a time; the executed notebooks go to `out`."""
    out.mkdir(parents=True, exist_ok=True)
    found: list[Run] = []
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        waiting = []
        for folder in folders:
            for mode, solve in modes.items():
                target = out / f"{folder.name}.{mode}.ipynb"
                waiting.append(pool.submit(run_one, str(folder.notebook), folder.name, mode, solve, str(target)))
        for future in as_completed(waiting):
            found.append(future.result())
            done(found[-1])
    found.sort(key=lambda run: (run.lab, list(modes).index(run.mode)))
    (out / "report.json").write_text(json.dumps([asdict(run) for run in found], indent=1), encoding="utf-8")
    (out / "report.html").write_text(_html(found), encoding="utf-8")
    return found


def _html(runs: list[Run]) -> str:
    """The report as a page of its own."""
    rows = "".join(
        f"<tr><td>{escape(run.lab)}</td><td>{escape(run.mode)}</td><td>{'✓ passed' if run.ok else '✗ failed'}</td>"
        f"<td style='text-align:right'>{run.seconds:.1f}</td><td>{escape(run.error)}</td></tr>"
        for run in runs
    )
    failed = sum(not run.ok for run in runs)
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Lab runs</title>'
        "<style>body{font:16px system-ui;margin:2em;color-scheme:light dark}td,th{padding:.3em .8em;text-align:left}"
        "table{border-collapse:collapse}tr{border-bottom:1px solid #8886}</style>"
        f"<h1>Lab runs: {len(runs) - failed} passed, {failed} failed</h1>"
        "<table><thead><tr><th>lab</th><th>mode</th><th>outcome</th><th>seconds</th><th>why</th></tr></thead>"
        f"<tbody>{rows}</tbody></table></html>"
    )


def store(folder: Folder, executed: Path) -> None:
    """Write the outputs of a blank run into the lab's own notebook, cell by cell."""
    fresh = {cell["id"]: cell for cell in json.loads(executed.read_text(encoding="utf-8"))["cells"]}
    book = json.loads(folder.notebook.read_text(encoding="utf-8"))
    count = 0
    for cell in book["cells"]:
        if cell["cell_type"] == "code":
            count += 1
            found = _joined(fresh[cell["id"]]["outputs"])
            for output in found:
                if output["output_type"] == "execute_result":
                    output["execution_count"] = count
            cell["outputs"], cell["execution_count"] = found, count
    folder.notebook.write_text(json.dumps(book, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _joined(found: list[Any]) -> list[Any]:
    """A cell's outputs with neighbouring pieces of one stream in one, cut at its lines.

    A slow machine sends print by print, and even a line and its end apart.
    """
    joined: list[Any] = []
    for output in found:
        last = joined[-1] if joined else {}
        if output["output_type"] == last.get("output_type") == "stream" and output["name"] == last["name"]:
            last["text"] = [*last["text"], *output["text"]]
        else:
            joined.append(output)
    for output in joined:
        if output["output_type"] == "stream":
            output["text"] = "".join(output["text"]).splitlines(keepends=True)
    return joined


def outputs(path: Path) -> list[Any]:
    """The outputs of an executed notebook's code cells, to compare two runs."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [_joined(cell["outputs"]) for cell in cells if cell["cell_type"] == "code"]
