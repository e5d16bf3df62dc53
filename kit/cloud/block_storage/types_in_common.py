"""What volume types and group types have in common: numbers, who sees them, how their names change."""

from __future__ import annotations

from typing import Any

from kit.cloud.block_storage.errors import conflict
from kit.cloud.block_storage.validation import FALSE, TRUE, truth
from kit.cloud.call import Call
from kit.cloud.errors import BadRequest
from kit.cloud.store import Row, Transaction
from kit.cloud.tables import Table


def next_number(tx: Transaction, table: Table) -> int:
    """The number of a table's next row: rows are counted in the order of creation."""
    last = tx.rows(table, order=table.c.number.desc(), limit=1)
    return (last[0]["number"] if last else 0) + 1


def public(call: Call) -> bool | None:
    """Which types a list is to have: public ones, private ones, or (None) all; only the administrator has a choice.

    Raises
    ------
    BadRequest
        When the query's `is_public` is no such choice.
    """
    text = call.query.one("is_public") or "true"
    if not call.context.is_admin:
        return True
    if text.lower() == "none":
        return None
    if text.lower() not in TRUE + FALSE:
        raise BadRequest(f"Invalid is_public filter [{text}]")
    return text.lower() in TRUE


def checked(given: dict[str, Any], word: str, names: str) -> None:
    """Refuse a change of nothing, or to no name.

    Parameters
    ----------
    word, names : str
        How Cinder calls the type (`Volume`), and what may change.
    """
    name = given.get("name")
    if name and not name.strip():
        raise BadRequest(f"{word} type name can not be empty.")
    if all(given.get(key) is None for key in ("name", "description", "is_public")):
        raise BadRequest(f"Specify {word.lower()} type name, {names} or a combination thereof.")


def unique(call: Call, table: Table, word: str, name: str | None, own: str | None = None) -> None:
    """Refuse a name that another type has."""
    other = call.tx.first(table, name=name) if name else None
    if other is not None and other["id"] != own:
        raise conflict(f"{word} Type {name} already exists.")


def change(call: Call, table: Table, row: Row, given: dict[str, Any]) -> Row:
    """Store a type's new name, description or visibility."""
    fields = {key: given[key] for key in ("name", "description") if given.get(key) is not None}
    if given.get("is_public") is not None:
        fields["is_public"] = truth(given["is_public"])
    fields["updated_at"] = call.tx.stamp
    call.tx.update(table, row["id"], **fields)
    return {**row, **fields}
