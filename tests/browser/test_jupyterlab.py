"""A learner in JupyterLab: wrong, hinted, right, in a terminal; reload, and the progress is still there."""

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


def run(page: Any, number: int, source: str | None = None) -> str:
    """Run one cell, with another source when one is given; the text of its output."""
    script = """async ([number, source]) => {
        const panel = jupyterapp.shell.currentWidget;
        await panel.sessionContext.ready;
        panel.content.activeCellIndex = number;
        const cell = panel.content.activeCell;
        if (source !== null) cell.model.sharedModel.setSource(source);
        await jupyterapp.commands.execute('notebook:run-cell');
        return cell.outputArea ? cell.outputArea.node.innerText : '';
    }"""
    found: str = page.evaluate(script, [number, source])
    page.wait_for_timeout(300)
    return found


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
    port = serve("lab", "--dir", str(home), "--no-browser", JUPYTER_CONFIG_PATH=str(config), KIT_PROGRESS="on")
    opened(page, port, "first")
    sources = cells(page)
    at = {text: next(n for n, source in enumerate(sources) if source.startswith(text)) for text in (
        "SOLVE", "from kit.lab", "conn =", "def broken", 'lab.check("broken"', 'lab.hint("broken"', "lab.panel",
        "lab.terminal",
    )}  # fmt: skip
    for first in ("SOLVE", "from kit.lab", "conn ="):
        out = run(page, at[first])
    assert "front" in out
    run(page, at["def broken"])
    wrong = run(page, at['lab.check("broken"'])
    assert "not yet" in wrong and "switched off" in wrong
    assert "Hint 1 of 3" in run(page, at['lab.hint("broken"'])
    page.screenshot(path=str(tmp_path / "wrong.png"))
    run(page, at["def broken"], RIGHT)
    right = run(page, at['lab.check("broken"'])
    assert "passed" in right and "1 of 5 steps done" in right
    page.screenshot(path=str(tmp_path / "right.png"))
    run(page, at["lab.terminal"])
    page.evaluate("async () => { await jupyterapp.commands.execute('terminal:create-new') }")
    page.wait_for_selector(".xterm-screen")
    page.wait_for_timeout(1500)
    page.keyboard.type("openstack server list > list.txt\n")
    listed = home / "list.txt"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (listed.exists() and listed.read_text()):
        page.wait_for_timeout(300)
    assert "batch-1" in listed.read_text() and "debian" in listed.read_text()
    opened(page, port, "second")
    page.evaluate("async () => { await jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart() }")
    run(page, at["SOLVE"])
    again = run(page, at["from kit.lab"])
    assert "1 of 5 steps done" in again and "Welcome back" in again
