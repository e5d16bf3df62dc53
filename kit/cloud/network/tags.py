"""Tags on every resource of the network service."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.errors import NotFound
from kit.cloud.network import (
    address_groups,
    floating_ips,
    listing,
    models,
    models_extensions,
    networks,
    owning,
    ports,
    qos_policies,
    routers,
    rules,
    security_groups,
    subnet_pools,
    subnets,
    trunks,
)
from kit.cloud.network import checks as is_
from kit.cloud.network.attributes import decoded
from kit.cloud.network.errors import bad_request, invalid_input, not_allowed
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


def collection_of(path: str) -> tuple[str, list[str]]:
    """The collection that a path leads to (`qos/policies` has two words), and the words below it."""
    first, *rest = path.split("/v2.0/", 1)[1].split("/")
    if first in ("qos", "log", "metering") and rest:
        return f"{first}/{rest[0]}", rest[1:]
    return first.replace("_", "-"), rest  # either is written


def _found(call: Call, resource_id: str, verb: str) -> tuple[Table, Row]:
    """The resource whose tags are meant, once the caller may do that with them.

    What another project has is not hidden here: whoever names it is told that a rule stands against it.
    """
    kind = collection_of(call.path)[0].removeprefix("qos/")
    table, find = RESOURCES[kind]
    row = call.tx.get(table, resource_id)
    if row is None:
        find(call, resource_id)
    elif verb != "get":
        keeper = kind != "policies" or owning.manages(call)
        if owning.owns(call, row) and call.context.may_write and keeper:
            return table, row
    else:
        with suppress(NotFound):
            return table, find(call, resource_id)
    raise not_allowed(f"{verb}_{one_of(kind.replace('-', '_'))}:tags")


def one_of(words: str) -> str:
    """The singular of a collection: `policies` is `policy`."""
    return words.removesuffix("ies") + "y" if words.endswith("ies") else words.removesuffix("s")


def _store(call: Call, table: Table, row: Row, tags: list[str]) -> None:
    listing.change(call, table, row, {"tags": sorted(set(tags))})


def index(call: Call, resource_id: str) -> dict[str, Any]:
    """A resource's tags."""
    return {"tags": _found(call, resource_id, "get")[1]["tags"] or []}


def _given(call: Call) -> dict[str, Any]:
    data = decoded(call, "")
    if data == "":
        raise bad_request("Body contains invalid data")
    if not isinstance(data, dict) or "tags" not in data:
        raise invalid_input("Invalid tags body")
    try:
        is_.list_of(is_.text())(data["tags"])
    except is_.Unfit as reason:
        raise invalid_input(str(reason)) from None
    return data


def _one(tag: str) -> None:
    try:
        is_.text()(tag)
    except is_.Unfit as reason:
        raise invalid_input(str(reason)) from None


def _few(call: Call, tags: list[str]) -> None:
    if len(set(tags)) > LIMIT:
        kind = collection_of(call.path)[0].removeprefix("qos/").replace("-", "_")
        raise bad_request(
            f"Bad {kind} request: The number of tags exceed the per-resource limit of {LIMIT}.", "BadRequest"
        )


def replace(call: Call, resource_id: str) -> dict[str, Any]:
    """Replace all tags; the answer is the request."""
    data = _given(call)
    table, row = _found(call, resource_id, "update")
    _few(call, data["tags"])
    _store(call, table, row, data["tags"])
    return data


def create(call: Call, resource_id: str) -> dict[str, Any]:
    """Add several tags at once; the answer is the request."""
    data = _given(call)
    table, row = _found(call, resource_id, "create")
    _few(call, data["tags"])
    _store(call, table, row, [*(row["tags"] or []), *data["tags"]])
    return data


def clear(call: Call, resource_id: str) -> None:
    """Remove all tags."""
    table, row = _found(call, resource_id, "delete")
    _store(call, table, row, [])


def _have(row: Row, tag: str) -> None:
    if tag not in (row["tags"] or []):
        raise NotFound(f"Tag {tag} could not be found.", type="TagNotFound")


def check(call: Call, resource_id: str, tag: str) -> None:
    """Whether the resource has the tag."""
    _one(tag)
    _have(_found(call, resource_id, "get")[1], tag)


def add(call: Call, resource_id: str, tag: str) -> Answer:
    """Add one tag."""
    _one(tag)
    table, row = _found(call, resource_id, "update")
    _few(call, [*(row["tags"] or []), tag])
    _store(call, table, row, [*(row["tags"] or []), tag])
    return Answer(201)


def remove(call: Call, resource_id: str, tag: str) -> None:
    """Remove one tag."""
    _one(tag)
    table, row = _found(call, resource_id, "delete")
    _have(row, tag)
    _store(call, table, row, [other for other in row["tags"] if other != tag])
