"""Backups of volumes: made, listed, restored, carried from cloud to cloud as records."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from kit.cloud.block_storage import quotas, schemas, volume_create
from kit.cloud.block_storage.actions import Actions
from kit.cloud.block_storage.errors import (
    invalid,
    invalid_input,
    not_found,
    not_supported,
    require_admin,
    require_member,
    require_reader,
)
from kit.cloud.block_storage.listing import Kind, Page, answer, everywhere, links, page, parameters
from kit.cloud.block_storage.messages import BACKUP_CREATE, BACKUP_SCHEDULE_ERROR, leave
from kit.cloud.block_storage.models import backups, services, snapshots, volumes
from kit.cloud.block_storage.schemas import fields
from kit.cloud.block_storage.snapshots import find as find_snapshot
from kit.cloud.block_storage.states import change, later
from kit.cloud.block_storage.types_in_common import next_number
from kit.cloud.block_storage.validation import FALSE, TRUE, body, truth
from kit.cloud.block_storage.volumes import find as find_volume
from kit.cloud.block_storage.volumes import names
from kit.cloud.call import Answer, Call
from kit.cloud.errors import ApiError, BadRequest
from kit.cloud.store import Row

SERVICE = "cinder.backup.drivers.swift.SwiftBackupDriver"
IMPORTED = "00000000-0000-0000-0000-000000000000"

KIND = Kind(
    "backup",
    {
        "name": "name", "display_name": "name", "description": "description", "display_description": "description",
        **{
            column: column
            for column in (
                "id", "status", "volume_id", "size", "container", "availability_zone", "snapshot_id", "parent_id",
                "project_id", "user_id", "created_at", "updated_at", "fail_reason", "object_count",
            )
        },
    },
    lambda id: not_found("backup", id),
    old_filters=("name", "status", "volume_id"),
    sort_since={"name": "3.37"},
)  # fmt: skip


def find(call: Call, backup_id: str) -> Row:
    """The backup that the caller sees."""
    row = call.tx.get(backups, backup_id)
    if row is None or not (call.context.is_admin or row["project_id"] == call.context.project_id):
        raise not_found("backup", backup_id)
    require_reader(call, "backup:get")
    return row


def basic(call: Call, row: Row) -> dict[str, Any]:
    """A backup in a short list."""
    return {"id": row["id"], "name": row["name"], "links": links(call, "backups", row["id"])}


def document(call: Call, row: Row, parents: set[str]) -> dict[str, Any]:
    """A backup, whole; `parents` are those that others build on."""
    names_ = (
        "id",
        "status",
        "size",
        "object_count",
        "availability_zone",
        "container",
        "created_at",
        "updated_at",
        "name",
    )
    shown = {name: row[name] for name in names_} | {
        "description": row["description"], "fail_reason": row["fail_reason"], "volume_id": row["volume_id"],
        "links": links(call, "backups", row["id"]), "is_incremental": row["parent_id"] is not None,
        "has_dependent_backups": row["id"] in parents, "snapshot_id": row["snapshot_id"],
        "data_timestamp": row["data_timestamp"],
    }  # fmt: skip
    if call.at_least("3.43"):
        shown["metadata"] = row["metadata"] or {}
    if call.at_least("3.64") and row["encryption_key_id"]:
        shown["encryption_key_id"] = row["encryption_key_id"]
    if call.context.is_admin and call.at_least("3.18"):
        shown["os-backup-project-attr:project_id"] = row["project_id"]
    if call.context.is_admin and call.at_least("3.56"):
        shown["user_id"] = row["user_id"]
    return shown


def _select(call: Call) -> Page:
    require_reader(call, "backup:get_all")
    wanted = parameters(call).get("all_tenants", "0")
    if wanted.lower() not in TRUE + FALSE:
        raise BadRequest(f"all_tenants must be a boolean, got '{wanted}'.")
    where: dict[str, Any] = {} if everywhere(call) else {"project_id": call.project_id}
    return page(call, KIND, call.tx.rows(backups, **where))


def index(call: Call) -> dict[str, Any]:
    """List backups, shortly."""
    found = _select(call)
    return answer(call, "backups", "backups", found, [basic(call, row) for row in found.rows])


def _parents(call: Call, rows: list[Row]) -> set[str]:
    ids = [row["id"] for row in rows]
    return {row["parent_id"] for row in call.tx.rows(backups, parent_id=ids)} if ids else set()


def detail(call: Call) -> dict[str, Any]:
    """List backups, whole."""
    found = _select(call)
    parents = _parents(call, found.rows)
    return answer(call, "backups", "backups/detail", found, [document(call, row, parents) for row in found.rows])


def show(call: Call, backup_id: str) -> dict[str, Any]:
    """Show a backup."""
    row = find(call, backup_id)
    return {"backup": document(call, row, _parents(call, [row]))}


def _service(call: Call) -> None:
    row = call.tx.first(services, binary="cinder-backup")
    if row is None or row["disabled"]:
        raise ApiError("Service cinder-backup could not be found.", status=503)


def create(call: Call) -> Answer:
    """Make a backup of a volume, or of one of its snapshots."""
    schema = (
        schemas.BACKUP_351 if call.at_least("3.51") else schemas.BACKUP_343 if call.at_least("3.43") else schemas.BACKUP
    )
    given = body(call, schema)["backup"]
    volume = find_volume(call, given["volume_id"])
    require_member(call, "backup:create")
    snapshot = find_snapshot(call, given["snapshot_id"]) if given.get("snapshot_id") else None
    _check(volume, snapshot, force=truth(given.get("force", False)))
    size = volume["size"]
    quotas.reserve(call.tx, call.project_id, "backups", {"backups": 1, "backup_gigabytes": size}, size=size)
    parent = _parent(call, volume, snapshot) if truth(given.get("incremental", False)) else None
    metadata = given.get("metadata") or {} if call.at_least("3.43") else {}
    row = call.tx.insert(
        backups, id=call.tx.ids.uuid(), number=next_number(call.tx, backups), volume_id=volume["id"],
        status="creating", project_id=call.project_id, user_id=call.context.user_id, size=size, object_count=0,
        container=given.get("container") or "volumebackups", snapshot_id=snapshot["id"] if snapshot else None,
        parent_id=parent["id"] if parent else None, created_at=call.tx.stamp, metadata=metadata,
        data_timestamp=snapshot["created_at"] if snapshot else call.tx.stamp, image_metadata=volume["image_metadata"],
        availability_zone=given.get("availability_zone") if call.at_least("3.51") else None,
        volume={name: volume[name] for name in ("name", "description", "metadata")}, **names(given),
        encryption_key_id=call.tx.ids.uuid() if volume["encryption_key_id"] else None,  # a copy of the volume's key
    )  # fmt: skip
    if snapshot is not None:
        change(call.tx, snapshots, snapshot, status="backing-up")
    else:
        change(call.tx, volumes, volume, status="backing-up", previous_status=volume["status"])
    _schedule(call, row, volume)
    return Answer(202, {"backup": basic(call, row)})


def _schedule(call: Call, row: Row, volume: Row) -> None:
    """Find the backup its service, in its own zone or else in its volume's."""
    zone = row["availability_zone"] or volume["availability_zone"]
    if call.tx.first(services, binary="cinder-backup", disabled=False, zone=zone) is not None:
        later(call, "backup", row, "backup", "backed_up", zone=zone)
        return
    reason = "Service not found for creating backup."
    later(call, "backup", row, "backup", "backup_failed", reason=reason)
    leave(call, BACKUP_CREATE, BACKUP_SCHEDULE_ERROR, "VOLUME_BACKUP", row["id"])


