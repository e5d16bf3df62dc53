"""`kit stack tree`, `deployments`, `types`, `show`: the stacks of any cloud, looked at."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from kit.cli.stack_options import cloud_option, form_option, heat_of, named_cloud, tell, tell_lines

if TYPE_CHECKING:
    from kit.hot.remote import TypeSupport

WORKERS = 8  # calls at a time: a cloud has some 160 types, each is asked for by itself
STATUSES = ["SUPPORTED", "DEPRECATED", "UNSUPPORTED", "HIDDEN", "UNKNOWN"]


@click.command()
@click.argument("name")
@cloud_option
@click.option("--failed", is_flag=True, help="Only the ways to what failed.")
@click.option(
    "--depth", type=click.IntRange(0), default=10, show_default=True, help="How many levels of stacks inside."
)
@form_option
def tree(name: str, cloud: str | None, failed: bool, depth: int, form: str) -> None:
    """Show a stack, the stacks inside it and their resources as a tree with states.

    Under the leaf that failed stands its reason; under a failed software deployment also what its script said, and
    under a stack that was rolled back what had failed before. Exit code 1 when something failed.

    \b
    Examples:
      kit stack tree web --cloud mine
      kit stack tree web --cloud mine --failed
    """
    from kit.hot.remote import read_tree

    whole = read_tree(heat_of(cloud), name, depth=depth)
    found = whole.only_failed() if failed else whole
    if form == "json":
        tell(found.to_dict())
    else:
        tell_lines(found.lines())
    if whole.failed:
        raise SystemExit(1)


@click.command()
@click.argument("name", required=False)
@cloud_option
@click.option("--failed", is_flag=True, help="Only those that failed.")
@click.option(
    "--lines", type=click.IntRange(1), default=10, show_default=True, help="How many of a failed script's last lines."
)
@form_option
def deployments(name: str | None, cloud: str | None, failed: bool, lines: int, form: str) -> None:
    """List the software deployments of the stack NAME, or of the project: server, state, and what scripts said.

    With NAME each one tells its way in the stack, and one that the stack waited for in vain counts as failed.
    Exit code 1 when one failed.

    \b
    Examples:
      kit stack deployments --failed --cloud mine
      kit stack deployments web --cloud mine --format json
    """
    from kit.hot.remote import read_deployments

    every = read_deployments(heat_of(cloud), name)
    found = every.failed if failed else every
    if form == "json":
        tell([each.to_dict() for each in found])
    else:
        click.echo("No failed deployments." if failed and not found else found.text(lines))
    if every.failed:
        raise SystemExit(1)


@click.command()
@click.argument("pattern", default="")
@cloud_option
@click.option("--offline", is_flag=True, help="Ask no cloud.")
@click.option(
    "--status", "statuses", multiple=True, type=click.Choice(STATUSES, case_sensitive=False), help="May be repeated."
)
@form_option
def types(pattern: str, cloud: str | None, offline: bool, statuses: tuple[str, ...], form: str) -> None:
    """List resource types with their support status, since when, and what replaces a deprecated one.

    PATTERN is a part of the name, or the whole with * and ?. Hidden types are found by a pattern or --status only.
    One type alone is told in full, with its deprecated properties. With --offline, or when no cloud is named, the
    kit's own tables answer, which were read off Heat 27.0.1; JSON is the same in both cases.

    \b
    Examples:
      kit stack types 'OS::Nova::*' --cloud mine
      kit stack types --status DEPRECATED --status HIDDEN --offline
      kit stack types OS::Designate::Record
    """
    from kit.hot.remote import Heat, offline_types, read_types

    wanted = [status.upper() for status in statuses]
    name = None if offline else named_cloud(cloud)
    if name is None:
        found = offline_types(pattern, wanted)
        click.echo("From the kit's tables (Heat 27.0.1); --cloud NAME asks a cloud.", err=True)
    else:
        found = read_types(Heat.connect(name), pattern, wanted, workers=WORKERS, seen=_bar)
    if form == "json":
        tell([each.to_dict() for each in found])
    else:
        click.echo(repr(found))


def _bar(results: Iterable[TypeSupport], number: int) -> Iterable[TypeSupport]:
    from tqdm import tqdm

    return tqdm(results, total=number, desc="types", leave=False, disable=None)


@click.command()
@click.argument("name")
@cloud_option
@form_option
def show(name: str, cloud: str | None, form: str) -> None:
    """Show a stack with its parameters, outputs and resources.

    Exit code 1 when something in it failed, or an output has no value.

    \b
    Example:
      kit stack show web --cloud mine
    """
    from kit.hot.remote import read_stack

    found = read_stack(heat_of(cloud), name)
    if form == "json":
        tell(found.to_dict())
    else:
        tell_lines(found.lines())
    if found.failed:
        raise SystemExit(1)
