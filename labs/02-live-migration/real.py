"""A real migration between two QEMUs on this machine, or the recorded one of the same settings."""

from __future__ import annotations

import os

from kit.migration import Comparison, Guest, Knobs, Record, compare, measure, recorded
from kit.migration.errors import QemuError

FIGURES = ("mem", "fill", "ws", "rate", "pattern", "bw", "downtime")


def migrate(guest: Guest, knobs: Knobs, turns: tuple = (), timeout_s: float = 15.0) -> Comparison:
    """Migrate the tiny guest for real, and set the model beside it.

    Where outputs are kept to be compared, and where there is no QEMU, a recorded run of the same settings serves.
    """
    if os.environ.get("KIT_PROGRESS", "").lower() == "off":
        return _from_record(guest, knobs, "This is a recorded run; run the cell to migrate on your own machine.")
    try:
        print("Two QEMUs start on this machine...", flush=True)
        return compare(measure(guest, knobs, turns, timeout_s=timeout_s, on_row=_bar()))
    except QemuError as error:
        return _from_record(guest, knobs, str(error))


def _bar():
    """A progress bar of the memory left, drawn by the polls."""
    from IPython.display import display
    from ipywidgets import FloatProgress

    bar = FloatProgress(description="MiB left")
    display(bar)

    def show(row: dict) -> None:
        left = (row["remaining_bytes"] or 0) / 2**20
        bar.max = max(bar.max if bar.max != 100 else 0, left, 1)
        bar.value, bar.description = left, f"{left:.0f} MiB left"

    return show


def _from_record(guest: Guest, knobs: Knobs, why: str) -> Comparison:
    print(why)
    wanted = (
        guest.memory_mib, guest.used_pages / 256, guest.working_set.size_mib, guest.working_set.writes_per_s,
        {"random": "random"}.get(guest.working_set.kind, "seq"), knobs.max_bandwidth_mib_s, knobs.downtime_limit_ms,
    )  # fmt: skip
    plain = [record for record in recorded() if not record.params["caps"] and not record.params["actions"]]
    same = [record for record in plain if _settings(record) == wanted]
    if not same:
        print("No recorded run has these settings; the nearest one is shown.")
    return compare(min(same or plain, key=lambda record: _distance(_settings(record), wanted)))


def _settings(record: Record) -> tuple:
    return tuple(record.params[name] for name in FIGURES)


def _distance(one: tuple, other: tuple) -> float:
    pairs = [(a, b) for a, b in zip(one, other, strict=True) if not isinstance(a, str)]
    return sum(abs(a - b) / max(a, b, 1) for a, b in pairs) + (one[4] != other[4])