def _check(volume: Row, snapshot: Row | None, *, force: bool) -> None:
    status = volume["status"]
    if snapshot is not None:
        if snapshot["volume_id"] != volume["id"]:
            raise invalid(
                "volume", f"Volume {volume['id']} does not match with snapshot.volume_id {snapshot['volume_id']}."
            )
        if snapshot["status"] != "available":
            raise invalid(
                "snapshot",
                f'Snapshot to be backed up must be available, but the current status is "{snapshot["status"]}".',
            )
    elif status not in ("available", "in-use"):
        raise invalid(
            "volume", f'Volume to be backed up must be available or in-use, but the current status is "{status}".'
        )
    elif status == "in-use" and not force:
        raise invalid("volume", "Backing up an in-use volume must use the force flag.")


def _parent(call: Call, volume: Row, snapshot: Row | None) -> Row:
    """The backup that an incremental one builds on."""
    rows = call.tx.rows(backups, volume_id=volume["id"], project_id=call.project_id, order=backups.c.number.desc())
    fit = [
        row for row in rows
        if row["status"] == "available" and (snapshot is None or row["data_timestamp"] < snapshot["created_at"])
    ]  # fmt: skip
    if not fit:
        raise invalid("backup", "No backups available to do an incremental backup.")
    return max(fit, key=lambda row: (row["data_timestamp"], row["number"]))


def update(call: Call, backup_id: str) -> dict[str, Any]:
    """Change a backup's name, description or metadata (3.9)."""
    schema = schemas.BACKUP_UPDATE_343 if call.at_least("3.43") else schemas.BACKUP_UPDATE
    given = body(call, schema)["backup"] or {}
    row = find(call, backup_id)
    require_member(call, "backup:update")
    values = names(given)
    if "metadata" in given:
        values["metadata"] = given["metadata"]
    return {"backup": basic(call, change(call.tx, backups, row, **values))}


def delete(call: Call, backup_id: str) -> Answer:
    """Delete a backup: it is gone a moment later."""
    _remove(call, find(call, backup_id))
    return Answer(202)


def _remove(call: Call, row: Row, *, force: bool = False) -> None:
    require_member(call, "backup:delete")
    if not force and row["status"] not in ("available", "error"):
        raise invalid("backup", "Backup status must be available or error")
    if call.tx.count(backups, parent_id=row["id"]):
        raise invalid("backup", "Incremental backups exist for this backup.")
    call.cloud.events.cancel(call.tx, row["id"])
    row = change(call.tx, backups, row, status="deleting")
    later(call, "backup", row, "delete", "gone")


