"""What is done to groups, whichever API asks: the groups of 3.13, or the consistency groups before them."""

from __future__ import annotations

from typing import Any

from kit.cloud.block_storage import backend, quotas, snapshots, volume_create, volume_types
from kit.cloud.block_storage.bootstrap import ZONE
from kit.cloud.block_storage.errors import invalid, invalid_input, not_found, require_member, require_reader
from kit.cloud.block_storage.models import group_snapshots, groups, volumes
from kit.cloud.block_storage.models import snapshots as snapshot_table
from kit.cloud.block_storage.models import volume_types as type_table
from kit.cloud.block_storage.states import change, later
from kit.cloud.block_storage.types_in_common import next_number
from kit.cloud.call import Call
from kit.cloud.store import Row
from kit.cloud.tables import Table

ADDABLE = ("available", "in-use")
REMOVABLE = ("available", "in-use", "error", "error_deleting")


def _seen(call: Call, table: Table, kind: str, id: str) -> Row:
    row = call.tx.get(table, id)
    if row is None or not (call.context.is_admin or row["project_id"] == call.context.project_id):
        raise not_found(kind, id)
    require_reader(call, "group:get" if kind == "group" else "group:get_group_snapshot")
    return row


def find(call: Call, group_id: str) -> Row:
    """The group that the caller sees."""
    return _seen(call, groups, "group", group_id)


def find_snapshot(call: Call, id: str) -> Row:
    """The group snapshot that the caller sees."""
    return _seen(call, group_snapshots, "group_snapshot", id)


def members(call: Call, row: Row) -> list[Row]:
    """The volumes of a group."""
    return call.tx.rows(volumes, group_id=row["id"], order=volumes.c.number)


# Groups


def create(call: Call, texts: dict[str, Any], type_id: str, types: list[str], zone: str | None) -> Row:
    """Make a group for volumes of these types, given by id or name."""
    require_member(call, "group:create")
    ids = [volume_types.named(call, text)["id"] for text in types]
    if (zone or ZONE) != ZONE:
        raise invalid_input(f"Availability zone '{zone}' is invalid.")
    row = _insert(call, texts, type_id, ids, availability_zone=ZONE)
    later(call, "group", row, "group", "group_made" if _placed(call, ids) else "failed")
    return row


def _placed(call: Call, types: list[str]) -> bool:
    """Whether the scheduler finds a backend that serves the types of the group's volumes.

    A group's own specs are for its driver: Cinder's capabilities filter looks for `extra_specs`, which they are not.
    """
    specs = [row["extra_specs"] for row in call.tx.rows(type_table, id=types)]
    return backend.accepts(call.cloud, call.tx) and all(map(backend.serves, specs))


def _insert(call: Call, texts: dict[str, Any], type_id: str, types: list[str], **more: Any) -> Row:
    quotas.reserve(call.tx, call.project_id, "groups", {"groups": 1})
    given = {name: texts[name].strip() if texts.get(name) else texts.get(name) for name in ("name", "description")}
    return call.tx.insert(
        groups, id=call.tx.ids.uuid(), number=next_number(call.tx, groups), project_id=call.project_id,
        user_id=call.context.user_id, status="creating", group_type_id=type_id, volume_types=types,
        replication_status="disabled", created_at=call.tx.stamp, **given, **more,
    )  # fmt: skip


def copy(call: Call, texts: dict[str, Any], *, snapshot_id: str | None = None, group_id: str | None = None) -> Row:
    """Make a group as a copy of another, or of what a group was at a snapshot."""
    require_member(call, "group:create")
    if snapshot_id:
        origin = find_snapshot(call, snapshot_id)
        source, kind = find(call, origin["group_id"]), "snapshot"
        reserve: tuple[str, ...] = ("volumes",)
        parts = call.tx.rows(snapshot_table, group_snapshot_id=origin["id"], order=snapshot_table.c.number)
    else:
        origin = source = find(call, group_id or "")
        kind, reserve = "source", ("volumes", "gigabytes")
        parts = members(call, source)
    if not parts:
        raise invalid(
            "group", f"{'Group snapshot' if snapshot_id else 'Source Group'} is empty. No group will be created."
        )
    row = _insert(
        call, texts, origin["group_type_id"], source["volume_types"] or [], availability_zone=source["availability_zone"],
        group_snapshot_id=snapshot_id, source_group_id=None if snapshot_id else group_id,
    )  # fmt: skip
    for part in parts:
        wish = volume_create.Wish(part["size"], group=row, reserve=reserve, in_group_copy=True)
        setattr(wish, kind, part)
        volume_create.make(call, wish)
    later(call, "group", row, "group", "group_made")
    return row


def update(call: Call, row: Row, given: dict[str, Any]) -> None:
    """Rename a group, put volumes in, take volumes out."""
    require_member(call, "group:update")
    texts = {
        name: given[name].strip() if given[name] else given[name]
        for name in ("name", "description")
        if name in given and given[name] is not None and given[name] != row[name]
    }
    add, remove = ((given.get(name) or "").strip(",") for name in ("add_volumes", "remove_volumes"))
    adding, removing = add.split(",") if add else [], remove.split(",") if remove else []
    both = [id for id in adding if id in removing]
    if both:
        raise invalid("volume", f"UUIDs {both} are in both add and remove volume list.")
    present = {item["id"]: item for item in members(call, row)}
    adding = _addable(call, row, [id for id in adding if id not in present])
    _removable(row, present, removing)
    if not (texts or adding or removing):
        raise invalid(
            "group",
            f"Cannot update group {row['id']} because no valid name, description, add_volumes, or remove_volumes were "
            "provided.",
        )
    if not (adding or removing):
        change(call.tx, groups, row, status="available", **texts)
        return
    if row["status"] != "available":
        raise invalid("group", "Group status must be available.")
    row = change(call.tx, groups, row, status="updating", **texts)
    later(call, "group", row, "group", "group_updated", add=adding, remove=removing)


