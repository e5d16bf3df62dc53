"""`kit bench`: the project's benchmarks, from a checkout."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click

from kit.errors import KitError

BENCH = Path(__file__).parents[2] / "tests" / "bench"


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option("--large", is_flag=True, help="Also those that take minutes and gigabytes.")
@click.option("--json", "file", type=click.Path(dir_okay=False, path_type=Path), help="Write the figures to a file.")
def command(names: tuple[str, ...], large: bool, file: Path | None) -> None:
    """Measure how fast the kit is on this machine; it never passes or fails.

    NAME is a module (`cloud`, `policy`); the default is all of them.

    \b
    Example:
      kit bench cloud
    """
    if not BENCH.is_dir():
        raise KitError("the benchmarks are in the project's repository", todo="Run kit bench in a clone of it.")
    paths = [BENCH / f"test_{name}.py" for name in names] or [BENCH]
    for path in paths:
        if not path.exists():
            known = ", ".join(sorted(found.stem[5:] for found in BENCH.glob("test_*.py")))
            raise KitError(f"no benchmark {path.stem[5:]!r}", todo=f"There are: {known}.")
    arguments = [
        sys.executable, "-m", "pytest", *map(str, paths), "--benchmark-only", "--benchmark-disable-gc",
        "--benchmark-columns=min,median,max,rounds", "--benchmark-sort=name",
    ]  # fmt: skip
    if file is not None:
        arguments.append(f"--benchmark-json={file}")
    environment = {**os.environ, **({"KIT_BENCH_LARGE": "1"} if large else {})}
    sys.exit(subprocess.call(arguments, env=environment))
