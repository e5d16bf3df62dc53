"""Rules as the engine runs them: tables have keys, variables have numbers, columns are in place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from kit.policy.builtins import Builtin
from kit.policy.syntax import Statement
from kit.policy.values import Value, show


class Key(NamedTuple):
    """Which table: of a policy, of the calls a policy demands, or one the engine made for itself.

    Parameters
    ----------
    policy : str
        The policy that owns the table.
    table : str
        Its name; for calls `service:action`.
    kind : str
        `table`, `execute`, `some` (the columns of another table that matter), `fold` (what an
        aggregate ranges over).
    mark : str
        Tells apart tables of one name: the number of arguments of a call, the columns that matter.
    """

    policy: str
    table: str
    kind: str = "table"
    mark: str = ""

    def __str__(self) -> str:
        if self.kind == "execute":
            return f"execute[{self.table}]"
        return f"{self.policy}:{self.table}"


@dataclass(frozen=True, slots=True)
class Const:
    """A value in the place of an argument."""

    value: Value


Slot = int | Const
"""An argument: the number of a variable, or a value."""


@dataclass(frozen=True, slots=True)
class Goal:
    """One literal of a body.

    Parameters
    ----------
    terms : tuple of Slot
        Its arguments, one for every column.
    key : Key, optional
        The table it reads.
    builtin : Builtin, optional
        Or the builtin it asks; with neither, it is `true` or `false`.
    negated : bool
        Whether it must not hold.
    index : int
        Its place in the body as written.
    """

    terms: tuple[Slot, ...]
    key: Key | None = None
    builtin: Builtin | None = None
    negated: bool = False
    index: int = 0
    truth: bool = True

    def inputs(self) -> frozenset[int]:
        """The variables that something else must bind first."""
        if self.negated:
            return frozenset(t for t in self.terms if isinstance(t, int))
        if self.builtin:
            return frozenset(t for t in self.terms[: len(self.builtin.inputs)] if isinstance(t, int))
        return frozenset()

    def variables(self) -> frozenset[int]:
        """All its variables."""
        return frozenset(t for t in self.terms if isinstance(t, int))


@dataclass(frozen=True, slots=True)
class Fold:
    """An aggregate: the places of its arguments in the table that it ranges over."""

    function: str
    places: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Rule:
    """A rule ready to run.

    Parameters
    ----------
    head : Key
        The table it defines.
    terms : tuple of Slot
        The arguments of the head.
    goals : tuple of Goal
        The body.
    names : tuple of str
        The variables by number, for messages; made-up ones are empty.
    policy : str
        The policy it belongs to.
    statement : Statement
        What was written.
    folds : tuple of Slot or Fold
        For a rule that aggregates: what each column of the head is. Its only goal is then the table
        that it ranges over.
    """

    head: Key
    terms: tuple[Slot, ...]
    goals: tuple[Goal, ...]
    names: tuple[str, ...]
    policy: str
    statement: Statement
    folds: tuple[int | Const | Fold, ...] = ()

    @property
    def volatile(self) -> bool:
        """Whether its rows change with time."""
        return any(goal.builtin and goal.builtin.volatile for goal in self.goals)

    def unbound(self) -> frozenset[int]:
        """Variables of the head that no goal binds: fresh values, in the policy of actions."""
        bound = frozenset().union(*(g.variables() for g in self.goals if not g.negated))
        return frozenset(t for t in self.terms if isinstance(t, int)) - bound


def write_fact(key: Key, row: tuple[Value, ...], home: str = "") -> str:
    """Write a row as the language does; the policy is left out for tables of `home`."""
    name = str(key) if key.kind != "execute" else key.table
    if key.kind != "execute" and key.policy == home:
        name = key.table
    text = f"{name}({', '.join(map(show, row))})"
    return f"execute[{text}]" if key.kind == "execute" else text
