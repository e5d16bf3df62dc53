"""The store: rows in SQL behind a small interface; a request is a transaction.

SQLite in memory by default, a SQLite file to keep it, PostgreSQL by URL where several
workers share one cloud.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import StaticPool

from kit.cloud import schema
from kit.cloud.clock import stamp
from kit.cloud.ids import Ids
from kit.cloud.lane import Lane, columns, order_of
from kit.cloud.memo import Memo
from kit.cloud.memory import empty_database, share_dialect
from kit.cloud.statements import conditions, insert, key_of, selection, update
from kit.cloud.tables import Table, metadata
from kit.cloud.urls import advice, in_memory, shown, with_driver
from kit.errors import StoreError

Made = TypeVar("Made")

Row = dict[str, Any]

# No database counts so far, and SQLite cannot even be asked for it.
_NO_KEY = 2**31


class Transaction:
    """Reads and writes of one request, at one moment of the cloud's clock.

    Where a method takes equalities (`name=value`), a list, a tuple or a set stands for any of its values.

    Attributes
    ----------
    now : datetime
        The moment, the same throughout (naive, in UTC); `stamp` is it as text.
    ids : Ids
        Where new identifiers come from.
    """

    def __init__(self, connection: Connection, now: datetime, ids: Ids, lane: Lane | None = None) -> None:
        self.connection = connection
        self.now = now
        self.ids = ids
        self._lane = lane

    @property
    def stamp(self) -> str:
        """The moment as the store keeps it."""
        return stamp(self.now)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """A part that is undone by itself when the block raises; the rest of the transaction stands."""
        with self.connection.begin_nested():
            try:
                yield
            except BaseException:
                self.forget()
                raise

    def forget(self) -> None:
        """Read everything anew: rows were written past this object, or undone."""
        if self._lane is not None:
            self._lane.forget()

    def get(self, table: Table, key: str | int | None) -> Row | None:
        """The row with that primary key, or None."""
        if isinstance(key, int) and abs(key) >= _NO_KEY:
            return None
        return self.first(table, **{key_of(table): key})

    def steadily(self, question: Hashable, find: Callable[[], Made]) -> Made:
        """What `find` makes of steady tables alone; kept until one of them changes, so nobody may change it."""
        return self._lane.steadily(question, find) if self._lane is not None else find()

    def first(self, table: Table, **equals: Any) -> Row | None:
        """The first row in which the named columns have these values, or None."""
        if self._lane is not None:
            return self._lane.first(table, equals)
        found = self.connection.execute(*selection(table, equals)).mappings().first()
        return dict(found) if found is not None else None

    def rows(
        self, table: Table, *where: Any, order: Any = None, limit: int | None = None, absent: tuple[str, ...] = (),
        **equals: Any,
    ) -> list[Row]:  # fmt: skip
        """All rows that satisfy the SQLAlchemy conditions and equalities, in `order`.

        Parameters
        ----------
        absent : tuple of str
            Columns that are to have no value.
        """
        if self._lane is not None and not where and (by := order_of(order)) is not None:
            return self._lane.select(table, equals, by, limit, absent)
        query, values = selection(table, equals)
        where = (*where, *(table.c[name].is_(None) for name in absent))
        if where:
            query = query.where(*where)
        if order is not None:
            query = query.order_by(*(order if isinstance(order, list | tuple) else (order,)))
        if limit is not None:
            query = query.limit(limit)
        return [dict(row) for row in self.connection.execute(query, values).mappings()]

    def raw(
        self, table: Table, *, order: Any = None, absent: tuple[str, ...] = (), only: tuple[str, ...] = (), **equals: Any
    ) -> list[tuple[Any, ...]] | None:  # fmt: skip
        """Rows as the database itself has them, for who only compares them; None where it is not SQLite."""
        return self._lane.raw(table, equals, order_of(order) or (), absent, only) if self._lane is not None else None

    def count(self, table: Table, *where: Any, **equals: Any) -> int:
        """How many rows satisfy the conditions."""
        if self._lane is not None and not where:
            return self._lane.count(table, equals)
        asked = [*where, *conditions(table, equals)]
        return int(self.connection.execute(sa.select(sa.func.count()).select_from(table).where(*asked)).scalar_one())

    def tally(self, table: Table, name: str, **equals: Any) -> dict[Any, int]:
        """How many rows satisfy the conditions, by the value of a column."""
        if self._lane is not None:
            return self._lane.tally(table, name, equals)
        query = sa.select(table.c[name], sa.func.count()).where(*conditions(table, equals)).group_by(table.c[name])
        return {value: int(number) for value, number in self.connection.execute(query)}

    def total(self, column: sa.Column[Any], *where: Any, **equals: Any) -> int:
        """The sum of a column over the rows that satisfy the conditions; 0 over none."""
        asked = [*where, *conditions(column.table, equals)]
        return int(
            self.connection.execute(sa.select(sa.func.coalesce(sa.func.sum(column), 0)).where(*asked)).scalar_one()
        )

    def totals(
        self, table: Table, names: tuple[str, ...], *, absent: tuple[str, ...] = (), **equals: Any
    ) -> tuple[int, ...]:  # fmt: skip
        """How many rows there are, how many of them have every named column, and the sum of each column.

        Parameters
        ----------
        absent : tuple of str
            Columns that are to have no value.
        """
        if self._lane is not None:
            return self._lane.totals(table, names, absent, equals)
        kept = [table.c[name] for name in names]
        known = sa.func.count(sum(kept[1:], start=kept[0]))
        where = [*conditions(table, equals), *(table.c[name].is_(None) for name in absent)]
        found = self.connection.execute(
            sa.select(sa.func.count(), known, *(sa.func.sum(column) for column in kept)).where(*where)
        ).one()
        return tuple(int(value or 0) for value in found)

    def most(self, column: sa.Column[int]) -> int:
        """The largest value of a column, which an index should be on; 0 over none."""
        if self._lane is not None:
            return self._lane.most(column.table, column.name)
        return int(self.connection.execute(sa.select(sa.func.max(column))).scalar_one() or 0)

    def insert(self, table: Table, **values: Any) -> Row:
        """Add a row and return it, whole."""
        row: Row = dict.fromkeys(table.c.keys())
        row.update(columns(table).defaults)
        row.update(values)
        key = key_of(table)
        if self._lane is not None:
            number: Any = self._lane.insert(table, {**columns(table).defaults, **values})
        else:
            result = self.connection.execute(insert(table), values)
            number = result.inserted_primary_key[0] if result.inserted_primary_key else None
        if row[key] is None:
            row[key] = number
        return row

    def insert_many(self, table: Table, rows: list[Row]) -> None:
        """Add many rows that have the same keys."""
        if rows and self._lane is not None:
            defaults = columns(table).defaults
            self._lane.insert_many(table, [{**defaults, **row} for row in rows])
        elif rows:
            self.connection.execute(insert(table), rows)

    def count_on(self, table: Table) -> None:
        """Let numbers that the database gives go on after rows that brought their own."""
        column = next(iter(table.primary_key))
        if self.connection.dialect.name == "postgresql" and column.autoincrement is True:
            sequence = sa.func.pg_get_serial_sequence(table.name, column.name)
            last = sa.select(sa.func.max(column)).scalar_subquery()
            self.connection.execute(sa.select(sa.func.setval(sequence, last)))

    def update(self, table: Table, key: str | int, **values: Any) -> int:
        """Change columns of the row with that primary key; return how many rows that was."""
        if not values:
            return 0
        if self._lane is not None:
            return self._lane.update(table, key_of(table), key, values)
        parameters = {f"v_{name}": value for name, value in values.items()}
        return int(
            self.connection.execute(update(table, key_of(table), tuple(values)), {"k_": key, **parameters}).rowcount
        )

    def delete(self, table: Table, *where: Any, **equals: Any) -> int:
        """Remove the rows that satisfy the conditions; return how many. At least one condition is due."""
        if not where and not equals:
            raise ValueError("delete needs a condition; nobody empties a table by a slip")
        if self._lane is not None:
            self._lane.written(table)
        if self._lane is not None and not where:
            return self._lane.delete(table, equals)
        query = sa.delete(table).where(*where, *conditions(table, equals))
        return int(self.connection.execute(query).rowcount)


class Store:
    """Where a cloud keeps its state.

    Parameters
    ----------
    url : str
        SQLAlchemy's form: `sqlite://` (memory), `sqlite:///cloud.db` (a file), `postgresql://...`.
    image : bytes, optional
        Rows to begin with, as `image()` gives them; for memory only.

    Raises
    ------
    StoreError
        When the URL is no database's, or it cannot be opened.
    """

    def __init__(self, url: str = "sqlite://", image: bytes | None = None) -> None:
        self._shown = shown(url)
        with self.usable():
            self.url = with_driver(make_url(url))
            self.sqlite = self.url.get_backend_name() == "sqlite"
            self.memory = in_memory(self.url)
            options: dict[str, Any] = {"connect_args": {"check_same_thread": False}} if self.sqlite else {}
            if self.memory:
                options["poolclass"] = StaticPool
            elif not self.sqlite:
                options["pool_pre_ping"] = True
            self.engine = sa.create_engine(self.url, **options)
            if self.memory:
                share_dialect(self.engine)
            # SQLite writes one at a time anyway: one lock in the process spares us its busy errors.
            self._lock: Any = threading.RLock() if self.sqlite else nullcontext()
            if self.sqlite:
                sa.event.listen(self.engine, "connect", self._tune)
            self._kept = self.engine.connect() if self.memory else None
            self._memo = Memo() if self.memory else None  # a kept store may have other writers
            self._create(image)

    @contextmanager
    def usable(self) -> Iterator[None]:
        """What the database says while the store is opened becomes an error that tells what to do.

        Raises
        ------
        StoreError
            When the database refuses.
        """
        try:
            yield
        except (ArgumentError, SQLAlchemyError, sqlite3.Error, ImportError) as error:
            raise StoreError(
                f"cannot open the store: {getattr(error, 'orig', None) or error}",
                where=self._shown,
                todo=advice(error),
            ) from error

    def _tune(self, connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves: readers take no lock
        connection.execute("PRAGMA foreign_keys = ON")
        if not self.memory:
            connection.execute("PRAGMA busy_timeout = 10000")
            connection.execute("PRAGMA journal_mode = WAL")
            # In WAL mode this loses nothing when the process is killed, and spares a flush a request.
            connection.execute("PRAGMA synchronous = NORMAL")

    def _create(self, image: bytes | None) -> None:
        if self._kept is not None:
            raw = self._raw()
            raw.deserialize(image or empty_database())
            raw.execute("PRAGMA foreign_keys = ON")
        else:
            with self.engine.connect() as connection:
                self._begin(connection)
                try:
                    schema.bring_up(connection, shown(self.url))
                    connection.commit()
                except BaseException:
                    connection.rollback()
                    raise

    def _raw(self) -> sqlite3.Connection:
        assert self._kept is not None
        raw = self._kept.connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)
        return raw

    def image(self) -> bytes:
        """The rows of a store in memory, as SQLite's own bytes."""
        with self._lock:
            return self._raw().serialize()

    def pour(self, tx: Transaction) -> bool:
        """Write the rows of this store, in memory, into the transaction of an empty SQLite file as they are.

        False when that store is no SQLite file: its values have other forms.
        """
        raw = tx.connection.connection.driver_connection
        if not isinstance(raw, sqlite3.Connection):
            return False
        quote = self.engine.dialect.identifier_preparer.quote
        for table in metadata.sorted_tables:
            names = ", ".join(quote(column.name) for column in table.c)
            marks = ", ".join("?" * len(table.c))
            rows = self._raw().execute(f"SELECT {names} FROM {quote(table.name)}")
            if table is not schema.facts:
                raw.executemany(f"INSERT INTO {quote(table.name)} ({names}) VALUES ({marks})", rows)
        return True

    def _begin(self, connection: Connection) -> None:
        """Begin to write: one writer at a time, so that what a request has checked stays true until it is kept."""
        if self.memory:
            self._raw().execute("BEGIN IMMEDIATE")
        elif self.sqlite:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        elif self.url.get_backend_name() == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITERS})")

    def _end(self, connection: Connection, kept: bool) -> None:
        """Keep what was written, or undo it."""
        # In memory the transaction is SQLite's own; SQLAlchemy knows of it only when asked for more than the lane does.
        ways: list[Any] = [connection] if not self.memory or connection.in_transaction() else []
        for way in (*ways, *([self._raw()] if self.memory else ())):
            way.commit() if kept else way.rollback()

    @contextmanager
    def read(self, now: datetime, ids: Ids) -> Iterator[Transaction]:
        """A transaction that only looks."""
        with self._lock, self._connection() as connection:
            if not self.sqlite:
                connection.execution_options(isolation_level="REPEATABLE READ")  # all of an answer at one moment
            elif not self.memory:
                connection.exec_driver_sql("BEGIN")
            try:
                yield Transaction(connection, now, ids, self._lane(connection))
            finally:
                if connection.in_transaction():
                    connection.rollback()

    @contextmanager
    def write(self, now: datetime, ids: Ids) -> Iterator[Transaction]:
        """A transaction that is kept as a whole, or undone as a whole when the block raises."""
        with self._lock, self._connection() as connection:
            self._begin(connection)
            try:
                yield Transaction(connection, now, ids, self._lane(connection))
                self._end(connection, kept=True)
            except BaseException:
                self._end(connection, kept=False)
                if self._memo is not None:
                    self._memo.clear()
                raise

    def _lane(self, connection: Connection) -> Lane | None:
        return Lane(connection.connection.driver_connection, self._memo) if self.sqlite else None  # type: ignore[arg-type]

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        if self._kept is not None:
            yield self._kept
        else:
            with self.engine.connect() as connection:
                yield connection

    def close(self) -> None:
        """Let go of the database."""
        if self._kept is not None:
            self._kept.close()
        self.engine.dispose()


# A number of our own for PostgreSQL's advisory lock.
_WRITERS = 0x6B6974
