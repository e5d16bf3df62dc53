"""Aggregates: one row a group, from the different values that the group holds."""

from __future__ import annotations

from collections.abc import Iterable
from operator import itemgetter
from typing import Any

from kit.policy.builtins import BUILTINS
from kit.policy.core import Const, Fold, Rule
from kit.policy.table import Table
from kit.policy.values import Row, Value


def group_columns(rule: Rule) -> tuple[int, ...]:
    """The columns of the range that make a group, in order."""
    return tuple(sorted({term for term in rule.folds if isinstance(term, int)}))


def every(rule: Rule, table: Table, counts: dict[Row, int]) -> None:
    """Count the rows of all groups."""
    for row in rows(rule, table, table.rows):
        counts[row] = counts.get(row, 0) + 1


def rows(rule: Rule, table: Table, touched: Iterable[Row]) -> list[Row]:
    """Give the rows of the groups that some rows of the range belong to."""
    columns = group_columns(rule)
    if not columns:
        found = _row(rule, list(table.rows)) if table.rows else None
        return [] if found is None else [found]
    key_of = itemgetter(*columns)
    index = table.index(columns)
    made = (_row(rule, index[key]) for key in {key_of(row): None for row in touched} if key in index)
    return [row for row in made if row is not None]


def members(rule: Rule, table: Table, row: Row) -> list[Row]:
    """Give the rows of the range that a row of the head is made of."""
    bound = {term: row[column] for column, term in enumerate(rule.folds) if isinstance(term, int)}
    return list(table.match(bound))


def _row(rule: Rule, group: Iterable[Row]) -> Row | None:
    group = list(group)
    made: list[Value] = []
    for term in rule.folds:
        if isinstance(term, Const):
            made.append(term.value)
        elif isinstance(term, int):
            made.append(group[0][term])
        else:
            value = _value(term, group)
            if value is None:
                return None
            made.append(value)
    return tuple(made)


def _value(term: Fold, group: list[Row]) -> Value | None:
    """Aggregate; values that do not go together (a text in a sum) give none, as in any builtin."""
    if not term.places:
        return len(group)
    different: dict[tuple[Any, ...], None] = {tuple([row[place] for place in term.places]): None for row in group}
    if term.function == "count":
        return len(different)
    values = [each[0] for each in different]
    try:
        if term.function == "sum":
            total = values[0]
            if isinstance(total, str):
                return None
            for value in values[1:]:
                total = BUILTINS["plus"].function(total, value)
            return total
        return min(values) if term.function == "min" else max(values)
    except (TypeError, OverflowError):
        return None
