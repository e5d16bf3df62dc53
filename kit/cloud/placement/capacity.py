"""How much of an inventory there is, and whether an amount may be taken from it."""

from __future__ import annotations

from typing import Any

from kit.cloud.store import Row

Inventory = dict[str, Any]


def capacity(inventory: Inventory) -> int:
    """What may be allocated in all: the total without what is reserved, times the allocation ratio."""
    return int((inventory["total"] - inventory["reserved"]) * inventory["allocation_ratio"])


def keeps_units(inventory: Inventory, amount: int) -> bool:
    """Whether a single allocation of that amount keeps to the smallest, the largest and the step."""
    return inventory["min_unit"] <= amount <= inventory["max_unit"] and amount % inventory["step_size"] == 0


def has_room(provider: Row, name: str, amount: int) -> bool:
    """Whether a provider can give that amount of a class, beside all that it has given."""
    inventory = (provider["inventories"] or {}).get(name)
    if inventory is None or not keeps_units(inventory, amount):
        return False
    free = (inventory["total"] - inventory["reserved"]) * inventory["allocation_ratio"]
    return bool((provider["used"] or {}).get(name, 0) + amount <= free)


def added(used: dict[str, int] | None, resources: dict[str, int], sign: int = 1) -> dict[str, int]:
    """Usage with some resources more, or less; a class of which nothing is used is left out."""
    found = dict(used or {})
    for name, amount in resources.items():
        found[name] = found.get(name, 0) + sign * amount
        if not found[name]:
            del found[name]
    return found
