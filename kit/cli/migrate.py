"""`kit migrate`: a live migration in the model, a plan, a real one, the two side by side; a host that is drained."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kit.cli.migrate_drain import drain
from kit.errors import KitError

if TYPE_CHECKING:
    from kit.migration import Guest, Knobs, Link, Record, Turn

FILE = click.Path(dir_okay=False, path_type=Path)
ENCRYPTIONS = click.Choice(["none", "tunnelled", "native-tls", "ipsec"])
_form = click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
_GUEST = (
    click.option("--memory", type=float, default=256, show_default=True, help="RAM, MiB."),
    click.option("--used", type=float, help="RAM that is not zero, MiB. Default: all, in a real run less 4."),
    click.option("--working-set", "size", type=float, default=0, show_default=True, help="Rewritten memory, MiB."),
    click.option("--writes", type=float, default=0, show_default=True, help="Rewritten pages of 4 KiB a second."),
    click.option("--pattern", type=click.Choice(["sequential", "random"]), default="sequential", show_default=True),
    click.option(
        "--content", type=click.Choice(["zero", "const", "half", "random"]), default="random", show_default=True
    ),
    click.option("--written-bytes", type=int, default=64, show_default=True, help="Bytes that a write changes."),
)
_KNOBS = (
    click.option("--bandwidth", type=float, default=0, show_default=True, help="Cap, MiB/s; 0 for none."),
    click.option("--downtime", type=float, help="Downtime limit, ms. Default 300 (QEMU), with --nova 500 in steps."),
    click.option("--nova", is_flag=True, help="Nova's defaults: downtime steps and a timeout of 800 s per GiB."),
    click.option("--auto-converge", is_flag=True, help="Slow the guest's CPU down."),
    click.option("--xbzrle", type=float, metavar="MIB", help="Send differences, with a cache of that size."),
    click.option("--compress", type=int, metavar="THREADS", help="The old zlib compression (not in QEMU 9.1)."),
    click.option("--multifd", type=int, metavar="CHANNELS", help="Several connections."),
    click.option("--post-copy", is_flag=True, help="Permit the switch; make it with --turn 4:start_postcopy."),
    click.option("--turn", "turns", multiple=True, metavar="S:WHAT", help="At second S: stop, abort, force_complete, "
                 "start_postcopy, cut, or KNOB=VALUE. May be repeated."),
)  # fmt: skip
_link = click.option("--link", type=float, default=10_000, show_default=True, help="Network, Mbit/s.")
_encryption = click.option("--encryption", type=ENCRYPTIONS, default="none", show_default=True)


def _with(*options: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Several options as one decorator."""

    def add(function: Any) -> Any:
        for option in reversed(options):
            function = option(function)
        return function

    return add


@click.group()
def command() -> None:
    """Live migration: simulate it, plan it, run a real one, compare the two, drain a host.

    Sizes are MiB, speeds of migrations MiB/s (as QEMU and Nova count), links Mbit/s (as networks are sold).

    \b
    Examples:
      kit migrate simulate --memory 4096 --working-set 256 --writes 20000 --bandwidth 100
      kit migrate plan --memory 4096 --working-set 256 --writes 20000 --link 1000 --max-pause 200 --max-time 300
      kit migrate run --memory 256 --used 96 --working-set 32 --writes 4000 --bandwidth 50
      kit migrate compare --recorded
      kit migrate drain compute-7 --cloud prod --dry-run

    Exit codes: 0 fine, 1 it does not end, no plan is found, or servers remain, 2 error.
    """


command.add_command(drain)


def _guest(given: dict[str, Any]) -> Guest:
    from kit.migration import Guest, Random, Sequential

    kind = Random if given["pattern"] == "random" else Sequential
    if given["writes"] and not given["size"]:
        raise click.UsageError("--writes tells how fast the guest writes; --working-set MiB is to tell where.")
    return Guest(
        given["memory"], used_mib=given["used"], working_set=kind(given["size"], given["writes"]),
        content=given["content"], written_bytes=given["written_bytes"], writes_zero=given["content"] == "zero",
    )  # fmt: skip


def _knobs(given: dict[str, Any]) -> Knobs:
    from kit.migration import Knobs

    changes: dict[str, Any] = {
        "max_bandwidth_mib_s": given["bandwidth"], "auto_converge": given["auto_converge"],
        "postcopy": given["post_copy"], "encryption": given.get("encryption") or "none",
    }  # fmt: skip
    if given["downtime"] is not None:
        changes["downtime_limit_ms"] = given["downtime"]
    if given["xbzrle"] is not None:
        changes |= {"xbzrle": True, "xbzrle_cache_size_mib": given["xbzrle"]}
    if given["compress"] is not None:
        changes |= {"compress": True, "compress_threads": given["compress"]}
    if given["multifd"] is not None:
        changes |= {"multifd": True, "multifd_channels": given["multifd"]}
    return Knobs.nova(**changes) if given["nova"] else Knobs(**changes)


