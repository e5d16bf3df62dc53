"""Metadata definitions: which properties images, flavors and volumes may have, catalogued in namespaces."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.errors import Conflict, NotFound
from kit.cloud.image import metadef_schemas as schemas
from kit.cloud.image.images import when
from kit.cloud.image.models import metadef_items as items
from kit.cloud.image.models import metadef_namespaces as namespaces
from kit.cloud.image.service import bad_request, forbidden
from kit.cloud.store import Row

ROOT = "/v2/metadefs/namespaces"
# The kinds of what a namespace holds: collection in the path -> kind in texts.
KINDS = {"objects": "object", "properties": "property", "tags": "tag", "resource_types": "resource type"}


def manage(call: Call, operation: str) -> None:
    """Refuse whoever may not define metadata: only the administrator may."""
    if not call.context.is_admin:
        raise forbidden(f"You are not authorized to complete {operation} action.")


def find(call: Call, name: str) -> Row:
    """The namespace that the caller sees.

    Raises
    ------
    NotFound
        When there is none, or it is another project's private one.
    """
    row = call.tx.first(namespaces, namespace=name)
    seen = row is not None and (
        call.context.is_admin or row["visibility"] == "public" or row["owner"] == call.context.project_id
    )
    if row is None or not seen:
        raise NotFound(f"Metadata definition namespace={name} was not found.")
    return row


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
    mine = (namespaces.c.visibility == "public") | (namespaces.c.owner == call.context.project_id)
    where = [] if call.context.is_admin else [mine]
    found = call.tx.rows(namespaces, *where, order=[namespaces.c.created_at.desc(), namespaces.c.namespace])
    for name in ("visibility", "owner", "namespace"):
        wanted = call.query.one(name)
        if wanted is not None:
            found = [row for row in found if row[name] == wanted]
    types = set((call.query.one("resource_types") or "").split(",")) - {""}
    if types:
        having = {row["namespace_id"] for row in call.tx.rows(items, items.c.name.in_(types), kind="resource_types")}
        found = [row for row in found if row["id"] in having]
    page, following = _page(call, found)
    shown: dict[str, Any] = {
        "first": ROOT, "namespaces": [_document(row) for row in page], "schema": "/v2/schemas/metadefs/namespaces",
    }  # fmt: skip
    if following:
        shown["next"] = f"{ROOT}?marker={following}&limit={len(page)}"
    return shown


def _page(call: Call, rows: list[Row]) -> tuple[list[Row], str | None]:
    marker, text = call.query.one("marker"), call.query.one("limit")
    if marker:
        places = [row["namespace"] for row in rows]
        if marker not in places:
            raise NotFound(f"Metadata definition namespace={marker} was not found.")
        rows = rows[places.index(marker) + 1 :]
    if text is not None and not text.isdigit():
        raise bad_request("limit param must be an integer")
    limit = min(int(text), 1000) if text is not None else 25
    return rows[:limit], rows[limit - 1]["namespace"] if 0 < limit < len(rows) else None


def create(call: Call) -> Answer:
    """Create a namespace, with what it is to hold."""
    manage(call, "add_metadef_namespace")
    given = schemas.body(call, schemas.NAMESPACE)
    if call.tx.first(namespaces, namespace=given["namespace"]):
        raise Conflict(f"The metadata definition namespace={given['namespace']} already exists.")
    row = call.tx.insert(
        namespaces, id=call.tx.ids.uuid(), created_at=call.tx.stamp, updated_at=call.tx.stamp, **_columns(call, given)
    )
    for kind, name in (("objects", "objects"), ("tags", "tags"), ("resource_types", "resource_type_associations")):
        for one in given.get(name) or []:
            add_item(call, row, kind, one)
    for name, one in (given.get("properties") or {}).items():
        add_item(call, row, "properties", {**one, "name": name})
    headers = {"Location": f"{call.root}{ROOT}/{row['namespace']}"}
    return Answer(201, _whole(call, row), headers)


def _columns(call: Call, given: dict[str, Any]) -> dict[str, Any]:
    return {
        "namespace": given["namespace"], "display_name": given.get("display_name"),
        "description": given.get("description"), "visibility": given.get("visibility", "private"),
        "protected": given.get("protected", False), "owner": given.get("owner", call.context.project_id),
    }  # fmt: skip


def _whole(call: Call, row: Row) -> dict[str, Any]:
    """A namespace with all that it holds."""
    shown = _document(row)
    for kind, name in (("objects", "objects"), ("tags", "tags"), ("resource_types", "resource_type_associations")):
        found = [item_document(row["namespace"], kind, item) for item in rows_of(call, row, kind)]
        if found:
            shown[name] = found
    found = [item_document(row["namespace"], "properties", item) for item in rows_of(call, row, "properties")]
    if found:
        shown["properties"] = {item.pop("name"): item for item in found}
    return shown


def show(call: Call, namespace: str) -> dict[str, Any]:
    """Show a namespace with all that it holds."""
    return _whole(call, find(call, namespace))


def update(call: Call, namespace: str) -> dict[str, Any]:
    """Replace a namespace's own attributes."""
    manage(call, "modify_metadef_namespace")
    row = find(call, namespace)
    given = schemas.body(call, schemas.NAMESPACE)
    if given["namespace"] != namespace and call.tx.first(namespaces, namespace=given["namespace"]):
        raise Conflict(f"The metadata definition namespace={given['namespace']} already exists.")
    fields = {**_columns(call, {"owner": row["owner"], **given}), "updated_at": call.tx.stamp}
    call.tx.update(namespaces, row["id"], **fields)
    return _document({**row, **fields})


def delete(call: Call, namespace: str) -> None:
    """Delete a namespace that is not protected, with all that it holds."""
    manage(call, "delete_metadef_namespace")
    row = unprotected(find(call, namespace), "namespace", namespace)
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
        raise Conflict(
            f"A metadata definition {KINDS[kind]} with name={name} already exists in namespace={space['namespace']}."
        )
    body = {key: value for key, value in given.items() if key not in schemas.SERVERS}
    stamps = {"created_at": call.tx.stamp, "updated_at": call.tx.stamp}
    return call.tx.insert(items, namespace_id=space["id"], kind=kind, name=name, body=body, **stamps)
