"""Pictures of results; matplotlib is imported when one is first asked for. Each has its text in `alt`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kit.errors import MigrationError
from kit.migration.units import MIB
from kit.migration.variants import TITLES

if TYPE_CHECKING:
    from kit.migration.maps import Map
    from kit.migration.result import Result

_FIGURES = {
    "total_s": ("Total time", "s"), "downtime_ms": ("Downtime", "ms"), "transferred_bytes": ("Transferred", "bytes"),
}  # fmt: skip


def _axes(width: float, height: float) -> tuple[Any, Any]:
    """A figure that belongs to nobody, and its axes; no window, no global state."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise MigrationError("pictures need matplotlib", todo="Install it: pip install matplotlib") from None
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.add_subplot()


def plot_result(result: Result) -> Any:
    """Memory left over time, with the threshold and the guest's own speed."""
    figure, axes = _axes(8, 4)
    times = [sample.t_s for sample in result.samples]
    axes.plot(times, [s.remaining_bytes / MIB for s in result.samples], label="remaining (MiB)", linewidth=1.8)
    axes.plot(times, [s.threshold_bytes / MIB for s in result.samples], "--", label="threshold (MiB)", linewidth=1.2)
    axes.set_xlabel("Time (s)")
    axes.set_ylabel("Memory (MiB)")
    axes.set_ylim(bottom=0)
    axes.set_title(f"Live migration: {'never ends' if result.never else result.status} after {result.total_s:.1f} s")
    lines, names = axes.get_legend_handles_labels()
    if any(sample.guest_speed < 1 for sample in result.samples):
        other = axes.twinx()
        other.step(times, [100 * s.guest_speed for s in result.samples], ":", where="post", label="guest's speed (%)")
        other.set_ylabel("Guest's speed (%)")
        other.set_ylim(0, 105)
        more, told = other.get_legend_handles_labels()
        lines, names = lines + more, names + told
    figure.legend(lines, names, loc="outside lower center", ncols=3)
    figure.alt = "Line chart of the memory left over time. " + " ".join(repr(result).splitlines()[:2])
    return figure


def plot_map(found: Map, figure_name: str) -> Any:
    """One figure over two knobs; points that never end are hatched."""
    title, unit = _FIGURES[figure_name]
    figure, axes = _axes(7, 5)
    (rows, row_values), (columns, column_values) = found.axes
    mesh = axes.pcolormesh(column_values, row_values, getattr(found, figure_name), shading="nearest", cmap="viridis")
    if not found.ends.all():
        axes.contourf(
            column_values, row_values, (~found.ends).astype(float), levels=[0.5, 1.5], colors="none", hatches=["//"]
        )
    axes.set_xlabel(TITLES.get(columns, columns))
    axes.set_ylabel(TITLES.get(rows, rows))
    axes.set_title(f"{title} ({unit}); hatched: never ends")
    figure.colorbar(mesh, ax=axes, label=f"{title} ({unit})")
    figure.alt = f"Map of {title.lower()} over {rows} and {columns}. " + " ".join(repr(found).splitlines())
    return figure