def _turns(texts: tuple[str, ...]) -> list[Turn]:
    """Turns from texts such as `4:stop` and `4:downtime_limit_ms=2000`."""
    from kit.migration import Turn

    found = []
    for text in texts:
        at, colon, what = text.partition(":")
        name, equals, value = what.partition("=")
        try:
            if not colon:
                raise ValueError
            found.append(Turn(float(at), "set", {name: float(value)}) if equals else Turn(float(at), name))
        except ValueError:
            raise KitError(
                f"--turn {text!r} is not SECONDS:WHAT", todo="Write 4:stop, or 4:downtime_limit_ms=2000."
            ) from None
    return found


def _link_of(mbit_s: float) -> Link:
    from kit.migration import Link

    return Link.of_mbit_s(mbit_s)


@command.command()
@_with(*_GUEST, *_KNOBS, _link, _encryption)
@click.option("--page", is_flag=True, help="Page by page in windows of 100 ms, as QEMU does; default pass by pass.")
@click.option("--seed", type=int, default=0, show_default=True, help="For the random pages of --page.")
@click.option("--plot", "picture", type=FILE, help="Also write a picture (png, svg); needs matplotlib.")
@_form
def simulate(page: bool, seed: int, picture: Path | None, form: str, **given: Any) -> None:
    """Simulate one migration; say why it ends, or what would end it. Exit code 1 when it does not complete.

    \b
    Examples:
      kit migrate simulate --memory 4096 --working-set 256 --writes 20000 --bandwidth 100
      kit migrate simulate --memory 256 --working-set 64 --writes 20000 --bandwidth 50 --turn 4:downtime_limit_ms=2000
      kit migrate simulate --nova --memory 8192 --working-set 512 --writes 60000 --link 1000 --format json
    """
    from tqdm import tqdm

    from kit.migration import simulate as run

    guest = _guest(given)
    with tqdm(
        total=guest.memory_mib, unit="MiB", desc="simulating", delay=1, mininterval=0.5, leave=False, disable=not page
    ) as bar:
        result = run(
            guest, _knobs(given), _link_of(given["link"]), turns=_turns(given["turns"]),
            resolution="page" if page else "pass", seed=seed, on_sample=lambda sample: _show(bar, sample),
        )  # fmt: skip
    if picture is not None:
        _save(result.plot(), picture)
    ways = [] if result.completed else result.remedies
    if form == "json":
        click.echo(json.dumps(result.to_dict() | {"remedies": [way.to_dict() for way in ways]}, indent=1))
    else:
        click.echo(repr(result))
        if ways:
            click.echo("\nThis would end it, cheapest first:")
            for way in ways:
                click.echo(f"  {way}")
    if not result.completed:
        raise SystemExit(1)


def _show(bar: Any, sample: Any) -> None:
    """How much of the memory is over, on a bar."""
    bar.update(max(round(bar.total - sample.remaining_bytes / 2**20), 0) - bar.n)


def _save(figure: Any, file: Path) -> None:
    try:
        figure.savefig(file)
    except (OSError, ValueError) as error:
        raise KitError(f"the picture cannot be written: {error}", where=str(file)) from None


@command.command()
@_with(*_GUEST, _link)
@click.option("--max-pause", type=float, required=True, help="The longest standstill, ms.")
@click.option("--max-time", type=float, required=True, help="The longest migration, s.")
@click.option("--bandwidth", type=float, default=0, show_default=True, help="What migrations may take, MiB/s; 0: all.")
@click.option("--no-post-copy", is_flag=True, help="A cut network must not lose the guest.")
@_form
def plan(max_pause: float, max_time: float, bandwidth: float, no_post_copy: bool, form: str, **given: Any) -> None:
    """Find settings for a pause and a time, as nova.conf lines. Exit code 1 when none meet them.

    \b
    Example:
      kit migrate plan --memory 4096 --working-set 256 --writes 20000 --link 1000 --max-pause 200 --max-time 300
    """
    from kit.migration import plan as find

    found = find(
        _guest(given), _link_of(given["link"]), max_pause_ms=max_pause, max_total_s=max_time,
        bandwidth_mib_s=bandwidth, permit_post_copy=not no_post_copy,
    )  # fmt: skip
    click.echo(json.dumps(found.to_dict(), indent=1) if form == "json" else repr(found))
    if not found.found:
        raise SystemExit(1)


