"""Group types and their specs (3.11)."""

from __future__ import annotations

from typing import Any

from kit.cloud.block_storage import schemas
from kit.cloud.block_storage.actions import bare
from kit.cloud.block_storage.bootstrap import OLD_GROUP_TYPE
from kit.cloud.block_storage.errors import not_found, require_admin
from kit.cloud.block_storage.listing import Kind, answer, page
from kit.cloud.block_storage.models import group_types, groups
from kit.cloud.block_storage.types_in_common import change, checked, next_number, public, unique
from kit.cloud.block_storage.validation import body, is_uuid, truth
from kit.cloud.call import Answer, Call
from kit.cloud.errors import BadRequest, NotFound
from kit.cloud.store import Row, Transaction

KIND = Kind(
    "group_type",
    {name: name for name in ("id", "name", "description", "is_public", "created_at", "updated_at")},
    lambda id: not_found("group_type", id),
)


def old_type(tx: Transaction) -> str | None:
    """The id of the type that consistency groups had when they became groups; an operator may have deleted it."""
    row = tx.first(group_types, name=OLD_GROUP_TYPE)
    return str(row["id"]) if row else None


def document(call: Call, row: Row) -> dict[str, Any]:
    """A group type as Cinder shows it."""
    shown = {name: row[name] for name in ("id", "name", "description", "is_public")}
    if call.context.is_admin:
        shown["group_specs"] = row["group_specs"] or {}
    return shown


def find(call: Call, type_id: str) -> Row:
    """The group type of that id that the caller may use."""
    row = call.tx.get(group_types, type_id)
    if row is None or not (row["is_public"] or call.context.is_admin):
        raise not_found("group_type", type_id)
    return row


def named(call: Call, text: str) -> Row:
    """The group type of that id or name."""
    row = call.tx.get(group_types, text) if is_uuid(text) else None
    row = row or call.tx.first(group_types, name=text)
    if row is None or not (row["is_public"] or call.context.is_admin):
        raise not_found("group_type", text if is_uuid(text) else f"with name {text}")
    return row


def index(call: Call) -> dict[str, Any]:
    """List the group types that the caller may use."""
    wanted = public(call)
    rows = [row for row in call.tx.rows(group_types) if wanted is None or bool(row["is_public"]) == wanted]
    found = page(call, KIND, rows, filtered=False)
    shown = [document(call, row) for row in found.rows]
    return answer(call, "group_types", "group_types", found, shown, "group_type_links")


def show(call: Call, type_id: str) -> dict[str, Any]:
    """Show a group type; this cloud has no default one."""
    if type_id == "default":
        raise NotFound("Default group type can not be found.")
    return {"group_type": document(call, find(call, type_id))}


def create(call: Call) -> Answer:
    """Make a group type."""
    given = body(call, schemas.GROUP_TYPE)["group_type"]
    require_admin(call, "group:group_types:create")
    unique(call, group_types, "Group", given["name"])
    row = call.tx.insert(
        group_types, id=call.tx.ids.uuid(), number=next_number(call.tx, group_types), name=given["name"], description=given.get("description"),
        is_public=truth(given.get("is_public", True)), group_specs=given.get("group_specs") or {}, created_at=call.tx.stamp,
    )  # fmt: skip
    return Answer(202, {"group_type": document(call, row)})


def update(call: Call, type_id: str) -> dict[str, Any]:
    """Change a group type's name, description or visibility."""
    given = body(call, schemas.GROUP_TYPE_UPDATE)["group_type"]
    require_admin(call, "group:group_types:update")
    checked(given, "Group", "description")
    row = find(call, type_id)
    unique(call, group_types, "Group", given.get("name"), type_id)
    return {"group_type": document(call, change(call, group_types, row, given))}


def delete(call: Call, type_id: str) -> Answer:
    """Delete a group type that no group has."""
    require_admin(call, "group:group_types:delete")
    find(call, type_id)
    if call.tx.count(groups, group_type_id=type_id):
        raise BadRequest(
            f"Target group type is still in use. Group Type {type_id} deletion is not allowed with groups present with the "
            "type."
        )
    call.tx.delete(group_types, id=type_id)
    return bare()


# Specs


def spec_index(call: Call, type_id: str) -> dict[str, Any]:
    """A group type's specs."""
    require_admin(call, "group:group_types_specs:get_all")
    return {"group_specs": find(call, type_id)["group_specs"] or {}}


def spec_create(call: Call, type_id: str) -> Answer:
    """Add specs."""
    given = body(call, schemas.GROUP_SPECS)
    require_admin(call, "group:group_types_specs:create")
    row = find(call, type_id)
    call.tx.update(group_types, type_id, group_specs={**(row["group_specs"] or {}), **given["group_specs"]})
    return Answer(202, given)


def spec_show(call: Call, type_id: str, key: str) -> dict[str, Any]:
    """One spec."""
    require_admin(call, "group:group_types_specs:get")
    specs = find(call, type_id)["group_specs"] or {}
    if key not in specs:
        raise NotFound(f"Group Type {type_id} has no extra spec with key {key}.")
    return {key: specs[key]}


def spec_update(call: Call, type_id: str, key: str) -> dict[str, Any]:
    """Set one spec."""
    given = body(call, schemas.EXTRA_SPEC)
    require_admin(call, "group:group_types_specs:update")
    row = find(call, type_id)
    if key not in given:
        raise BadRequest("Request body and URI mismatch")
    call.tx.update(group_types, type_id, group_specs={**(row["group_specs"] or {}), **given})
    return given


def spec_delete(call: Call, type_id: str, key: str) -> Answer:
    """Remove one spec."""
    require_admin(call, "group:group_types_specs:delete")
    specs = find(call, type_id)["group_specs"] or {}
    if key not in specs:
        raise NotFound(f"Group Type {type_id} has no specs with key {key}.")
    call.tx.update(group_types, type_id, group_specs={name: value for name, value in specs.items() if name != key})
    return bare()
