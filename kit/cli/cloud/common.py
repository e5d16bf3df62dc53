"""What the commands share that steer a served cloud: how it is found, and how they speak."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from kit.cloud.control import Remote

Function = TypeVar("Function", bound=Callable[..., Any])

form = click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)


def served(function: Function) -> Function:
    """The options by which a command finds the served cloud; they come as one argument, `where`."""
    options = (
        click.option("--cloud", "cloud", default="labkit", show_default=True, envvar="OS_CLOUD", show_envvar=True,
                     help="Its name in clouds.yaml."),
        click.option("--url", help="Its URL instead of a name: http://127.0.0.1:35357"),
        click.option("--token", default="", envvar="KIT_CLOUD_TOKEN", show_envvar=True,
                     help="What `kit cloud serve --control-token` was given."),
    )  # fmt: skip
    for option in reversed(options):
        function = option(function)
    return function


def reach(cloud: str, url: str | None, token: str) -> Remote:
    """The served cloud that the options mean."""
    from kit.cloud.control import Remote

    return Remote(url, token) if url else Remote.find(cloud, token)


def say(found: Any, form: str, text: str) -> None:
    """Print what was found: as JSON, or the text."""
    click.echo(json.dumps(found, indent=1) if form == "json" else text)
