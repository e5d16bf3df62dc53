"""Why a row is missing: for each rule, the first literal that nothing satisfies, and the rows nearest to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from kit.policy.tree import code, label, node, tree
from kit.policy.values import show

_WORDS = {"no-row": "no row fits", "present": "is there and must not be", "test": "fails", "head": "cannot be"}


@dataclass(frozen=True)
class Near:
    """A row that almost fits.

    Attributes
    ----------
    row : str
        The row, with the columns that the rule speaks of.
    differs : tuple of (column, has, wanted)
        Where it differs.
    """

    row: str
    differs: tuple[tuple[str, Any, Any], ...]

    def __str__(self) -> str:
        parts = [f"{column} is {show(has)}, not {show(wanted)}" for column, has, wanted in self.differs]
        return f"{self.row}: {', '.join(parts)}"


@dataclass
class Gap:
    """Why one rule does not give the row.

    Attributes
    ----------
    rule : str
        The rule.
    kind : str
        `no-row`: no row fits the literal; `present`: a row is there that must not be; `test`: a builtin
        fails; `head`: the head gives another value.
    literal : str
        The literal as written.
    wanted : list of str
        The literal with the values that the rest of the body asks of it, some of the ways.
    holds : list of str
        The literals before it that hold, for the first of the ways.
    nearest : list of Near
        The rows nearest to what is wanted.
    below : WhyNot, optional
        For a derived table, why it has no such row.
    more : bool
        Whether there were too many ways to look at all.
    """

    rule: str
    kind: str
    literal: str
    wanted: list[str] = field(default_factory=list)
    holds: list[str] = field(default_factory=list)
    nearest: list[Near] = field(default_factory=list)
    below: WhyNot | None = None
    more: bool = False

    def lines(self, depth: int) -> list[str]:
        """The gap as indented text."""
        pad = "  " * depth
        found = [f"{pad}by {self.rule}"]
        found += [f"{pad}  holds: {text}" for text in self.holds]
        found += [f"{pad}  {_WORDS[self.kind]}: {text}" for text in self.wanted or [self.literal]]
        found += [f"{pad}    nearest: {near}" for near in self.nearest]
        if self.more:
            found.append(f"{pad}  (there were too many ways to look at all)")
        return found + (self.below.lines(depth + 2) if self.below else [])

    def to_dict(self) -> dict[str, Any]:
        """The gap as plain data."""
        near = [{"row": n.row, "differs": [list(each) for each in n.differs]} for n in self.nearest]
        return {
            "rule": self.rule, "kind": self.kind, "literal": self.literal, "wanted": self.wanted, "holds": self.holds,
            "nearest": near, "below": self.below.to_dict() if self.below else None,
        }  # fmt: skip

    def html(self) -> str:
        """The gap as a node of a tree."""
        inner = [node(f"{label('holds', 'good')} {code(text)}") for text in self.holds]
        inner += [node(f"{label(_WORDS[self.kind], 'bad')} {code(t)}") for t in self.wanted or [self.literal]]
        inner += [node(f"{label('nearest', 'warn')} {code(str(near))}") for near in self.nearest]
        if self.below:
            inner.append(self.below.html())
        return node(f"{label('rule', 'plain')} {code(self.rule)}", inner)


@dataclass
class WhyNot:
    """A row that does not hold.

    Attributes
    ----------
    fact : str
        The row that is missing; `_` where anything would do.
    gaps : list of Gap
        One for each rule of its table.
    nearest : list of Near
        For a table without rules, the rows nearest to it.
    note : str
        What there is to say beside: no such table, not stated.
    """

    fact: str
    gaps: list[Gap] = field(default_factory=list)
    nearest: list[Near] = field(default_factory=list)
    note: str = ""

    def lines(self, depth: int = 0) -> list[str]:
        """The tree as indented text."""
        pad = "  " * depth
        found = [f"{pad}{self.fact} does not hold{': ' + self.note if self.note else ''}"]
        found += [f"{pad}  nearest: {near}" for near in self.nearest]
        return found + [line for gap in self.gaps for line in gap.lines(depth + 1)]

    def __repr__(self) -> str:
        return "\n".join(self.lines())

    def to_dict(self) -> dict[str, Any]:
        """The tree as plain data."""
        near = [{"row": n.row, "differs": [list(each) for each in n.differs]} for n in self.nearest]
        return {"fact": self.fact, "note": self.note, "gaps": [gap.to_dict() for gap in self.gaps], "nearest": near}

    def html(self) -> str:
        """The tree below its title."""
        head = f"{label('does not hold', 'bad')} {code(self.fact)}{' ' + code(self.note) if self.note else ''}"
        inner = [node(f"{label('nearest', 'warn')} {code(str(near))}") for near in self.nearest]
        return node(head, [*inner, *(gap.html() for gap in self.gaps)])

    def _repr_html_(self) -> str:
        return tree(f"Why not {self.fact}", [self.html()])
