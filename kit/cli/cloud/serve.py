"""`kit cloud serve`: the mock OpenStack on a port."""

from __future__ import annotations

import gc
import json
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kit.errors import KitError

if TYPE_CHECKING:
    from kit.cloud import Cloud

PORT = 35357
# So many new objects between two looks for garbage while a cloud starts.
RARELY = 100_000


@click.command()
@click.argument("seed", default="devstack")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=PORT, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.option("--store", default="sqlite://", show_default=True, help="SQLAlchemy URL; the default is memory.")
@click.option("--clock", help="real, manual, or a factor: 60 lets a minute pass in a second. Default: the seed's.")
@click.option(
    "--random-seed", type=int, help="The same number and the same steps give the same ids. Default: the seed's."
)
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Processes on one --store.")
@click.option(
    "--control-token", default="", envvar="KIT_CLOUD_TOKEN", help="Who shows it may steer the cloud from anywhere."
)
@click.option("--public-url", default="", help="By which clients reach it, behind a proxy: https://lab.example.org/os")
@click.option("--name", default="labkit", show_default=True, help="The entry's name in clouds.yaml.")
@click.option(
    "--clouds-yaml", type=click.Path(dir_okay=False, path_type=Path), default=Path("clouds.yaml"), show_default=True
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(
    seed: str, host: str, port: int, store: str, clock: str | None, random_seed: int | None, workers: int,
    control_token: str, public_url: str, name: str, clouds_yaml: Path, form: str,
) -> None:  # fmt: skip
    """Serve a cloud until Ctrl-C.

    SEED is a YAML file, or `devstack` (the default) or `empty`. The administrator is `admin` with
    password `secret` unless the seed says otherwise. An entry for every OpenStack client is written
    to clouds.yaml; a clouds.yaml of your own is left alone.

    With --store the cloud is kept: sqlite:///cloud.db is a file, postgresql://USER@HOST/DATABASE a
    database. A store that holds a cloud already is opened as it was left, and SEED is not grown again.

    Behind a proxy the cloud names --public-url in its catalog and its links; the proxy may take the
    prefix off the path or leave it. To steer such a cloud takes --control-token.

    \b
    Examples:
      kit cloud serve --clock 10
      OS_CLOUD=labkit openstack server list
      kit cloud serve --store sqlite:///cloud.db --workers 2
    """
    # What is loaded now stays to the end: looking for garbage in it often would make the start half as long again,
    # and every later request a little slower. A large seed leaves some, though.
    usual = gc.get_threshold()
    gc.set_threshold(RARELY, 5, 5)
    from kit.cloud import Cloud
    from kit.cloud.clouds_file import is_found, write_entry
    from kit.cloud.public import Public
    from kit.cloud.server import MOST, SPARE, open_files
    from kit.cloud.urls import in_memory

    if workers > 1 and in_memory(store):
        raise KitError("several workers need a store that they share", todo="Give --store sqlite:///cloud.db, say.")
    signal.signal(signal.SIGTERM, _interrupt)
    open_files(MOST + SPARE)

    def make() -> Cloud:
        return Cloud.from_seed(seed, random_seed=random_seed, clock=clock, store=store)

    def announce(cloud: Cloud, auth_url: str) -> None:
        gc.freeze()
        gc.set_threshold(*usual)
        file = write_entry(clouds_yaml, name, cloud.clouds_yaml(auth_url))
        _announce(auth_url, name, file, is_found(file), form)

    options = {"token": control_token, "public_url": public_url}
    if public_url:
        Public.read(public_url)
    if workers > 1:
        from kit.cloud.workers import serve

        serve(make, announce, host=host, port=port, count=workers, **options)
    else:
        _serve(make(), announce, host=host, port=port, **options)
    click.echo("The cloud is gone; what it held is gone with it." if in_memory(store) else "Stopped.", err=True)


def _serve(cloud: Cloud, announce: Any, *, host: str, port: int, token: str, public_url: str) -> None:
    from kit.cloud.server import Server

    server = Server(cloud, host=host, port=port, threads=8, token=token, public_url=public_url)
    try:
        announce(cloud, server.auth_url)
        server.run()
    except KeyboardInterrupt:
        pass
    finally:
        server.stop()
        cloud.close()


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


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
    click.echo(f"\nor in Python:  openstack.connect(cloud={name!r})")
    click.echo("Each call as it comes:  kit cloud log --follow\n\nCtrl-C ends it.")
