"""Migrations: real QEMU runs against the model (see data/migration/FORMAT.md).

Per group the errors of the model are printed; each goal is a case. Groups that depend on the CPU of the machine
(`uncapped`, `tls`, `compress`) are shown and not scored; every group that is not named below is a core group.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from kit.errors import KitError
from kit.migration.comparison import Comparison, compare
from kit.migration.records import read

OWN = frozenset({
    "xbzrle", "autoconverge", "multifd", "postcopy", "action-postcopy", "uncapped", "tls", "compress", "own",
})  # fmt: skip
HEAD = (
    "group              runs  status  total %    bytes %    syncs exact/within 1  downtime ms\n"
    "                                 med   p90   med   p90                       med   p90"
)


def run(path: Path) -> Iterator[tuple[str, str | None]]:
    """Print the table; give each goal's name, and what is wrong or None."""
    groups: dict[str, list[Comparison]] = {}
    smooth: dict[str, list[Comparison]] = {}
    for record in read(path):
        try:
            runs = compare(record), compare(record, resolution="pass")
        except KitError as error:
            yield f"point {record.point}, repetition {record.rep}", str(error)
            continue
        groups.setdefault(record.group, []).append(runs[0])
        smooth.setdefault(record.group, []).append(runs[1])
    print(f"Model at page level against measurement\n{HEAD}")
    for name, runs in groups.items():
        print(line(name, runs))
    core = [run for name, runs in groups.items() if name not in OWN for run in runs]
    fast = [run for name, runs in smooth.items() if name not in OWN for run in runs]
    print(line("core", core))
    print(line("core, pass level", fast))
    if core:
        yield from core_goals(core)
    if "xbzrle" in groups:
        runs = groups["xbzrle"]
        yield within("xbzrle: total time, 90th percentile", quantile(totals(runs), 0.9), 0.06)
        yield within("xbzrle: transferred bytes, 90th percentile", quantile(sent(runs), 0.9), 0.06)
    if "autoconverge" in groups:
        runs = groups["autoconverge"]
        steps = [abs(run.throttle_off_steps) for run in runs]
        yield within("auto-converge: final throttle, steps, median", quantile(steps, 0.5), 1, "{:.1f}")
        yield within("auto-converge: total time, median", quantile(totals(runs), 0.5), 0.30)
        print(f"auto-converge: {sum(step <= 1 for step in steps)} of {len(steps)} runs within one step of the throttle")


def core_goals(runs: list[Comparison]) -> Iterator[tuple[str, str | None]]:
    """The goals of the groups that plain pre-copy and its knobs decide."""
    right = float(np.mean([run.status_right for run in runs]))
    syncs = [abs(run.syncs_off) for run in runs]
    downtimes = [abs(run.downtime_off_ms) for run in runs if run.downtime_off_ms is not None]
    yield at_least("core: final status", right, 1.0)
    yield within("core: total time, median", quantile(totals(runs), 0.5), 0.025)
    yield within("core: total time, 90th percentile", quantile(totals(runs), 0.9), 0.08)
    yield within("core: transferred bytes, median", quantile(sent(runs), 0.5), 0.01)
    yield within("core: transferred bytes, 90th percentile", quantile(sent(runs), 0.9), 0.06)
    yield at_least("core: dirty syncs exact", float(np.mean([off == 0 for off in syncs])), 0.65)
    yield at_least("core: dirty syncs within one", float(np.mean([off <= 1 for off in syncs])), 0.90)
    yield within("core: downtime, ms, median", quantile(downtimes, 0.5), 10, "{:.0f}")


def totals(runs: list[Comparison]) -> list[float]:
    """Errors of the total times of completed runs, shares."""
    return [abs(run.total_error) for run in runs if run.total_error is not None]


def sent(runs: list[Comparison]) -> list[float]:
    """Errors of the transferred bytes, shares."""
    return [abs(run.transferred_error) for run in runs]


def quantile(values: list[float], share: float) -> float:
    """A quantile; not a number where there are no values."""
    return float(np.quantile(values, share)) if values else float("nan")


def line(name: str, runs: list[Comparison]) -> str:
    """A group's row of the table."""
    syncs = [abs(run.syncs_off) for run in runs]
    downtimes = [abs(run.downtime_off_ms) for run in runs if run.downtime_off_ms is not None]
    right = sum(run.status_right for run in runs)
    parts = [
        f"{name:18s} {len(runs):4d} {right:3d}/{len(runs):<3d}",
        *(f"{100 * quantile(totals(runs), share):5.1f}" for share in (0.5, 0.9)),
        *(f"{100 * quantile(sent(runs), share):5.1f}" for share in (0.5, 0.9)),
        f"{np.mean([off == 0 for off in syncs]):9.0%} /{np.mean([off <= 1 for off in syncs]):4.0%}     ",
        *(f"{quantile(downtimes, share):5.0f}" for share in (0.5, 0.9)),
    ]
    return " ".join(parts).replace("  nan", "    -")


def judged(name: str, got: float, wanted: str, holds: bool, form: str) -> tuple[str, str | None]:
    """A goal as a case."""
    print(f"{'holds' if holds else 'FAILS'}  {name}: {form.format(got)} (goal {wanted})")
    return name, None if holds else f"expected {wanted}, got {form.format(got)}"


def within(name: str, got: float, goal: float, form: str = "{:.1%}") -> tuple[str, str | None]:
    """A figure that should be small."""
    return judged(name, got, "at most " + form.format(goal), got <= goal, form)


def at_least(name: str, got: float, goal: float, form: str = "{:.0%}") -> tuple[str, str | None]:
    """A figure that should be large."""
    return judged(name, got, "at least " + form.format(goal), got >= goal, form)
