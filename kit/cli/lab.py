"""`kit lab`: the labs in the learner's own folder, opened in JupyterLab."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import click

from kit.errors import LabError

# Quiet where a first-time user would wonder: no news prompt, no update check.
_OVERRIDES = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}


@click.command()
@click.argument("name", required=False)
@click.option(
    "--dir",
    "home",
    type=click.Path(file_okay=False, path_type=Path),
    help="Your folder. Default: $KIT_LAB_HOME, or ~/openstack-labs.",
)
@click.option("--port", type=click.IntRange(0, 65535), help="Port of JupyterLab. Default: 8888 or the next free one.")
@click.option("--no-browser", is_flag=True, help="Print the address instead of opening a browser.")
@click.option("--copy-only", is_flag=True, help="Copy the labs and stop.")
@click.option("--reset", "reset", metavar="LAB", help="A fresh copy of one lab; yours is kept.")
@click.option("--list", "listing", is_flag=True, help="List the labs, how long each takes, and how far you are.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="Of the list.")
def command(
    name: str | None, home: Path | None, port: int | None, no_browser: bool, copy_only: bool, reset: str | None,
    listing: bool, form: str,
) -> None:  # fmt: skip
    """Copy the labs to your folder and open JupyterLab on them.

    What you have changed is never overwritten. NAME opens one lab; the default is the quick start.

    \b
    Examples:
      kit lab
      kit lab 01-congress-policies --dir ~/summit
      kit lab --list
      kit lab --reset 00-quick-start
    """
    from kit.lab.folder import copy, find, renew
    from kit.lab.progress import load

    home = (home or Path(os.environ.get("KIT_LAB_HOME") or Path.home() / "openstack-labs")).expanduser().resolve()
    if listing:
        _list(home, form)
        return
    if reset:
        click.echo(f"A fresh copy is there; your old one is in {renew(home, reset)}")
        if load(find(reset).name, home).steps:
            click.echo("Your steps stay counted; lab.reset() in the notebook forgets them, too.")
        return
    if name:
        find(name)
    for line in copy(home):
        click.echo(line)
    click.echo(f"The labs are in {home}")
    if copy_only:
        return
    if find_spec("jupyterlab") is None:
        raise LabError("JupyterLab is not installed", todo='Install it: pip install "openstack-labkit[lab]"')
    _trust(home)
    folder = find(name or "00-quick-start", home)
    sys.exit(
        subprocess.call(
            _arguments(home, folder.notebook.relative_to(home), port, no_browser), env=_environment(home), cwd=home
        )
    )


def _list(home: Path, form: str) -> None:
    from kit.lab.folder import labs
    from kit.lab.progress import load

    found = []
    for folder in labs():
        steps, progress = folder.steps(), load(folder.name, home)
        done = sum(1 for step in steps if progress.steps.get(step.name) and progress.steps[step.name].passed)
        minutes = sum(step.minutes for step in steps)
        found.append(
            {"name": folder.name, "title": folder.title(), "minutes": minutes, "steps": len(steps), "done": done}
        )
    if form == "json":
        click.echo(json.dumps(found, indent=1))
        return
    wide = max(len(str(lab["name"])) for lab in found)
    for lab in found:
        click.echo(
            f"{str(lab['name']).ljust(wide)}  {lab['minutes']:>3} min  {lab['done']:>2} of {lab['steps']:>2} done  {lab['title']}"
        )


def _trust(home: Path) -> None:
    """Sign the copies, so that JupyterLab shows stored outputs as they are."""
    import nbformat
    from nbformat.sign import NotebookNotary

    for path in sorted(home.glob("*/*.ipynb")):
        try:
            NotebookNotary().sign(nbformat.read(path, as_version=4))
        except Exception:  # an unsigned notebook works as well, only plainer
            continue


def _arguments(home: Path, notebook: Path, port: int | None, no_browser: bool) -> list[str]:
    arguments = [
        sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={home}", "--LabApp.news_url=",
        f"--LabApp.default_url=/lab/tree/{notebook.as_posix()}",
    ]  # fmt: skip
    if sys.platform != "win32":
        arguments.append("--KernelManager.transport=ipc")  # a kernel over TCP warns on every start
        # Jupyter's own choice is a login shell, whose profile may forget where `openstack` is.
        shell = os.environ.get("SHELL") or "/bin/sh"
        arguments.append(f"--ServerApp.terminado_settings={{'shell_command': [{shell!r}]}}")
    # Without a browser the address is what the learner needs, and INFO is what prints it.
    arguments.append(f"--ServerApp.log_level={'INFO' if no_browser else 'WARN'}")
    if port is not None:
        arguments.append(f"--ServerApp.port={port}")
    if no_browser:
        arguments.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        arguments.append("--allow-root")  # containers
    return arguments


def _environment(home: Path) -> dict[str, str]:
    """What terminals and kernels of this JupyterLab find: the learner's folder, and the lab's cloud."""
    settings = home / ".kit" / "jupyter"
    overrides = settings / "labconfig" / "default_setting_overrides.json"
    overrides.parent.mkdir(parents=True, exist_ok=True)
    overrides.write_text(json.dumps(_OVERRIDES), encoding="utf-8")
    search = os.pathsep.join(filter(None, (str(settings), os.environ.get("JUPYTER_CONFIG_PATH"))))
    own = str(Path(sys.executable).parent)  # where this environment's `openstack` is
    return {
        **os.environ, "KIT_LAB_HOME": str(home), "OS_CLIENT_CONFIG_FILE": str(home / "clouds.yaml"), "OS_CLOUD": "lab",
        "JUPYTER_CONFIG_PATH": search, "PATH": own + os.pathsep + os.environ.get("PATH", ""),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }  # fmt: skip
