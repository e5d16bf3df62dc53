"""Resource providers: made, listed, put into trees, removed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from kit.cloud.call import Answer, Call
from kit.cloud.errors import Conflict
from kit.cloud.placement import capacity, queries, schemas, validation
from kit.cloud.placement.errors import (
    DUPLICATE_NAME,
    PROVIDER_IN_USE,
    PROVIDER_IS_PARENT,
    Missing,
    bad_request,
    conflict,
    not_found,
)
from kit.cloud.placement.models import allocations, providers
from kit.cloud.placement.resource_classes import known as known_classes
from kit.cloud.placement.service import fresh, modified
from kit.cloud.placement.traits import known as known_traits
from kit.cloud.store import Row, Transaction


def find(tx: Transaction, uuid: str) -> Row:
    """The provider of that UUID.

    Raises
    ------
    Missing
        When there is none.
    """
    row = tx.first(providers, uuid=uuid)
    if row is None:
        raise Missing(f"No resource provider with uuid {uuid} found")
    return row


def add(tx: Transaction, uuid: str, name: str, parent: Row | None = None, **fields: Any) -> Row:
    """Write a provider down, a root or below `parent`."""
    values = {"inventories": {}, "used": {}, "traits": [], "aggregates": [], **fields}
    return tx.insert(
        providers, uuid=uuid, name=name, generation=0, parent_uuid=parent["uuid"] if parent else None,
        root_uuid=parent["root_uuid"] if parent else uuid, created_at=tx.stamp, updated_at=tx.stamp, **values,
    )  # fmt: skip


def change(tx: Transaction, row: Row, *, step: bool = True, **fields: Any) -> Row:
    """Store a provider's changed columns; its generation goes up by one, unless `step` is False."""
    if step:
        fields["generation"] = row["generation"] + 1
    fields["updated_at"] = tx.stamp
    tx.update(providers, row["number"], **fields)
    return {**row, **fields}


def document(call: Call, row: Row) -> dict[str, Any]:
    """A provider as it is shown."""
    url = f"{call.service.path}/resource_providers/{row['uuid']}"
    rels = ["inventories", "usages"]
    for version, rel in (("1.1", "aggregates"), ("1.6", "traits"), ("1.11", "allocations")):
        if call.at_least(version):
            rels.append(rel)
    shown: dict[str, Any] = {
        "uuid": row["uuid"], "name": row["name"], "generation": row["generation"],
        "links": [{"rel": "self", "href": url}, *({"rel": rel, "href": f"{url}/{rel}"} for rel in rels)],
    }  # fmt: skip
    if call.at_least("1.14"):
        shown |= {"parent_provider_uuid": row["parent_uuid"], "root_provider_uuid": row["root_uuid"]}
    return shown


def index(call: Call) -> Answer:
    """List the providers that pass every filter of the query string."""
    validation.query(call, schemas.at(call, schemas.GET_PROVIDERS))
    rows = _filtered(call)
    return fresh(call, {"resource_providers": [document(call, row) for row in rows]}, modified(rows))


def _filtered(call: Call) -> list[Row]:
    query, tx = call.query, call.tx
    equals: dict[str, Any] = {name: query.one(name) for name in ("name", "uuid") if query.one(name)}
    wanted, bad_aggregates = queries.member_of(call)
    required, forbidden = queries.required(call)
    resources = queries.resources(query.one("resources") or "") if "resources" in query else {}
    tree = query.one("in_tree")
    if tree:
        root = tx.first(providers, uuid=tree)
        if root is None:
            return []
        equals["root_uuid"] = root["root_uuid"]
    try:
        known_traits(tx, set().union(*required, forbidden))
    except Missing as missing:
        raise bad_request(f'Invalid trait(s) in "required" parameter: {missing}') from None
    if resources:
        try:
            known_classes(tx, resources)
        except Missing as missing:
            raise bad_request(f"Invalid resource class in resources parameter: {missing}") from None
    return [
        row
        for row in tx.rows(providers, order=providers.c.number, **equals)
        if all(some & set(row["traits"]) for some in required)
        and forbidden.isdisjoint(row["traits"])
        and all(some & set(row["aggregates"]) for some in wanted)
        and bad_aggregates.isdisjoint(row["aggregates"])
        and all(capacity.has_room(row, name, amount) for name, amount in resources.items())
    ]


def show(call: Call, uuid: str) -> Answer:
    """Show a provider."""
    row = find(call.tx, uuid)
    return fresh(call, document(call, row), row["updated_at"])


