"""Stores in memory: what makes one more of them cost nothing."""

from __future__ import annotations

import sqlite3
from functools import cache
from typing import Any

import sqlalchemy as sa

from kit.cloud.tables import metadata


def share_dialect(engine: sa.Engine) -> None:
    """Let all clouds in memory have one dialect and one cache of compiled statements.

    SQLAlchemy keeps compiled statements by dialect and engine; a test suite makes a cloud a test, and
    compiling anew is half the cost of one.
    """
    if not _shared:
        _shared.append((engine.dialect, engine._compiled_cache))
    engine.dialect, engine._compiled_cache = _shared[0]


_shared: list[tuple[sa.Dialect, Any]] = []


@cache
def _schema_script(tables: int) -> str:
    """The DDL of all tables for SQLite; `tables` only makes a later import refresh the cache."""
    from sqlalchemy.dialects import sqlite
    from sqlalchemy.schema import CreateIndex, CreateTable

    dialect = sqlite.dialect()
    parts = [str(CreateTable(table).compile(dialect=dialect)) for table in metadata.sorted_tables]
    parts += [
        str(CreateIndex(index).compile(dialect=dialect))
        for table in metadata.sorted_tables
        for index in sorted(table.indexes, key=lambda index: str(index.name))
    ]
    return ";\n".join(parts) + ";"


@cache
def _empty_image(tables: int) -> bytes:
    connection = sqlite3.connect(":memory:")
    connection.executescript(_schema_script(tables))
    return connection.serialize()


def empty_database() -> bytes:
    """An empty database with every table, as SQLite's own bytes: opening one more cloud costs nothing."""
    return _empty_image(len(metadata.tables))
