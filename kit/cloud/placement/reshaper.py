"""Inventories and the allocations on them, moved together from provider to provider (1.30)."""

from __future__ import annotations

from kit.cloud.call import Call
from kit.cloud.placement import claims, inventories, schemas, validation
from kit.cloud.placement.allocations import wanted
from kit.cloud.placement.errors import (
    CONCURRENT_UPDATE,
    INVENTORY_IN_USE,
    PROVIDER_NOT_FOUND,
    InvalidInventory,
    InventoryInUse,
    Missing,
    bad_request,
    conflict,
)
from kit.cloud.placement.providers import find


def reshape(call: Call) -> None:
    """Set inventories of several providers and allocations of several consumers, all or nothing."""
    data = validation.body(call, schemas.at(call, schemas.POST_RESHAPER))
    new = {}
    for uuid, given in data["inventories"].items():
        try:
            row = find(call.tx, uuid)
        except Missing as missing:
            raise bad_request(
                f"Resource provider {uuid} in inventories not found: {missing}", PROVIDER_NOT_FOUND
            ) from None
        generation = given["resource_provider_generation"]
        if generation != row["generation"]:
            raise conflict(
                f"resource provider generation conflict for provider {uuid}: actual: {row['generation']}, given: {generation}",
                CONCURRENT_UPDATE,
            )
        new[uuid] = {name: inventories.filled(one) for name, one in given["inventories"].items()}
    asked = wanted(call, data["allocations"])
    try:
        # What is to go stays until nobody holds any of it, and what is to come is there before anybody does.
        for uuid, wished in new.items():
            row = find(call.tx, uuid)
            if wished:
                inventories.replace_all(call.tx, row, {**row["inventories"], **wished})
        claims.replace_all(call.tx, asked)
        for uuid, wished in new.items():
            inventories.replace_all(call.tx, find(call.tx, uuid), wished)
    except Missing as missing:
        raise bad_request(f"malformed reshaper data: {missing}") from None
    except InventoryInUse as trouble:
        raise conflict(f"update conflict: {trouble}", INVENTORY_IN_USE) from None
    except InvalidInventory as trouble:
        raise conflict(f"Unable to allocate inventory: {trouble}") from None
