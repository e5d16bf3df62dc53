"""What is left over time as a curve with its teeth: down while a pass sends, up at each synchronisation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from kit.migration.units import MIB, PAGE_BYTES

if TYPE_CHECKING:
    from kit.migration.result import Result


TEETH = 120  # of a stretch of equal passes, at most


def curve(result: Result) -> list[tuple[float, float]]:
    """Points (seconds, MiB left) of a run, to be joined by straight lines.

    At page level these are the samples. At pass level a sample is taken after each synchronisation only, so that the
    low point of each tooth comes from the pass before it.
    """
    samples = [(sample.t_s, sample.remaining_bytes / MIB) for sample in result.samples]
    if result.resolution == "page":
        return samples
    lows = [(row.start_s + row.seconds, row.left_pages * PAGE_BYTES / MIB) for row in result.passes]
    points: list[tuple[float, float]] = []
    for moment, left in samples:
        while lows and lows[0][0] <= moment + 1e-9:
            points.append(lows.pop(0))
        points.append((moment, left))
    return sorted([*points, *_repeated(result)], key=lambda point: point[0]) if result.log.repeats else points


def _repeated(result: Result) -> Iterator[tuple[float, float]]:
    """Teeth of the stretches that the model counts and does not run; fewer and wider ones where there are many."""
    for began, until, length in result.log.repeats:
        last = next((row for row in reversed(result.passes) if row.start_s + row.seconds <= began + 1e-6), None)
        if last is None:
            continue
        low, high = (pages * PAGE_BYTES / MIB for pages in (last.left_pages, last.dirty_pages))
        count = min(round((until - began) / length), TEETH)
        for number in range(1, count + 1):
            moment = began + (until - began) * number / count
            yield moment, low
            yield moment, high
