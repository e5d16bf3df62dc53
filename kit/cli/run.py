"""`kit run`: labs executed without a browser."""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path

import click

from kit.errors import LabError


@click.command()
@click.argument("names", metavar="[LAB]...", nargs=-1)
@click.option(
    "--mode",
    "modes",
    multiple=True,
    type=click.Choice(["blank", "solve", "wrong"]),
    help="May be repeated. Default: all three.",
)
@click.option("--solve", is_flag=True, help="The same as --mode solve.")
@click.option("--wrong", metavar="NAME", help="Feed one catalogued wrong answer.")
@click.option("--jobs", type=click.IntRange(1), default=2, show_default=True, help="How many at a time.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where notebooks and report go. Default: a new folder.",
)
@click.option("--store", is_flag=True, help="Write the outputs of the blank run into the notebooks (for authors).")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(
    names: tuple[str, ...],
    modes: tuple[str, ...],
    solve: bool,
    wrong: str | None,
    jobs: int,
    out: Path | None,
    store: bool,
    form: str,
) -> None:
    """Run labs from top to bottom without a browser.

    Blank as a learner finds them, solved by their stored solutions, and with every catalogued wrong
    answer. A report is written in HTML and JSON. Exit code 1 when a run fails.

    \b
    Examples:
      kit run                        every lab in all three modes
      kit run 00-quick-start --solve
    """
    from tqdm import tqdm

    from kit.lab import runs
    from kit.lab.folder import find, labs

    if find_spec("papermill") is None:
        raise LabError("papermill is not installed", todo='Install it: pip install "openstack-labkit[lab]"')
    folders = [find(name) for name in names] or labs()
    chosen: dict[str, bool | str] = {mode: runs.MODES[mode] for mode in modes}
    if solve:
        chosen["solve"] = True
    if wrong:
        chosen["wrong"] = f"wrong:{wrong}"
    chosen = chosen or dict(runs.MODES)
    target = out or Path(tempfile.mkdtemp(prefix="kit-run-"))
    with tqdm(total=len(folders) * len(chosen), unit="run", desc="labs", disable=None) as bar:
        found = runs.run(folders, chosen, target, jobs, lambda run: bar.update())
    if store:
        for folder in folders:
            runs.store(folder, target / f"{folder.name}.blank.ipynb")
    if form == "json":
        click.echo(json.dumps([asdict(run) for run in found], indent=1))
    else:
        for run in found:
            click.echo(f"{'ok  ' if run.ok else 'FAIL'} {run.lab} {run.mode} {run.seconds:.1f} s {run.error}".rstrip())
        click.echo(f"Report: {target / 'report.html'}")
    if not all(run.ok for run in found):
        raise SystemExit(1)
