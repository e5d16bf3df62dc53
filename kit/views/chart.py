"""Line charts over time as SVG: drawn in a millisecond, in the theme's colours, with their text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

LEFT, RIGHT, TOP, BOTTOM, BETWEEN = 66, 18, 58, 42, 30
WIDTH = 760
# Colour and dash come in pairs, so that a line is told without its colour.
BLUE, ORANGE = "var(--jp-brand-color1, #1976d2)", "var(--jp-warn-color1, #b26a00)"
GREEN, RED = "var(--jp-success-color1, #2e7d32)", "var(--jp-error-color1, #c62828)"
INK, FAINT = "var(--jp-ui-font-color1, #222)", "var(--jp-border-color1, #9e9e9e)"


@dataclass(frozen=True)
class Line:
    """A line of a pane: its name, its points (x, y), its colour, its dash; `steps` holds a value to the next point."""

    name: str
    points: Sequence[tuple[float, float]]
    colour: str = BLUE
    dash: str = ""
    steps: bool = False


@dataclass(frozen=True)
class Pane:
    """One pair of axes: a label with its unit, its lines, its height in pixels, and the top of its scale.

    A top of 0 is that of the lines; what is above it is cut off.
    """

    label: str
    lines: Sequence[Line]
    height: int = 210
    top: float = 0.0


@dataclass(frozen=True)
class Chart:
    """Panes above each other over one x axis.

    Parameters
    ----------
    title, x_label : str
        With units.
    panes : sequence of Pane
        From top to bottom.
    text : str
        What a reader sees in it, for those who do not see it.
    marks : sequence of (x, text)
        Moments, drawn as a line through all panes.
    open_end : bool
        Whether it goes on beyond the right edge.
    legend_of : int
        How many panes the legend names, where the others have the same lines; 0 for all.
    left : float
        Where the x axis begins.
    width : int
        Of the drawing; a narrow one has larger letters where it is shown in the same place.
    """

    title: str
    x_label: str
    panes: Sequence[Pane]
    text: str
    marks: Sequence[tuple[float, str]] = ()
    open_end: bool = False
    legend_of: int = 0
    left: float = 0.0
    width: int = WIDTH
    least_right: float = field(default=0.1)

    def __repr__(self) -> str:
        return f"{self.title}\n{self.text}"

    def _repr_html_(self) -> str:
        return f'<div style="overflow-x:auto">{svg(self)}</div>'


def ticks(top: float, count: int = 5) -> list[float]:
    """Round values from 0 to at least `top`.

    >>> ticks(7.3)
    [0.0, 2.0, 4.0, 6.0, 8.0]
    """
    raw = max(top, 1e-9) / count
    size = 10 ** math.floor(math.log10(raw))
    step = next(size * factor for factor in (1, 2, 5, 10) if size * factor >= raw - 1e-12)
    return [step * number for number in range(math.ceil(top / step - 1e-9) + 1)]


def thinned(points: Sequence[tuple[float, float]], most: int = 500) -> list[tuple[float, float]]:
    """At most about so many points: of each stretch its first, lowest, highest and last one, so that teeth stay."""
    if len(points) <= most:
        return list(points)
    size = -(-len(points) * 4 // most)
    found: list[tuple[float, float]] = []
    for start in range(0, len(points), size):
        part = range(start, min(start + size, len(points)))
        low, high = min(part, key=lambda i: points[i][1]), max(part, key=lambda i: points[i][1])
        found += [points[i] for i in sorted({part[0], low, high, part[-1]})]
    return found


def told(value: float) -> str:
    """A tick's number: 0.2, 15, 4,000."""
    return f"{value:,.0f}" if value == round(value) else f"{value:.3g}"


