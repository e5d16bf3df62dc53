"""`kit cloud seed`: large clouds with realistic numbers."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click

from kit.cli.cloud.common import form, say
from kit.errors import KitError

FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.option("--servers", required=True, type=click.IntRange(1, 200_000), help="How many servers.")
@click.option("--projects", default=0, type=click.IntRange(0, 3000), help="Default: what fits the servers.")
@click.option("--hosts", default=0, type=click.IntRange(0, 10_000), help="Default: what the servers need.")
@click.option("--random-seed", default=0, show_default=True, help="The same number gives the same cloud.")
@click.option("--out", type=FILE, help="Write the seed as YAML, for kit cloud serve.")
@click.option("--store", help="Grow it into a store: sqlite:///big.db, postgresql://USER@HOST/DATABASE")
@click.option("--snapshot", type=FILE, help="Grow it and write a snapshot, for kit cloud restore.")
@form
def command(
    servers: int, projects: int, hosts: int, random_seed: int, out: Path | None, store: str | None,
    snapshot: Path | None, form: str,
) -> None:  # fmt: skip
    """Make a large cloud: few large projects and many small ones, realistic flavors, images, states and ages.

    Every address is unique, every server fits its host, and every project stays within its quota.

    \b
    Examples:
      kit cloud seed --servers 10000 --store sqlite:///big.db
      kit cloud serve --store sqlite:///big.db
      kit cloud seed --servers 500 --projects 20 --out big.yaml
    """
    from kit.cloud.generate import Size, population

    if out is None and store is None and snapshot is None:
        raise KitError("nowhere to put the cloud", todo="Give --out FILE, --store URL or --snapshot FILE.")
    seed = population(Size(servers, projects, hosts), random_seed)
    said: dict[str, Any] = {"cloud": seed["description"]}
    if out is not None:
        _write(out, _yaml(seed).encode(), "--out")
        said["seed"] = str(out)
    if store is not None or snapshot is not None:
        said |= _grow(seed, servers, store, snapshot)
    say(said, form, "\n".join(f"{word:<9} {value}" for word, value in said.items()))


def _grow(seed: dict[str, Any], servers: int, store: str | None, snapshot: Path | None) -> dict[str, Any]:
    from tqdm import tqdm

    from kit.cloud import Cloud
    from kit.cloud.opening import is_filled
    from kit.cloud.urls import in_memory

    if store is not None:
        if in_memory(store):
            raise KitError("a store in memory ends with this command", todo="Give --store sqlite:///big.db, say.")
        if is_filled(store):
            raise KitError("the store holds a cloud already", where=store, todo="Give another, or remove it first.")
    started = time.perf_counter()
    with tqdm(total=servers, unit="server", desc="growing", leave=False, disable=None) as bar:

        def told(kind: str) -> None:
            if kind == "servers":
                bar.update()

        cloud = Cloud.from_seed(seed, store=store or "sqlite://", progress=told)
    try:
        if snapshot is not None:
            _write(snapshot, cloud.snapshot(), "--snapshot")
    finally:
        cloud.close()
    found = {"store": store, "snapshot": str(snapshot) if snapshot else None}
    seconds = round(time.perf_counter() - started, 2)
    return {word: value for word, value in found.items() if value} | {"seconds": seconds}


def _write(path: Path, data: bytes, option: str) -> None:
    try:
        path.touch(mode=0o600)
        path.write_bytes(data)
    except OSError as error:
        raise KitError(f"cannot write: {error}", where=str(path), todo=f"Choose another file with {option}.") from None


def _yaml(seed: dict[str, Any]) -> str:
    import yaml

    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    return str(yaml.dump(seed, Dumper=dumper, sort_keys=False, width=120))
