"""The tables of a kept store: made when it is new, brought up to date when older, refused when newer."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.schema import CreateColumn

from kit.cloud.tables import Column, Table, json, key, metadata
from kit.errors import StoreError

# What is known of the store itself, by name: `schema`, `openings`, `services`, `cloud`.
facts = Table("kit_store", metadata, key("name"), json("value"))

VERSION = 1
"""Raised when a migration is added; tables and columns that only came along need none."""

MIGRATIONS: dict[int, Callable[[Connection], None]] = {}
"""Version to what brings the rows of the one before it there; applied in order, once."""


def fingerprint() -> str:
    """A digest of every table and column: another one means that something came along."""
    known = [f"{table.name}:{','.join(table.c.keys())}" for table in metadata.sorted_tables]
    return hashlib.sha256("\n".join(sorted(known)).encode()).hexdigest()[:16]


def bring_up(connection: Connection, where: str) -> None:
    """Let the store have every table and column of this version, in the transaction of `connection`.

    Raises
    ------
    StoreError
        When a newer version has written it; it is left as it is.
    """
    found = _version(connection)
    if found == {"version": VERSION, "fingerprint": fingerprint()}:
        return
    if found["version"] > VERSION:
        raise StoreError(
            f"the store has schema {found['version']}, and this version knows {VERSION}", where=where,
            todo="Upgrade openstack-labkit (pip install -U openstack-labkit), or give another store.",
        )  # fmt: skip
    inspector = sa.inspect(connection)
    there = set(inspector.get_table_names())
    fresh = not there & {table.name for table in metadata.sorted_tables if table is not facts}
    for table in metadata.sorted_tables:
        if table.name in there:
            _extend(connection, inspector, table)
    metadata.create_all(connection)
    for version in range(int(found["version"]) + 1, VERSION + 1):
        if version in MIGRATIONS and not fresh:
            MIGRATIONS[version](connection)
    remember(connection, "schema", {"version": VERSION, "fingerprint": fingerprint()})


def _version(connection: Connection) -> dict[str, Any]:
    """What the store says of its schema; version 0 of one that says nothing."""
    if not sa.inspect(connection).has_table(facts.name):
        return {"version": 0}
    return recall(connection, "schema") or {"version": 0}


def _extend(connection: Connection, inspector: sa.Inspector, table: Table) -> None:
    """Add the columns and indexes that a table lacks."""
    names = {column["name"] for column in inspector.get_columns(table.name)}
    quote = connection.dialect.identifier_preparer.quote
    for column in table.c:
        if column.name not in names:
            ddl = CreateColumn(column).compile(dialect=connection.dialect)
            text = f"ALTER TABLE {quote(table.name)} ADD COLUMN {ddl}{_default(connection, column)}"
            connection.exec_driver_sql(text + _references(connection, column))
    indexes = {index["name"] for index in inspector.get_indexes(table.name)}
    for index in table.indexes:
        if index.name not in indexes:
            index.create(connection)


def _default(connection: Connection, column: Column[Any]) -> str:
    """What rows that are there get in a new column: its default, or the emptiest value where NULL may not be."""
    if column.default is not None and column.default.is_scalar:
        value = column.default.arg  # type: ignore[attr-defined]
    elif column.nullable:
        return ""
    else:
        kind = column.type.python_type
        value = {} if kind is dict else kind()
    dialect = connection.dialect
    return f" DEFAULT {sa.literal(value, column.type).compile(dialect=dialect, compile_kwargs={'literal_binds': True})}"


def _references(connection: Connection, column: Column[Any]) -> str:
    quote = connection.dialect.identifier_preparer.quote
    parts = []
    for key_ in column.foreign_keys:
        target, name = key_.target_fullname.split(".")
        rule = f" ON DELETE {key_.ondelete}" if key_.ondelete else ""
        parts.append(f" REFERENCES {quote(target)} ({quote(name)}){rule}")
    return "".join(parts)


def recall(connection: Connection, name: str) -> Any:
    """One fact of the store, or None."""
    return connection.execute(sa.select(facts.c.value).where(facts.c.name == name)).scalar_one_or_none()


def remember(connection: Connection, name: str, value: Any) -> None:
    """Write one fact down."""
    changed = connection.execute(sa.update(facts).where(facts.c.name == name).values(value=value)).rowcount
    if not changed:
        connection.execute(sa.insert(facts).values(name=name, value=value))
