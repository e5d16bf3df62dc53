"""Inventories: what a provider has of each resource class."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.errors import ApiError
from kit.cloud.placement import resource_classes, schemas, validation
from kit.cloud.placement.capacity import Inventory
from kit.cloud.placement.errors import (
    CONCURRENT_UPDATE,
    INVENTORY_IN_USE,
    InventoryInUse,
    Missing,
    bad_request,
    conflict,
    not_found,
)
from kit.cloud.placement.providers import change, find
from kit.cloud.placement.service import fresh
from kit.cloud.store import Row, Transaction

DEFAULTS: Inventory = {
    "total": 0, "reserved": 0, "min_unit": 1, "max_unit": schemas.MAX_INT, "step_size": 1, "allocation_ratio": 1.0,
}  # fmt: skip


def filled(given: dict[str, Any]) -> Inventory:
    """An inventory with every field, those that were not given at their defaults."""
    found = {**DEFAULTS, **{name: value for name, value in given.items() if name in DEFAULTS}}
    # In a schema, 8.0 is a whole number.
    return {name: value if name == "allocation_ratio" else int(value) for name, value in found.items()}


def _shown(row: Row) -> dict[str, Any]:
    return {"resource_provider_generation": row["generation"], "inventories": row["inventories"]}


def _one(row: Row, inventory: Inventory) -> dict[str, Any]:
    return {**inventory, **({"resource_provider_generation": row["generation"]} if row["generation"] else {})}


def check(call: Call, uuid: str, inventories: dict[str, Inventory]) -> None:
    """Refuse an inventory of which nothing is left beside what is reserved (from 1.26 on, less than nothing)."""
    for name, inventory in inventories.items():
        left = (inventory["total"] - inventory["reserved"]) * inventory["allocation_ratio"]
        # What is no number is refused, too.
        if not left > -1 or (left < 1 and not call.at_least("1.26")):
            than = "greater than" if call.at_least("1.26") else "greater than or equal to"
            raise ValueError(
                f"Invalid inventory for '{name}' on resource provider '{uuid}'. The reserved value is {than} total."
            )


def replace_all(tx: Transaction, row: Row, inventories: dict[str, Inventory]) -> Row:
    """Set all inventories of a provider.

    Raises
    ------
    Missing
        When a class does not exist.
    InventoryInUse
        When one that is to go has allocations.
    """
    resource_classes.known(tx, inventories)
    used = [name for name in row["inventories"] if name not in inventories and row["used"].get(name)]
    if used:
        order = (*resource_classes.STANDARD, *used)
        used.sort(key=order.index)
        raise InventoryInUse(f"Inventory for '{', '.join(used)}' on resource provider '{row['uuid']}' in use.")
    return change(tx, row, inventories=inventories)


def _provider(call: Call, uuid: str, colon: str) -> Row:
    try:
        return find(call.tx, uuid)
    except Missing as missing:
        raise not_found(f"No resource provider with uuid {uuid} found{colon} {missing}") from None


def index(call: Call, uuid: str) -> Answer:
    """List a provider's inventories."""
    row = _provider(call, uuid, " :")
    return fresh(call, _shown(row), row["updated_at"])


def show(call: Call, uuid: str, resource_class: str) -> Answer:
    """Show one inventory."""
    row = _provider(call, uuid, " :")
    if resource_class not in row["inventories"]:
        raise not_found(f"No inventory of class {resource_class} for {uuid}")
    return fresh(call, _one(row, row["inventories"][resource_class]), row["updated_at"])


def create(call: Call, uuid: str) -> Answer:
    """Add one inventory."""
    row = find(call.tx, uuid)
    data = validation.body(call, schemas.POST_INVENTORY)
    name, inventory = data["resource_class"], filled(data)
    try:
        check(call, uuid, {name: inventory})
        resource_classes.known(call.tx, (name,))
    except (ValueError, Missing) as trouble:
        raise bad_request(f"Unable to create inventory for resource provider {uuid}: {trouble}") from None
    if name in row["inventories"]:
        raise conflict(f"Update conflict: Duplicate entry for {name}", CONCURRENT_UPDATE)
    row = change(call.tx, row, inventories={**row["inventories"], name: inventory})
    location = f"{call.base}{call.service.path}/resource_providers/{uuid}/inventories/{name}"
    return fresh(call, _one(row, inventory), row["updated_at"], 201, location=location)


def replace(call: Call, uuid: str) -> Answer:
    """Set all inventories."""
    row = find(call.tx, uuid)
    data = validation.body(call, schemas.PUT_INVENTORIES)
    same_generation(row, data["resource_provider_generation"])
    wanted = {name: filled(given) for name, given in data["inventories"].items()}
    try:
        check(call, uuid, wanted)
        row = replace_all(call.tx, row, wanted)
    except ValueError as trouble:
        raise bad_request(f"Unable to update inventory for resource provider {uuid}: {trouble}") from None
    except Missing as missing:
        raise bad_request(f"Unknown resource class in inventory for resource provider {uuid}: {missing}") from None
    except InventoryInUse as trouble:
        raise conflict(f"update conflict: {trouble}", INVENTORY_IN_USE) from None
    return fresh(call, _shown(row), row["updated_at"])


def same_generation(row: Row, given: int) -> None:
    """Refuse a change by whoever has not seen the last one."""
    if given != row["generation"]:
        raise conflict("resource provider generation conflict", CONCURRENT_UPDATE)


def update(call: Call, uuid: str, resource_class: str) -> Answer:
    """Set one inventory that is there."""
    row = find(call.tx, uuid)
    data = validation.body(call, schemas.PUT_INVENTORY)
    same_generation(row, data["resource_provider_generation"])
    inventory = filled(data)
    try:
        check(call, uuid, {resource_class: inventory})
    except ValueError as trouble:
        raise bad_request(f"Unable to update inventory for resource provider {uuid}: {trouble}") from None
    resource_classes.known(call.tx, (resource_class,))
    if resource_class not in row["inventories"]:
        raise bad_request(
            f"No inventory record with resource class for resource provider {uuid}: "
            f"No inventory of class {resource_class} found."
        )
    row = change(call.tx, row, inventories={**row["inventories"], resource_class: inventory})
    return fresh(call, _one(row, inventory), row["updated_at"])


def clear(call: Call, uuid: str) -> None:
    """Remove all inventories (1.5)."""
    row = find(call.tx, uuid)
    try:
        replace_all(call.tx, row, {})
    except InventoryInUse as trouble:
        raise conflict(str(trouble), INVENTORY_IN_USE) from None


def delete(call: Call, uuid: str, resource_class: str) -> None:
    """Remove one inventory."""
    row = find(call.tx, uuid)
    try:
        resource_classes.known(call.tx, (resource_class,))
        if resource_class not in row["inventories"]:
            raise Missing(f"No inventory of class {resource_class} found for delete")
        kept = {name: inventory for name, inventory in row["inventories"].items() if name != resource_class}
        replace_all(call.tx, row, kept)
    except Missing as missing:
        raise _undeleted(resource_class, missing) from None
    except InventoryInUse as trouble:
        raise conflict(f"Unable to delete inventory of class {resource_class}: {trouble}", CONCURRENT_UPDATE) from None


def _undeleted(name: str, missing: Missing) -> ApiError:
    return not_found(f"No inventory of class {name} found for delete: {missing}")
