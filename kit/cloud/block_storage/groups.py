"""Groups of volumes (3.13): made, listed, changed, deleted."""

from __future__ import annotations

from typing import Any

from kit.cloud.block_storage import group_types, quotas, schemas, volume_create, volume_types
from kit.cloud.block_storage.actions import Actions, bare
from kit.cloud.block_storage.bootstrap import OLD_GROUP_TYPE, ZONE
from kit.cloud.block_storage.errors import (
    invalid,
    invalid_input,
    not_found,
    require_admin,
    require_member,
    require_reader,
)
from kit.cloud.block_storage.listing import Kind, Page, answer, page, parameters
from kit.cloud.block_storage.models import group_snapshots, groups, snapshots, volumes
from kit.cloud.block_storage.states import change, later
from kit.cloud.block_storage.validation import body, boolean, truth
from kit.cloud.call import Answer, Call
from kit.cloud.errors import BadRequest
from kit.cloud.store import Row

ADDABLE = ("available", "in-use")
REMOVABLE = ("available", "in-use", "error", "error_deleting")

KIND = Kind(
    "group",
    {
        name: name
        for name in (
            "id", "name", "description", "status", "availability_zone", "group_type_id", "project_id", "user_id",
            "created_at", "updated_at", "group_snapshot_id", "source_group_id", "replication_status",
        )
    },
    lambda id: not_found("group", id),
    old_filters=("name", "status", "group_type_id", "availability_zone", "id"),
)  # fmt: skip


def find(call: Call, group_id: str) -> Row:
    """The group that the caller sees."""
    row = call.tx.get(groups, group_id)
    if row is None or not (call.context.is_admin or row["project_id"] == call.context.project_id):
        raise not_found("group", group_id)
    return row


def document(call: Call, row: Row) -> dict[str, Any]:
    """A group, whole."""
    shown = {
        **{name: row[name] for name in ("id", "status", "availability_zone", "created_at", "name", "description")},
        "group_type": row["group_type_id"], "volume_types": row["volume_types"] or [],
    }  # fmt: skip
    if call.at_least("3.14"):
        shown |= {"group_snapshot_id": row["group_snapshot_id"], "source_group_id": row["source_group_id"]}
    if call.at_least("3.25") and boolean(parameters(call), "list_volume"):
        shown["volumes"] = [item["id"] for item in members(call, row)]
    if call.at_least("3.38"):
        shown["replication_status"] = row["replication_status"]
    if call.at_least("3.58") and call.context.is_admin:
        shown["project_id"] = row["project_id"]
    return shown


def members(call: Call, row: Row) -> list[Row]:
    """The volumes of a group."""
    return call.tx.rows(volumes, group_id=row["id"], order=volumes.c.number)


def _select(call: Call) -> Page:
    require_reader(call, "group:get_all")
    everything = call.context.is_admin and "all_tenants" in call.query
    where: dict[str, Any] = {} if everything else {"project_id": call.project_id}
    kept = call.query.pop("list_volume", None)
    found = page(call, KIND, call.tx.rows(groups, **where))
    if kept:
        call.query["list_volume"] = kept
    return found


def index(call: Call) -> dict[str, Any]:
    """List groups, shortly."""
    found = _select(call)
    shown = [{"id": row["id"], "name": row["name"]} for row in found.rows]
    return answer(call, "groups", "groups", found, shown, "group_links")


def detail(call: Call) -> dict[str, Any]:
    """List groups, whole."""
    found = _select(call)
    return answer(call, "groups", "groups", found, [document(call, row) for row in found.rows], "group_links")


def show(call: Call, group_id: str) -> dict[str, Any]:
    """Show a group."""
    return {"group": document(call, find(call, group_id))}


def create(call: Call) -> Answer:
    """Make a group for volumes of these types."""
    given = body(call, schemas.GROUP)["group"]
    require_member(call, "group:create")
    type_ = group_types.named(call, given["group_type"])
    if type_["name"] == OLD_GROUP_TYPE:
        raise BadRequest(
            f"Group_type {type_['id']} is reserved for migrating CGs to groups. Migrated group can only be operated by CG "
            "APIs."
        )
    types = [volume_types.named(call, text)["id"] for text in given["volume_types"]]
    zone = given.get("availability_zone") or ZONE
    if zone != ZONE:
        raise invalid_input(f"Availability zone '{zone}' is invalid.")
    row = _insert(call, given, type_["id"], types, availability_zone=zone)
    later(call, "group", row, "group", "group_made")
    return Answer(202, {"group": {"id": row["id"], "name": row["name"]}})


