"""What a namespace of metadata definitions holds: objects, properties, tags, resource types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.errors import NotFound
from kit.cloud.image import metadef_schemas as schemas
from kit.cloud.image.images import when
from kit.cloud.image.metadefs import (
    KINDS,
    add_item,
    association,
    enforce,
    find,
    item_document,
    ordered,
    page_limit,
    prefix_of,
    rows_of,
    unprotected,
)
from kit.cloud.image.models import metadef_items as items
from kit.cloud.image.schemas import refuse
from kit.cloud.image.service import bad_request
from kit.cloud.service import Service
from kit.cloud.store import Row

_FORMS = {"objects": schemas.OBJECT, "properties": schemas.PROPERTY, "resource_types": schemas.RESOURCE_TYPE}
# What `glance-manage db_load_metadefs` brings along.
TYPES = (
    "OS::Cinder::Volume", "OS::Glance::Image", "OS::Nova::Aggregate", "OS::Nova::Flavor", "OS::Nova::Server",
    "OS::Trove::Instance",
)  # fmt: skip
_LOADED = "2014-09-01T00:00:00Z"
# The words of the policy rules.
_WORDS = {"objects": "metadata object", "properties": "property", "tags": "metadata tag"}
_RULES = {"objects": "object", "properties": "property", "tags": "tag", "resource_types": "resource_type_association"}


def _item(call: Call, space: Row, kind: str, name: str) -> Row:
    row = call.tx.first(items, namespace_id=space["id"], kind=kind, name=name)
    if row is None and kind == "resource_types":
        raise NotFound(f"Failed to find resource type {name} to delete")
    if row is None:
        raise NotFound(f"Could not find {_WORDS[kind]} {name}")
    return row


def _space(call: Call, namespace: str, kind: str, rule: str) -> Row:
    missing = f"Metadata definition namespace={namespace} was not found." if kind == "objects" else ""
    return find(call, namespace, rule, missing)


def index(call: Call, kind: str, namespace: str) -> dict[str, Any]:
    """List what a namespace holds of one kind."""
    rule = "list_metadef_resource_types" if kind == "resource_types" else f"get_metadef_{kind}"
    query = call.query
    if kind in ("objects", "tags") and query.one("sort_dir", "desc") not in ("asc", "desc"):
        raise bad_request(f"Invalid sort direction: {query.one('sort_dir')}")
    most = page_limit(call) if kind in ("objects", "tags") else 0
    if kind == "objects" and most == 0:
        raise bad_request("limit param must be positive")
    if kind == "objects" and query.one("visibility") not in (None, "", "public", "private"):
        raise bad_request(f"Invalid visibility value: {query.one('visibility')}")
    space = _space(call, namespace, kind, rule)
    rows = rows_of(call, space, kind)
    if kind == "properties":
        return {"properties": {row["name"]: item_document(namespace, kind, row) for row in rows}}
    if kind == "resource_types":
        return {"resource_type_associations": [item_document(namespace, kind, row) for row in rows]}
    if kind == "objects":  # all of them in one order, whatever the query says
        rows = sorted(rows, key=lambda row: (row["created_at"], row["id"]), reverse=True)
        return {
            "objects": [item_document(namespace, kind, row) for row in rows], "schema": "v2/schemas/metadefs/objects",
        }  # fmt: skip
    rows = ordered(call, rows)
    marker = query.one("marker")
    if marker:
        _item(call, space, kind, marker)
        rows = rows[[row["name"] for row in rows].index(marker) + 1 :]
    return {"tags": [{"name": row["name"]} for row in rows[:most]]}


def create(call: Call, kind: str, namespace: str) -> Answer:
    """Add an object, a property or an association."""
    given = schemas.body(call, _FORMS[kind])
    space = _space(call, namespace, kind, f"add_metadef_{_RULES[kind]}")
    return Answer(201, _written(namespace, kind, add_item(call, space, kind, given), given))


def _written(namespace: str, kind: str, row: Row, given: dict[str, Any]) -> dict[str, Any]:
    """What was written down, without what an object was not given."""
    shown = item_document(namespace, kind, row)
    absent = {"required", "properties"} - given.keys() if kind == "objects" else set()
    return {name: value for name, value in shown.items() if name not in absent}


def show(call: Call, kind: str, namespace: str, name: str) -> dict[str, Any]:
    """Show one."""
    space = _space(call, namespace, kind, f"get_metadef_{_RULES[kind]}")
    return item_document(namespace, kind, _item(call, space, kind, name))


def property_show(call: Call, namespace: str, name: str) -> dict[str, Any]:
    """Show a property, by the name that it has for the resource type asked for."""
    wanted = call.query.one("resource_type")
    if not wanted:
        return show(call, "properties", namespace, name)
    space = find(call, namespace, "get_metadef_property")
    prefix = prefix_of(association(call, space, wanted))
    if not prefix or not name.startswith(prefix):
        raise NotFound(
            f"Property {name} does not start with the expected resource type association prefix of '{prefix or None}'."
        )
    return item_document(namespace, "properties", _item(call, space, "properties", name[len(prefix) :]))


def update(call: Call, kind: str, namespace: str, name: str) -> dict[str, Any]:
    """Replace one; it may get another name."""
    given = schemas.body(call, schemas.TAG if kind == "tags" else _FORMS[kind])
    space = _space(call, namespace, kind, f"modify_metadef_{_RULES[kind]}")
    row = _item(call, space, kind, name)
    call.tx.delete(items, id=row["id"])
    made = add_item(call, space, kind, given)
    call.tx.update(items, made["id"], created_at=row["created_at"])
    return _written(namespace, kind, {**made, "created_at": row["created_at"]}, given)


def delete(call: Call, kind: str, namespace: str, name: str) -> None:
    """Delete one."""
    verb = "remove" if kind in ("resource_types", "properties") else "delete"
    space = _space(call, namespace, kind, f"{verb}_metadef_{_RULES[kind]}")
    row = _item(call, space, kind, name)
    unprotected(space, "resource-type-association" if kind == "resource_types" else KINDS[kind], name)
    call.tx.delete(items, id=row["id"])


def clear(call: Call, kind: str, namespace: str) -> None:
    """Delete all of one kind."""
    space = unprotected(find(call, namespace, "delete_metadef_namespace"), "namespace", namespace)
    call.tx.delete(items, namespace_id=space["id"], kind=kind)


def tags_create(call: Call, namespace: str) -> Answer:
    """Give a namespace these tags instead of those it has, or (by `X-Openstack-Append`) beside them."""
    given = schemas.body(call, schemas.TAGS).get("tags", [])
    space = find(call, namespace, "add_metadef_tags")
    if call.headers.get("x-openstack-append", "false").lower() not in ("true", "1", "yes"):
        call.tx.delete(items, namespace_id=space["id"], kind="tags")
    for tag in given:
        add_item(call, space, "tags", tag)
    return Answer(201, {"tags": [{"name": tag["name"]} for tag in given]})


def tag_create(call: Call, namespace: str, name: str) -> Answer:
    """Add one tag."""
    space = find(call, namespace, "get_metadef_tag")
    refuse("tag", schemas.TAG, {"name": name})
    enforce(call, "add_metadef_tag")
    row = add_item(call, space, "tags", {"name": name})
    return Answer(201, item_document(namespace, "tags", row))


def resource_types(call: Call) -> dict[str, Any]:
    """All resource types that any namespace has to do with."""
    enforce(call, "list_metadef_resource_types")
    found = {name: {"name": name, "created_at": _LOADED, "updated_at": _LOADED} for name in TYPES}
    for row in call.tx.rows(items, kind="resource_types", order=items.c.name):
        stamps = {"created_at": when(row["created_at"]), "updated_at": when(row["updated_at"])}
        found.setdefault(row["name"], {"name": row["name"], **stamps})
    return {"resource_types": list(found.values())}


def _of(function: Callable[..., Any], kind: str) -> Callable[..., Any]:
    """The function for one kind."""

    def run(call: Call, **given: str) -> Any:
        return function(call, kind, **given)

    run.__module__, run.__name__ = function.__module__, function.__name__
    return run


def add_to(service: Service) -> None:
    """Add the operations to the image service."""
    add = service.add
    one = "/v2/metadefs/namespaces/{namespace}"
    for kind in KINDS:
        add("GET", f"{one}/{kind}", _of(index, kind))
        if kind == "tags":
            add("POST", f"{one}/tags", tags_create)
            add("POST", f"{one}/tags/{{name}}", tag_create)
        else:
            add("POST", f"{one}/{kind}", _of(create, kind))
        add("DELETE", f"{one}/{kind}/{{name}}", _of(delete, kind))
        if kind != "resource_types":
            add("DELETE", f"{one}/{kind}", _of(clear, kind))
            add("GET", f"{one}/{kind}/{{name}}", property_show if kind == "properties" else _of(show, kind))
            add("PUT", f"{one}/{kind}/{{name}}", _of(update, kind))
    add("GET", "/v2/metadefs/resource_types", resource_types)
