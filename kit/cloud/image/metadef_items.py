"""What a namespace of metadata definitions holds: objects, properties, tags, resource types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.errors import NotFound
from kit.cloud.image import metadef_schemas as schemas
from kit.cloud.image.images import when
from kit.cloud.image.metadefs import KINDS, ROOT, add_item, find, item_document, manage, rows_of, unprotected
from kit.cloud.image.models import metadef_items as items
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
_RULES = {"objects": "object", "properties": "property", "tags": "tag", "resource_types": "resource_type_association"}


def _item(call: Call, space: Row, kind: str, name: str) -> Row:
    row = call.tx.first(items, namespace_id=space["id"], kind=kind, name=name)
    if row is None:
        raise NotFound(
            f"The metadata definition {KINDS[kind]} with name={name} was not found in namespace={space['namespace']}."
        )
    return row


def index(call: Call, kind: str, namespace: str) -> dict[str, Any]:
    """List what a namespace holds of one kind."""
    space = find(call, namespace)
    found = [item_document(namespace, kind, row) for row in rows_of(call, space, kind)]
    if kind == "properties":
        return {"properties": {item["name"]: item for item in found}}
    if kind == "resource_types":
        return {"resource_type_associations": found}
    if kind == "tags":
        found = [{"name": item["name"]} for item in sorted(found, key=lambda item: str(item["name"]))]
    return {kind: found, "first": f"{ROOT}/{namespace}/{kind}", "schema": f"/v2/schemas/metadefs/{kind}"}


def create(call: Call, kind: str, namespace: str) -> Answer:
    """Add an object, a property or an association."""
    rule = "add_metadef_resource_type_association" if kind == "resource_types" else f"add_metadef_{_RULES[kind]}"
    manage(call, rule)
    space = find(call, namespace)
    given = schemas.body(call, _FORMS[kind])
    row = add_item(call, space, kind, given)
    headers = {"Location": f"{call.root}{ROOT}/{namespace}/{kind}/{row['name']}"}
    return Answer(201, item_document(namespace, kind, row), headers)


def show(call: Call, kind: str, namespace: str, name: str) -> dict[str, Any]:
    """Show one."""
    return item_document(namespace, kind, _item(call, find(call, namespace), kind, name))


def update(call: Call, kind: str, namespace: str, name: str) -> dict[str, Any]:
    """Replace one; it may get another name."""
    manage(call, f"modify_metadef_{_RULES[kind]}")
    space = find(call, namespace)
    given = schemas.body(call, schemas.TAG if kind == "tags" else _FORMS[kind])
    row = _item(call, space, kind, name)
    call.tx.delete(items, id=row["id"])
    made = add_item(call, space, kind, given)
    call.tx.update(items, made["id"], created_at=row["created_at"])
    return item_document(namespace, kind, {**made, "created_at": row["created_at"]})


def delete(call: Call, kind: str, namespace: str, name: str) -> None:
    """Delete one."""
    manage(call, f"remove_metadef_{_RULES[kind]}" if kind == "resource_types" else f"delete_metadef_{_RULES[kind]}")
    space = find(call, namespace)
    row = _item(call, space, kind, name)
    unprotected(space, KINDS[kind], name)
    call.tx.delete(items, id=row["id"])


def clear(call: Call, kind: str, namespace: str) -> None:
    """Delete all of one kind."""
    manage(call, f"delete_metadef_{kind}")
    space = unprotected(find(call, namespace), "namespace", namespace)
    call.tx.delete(items, namespace_id=space["id"], kind=kind)


def tags_create(call: Call, namespace: str) -> Answer:
    """Give a namespace these tags instead of those it has, or (by `X-Openstack-Append`) beside them."""
    manage(call, "add_metadef_tags")
    space = find(call, namespace)
    given = schemas.body(call, schemas.TAGS)["tags"]
    if call.headers.get("x-openstack-append", "false").lower() not in ("true", "1", "yes"):
        call.tx.delete(items, namespace_id=space["id"], kind="tags")
    for tag in given:
        add_item(call, space, "tags", tag)
    shown = [{"name": row["name"]} for row in rows_of(call, space, "tags")]
    headers = {"Location": f"{call.root}{ROOT}/{namespace}/tags"}
    return Answer(201, {"tags": shown}, headers)


def tag_create(call: Call, namespace: str, name: str) -> Answer:
    """Add one tag."""
    manage(call, "add_metadef_tag")
    row = add_item(call, find(call, namespace), "tags", {"name": name})
    headers = {"Location": f"{call.root}{ROOT}/{namespace}/tags/{name}"}
    return Answer(201, item_document(namespace, "tags", row), headers)


def resource_types(call: Call) -> dict[str, Any]:
    """All resource types that any namespace has to do with."""
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
            add("GET", f"{one}/{kind}/{{name}}", _of(show, kind))
            add("PUT", f"{one}/{kind}/{{name}}", _of(update, kind))
    add("GET", "/v2/metadefs/resource_types", resource_types)
