"""`kit cloud`: the mock OpenStack on a port, steered while it runs; its seeds, large clouds, its description."""

from __future__ import annotations

import importlib

import click

# name -> module that holds a click command called `command`
COMMANDS = {
    name: f"kit.cli.cloud.{name}"
    for name in ("check", "clock", "faults", "log", "openapi", "restore", "seed", "serve", "snapshot", "status")
}


class LazyGroup(click.Group):
    """A group that imports a subcommand when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        found = importlib.import_module(COMMANDS[name]).command
        assert isinstance(found, click.Command)
        return found


@click.command(cls=LazyGroup)
def command() -> None:
    """A mock OpenStack on a port of this machine.

    \b
    Examples:
      kit cloud serve                     what DevStack leaves behind, on port 35357
      kit cloud serve lab.yaml --port 0   a cloud of your own, on a free port
      kit cloud check lab.yaml            whether a seed describes a cloud
      kit cloud seed --servers 10000 --store sqlite:///big.db
    While it is served, from another terminal:
      kit cloud log --follow              each call with its outcome
      kit cloud faults add --service compute --status 503 --times 3
      kit cloud clock advance 3600        an hour passes at once
      kit cloud snapshot before.kit       and later: kit cloud restore before.kit
    """
