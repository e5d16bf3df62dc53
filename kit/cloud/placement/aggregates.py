"""The aggregates that a provider is in (1.1)."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.placement import schemas, validation
from kit.cloud.placement.errors import generation_conflict
from kit.cloud.placement.providers import change, find
from kit.cloud.placement.service import fresh
from kit.cloud.store import Row


def _answer(call: Call, row: Row) -> Answer:
    shown: dict[str, Any] = {"aggregates": row["aggregates"]}
    if call.at_least("1.19"):
        shown["resource_provider_generation"] = row["generation"]
    return fresh(call, shown)


def show(call: Call, uuid: str) -> Answer:
    """List them."""
    return _answer(call, find(call.tx, uuid))


def replace(call: Call, uuid: str) -> Answer:
    """Set them; from 1.19 on this counts as a change of the provider."""
    row = find(call.tx, uuid)
    data = validation.body(call, schemas.at(call, schemas.PUT_AGGREGATES))
    counted = call.at_least("1.19")
    if counted and data["resource_provider_generation"] != row["generation"]:
        raise generation_conflict()
    wanted = data["aggregates"] if counted else data
    return _answer(call, change(call.tx, row, step=counted, aggregates=wanted))
