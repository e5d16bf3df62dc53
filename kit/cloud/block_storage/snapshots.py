"""Snapshots of volumes, and what can be done to them."""

from __future__ import annotations

from typing import Any

from kit.cloud.block_storage import quotas, schemas
from kit.cloud.block_storage.actions import Actions, bare
from kit.cloud.block_storage.errors import invalid, not_found, require_admin, require_member, require_reader
from kit.cloud.block_storage.listing import Kind, Page, answer, everywhere, page
from kit.cloud.block_storage.models import snapshots
from kit.cloud.block_storage.schemas import fields
from kit.cloud.block_storage.states import change, later
from kit.cloud.block_storage.types_in_common import next_number
from kit.cloud.block_storage.validation import body, truth
from kit.cloud.block_storage.volumes import SETTLED, names
from kit.cloud.block_storage.volumes import find as find_volume
from kit.cloud.call import Answer, Call
from kit.cloud.errors import BadRequest
from kit.cloud.store import Row

FORCE_REFUSED = (
    "Since microversion 3.66 the 'force' flag is invalid for this request.  For backward compatability, however, when the "
    "'force' flag is passed with a value evaluating to True, it is silently ignored."
)

KIND = Kind(
    "snapshot",
    {
        "name": "name", "display_name": "name", "description": "description", "display_description": "description",
        "volume_size": "size", "consumes_quota": "consumes_quota", "use_quota": "consumes_quota",
        "availability_zone": "availability_zone",
        **{
            column: column
            for column in (
                "id", "status", "volume_id", "created_at", "updated_at", "user_id", "project_id", "progress",
                "volume_type_id", "group_snapshot_id",
            )
        },
    },
    lambda id: not_found("snapshot", id),
    old_filters=("status", "volume_id", "name", "metadata"),
    since={"metadata": "3.22", "use_quota": "3.65", "consumes_quota": "3.65"},
    sort_since={"name": "3.30"},
    booleans=("consumes_quota", "use_quota"),
)  # fmt: skip


def find(call: Call, snapshot_id: str) -> Row:
    """The snapshot that the caller sees."""
    row = call.tx.get(snapshots, snapshot_id)
    if row is None or not (call.context.is_admin or row["project_id"] == call.context.project_id):
        raise not_found("snapshot", snapshot_id)
    require_reader(call, "volume:get_snapshot")
    return row


def document(call: Call, row: Row, *, extended: bool = True, brief: bool = False) -> dict[str, Any]:
    """A snapshot as Cinder shows it.

    Parameters
    ----------
    extended : bool
        Whether it answers a request that only looks: those show the project.
    """
    shown = {
        "id": row["id"], "created_at": row["created_at"], "updated_at": row["updated_at"], "name": row["name"],
        "description": row["description"], "volume_id": row["volume_id"], "status": row["status"], "size": row["size"],
        "metadata": row["metadata"] or {},
    }  # fmt: skip
    if brief:
        return shown
    if call.at_least("3.14"):
        shown["group_snapshot_id"] = row["group_snapshot_id"]
    if call.at_least("3.41"):
        shown["user_id"] = row["user_id"]
    if call.at_least("3.65"):
        shown["consumes_quota"] = bool(row["consumes_quota"])
    if extended:
        shown["os-extended-snapshot-attributes:project_id"] = row["project_id"]
        shown["os-extended-snapshot-attributes:progress"] = row["progress"]
    return shown


def _select(call: Call) -> Page:
    require_reader(call, "volume:get_all_snapshots")
    where: dict[str, Any] = {} if everywhere(call, strict=False) else {"project_id": call.project_id}
    rows = call.tx.rows(snapshots, **where)
    if "availability_zone" in call.query:
        rows = [{**row, "availability_zone": "nova"} for row in rows]
    return page(call, KIND, rows)


def index(call: Call) -> dict[str, Any]:
    """List snapshots, shortly."""
    found = _select(call)
    return answer(call, "snapshots", "snapshots", found, [document(call, row, brief=True) for row in found.rows])


def detail(call: Call) -> dict[str, Any]:
    """List snapshots, whole."""
    found = _select(call)
    return answer(call, "snapshots", "snapshots/detail", found, [document(call, row) for row in found.rows])


def show(call: Call, snapshot_id: str) -> dict[str, Any]:
    """Show a snapshot."""
    return {"snapshot": document(call, find(call, snapshot_id))}


def create(call: Call) -> Answer:
    """Make a snapshot of a volume."""
    given = body(call, schemas.SNAPSHOT)["snapshot"]
    volume = find_volume(call, given["volume_id"])
    force = "force" in given and truth(given["force"])
    if call.at_least("3.66") and "force" in given and not force:
        raise BadRequest(FORCE_REFUSED)
    in_use = force or call.at_least("3.66")
    check_volume(call, volume)
    allowed = ("available", "in-use") if in_use else ("available",)
    if volume["status"] not in allowed:
        raise invalid(
            "volume",
            f"Volume {volume['id']} status must be {', '.join(allowed)}, but current status is: {volume['status']}.",
        )
    reserve(call, [volume])
    row = insert(call, volume, metadata=given.get("metadata") or {}, **names(given))
    later(call, "snapshot", row, "snapshot", "set", fields={"status": "available", "progress": "100%"})
    return Answer(202, {"snapshot": document(call, row, extended=False)})


