"""A quick lane to SQLite: SQLAlchemy writes a statement once, SQLite's own cursor runs it.

Running a statement through SQLAlchemy takes fifty microseconds where SQLite takes five, and a request
runs ten of them. So the statements whose form is fixed (equalities, an order, a limit) are compiled by
SQLAlchemy when first met, kept as text, and run on the driver's connection, in the same transaction.
Everything else, and every other database, goes the usual way.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Hashable, Iterable
from functools import cache, lru_cache
from json import JSONDecoder, JSONEncoder, dumps
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql import operators

from kit.cloud.memo import Memo
from kit.cloud.tables import Table

Row = dict[str, Any]
Order = tuple[tuple[str, bool], ...]  # columns, and whether each is descending

_dialect = sqlite.dialect(paramstyle="qmark")
_encode = JSONEncoder().encode
_scan: Callable[[str, int], tuple[Any, int]] = JSONDecoder().scan_once  # type: ignore[attr-defined]


def _many(value: Any) -> bool:
    return isinstance(value, list | tuple | set | frozenset)


def _from_json(text: str) -> Any:
    """A JSON value as it was written here: without white space around it, and most often empty."""
    if text == "[]":
        return []
    return {} if text == "{}" else _scan(text, 0)[0]


def _to_json(value: Any) -> str | None:
    """A value as `_from_json` takes it; None is no value (`none_as_null`)."""
    if value is None:
        return None
    if not value and isinstance(value, list | dict):
        return "{}" if isinstance(value, dict) else "[]"
    return _encode(value)


class Columns:
    """How the values of a table go into SQLite and come out."""

    def __init__(self, table: Table) -> None:
        self.names = tuple(table.c.keys())
        self.into: dict[str, Callable[[Any], Any]] = {}
        self.out: list[tuple[str, Callable[[Any], Any]]] = []
        self.defaults: Row = {}
        for column in table.c:
            impl = column.type.dialect_impl(_dialect)
            is_json = isinstance(column.type, sa.JSON)
            into = _to_json if is_json else impl.bind_processor(_dialect)
            out: Any = _from_json if is_json else impl.result_processor(_dialect, None)
            if into is not None:
                self.into[column.name] = into
            if out is not None:
                self.out.append((column.name, out))
            if column.default is not None and column.default.is_scalar:
                self.defaults[column.name] = column.default.arg  # type: ignore[attr-defined]

    def bind(self, name: str, value: Any) -> Any:
        """A value as SQLite takes it."""
        into = self.into.get(name)
        return into(value) if into is not None else value

    def row(self, values: tuple[Any, ...]) -> Row:
        """A row as Python has it."""
        found = dict(zip(self.names, values, strict=True))
        for name, out in self.out:
            if found[name] is not None:
                found[name] = out(found[name])
        return found


@cache
def columns(table: Table) -> Columns:
    """The columns of a table, looked at once."""
    return Columns(table)


@lru_cache(maxsize=4096)
def _where(table: Table, shape: tuple[tuple[str, bool], ...], absent: tuple[str, ...] = ()) -> str:
    quote = _dialect.identifier_preparer.quote
    # One text whatever the number of values: a list travels as JSON.
    parts = [
        f"{quote(name)} IN (SELECT value FROM json_each(?))" if many else f"{quote(name)} = ?" for name, many in shape
    ]
    parts += [f"{quote(name)} IS NULL" for name in absent]
    return f" WHERE {' AND '.join(parts)}" if parts else ""


@lru_cache(maxsize=4096)
def _select(
    table: Table, shape: tuple[tuple[str, bool], ...], order: Order, limit: int | None, absent: tuple[str, ...] = (),
    only: tuple[str, ...] = (),
) -> str:  # fmt: skip
    quote = _dialect.identifier_preparer.quote
    base = f"SELECT {', '.join(quote(name) for name in only or columns(table).names)} FROM {quote(table.name)}"
    by = ", ".join(f"{quote(name)}{' DESC' if down else ''}" for name, down in order)
    tail = f" ORDER BY {by}" if by else ""
    return f"{base}{_where(table, shape, absent)}{tail}{f' LIMIT {int(limit)}' if limit is not None else ''}"


@lru_cache(maxsize=4096)
def _totals(
    table: Table, names: tuple[str, ...], absent: tuple[str, ...], shape: tuple[tuple[str, bool], ...]
) -> str:  # fmt: skip
    quote = _dialect.identifier_preparer.quote
    sums = ", ".join(f"sum({quote(name)})" for name in names)
    known = " + ".join(quote(name) for name in names)
    return f"SELECT count(*), count({known}), {sums} FROM {quote(table.name)}{_where(table, shape, absent)}"


@lru_cache(maxsize=4096)
def _insert(table: Table, names: tuple[str, ...]) -> str:
    return str(sa.insert(table).compile(dialect=_dialect, column_keys=list(names)))


@lru_cache(maxsize=4096)
def _inserting(
    table: Table, given: tuple[str, ...]
) -> tuple[str, tuple[tuple[str, Callable[[Any], Any] | None], ...]]:  # fmt: skip
    """The statement for values of these names, and how each goes in, in the statement's order."""
    kept = columns(table)
    names = tuple(name for name in kept.names if name in given)
    if len(names) != len(given):
        raise KeyError(f"{table.name} has no column {', '.join(sorted(set(given) - set(names)))}")
    return _insert(table, names), tuple((name, kept.into.get(name)) for name in names)