def create(call: Call) -> Answer:
    """Make a provider: 201 without a body until 1.19, 200 with one after."""
    data = validation.body(call, schemas.at(call, schemas.POST_PROVIDER))
    name = data["name"]
    uuid = str(UUID(data["uuid"])) if data.get("uuid") else call.tx.ids.uuid()
    taken = [f"uuid: {uuid}"] if call.tx.first(providers, uuid=uuid) else []
    taken += [f"name: {name}"] if call.tx.first(providers, name=name) else []
    if taken:
        raise conflict(f"Conflicting resource provider {', '.join(taken)} already exists.", DUPLICATE_NAME)
    trouble, parent = "", None
    if not name:
        trouble = "name is required"
    elif data.get("parent_provider_uuid") == uuid:
        trouble = "parent provider UUID cannot be same as UUID. Please set parent provider UUID to None if there is no parent."
    elif data.get("parent_provider_uuid") is not None:
        parent = call.tx.first(providers, uuid=data["parent_provider_uuid"])
        trouble = "" if parent else "parent provider UUID does not exist."
    if trouble:
        raise bad_request(
            f'Unable to create resource provider "{name}", {uuid}: Object action create failed because: {trouble}'
        )
    row = add(call.tx, uuid, name, parent)
    location = f"{call.base}{call.service.path}/resource_providers/{uuid}"
    if call.at_least("1.20"):
        return fresh(call, document(call, row), row["updated_at"], location=location)
    return Answer(201, None, {"location": location})


def update(call: Call, uuid: str) -> Answer:
    """Give a provider another name, or another place in a tree (freely from 1.37 on)."""
    row = find(call.tx, uuid)
    data = validation.body(call, schemas.at(call, schemas.PUT_PROVIDER))
    fields = {"name": data["name"]}
    if data.get("parent_provider_uuid", row["parent_uuid"]) != row["parent_uuid"] or data.get("parent_provider_uuid"):
        fields |= _reparented(call, row, data["parent_provider_uuid"])
    other = call.tx.first(providers, name=data["name"])
    if other is not None and other["uuid"] != uuid:
        raise _duplicate(data["name"])
    row = change(call.tx, row, step=False, **fields)
    return fresh(call, document(call, row), row["updated_at"])


def _duplicate(name: str) -> Conflict:
    return conflict(f"Conflicting resource provider {name} already exists.", DUPLICATE_NAME)


def _reparented(call: Call, row: Row, parent_uuid: str | None) -> dict[str, Any]:
    """The provider's new parent and root; all below it follow."""

    def refuse(action: str, reason: str) -> None:
        raise bad_request(
            f"Unable to save resource provider {row['uuid']}: Object action {action} failed because: {reason}"
        )

    parent = call.tx.first(providers, uuid=parent_uuid) if parent_uuid else None
    below = _subtree(call.tx, row)
    if parent_uuid is None:
        if not call.at_least("1.37"):
            refuse("update", "un-parenting a provider is not currently allowed.")
    elif parent is None:
        refuse("create", "parent provider UUID does not exist.")
    elif row["parent_uuid"] not in (None, parent_uuid) and not call.at_least("1.37"):
        refuse("update", "re-parenting a provider is not currently allowed.")
    elif parent_uuid in {other["uuid"] for other in below}:
        refuse("update", "creating loop in the provider tree is not allowed.")
    root = parent["root_uuid"] if parent else row["uuid"]
    for other in below:
        call.tx.update(providers, other["number"], root_uuid=root)
    return {"parent_uuid": parent_uuid, "root_uuid": root}


def _subtree(tx: Transaction, row: Row) -> list[Row]:
    tree = tx.rows(providers, root_uuid=row["root_uuid"])
    found = [row]
    for above in found:
        found += [other for other in tree if other["parent_uuid"] == above["uuid"]]
    return found


def delete(call: Call, uuid: str) -> None:
    """Remove a provider that has neither children nor allocations."""
    try:
        row = find(call.tx, uuid)
    except Missing:
        raise not_found(f"No resource provider with uuid {uuid} found for delete") from None
    if call.tx.first(providers, parent_uuid=uuid):
        raise conflict(
            f"Unable to delete parent resource provider {uuid}: It has child resource providers.", PROVIDER_IS_PARENT
        )
    if call.tx.first(allocations, provider_id=uuid):
        raise conflict(
            f"Unable to delete resource provider {uuid}: Resource provider has allocations.", PROVIDER_IN_USE
        )
    call.tx.delete(providers, number=row["number"])
