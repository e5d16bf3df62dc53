"""What the commands of `kit stack` share: arguments, the cloud that is meant, lines in colour."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kit.errors import KitError

if TYPE_CHECKING:
    from kit.hot import Plan
    from kit.hot.remote import Heat, Node

FILE = click.Path(dir_okay=False, path_type=Path)
COLOURS = {"✗": "red", "◌": "yellow"}

template_argument = click.argument("file", metavar="TEMPLATE", type=FILE)
environment_option = click.option(
    "-e", "--environment", "environments", multiple=True, metavar="FILE", type=FILE, help="May be repeated; later wins."
)
parameter_option = click.option(
    "-p", "--parameter", "parameters", multiple=True, metavar="NAME=VALUE", help="May be repeated."
)
cloud_option = click.option(
    "--cloud", envvar="OS_CLOUD", show_envvar=True, metavar="NAME", help="Its name in clouds.yaml."
)
form_option = click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)


def values(pairs: tuple[str, ...]) -> dict[str, str]:
    """Parameters as they were written.

    Raises
    ------
    KitError
        One is not NAME=VALUE.
    """
    found = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise KitError(f"{pair!r} is no parameter", todo="Write NAME=VALUE.")
        found[name] = value
    return found


def named_cloud(cloud: str | None) -> str | None:
    """The cloud that is meant: the one that is named, or that of a sourced openrc file."""
    return cloud or os.environ.get("OS_CLOUD") or ("envvars" if os.environ.get("OS_AUTH_URL") else None)


def heat_of(cloud: str | None) -> Heat:
    """The orchestration service of the cloud that is meant.

    Raises
    ------
    KitError
        None is named, or clouds.yaml does not know it.
    """
    from kit.hot.remote import Heat

    name = named_cloud(cloud)
    if name is None:
        raise KitError("which cloud?", todo="Give --cloud NAME, as in clouds.yaml, or set OS_CLOUD.")
    return Heat.connect(name)


def cloud_plan(
    cloud: str | None, name: str | None, file: Path, environments: tuple[Path, ...], parameters: tuple[str, ...],
    existing: bool,
) -> Plan:  # fmt: skip
    """The plan of an update of a cloud's stack; without a stack's name, of a create."""
    from kit.hot.remote import plan_create, plan_update, read_request

    request = read_request(file, environments, values(parameters))
    heat = heat_of(cloud)
    return plan_update(heat, name, request, existing=existing) if name else plan_create(heat, file.stem, request)


def tell(data: Any) -> None:
    """Print JSON."""
    click.echo(json.dumps(data, indent=1, ensure_ascii=False, default=str))


def tell_lines(lines: Iterable[tuple[str, Node | None]]) -> None:
    """Print lines; on a terminal those of nodes that failed or go on have a colour, beside their sign."""
    for line, node in lines:
        click.echo(painted(line, node))


def painted(line: str, node: Node | None) -> str:
    """A line in the colour of its node's state."""
    colour = COLOURS.get(node.sign) if node is not None else None
    return click.style(line, fg=colour) if colour else line
