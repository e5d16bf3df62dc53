"""What the commands of `kit migrate` share: guest, knobs, link and turns as options, and errors that name them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kit.errors import KitError

if TYPE_CHECKING:
    from kit.migration import Guest, Knobs, Link, Turn

FILE = click.Path(dir_okay=False, path_type=Path)
ENCRYPTIONS = click.Choice(["none", "tunnelled", "native-tls", "ipsec"])
form_option = click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
GUEST = (
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
dirty_option = click.option(
    "--dirty", "dirty", multiple=True, metavar="S:PAGES",
    help="Instead of --working-set and --writes, as measured: pages of 4 KiB that were dirty S seconds after a clean "
         "bitmap, as QEMU's query-dirty-rate tells. Give two or more.",
)  # fmt: skip
KNOBS = (
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
link_option = click.option("--link", type=float, default=10_000, show_default=True, help="Network, Mbit/s.")
encryption_option = click.option("--encryption", type=ENCRYPTIONS, default="none", show_default=True)


def together(*options: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Several options as one decorator."""

    def add(function: Any) -> Any:
        for option in reversed(options):
            function = option(function)
        return function

    return add


# What the engine calls a value -> the option that it came from.
_OPTIONS = {
    "memory_mib": "--memory", "used_mib": "--used", "size_mib": "--working-set", "the working set": "--working-set",
    "writes_per_s": "--writes", "written_bytes": "--written-bytes", "max_bandwidth_mib_s": "--bandwidth",
    "bandwidth_mib_s": "--bandwidth", "downtime_limit_ms": "--downtime", "speed_mib_s": "--link",
    "xbzrle_cache_size_mib": "--xbzrle", "xbzrle": "--xbzrle", "compress": "--compress", "compress_threads": "--compress",
    "multifd_channels": "--multifd", "max_pause_ms": "--max-pause", "max_total_s": "--max-time", "timeout_s": "--timeout",
    "spin": "--spin", "poll_s": "--poll", "force_after_s": "--force-after", "abort_after_s": "--abort-after",
    "working_set_mib": "--working-set", "dirty_pages": "--dirty", "at_s": "--turn", "verb": "--turn", "knob": "--turn",
}  # fmt: skip


def named(function: Callable[..., None]) -> Callable[..., None]:
    """Let a value out of range end as an error that says which option it came from."""

    @wraps(function)
    def run(**given: Any) -> None:
        from kit.migration.errors import ValueOutOfRange

        try:
            function(**given)
        except ValueOutOfRange as error:
            option = _OPTIONS.get(error.name.partition(" (")[0], "")
            raise KitError(error.what, where=error.where or option, todo=error.todo) from None

    return run


def guest_of(given: dict[str, Any]) -> Guest:
    from kit.migration import Guest, Random, Sequential, from_measured

    told = {
        "content": given["content"],
        "written_bytes": given["written_bytes"],
        "writes_zero": given["content"] == "zero",
    }
    if given.get("dirty"):
        if given["writes"] or given["size"]:
            raise click.UsageError("--dirty tells what --working-set and --writes would; give one or the other.")
        series = [_pair(text) for text in given["dirty"]]
        return Guest(
            given["memory"],
            used_mib=given["used"],
            working_set=from_measured(series, memory_mib=given["memory"]),
            **told,
        )
    kind = Random if given["pattern"] == "random" else Sequential
    if given["writes"] and not given["size"]:
        raise click.UsageError("--writes tells how fast the guest writes; --working-set MiB is to tell where.")
    return Guest(given["memory"], used_mib=given["used"], working_set=kind(given["size"], given["writes"]), **told)


def _pair(text: str) -> tuple[float, float]:
    """A sample from a text such as `10:20000`."""
    seconds, _, pages = text.partition(":")
    try:
        return float(seconds), float(pages)
    except ValueError:
        todo = "Write --dirty 1:5000 --dirty 10:20000."
        raise KitError(f"{text!r} is not SECONDS:PAGES", where="--dirty", todo=todo) from None


def knobs_of(given: dict[str, Any]) -> Knobs:
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


def turns_of(texts: tuple[str, ...], post_copy: bool = False) -> list[Turn]:
    """Turns from texts such as `4:stop` and `4:downtime_limit_ms=2000`."""
    from kit.migration import Turn

    found: list[Turn] = []
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
        if found[-1].verb == "start_postcopy" and not post_copy:
            raise KitError(
                "QEMU refuses a switch that was not permitted", where=f"--turn {text}", todo="Add --post-copy."
            )
    return found


def link_of(mbit_s: float) -> Link:
    from kit.migration import Link

    return Link.of_mbit_s(mbit_s)
