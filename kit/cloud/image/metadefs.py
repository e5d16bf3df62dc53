"""Metadata definitions: which properties images, flavors and volumes may have, catalogued in namespaces."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from kit.cloud.call import Answer, Call
from kit.cloud.errors import Conflict, NotFound
from kit.cloud.image import metadef_schemas as schemas
from kit.cloud.image import policy
from kit.cloud.image.images import when
from kit.cloud.image.listing import limit
from kit.cloud.image.models import metadef_items as items
from kit.cloud.image.models import metadef_namespaces as namespaces
from kit.cloud.image.service import bad_request, forbidden
from kit.cloud.store import Row

_DUPLICATES = {
    "objects": "A metadata definition object with name={name} already exists in namespace={space}.",
    "properties": "A metadata definition property with name={name} already exists in namespace={space}.",
    "tags": "A metadata tag with name={name} already exists in namespace={space}. (Please note that metadata tag names "
    "are case insensitive).",
    "resource_types": "The metadata definition resource-type association of resource-type={name} to "
    "namespace={space} already exists.",
}
ROOT = "/v2/metadefs/namespaces"
# The kinds of what a namespace holds: collection in the path -> kind in texts.
KINDS = {"objects": "object", "properties": "property", "tags": "tag", "resource_types": "resource type"}
# Collection in the path -> attribute of a namespace.
_HELD = {"objects": "objects", "tags": "tags", "resource_types": "resource_type_associations"}


def look(call: Call, name: str) -> Row | None:
    """The namespace of that name when the caller sees it: a public one, or their project's."""
    row = call.tx.first(namespaces, namespace=name)
    seen = row is not None and (
        call.context.is_admin or row["visibility"] == "public" or row["owner"] == call.context.project_id
    )
    return row if seen else None


def find(call: Call, name: str, rule: str, missing: str = "") -> Row:
    """The namespace that the caller sees, when the rule lets them do it there.

    Parameters
    ----------
    missing : str
        What is said when there is none of that name, if other words than usual.

    Raises
    ------
    NotFound
        When there is none, or it is another project's private one.
    Forbidden
        When the caller sees it, and no more.
    """
    row = look(call, name)
    if row is None:
        none = missing and call.tx.first(namespaces, namespace=name) is None
        raise NotFound(missing if none else f"Namespace {name} not found")
    enforce(call, rule, row)
    return row


def enforce(call: Call, rule: str, row: Row | None = None) -> None:
    """Refuse who may not: only the administrator defines metadata, and readers read (glance.policies.metadef)."""
    context = call.context
    reads = context.is_admin or "reader" in context.roles
    if context.project_id is None or not reads:
        raise NotFound("The resource could not be found.")
    if not (context.is_admin or rule.startswith(("get_", "list_"))):
        raise policy.refusal(rule)


def _document(row: Row) -> dict[str, Any]:
    names = ("namespace", "display_name", "description", "visibility", "protected", "owner")
    shown = {name: row[name] for name in names if row[name] is not None}
    return {
        **shown, "created_at": when(row["created_at"]), "updated_at": when(row["updated_at"]),
        "self": f"{ROOT}/{row['namespace']}", "schema": "/v2/schemas/metadefs/namespace",
    }  # fmt: skip


def item_document(space: str, kind: str, row: Row) -> dict[str, Any]:
    """An object, a property, a tag or an association as Glance shows it."""
    shown = {"name": row["name"], **(row["body"] or {})}
    if kind in ("objects", "tags", "resource_types"):
        shown |= {"created_at": when(row["created_at"]), "updated_at": when(row["updated_at"])}
    if kind == "objects":
        shown.setdefault("required", [])
        shown.setdefault("properties", {})
        shown |= {"self": f"{ROOT}/{space}/objects/{row['name']}", "schema": "/v2/schemas/metadefs/object"}
    return shown


def rows_of(call: Call, space: Row, kind: str) -> list[Row]:
    """What a namespace holds of one kind."""
    return call.tx.rows(items, namespace_id=space["id"], kind=kind, order=items.c.id)