def _measured(given: dict[str, Any]) -> Record:
    """A real run with a bar of what has been sent."""
    from tqdm import tqdm

    from kit.migration import measure

    guest, knobs, turns = _guest(given), _knobs(given), _turns(given["turns"])
    with tqdm(unit="B", unit_scale=True, desc="migrating", leave=False) as bar:

        def show(row: dict[str, Any]) -> None:
            sent = row["transferred_bytes"] or bar.n
            bar.total = sent + (row["remaining_bytes"] or 0)
            bar.update(sent - bar.n)
            bar.set_postfix_str(f"{row['status']}, {row['dirty_sync_count'] or 0} syncs", refresh=False)

        return measure(guest, knobs, turns, timeout_s=given["timeout"], spin=given["spin"], on_row=show)


_REAL = (
    click.option("--timeout", type=float, default=20, show_default=True, help="Cancel after so many seconds."),
    click.option("--spin", type=int, default=0, help="A writer bound by the CPU: empty loops between writes."),
)


def _told(record: Record) -> str:
    """A real run in a few lines."""
    down = "" if record.downtime_ms is None else f", guest stopped {record.downtime_ms:.0f} ms"
    took_s = record.total_s or record.last[0]
    lines = [
        f"{record.status} after {took_s:.2f} s, {record.transferred_bytes / 2**20:.1f} MiB sent in "
        f"{record.dirty_sync_count} syncs{down}",
        f"writes {record.result['writes_per_s_during']} pages/s, throughput {record.result['bw_eff_mib'] or 0:.1f} MiB/s, "
        f"QEMU {record.result['qemu']}",
    ]
    if record.throttle_pct:
        lines.append(f"auto-converge slowed the guest down by {record.throttle_pct} %")
    return "\n".join(lines)


@command.command()
@_with(*_GUEST, *_KNOBS, *_REAL)
@click.option("--save", type=FILE, help="Append the record to a file, one JSON object a line.")
@_form
def run(save: Path | None, form: str, **given: Any) -> None:
    """Migrate a tiny guest between two real QEMUs on this machine. Exit code 1 when it does not complete.

    Software emulation throughout, so that no KVM and no root is needed; post-copy alone asks the kernel for
    userfaultfd. Needs qemu-system-x86_64.

    \b
    Examples:
      kit migrate run --memory 256 --used 96 --working-set 32 --writes 4000 --bandwidth 50
      kit migrate run --used 96 --working-set 64 --writes 20000 --bandwidth 50 --post-copy --turn 3:start_postcopy
    """
    record = _measured(given)
    if save is not None:
        try:
            with save.open("a", encoding="utf-8") as file:
                file.write(json.dumps(record.to_dict()) + "\n")
        except OSError as error:
            raise KitError(f"the record cannot be written: {error.strerror}", where=str(save)) from None
    click.echo(json.dumps(record.to_dict()) if form == "json" else _told(record))
    if record.status != "completed":
        raise SystemExit(1)


@command.command()
@_with(*_GUEST, *_KNOBS, *_REAL)
@click.option("--recorded", is_flag=True, help="The runs that the kit brings along; no QEMU is needed.")
@click.option("--file", "file", type=FILE, help="Runs in a file, one JSON object a line (kit migrate run --save).")
@_form
def compare(recorded: bool, file: Path | None, form: str, **given: Any) -> None:
    """Run the model and the real QEMU on the same parameters. Exit code 1 when one ends and the other does not.

    \b
    Examples:
      kit migrate compare --used 96 --working-set 32 --writes 4000 --bandwidth 50
      kit migrate compare --recorded
    """
    from kit.migration import compare as beside
    from kit.migration import recorded as brought
    from kit.migration.records import read

    if file is not None and not file.exists():
        raise KitError("no such file", where=str(file))
    records = list(read(file)) if file is not None else brought() if recorded else [_measured(given)]
    found = [beside(record) for record in records]
    if form == "json":
        click.echo(json.dumps([each.to_dict() for each in found], indent=1))
    else:
        click.echo("\n\n".join(f"{_name(each.record)}\n{each!r}" for each in found))
    if not all(each.status_right for each in found):
        raise SystemExit(1)


def _name(record: Record) -> str:
    guest, knobs, turns = record.inputs
    told = "; ".join(str(turn) for turn in turns if turn.by == "hand")
    return f"{guest}, {knobs}" + (f", {told}" if told else "")
