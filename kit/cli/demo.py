"""`kit demo`: a lab's dashboard, served by Voila to a hall."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import click

from kit.errors import LabError

TEMPLATES = Path(__file__).parents[1] / "views" / "jupyter"
IDLE, EVERY = 120, 30  # seconds after which a kernel nobody uses ends, and between two looks


@click.command()
@click.argument("lab", default="00-quick-start")
@click.option("--ip", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8866, show_default=True, type=click.IntRange(1, 65535))
@click.option("--no-browser", is_flag=True, help="Print the address instead of opening a browser.")
@click.option("--theme", type=click.Choice(["light", "dark"]), default="light", show_default=True)
@click.option("--list", "listing", is_flag=True, help="List the labs that have a dashboard.")
def command(lab: str, ip: str, port: int, no_browser: bool, theme: str, listing: bool) -> None:
    """Show a lab's dashboard; the default is the cloud explorer.

    Nothing is loaded from elsewhere, code and tracebacks are never shown, and each visitor has a
    cloud of their own, which ends when they have gone.

    \b
    Example:
      kit demo --no-browser --port 8866
    """
    from kit.lab.folder import find, labs

    if listing:
        for folder in labs():
            if (folder.path / "dashboard.ipynb").is_file():
                click.echo(f"{folder.name}: {folder.title()}")
        return
    folder = find(lab)
    if find_spec("voila") is None:
        raise LabError("Voila is not installed", todo='Install it: pip install "openstack-labkit[lab]"')
    notebook = folder.path / "dashboard.ipynb"
    if not notebook.is_file():
        raise LabError(
            "this lab has no dashboard", where=folder.name, todo="kit demo --list shows those that have one."
        )
    click.echo(f"The dashboard is at http://{ip}:{port}/   Ctrl-C ends it.")
    try:
        sys.exit(
            subprocess.call(_arguments(notebook, ip, port, no_browser, theme), env=_environment(), cwd=folder.path)
        )
    except KeyboardInterrupt:
        sys.exit(0)


def _arguments(notebook: Path, ip: str, port: int, no_browser: bool, theme: str = "light") -> list[str]:
    policy = "default-src 'self' 'unsafe-inline' 'unsafe-eval' blob: data:; connect-src 'self' ws: wss: data: blob:"
    arguments = [
        sys.executable, "-m", "voila", str(notebook), f"--Voila.ip={ip}", f"--port={port}", "--template=kit", f"--theme={theme}",
        "--strip_sources=True", "--show_tracebacks=False", f"--MappingKernelManager.cull_idle_timeout={IDLE}",
        f"--MappingKernelManager.cull_interval={EVERY}", "--MappingKernelManager.cull_connected=True",
        "--VoilaConfiguration.allow_template_override=NO", r"--VoilaConfiguration.file_allowlist=.*\.(png|jpg|svg)",
        f'--Voila.tornado_settings={{"headers": {{"Content-Security-Policy": "{policy}"}}}}', "--Voila.log_level=WARN",
    ]  # fmt: skip
    if no_browser:
        arguments.append("--no-browser")
    return arguments


def _environment() -> dict[str, str]:
    """Voila finds our template where Jupyter looks for data."""
    search = os.pathsep.join(filter(None, (str(TEMPLATES), os.environ.get("JUPYTER_PATH"))))
    return {**os.environ, "JUPYTER_PATH": search, "KIT_PROGRESS": "off", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
