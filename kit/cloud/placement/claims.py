"""Allocations taken and given back: the one place where what is used of a provider changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from kit.cloud.placement import resource_classes
from kit.cloud.placement.capacity import added, keeps_units
from kit.cloud.placement.errors import InvalidInventory
from kit.cloud.placement.models import allocations, consumers, providers
from kit.cloud.placement.providers import change
from kit.cloud.store import Row, Transaction

Held = dict[str, dict[str, int]]  # provider to amounts by class


@dataclass(frozen=True)
class Claim:
    """What a consumer is to hold, instead of all that it holds."""

    consumer: Row
    held: Held
    server_id: str | None = None


def replace_all(tx: Transaction, claims: list[Claim]) -> None:
    """Let each consumer hold what its claim says, all or nothing.

    Raises
    ------
    Missing
        When a resource class does not exist.
    InvalidInventory
        When a provider has not what is asked of it.
    """
    old = {claim.consumer["uuid"]: tx.rows(allocations, consumer_id=claim.consumer["uuid"]) for claim in claims}
    touched = {row["provider_id"] for rows in old.values() for row in rows}
    touched |= {uuid for claim in claims for uuid in claim.held}
    there = {row["uuid"]: row for row in tx.rows(providers, uuid=sorted(touched))} if touched else {}
    before = {uuid: dict(row["used"]) for uuid, row in there.items()}
    for rows in old.values():
        for row in rows:
            _use(there, row["provider_id"], row["resources"], -1)
    _check(tx, claims, there, before)
    for claim in claims:
        uuid = claim.consumer["uuid"]
        if old[uuid]:
            tx.delete(allocations, consumer_id=uuid)
        for provider_id, resources in claim.held.items():
            _use(there, provider_id, resources)
            tx.insert(
                allocations, consumer_id=uuid, provider_id=provider_id, resources=resources,
                server_id=claim.server_id or uuid, created_at=tx.stamp,
            )  # fmt: skip
    # A consumer that only moves away does not count as a change of what it leaves.
    seen = {uuid for claim in claims for uuid in claim.held}
    seen |= {row["provider_id"] for claim in claims if not claim.held for row in old[claim.consumer["uuid"]]}
    for uuid, row in there.items():
        if uuid in seen or row["used"] != before[uuid]:
            change(tx, row, step=uuid in seen, used=row["used"])
    for claim in claims:
        _settle(tx, claim, bool(old[claim.consumer["uuid"]]))


def _use(there: dict[str, Row], uuid: str, resources: dict[str, int], sign: int = 1) -> None:
    row = there[uuid]
    there[uuid] = {**row, "used": added(row["used"], resources, sign)}


def _settle(tx: Transaction, claim: Claim, had: bool) -> None:
    """The consumer counts one more change, or is forgotten when it holds nothing any more."""
    uuid = claim.consumer["uuid"]
    if claim.held:
        tx.update(consumers, uuid, generation=claim.consumer["generation"] + 1, updated_at=tx.stamp)
    elif had:
        tx.delete(consumers, uuid=uuid)


def _check(tx: Transaction, claims: list[Claim], there: dict[str, Row], before: dict[str, dict[str, int]]) -> None:
    """Refuse what does not fit; an amount that makes an excess no larger does."""
    wanted = [
        (uuid, name, amount)
        for claim in claims for uuid, resources in claim.held.items() for name, amount in resources.items()
    ]  # fmt: skip
    names = {name for _, name, _ in wanted}
    resource_classes.known(tx, names)
    bare = {uuid for uuid, _, _ in wanted if names.isdisjoint(there[uuid]["inventories"])}
    if bare:
        raise _invalid(", ".join(sorted(names)), ", ".join(sorted(bare)))
    asked: dict[tuple[str, str], int] = {}
    for uuid, name, amount in wanted:
        inventory: dict[str, Any] | None = there[uuid]["inventories"].get(name)
        if inventory is None:
            raise _invalid(name, uuid)
        if not keeps_units(inventory, amount):
            raise _refused(name, uuid, "violate inventory constraints")
        asked[uuid, name] = asked.get((uuid, name), 0) + amount
        used = there[uuid]["used"].get(name, 0)
        limit = (inventory["total"] - inventory["reserved"]) * inventory["allocation_ratio"]
        if used + asked[uuid, name] > limit and used + asked[uuid, name] > before[uuid].get(name, 0):
            raise _refused(name, uuid, "exceed the capacity")


def _invalid(names: str, uuids: str) -> InvalidInventory:
    return InvalidInventory(f"Inventory for '{names}' on resource provider '{uuids}' invalid.")


def _refused(name: str, uuid: str, reason: str) -> InvalidInventory:
    return InvalidInventory(
        f"Unable to create allocation for '{name}' on resource provider '{uuid}'. The requested amount would {reason}."
    )


def release(tx: Transaction, consumer_id: str) -> bool:
    """Let a consumer hold nothing, and forget it; whether it held anything."""
    rows = tx.rows(allocations, consumer_id=consumer_id)
    for row in rows:
        provider = tx.first(providers, uuid=row["provider_id"])
        assert provider is not None
        change(tx, provider, step=False, used=added(provider["used"], row["resources"], -1))
    tx.delete(allocations, consumer_id=consumer_id)
    tx.delete(consumers, uuid=consumer_id)
    return bool(rows)
