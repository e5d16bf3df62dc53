"""`kit cloud check`: whether seeds describe clouds."""

from __future__ import annotations

from typing import Any

import click

from kit.cli.cloud.common import form, say
from kit.errors import KitError


@click.command()
@click.argument("seeds", nargs=-1, required=True)
@form
def command(seeds: tuple[str, ...], form: str) -> None:
    """Grow each of the SEEDS once and say whether it describes a cloud.

    Exit code 1 when one does not.

    \b
    Example:
      kit cloud check labs/00-quick-start/cloud.yaml
    """
    from kit.cloud import Cloud

    found: list[dict[str, Any]] = []
    for seed in seeds:
        try:
            Cloud.from_seed(seed).close()
            found.append({"seed": seed, "ok": True})
        except KitError as error:
            found.append({"seed": seed, "ok": False, "where": error.where, "what": error.what, "todo": error.todo})
    lines = [
        f"{item['seed']}: "
        + ("ok" if item["ok"] else ": ".join(filter(None, (item["where"], f"{item['what']} {item['todo']}"))))
        for item in found
    ]
    say(found, form, "\n".join(lines))
    if not all(item["ok"] for item in found):
        raise SystemExit(1)
