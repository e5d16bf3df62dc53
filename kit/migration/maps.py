"""Maps over two knobs: the pass-level model for a whole grid at once.

Where nothing changes during a run the passes of all points are computed together in arrays; auto-converge, xbzrle,
Nova's steps and timeouts go point by point, through the same model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kit.migration.content import page_bytes
from kit.migration.convergence import LONGEST, convergence
from kit.migration.errors import ValueOutOfRange
from kit.migration.guest import Guest
from kit.migration.knobs import NAMES, Knobs
from kit.migration.link import Link
from kit.migration.passes import GAIN, PATIENCE, TINY
from kit.migration.simulate import simulate
from kit.migration.units import MIB, PAGE_BYTES
from kit.migration.variants import GUEST_AXES, LINK_AXES, UNITS, variant
from kit.migration.window import WINDOW_S
from kit.migration.working_set import Sequential

Grid = NDArray[np.float64]
PASSES = 100_000
_TOGETHER = frozenset({"max_bandwidth_mib_s", "downtime_limit_ms", "writes_per_s", "speed_mib_s"})


class Map:
    """Figures over a grid: the first axis runs along rows, the second along columns.

    Attributes
    ----------
    axes : tuple of (name, values)
        The two knobs.
    total_s, downtime_ms, transferred_bytes, syncs : array
        One figure a point; NaN in the first three where the migration never ends.
    """

    def __init__(self, axes: tuple[tuple[str, list[float]], ...], figures: dict[str, Grid]) -> None:
        self.axes = axes
        self.total_s, self.downtime_ms = figures["total_s"], figures["downtime_ms"]
        self.transferred_bytes, self.syncs = figures["transferred_bytes"], figures["syncs"]

    @property
    def ends(self) -> NDArray[np.bool_]:
        """Where the migration ends."""
        return ~np.isnan(self.total_s)

    def to_dict(self) -> dict[str, Any]:
        """The map as plain data; None where it never ends."""

        def plain(grid: Grid) -> list[list[float | None]]:
            return [[None if np.isnan(value) else float(value) for value in row] for row in grid]

        return {
            "axes": [{"name": name, "values": list(values)} for name, values in self.axes],
            "total_s": plain(self.total_s), "downtime_ms": plain(self.downtime_ms),
            "transferred_bytes": plain(self.transferred_bytes),
        }  # fmt: skip

    def __repr__(self) -> str:
        (rows, _), (columns, _) = self.axes
        count = int(self.ends.sum())
        lines = [f"{rows} by {columns}: {count} of {self.ends.size} points end"]
        if count:
            lines.append(
                f"total {np.nanmin(self.total_s):.1f} to {np.nanmax(self.total_s):.1f} s, "
                f"downtime {np.nanmin(self.downtime_ms):.0f} to {np.nanmax(self.downtime_ms):.0f} ms"
            )
        return "\n".join(lines)

    def plot(self, figure: str = "total_s") -> Any:
        """A picture of one figure; a matplotlib figure with its text in `alt`."""
        from kit.migration.plot import plot_map

        return plot_map(self, figure)


def sweep(
    guest: Guest, knobs: Knobs, link: Link, rows: tuple[str, Sequence[float]], columns: tuple[str, Sequence[float]],
    *, progress: Callable[[Iterable[float]], Iterable[float]] | None = None,
) -> Map:  # fmt: skip
    """Simulate a migration for every pair of two knobs' values.

    Parameters
    ----------
    guest, knobs, link
        The rest.
    rows, columns : (name, values)
        A number among the knobs, `writes_per_s`, `size_mib`, `memory_mib` of the guest, or the link's `speed_mib_s`.
    progress : callable, optional
        Wraps the rows where the points go one by one, as tqdm does.

    Raises
    ------
    ValueOutOfRange
        For another name.
    """
    for name, _ in (rows, columns):
        if name not in NAMES and name not in UNITS:
            raise ValueOutOfRange("axis", name, "one of " + ", ".join(sorted(NAMES | GUEST_AXES | LINK_AXES)))
    axes = tuple((name, [float(value) for value in values]) for name, values in (rows, columns))
    plain = not (knobs.auto_converge or knobs.xbzrle or knobs.downtime_steps > 1 or knobs.completion_timeout_s_per_gib)
    if plain and rows[0] in _TOGETHER and columns[0] in _TOGETHER:
        return Map(axes, _together(guest, knobs, link, axes))
    return Map(axes, _one_by_one(guest, knobs, link, axes, progress))


def _one_by_one(
    guest: Guest, knobs: Knobs, link: Link, axes: tuple[tuple[str, list[float]], ...], progress: Any
) -> dict[str, Grid]:
    (first, first_values), (second, second_values) = axes
    shape = (len(first_values), len(second_values))
    found = {name: np.full(shape, np.nan) for name in ("total_s", "downtime_ms", "transferred_bytes", "syncs")}
    for row, a in enumerate(progress(first_values) if progress else first_values):
        for column, b in enumerate(second_values):
            changed = variant(*variant(guest, knobs, link, first, a), second, b)
            result = simulate(*changed)
            found["syncs"][row, column] = result.dirty_sync_count
            if result.completed:
                found["total_s"][row, column] = result.total_s
                found["downtime_ms"][row, column] = result.downtime_ms
                found["transferred_bytes"][row, column] = result.transferred_bytes
    return found


def _together(guest: Guest, knobs: Knobs, link: Link, axes: tuple[tuple[str, list[float]], ...]) -> dict[str, Grid]:
    (first, first_values), (second, second_values) = axes
    shape = (len(first_values), len(second_values))
    given = {
        "max_bandwidth_mib_s": np.full(shape, knobs.max_bandwidth_mib_s),
        "downtime_limit_ms": np.full(shape, knobs.downtime_limit_ms),
        "writes_per_s": np.full(shape, guest.working_set.writes_per_s),
        "speed_mib_s": np.full(shape, link.speed_mib_s),
    }
    for value in first_values + second_values:
        variant(guest, knobs, link, first if value in first_values else second, value)  # refuses what is out of range
    given[first] = np.broadcast_to(np.array(first_values)[:, None], shape)
    given[second] = np.broadcast_to(np.array(second_values)[None, :], shape)
    return _Fluid(guest, knobs, link, {name: grid.ravel() for name, grid in given.items()}).run(shape)


class _Fluid:
    """The passes of many points at once; mirrors kit.migration.passes."""

    def __init__(self, guest: Guest, knobs: Knobs, link: Link, given: dict[str, Grid]) -> None:
        content = guest.content if guest.content != "zero" else "random"
        wires = {s: Link(s, cores=link.cores).speed_bytes_s(knobs, content) for s in np.unique(given["speed_mib_s"])}
        self.wire = np.array([wires[speed] for speed in given["speed_mib_s"]])
        cap = given["max_bandwidth_mib_s"] * MIB
        self.bytes_s = np.where(cap > 0, np.minimum(cap, self.wire), self.wire)
        self.rate, self.pages = given["writes_per_s"], float(guest.working_set.pages)
        self.threshold = self.bytes_s * given["downtime_limit_ms"] / 1000
        self.target = np.maximum(self.threshold - self.bytes_s * WINDOW_S / 2, 0.0) / PAGE_BYTES
        self.guest, self.knobs, self.link, self.given = guest, knobs, link, given
        self.cost = self._cost(guest.written_content)

    def _cost(self, content: str) -> float:
        knobs = self.knobs
        return float(page_bytes(content, compress=knobs.compress, level=knobs.compress_level, multifd=knobs.multifd))

    def joining(self, writes: Grid, carried: Grid) -> Grid:
        """Expected pages that so many writes add to the carried ones."""
        if not self.pages:
            return np.zeros_like(writes)
        if isinstance(self.guest.working_set, Sequential):
            return np.minimum(np.minimum(writes, self.pages), np.maximum(self.pages - carried, 0.0))
        distinct = sum(-n * np.expm1(-writes * share / n) for n, share in self.guest.working_set.bins if n)
        return np.asarray(distinct * (1 - np.minimum(carried / self.pages, 1.0)))

    def run(self, shape: tuple[int, int]) -> dict[str, Grid]:
        """All points to their end."""
        size = len(self.bytes_s)
        parts: list[list[Any]] = [
            [np.full(size, float(count)), self._cost(content), False] for count, content in self.guest.segments
        ]
        now, sent = np.full(size, self.link.setup_ms / 1000), np.zeros(size)
        alive, ended = np.ones(size, dtype=bool), np.zeros(size, dtype=bool)
        syncs, least, idle = np.ones(size), np.full(size, np.inf), np.zeros(size)
        down, guest_pages = np.zeros(size), float(self.guest.pages)
        ends = np.ones(size, dtype=bool)
        for number in range(PASSES):
            floor = WINDOW_S if number == 0 else 0.0
            seconds, size_sent = self._send(parts, floor, alive)
            now += seconds
            sent += size_sent
            carried = np.sum([p[0] for p in parts if p[2]], axis=0) if any(p[2] for p in parts) else np.zeros(size)
            first = guest_pages - np.sum([part[0] for part in parts if not part[2]], axis=0)
            carried = carried + np.clip(self.guest.start_page + self.pages - first, 0.0, self.pages)
            new = np.where(alive, self.joining(self.rate * seconds, carried), 0.0)
            parts = [part for part in parts if np.any(part[0] > 0)] + [[new, self.cost, True]]
            parts = self._joined(parts)
            left = np.sum([part[0] for part in parts], axis=0)
            work = np.sum([part[0] * part[1] for part in parts], axis=0)
            syncs += alive
            over = alive & ((left * PAGE_BYTES < self.threshold) | (left <= 0))
            stop = self.link.stop_ms / 1000 + work / self.wire
            now, sent = np.where(over, now + stop, now), np.where(over, sent + work, sent)
            down, syncs = np.where(over, stop * 1000, down), syncs + over
            ended |= over
            alive &= ~over
            gained = work < least * (1 - GAIN)
            least, idle = np.where(gained, work, least), np.where(gained, 0, idle + 1)
            asked = alive & (idle == PATIENCE)
            ends[asked] = [self._ends(int(point)) for point in np.flatnonzero(asked)]
            alive &= (idle < PATIENCE) | (ends & (idle <= LONGEST))
            for part in parts:
                part[0] = np.where(alive, part[0], 0.0)
            if not alive.any():
                break
        blank = [np.where(ended, grid, np.nan).reshape(shape) for grid in (now, down, sent)]
        return {
            "total_s": blank[0],
            "downtime_ms": blank[1],
            "transferred_bytes": blank[2],
            "syncs": syncs.reshape(shape),
        }

    def _ends(self, point: int) -> bool:
        """What the convergence test says of one point."""
        value = {name: float(grid[point]) for name, grid in self.given.items()}
        changed = (self.guest, self.knobs, self.link)
        for name in _TOGETHER:
            changed = variant(*changed, name, value[name])
        return convergence(*changed).ends

    @staticmethod
    def _joined(parts: list[list[Any]]) -> list[list[Any]]:
        """Resent pages cost the same, so that they make one part behind what is left of the first pass."""
        first = [part for part in parts if not part[2]]
        again = [part for part in parts if part[2]]
        return [*first, [np.sum([part[0] for part in again], axis=0), again[0][1], True]]

    def _send(self, parts: list[list[Any]], floor_s: float, alive: NDArray[np.bool_]) -> tuple[Grid, Grid]:
        """Send until the target; seconds and bytes."""
        seconds, sent = np.zeros_like(self.bytes_s), np.zeros_like(self.bytes_s)
        left = np.sum([part[0] for part in parts], axis=0)
        for part in parts:
            pages, cost = part[0], part[1]
            want = np.where(alive, np.clip(left - self.target, 0.0, pages), 0.0)
            want = np.where(left - self.target <= TINY, 0.0, want)
            if floor_s:
                spent = seconds + want * cost / self.bytes_s
                more = np.clip((floor_s - spent) * self.bytes_s / cost, 0.0, pages - want)
                want = np.where(alive, want + more, want)
            part[0] = pages - want
            left = left - want
            seconds = seconds + want * cost / self.bytes_s
            sent = sent + want * cost
        return seconds, sent
