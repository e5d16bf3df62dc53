"""Consumers: who holds allocations, for which project and user."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Call
from kit.cloud.errors import Conflict
from kit.cloud.placement.errors import CONCURRENT_UPDATE, conflict
from kit.cloud.placement.models import consumers
from kit.cloud.store import Row, Transaction

# Whom a consumer belongs to that was written before 1.8 asked for it.
INCOMPLETE = "00000000-0000-0000-0000-000000000000"


def ensure(call: Call, uuid: str, data: dict[str, Any]) -> Row:
    """The consumer of a body's allocations, made when it is new; project, user and type are set as given.

    Raises
    ------
    Conflict
        When the generation given is not the consumer's (1.28).
    """
    fields: dict[str, Any] = {
        "project_id": data.get("project_id", INCOMPLETE),
        "user_id": data.get("user_id", INCOMPLETE),
    }
    if call.at_least("1.38"):
        fields["consumer_type"] = data["consumer_type"]
    row, given = call.tx.first(consumers, uuid=uuid), data.get("consumer_generation")
    if row is None:
        if given is not None and call.at_least("1.28"):
            raise _conflict("null", given)
        return add(call.tx, uuid, **fields)
    if call.at_least("1.28") and given != row["generation"]:
        raise _conflict(row["generation"], given)
    if any(row[name] != value for name, value in fields.items()):
        call.tx.update(consumers, uuid, **fields, updated_at=call.tx.stamp)
    return {**row, **fields}


def add(tx: Transaction, uuid: str, **fields: Any) -> Row:
    """Write a consumer down."""
    return tx.insert(consumers, uuid=uuid, generation=0, created_at=tx.stamp, updated_at=tx.stamp, **fields)


def _conflict(expected: Any, given: Any) -> Conflict:
    return conflict(f"consumer generation conflict - expected {expected} but got {given}", CONCURRENT_UPDATE)
