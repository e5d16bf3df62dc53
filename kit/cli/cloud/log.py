"""`kit cloud log`: each call to a served cloud with its outcome."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from kit.cli.cloud.common import form, reach, served

if TYPE_CHECKING:
    from kit.cloud.control import Remote

# How often a followed log is looked at, seconds.
PAUSE = 0.25


@click.command()
@click.option("--follow", is_flag=True, help="Go on with every further call until Ctrl-C.")
@click.option(
    "--last", default=20, show_default=True, type=click.IntRange(0, 1000), help="How many calls to begin with."
)
@click.option("--failed", is_flag=True, help="Only calls that were refused or struck by a fault.")
@click.option("--full", is_flag=True, help="With headers and bodies; secrets are masked. Implies --format json.")
@served
@form
def command(
    follow: bool, last: int, failed: bool, full: bool, cloud: str, url: str | None, token: str, form: str
) -> None:
    """Show the calls to a served cloud: when, who, what, and the outcome.

    In JSON each call is one line. A cloud that is restarted while it is followed is waited for.

    \b
    Examples:
      kit cloud log --follow
      kit cloud log --failed --last 100
    """
    from kit.cloud.control.client import Unreachable

    remote = reach(cloud, url, token)
    query = "&full=1" if full else ""
    count = remote.ask("GET", "status")["calls"]
    since = max(0, count - last)
    with suppress(KeyboardInterrupt):
        while True:
            try:
                found = remote.ask("GET", f"log?since={since}{query}")
            except Unreachable:
                if not follow:
                    raise
                _wait(remote)
                since = 0  # a cloud that has started anew counts its calls anew
                continue
            for call in found["calls"]:
                if not failed or call["status"] >= 400 or call["fault"]:
                    click.echo(json.dumps(call) if full or form == "json" else line(call))
            since = found["last"]
            if not found["more"]:
                if not follow:
                    break
                time.sleep(PAUSE)


def _wait(remote: Remote) -> None:
    """Wait until the cloud, which has gone, answers again."""
    from kit.cloud.control.client import Unreachable

    click.echo(f"{remote.root}: the cloud does not answer; waiting for it (Ctrl-C ends this).", err=True)
    while True:
        time.sleep(PAUSE)
        try:
            remote.ask("GET", "status")
        except Unreachable:
            continue
        click.echo(f"{remote.root}: the cloud answers again.", err=True)
        return


def line(call: dict[str, Any]) -> str:
    """One call as a line of text."""
    who = "/".join(filter(None, (call["user"], call["project"]))) or "-"
    fault = f"  fault: {call['fault']}" if call["fault"] else ""
    took = f"{call['ms']:.1f} ms"
    return f"{call['at'][11:19]} {call['status']} {call['method']:<6} {call['path']}  {who}  {took}{fault}"
