"""What a change would do to an answer: the rows gained and the rows lost."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

from kit.policy.rows import SHOWN, Rows
from kit.policy.values import show


@dataclass(eq=False)
class Difference:
    """Rows that come and rows that go; true when there are any.

    Attributes
    ----------
    table : str
        Whose rows they are.
    added, removed : Rows
        Those gained and those lost.
    """

    table: str
    added: Rows
    removed: Rows

    def __bool__(self) -> bool:
        return bool(self.added or self.removed)

    def _signed(self) -> list[tuple[str, tuple[Any, ...]]]:
        return [("+", row) for row in self.added] + [("-", row) for row in self.removed]

    def __repr__(self) -> str:
        if not self:
            return "no change"
        lines = [f"{self.table}{sign}({', '.join(map(show, row))})" for sign, row in self._signed()]
        more = [f"and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
        return "\n".join(lines[:SHOWN] + more)

    def to_dict(self) -> dict[str, Any]:
        """The rows as plain data."""
        return {"table": self.table, "added": [list(r) for r in self.added], "removed": [list(r) for r in self.removed]}

    def _repr_html_(self) -> str:
        if not self:
            return "<p>no change</p>"
        columns = self.added.columns if self.added else self.removed.columns
        head = "".join(f'<th scope="col">{escape(name)}</th>' for name in ("", *columns))
        body = "".join(
            f"<tr><td>{'gained' if sign == '+' else 'lost'}</td>"
            + "".join(f"<td>{escape(str(value))}</td>" for value in row)
            + "</tr>"
            for sign, row in self._signed()[:SHOWN]
        )
        return (
            f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
            f"<p>{len(self.added)} gained, {len(self.removed)} lost</p>"
        )