def index(call: Call) -> dict[str, Any]:
    """List the namespaces that the caller sees."""
    query = call.query
    most = page_limit(call)
    if query.one("sort_dir", "desc") not in ("asc", "desc"):
        raise bad_request(f"Invalid sort direction: {query.one('sort_dir')}")
    if query.one("visibility") not in (None, "", "public", "private"):
        raise bad_request(f"Invalid visibility value: {query.one('visibility')}")
    enforce(call, "get_metadef_namespaces")
    rows = ordered(call, _scope(call))
    marker = query.one("marker")
    if marker:
        if look(call, marker) is None:
            raise NotFound(f"Metadata definition namespace={marker} was not found.")
        places = [row["namespace"] for row in rows]
        rows = rows[places.index(marker) + 1 :] if marker in places else []
    page = rows[:most]
    shown: dict[str, Any] = {
        "first": _link(call, None), "namespaces": [_listed(call, row) for row in page],
        "schema": "/v2/schemas/metadefs/namespaces",
    }  # fmt: skip
    if page and len(page) == most:
        shown["next"] = _link(call, page[-1]["namespace"])
    return shown


def _scope(call: Call) -> list[Row]:
    """The namespaces that the caller sees and the filters let through."""
    mine = (namespaces.c.visibility == "public") | (namespaces.c.owner == call.context.project_id)
    found = call.tx.rows(namespaces, *([] if call.context.is_admin else [mine]))
    visibility = call.query.one("visibility")
    if visibility:
        found = [row for row in found if row["visibility"] == visibility]
    types = set((call.query.one("resource_types") or "").split(",")) - {""}
    if types:
        having = {row["namespace_id"] for row in call.tx.rows(items, items.c.name.in_(types), kind="resource_types")}
        found = [row for row in found if row["id"] in having]
    return found


def ordered(call: Call, rows: list[Row]) -> list[Row]:
    """The rows by the query's `sort_key` and `sort_dir`, newest first when it has none."""
    key, down = call.query.one("sort_key") or "created_at", call.query.one("sort_dir", "desc") == "desc"
    if rows and key not in rows[0]:
        raise bad_request(f"Invalid sort key: {key}")
    return sorted(rows, key=lambda row: (row[key] is not None, row[key], row["created_at"], row["id"]), reverse=down)


def page_limit(call: Call) -> int:
    """How many a page has, 25 when the query does not say."""
    return min(limit(call.query.one("limit") or ""), 1000) if "limit" in call.query else 25


def _listed(call: Call, row: Row) -> dict[str, Any]:
    held = [item_document(row["namespace"], "resource_types", one) for one in rows_of(call, row, "resource_types")]
    return {**_document(row), **({"resource_type_associations": held} if held else {})}


def _link(call: Call, marker: str | None) -> str:
    pairs = {name: values[-1] for name, values in call.query.items() if name != "marker"}
    if marker:
        pairs["marker"] = marker
    return ROOT + (f"?{urlencode(pairs)}" if pairs else "")


def create(call: Call) -> Answer:
    """Create a namespace, with what it is to hold."""
    given = schemas.body(call, schemas.NAMESPACE)
    enforce(call, "add_metadef_namespace")
    if call.tx.first(namespaces, namespace=given["namespace"]):
        raise Conflict(f"The metadata definition namespace={given['namespace']} already exists.")
    row = call.tx.insert(
        namespaces, id=call.tx.ids.uuid(), created_at=call.tx.stamp, updated_at=call.tx.stamp, **_columns(call, given)
    )
    held = {name: given[name] for name in (*_HELD.values(), "properties") if given.get(name)}
    for kind, name in _HELD.items():
        for one in given.get(name) or []:
            if "name" not in one:
                raise bad_request(f"Provided object does not match schema 'namespace': {KINDS[kind]} without a name")
            add_item(call, row, kind, one)
    for name, one in (given.get("properties") or {}).items():
        add_item(call, row, "properties", {**one, "name": name})
    headers = {"Location": f"{call.root}{ROOT}/{row['namespace']}"}
    return Answer(201, {**_document(row), **held}, headers)


def _columns(call: Call, given: dict[str, Any]) -> dict[str, Any]:
    return {
        "namespace": given["namespace"], "display_name": given.get("display_name"),
        "description": given.get("description"), "visibility": given.get("visibility", "private"),
        "protected": given.get("protected", False), "owner": given.get("owner", call.context.project_id),
    }  # fmt: skip


