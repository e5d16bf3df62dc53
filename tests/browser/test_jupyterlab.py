"""A learner in JupyterLab: wrong, hinted, right, in a terminal; the next day the progress is still there."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

RIGHT = 'def broken(conn):\n    return [s.name for s in conn.compute.servers() if s.status == "ERROR"]'


def cells(page: Any) -> list[str]:
    """The sources of the notebook's cells."""
    found: list[str] = page.evaluate(
        "() => jupyterapp.shell.currentWidget.content.widgets.map(cell => cell.model.sharedModel.getSource())"
    )
    return found


def run(page: Any, number: int, *wanted: str, source: str | None = None) -> str:
    """Run one cell, with another source when one is given; the text of its output, once it holds all that is wanted."""
    script = """async ([number, source]) => {
        const panel = jupyterapp.shell.currentWidget;
        await panel.sessionContext.ready;
        panel.content.activeCellIndex = number;
        if (source !== null) panel.content.activeCell.model.sharedModel.setSource(source);
        const late = new Promise((_, no) => setTimeout(() => no(new Error('cell ' + number + ' does not end')), 90000));
        await Promise.race([jupyterapp.commands.execute('notebook:run-cell'), late]);
    }"""
    page.evaluate(script, [number, source])
    text = "jupyterapp.shell.currentWidget.content.widgets[number].outputArea?.node.innerText ?? ''"
    deadline = time.monotonic() + 60
    while True:
        found: str = page.evaluate(f"number => {text}", number)
        if all(each in found for each in wanted):
            return found
        assert time.monotonic() < deadline, f"no {wanted} in the output of cell {number}: {found[-2000:]}"
        page.wait_for_timeout(200)


def opened(page: Any, port: int, workspace: str) -> None:
    page.goto(f"http://127.0.0.1:{port}/lab/workspaces/{workspace}/tree/00-quick-start/quick-start.ipynb?reset")
    page.wait_for_function("() => window.jupyterapp && jupyterapp.shell.currentWidget?.sessionContext", timeout=90000)
    page.wait_for_function(
        "async () => { await jupyterapp.restored; const p = jupyterapp.shell.currentWidget; await p.sessionContext.ready; "
        "return p.content.widgets.length > 10 }",
        timeout=90000,
    )


def test_a_learner_gets_it_wrong_takes_a_hint_gets_it_right_uses_a_terminal_and_finds_the_progress_again(
    page: Any, serve: Callable[..., int], tmp_path: Path
) -> None:
    home = tmp_path / "home"
    config = home / ".kit" / "test"
    config.mkdir(parents=True)
    (config / "jupyter_server_config.py").write_text(
        "c.IdentityProvider.token = ''\nc.ServerApp.password_required = False\nc.LabApp.expose_app_in_browser = True\n"
    )
    started = {"JUPYTER_CONFIG_PATH": str(config), "KIT_PROGRESS": "on"}
    port = serve("lab", "--dir", str(home), "--no-browser", **started)
    opened(page, port, "first")
    sources = cells(page)
    at = {text: next(n for n, source in enumerate(sources) if source.startswith(text)) for text in (
        "SOLVE", "from kit.lab", "conn =", "def broken", 'lab.check("broken"', 'lab.hint("broken"', "lab.panel",
        "lab.terminal",
    )}  # fmt: skip
    run(page, at["SOLVE"])
    run(page, at["from kit.lab"])
    run(page, at["conn ="], "front")
    run(page, at["def broken"])
    run(page, at['lab.check("broken"'], "not yet", "switched off")
    run(page, at['lab.hint("broken"'], "Hint 1 of 3")
    page.screenshot(path=str(tmp_path / "wrong.png"))
    run(page, at["def broken"], source=RIGHT)
    run(page, at['lab.check("broken"'], "passed", "1 of 5 steps done")
    page.screenshot(path=str(tmp_path / "right.png"))
    run(page, at["lab.terminal"])
    page.evaluate("async () => { await jupyterapp.commands.execute('terminal:create-new') }")
    page.wait_for_selector(".xterm-screen")
    listed = home / "list.txt"
    deadline = time.monotonic() + 90
    while not listed.exists():  # what is typed before the terminal's socket is open is lost
        assert time.monotonic() < deadline, "the terminal has not run the command"
        page.keyboard.type("openstack server list > list.txt\n")
        page.wait_for_timeout(3000)
    while not all(each in listed.read_text() for each in ("batch-1", "debian")):
        assert time.monotonic() < deadline, listed.read_text()
        page.wait_for_timeout(300)
    opened(page, serve("lab", "--dir", str(home), "--no-browser", **started), "second")  # the next day
    run(page, at["SOLVE"])
    run(page, at["from kit.lab"], "1 of 5 steps done", "Welcome back")
