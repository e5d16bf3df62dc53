"""`kit doctor`: what is missing on this machine, and how to get it."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sys
import tempfile
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

import click

INSTALL = 'pip install "openstack-labkit[lab]"'
PACKAGES = (
    "jupyterlab",
    "ipykernel",
    "ipywidgets",
    "anywidget",
    "papermill",
    "nbval",
    "voila",
    "python-openstackclient",
)


@dataclass(frozen=True)
class Finding:
    """One thing looked at."""

    what: str
    ok: bool
    seen: str
    todo: str = ""


def _packages() -> list[Finding]:
    found = []
    for name in ("openstacksdk", *PACKAGES):
        try:
            found.append(Finding(name, True, metadata.version(name)))
        except metadata.PackageNotFoundError:
            found.append(Finding(name, False, "not installed", INSTALL))
    return found


def _python() -> Finding:
    seen = ".".join(map(str, sys.version_info[:3]))
    return Finding("Python 3.11 or newer", sys.version_info >= (3, 11), seen, "Install Python 3.11 or newer.")


def _port() -> Finding:
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            return Finding("a port on this machine", True, f"port {server.getsockname()[1]} was free")
    except OSError as error:
        return Finding("a port on this machine", False, str(error), "Allow this program to listen on 127.0.0.1.")


def _folder(path: Path) -> Finding:
    near = next(place for place in (path, *path.parents) if place.exists())
    try:
        with tempfile.NamedTemporaryFile(dir=near):
            return Finding("a folder for your work", True, str(path))
    except OSError as error:
        return Finding("a folder for your work", False, str(error), "Choose another: kit lab --dir DIR.")


def _command() -> Finding:
    seen = shutil.which("openstack") or shutil.which("openstack", path=str(Path(sys.executable).parent))
    return Finding("the openstack command", seen is not None, seen or "not found", INSTALL)


@click.command()
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(form: str) -> None:
    """Look for what the labs need, and say how to get what is missing.

    Exit code 1 when something is missing.

    \b
    Example:
      kit doctor
    """
    home = Path(os.environ.get("KIT_LAB_HOME") or Path.home() / "openstack-labs")
    found = [_python(), *_packages(), _command(), _port(), _folder(home)]
    missing = [finding for finding in found if not finding.ok]
    if form == "json":
        click.echo(json.dumps([asdict(finding) for finding in found], indent=1))
    else:
        for finding in found:
            click.echo(f"{'✓' if finding.ok else '✗'} {finding.what}: {finding.seen}")
            if not finding.ok:
                click.echo(f"    {finding.todo}")
        click.echo("All is there." if not missing else f"{len(missing)} missing.")
    if missing:
        raise SystemExit(1)
