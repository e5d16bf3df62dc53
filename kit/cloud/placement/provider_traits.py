"""The traits that a provider has (1.6)."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.placement import schemas, validation
from kit.cloud.placement.errors import Missing, bad_request, generation_conflict, not_found
from kit.cloud.placement.providers import change, find
from kit.cloud.placement.service import fresh
from kit.cloud.placement.traits import known
from kit.cloud.store import Row, Transaction


def _shown(row: Row) -> dict[str, Any]:
    return {"traits": row["traits"], "resource_provider_generation": row["generation"]}


def set_to(tx: Transaction, row: Row, names: list[str]) -> Row:
    """Give a provider these traits; nothing is changed when it has them."""
    wanted = sorted(set(names), key=lambda name: (name.startswith("CUSTOM_"), name))
    return row if wanted == row["traits"] else change(tx, row, traits=wanted)


def show(call: Call, uuid: str) -> Answer:
    """List them."""
    try:
        row = find(call.tx, uuid)
    except Missing as missing:
        raise not_found(f"No resource provider with uuid {uuid} found: {missing}") from None
    return fresh(call, _shown(row), row["updated_at"])


def replace(call: Call, uuid: str) -> Answer:
    """Set them."""
    data = validation.body(call, schemas.PUT_TRAITS)
    row = find(call.tx, uuid)
    if row["generation"] != data["resource_provider_generation"]:
        raise generation_conflict()
    try:
        known(call.tx, data["traits"])
    except Missing as missing:
        raise bad_request(f"No such trait {missing.message[18:-1]}") from None
    row = set_to(call.tx, row, data["traits"])
    return fresh(call, _shown(row), row["updated_at"])


def clear(call: Call, uuid: str) -> None:
    """Take all of them away."""
    set_to(call.tx, find(call.tx, uuid), [])
