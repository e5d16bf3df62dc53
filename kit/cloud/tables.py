"""What all tables of the store share: one catalogue, and columns in the house's types."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, Boolean, Column, Float, ForeignKey, Integer, LargeBinary, MetaData, String, Table, Text

__all__ = [
    "Column", "Integer", "Table", "blob", "decimal", "flag", "integer", "json", "key", "metadata", "moment",
    "reference", "string", "text",
]  # fmt: skip

metadata = MetaData()


def key(name: str = "id", **kw: Any) -> Column[str]:
    """The primary key: text of at most 64 characters."""
    return Column(name, String(64), primary_key=True, **kw)


def string(name: str, *, index: bool = False, null: bool = True, **kw: Any) -> Column[str]:
    """Text of at most 255 characters."""
    return Column(name, String(255), index=index, nullable=null, **kw)


def text(name: str, **kw: Any) -> Column[str]:
    """Text of any length."""
    return Column(name, Text, **kw)


def integer(name: str, **kw: Any) -> Column[int]:
    """A whole number."""
    return Column(name, Integer, **kw)


def decimal(name: str, **kw: Any) -> Column[float]:
    """A floating-point number."""
    return Column(name, Float, **kw)


def flag(name: str, **kw: Any) -> Column[bool]:
    """True or False."""
    return Column(name, Boolean, **kw)


def json(name: str, **kw: Any) -> Column[Any]:
    """Any JSON value; None is stored as NULL."""
    return Column(name, JSON(none_as_null=True), **kw)


def blob(name: str, **kw: Any) -> Column[bytes]:
    """Bytes."""
    return Column(name, LargeBinary, **kw)


def moment(name: str, **kw: Any) -> Column[str]:
    """A stamp of `kit.cloud.clock`: ISO 8601 text in UTC, which sorts by time."""
    return Column(name, String(26), **kw)


def reference(name: str, target: str, *, cascade: bool = False, **kw: Any) -> Column[str]:
    """A key of another table (`table.column`), indexed; `cascade` deletes this row with that one."""
    rule = "CASCADE" if cascade else None
    return Column(name, String(64), ForeignKey(target, ondelete=rule), index=True, **kw)
