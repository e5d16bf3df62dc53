"""`kit cloud snapshot`: a served cloud's whole state in a file."""

from __future__ import annotations

from pathlib import Path

import click

from kit.cli.cloud.common import form, reach, say, served
from kit.errors import KitError


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@served
@form
def command(file: Path, cloud: str, url: str | None, token: str, form: str) -> None:
    """Write a served cloud's whole state to FILE: every row, the time, the faults.

    It holds passwords of the mock cloud; only you can read the file.

    \b
    Example:
      kit cloud snapshot before.kit
    """
    data = reach(cloud, url, token).ask("GET", "snapshot")
    fresh = file.with_name(file.name + ".new")
    try:
        fresh.touch(mode=0o600)
        fresh.write_bytes(data)
        fresh.replace(file)
    except OSError as error:
        raise KitError(f"cannot write the snapshot: {error}", where=str(file), todo="Choose another file.") from None
    say({"file": str(file.resolve()), "bytes": len(data)}, form, f"{len(data)} bytes in {file}")