def svg(chart: Chart) -> str:
    """The drawing."""
    right = max([chart.least_right, *(x for pane in chart.panes for line in pane.lines for x, _ in line.points)])
    inner, span = chart.width - LEFT - RIGHT, max(right - chart.left, 1e-9)
    height = TOP + sum(pane.height for pane in chart.panes) + BETWEEN * (len(chart.panes) - 1) + BOTTOM
    parts, y = [_text(LEFT, 18, chart.title, size=15, weight=600), _legend(chart)], TOP
    for pane in chart.panes:
        parts.append(_pane(pane, y, inner, chart.left, span))
        y += pane.height + BETWEEN
    bottom, notches = y - BETWEEN, ""
    step = ticks(span, 7)[1]
    first = math.ceil(chart.left / step - 1e-9)
    for value in (step * number for number in range(first, math.floor(right / step + 1e-6) + 1)):
        x = LEFT + (value - chart.left) / span * inner
        notches += f"M{x:.0f} {bottom}v4"
        parts.append(_text(x, bottom + 17, told(value), anchor="middle", size=11))
    parts.append(f'<path d="{notches}" stroke="{FAINT}"/>')
    parts.append(_text(LEFT + inner / 2, bottom + 35, chart.x_label, anchor="middle"))
    parts += _marks(chart, span, inner, bottom)
    if chart.open_end:
        parts.append(_text(LEFT + inner, bottom + 35, "for ever →", anchor="end", weight=600))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {chart.width} {height}" role="img" '
        f'style="width:100%;max-width:{max(chart.width, WIDTH)}px;font-family:var(--jp-ui-font-family, system-ui)" fill="{INK}" font-size="12">'
        f"<title>{escape(chart.title)}</title><desc>{escape(chart.text)}</desc>{''.join(parts)}</svg>"
    )


def _pane(pane: Pane, y: int, inner: float, left: float, span: float) -> str:
    peak = max([0.0, *(value for line in pane.lines for _, value in line.points)])
    top = pane.top or peak * 1.04 or 1.0
    parts, grid = [], ""
    for value in (tick for tick in ticks(top, 4 if pane.height > 120 else 2) if tick <= top):
        at = y + pane.height * (1 - value / top)
        grid += f"M{LEFT} {at:.0f}h{inner}"
        parts.append(_text(LEFT - 8, at + 4, told(value), anchor="end", size=11))
    parts.append(f'<path d="{grid}" stroke="{FAINT}" stroke-width=".6" opacity=".6"/>')
    middle = y + pane.height / 2
    parts.append(
        f'<text transform="translate(14 {middle}) rotate(-90)" text-anchor="middle">{escape(pane.label)}</text>'
    )
    # An inner svg cuts off what is above the scale; the two pixels leave room for the strokes.
    parts.append(f'<svg x="{LEFT}" y="{y - 2}" width="{inner}" height="{pane.height + 4}">')
    for line in pane.lines:
        points = thinned(line.points)
        places = [((x - left) / span * inner, 2 + pane.height * (1 - value / top)) for x, value in points]
        parts.append(
            f'<path d="{_path(places, line.steps)}" fill="none" stroke="{line.colour}" stroke-width="2" '
            f'stroke-linejoin="round"{_dash(line)}><title>{escape(line.name)}</title></path>'
        )
    return "".join([*parts, "</svg>"])


def _path(places: list[tuple[float, float]], steps: bool) -> str:
    if not places:
        return ""
    found = f"M{places[0][0]:.1f} {places[0][1]:.1f}"
    for x, y in places[1:]:
        found += f"H{x:.1f}V{y:.1f}" if steps else f"L{x:.1f} {y:.1f}"
    return found


def _dash(line: Line) -> str:
    return f' stroke-dasharray="{line.dash}"' if line.dash else ""


def _legend(chart: Chart) -> str:
    parts, x = [], float(LEFT)
    for line in [line for pane in chart.panes[: chart.legend_of or None] for line in pane.lines]:
        parts.append(f'<path d="M{x:.0f} 36h26" stroke="{line.colour}" stroke-width="2.5"{_dash(line)}/>')
        parts.append(_text(x + 32, 40, line.name))
        x += 32 + 6.6 * len(line.name) + 22
    return "".join(parts)


def _marks(chart: Chart, span: float, inner: float, bottom: float) -> list[str]:
    parts = []
    for number, (moment, text) in enumerate(chart.marks):
        x = LEFT + min((moment - chart.left) / span, 1.0) * inner
        left = x > LEFT + inner * 0.6
        parts.append(f'<path d="M{x:.1f} {TOP}V{bottom}" stroke="{RED}" stroke-dasharray="2 3"/>')
        parts.append(
            _text(
                x + (-6 if left else 6),
                TOP + 12 + 15 * (number % 4),
                text,
                size=11,
                weight=600,
                anchor="end" if left else "start",
            )
        )
    return parts


def _text(x: float, y: float, text: str, *, size: int = 12, weight: int = 400, anchor: str = "start") -> str:
    more = f' font-size="{size}"' if size != 12 else ""
    more += f' font-weight="{weight}"' if weight != 400 else ""
    more += f' text-anchor="{anchor}"' if anchor != "start" else ""
    return f'<text x="{x:.0f}" y="{y:.0f}"{more}>{escape(text)}</text>'
