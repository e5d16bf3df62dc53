"""The refusals of the placement service: their codes, and the words that several operations share."""

from __future__ import annotations

from kit.cloud.errors import BadRequest, Conflict, NotFound

UNDEFINED = "placement.undefined_code"
INVENTORY_IN_USE = "placement.inventory.inuse"
CONCURRENT_UPDATE = "placement.concurrent_update"
DUPLICATE_NAME = "placement.duplicate_name"
PROVIDER_IN_USE = "placement.resource_provider.inuse"
PROVIDER_IS_PARENT = "placement.resource_provider.cannot_delete_parent"
PROVIDER_NOT_FOUND = "placement.resource_provider.not_found"
DUPLICATE_KEY = "placement.query.duplicate_key"
BAD_VALUE = "placement.query.bad_value"
MISSING_VALUE = "placement.query.missing_value"


class Missing(NotFound):
    """What the path or the body names is not there.

    Placement lets this one pass through all of its layers, so that the answer lacks the `Vary` header; an
    operation that says more about it catches it.
    """


class InvalidInventory(Exception):
    """An inventory has not what is asked of it, or is not there."""


class InventoryInUse(Exception):
    """An inventory that is to go has allocations."""


def bad_request(detail: str, code: str = UNDEFINED) -> BadRequest:
    """The request makes no sense."""
    return BadRequest(detail, type=code)


def conflict(detail: str, code: str = UNDEFINED) -> Conflict:
    """Something stands against it: a generation, another name, an allocation."""
    return Conflict(detail, type=code)


def not_found(detail: str) -> NotFound:
    """Not there, in the operation's own words."""
    return NotFound(detail, type=UNDEFINED)


def generation_conflict() -> Conflict:
    """The provider has changed since the caller looked."""
    return conflict(
        "Resource provider's generation already changed. Please update the generation and try again.",
        CONCURRENT_UPDATE,
    )
