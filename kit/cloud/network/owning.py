"""Whose a resource is, and who else may touch it."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid5

from kit.cloud.call import Call
from kit.cloud.errors import ApiError, NotFound
from kit.cloud.network.errors import not_allowed, not_found
from kit.cloud.store import Row
from kit.cloud.tables import Table


def owns(call: Call, row: Row) -> bool:
    """Whether the caller may do with a resource what its owner may."""
    return bool(call.context.is_admin or row["project_id"] == call.context.project_id)


def mine(call: Call, table: Table) -> list[Any]:
    """The condition for a list of resources that only their owners see."""
    return [] if call.context.is_admin else [table.c.project_id == call.context.project_id]


def foreign() -> NotFound:
    """What somebody is told who would change another project's thing that is shared with them."""
    return NotFound("The resource could not be found.", type="HTTPNotFound")


def one(call: Call, table: Table, id: str, kind: str) -> Row:
    """A resource that only its owner sees.

    Raises
    ------
    NotFound
        When there is none of that id, or it is another project's.
    """
    row = call.tx.get(table, id)
    if row is None or not owns(call, row):
        raise not_found(kind, id)
    return row


def of_parent(call: Call, table: Table, parent_id: str, rule: str) -> None:
    """Refuse to make something below another project's resource, which is not hidden from who names it so."""
    parent = call.tx.get(table, parent_id)
    if parent is not None and not owns(call, parent):
        raise not_allowed(rule)


def operator(call: Call, rule: str) -> None:
    """Refuse everybody but the administrator."""
    if not call.context.is_admin:
        raise not_allowed(rule)


def manages(call: Call) -> bool:
    """Whether the caller is the project's manager, or the administrator."""
    return not call.context.roles.isdisjoint(("manager", "admin"))


def manager(call: Call, rule: str) -> None:
    """Refuse those who are neither the project's manager nor the administrator."""
    if not manages(call):
        raise not_allowed(rule)


def hidden(call: Call, row: Row | None, missing: ApiError) -> Row:
    """A row for the administrator; everybody else is told that it could not be found.

    Raises
    ------
    NotFound
        When there is none, or the caller may not see it.
    """
    if row is None:
        raise missing
    if not call.context.is_admin:
        raise foreign()
    return row


def derived(id: str, word: str) -> str:
    """An id that follows from another one: asking for it draws nothing from the cloud's stream of ids."""
    return str(uuid5(UUID(id), word))
