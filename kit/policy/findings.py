"""What a linter found: each finding with its place and its remedy, as text, data and HTML."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from kit.policy.errors import Position
from kit.policy.tree import code, label, node, prose, tree


@dataclass(frozen=True)
class Finding:
    """Something legal that is surely not meant.

    Attributes
    ----------
    code : str
        The name of the check: `repeated-anything`, `constant-like`, `single-use`, `cross-product`,
        `never-rows`, `never-true`, `unknown-table`, `unknown-policy`, `swapped-columns`.
    position : Position
        Line and column.
    literal : str
        The literal that is meant, as written.
    rule : str
        The rule it stands in.
    message, todo : str
        What is wrong, and what to do.
    """

    code: str
    position: Position
    literal: str
    rule: str
    message: str
    todo: str

    def __str__(self) -> str:
        place = f"line {self.position.line}, column {self.position.column}"
        return f"{place}: {self.message} [{self.code}]\n    {self.todo}"

    def to_dict(self) -> dict[str, Any]:
        """The finding as plain data."""
        return {
            "code": self.code, "line": self.position.line, "column": self.position.column, "literal": self.literal,
            "rule": self.rule, "message": self.message, "todo": self.todo,
        }  # fmt: skip


class Findings:
    """Findings in the order of the text; empty is false."""

    def __init__(self, found: Iterable[Finding]) -> None:
        self.list = sorted(found, key=lambda f: (f.position, f.code))

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.list)

    def __len__(self) -> int:
        return len(self.list)

    def __getitem__(self, place: int) -> Finding:
        return self.list[place]

    @property
    def codes(self) -> list[str]:
        """The names of the checks that found something, in order."""
        return [finding.code for finding in self.list]

    def to_dict(self) -> list[dict[str, Any]]:
        """All findings as plain data."""
        return [finding.to_dict() for finding in self.list]

    def __repr__(self) -> str:
        if not self.list:
            return "nothing found"
        return "\n".join(map(str, self.list))

    def _repr_html_(self) -> str:
        if not self.list:
            return f"<p>{label('nothing found', 'good')}</p>"
        return tree("Findings", [self._item(finding) for finding in self.list])

    @staticmethod
    def _item(found: Finding) -> str:
        place = f"line {found.position.line}, column {found.position.column}"
        head = f"{label(found.code, 'warn')} {place}: {code(found.literal)}"
        return node(head, [node(prose(found.message)), node(prose(found.todo)), node(code(found.rule))])