def restore(call: Call, backup_id: str) -> Answer:
    """Write a backup into a volume: a given one, or a new one."""
    given = body(call, schemas.RESTORE)["restore"] or {}
    row = find(call, backup_id)
    require_member(call, "backup:restore")
    if row["status"] != "available":
        raise invalid("backup", "Backup status must be available")
    volume_id = given.get("volume_id")
    if volume_id is None:
        wish = volume_create.Wish(
            row["size"], name=given.get("name") or f"restore_backup_{backup_id}",
            description="auto-created_from_restore_from_backup",
        )  # fmt: skip
        volume = volume_create.make(call, wish)
        # Cinder waits until the new volume is there before it answers.
        call.cloud.events.cancel(call.tx, volume["id"])
        if volume["host"] is None:
            raise invalid("volume", f"Error while creating volume {volume['id']} for restoring backup {backup_id}.")
    else:
        volume = find_volume(call, volume_id)
        if volume["status"] != "available":
            raise invalid("volume", "Volume to be restored to must be available")
    if row["size"] > volume["size"]:
        raise invalid("volume", f"volume size {volume['size']} is too small to restore backup of size {row['size']}.")
    row = change(call.tx, backups, row, status="restoring", restore_volume_id=volume["id"])
    change(call.tx, volumes, volume, status="restoring-backup")
    later(call, "backup", row, "restore", "restored", volume_id=volume["id"])
    shown = {"backup_id": backup_id, "volume_id": volume["id"], "volume_name": volume["name"]}
    return Answer(202, {"restore": shown})


# Records

_RECORDED = ("id", "name", "description", "size", "container", "object_count", "snapshot_id", "parent_id", "data_timestamp",
             "volume_id", "availability_zone", "metadata", "created_at", "volume")  # fmt: skip


def export_record(call: Call, backup_id: str) -> dict[str, Any]:
    """What another cloud needs to know of a backup."""
    row = find(call, backup_id)
    require_admin(call, "backup:export-import")
    if row["status"] != "available":
        raise invalid("backup", f"Backup status must be available and not {row['status']}.")
    record = json.dumps({name: row[name] for name in _RECORDED})
    url = base64.b64encode(record.encode()).decode()
    return {"backup-record": {"backup_service": SERVICE, "backup_url": url}}


def import_record(call: Call) -> Answer:
    """Take over a backup that another cloud, or this one, has made."""
    given = body(call, schemas.BACKUP_RECORD)["backup-record"]
    require_admin(call, "backup:backup-import")
    _service(call)
    try:
        record = json.loads(base64.b64decode(given["backup_url"]))
    except binascii.Error:
        raise invalid_input("Can't decode backup record.") from None
    except ValueError:
        raise invalid_input("Can't parse backup record.") from None
    if not isinstance(record, dict):
        raise invalid_input("Can't parse backup record.")
    if "id" not in record:
        raise invalid_input("Provided backup record is missing an id")
    if "size" not in record:
        raise invalid_input("Provided backup record is missing size attribute")
    if call.tx.get(backups, record["id"]) is not None:
        raise invalid("backup", "Backup already exists in database.")
    size = int(record["size"])
    quotas.reserve(call.tx, call.project_id, "backups", {"backups": 1, "backup_gigabytes": size}, size=size)
    known = {name: value for name, value in record.items() if name in _RECORDED}
    row = call.tx.insert(
        backups, **{**known, "volume_id": IMPORTED}, number=next_number(call.tx, backups), status="creating",
        project_id=call.project_id, user_id=call.context.user_id,
    )  # fmt: skip
    later(call, "backup", row, "backup", "set", fields={
        "status": "available", "volume_id": record.get("volume_id") or IMPORTED,
    })  # fmt: skip
    return Answer(201, {"backup": basic(call, row)})


ACTIONS = Actions()


@ACTIONS.add("os-reset_status", fields("status", status={"type": "string", "format": "backup_status"}))
def reset_status(call: Call, backup_id: str, given: Any) -> Answer:
    """Set a backup's status by hand."""
    row = find(call, backup_id)
    require_admin(call, "volume_extension:backup_admin_actions:reset_status")
    change(call.tx, backups, row, status=given["status"].lower())
    return Answer(202)


@ACTIONS.add("os-force_delete")
def force_delete(call: Call, backup_id: str, given: Any) -> Answer:
    """Delete a backup whatever its status; some backends cannot."""
    row = find(call, backup_id)
    require_admin(call, "volume_extension:backup_admin_actions:force_delete")
    if not call.tx.count(services, binary="cinder-backup"):
        raise not_supported("force delete")
    _remove(call, row, force=True)
    return Answer(202)


def action(call: Call, backup_id: str) -> Any:
    """Do what the body names to a backup."""
    return ACTIONS.perform(call, backup_id)