def check_volume(call: Call, volume: Row) -> None:
    """Refuse a volume of which no snapshot can be made."""
    require_member(call, "volume:create_snapshot")
    for bad, reason in (
        (volume["host"] is None, "The snapshot cannot be created because volume has not been scheduled to any host."),
        (volume["status"] == "maintenance", "The snapshot cannot be created when the volume is in maintenance mode."),
        (volume["migration_status"] not in SETTLED, "Snapshot cannot be created while volume is migrating."),
        (volume["status"] == "error", "The snapshot cannot be created when the volume is in error status."),
    ):
        if bad:
            raise invalid("volume", reason)


def reserve(call: Call, of: list[Row]) -> None:
    """Refuse snapshots of these volumes when the quota is full."""
    for volume in of[:1]:
        size = sum(row["size"] for row in of)
        quotas.reserve(
            call.tx, call.project_id, "snapshots", {"snapshots": len(of), "gigabytes": size}, size=size,
            type_id=volume["volume_type_id"],
        )  # fmt: skip


def insert(call: Call, volume: Row, **given: Any) -> Row:
    """Write a snapshot down."""
    values = {"name": None, "description": None, "metadata": {}, **given}
    return call.tx.insert(
        snapshots, id=call.tx.ids.uuid(), number=next_number(call.tx, snapshots), volume_id=volume["id"],
        project_id=call.project_id, user_id=call.context.user_id, status="creating", progress="0%", size=volume["size"],
        volume_type_id=volume["volume_type_id"], encryption_key_id=volume["encryption_key_id"], consumes_quota=True,
        image_metadata=volume["image_metadata"], created_at=call.tx.stamp, **values,
    )  # fmt: skip


def update(call: Call, snapshot_id: str) -> dict[str, Any]:
    """Change a snapshot's name or description."""
    given = body(call, schemas.SNAPSHOT_UPDATE)["snapshot"]
    row = find(call, snapshot_id)
    require_member(call, "volume:update_snapshot")
    row = change(call.tx, snapshots, row, **names(given))
    return {"snapshot": document(call, row, extended=False)}


def delete(call: Call, snapshot_id: str) -> Answer:
    """Delete a snapshot: it is gone a moment later."""
    remove(call, find(call, snapshot_id))
    return bare()


def remove(call: Call, row: Row, *, force: bool = False, status: str = "deleting") -> None:
    """Begin to delete a snapshot, unless its state or its group stands against it."""
    require_member(call, "volume:delete_snapshot")
    if row["group_snapshot_id"] or not (force or row["status"] in ("available", "error")):
        words = "" if force else "status must be available or error and"
        raise invalid("snapshot", f"Snapshot {words} must not be part of a group.")
    # It goes with its volume to the backend: a snapshot that stayed when its volume was transferred cannot.
    find_volume(call, row["volume_id"])
    call.cloud.events.cancel(call.tx, row["id"])
    row = change(call.tx, snapshots, row, status=status)
    later(call, "snapshot", row, "delete", "gone")


ACTIONS = Actions()


@ACTIONS.add("os-reset_status", fields("status", status={"type": "string", "format": "snapshot_status"}))
def reset_status(call: Call, snapshot_id: str, given: Any) -> Answer:
    """Set a snapshot's status by hand."""
    row = find(call, snapshot_id)
    require_admin(call, "volume_extension:snapshot_admin_actions:reset_status")
    change(call.tx, snapshots, row, status=given["status"].lower())
    return Answer(202)


@ACTIONS.add("os-force_delete")
def force_delete(call: Call, snapshot_id: str, given: Any) -> Answer:
    """Delete a snapshot whatever its status."""
    row = find(call, snapshot_id)
    require_admin(call, "volume_extension:snapshot_admin_actions:force_delete")
    remove(call, row, force=True)
    return Answer(202)


@ACTIONS.add("os-update_snapshot_status", fields("status", status={"type": "string"}, progress={"format": "progress"}))
def update_status(call: Call, snapshot_id: str, given: Any) -> Answer:
    """Told by the compute service how a snapshot comes along."""
    row = find(call, snapshot_id)
    require_member(call, "snapshot_extension:snapshot_actions:update_snapshot_status")
    allowed = {"creating": ("creating", "available", "error"), "deleting": ("deleting", "error_deleting")}
    if row["status"] not in allowed:
        raise BadRequest(f"Snapshot status {row['status']} not allowed for update_snapshot_status")
    if given["status"] not in allowed[row["status"]]:
        raise BadRequest(
            f"Provided snapshot status {given['status']} not allowed for snapshot with status {row['status']}."
        )
    values = {"progress": given["progress"]} if given.get("progress") else {}
    change(call.tx, snapshots, row, status=given["status"], **values)
    return bare()


def action(call: Call, snapshot_id: str) -> Any:
    """Do what the body names to a snapshot."""
    return ACTIONS.perform(call, snapshot_id)
