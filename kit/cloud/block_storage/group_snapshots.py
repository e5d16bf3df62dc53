"""Snapshots of whole groups (3.14)."""

from __future__ import annotations

from typing import Any

from kit.cloud.block_storage import groups, schemas, snapshots, volume_create
from kit.cloud.block_storage.actions import Actions, bare
from kit.cloud.block_storage.errors import invalid, not_found, require_admin, require_member, require_reader
from kit.cloud.block_storage.listing import Kind, Page, answer, page
from kit.cloud.block_storage.models import group_snapshots
from kit.cloud.block_storage.models import snapshots as snapshot_table
from kit.cloud.block_storage.states import change, later
from kit.cloud.block_storage.validation import body
from kit.cloud.call import Answer, Call
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


def find(call: Call, id: str) -> Row:
    """The group snapshot that the caller sees."""
    row = call.tx.get(group_snapshots, id)
    if row is None or not (call.context.is_admin or row["project_id"] == call.context.project_id):
        raise not_found("group_snapshot", id)
    return row


def document(call: Call, row: Row) -> dict[str, Any]:
    """A group snapshot, whole."""
    names = ("id", "group_id", "group_type_id", "status", "created_at", "name", "description")
    shown = {name: row[name] for name in names}
    if call.at_least("3.58") and call.context.is_admin:
        shown["project_id"] = row["project_id"]
    return shown


def _select(call: Call) -> Page:
    require_reader(call, "group:get_all_group_snapshots")
    everything = call.context.is_admin and "all_tenants" in call.query
    where: dict[str, Any] = {} if everything else {"project_id": call.project_id}
    newer = call.at_least("3.29")
    return page(call, KIND, call.tx.rows(group_snapshots, **where), paged=newer, filtered=newer)


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
    return {"group_snapshot": document(call, find(call, group_snapshot_id))}


def create(call: Call) -> Answer:
    """Make a snapshot of every volume of a group."""
    given = body(call, schemas.GROUP_SNAPSHOT)["group_snapshot"]
    group = groups.find(call, given["group_id"])
    require_member(call, "group:create_group_snapshot")
    members = groups.members(call, group)
    for volume in members:
        snapshots.check_volume(call, volume)
    snapshots.reserve(call, members)
    texts = {name: given.get(name) for name in ("name", "description")}
    row = call.tx.insert(
        group_snapshots, id=call.tx.ids.uuid(), number=volume_create.number(call, group_snapshots), group_id=group["id"],
        group_type_id=group["group_type_id"], project_id=call.project_id, user_id=call.context.user_id, status="creating",
        created_at=call.tx.stamp, **texts,
    )  # fmt: skip
    for volume in members:
        snapshots.insert(call, volume, group_snapshot_id=row["id"], **texts)
    later(call, "group_snapshot", row, "group", "group_snapshot_made")
    shown = {"id": row["id"], "name": row["name"], "group_type_id": row["group_type_id"]}
    return Answer(202, {"group_snapshot": shown})


def delete(call: Call, group_snapshot_id: str) -> Answer:
    """Delete a group snapshot with all its parts."""
    row = find(call, group_snapshot_id)
    require_member(call, "group:delete_group_snapshot")
    if row["status"] not in ("available", "error"):
        raise invalid(
            "group_snapshot",
            "GroupSnapshot status must be available or error, and no Group can be currently using it as source for its "
            "creation.",
        )
    for snapshot in call.tx.rows(snapshot_table, group_snapshot_id=row["id"]):
        change(call.tx, snapshot_table, snapshot, status="deleting")
    row = change(call.tx, group_snapshots, row, status="deleting")
    later(call, "group_snapshot", row, "group", "group_snapshot_gone")
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
