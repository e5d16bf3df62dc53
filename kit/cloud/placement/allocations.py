"""Allocations: what consumers hold of providers, looked at from both sides, and set."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from kit.cloud.call import Answer, Call
from kit.cloud.placement import claims, consumers, schemas, validation
from kit.cloud.placement.claims import Claim, Held
from kit.cloud.placement.errors import InvalidInventory, Missing, bad_request, conflict, not_found
from kit.cloud.placement.models import allocations, providers
from kit.cloud.placement.models import consumers as consumer_table
from kit.cloud.placement.providers import find
from kit.cloud.placement.service import fresh
from kit.cloud.placement.usages import UNKNOWN
from kit.cloud.store import Row


def _youngest(rows: list[Row]) -> str | None:
    return max((row["created_at"] for row in rows), default=None)


def of_provider(call: Call, uuid: str) -> Answer:
    """What a provider has given, by consumer."""
    try:
        provider = find(call.tx, uuid)
    except Missing as missing:
        raise not_found(f"Resource provider '{uuid}' not found: {missing}") from None
    rows = call.tx.rows(allocations, provider_id=uuid, order=allocations.c.id)
    shown: dict[str, Any] = {row["consumer_id"]: {"resources": row["resources"]} for row in rows}
    if call.at_least("1.28"):
        for consumer in call.tx.rows(consumer_table, uuid=list(shown)) if shown else ():
            shown[consumer["uuid"]]["consumer_generation"] = consumer["generation"]
    body = {"allocations": shown, "resource_provider_generation": provider["generation"]}
    return fresh(call, body, _youngest(rows))


def show(call: Call, consumer_uuid: str) -> Answer:
    """What a consumer holds; of one that is not known, nothing."""
    rows = call.tx.rows(allocations, consumer_id=consumer_uuid, order=allocations.c.id)
    generations = {
        row["uuid"]: row["generation"]
        for row in (call.tx.rows(providers, uuid=[row["provider_id"] for row in rows]) if rows else ())
    }
    shown: dict[str, Any] = {
        "allocations": {
            row["provider_id"]: {"resources": row["resources"], "generation": generations[row["provider_id"]]}
            for row in rows
        }
    }
    consumer = call.tx.get(consumer_table, consumer_uuid) if rows and call.at_least("1.12") else None
    if consumer is not None:
        shown |= {"project_id": consumer["project_id"], "user_id": consumer["user_id"]}
        if call.at_least("1.28"):
            shown["consumer_generation"] = consumer["generation"]
        if call.at_least("1.38"):
            shown["consumer_type"] = consumer["consumer_type"] or UNKNOWN
    return fresh(call, shown, _youngest(rows))


def wanted(call: Call, data: dict[str, dict[str, Any]]) -> list[Claim]:
    """The claims of a body that is about several consumers.

    Raises
    ------
    Conflict, BadRequest
        When a consumer has another generation, or a provider does not exist.
    """
    rows = {uuid: consumers.ensure(call, uuid, given) for uuid, given in data.items()}
    return [Claim(rows[uuid], _held(call, given["allocations"])) for uuid, given in data.items()]


def _held(call: Call, given: dict[str, Any]) -> Held:
    there = {row["uuid"] for row in call.tx.rows(providers, uuid=list(given))} if given else set()
    for uuid in given:
        if uuid not in there:
            raise bad_request(f"Allocation for resource provider '{uuid}' that does not exist.")
    return {uuid: {name: int(amount) for name, amount in item["resources"].items()} for uuid, item in given.items()}


def replace(call: Call, consumer_uuid: str) -> None:
    """Let a consumer hold this and nothing else."""
    if not validation.uuid_like(consumer_uuid):
        raise bad_request(f"Malformed consumer_uuid: {consumer_uuid}")
    uuid = str(UUID(consumer_uuid))
    data = validation.body(call, schemas.at(call, schemas.PUT_ALLOCATIONS))
    given = data["allocations"]
    if not call.at_least("1.12"):
        given = {item["resource_provider"]["uuid"]: {"resources": item["resources"]} for item in given}
    _claim(call, {uuid: {**data, "allocations": given}}, f" for consumer {uuid}:")


def replace_many(call: Call) -> None:
    """Let several consumers hold this and nothing else, all or none of them (1.13)."""
    _claim(call, validation.body(call, schemas.at(call, schemas.POST_ALLOCATIONS)), "")


def _claim(call: Call, data: dict[str, dict[str, Any]], whose: str) -> None:
    try:
        claims.replace_all(call.tx, wanted(call, data))
    except Missing as missing:
        raise bad_request(f"Unable to allocate inventory{whose} {missing}") from None
    except InvalidInventory as trouble:
        raise conflict(f"Unable to allocate inventory: {trouble}") from None


def delete(call: Call, consumer_uuid: str) -> None:
    """Let a consumer hold nothing."""
    if not claims.release(call.tx, consumer_uuid):
        raise not_found(f"No allocations for consumer '{consumer_uuid}'")
