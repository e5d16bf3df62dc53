"""`kit cloud faults`: trouble on purpose, put in force and lifted while a cloud is served."""

from __future__ import annotations

from typing import Any

import click

from kit.cli.cloud.common import form, reach, say, served
from kit.errors import KitError


@click.group()
def command() -> None:
    """Let a served cloud be slow, refuse, drop connections, or lose a host.

    \b
    Examples:
      kit cloud faults add --service compute --status 503 --times 3
      kit cloud faults list
      kit cloud faults clear
    """


def _text(rule: dict[str, Any]) -> str:
    said = {
        name: value for name, value in rule.items()
        if name not in ("number", "struck") and value not in ("", 0, 0.0, False) and (name, value) != ("probability", 1.0)
    }  # fmt: skip
    shown = ", ".join(f"{name}={value}" for name, value in said.items())
    return f"{rule['number']}: {shown}  (struck {rule['struck']} times)"


@command.command()
@click.option("--service", help="Calls to this service only: compute, network, ...")
@click.option("--method", help="Calls of this method only.")
@click.option("--path", help="Calls whose path fits this pattern only: '*/servers/*'.")
@click.option("--project", help="Calls in this project only, by name.")
@click.option("--user", help="Calls of this user only, by name.")
@click.option("--event", help="Instead of calls: due events of this pattern are lost, 'compute.*'.")
@click.option("--host", help="Instead of calls: this compute host is dead.")
@click.option("--step", help="Instead of calls: this step of a live migration fails, 'prepare', 'copy', 'post-copy'.")
@click.option("--server", help="Only of servers whose name or id fits this pattern; with --step.")
@click.option("--status", type=int, help="Answer this status, 400 to 599, in the service's own words.")
@click.option("--message", help="The words of that answer.")
@click.option("--retry-after", type=int, help="Say so many seconds in that answer's Retry-After.")
@click.option("--latency", type=float, help="Wait so many seconds of cloud time before the answer.")
@click.option("--drop", is_flag=True, default=None, help="End the connection without an answer.")
@click.option("--after", is_flag=True, default=None, help="Let the operation happen first.")
@click.option("--probability", type=float, help="Strike only so often, 0 to 1.")
@click.option("--times", type=int, help="Strike at most so many times.")
@click.option("--name", help="A word of your own for it.")
@served
@form
def add(cloud: str, url: str | None, token: str, form: str, **given: Any) -> None:
    """Put a fault in force.

    \b
    Examples:
      kit cloud faults add --service compute --method POST --status 503 --times 3
      kit cloud faults add --latency 2 --probability 0.2
      kit cloud faults add --host compute-1
      kit cloud faults add --step copy --latency 20 --server web-1 --times 1
    """
    fields = {name: value for name, value in given.items() if value is not None}
    if not fields:
        raise KitError(
            "this fault does nothing", todo="Give one of --status, --latency, --drop, --event, --host or --step."
        )
    found = reach(cloud, url, token).ask("POST", "faults", fields)
    say(found, form, _text(found))


@command.command("list")
@served
@form
def list_(cloud: str, url: str | None, token: str, form: str) -> None:
    """Show the faults in force.

    \b
    Example:
      kit cloud faults list --format json
    """
    found = reach(cloud, url, token).ask("GET", "faults")["faults"]
    say(found, form, "\n".join(map(_text, found)) or "No fault is in force.")


@command.command()
@click.argument("number", required=False, type=click.IntRange(1))
@served
@form
def clear(number: int | None, cloud: str, url: str | None, token: str, form: str) -> None:
    """Lift all faults, or the one of that NUMBER.

    \b
    Example:
      kit cloud faults clear 2
    """
    found = reach(cloud, url, token).ask("DELETE", f"faults/{number}" if number else "faults")
    say(found, form, f"{found['lifted']} lifted.")
