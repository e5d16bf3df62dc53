"""`kit new-lab`: a folder with a lab that works, to write yours in."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

import click

from kit.errors import LabError


@click.command()
@click.argument("name")
@click.option(
    "--dir", "home", type=click.Path(file_okay=False, path_type=Path), default=Path("labs"), show_default=True
)
def command(name: str, home: Path) -> None:
    """Make a new lab NAME, such as 09-floating-ips: notebook, steps, hints, wrong answers, cloud.

    \b
    Example:
      kit new-lab 09-floating-ips --dir labs
    """
    if not re.fullmatch(r"\d\d-[a-z0-9]+(-[a-z0-9]+)*", name):
        raise LabError(f"{name!r} is no name for a lab", todo="Two digits and words with dashes: 09-floating-ips.")
    target = home / name
    if target.exists():
        raise LabError("there is something of that name", where=str(target), todo="Choose another name or --dir.")
    slug = name.partition("-")[2]
    title = slug.replace("-", " ").capitalize()
    try:
        target.mkdir(parents=True)
        for entry in resources.files("kit.lab.template").iterdir():
            if entry.name.endswith((".txt",)):
                text = entry.read_text(encoding="utf-8").replace("{{name}}", name).replace("{{title}}", title)
                own = entry.name.removesuffix(".txt")
                (target / (f"{slug}.ipynb" if own == "notebook.ipynb" else own)).write_text(text, encoding="utf-8")
    except OSError as error:
        raise LabError(f"cannot make the lab: {error}", where=str(target), todo="Choose another --dir.") from error
    click.echo(f"A lab that works is in {target}. Try it: kit run {target}")
