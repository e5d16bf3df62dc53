"""Usages: what is allocated, of a provider and of a project."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.placement import capacity, schemas, validation
from kit.cloud.placement.errors import Missing, not_found
from kit.cloud.placement.models import allocations, consumers
from kit.cloud.placement.providers import find
from kit.cloud.placement.service import fresh
from kit.cloud.store import Row

UNKNOWN = "unknown"


def of_provider(call: Call, uuid: str) -> Answer:
    """How much of each of its inventories a provider has given."""
    try:
        row = find(call.tx, uuid)
    except Missing as missing:
        raise not_found(f"No resource provider with uuid {uuid} found: {missing}") from None
    used = {name: row["used"].get(name, 0) for name in row["inventories"]}
    return fresh(call, {"resource_provider_generation": row["generation"], "usages": used})


def total(call: Call) -> Answer:
    """How much a project (and a user of it) holds (1.9); by consumer type from 1.38 on."""
    validation.query(call, schemas.at(call, schemas.GET_USAGES))
    equals: dict[str, Any] = {"project_id": call.query.one("project_id")}
    if call.query.one("user_id"):
        equals["user_id"] = call.query.one("user_id")
    rows = call.tx.rows(consumers, **equals)
    if not call.at_least("1.38"):
        return fresh(call, {"usages": _sum(call, rows)})
    asked = call.query.one("consumer_type")
    groups: dict[str, list[Row]] = {}
    for row in rows:
        kind = row["consumer_type"] or UNKNOWN
        if asked in (None, "all", kind):
            groups.setdefault("all" if asked == "all" else kind, []).append(row)
    found: dict[str, Any] = {}
    for kind, members in groups.items():
        used = _sum(call, members)
        if used:
            found[kind] = {**used, "consumer_count": len(members)}
    return fresh(call, {"usages": found})


def _sum(call: Call, rows: list[Row]) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in call.tx.rows(allocations, consumer_id=[row["uuid"] for row in rows]) if rows else ():
        found = capacity.added(found, row["resources"])
    return found