def show(call: Call, namespace: str) -> dict[str, Any]:
    """Show a namespace with all that it holds; for a resource type, its properties with that type's prefix."""
    row = look(call, namespace)
    if row is None:
        hidden = call.tx.first(namespaces, namespace=namespace)
        raise NotFound("The resource could not be found." if hidden else _missing(namespace))
    enforce(call, "get_metadef_namespace", row)
    shown = _document(row)
    for kind, name in _HELD.items():
        found = [item_document(row["namespace"], kind, item) for item in rows_of(call, row, kind)]
        if kind == "tags":
            found = [{"name": item["name"]} for item in sorted(found, key=lambda item: str(item["name"]))]
        if found:
            shown[name] = found
    found = [item_document(row["namespace"], "properties", item) for item in rows_of(call, row, "properties")]
    if found:
        prefix = _prefix(call, row)
        shown["properties"] = {f"{prefix}{item.pop('name')}": item for item in found}
        for one in shown.get("objects", ()) if prefix else ():
            one["required"] = [f"{prefix}{name}" for name in one["required"]]
            one["properties"] = {f"{prefix}{name}": form for name, form in one["properties"].items()}
    return shown


def _prefix(call: Call, row: Row) -> str:
    """What the asked resource type puts before the names of properties."""
    wanted = call.query.one("resource_type")
    found = call.tx.first(items, namespace_id=row["id"], kind="resource_types", name=wanted) if wanted else None
    return prefix_of(found) if found else ""


def prefix_of(row: Row) -> str:
    """What a resource type puts before the names of a namespace's properties."""
    return str((row["body"] or {}).get("prefix") or "")


def association(call: Call, row: Row, name: str) -> Row:
    """What a namespace has to do with a resource type."""
    found = call.tx.first(items, namespace_id=row["id"], kind="resource_types", name=name)
    if found is None and call.tx.first(items, kind="resource_types", name=name) is None:
        raise NotFound(f"The metadata definition resource-type with name={name}, was not found.")
    if found is None:
        raise NotFound(
            f"The metadata definition resource-type association of resource-type={name} to "
            f"namespace={row['namespace']}, was not found."
        )
    return found


def _missing(namespace: str) -> str:
    return f"Metadata definition namespace={namespace} was not found."


def update(call: Call, namespace: str) -> dict[str, Any]:
    """Replace a namespace's own attributes."""
    given = schemas.body(call, schemas.NAMESPACE)
    row = find(call, namespace, "modify_metadef_namespace")
    if given["namespace"] != namespace and call.tx.first(namespaces, namespace=given["namespace"]):
        raise Conflict(
            "Invalid update. It would result in a duplicate metadata definition namespace with the same name of "
            f"{given['namespace']}"
        )
    fields = {**_columns(call, {"owner": row["owner"], **given}), "updated_at": call.tx.stamp}
    call.tx.update(namespaces, row["id"], **fields)
    return _document({**row, **fields})


def delete(call: Call, namespace: str) -> None:
    """Delete a namespace that is not protected, with all that it holds."""
    row = unprotected(find(call, namespace, "delete_metadef_namespace"), "namespace", namespace)
    call.tx.delete(namespaces, id=row["id"])


def unprotected(row: Row, kind: str, name: str) -> Row:
    """Refuse to touch what a protected namespace holds."""
    if row["protected"]:
        raise forbidden(f"Metadata definition {kind} {name} is protected and cannot be deleted.")
    return row


def add_item(call: Call, space: Row, kind: str, given: dict[str, Any]) -> Row:
    """Write down one thing that a namespace holds.

    Raises
    ------
    Conflict
        When it holds one of that name already.
    """
    name = given["name"]
    if call.tx.first(items, namespace_id=space["id"], kind=kind, name=name):
        raise Conflict(_DUPLICATES[kind].format(name=name, space=space["namespace"]))
    body = {key: value for key, value in given.items() if key not in schemas.SERVERS}
    stamps = {"created_at": call.tx.stamp, "updated_at": call.tx.stamp}
    return call.tx.insert(items, namespace_id=space["id"], kind=kind, name=name, body=body, **stamps)
