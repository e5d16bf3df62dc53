"""Tags on every resource of the network service."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.network import (
    address_groups,
    floating_ips,
    listing,
    models,
    models_extensions,
    networks,
    ports,
    qos_policies,
    routers,
    rules,
    security_groups,
    subnet_pools,
    subnets,
    trunks,
)
from kit.cloud.network.errors import bad_request, not_found
from kit.cloud.store import Row
from kit.cloud.tables import Table

LIMIT = 50

# Collection in the path -> table and finder; all but two of them have tags.
RESOURCES: dict[str, tuple[Table, Callable[[Call, str], Row]]] = {
    "networks": (models.networks, networks.find),
    "subnets": (models.subnets, subnets.find),
    "subnetpools": (models.subnet_pools, subnet_pools.find),
    "address-groups": (models.address_groups, address_groups.find),
    "ports": (models.ports, ports.find),
    "routers": (models.routers, routers.find),
    "floatingips": (models.floating_ips, floating_ips.find),
    "security-groups": (models.security_groups, security_groups.find),
    "security-group-rules": (models.rules, rules.find),
    "trunks": (models_extensions.trunks, trunks.find),
    "policies": (models_extensions.qos_policies, qos_policies.find),
}


UNTAGGED = frozenset(("address-groups", "security-group-rules"))


def _found(call: Call, resource_id: str) -> tuple[Table, Row]:
    table, find = RESOURCES[collection_of(call.path)[0].removeprefix("qos/")]
    return table, find(call, resource_id)


def collection_of(path: str) -> tuple[str, list[str]]:
    """The collection that a path leads to (`qos/policies` has two words), and the words below it."""
    first, *rest = path.split("/v2.0/", 1)[1].split("/")
    if first in ("qos", "log", "metering") and rest:
        return f"{first}/{rest[0]}", rest[1:]
    return first, rest


def _store(call: Call, table: Table, row: Row, tags: list[str]) -> None:
    listing.change(call, table, row, {"tags": sorted(set(tags))})


def index(call: Call, resource_id: str) -> dict[str, Any]:
    """A resource's tags."""
    return {"tags": _found(call, resource_id)[1]["tags"] or []}


def _given(call: Call) -> list[str]:
    data = call.json()
    tags = data.get("tags") if isinstance(data, dict) else None
    if not isinstance(tags, list):
        raise bad_request("Invalid input for operation: Invalid tags body.", "InvalidInput")
    for tag in tags:
        if not isinstance(tag, str) or not 1 <= len(tag) <= 255:
            raise bad_request(f"Invalid input for operation: '{tag}' is not a valid tag.", "InvalidInput")
    return tags


def _few(call: Call, tags: list[str]) -> None:
    if len(set(tags)) > LIMIT:
        kind = collection_of(call.path)[0].removeprefix("qos/").replace("-", "_")
        raise bad_request(
            f"Bad {kind} request: The number of tags exceed the per-resource limit of {LIMIT}.", "BadRequest"
        )


def replace(call: Call, resource_id: str) -> dict[str, Any]:
    """Replace all tags."""
    tags = _given(call)
    table, row = _found(call, resource_id)
    _few(call, tags)
    _store(call, table, row, tags)
    return {"tags": sorted(set(tags))}


def create(call: Call, resource_id: str) -> Answer:
    """Add several tags at once."""
    tags = _given(call)
    table, row = _found(call, resource_id)
    _few(call, [*(row["tags"] or []), *tags])
    _store(call, table, row, [*(row["tags"] or []), *tags])
    return Answer(201, {"tags": sorted({*(row["tags"] or []), *tags})})


def clear(call: Call, resource_id: str) -> None:
    """Remove all tags."""
    table, row = _found(call, resource_id)
    _store(call, table, row, [])


def check(call: Call, resource_id: str, tag: str) -> None:
    """Whether the resource has the tag."""
    _, row = _found(call, resource_id)
    if tag not in (row["tags"] or []):
        error = not_found("Tag", tag)
        error.type, error.message = "TagNotFound", f"Tag {tag} could not be found."
        raise error


def add(call: Call, resource_id: str, tag: str) -> Answer:
    """Add one tag."""
    table, row = _found(call, resource_id)
    _few(call, [*(row["tags"] or []), tag])
    _store(call, table, row, [*(row["tags"] or []), tag])
    return Answer(201)


def remove(call: Call, resource_id: str, tag: str) -> None:
    """Remove one tag."""
    check(call, resource_id, tag)
    table, row = _found(call, resource_id)
    _store(call, table, row, [other for other in row["tags"] if other != tag])
