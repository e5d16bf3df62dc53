"""A table: rows with the number of ways each is derived, and indexes made when first needed."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from operator import itemgetter
from typing import Any

from kit.policy.values import Row, Value

Bucket = list[Row] | dict[Row, None]
Index = dict[Any, Bucket]

LARGEST_LIST = 8
SAMPLE = 512
UNKNOWN, MIXED = -1, -2


class Table:
    """Rows, each with how many derivations support it.

    The dictionaries stay the same objects for the life of a table, because compiled rules hold them.
    `width` is how many values each row has, `MIXED` when they differ, `UNKNOWN` before the first.
    """

    __slots__ = ("_distinct", "indexes", "rows", "width")

    def __init__(self) -> None:
        self.rows: dict[Row, int] = {}
        self.indexes: dict[tuple[int, ...], Index] = {}
        self._distinct: dict[int, tuple[int, int]] = {}
        self.width = UNKNOWN

    def __len__(self) -> int:
        return len(self.rows)

    def __contains__(self, row: object) -> bool:
        return row in self.rows

    def add(self, row: Row, count: int = 1) -> None:
        """Put a row in that is not there."""
        self.rows[row] = count
        if len(row) != self.width:
            self.width = len(row) if len(self.rows) == 1 else MIXED
        for columns, index in self.indexes.items():
            if columns[-1] < len(row):
                _put(index, itemgetter(*columns)(row), row)

    def discard(self, row: Row) -> None:
        """Take a row out that is there."""
        del self.rows[row]
        for columns, index in self.indexes.items():
            if columns[-1] >= len(row):
                continue
            key = itemgetter(*columns)(row)
            bucket = index[key]
            if len(bucket) == 1:
                del index[key]
            elif isinstance(bucket, list):
                bucket.remove(row)
            else:
                del bucket[row]

    def fill(self, rows: dict[Row, int] | Iterable[Row]) -> None:
        """Replace all rows; a dictionary brings its counts."""
        self.clear()
        self.rows.update(rows if isinstance(rows, dict) else dict.fromkeys(rows, 1))
        widths = set(map(len, self.rows))
        if widths:
            self.width = widths.pop() if len(widths) == 1 else MIXED
        for columns, index in self.indexes.items():
            self._build(columns, index)

    def clear(self) -> None:
        """Take all rows out."""
        self.rows.clear()
        self.width = UNKNOWN
        for index in self.indexes.values():
            index.clear()

    def index(self, columns: tuple[int, ...]) -> Index:
        """Give the index on some columns: from their value (or values) to rows."""
        index = self.indexes.get(columns)
        if index is None:
            index = self.indexes[columns] = {}
            self._build(columns, index)
        return index

    def _build(self, columns: tuple[int, ...], index: Index) -> None:
        key_of = itemgetter(*columns)
        last = columns[-1]
        for row in self.rows:
            if last >= len(row):
                continue
            key = key_of(row)
            bucket = index.get(key)
            if bucket is None:
                index[key] = [row]
            elif len(bucket) < LARGEST_LIST and isinstance(bucket, list):
                bucket.append(row)
            else:
                _put(index, key, row)

    def match(self, bound: dict[int, Value]) -> Iterable[Row]:
        """Give the rows that have these values in these columns."""
        if not bound:
            return self.rows
        columns = tuple(sorted(bound))
        values = itemgetter(*columns)(bound)
        return self.index(columns).get(values, ())

    def distinct(self, column: int) -> int:
        """Guess how many values a column has, from a sample spread over the rows."""
        size = len(self.rows)
        known = self._distinct.get(column)
        if known and known[0] <= 2 * size and size <= 2 * known[0]:
            return known[1]
        step = max(1, size // SAMPLE)
        sample = [row[column] for row in islice(self.rows, 0, None, step) if column < len(row)]
        different = len(set(sample))
        if step > 1 and different > len(sample) // 2:
            repeated = len(sample) - different
            different = min(size, len(sample) ** 2 // (2 * repeated)) if repeated else size
        self._distinct[column] = (size, max(1, different))
        return max(1, different)


def _put(index: Index, key: Any, row: Row) -> None:
    bucket = index.get(key)
    if bucket is None:
        index[key] = [row]
    elif isinstance(bucket, dict):
        bucket[row] = None
    elif len(bucket) < LARGEST_LIST:
        bucket.append(row)
    else:
        index[key] = dict.fromkeys([*bucket, row])
