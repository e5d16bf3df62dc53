"""`kit migrate drain`: empty a host of any cloud for maintenance."""

from __future__ import annotations

import json
import sys
from types import TracebackType
from typing import TYPE_CHECKING, Any

import click

from kit.cli.clouds import answers, connect, named_cloud
from kit.cli.migrate_options import named
from kit.errors import KitError

if TYPE_CHECKING:
    from openstack.connection import Connection

    from kit.migration.drain import Estimate
    from kit.migration.draining import Drain, Step

_ENDED = ("moved", "left")


class Bars:
    """A bar for the host and one for each server on its way; lines where there is no terminal."""

    def __init__(self, host: str, total: int, lines: bool) -> None:
        from tqdm import tqdm

        self._tqdm, self._lines = tqdm, lines and not sys.stderr.isatty()
        self._all = tqdm(total=total, desc=host, unit="server", disable=None)
        self._own: dict[str, Any] = {}

    def __enter__(self) -> Bars:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for bar in [*self._own.values(), self._all]:
            bar.close()

    def __call__(self, step: Step) -> None:
        if self._lines and step.percent in (None, 100):
            click.echo(str(step), err=True)
        if not step.server:
            return
        if step.status in _ENDED:
            self._all.update()
            bar = self._own.pop(step.server, None)
            if bar is not None:
                bar.close()
            return
        if step.server not in self._own:
            self._own[step.server] = self._tqdm(total=100, desc=f"  {step.server}", unit="%", leave=False, disable=None)
        bar = self._own[step.server]
        bar.set_postfix_str(step.status, refresh=False)
        if step.percent is not None:
            bar.update(step.percent - bar.n)  # back, too: a guest dirties what was sent


@click.command()
@click.argument("host")
@click.option(
    "--cloud", envvar="OS_CLOUD", show_envvar=True, metavar="NAME", help="In clouds.yaml; an administrator's."
)
@click.option("--dry-run", is_flag=True, help="Only look, and tell what it would take.")
@click.option("--parallel", type=click.IntRange(1, 64), default=1, show_default=True, help="How many at a time.")
@click.option("--link", type=float, default=10_000, show_default=True, help="For the estimate: network, Mbit/s.")
@click.option("--bandwidth", type=float, default=0, help="For the estimate: live_migration_bandwidth, MiB/s.")
@click.option("--post-copy", is_flag=True, help="For the estimate: live_migration_permit_post_copy.")
@click.option(
    "--writes",
    type=float,
    default=1000,
    show_default=True,
    help="For the estimate: pages of 4 KiB that a guest rewrites a second.",
)
@click.option("--working-set", type=float, default=128, show_default=True, help="For the estimate: where, MiB.")
@click.option("--retries", type=click.IntRange(0, 10), default=1, show_default=True, help="For a migration that fails.")
@click.option("--force-after", type=float, default=0, metavar="S", help="Force what still runs after S seconds.")
@click.option("--abort-after", type=float, default=0, metavar="S", help="Abort what still runs after S seconds.")
@click.option("--poll", type=float, default=2, show_default=True, help="Seconds between two looks.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@named
def drain(host: str, cloud: str | None, dry_run: bool, form: str, **given: Any) -> None:
    """Move all servers off HOST: disable it, migrate live what runs and cold what is stopped, report.

    One at a time the shortest goes first, so that most are safe soon; several at a time the longest, so that the
    lanes end together. A stopped server's migration is confirmed. Exit code 1 when some remain.

    \b
    Examples:
      kit migrate drain compute-7 --cloud prod --dry-run
      kit migrate drain compute-7 --cloud prod --parallel 2 --force-after 600
      kit migrate drain compute-1 --cloud labkit --format json
    """
    from kit.migration import Knobs, Link
    from kit.migration.draining import Drain

    cloud = named_cloud(cloud)
    if cloud is None:
        raise KitError("which cloud?", todo="Give --cloud NAME, as in clouds.yaml, or set OS_CLOUD.")
    knobs = Knobs.nova(max_bandwidth_mib_s=given["bandwidth"], postcopy=given["post_copy"])
    job = Drain(
        _connect(cloud), host, parallel=given["parallel"], link=Link.of_mbit_s(given["link"]), knobs=knobs,
        writes_per_s=given["writes"], working_set_mib=given["working_set"], retries=given["retries"],
        force_after_s=given["force_after"], abort_after_s=given["abort_after"], poll_s=given["poll"],
    )  # fmt: skip
    with answers(cloud):
        expected = job.estimate()
    if dry_run:
        click.echo(json.dumps(expected.to_dict(), indent=1) if form == "json" else repr(expected))
        raise SystemExit(1 if expected.stay or expected.doubtful else 0)
    if form == "text":
        click.echo(_first(expected))
    try:
        with answers(cloud), Bars(host, len(expected.moves) + len(expected.stay), form == "text") as bars:
            report = job.run(bars)
    except (KeyboardInterrupt, KitError):
        click.echo(_broken_off(job), err=True)
        raise
    click.echo(json.dumps(report.to_dict(), indent=1) if form == "json" else repr(report))
    if not report.empty:
        raise SystemExit(1)


def _connect(cloud: str) -> Connection:
    return connect(cloud, compute_api_version="2", compute_default_microversion="2.80")


def _broken_off(job: Drain) -> str:
    """What a drain leaves behind that did not come to its end."""
    report, away = job.report, ", ".join(job.on_their_way)
    moved = ", ".join(row["server"] for row in report.moved) if report is not None else ""
    return "\n".join([
        f"\nBroken off. Moved: {moved or 'none'}. On their way, and not stopped: {away or 'none'}.",
        f"Take it up again with the same command, or take the host back into service:\n"
        f"  openstack compute service set --enable {job.host} nova-compute",
    ])  # fmt: skip


def _first(expected: Estimate) -> str:
    return repr(expected) + "\n"
