"""How many columns a table has: every fact and rule must use it alike."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from kit.policy.core import Key, Rule
from kit.policy.errors import ArityError, StatementError
from kit.policy.model import Model
from kit.policy.policies import Policies
from kit.policy.syntax import Atom, Statement
from kit.policy.values import Row


class Arities:
    """The widths of tables, as they are and as a batch of statements would make them."""

    def __init__(self, model: Model, policies: Policies) -> None:
        self.model = model
        self.policies = policies
        self._batch: dict[Key, int] = {}

    def of(self, key: Key) -> int | None:
        """The number of columns of a table, None while nothing tells it."""
        policy = self.policies.get(key.policy)
        columns = policy.columns(key.table) if policy else None
        if columns is not None:
            return len(columns)
        known = self._batch.get(key)
        if known is not None:
            return known
        if self.model.rules.get(key):
            return len(self.model.rules[key][0].terms)
        base = self.model.base.get(key)
        if base:
            return base.width if base.width >= 0 else None
        if policy is None or policy.kind == "datasource":
            return None
        return next((len(rule.goals[place].terms) for rule, place in self.model.readers.get(key, ())), None)

    def fact_errors(self, statement: Statement, key: Key, row: Row) -> Iterator[StatementError]:
        """Find a fact that has another number of columns than its table."""
        yield from self._use(key, len(row), statement.head)

    def rule_errors(self, statement: Statement, rules: Iterable[Rule]) -> Iterator[StatementError]:
        """Find literals of a rule that have another number of columns than their tables."""
        for rule in rules:
            if rule.head.kind == "table":
                yield from self._use(rule.head, len(rule.terms), statement.head)
            for goal in rule.goals:
                if goal.key and goal.key.kind == "table":
                    yield from self._use(goal.key, len(goal.terms), statement.literals[goal.index].atom)

    def _use(self, key: Key, width: int, atom: Atom) -> Iterator[StatementError]:
        known = self.of(key)
        if known is None:
            self._batch[key] = width
        elif known != width:
            yield wrong_width(atom, known, width)


def wrong_width(atom: Atom, known: int, width: int) -> ArityError:
    """The error of an atom with a number of columns that its table has not."""
    columns = f"{known} column" + ("" if known == 1 else "s")
    what = f"`{atom.name}` has {columns} elsewhere, but `{atom}` gives {width}."
    todo = "Give every column a variable or a value; `_` is anything."
    return ArityError(what, position=atom.position, literal=str(atom), todo=todo)


def check_rows(key: Key, rows: Iterable[Row], columns: Mapping[str, tuple[str, ...]]) -> None:
    """Refuse rows of a cloud's table that do not fit its columns, or each other.

    Raises
    ------
    ArityError
        Its text shows the row.
    """
    named = columns.get(key.table)
    width = len(named) if named is not None else None
    for row in rows:
        if width is None:
            width = len(row)
        elif len(row) != width:
            what = f"A row of `{key}` has {len(row)} values where {width} are wanted: {row!r:.200}."
            todo = f"The columns are: {', '.join(named)}." if named else "All rows of a table have the same columns."
            raise ArityError(what, literal=str(key), todo=todo)