@lru_cache(maxsize=4096)
def _set(table: Table, key: str, names: tuple[str, ...]) -> str:
    quote = _dialect.identifier_preparer.quote
    sets = ", ".join(f"{quote(name)} = ?" for name in names)
    return f"UPDATE {quote(table.name)} SET {sets} WHERE {quote(key)} = ?"


def order_of(order: Any) -> Order | None:
    """An order as names and directions, or None when it is of another form."""
    if order is None:
        return ()
    found = []
    for item in order if isinstance(order, list | tuple) else (order,):
        if isinstance(item, sa.Column):
            found.append((item.name, False))
        elif isinstance(item, sa.UnaryExpression) and isinstance(item.element, sa.Column):
            if item.modifier not in (operators.desc_op, operators.asc_op):
                return None
            found.append((item.element.name, item.modifier is operators.desc_op))
        else:
            return None
    return tuple(found)


class Lane:
    """Statements of fixed form on one connection of SQLite.

    Where an equality's value is a list, a tuple or a set, the column is to have one of its values.

    Parameters
    ----------
    memo : Memo, optional
        What was read lately, where nobody else writes to the store.
    """

    def __init__(self, connection: sqlite3.Connection, memo: Memo | None = None) -> None:
        self._memo = memo
        self._run = connection.execute
        self._run_many = connection.executemany

    def written(self, table: Table) -> None:
        """Somebody writes to the table."""
        if self._memo is not None:
            self._memo.written(table)

    def forget(self) -> None:
        """What was written is undone, or was written past this object."""
        if self._memo is not None:
            self._memo.clear()

    def _conditions(self, table: Table, equals: Row) -> tuple[tuple[tuple[str, bool], ...], list[Any]]:
        kept = columns(table)
        shape, values = [], []
        for name, value in equals.items():
            if name not in table.c:
                raise KeyError(f"{table.name} has no column {name}")
            many = _many(value)
            shape.append((name, many))
            values.append(_as_json(value) if many else kept.bind(name, value))
        return tuple(shape), values

    def select(
        self, table: Table, equals: Row, order: Order = (), limit: int | None = None, absent: tuple[str, ...] = ()
    ) -> list[Row]:  # fmt: skip
        """The rows whose columns have these values, and those of `absent` none."""
        if self._memo is not None and self._memo.steady(table):
            question = (tuple(equals.items()), order, limit, absent)
            found = self._memo.recall(table.name, question, lambda: self._raw(table, equals, order, limit, absent))
        else:
            found = self._raw(table, equals, order, limit, absent)
        row = columns(table).row
        return [row(values) for values in found]

    def _raw(
        self, table: Table, equals: Row, order: Order, limit: int | None, absent: tuple[str, ...]
    ) -> list[tuple[Any, ...]]:  # fmt: skip
        shape, values = self._conditions(table, equals)
        return self._run(_select(table, shape, order, limit, absent), values).fetchall()

    def steadily(self, question: Hashable, find: Callable[[], Any]) -> Any:
        """What `find` makes of steady tables alone, kept while they stay as they are."""
        return self._memo.recall("", question, find) if self._memo is not None else find()

    def raw(
        self, table: Table, equals: Row, order: Order, absent: tuple[str, ...], only: tuple[str, ...]
    ) -> list[tuple[Any, ...]]:  # fmt: skip
        """The same rows as SQLite has them, or some of their columns."""

        def find() -> list[tuple[Any, ...]]:
            shape, values = self._conditions(table, equals)
            return self._run(_select(table, shape, order, None, absent, only), values).fetchall()

        if self._memo is not None and self._memo.steady(table):
            question = (tuple(equals.items()), order, None, absent, only)
            return list(self._memo.recall(table.name, question, find))
        return find()

    def first(self, table: Table, equals: Row) -> Row | None:
        """The first of them, or None."""
        found = self.select(table, equals, (), 1)
        return found[0] if found else None

    def count(self, table: Table, equals: Row) -> int:
        """How many there are."""
        shape, values = self._conditions(table, equals)
        quote = _dialect.identifier_preparer.quote
        text = f"SELECT count(*) FROM {quote(table.name)}{_where(table, shape)}"
        return int(self._run(text, values).fetchone()[0])

    def tally(self, table: Table, name: str, equals: Row) -> dict[Any, int]:
        """How many rows there are by the value of a column."""
        shape, values = self._conditions(table, equals)
        quote = _dialect.identifier_preparer.quote
        # By the conditions' columns first: an index over them and `name` then needs no sorting.
        by = ", ".join(quote(column) for column in (*equals, name))
        text = f"SELECT {quote(name)}, count(*) FROM {quote(table.name)}{_where(table, shape)} GROUP BY {by}"
        found: dict[Any, int] = {}
        for value, number in self._run(text, values):
            found[value] = found.get(value, 0) + number
        return found

    def totals(self, table: Table, names: tuple[str, ...], absent: tuple[str, ...], equals: Row) -> tuple[int, ...]:
        """How many rows there are, how many of them have every named column, and the columns' sums."""
        shape, values = self._conditions(table, equals)
        found = self._run(_totals(table, names, absent, shape), values).fetchone()
        return tuple(int(value or 0) for value in found)

    def most(self, table: Table, name: str) -> int:
        """The largest value of a column; 0 over none."""
        quote = _dialect.identifier_preparer.quote
        return int(self._run(f"SELECT max({quote(name)}) FROM {quote(table.name)}").fetchone()[0] or 0)

    def insert(self, table: Table, values: Row) -> int | None:
        """Add a row; the number that SQLite gave it, where it gives one."""
        self.written(table)
        return self._run(*self._insertion(table, values)).lastrowid

    def insert_many(self, table: Table, rows: Iterable[Row]) -> None:
        """Add rows that have the same keys."""
        self.written(table)
        made = [self._insertion(table, row) for row in rows]
        if made:
            self._run_many(made[0][0], [values for _, values in made])

    def _insertion(self, table: Table, values: Row) -> tuple[str, list[Any]]:
        text, plan = _inserting(table, tuple(values))
        return text, [values[name] if into is None else into(values[name]) for name, into in plan]

    def update(self, table: Table, key: str, value: Any, values: Row) -> int:
        """Change columns of the row with that key."""
        self.written(table)
        kept = columns(table)
        bound = [kept.bind(name, new) for name, new in values.items()]
        return self._run(_set(table, key, tuple(values)), [*bound, value]).rowcount

    def delete(self, table: Table, equals: Row) -> int:
        """Remove the rows whose columns have these values."""
        self.written(table)
        shape, values = self._conditions(table, equals)
        quote = _dialect.identifier_preparer.quote
        return self._run(f"DELETE FROM {quote(table.name)}{_where(table, shape)}", values).rowcount


def _as_json(values: Collection[Any]) -> str:
    return dumps(sorted(values) if isinstance(values, set | frozenset) else list(values))
