"""Snapshots of whole groups (3.14)."""

from __future__ import annotations

from typing import Any

from kit.cloud.block_storage import group_types, grouping, groups, schemas
from kit.cloud.block_storage.actions import Actions, bare
from kit.cloud.block_storage.errors import not_found, require_admin, require_reader
from kit.cloud.block_storage.grouping import find_snapshot as find
from kit.cloud.block_storage.listing import Kind, Page, answer, page
from kit.cloud.block_storage.models import group_snapshots
from kit.cloud.block_storage.states import change
from kit.cloud.block_storage.validation import body
from kit.cloud.call import Answer, Call
from kit.cloud.errors import BadRequest
from kit.cloud.store import Row

KIND = Kind(
    "group_snapshot",
    {
        name: name
        for name in (
            "id", "name", "description", "status", "group_id", "group_type_id", "project_id", "user_id", "created_at",
            "updated_at",
        )
    },
    lambda id: not_found("group_snapshot", id),
    old_filters=("name", "status", "group_id"),
)  # fmt: skip


def own(call: Call, id: str) -> Row:
    """The group snapshot that the caller sees and that is none of a consistency group."""
    row = find(call, id)
    _refuse_old(call, row["group_type_id"])
    return row


def _refuse_old(call: Call, type_id: str) -> None:
    if type_id == group_types.old_type(call.tx):
        raise BadRequest(
            f"Group_type {type_id} is reserved for migrating CGs to groups. Migrated group snapshots can only be operated "
            "by CG snapshot APIs."
        )


def document(call: Call, row: Row) -> dict[str, Any]:
    """A group snapshot, whole."""
    names = ("id", "group_id", "group_type_id", "status", "created_at", "name", "description")
    shown = {name: row[name] for name in names}
    if call.at_least("3.58") and call.context.is_admin:
        shown["project_id"] = row["project_id"]
    return shown


def rows(call: Call, *, old: bool = False) -> list[Row]:
    """The group snapshots that the caller sees; `old` takes those of consistency groups, else they are left out."""
    require_reader(call, "group:get_all_group_snapshots")
    everything = call.context.is_admin and "all_tenants" in call.query
    where: dict[str, Any] = {} if everything else {"project_id": call.project_id}
    type_id = group_types.old_type(call.tx)
    return [row for row in call.tx.rows(group_snapshots, **where) if old or row["group_type_id"] != type_id]


def _select(call: Call) -> Page:
    newer = call.at_least("3.29")
    return page(call, KIND, rows(call), paged=newer, filtered=newer)


def index(call: Call) -> dict[str, Any]:
    """List group snapshots, shortly."""
    found = _select(call)
    shown = [{"id": row["id"], "name": row["name"]} for row in found.rows]
    return answer(call, "group_snapshots", "group_snapshots", found, shown, "group_snapshot_links")


def detail(call: Call) -> dict[str, Any]:
    """List group snapshots, whole."""
    found = _select(call)
    shown = [document(call, row) for row in found.rows]
    return answer(call, "group_snapshots", "group_snapshots", found, shown, "group_snapshot_links")


def show(call: Call, group_snapshot_id: str) -> dict[str, Any]:
    """Show a group snapshot."""
    return {"group_snapshot": document(call, own(call, group_snapshot_id))}


def create(call: Call) -> Answer:
    """Make a snapshot of every volume of a group."""
    given = body(call, schemas.GROUP_SNAPSHOT)["group_snapshot"]
    row = grouping.take_snapshot(call, groups.own(call, given["group_id"]), given)
    shown = {"id": row["id"], "name": row["name"], "group_type_id": row["group_type_id"]}
    return Answer(202, {"group_snapshot": shown})


def delete(call: Call, group_snapshot_id: str) -> Answer:
    """Delete a group snapshot with all its parts."""
    grouping.drop_snapshot(call, own(call, group_snapshot_id))
    return bare()


ACTIONS = Actions()


@ACTIONS.add("reset_status", schemas.GROUP_SNAPSHOT_STATUS, since="3.19")
def reset_status(call: Call, group_snapshot_id: str, given: Any) -> Answer:
    """Set a group snapshot's status by hand."""
    row = find(call, group_snapshot_id)
    require_admin(call, "group:reset_group_snapshot_status")
    change(call.tx, group_snapshots, row, status=given["status"].lower())
    return bare()


def action(call: Call, group_snapshot_id: str) -> Any:
    """Do what the body names to a group snapshot."""
    return ACTIONS.perform(call, group_snapshot_id)
