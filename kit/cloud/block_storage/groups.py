"""Groups of volumes (3.13): made, listed, changed, deleted."""

from __future__ import annotations

from typing import Any

from kit.cloud.block_storage import group_types, grouping, schemas
from kit.cloud.block_storage.actions import Actions, bare
from kit.cloud.block_storage.errors import not_found, require_admin, require_member, require_reader
from kit.cloud.block_storage.grouping import find, members
from kit.cloud.block_storage.listing import Kind, Page, answer, page, parameters
from kit.cloud.block_storage.models import groups
from kit.cloud.block_storage.states import change
from kit.cloud.block_storage.validation import body, boolean, truth
from kit.cloud.call import Answer, Call
from kit.cloud.errors import BadRequest
from kit.cloud.store import Row

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
    old_filters=None,
)  # fmt: skip


def own(call: Call, group_id: str) -> Row:
    """The group that the caller sees and that is no consistency group."""
    row = find(call, group_id)
    refuse_old(call, row["group_type_id"])
    return row


def refuse_old(call: Call, type_id: str) -> None:
    """Refuse the type that consistency groups have."""
    if type_id == group_types.old_type(call.tx):
        raise BadRequest(
            f"Group_type {type_id} is reserved for migrating CGs to groups. Migrated group can only be operated by CG APIs."
        )


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


def select(call: Call, *, old: bool = False) -> Page:
    """The page of groups that the query asks for; `old` takes the consistency groups, else they are left out."""
    require_reader(call, "group:get_all")
    everything = call.context.is_admin and "all_tenants" in call.query
    where: dict[str, Any] = {} if everything else {"project_id": call.project_id}
    kept = call.query.pop("list_volume", None)
    type_id = group_types.old_type(call.tx)
    rows = [row for row in call.tx.rows(groups, **where) if old or row["group_type_id"] != type_id]
    found = page(call, KIND, rows)
    if kept:
        call.query["list_volume"] = kept
    return found


def index(call: Call) -> dict[str, Any]:
    """List groups, shortly."""
    found = select(call)
    shown = [{"id": row["id"], "name": row["name"]} for row in found.rows]
    return answer(call, "groups", "groups", found, shown, "group_links")


def detail(call: Call) -> dict[str, Any]:
    """List groups, whole."""
    found = select(call)
    return answer(call, "groups", "groups", found, [document(call, row) for row in found.rows], "group_links")


def show(call: Call, group_id: str) -> dict[str, Any]:
    """Show a group."""
    return {"group": document(call, own(call, group_id))}


def create(call: Call) -> Answer:
    """Make a group for volumes of these types."""
    given = body(call, schemas.GROUP)["group"]
    require_member(call, "group:create")
    type_ = group_types.named(call, given["group_type"])
    refuse_old(call, type_["id"])
    row = grouping.create(call, given, type_["id"], given["volume_types"], given.get("availability_zone"))
    return Answer(202, {"group": {"id": row["id"], "name": row["name"]}})


def update(call: Call, group_id: str) -> Answer:
    """Rename a group, put volumes in, take volumes out."""
    given = body(call, schemas.GROUP_UPDATE)["group"]
    grouping.update(call, own(call, group_id), given)
    return bare()


ACTIONS = Actions()


@ACTIONS.add("delete", schemas.GROUP_DELETE)
def delete(call: Call, group_id: str, given: Any) -> Answer:
    """Delete a group, with its volumes when that is said."""
    grouping.delete(call, own(call, group_id), whole=truth(given.get("delete-volumes", False)))
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
    row = grouping.copy(
        call, given, snapshot_id=given.get("group_snapshot_id"), group_id=given.get("source_group_id")
    )  # fmt: skip
    return Answer(202, {"group": {"id": row["id"], "name": row["name"]}})


def action(call: Call, group_id: str = "") -> Any:
    """Do what the body names to a group, or to none yet."""
    return ACTIONS.perform(call, group_id)
