"""`kit cloud status`: what a served cloud is and holds."""

from __future__ import annotations

from typing import Any

import click

from kit.cli.cloud.clock import _text as clock_text
from kit.cli.cloud.common import form, reach, say, served


@click.command()
@served
@form
def command(cloud: str, url: str | None, token: str, form: str) -> None:
    """Show a served cloud's services, counts, clock and faults.

    \b
    Example:
      kit cloud status
    """
    remote = reach(cloud, url, token)
    found = remote.ask("GET", "status")
    say(found, form, _text(remote.root, found))


def _text(root: str, found: dict[str, Any]) -> str:
    counts = ", ".join(f"{number} {word}" for word, number in found["counts"].items() if number)
    services = ", ".join(f"{name} ({type})" for type, name in found["services"].items())
    return "\n".join((
        f"url       {root}/identity/v3", f"store     {found['store']}", f"services  {services}", f"holds     {counts}",
        f"clock     {clock_text(found['clock'])}, {found['pending_events']} things still to happen",
        f"faults    {found['faults'] or 'none'}", f"calls     {found['calls']}",
    ))  # fmt: skip
