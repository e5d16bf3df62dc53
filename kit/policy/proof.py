"""Why a row holds: a tree of rules and the rows they found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from kit.policy.tree import code, deep, label, node, tree
from kit.policy.values import Row, plain, show


@dataclass
class Proof:
    """One row and what it rests on.

    Attributes
    ----------
    table : str
        With its policy where that is not the one asked.
    args : tuple
        The row.
    columns : tuple of str
        Names of the columns, where they are known.
    rule : str
        The rule that gives the row; empty for a row that is stated, or a builtin.
    because : list of Proof
        One for every literal of the rule's body, in its order.
    negated : bool
        Whether it is the absence of the row that counts.
    """

    table: str
    args: Row
    columns: tuple[str, ...] = ()
    rule: str = ""
    because: list[Proof] = field(default_factory=list)
    negated: bool = False
    builtin: bool = False
    mentioned: frozenset[int] | None = None  # the columns that the rule speaks of; None for all

    @property
    def line(self) -> str:
        """The row alone, with the columns that the rule speaks of."""
        if self.columns and len(self.columns) == len(self.args):
            pairs = enumerate(zip(self.columns, self.args, strict=True))
            told = self.mentioned
            parts = [f"{name}={show(value)}" for place, (name, value) in pairs if told is None or place in told]
        else:
            parts = [value.text if isinstance(value, Anything) else show(value) for value in self.args]
        return f"{'not ' if self.negated else ''}{self.table}({', '.join(parts)})"

    def lines(self, depth: int = 0) -> list[str]:
        """The tree as indented text."""
        found = []
        work = [(self, depth)]
        while work:
            part, deep = work.pop()
            found.append(f"{'  ' * deep}{part.line}")
            work += [(each, deep + 1) for each in reversed(part.because)]
        return found

    def __repr__(self) -> str:
        return "\n".join(self.lines())

    def to_dict(self) -> dict[str, Any]:
        """The tree as plain data."""
        with deep():
            return self._plain()

    def _plain(self) -> dict[str, Any]:
        return {
            "fact": [self.table, list(plain(self.args))], "negated": self.negated,
            "because": [part._plain() for part in self.because],
        }  # fmt: skip

    def _repr_html_(self) -> str:
        with deep():
            return tree(f"Proof of {self.line}", [self._html()])

    def _html(self) -> str:
        word = "absent" if self.negated else "computed" if self.builtin else "by a rule" if self.rule else "stated"
        head = f"{code(self.line)} <small>{label(word, 'plain' if self.negated or self.builtin else 'good')}</small>"
        return node(head, [part._html() for part in self.because])

    def leaves(self) -> list[Proof]:
        """What the proof rests on in the end: stated rows, absent rows and computed tests."""
        found, work = [], [self]
        while work:
            part = work.pop()
            work += reversed(part.because)
            if not part.because:
                found.append(part)
        return found


class Anything(str):
    """The place of a column that may hold anything, in the absence of a row."""

    text = "_"
