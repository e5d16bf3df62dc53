"""Consistency groups and their snapshots: the older API over groups (cinder.api.contrib.consistencygroups)."""

from __future__ import annotations

from typing import Any

from kit.cloud.block_storage import group_snapshots, group_types, grouping, groups, schemas
from kit.cloud.block_storage.actions import bare
from kit.cloud.block_storage.bootstrap import OLD_GROUP_TYPE
from kit.cloud.block_storage.listing import answer, limit_of, parameters
from kit.cloud.block_storage.validation import body, truth
from kit.cloud.call import Answer, Call
from kit.cloud.errors import BadRequest
from kit.cloud.store import Row

_CHANGES = ("name", "description", "add_volumes", "remove_volumes")


def _brief(row: Row) -> dict[str, Any]:
    return {"id": row["id"], "name": row["name"]}


def _document(row: Row) -> dict[str, Any]:
    names = ("id", "status", "availability_zone", "created_at", "name", "description")
    return {**{name: row[name] for name in names}, "volume_types": row["volume_types"] or []}


def _listed(call: Call, show: Any) -> dict[str, Any]:
    found = groups.select(call, old=True)
    shown = [show(row) for row in found.rows]
    return answer(call, "consistencygroups", "consistencygroups", found, shown, "consistencygroup_links")


def index(call: Call) -> dict[str, Any]:
    """List groups, shortly: newer ones too, as Cinder does."""
    return _listed(call, _brief)


def detail(call: Call) -> dict[str, Any]:
    """List groups, whole."""
    return _listed(call, _document)


def show(call: Call, group_id: str) -> dict[str, Any]:
    """Show a consistency group."""
    return {"consistencygroup": _document(grouping.find(call, group_id))}


def create(call: Call) -> Answer:
    """Make a consistency group for volumes of the types that a comma separates."""
    given = body(call, schemas.CONSISTENCY_GROUP)["consistencygroup"]
    if not given["volume_types"]:
        raise BadRequest(f"volume_types must be provided to create consistency group {given.get('name')}.")
    types = str(given["volume_types"]).rstrip(",").split(",")
    type_id = group_types.old_type(call.tx)
    if type_id is None:
        raise BadRequest(
            f"Group type {OLD_GROUP_TYPE} not found. Rerun migration script to create the default cgsnapshot type."
        )
    row = grouping.create(call, given, type_id, types, given.get("availability_zone"))
    return Answer(202, {"consistencygroup": _brief(row)})


def create_from_source(call: Call) -> Answer:
    """Make a consistency group as a copy of another, or of what one was at a snapshot."""
    given = body(call, schemas.CONSISTENCY_GROUP_FROM)["consistencygroup-from-src"]
    snapshot_id, group_id, name = given.get("cgsnapshot_id"), given.get("source_cgid"), given.get("name")
    if not snapshot_id and not group_id:
        raise BadRequest(
            f"Either 'cgsnapshot_id' or 'source_cgid' must be provided to create consistency group {name} from source."
        )
    if snapshot_id and group_id:
        raise BadRequest(
            f"Cannot provide both 'cgsnapshot_id' and 'source_cgid' to create consistency group {name} from source."
        )
    return Answer(
        202, {"consistencygroup": _brief(grouping.copy(call, given, snapshot_id=snapshot_id, group_id=group_id))}
    )


def update(call: Call, group_id: str) -> Answer:
    """Rename a consistency group, put volumes in, take volumes out; a name may be emptied from 3.6 on."""
    given = body(call, schemas.CONSISTENCY_GROUP_UPDATE)["consistencygroup"]
    row = grouping.find(call, group_id)
    if call.at_least("3.6"):
        if all(given.get(name) is None for name in ("name", "description")) and not any(map(given.get, _CHANGES[2:])):
            raise BadRequest(
                "Must specify one or more of the following keys to update: name, description, add_volumes, remove_volumes."
            )
    elif not any(given.get(name) for name in _CHANGES):
        raise BadRequest("Name, description, add_volumes, and remove_volumes can not be all empty in the request body.")
    grouping.update(call, row, given)
    return bare()


def delete(call: Call, group_id: str) -> Answer:
    """Delete a consistency group; with its volumes when `force` says so."""
    given = body(call, schemas.CONSISTENCY_GROUP_DELETE) if call.body else None
    force = truth((given or {}).get("consistencygroup", {}).get("force", False))
    grouping.delete(call, grouping.find(call, group_id), whole=force)
    return bare()


# Snapshots


def _snapshot(row: Row) -> dict[str, Any]:
    names = ("id", "status", "created_at", "name", "description")
    return {**{name: row[name] for name in names}, "consistencygroup_id": row["group_id"]}


def _snapshots(call: Call, show: Any) -> dict[str, Any]:
    rows = sorted(group_snapshots.rows(call, old=True), key=lambda row: row["number"], reverse=True)
    return {"cgsnapshots": [show(row) for row in rows[: limit_of(parameters(call))]]}


def snapshot_index(call: Call) -> dict[str, Any]:
    """List group snapshots, shortly: newer ones too, as Cinder does."""
    return _snapshots(call, _brief)


def snapshot_detail(call: Call) -> dict[str, Any]:
    """List group snapshots, whole."""
    return _snapshots(call, _snapshot)


def snapshot_show(call: Call, snapshot_id: str) -> dict[str, Any]:
    """Show a snapshot of a consistency group."""
    return {"cgsnapshot": _snapshot(grouping.find_snapshot(call, snapshot_id))}


def snapshot_create(call: Call) -> Answer:
    """Make a snapshot of every volume of a consistency group."""
    given = body(call, schemas.CGSNAPSHOT)["cgsnapshot"]
    row = grouping.take_snapshot(call, grouping.find(call, given["consistencygroup_id"]), given)
    return Answer(202, {"cgsnapshot": _brief(row)})


def snapshot_delete(call: Call, snapshot_id: str) -> Answer:
    """Delete a snapshot of a consistency group with all its parts."""
    grouping.drop_snapshot(call, grouping.find_snapshot(call, snapshot_id))
    return bare()