def _insert(call: Call, given: dict[str, Any], type_id: str, types: list[str], **more: Any) -> Row:
    quotas.reserve(call.tx, call.project_id, "groups", {"groups": 1})
    texts = {name: (given.get(name) or "").strip() or given.get(name) for name in ("name", "description")}
    return call.tx.insert(
        groups, id=call.tx.ids.uuid(), number=volume_create.number(call, groups), project_id=call.project_id,
        user_id=call.context.user_id, status="creating", group_type_id=type_id, volume_types=types,
        replication_status="disabled", created_at=call.tx.stamp, **texts, **more,
    )  # fmt: skip


def update(call: Call, group_id: str) -> Answer:
    """Rename a group, put volumes in, take volumes out."""
    given = body(call, schemas.GROUP_UPDATE)["group"]
    row = find(call, group_id)
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
        return bare()
    if row["status"] != "available":
        raise invalid("group", "Group status must be available.")
    row = change(call.tx, groups, row, status="updating", **texts)
    later(call, "group", row, "group", "group_updated", add=adding, remove=removing)
    return bare()


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


ACTIONS = Actions()


@ACTIONS.add("delete", schemas.GROUP_DELETE)
def delete(call: Call, group_id: str, given: Any) -> Answer:
    """Delete a group, with its volumes when that is said."""
    whole = truth(given.get("delete-volumes", False))
    row = find(call, group_id)
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
        if call.tx.count(snapshots, volume_id=volume["id"]):
            raise invalid("group", "Volume in group still has dependent snapshots.")
    for volume in mine:
        call.cloud.events.cancel(call.tx, volume["id"])
        change(call.tx, volumes, volume, status="deleting")
    call.cloud.events.cancel(call.tx, row["id"])
    row = change(call.tx, groups, row, status="deleting")
    later(call, "group", row, "group", "group_gone")
    return bare()


@ACTIONS.add("reset_status", schemas.GROUP_STATUS, since="3.20")
def reset_status(call: Call, group_id: str, given: Any) -> Answer:
    """Set a group's status by hand."""
    row = find(call, group_id)
    require_admin(call, "group:reset_status")
    change(call.tx, groups, row, status=given["status"].lower())
    return bare()


@ACTIONS.add("create-from-src", schemas.GROUP_FROM, since="3.14")
def create_from_source(call: Call, _id: str, given: Any) -> Answer:
    """Make a group as a copy of another, or of what a group was at a snapshot."""
    require_member(call, "group:create")
    if given.get("group_snapshot_id"):
        origin = call.tx.get(group_snapshots, given["group_snapshot_id"])
        if origin is None or not (call.context.is_admin or origin["project_id"] == call.context.project_id):
            raise not_found("group_snapshot", given["group_snapshot_id"])
        source = find(call, origin["group_id"])
        parts = call.tx.rows(snapshots, group_snapshot_id=origin["id"], order=snapshots.c.number)
        if not parts:
            raise invalid("group", "Group snapshot is empty. No group will be created.")
        row = _insert(
            call, given, origin["group_type_id"], source["volume_types"] or [], group_snapshot_id=origin["id"],
            availability_zone=source["availability_zone"],
        )  # fmt: skip
        reserve: tuple[str, ...] = ("volumes",)
    else:
        source = find(call, given["source_group_id"])
        parts = members(call, source)
        if not parts:
            raise invalid("group", "Source Group is empty. No group will be created.")
        row = _insert(
            call, given, source["group_type_id"], source["volume_types"] or [], source_group_id=source["id"],
            availability_zone=source["availability_zone"],
        )  # fmt: skip
        reserve = ("volumes", "gigabytes")
    for part in parts:
        kind = "snapshot" if given.get("group_snapshot_id") else "source"
        wish = volume_create.Wish(part["size"], group=row, reserve=reserve, in_group_copy=True)
        setattr(wish, kind, part)
        volume_create.make(call, wish)
    later(call, "group", row, "group", "group_made")
    return Answer(202, {"group": {"id": row["id"], "name": row["name"]}})


def _replication(call: Call, group_id: str, given: Any) -> Answer:
    row = find(call, group_id)
    require_member(call, "group:enable_replication")
    raise invalid("group_type", f"Group {row['id']} is not a replication group type.")


for _name in ("enable_replication", "disable_replication", "failover_replication", "list_replication_targets"):
    ACTIONS.add(_name, {"type": "object"}, since="3.38")(_replication)


def action(call: Call, group_id: str = "") -> Any:
    """Do what the body names to a group, or to none yet."""
    return ACTIONS.perform(call, group_id)
