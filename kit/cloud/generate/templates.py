"""What one server is in the store, row by row, so that another like it can be written without a request.

A template is found, not known: every new row that names the server, or names a row that does, belongs to it.
So a service that keeps more about servers tomorrow is copied, too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa

from kit.cloud.store import Row, Transaction
from kit.cloud.tables import Table, metadata

# Ids: UUIDs, Keystone's, reservations.
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9a-f]{32}\b|\br-[0-9a-f]{8}\b")
TIME = re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{6})?")
# Not of a server: what the growing itself has used.
_LEFT_OUT = frozenset(("tokens", "due_events", "kit_store"))

Rows = dict[Table, dict[tuple[Any, ...], Row]]
Writer = Callable[[Mapping[str, str]], Any]


def everything(tx: Transaction) -> Rows:
    """All rows of all tables, by table and primary key."""
    found: Rows = {}
    for table in metadata.sorted_tables:
        names = [column.name for column in table.primary_key]
        if table.name not in _LEFT_OUT and names:
            rows = tx.connection.execute(sa.select(table)).mappings()
            found[table] = {tuple(row[name] for name in names): dict(row) for row in rows}
    return found


def since(before: Rows, now: Rows) -> Rows:
    """The rows that came meanwhile."""
    return {
        table: {key: row for key, row in rows.items() if key not in before.get(table, {})}
        for table, rows in now.items()
    }


def ids_of(rows: Rows) -> set[str]:
    """All primary keys that are text."""
    return {part for table in rows.values() for key in table for part in key if isinstance(part, str)}


Place = tuple[Table, tuple[Any, ...]]


class News:
    """The rows that came since there was no server yet, and which of them name which id.

    Parameters
    ----------
    rows : Rows
        Those rows.
    shared : set of str
        The ids that were there before: projects, networks, images.
    """

    def __init__(self, rows: Rows, shared: set[str]) -> None:
        self.rows, self.shared = rows, shared
        self.order = {table: number for number, table in enumerate(metadata.sorted_tables)}
        self.texts = {
            (table, key): json.dumps(list(row.values()), default=str)
            for table in rows for key, row in rows[table].items()
        }  # fmt: skip
        self.ids = {place: set(_ID.findall(text)) for place, text in self.texts.items()}
        self.naming: dict[str, set[Place]] = {}
        for place, ids in self.ids.items():
            for id in ids:
                self.naming.setdefault(id, set()).add(place)

    def around(self, server: str) -> list[Place]:
        """The rows of one server: those that name it, and those that name one of these; parents first."""
        found: set[Place] = set()
        todo = [server]
        while todo:
            for place in self.naming.get(todo.pop(), set()) - found:
                found.add(place)
                todo += [part for part in place[1] if isinstance(part, str)]
        return sorted(found, key=lambda place: (self.order[place[0]], *map(str, place[1])))


class Template:
    """The rows of one server, and how another server's rows differ."""

    def __init__(self, server: str, news: News) -> None:
        places = news.around(server)
        self.server = server
        self.rows = [(table, news.rows[table][key]) for table, key in places]
        self.own = sorted({id for place in places for id in news.ids[place]} - news.shared)
        self.times = sorted({time for place in places for time in TIME.findall(news.texts[place])})

    def all(self, name: str) -> list[Row]:
        """The rows in the table of that name."""
        return [row for table, row in self.rows if table.name == name]

    def writers(self, tokens: set[str]) -> list[tuple[Table, Row, list[tuple[str, Writer]]]]:
        """The rows ready to be copied: what stays, and what writes each column that differs.

        Parameters
        ----------
        tokens
            Ids, addresses and times for which a copy has its own.
        """
        pattern = re.compile("|".join(re.escape(token) for token in sorted(tokens, key=len, reverse=True)))
        made = []
        for table, row in self.rows:
            numbered = {column.name for column in table.primary_key if isinstance(column.type, sa.Integer)}
            kept = {name: value for name, value in row.items() if name not in numbered}
            made.append(
                (table, kept, [(name, _writer(v, pattern)) for name, v in kept.items() if _differs(v, pattern)])
            )
        return made


def _differs(value: Any, pattern: re.Pattern[str]) -> bool:
    text = value if isinstance(value, str) else json.dumps(value) if isinstance(value, dict | list) else ""
    return bool(pattern.search(text))


def _writer(value: Any, pattern: re.Pattern[str]) -> Writer:
    if not isinstance(value, str):
        text = json.dumps(value)
        return lambda values: json.loads(pattern.sub(lambda match: values[match[0]], text))
    if pattern.fullmatch(value):
        return lambda values: values[value]
    return lambda values: pattern.sub(lambda match: values[match[0]], value)
