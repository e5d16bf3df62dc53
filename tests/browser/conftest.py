"""A real Chromium with everything but this machine out of reach."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        found = play.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield found
        found.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A page that reaches this machine only; asking for anything else fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    asked: list[str] = []

    def route(call: Any) -> None:
        url = call.request.url
        if url.startswith(("http://127.0.0.1", "http://localhost", "data:", "blob:")):
            call.continue_()
        else:
            asked.append(url)
            call.abort()

    context.route("**/*", route)
    yield context.new_page()
    context.close()
    assert not asked, f"the page asked for {asked[:3]}"


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., int]]:
    """Start a `kit` command that serves on a port, and wait until it answers."""
    running: list[subprocess.Popen[bytes]] = []

    def start(*arguments: str, **environment: str) -> int:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = int(free.getsockname()[1])
        command = [sys.executable, "-m", "kit.cli.main", *arguments, f"--port={port}"]
        with (tmp_path / "server.log").open("wb") as log:
            running.append(
                subprocess.Popen(
                    command, stdout=log, stderr=log, env={**os.environ, **environment}, start_new_session=True
                )
            )
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            if running[-1].poll() is not None:
                break
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=2).close()
                return port
            except OSError:
                time.sleep(0.3)
        pytest.fail((tmp_path / "server.log").read_text()[-2000:])

    yield start
    for process in running:
        if process.poll() is None:
            os.killpg(process.pid, 15)
            process.wait(timeout=30)
