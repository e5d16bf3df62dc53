"""Values of the dialect: text, integers and floats, three kinds that never join.

Python holds `1 == 1.0` and gives both one hash, so a table keyed by plain numbers would join them.
Inside the engine a float is therefore a `Real`: it compares with numbers as a float does, but it
equals only floats.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import Any

Value = str | int | float
Row = tuple[Value, ...]

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


class Real(float):
    """A float that equals no integer, so that `1` and `1.0` stay two values in a join."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, float):
            return False
        both_nan = float.__ne__(self, self) and float.__ne__(other, other)
        return both_nan or float.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(("real", 0 if float.__ne__(self, self) else float.__hash__(self)))


def to_value(raw: Any) -> Value:
    """Turn what a cloud answers into a value: null, true and false become text, the rest its own kind."""
    kind = type(raw)
    if kind is str or kind is int or kind is Real:
        return raw
    if kind is float:
        return Real(raw)
    if isinstance(raw, bool) or raw is None:
        return str(raw)
    if isinstance(raw, int):
        return int(raw)
    if isinstance(raw, float):
        return Real(raw)
    return str(raw)


def to_row(raw: Iterable[Any]) -> Row:
    """Turn a row of a cloud into a row of values."""
    return tuple([v if type(v) is str or type(v) is int else to_value(v) for v in raw])


def plain(row: Row) -> Row:
    """Give a row with the floats of Python instead of those of the engine."""
    return tuple([float(v) if type(v) is Real else v for v in row])


def show(value: Value) -> str:
    """Write a value as the language does."""
    if isinstance(value, str):
        return '"' + "".join(_ESCAPES.get(c, c) for c in value) + '"'
    return repr(float(value)) if isinstance(value, float) else str(value)


def row_key(row: Iterable[Value]) -> tuple[tuple[int, Any, int], ...]:
    """Order rows of mixed kinds: numbers before text, an integer before the float it equals."""
    return tuple([_value_key(v) for v in row])


def _value_key(value: Value) -> tuple[int, Any, int]:
    if isinstance(value, str):
        return (2, value, 0)
    if isinstance(value, float):
        return (1, 0.0, 1) if float.__ne__(value, value) else (0, float(value), 1)
    return (0, value, 0)


def in_order(rows: Iterable[Row]) -> list[Row]:
    """Sort rows and give their floats as Python's: the order is the same for every run and every history."""
    rows = list(rows)
    if Real not in set(map(type, chain.from_iterable(rows))):
        try:
            return sorted(rows)
        except TypeError:
            return sorted(rows, key=row_key)
    return [plain(row) for row in sorted(rows, key=row_key)]
