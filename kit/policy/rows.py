"""The answer to a query: rows in a fixed order, as a table for the eye."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any

from kit.policy.values import Row

SHOWN = 40


class Rows:
    """Sorted rows; a sequence of tuples.

    Attributes
    ----------
    list : list of tuple
        All rows.
    columns : tuple of str
        Names of the columns; empty texts where there are none.
    """

    def __init__(self, rows: list[Row], columns: tuple[str, ...]) -> None:
        self.list = rows
        width = len(rows[0]) if rows else len(columns)
        self.columns = (*columns, *[""] * (width - len(columns)))[:width]

    def __iter__(self) -> Iterator[Row]:
        return iter(self.list)

    def __len__(self) -> int:
        return len(self.list)

    def __bool__(self) -> bool:
        return bool(self.list)

    def __getitem__(self, place: int) -> Row:
        return self.list[place]

    def __contains__(self, row: object) -> bool:
        return row in self.list

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Rows):
            return self.list == other.list
        return set(map(tuple, other)) == set(self.list) if isinstance(other, list | set | tuple) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def dicts(self) -> list[dict[str, Any]]:
        """Each row as a mapping from column name (or number) to value."""
        names = [name or str(place) for place, name in enumerate(self.columns)]
        return [dict(zip(names, row, strict=True)) for row in self.list]

    @property
    def _tail(self) -> str:
        more = f", {SHOWN} shown" if len(self.list) > SHOWN else ""
        return f"{len(self.list)} row{'' if len(self.list) == 1 else 's'}{more}"

    def __repr__(self) -> str:
        if not self.list:
            return "no rows"
        if not self.list[0]:
            return "it holds"
        cells = [[str(value) for value in row] for row in self.list[:SHOWN]]
        wide = [max(len(name), *(len(line[place]) for line in cells)) for place, name in enumerate(self.columns)]
        lines = [
            "  ".join(text.ljust(width) for text, width in zip(line, wide, strict=True)).rstrip() for line in cells
        ]
        if any(self.columns):
            head = "  ".join(name.ljust(width) for name, width in zip(self.columns, wide, strict=True)).rstrip()
            lines = [head, "  ".join("-" * width for width in wide), *lines]
        return "\n".join([*lines, self._tail])

    def _repr_html_(self) -> str:
        if not self.list or not self.list[0]:
            return f"<p>{escape(repr(self))}</p>"
        head = "".join(f'<th scope="col" style="text-align:left">{escape(name)}</th>' for name in self.columns)
        left = 'style="text-align:left"'
        body = "".join(
            "<tr>" + "".join(f"<td {left}>{escape(str(value))}</td>" for value in row) + "</tr>"
            for row in self.list[:SHOWN]
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table><p>{self._tail}</p>"
