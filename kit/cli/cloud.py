"""`kit cloud`: the mock OpenStack on a port, and its seeds checked."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from kit.errors import KitError

PORT = 35357


@click.group()
def command() -> None:
    """A mock OpenStack on a port of this machine.

    \b
    Examples:
      kit cloud serve                    what DevStack leaves behind, on port 35357
      kit cloud serve lab.yaml --port 0  a cloud of your own, on a free port
      kit cloud check lab.yaml           whether a seed describes a cloud
    """


@command.command()
@click.argument("seed", default="devstack")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=PORT, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.option("--store", default="sqlite://", show_default=True, help="SQLAlchemy URL; the default is memory.")
@click.option("--clock", help="real, manual, or a factor: 60 lets a minute pass in a second. Default: the seed's.")
@click.option(
    "--random-seed", type=int, help="The same number and the same steps give the same ids. Default: the seed's."
)
@click.option("--name", default="labkit", show_default=True, help="The entry's name in clouds.yaml.")
@click.option(
    "--clouds-yaml", type=click.Path(dir_okay=False, path_type=Path), default=Path("clouds.yaml"), show_default=True
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def serve(
    seed: str, host: str, port: int, store: str, clock: str | None, random_seed: int | None, name: str,
    clouds_yaml: Path, form: str,
) -> None:  # fmt: skip
    """Serve a cloud until Ctrl-C.

    SEED is a YAML file, or `devstack` (the default) or `empty`. The administrator is `admin` with
    password `secret` unless the seed says otherwise. An entry for every OpenStack client is written
    to clouds.yaml; a clouds.yaml of your own is left alone.

    \b
    Example:
      kit cloud serve --clock 10
      OS_CLOUD=labkit openstack server list
    """
    from kit.cloud import Cloud
    from kit.cloud.clouds_file import is_found, write_entry
    from kit.cloud.server import Server

    cloud = Cloud.from_seed(seed, random_seed=random_seed, clock=clock, store=store)
    server = Server(cloud, host=host, port=port, threads=8)
    file = write_entry(clouds_yaml, name, cloud.clouds_yaml(server.auth_url))
    _announce(server.auth_url, name, file, is_found(file), form)
    try:
        with suppress(KeyboardInterrupt):
            server.run()
        click.echo("The cloud is gone; what it held is gone with it." if store == "sqlite://" else "Stopped.", err=True)
    finally:
        server.stop()
        cloud.close()


def _announce(auth_url: str, name: str, file: Path, found: bool, form: str) -> None:
    if form == "json":
        click.echo(json.dumps({"auth_url": auth_url, "cloud": name, "clouds_yaml": str(file.resolve())}))
        return
    click.echo(f"A mock OpenStack answers at {auth_url}  (user admin, project admin, domain Default)")
    click.echo(f"Its entry {name!r} is in {file}. In another terminal:\n")
    if not found:
        click.echo(f"  export OS_CLIENT_CONFIG_FILE={file.resolve()}")
    click.echo(f"  export OS_CLOUD={name}")
    click.echo("  openstack server list          # pip install python-openstackclient")
    click.echo(f"\nor in Python:  openstack.connect(cloud={name!r})\n\nCtrl-C ends it.")


@command.command()
@click.argument("seeds", nargs=-1, required=True)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def check(seeds: tuple[str, ...], form: str) -> None:
    """Grow each of the SEEDS once and say whether it describes a cloud.

    \b
    Example:
      kit cloud check labs/00-quick-start/cloud.yaml
    """
    from kit.cloud import Cloud

    found: list[dict[str, Any]] = []
    for seed in seeds:
        try:
            Cloud.from_seed(seed).close()
            found.append({"seed": seed, "ok": True})
        except KitError as error:
            found.append({"seed": seed, "ok": False, "where": error.where, "what": error.what, "todo": error.todo})
    if form == "json":
        click.echo(json.dumps(found, indent=1))
    else:
        for item in found:
            text = "ok" if item["ok"] else f"{item['where']}: {item['what']} {item['todo']}".strip()
            click.echo(f"{item['seed']}: {text}")
    if not all(item["ok"] for item in found):
        raise SystemExit(1)
