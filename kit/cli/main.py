"""The entry point: finds the subcommand, loads only that one, and turns errors into exit codes."""

from __future__ import annotations

import importlib
import sys

import click

from kit import __version__
from kit.cli.ending import Unread, code_of, speak_plainly

# name -> module that holds a click command called `command`
COMMANDS = {
    "api": "kit.cli.api",
    "bench": "kit.cli.bench",
    "cloud": "kit.cli.cloud",
    "demo": "kit.cli.demo",
    "doctor": "kit.cli.doctor",
    "lab": "kit.cli.lab",
    "migrate": "kit.cli.migrate",
    "new-lab": "kit.cli.new_lab",
    "policy": "kit.cli.policy",
    "run": "kit.cli.run",
    "stack": "kit.cli.stack",
}


class LazyGroup(click.Group):
    """A group that imports a subcommand when it is called, so that `kit --help` stays quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command = importlib.import_module(COMMANDS[name]).command
        assert isinstance(command, click.Command)
        return command

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise Unread from None


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="kit")
def kit() -> None:
    """Hands-on OpenStack labs on a mock cloud of their own.

    \b
    Start here:
      kit lab             copy the labs to your folder and open JupyterLab
      kit cloud serve     a mock OpenStack on a port of this machine
      kit doctor          what is missing here, and how to get it

    Exit codes: 0 fine, 1 findings, 2 error, 130 interrupted. With --format json an error is an object on the
    output, too: {"error": {"what": ..., "where": ..., "todo": ...}}.
    """


def main() -> None:
    """Run the command; a mistake of the user's ends in one clear message and exit code 2."""
    speak_plainly()
    sys.exit(code_of(lambda: kit.main(prog_name="kit", standalone_mode=False)))


if __name__ == "__main__":
    main()
