"""`kit migrate`: a live migration in the model, a plan, a real one, the two side by side; a host that is drained."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kit.cli.migrate_drain import drain
from kit.cli.migrate_options import (
    FILE,
    GUEST,
    KNOBS,
    dirty_option,
    encryption_option,
    form_option,
    guest_of,
    knobs_of,
    link_of,
    link_option,
    named,
    together,
    turns_of,
)
from kit.errors import KitError

if TYPE_CHECKING:
    from kit.migration import Record


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


@command.command()
@together(*GUEST, dirty_option, *KNOBS, link_option, encryption_option)
@click.option("--page", is_flag=True, help="Page by page in windows of 100 ms, as QEMU does; default pass by pass.")
@click.option("--seed", type=int, default=0, show_default=True, help="For the random pages of --page.")
@click.option("--plot", "picture", type=FILE, help="Also write a picture (png, svg); needs matplotlib.")
@form_option
@named
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

    guest = guest_of(given)
    if picture is not None:
        _writable(picture, "The picture")
    with tqdm(
        total=guest.memory_mib, unit="MiB", desc="simulating", delay=1, mininterval=0.5, leave=False,
        disable=None if page else True,
    ) as bar:  # fmt: skip
        result = run(
            guest, knobs_of(given), link_of(given["link"]), turns=turns_of(given["turns"], given["post_copy"]),
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
        todo = "Give a path that ends in .png, .svg or .pdf."
        raise KitError(f"the picture cannot be written: {error}", where=str(file), todo=todo) from None


def _writable(file: Path, what: str) -> None:
    """Raise before the work is done when its outcome could not be written."""
    new = not file.exists()
    try:
        with file.open("ab"):
            pass
        if new:
            file.unlink()
    except OSError as error:
        told = f"{what} cannot be written: {error.strerror}"
        raise KitError(told, where=str(file), todo="Give another path.") from None


@command.command()
@together(*GUEST, dirty_option, link_option, encryption_option)
@click.option("--max-pause", type=float, required=True, help="The longest standstill, ms.")
@click.option("--max-time", type=float, required=True, help="The longest migration, s.")
@click.option("--bandwidth", type=float, default=0, show_default=True, help="What migrations may take, MiB/s; 0: all.")
@click.option("--no-post-copy", is_flag=True, help="A cut network must not lose the guest.")
@form_option
@named
def plan(
    max_pause: float, max_time: float, bandwidth: float, no_post_copy: bool, encryption: str, form: str, **given: Any
) -> None:  # fmt: skip
    """Find settings for a pause and a time, as nova.conf lines. Exit code 1 when none meet them.

    \b
    Examples:
      kit migrate plan --memory 4096 --working-set 256 --writes 20000 --link 1000 --max-pause 200 --max-time 300
      kit migrate plan --memory 8192 --dirty 1:9000 --dirty 30:60000 --max-pause 300 --max-time 120
    """
    from kit.migration import plan as find

    found = find(
        guest_of(given), link_of(given["link"]), max_pause_ms=max_pause, max_total_s=max_time,
        bandwidth_mib_s=bandwidth, permit_post_copy=not no_post_copy, encryption=encryption,
    )  # fmt: skip
    click.echo(json.dumps(found.to_dict(), indent=1) if form == "json" else repr(found))
    if not found.found:
        raise SystemExit(1)


def _measured(given: dict[str, Any]) -> Record:
    """A real run with a bar of what has been sent."""
    from tqdm import tqdm

    from kit.migration import measure

    guest, knobs, turns = guest_of(given), knobs_of(given), turns_of(given["turns"], given["post_copy"])
    with tqdm(unit="B", unit_scale=True, desc="migrating", leave=False, disable=None) as bar:

        def show(row: dict[str, Any]) -> None:
            if bar.disable:
                return
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
    seen = record.result["bw_eff_mib"]
    throughput = f"throughput {seen:.1f} MiB/s" if seen else "over before its throughput was measured"
    lines = [
        f"{record.status} after {took_s:.2f} s, {record.transferred_bytes / 2**20:.1f} MiB sent in "
        f"{record.dirty_sync_count} syncs{down}",
        f"writes {record.result['writes_per_s_during']} pages/s, {throughput}, QEMU {record.result['qemu']}",
    ]
    if record.result.get("gave_up"):
        lines.append(f"cancelled after {record.result['gave_up']:.1f} s, as --timeout says")
    if record.throttle_pct:
        lines.append(f"auto-converge slowed the guest down by {record.throttle_pct} %")
    return "\n".join(lines)


@command.command()
@together(*GUEST, *KNOBS, *_REAL)
@click.option("--save", type=FILE, help="Append the record to a file, one JSON object a line.")
@form_option
@named
def run(save: Path | None, form: str, **given: Any) -> None:
    """Migrate a tiny guest between two real QEMUs on this machine. Exit code 1 when it does not complete.

    Software emulation throughout, so that no KVM and no root is needed; post-copy alone asks the kernel for
    userfaultfd. Needs qemu-system-x86_64.

    \b
    Examples:
      kit migrate run --memory 256 --used 96 --working-set 32 --writes 4000 --bandwidth 50
      kit migrate run --used 96 --working-set 64 --writes 20000 --bandwidth 50 --post-copy --turn 3:start_postcopy
    """
    if save is not None:
        _writable(save, "The record")
    record = _measured(given)
    if save is not None:
        try:
            with save.open("a", encoding="utf-8") as file:
                file.write(json.dumps(record.to_dict()) + "\n")
        except OSError as error:
            told = f"the record cannot be written: {error.strerror}"
            raise KitError(told, where=str(save), todo="Give another path.") from None
    click.echo(json.dumps(record.to_dict()) if form == "json" else _told(record))
    if record.status != "completed":
        raise SystemExit(1)


@command.command()
@together(*GUEST, *KNOBS, *_REAL)
@click.option("--recorded", is_flag=True, help="The runs that the kit brings along; no QEMU is needed.")
@click.option("--file", "file", type=FILE, help="Runs in a file, one JSON object a line (kit migrate run --save).")
@form_option
@named
def compare(recorded: bool, file: Path | None, form: str, **given: Any) -> None:
    """Run the model and the real QEMU on the same parameters. Exit code 1 when one ends and the other does not.

    \b
    Examples:
      kit migrate compare --used 96 --working-set 32 --writes 4000 --bandwidth 50
      kit migrate compare --recorded
    """
    from tqdm import tqdm

    from kit.migration import compare as beside
    from kit.migration import recorded as brought
    from kit.migration.records import read
    from kit.migration.simulate import finest

    if file is not None and recorded:
        raise KitError("--recorded and --file are two sources", todo="Give one of them.")
    records = list(read(file)) if file is not None else brought() if recorded else [_measured(given)]
    if not records:
        raise KitError("it holds no runs", where=str(file), todo="Write some by: kit migrate run --save FILE.")
    if finest() == "pass":
        click.echo('Without NumPy the model goes pass by pass: pip install "openstack-labkit[migration]"', err=True)
    found = [
        beside(record) for record in tqdm(records, desc="simulating", unit="run", delay=1, leave=False, disable=None)
    ]
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
