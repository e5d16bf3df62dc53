"""`kit cloud openapi`: the description of the whole cloud."""

from __future__ import annotations

import json
from pathlib import Path

import click

from kit.errors import KitError


@click.command()
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="A file instead of the terminal.")
@click.option("--service", help="Only this service: compute, network, ...")
@click.option("--format", "form", type=click.Choice(["json", "yaml"]), default="json", show_default=True)
def command(out: Path | None, service: str | None, form: str) -> None:
    """Describe every operation of the mock cloud in OpenAPI 3.1, as the routes and schemas in the code have it.

    \b
    Example:
      kit cloud openapi > openapi.json
    """
    from kit.cloud.openapi import document
    from kit.cloud.registry import SERVICES

    if service is not None and service not in SERVICES:
        raise KitError(f"no such service: {service}", todo=f"There are: {', '.join(SERVICES)}.")
    found = document({type: SERVICES[type] for type in SERVICES if service in (None, type)})
    if form == "yaml":
        import yaml

        # Written out in full: many a reader of OpenAPI knows no anchors.
        whole = type("Whole", (yaml.SafeDumper,), {"ignore_aliases": lambda self, data: True})
        text = yaml.dump(found, Dumper=whole, sort_keys=False, allow_unicode=True)
    else:
        text = json.dumps(found, indent=1)
    if out is None:
        click.echo(text)
        return
    try:
        out.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise KitError(f"cannot write the description: {error}", where=str(out), todo="Choose another file.") from None
    click.echo(f"{sum(map(len, found['paths'].values()))} operations in {out}", err=True)