def _addable(call: Call, row: Row, ids: list[str]) -> list[str]:
    for id in ids:
        volume = call.tx.get(volumes, id)
        if volume is None or not (call.context.is_admin or volume["project_id"] == call.context.project_id):
            raise invalid("volume", f"Cannot add volume {id} to group {row['id']} because volume cannot be found.")
        head = f"Cannot add volume {id} to group {row['id']}"
        if volume["group_id"]:
            raise invalid("volume", f"{head} because it is already in group {volume['group_id']}.")
        if volume["project_id"] != row["project_id"]:
            raise invalid("volume", f"{head} as they belong to different projects.")
        if volume["volume_type_id"] not in (row["volume_types"] or []):
            raise invalid(
                "volume", f"{head} because volume type {volume['volume_type_id']} is not supported by the group."
            )
        if volume["status"] not in ADDABLE:
            raise invalid(
                "volume",
                f"{head} because volume is in an invalid state: {volume['status']}. Valid states are: {ADDABLE}.",
            )
    return ids


def _removable(row: Row, present: dict[str, Row], ids: list[str]) -> None:
    for id in ids:
        head = f"Cannot remove volume {id} from group {row['id']} because"
        if id not in present:
            raise invalid("volume", f"{head} it is not in the group.")
        status = present[id]["status"]
        if status not in REMOVABLE:
            raise invalid("volume", f"{head} volume is in an invalid state: {status}. Valid states are: {REMOVABLE}.")


def delete(call: Call, row: Row, *, whole: bool) -> None:
    """Delete a group; with its volumes, and whatever its status, when that is said."""
    require_member(call, "group:delete")
    if not whole and row["status"] not in ("available", "error"):
        raise invalid("group", f"Group status must be available or error, but current status is: {row['status']}")
    if call.tx.count(group_snapshots, group_id=row["id"]):
        raise invalid("group", "Group has existing snapshots.")
    mine = members(call, row)
    if mine and not whole:
        raise invalid(
            "group", f"Group {row['id']} still contains volumes. The delete-volumes flag is required to delete it."
        )
    for volume in mine:
        if volume["attach_status"] == "attached":
            raise invalid("group", f"Volume in group {row['id']} is attached. Need to detach first.")
        if call.tx.count(snapshot_table, volume_id=volume["id"]):
            raise invalid("group", "Volume in group still has dependent snapshots.")
    if call.tx.first(groups, source_group_id=row["id"], status="creating"):
        reason = (
            "Group status must be available or error and must not have dependent group snapshots" if whole
            else "Group must not have attached volumes, volumes with snapshots, or dependent group snapshots"
        )  # fmt: skip
        raise invalid(
            "group",
            f"Cannot delete group {row['id']}. {reason}, and it cannot be the source for an ongoing group or group "
            "snapshot creation.",
        )
    for volume in mine:
        call.cloud.events.cancel(call.tx, volume["id"])
        change(call.tx, volumes, volume, status="deleting")
    call.cloud.events.cancel(call.tx, row["id"])
    row = change(call.tx, groups, row, status="deleting")
    later(call, "group", row, "group", "group_gone")


# Snapshots of groups


def take_snapshot(call: Call, group: Row, texts: dict[str, Any]) -> Row:
    """Make a snapshot of every volume of a group."""
    require_member(call, "group:create_group_snapshot")
    parts = members(call, group)
    for volume in parts:
        snapshots.check_volume(call, volume)
    if not parts or group["status"] in ("creating", "updating"):
        raise invalid(
            "group",
            "Source group cannot be empty or in 'creating' or 'updating' state. No group snapshot will be created.",
        )
    snapshots.reserve(call, parts)
    given = {name: texts.get(name) for name in ("name", "description")}
    row = call.tx.insert(
        group_snapshots, id=call.tx.ids.uuid(), number=next_number(call.tx, group_snapshots), group_id=group["id"],
        group_type_id=group["group_type_id"], project_id=call.project_id, user_id=call.context.user_id, status="creating",
        created_at=call.tx.stamp, **given,
    )  # fmt: skip
    for volume in parts:
        snapshots.insert(call, volume, group_snapshot_id=row["id"], **given)
    later(call, "group_snapshot", row, "group", "group_snapshot_made")
    return row


def drop_snapshot(call: Call, row: Row) -> None:
    """Delete a group snapshot with all its parts."""
    require_member(call, "group:delete_group_snapshot")
    copying = call.tx.first(groups, group_snapshot_id=row["id"], status="creating")
    if row["status"] not in ("available", "error") or copying:
        raise invalid(
            "group_snapshot",
            "GroupSnapshot status must be available or error, and no Group can be currently using it as source for its "
            "creation.",
        )
    for snapshot in call.tx.rows(snapshot_table, group_snapshot_id=row["id"]):
        change(call.tx, snapshot_table, snapshot, status="deleting")
    row = change(call.tx, group_snapshots, row, status="deleting")
    later(call, "group_snapshot", row, "group", "group_snapshot_gone")
