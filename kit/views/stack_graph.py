"""The resources of a template as a picture: waves from left to right, an arrow from each to what it needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from kit.hot.graph import Graph

WIDE, HIGH, GAP, AISLE = 190, 40, 16, 70


@dataclass
class StackGraph:
    """The picture; its plain text says the same.

    Parameters
    ----------
    graph : Graph
        Who needs whom.
    types : mapping
        Name to type.
    """

    graph: Graph
    types: Mapping[str, str]

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

    def dot(self) -> str:
        """The graph for Graphviz."""
        lines = ["digraph stack {", "  rankdir=LR; node [shape=box];"]
        lines += [f'  "{name}" [label="{name}\\n{self.types.get(name, "")}"];' for name in sorted(self.graph.needs)]
        lines += [f'  "{need}" -> "{name}";' for name, need in self.graph.edges]
        return "\n".join([*lines, "}"])

    def svg(self) -> str:
        """The drawing."""
        waves = self.graph.waves()
        places = {
            name: (column * (WIDE + AISLE), row * (HIGH + GAP))
            for column, wave in enumerate(waves)
            for row, name in enumerate(wave)
        }
        width = max(1, len(waves)) * (WIDE + AISLE) - AISLE + 4
        height = max((len(wave) for wave in waves), default=1) * (HIGH + GAP) + 4
        title = f"{len(places)} resources in {len(waves)} waves"
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-2 -2 {width} {height}" width="{width}" '
            f'height="{height}" role="img" aria-label="{title}" font-family="sans-serif" font-size="12" '
            'style="color:var(--jp-ui-font-color1, #222)">',
            f"<title>{title}</title>",
            '<defs><marker id="kit-needs" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
            'orient="auto"><path d="M0 0L8 4L0 8z" fill="currentColor"/></marker></defs>',
        ]
        parts += [self._arrow(places[need], places[name], need, name) for name, need in self.graph.edges]
        parts += [self._box(name, *place) for name, place in places.items()]
        return "".join([*parts, "</svg>"])

    @staticmethod
    def _arrow(start: tuple[int, int], end: tuple[int, int], need: str, name: str) -> str:
        x, y, u, v = start[0] + WIDE, start[1] + HIGH // 2, end[0], end[1] + HIGH // 2
        bend = f"M{x} {y}C{x + AISLE // 2} {y} {u - AISLE // 2} {v} {u - 2} {v}"
        told = f"<title>{escape(name)} needs {escape(need)}</title>"
        return f'<path d="{bend}" fill="none" stroke="currentColor" opacity="0.6" marker-end="url(#kit-needs)">{told}</path>'

    def _box(self, name: str, x: int, y: int) -> str:
        type = self.types.get(name, "")
        border = 'fill="var(--jp-layout-color1, #fff)" stroke="currentColor" rx="4"'
        return (
            f'<g><title>{escape(name)}: {escape(type)}</title><rect x="{x}" y="{y}" width="{WIDE}" height="{HIGH}" {border}/>'
            f'<text x="{x + 8}" y="{y + 16}" fill="currentColor" font-weight="bold">{escape(_short(name))}</text>'
            f'<text x="{x + 8}" y="{y + 31}" fill="currentColor" font-size="10">{escape(_short(type, 34))}</text></g>'
        )

    def _repr_svg_(self) -> str:
        return self.svg()

    def _repr_html_(self) -> str:
        return f'<div style="overflow-x:auto">{self.svg()}</div>'


def _short(text: str, most: int = 26) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
