"""`kit cloud restore`: a served cloud becomes what a snapshot was taken of."""

from __future__ import annotations

from pathlib import Path

import click

from kit.cli.cloud.common import form, reach, say, served
from kit.errors import KitError


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@served
@form
def command(file: Path, cloud: str, url: str | None, token: str, form: str) -> None:
    """Let a served cloud become what FILE, a snapshot, was taken of; what it holds now is gone.

    \b
    Example:
      kit cloud restore before.kit
    """
    try:
        data = file.read_bytes()
    except OSError as error:
        raise KitError(
            f"cannot read the snapshot: {error}", where=str(file), todo="Give a file of kit cloud snapshot."
        ) from None
    found = reach(cloud, url, token).ask("PUT", "snapshot", data)
    say(found, form, f"Restored; the cloud's time is {found['clock']['now']}.")
