"""Migrations as charts: one with its threshold and the guest's speed, or several beside each other."""

from __future__ import annotations

from collections.abc import Mapping

from kit.migration import Result
from kit.migration.units import MIB, PAGE_BYTES, told_seconds
from kit.views.chart import BLUE, GREEN, ORANGE, RED, Chart, Line, Pane

STYLES = ((BLUE, ""), (ORANGE, "8 4"), (GREEN, "2 3"), (RED, "9 3 2 3"))


def one(result: Result, zoom: bool = False) -> Chart:
    """What is left and the guest's own speed over time; `zoom` cuts the first pass off above the later ones."""
    minutes = result.total_s > 600
    unit = 60 if minutes else 1
    left = [(t / unit, mib) for t, mib in result.curve]
    limit = [(s.t_s / unit, s.threshold_bytes / MIB) for s in result.samples if s.threshold_bytes]
    later = max((row.dirty_pages * PAGE_BYTES / MIB for row in result.passes), default=0.0)
    top = 1.3 * max(later, limit[-1][1] if limit else 0.0) if zoom else 0.0
    end = "never ends" if result.never else f"{result.status} after {told_seconds(result.total_s)}"
    return Chart(
        f"Live migration: {end}",
        f"Time ({'min' if minutes else 's'})",
        (
            Pane("Memory left (MiB)", (Line("left to send", left), Line("threshold", limit, ORANGE, "7 4")), 210, top),
            Pane("Guest's speed (%)", (Line("guest's speed", _speed(result, unit), GREEN, "2 3", steps=True),), 80, 105.0),
        ),
        " ".join(repr(result).splitlines()[:2]),
        [(turn.at_s / unit, turn.verb.replace("_", "-")) for turn in result.turns if turn.by == "hand"],
        open_end=result.never,
    )  # fmt: skip


def _speed(result: Result, unit: int) -> list[tuple[float, float]]:
    """The guest's own speed, percent; a standstill is drawn as such."""
    speed = [(s.t_s / unit, 100 * s.guest_speed) for s in result.samples]
    if result.log.stop_at_s is None or result.downtime_ms <= 20:
        return speed
    halt, go = (t / unit for t in (result.log.stop_at_s, result.log.stop_at_s + result.downtime_ms / 1000))
    return sorted([*(point for point in speed if not halt <= point[0] <= go + 1e-9), (halt, 0.0), (go, 100.0)])


def beside(results: Mapping[str, Result], from_s: float = 0.0) -> Chart:
    """What is left of up to four migrations, and below it each guest's speed.

    Parameters
    ----------
    results : mapping of name to Result
        In the order of the legend.
    from_s : float
        Where the chart begins, seconds.
    """
    styled = list(zip(results.items(), STYLES, strict=False))
    left = [Line(name, _since(result.curve, from_s), colour, dash) for (name, result), (colour, dash) in styled]
    speed = [
        Line(name, _held(_speed(result, 1), from_s), colour, dash, steps=True)
        for (name, result), (colour, dash) in styled
    ]
    text = "; ".join(f"{name}: {repr(result).splitlines()[0]}" for name, result in results.items())
    panes = (Pane("Memory left (MiB)", left, 150), Pane("Guest's speed (%)", speed, 80, 105.0))
    return Chart("Live migrations beside each other", "Time (s)", panes, text, legend_of=1, left=from_s)


def _since(points: list[tuple[float, float]], from_s: float) -> list[tuple[float, float]]:
    """The points from a moment on, with the one on the line at that moment."""
    later = [point for point in points if point[0] > from_s]
    before = [point for point in points if point[0] <= from_s]
    if not before or not later:
        return later or points[-1:]
    (x, y), (u, v) = before[-1], later[0]
    return [(from_s, y + (v - y) * (from_s - x) / (u - x)), *later]


def _held(points: list[tuple[float, float]], from_s: float) -> list[tuple[float, float]]:
    """The points from a moment on; the value of that moment is the one before it."""
    before = [y for x, y in points if x <= from_s]
    return [(from_s, before[-1] if before else 100.0), *(point for point in points if point[0] > from_s)]
