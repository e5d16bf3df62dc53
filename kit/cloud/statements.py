"""SQLAlchemy's statements of fixed form, each built once: building one anew costs more than running it."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any

import sqlalchemy as sa

from kit.cloud.tables import Table

Row = dict[str, Any]


@lru_cache(maxsize=4096)
def select(table: Table, names: tuple[str, ...]) -> sa.Select[Any]:
    """A cached `SELECT * WHERE a = :a AND ...`; building it anew costs more than running it."""
    return sa.select(table).where(*(table.c[name] == sa.bindparam(name) for name in names))


@lru_cache(maxsize=4096)
def update(table: Table, key: str, names: tuple[str, ...]) -> sa.Update:
    """A cached `UPDATE ... SET b = :v_b WHERE key = :k_`."""
    values: dict[Any, Any] = {table.c[name]: sa.bindparam(f"v_{name}") for name in names}
    return sa.update(table).where(table.c[key] == sa.bindparam("k_")).values(values)


@cache
def insert(table: Table) -> sa.Insert:
    """A cached `INSERT`."""
    return sa.insert(table)


@cache
def key_of(table: Table) -> str:
    """The name of the primary key."""
    return str(next(iter(table.primary_key)).name)


def conditions(table: Any, equals: Row) -> list[Any]:
    """Each column has its value, or one of its values."""
    return [
        table.c[name].in_(list(value)) if isinstance(value, list | tuple | set | frozenset) else table.c[name] == value
        for name, value in equals.items()
    ]


def selection(table: Table, equals: Row) -> tuple[sa.Select[Any], Row]:
    """The statement and its values; a cached one where every condition is an equality."""
    if any(isinstance(value, list | tuple | set | frozenset) for value in equals.values()):
        return sa.select(table).where(*conditions(table, equals)), {}
    return select(table, tuple(equals)), equals
