"""`kit cloud clock`: the time of a served cloud."""

from __future__ import annotations

from typing import Any

import click

from kit.cli.cloud.common import form, reach, say, served


@click.group()
def command() -> None:
    """Show a served cloud's time, move it ahead, or let it pass faster or slower.

    \b
    Examples:
      kit cloud clock show
      kit cloud clock advance 3600     an hour passes at once; what falls due happens
      kit cloud clock rate 60          a minute passes in a second; 0 lets it stand
    """


def _text(clock: dict[str, Any]) -> str:
    rate = clock["rate"]
    pace = "stands until it is moved" if not rate else "real time" if rate == 1 else f"{rate:g} times real time"
    tick = f", {clock['tick']:g} s a call" if clock["tick"] else ""
    return f"{clock['now']}  ({pace}{tick})"


@command.command()
@served
@form
def show(cloud: str, url: str | None, token: str, form: str) -> None:
    """Show the time and its pace.

    \b
    Example:
      kit cloud clock show --url http://127.0.0.1:35357
    """
    found = reach(cloud, url, token).ask("GET", "clock")
    say(found, form, _text(found))


@command.command()
@click.argument("seconds", type=click.FloatRange(0))
@served
@form
def advance(seconds: float, cloud: str, url: str | None, token: str, form: str) -> None:
    """Let SECONDS pass at once.

    \b
    Example:
      kit cloud clock advance 3600
    """
    found = reach(cloud, url, token).ask("POST", "clock", {"advance": seconds})
    say(found, form, _text(found))


@command.command()
@click.argument("factor", type=click.FloatRange(0))
@served
@form
def rate(factor: float, cloud: str, url: str | None, token: str, form: str) -> None:
    """Let time pass FACTOR times as fast as real time.

    \b
    Example:
      kit cloud clock rate 60
    """
    found = reach(cloud, url, token).ask("POST", "clock", {"rate": factor})
    say(found, form, _text(found))
