"""What a text says: the immutable tree that the parser gives, with positions.

A statement has heads and a body; a fact has no body. Positions and source text take no part in
equality, so that two statements that say the same are equal wherever they stand.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from kit.policy.errors import Position
from kit.policy.values import Value, show

NOWHERE = Position(1, 1)


def _place() -> Position:
    return NOWHERE


@dataclass(frozen=True, slots=True)
class Variable:
    """A name that stands for any value; `_` is a fresh one each time."""

    name: str
    position: Position = field(default_factory=_place, compare=False, repr=False)

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Constant:
    """A value written in a statement."""

    value: Value
    position: Position = field(default_factory=_place, compare=False, repr=False)

    def __str__(self) -> str:
        return show(self.value)


@dataclass(frozen=True, slots=True)
class Aggregate:
    """`count(x)`, `sum(x)`, `min(x)` or `max(x)` in a head: one value a group."""

    function: str
    args: tuple[Variable, ...]
    position: Position = field(default_factory=_place, compare=False, repr=False)

    def __str__(self) -> str:
        return f"{self.function}({', '.join(map(str, self.args))})"


Term = Variable | Constant | Aggregate


@dataclass(frozen=True, slots=True)
class Atom:
    """A table with arguments by position, then by column; maybe signed, maybe inside `execute[...]`."""

    table: str
    args: tuple[Term, ...] = ()
    policy: str | None = None
    columns: tuple[tuple[str | int, Term], ...] = ()
    sign: str = ""
    modal: str = ""
    position: Position = field(default_factory=_place, compare=False, repr=False)

    @property
    def name(self) -> str:
        """The table with its policy, as written."""
        return f"{self.policy}:{self.table}" if self.policy else self.table

    def terms(self) -> Iterator[Term]:
        """All arguments, by position and by column."""
        yield from self.args
        yield from (term for _, term in self.columns)

    def variables(self) -> Iterator[Variable]:
        """All variables, also those inside aggregates."""
        for term in self.terms():
            if isinstance(term, Variable):
                yield term
            elif isinstance(term, Aggregate):
                yield from term.args

    def __str__(self) -> str:
        parts = [str(term) for term in self.args] + [f"{ref}={term}" for ref, term in self.columns]
        text = f"{self.name}{self.sign}({', '.join(parts)})"
        return f"{self.modal}[{text}]" if self.modal else text


@dataclass(frozen=True, slots=True)
class Literal:
    """An atom, or `not` an atom."""

    atom: Atom
    negated: bool = False

    @property
    def position(self) -> Position:
        """Where the atom begins."""
        return self.atom.position

    def __str__(self) -> str:
        return f"not {self.atom}" if self.negated else str(self.atom)


@dataclass(frozen=True, slots=True)
class Statement:
    """A fact (`body` is None) or a rule."""

    heads: tuple[Atom, ...]
    body: tuple[Literal, ...] | None = None

    @property
    def head(self) -> Atom:
        """The only head of an accepted statement."""
        return self.heads[0]

    @property
    def is_fact(self) -> bool:
        """Whether there is no body."""
        return self.body is None

    @property
    def literals(self) -> tuple[Literal, ...]:
        """The body, empty for a fact."""
        return self.body or ()

    @property
    def position(self) -> Position:
        """Where the statement begins."""
        return self.heads[0].position

    def identity(self) -> tuple[object, ...]:
        """What makes two statements one: the order of a body does not, the names of variables do."""
        return (self.heads, None if self.body is None else tuple(sorted(self.body, key=str)))

    def __str__(self) -> str:
        heads = ", ".join(map(str, self.heads))
        return heads if self.body is None else f"{heads} :- {', '.join(map(str, self.body))}"
