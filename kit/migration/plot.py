"""Pictures of results; matplotlib is imported when one is first asked for. Each has its text in `alt`."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from html import escape
from io import BytesIO
from typing import TYPE_CHECKING, Any

from kit.errors import MigrationError
from kit.migration.units import MIB
from kit.migration.variants import TITLES

if TYPE_CHECKING:
    from kit.migration.comparison import Comparison
    from kit.migration.maps import Map
    from kit.migration.result import Result

_FIGURES = {
    "total_s": ("Total time", "s"), "downtime_ms": ("Downtime", "ms"), "transferred_bytes": ("Transferred", "bytes"),
}  # fmt: skip


GREY = "#7a7a7a"  # read on white and on black alike
STYLES = (
    ("#1f83c4", "-"),
    ("#d9730d", "--"),
    ("#2e9e5b", "-."),
    ("#b5519c", ":"),
    ("#8c6d31", (0, (6, 2, 1, 2, 1, 2))),
)


@cache
def _picture() -> type[Any]:
    """matplotlib's figure, shown in a notebook by itself: no window, no global state, its text for who cannot see it."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise MigrationError("pictures need matplotlib", todo="Install it: pip install matplotlib") from None

    class Picture(Figure):
        """A figure with its text in `alt`."""

        alt = ""

        def png(self, dpi: int = 96) -> bytes:
            """Its pixels on a transparent ground, in few colours so that a notebook stays small."""
            from PIL import Image

            raw, small = BytesIO(), BytesIO()
            self.savefig(raw, format="png", dpi=dpi, transparent=True)
            Image.open(raw).quantize(24, Image.Quantize.FASTOCTREE).save(small, format="png", optimize=True)
            return small.getvalue()

        def _repr_html_(self) -> str:
            source = b64encode(self.png()).decode()
            return f'<img alt="{escape(self.alt)}" src="data:image/png;base64,{source}">'

        def __repr__(self) -> str:
            return self.alt

        __str__ = __repr__

    return Picture


def _axes(width: float, height: float) -> tuple[Any, Any]:
    """A figure that belongs to nobody, and its axes, drawn in a grey that both themes show."""
    figure = _picture()(figsize=(width, height), layout="constrained")
    axes = figure.add_subplot()
    axes.tick_params(colors=GREY)
    for part in (axes.title, axes.xaxis.label, axes.yaxis.label, *axes.spines.values()):
        part.set_color(GREY)
    axes.grid(alpha=0.25)
    return figure, axes


def _legend(figure: Any, lines: list[Any], names: list[str], columns: int = 3) -> None:
    figure.legend(lines, names, loc="outside lower center", ncols=columns, labelcolor=GREY, frameon=False)


def plot_result(result: Result) -> Any:
    """Memory left over time, with the threshold and the guest's own speed."""
    figure, axes = _axes(8, 4)
    times = [sample.t_s for sample in result.samples]
    axes.plot(*zip(*result.curve, strict=True), label="remaining (MiB)", linewidth=1.8)
    axes.plot(times, [s.threshold_bytes / MIB for s in result.samples], "--", label="threshold (MiB)", linewidth=1.2)
    axes.set_xlabel("Time (s)")
    axes.set_ylabel("Memory (MiB)")
    axes.set_ylim(bottom=0)
    axes.set_title(f"Live migration: {'never ends:' if result.never else result.status} after {result.total_s:.1f} s")
    lines, names = axes.get_legend_handles_labels()
    if any(sample.guest_speed < 1 for sample in result.samples):
        other = axes.twinx()
        other.step(times, [100 * s.guest_speed for s in result.samples], ":", where="post", label="guest's speed (%)")
        other.tick_params(colors=GREY)
        for spine in other.spines.values():
            spine.set_color(GREY)
        other.set_ylabel("Guest's speed (%)", color=GREY)
        other.set_ylim(0, 105)
        more, told = other.get_legend_handles_labels()
        lines, names = lines + more, names + told
    _legend(figure, lines, names)
    figure.alt = "Line chart of the memory left over time. " + " ".join(repr(result).splitlines()[:2])
    return figure


def plot_comparison(found: Comparison) -> Any:
    """Memory left over time, as measured and as the model has it."""
    figure, axes = _axes(7, 3)
    rows = [row for row in found.record.result["series"] if row[4] is not None]
    axes.plot([row[0] for row in rows], [row[4] / MIB for row in rows], "o", color=STYLES[1][0], markersize=3.5,
              label="measured (QEMU)")  # fmt: skip
    axes.plot(*zip(*found.result.curve, strict=True), color=STYLES[0][0], linewidth=1.5, label="model")
    axes.set_xlabel("Time (s)")
    axes.set_ylabel("Memory left (MiB)")
    axes.set_ylim(bottom=0)
    axes.set_title("The model beside a real migration")
    _legend(figure, *axes.get_legend_handles_labels())
    took = [
        f"{name} {seconds:.2f} s"
        for name, seconds in (("measured", found.record.total_s or rows[-1][0]), ("model", found.result.total_s))
    ]
    figure.alt = f"Measured points and the model's line of the memory left over time; {', '.join(took)}."
    return figure


def plot_map(found: Map, figure_name: str) -> Any:
    """One figure over two knobs; points that never end are hatched."""
    title, unit = _FIGURES[figure_name]
    figure, axes = _axes(6.5, 3.8)
    (rows, row_values), (columns, column_values) = found.axes
    mesh = axes.pcolormesh(column_values, row_values, getattr(found, figure_name), shading="nearest", cmap="viridis")
    axes.grid(False)
    if not found.ends.all():
        import numpy as np
        from matplotlib.colors import ListedColormap

        endless = np.ma.masked_array(np.zeros(found.ends.shape), found.ends)
        clear = ListedColormap([(0, 0, 0, 0)])
        drawn = axes.pcolor(column_values, row_values, endless, shading="nearest", cmap=clear, hatch="//")
        drawn.set(edgecolor=GREY, linewidth=0)
    axes.set_xlabel(TITLES.get(columns, columns))
    axes.set_ylabel(TITLES.get(rows, rows))
    axes.set_title(f"{title} ({unit}); hatched: never ends")
    bar = figure.colorbar(mesh, ax=axes)
    bar.set_label(f"{title} ({unit})", color=GREY)
    bar.ax.tick_params(colors=GREY)
    figure.alt = f"Map of {title.lower()} over {rows} and {columns}. " + " ".join(repr(found).splitlines())
    return figure
