"""The resources of a template as a picture: waves from left to right, an arrow from each to what waits for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape

from kit.hot.graph import Graph

WIDE, HIGH, GAP, AISLE = 190, 44, 16, 44
FLIGHT = 26  # between two waves that go down
LEAST = 0.85  # how small it is drawn where the page is narrow; from there on the page scrolls
SIGNS = {"COMPLETE": "✓", "FAILED": "✗", "IN_PROGRESS": "◌"}


@dataclass
class StackGraph:
    """The picture; its plain text says the same.

    Parameters
    ----------
    graph : Graph
        Who needs whom.
    types : mapping
        Name to type.
    states : mapping, optional
        Name to state; a sign in the box tells it.
    down : bool
        Whether the waves go from top to bottom, which is narrower.
    """

    graph: Graph
    types: Mapping[str, str]
    states: Mapping[str, str] = field(default_factory=dict)
    down: bool = False

    def __repr__(self) -> str:
        if not self.graph.needs:
            return "no resources"
        lines = []
        for number, wave in enumerate(self.graph.waves(), 1):
            lines.append(f"wave {number}")
            for name in wave:
                needs = ", ".join(sorted(self.graph.needs[name]))
                lines.append(f"  {name}  {self.types.get(name, '')}{f'  needs {needs}' if needs else ''}".rstrip())
        return "\n".join(lines)

    @property
    def caption(self) -> str:
        """How much is drawn, and how it is read."""
        return f"{self._size()}; an arrow leads to what waits."

    def _size(self) -> str:
        count, waves = len(self.graph.needs), len(self.graph.waves())
        return f"{count} resource{'' if count == 1 else 's'} in {waves} wave{'' if waves == 1 else 's'}"

    def dot(self) -> str:
        """The graph for Graphviz."""
        lines = ["digraph stack {", "  rankdir=LR; node [shape=box];"]
        lines += [f'  "{name}" [label="{name}\\n{self.types.get(name, "")}"];' for name in sorted(self.graph.needs)]
        lines += [f'  "{need}" -> "{name}";' for name, need in self.graph.edges]
        return "\n".join([*lines, "}"])

    def svg(self) -> str:
        """The drawing."""
        waves = self.graph.waves()
        lanes, across = self._lanes(waves), WIDE + GAP if self.down else HIGH + GAP
        along = HIGH + FLIGHT if self.down else WIDE + AISLE
        places = {
            name: (lanes[name] * across, number * along) if self.down else (number * along, lanes[name] * across)
            for number, wave in enumerate(waves)
            for name in wave
        }
        width = max((x for x, _ in places.values()), default=0) + WIDE + 4
        height = max((y for _, y in places.values()), default=0) + HIGH + 4
        title = self._size()
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-2 -2 {width} {height}" width="{width}" '
            f'height="{height}" role="img" aria-label="{title}" font-size="13.5" '
            f'style="color:var(--jp-ui-font-color1, #222);font-family:var(--jp-ui-font-family, sans-serif);'
            f'max-width:100%;min-width:{LEAST * width:.0f}px;height:auto">',
            f"<title>{title}</title><desc>{escape(repr(self))}</desc>",
            '<defs><marker id="kit-needs" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
            'orient="auto"><path d="M0 0L8 4L0 8z" fill="currentColor"/></marker></defs>',
        ]
        parts += [self._arrow(places[need], places[name], need, name) for name, need in self._edges()]
        parts += [self._box(name, *place) for name, place in places.items()]
        return "".join([*parts, "</svg>"])

    def _edges(self) -> list[tuple[str, str]]:
        """The edges that are drawn: not those that a longer way says already."""
        hidden = set(self.graph.implied())
        return [edge for edge in self.graph.edges if edge not in hidden]

    def _lanes(self, waves: list[list[str]]) -> dict[str, int]:
        """A lane for each: that of what it needs, and never one in which a long arrow runs."""
        level = {name: number for number, wave in enumerate(waves) for name in wave}
        until: dict[str, int] = dict(level)
        for name, need in self._edges():
            until[need] = max(until[need], level[name] - 1)
        found: dict[str, int] = {}
        for number, wave in enumerate(waves):
            taken = {found[name] for name in found if until[name] >= number}
            # Who is needed soonest stands first.
            for name in sorted(wave, key=lambda name: (until[name], name)):
                above = [found[need] for need in self.graph.needs[name] if level.get(need) == number - 1]
                lane = min(above, default=0)
                while lane in taken:
                    lane += 1
                found[name] = lane
                taken.add(lane)
        return found

    def _arrow(self, start: tuple[int, int], end: tuple[int, int], need: str, name: str) -> str:
        if self.down:
            x, y, u, v = start[0] + WIDE // 2, start[1] + HIGH, end[0] + WIDE // 2, end[1]
            bend = f"M{x} {y}L{x} {v - FLIGHT}C{x} {v - FLIGHT // 2} {u} {v - FLIGHT // 2} {u} {v - 2}"
        else:
            x, y, u, v = start[0] + WIDE, start[1] + HIGH // 2, end[0], end[1] + HIGH // 2
            bend = f"M{x} {y}L{u - AISLE} {y}C{u - AISLE // 2} {y} {u - AISLE // 2} {v} {u - 2} {v}"
        told = f"<title>{escape(name)} needs {escape(need)}</title>"
        return f'<path d="{bend}" fill="none" stroke="currentColor" opacity="0.6" marker-end="url(#kit-needs)">{told}</path>'

    def _box(self, name: str, x: int, y: int) -> str:
        type, state = self.types.get(name, ""), self.states.get(name, "")
        sign = (
            next((f"{sign} " for end, sign in SIGNS.items() if state.endswith(end)), "") if state[:4] != "INIT" else ""
        )
        told = f"{type}, {state}" if state else type
        border = 'fill="var(--jp-layout-color1, #fff)" stroke="currentColor" rx="4"'
        return (
            f"<g><title>{escape(name)}: {escape(told)}</title>"
            f'<rect x="{x}" y="{y}" width="{WIDE}" height="{HIGH}" {border}/>'
            f'<text x="{x + 8}" y="{y + 18}" fill="currentColor" font-weight="bold">{sign}{escape(_short(name, 22))}</text>'
            f'<text x="{x + 8}" y="{y + 35}" fill="currentColor" font-size="11.5">{escape(_short(type, 29))}</text></g>'
        )

    def _repr_svg_(self) -> str:
        return self.svg()

    def _repr_html_(self) -> str:
        return f'<div style="overflow-x:auto"><div style="margin:.2em 0 .5em">{self.caption}</div>{self.svg()}</div>'


def _short(text: str, most: int = 26) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
