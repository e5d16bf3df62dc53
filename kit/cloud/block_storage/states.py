"""What happens to volumes and their kin over time: each due event ends one task.

A task that was overtaken (the thing deleted, another status set by hand) does nothing; nothing
happens on a dead backend.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kit.cloud.block_storage import backend
from kit.cloud.block_storage.models import attachments, backups, group_snapshots, groups, snapshots, volumes
from kit.cloud.compute.models import actions, servers
from kit.cloud.image.snapshots import finish
from kit.cloud.store import Row, Transaction
from kit.cloud.tables import Table

if TYPE_CHECKING:
    from kit.cloud.call import Call
    from kit.cloud.cloud import Cloud
    from kit.cloud.events import Event
    from kit.cloud.service import Service

# Seconds of cloud time, where the seed's `timings` say nothing.
DURATIONS = {
    "create": 2.0, "delete": 1.0, "download": 2.0, "clone": 1.0, "extend": 1.0, "retype": 1.0, "migrate": 4.0,
    "upload": 2.0, "revert": 1.0, "reimage": 2.0, "attach": 1.0, "detach": 1.0, "snapshot": 1.0, "backup": 3.0,
    "restore": 3.0, "group": 1.0,
}  # fmt: skip

TABLES: dict[str, Table] = {
    "volume": volumes, "snapshot": snapshots, "backup": backups, "group": groups, "group_snapshot": group_snapshots,
}  # fmt: skip


def later(call: Call, kind: str, row: Row, task: str, then: str, **payload: Any) -> None:
    """Let a task end after its duration.

    Parameters
    ----------
    kind : str
        A key of `TABLES`.
    task : str
        A key of `DURATIONS`; the seed's timing is `volume.` and the key.
    then : str
        A key of `ENDINGS`.
    payload
        What the ending needs; `status` is what the thing's status must still be.
    """
    seconds = call.cloud.duration(f"volume.{task}", DURATIONS[task])
    payload.setdefault("status", row["status"])
    call.later(seconds, "volume.done", row["id"], kind=kind, then=then, **payload)


def done(cloud: Cloud, tx: Transaction, event: Event) -> None:
    """End the task that the event is about."""
    payload = dict(event.payload)
    table, then, expected = TABLES[payload.pop("kind")], payload.pop("then"), payload.pop("status")
    row = tx.get(table, event.subject)
    if row is None or row["status"] != expected:
        return
    # A failure is the scheduler's: it needs no backend.
    if not backend.works(cloud) and then not in ("failed", "backup_failed"):
        return
    ENDINGS[then](tx, table, row, payload)


def change(tx: Transaction, table: Table, row: Row, **fields: Any) -> Row:
    """Store changed columns, now."""
    fields["updated_at"] = tx.stamp
    tx.update(table, row["id"], **fields)
    return {**row, **fields}


def _set(tx: Transaction, table: Table, row: Row, payload: dict[str, Any]) -> None:
    """The plain ending: these columns."""
    change(tx, table, row, **payload["fields"])


def _failed(tx: Transaction, table: Table, row: Row, payload: dict[str, Any]) -> None:
    change(tx, table, row, status="error")


def _extended(tx: Transaction, table: Table, row: Row, payload: dict[str, Any]) -> None:
    """A volume is larger; the servers that use it have been told so, and log it."""
    change(tx, table, row, status=row["previous_status"], previous_status=None, size=payload["size"])
    event = {
        "event": "compute_extend_volume", "start_time": tx.stamp, "finish_time": tx.stamp, "result": "Success",
        "traceback": None,
    }  # fmt: skip
    for item in tx.rows(attachments, volume_id=row["id"], attach_status="attached"):
        if tx.get(servers, item["instance_uuid"]) is not None:
            tx.insert(
                actions, server_id=item["instance_uuid"], action="extend_volume", start_time=tx.stamp,
                updated_at=tx.stamp, message=None, events=[event], **payload["by"],
            )  # fmt: skip


def _created(tx: Transaction, table: Table, row: Row, payload: dict[str, Any]) -> None:
    change(tx, table, row, status="available", launched_at=tx.stamp, **payload.get("fields", {}))


def _gone(tx: Transaction, table: Table, row: Row, payload: dict[str, Any]) -> None:
    tx.delete(table, id=row["id"])


def _volume_gone(tx: Transaction, table: Table, row: Row, payload: dict[str, Any]) -> None:
    if payload.get("cascade"):
        tx.delete(snapshots, volume_id=row["id"])
    tx.delete(volumes, id=row["id"])


def _uploaded(tx: Transaction, table: Table, row: Row, payload: dict[str, Any]) -> None:
    finish(tx, payload["image_id"], row["size"])
    change(tx, table, row, status=row["previous_status"], previous_status=None)


def _reverted(tx: Transaction, table: Table, row: Row, payload: dict[str, Any]) -> None:
    snapshot = tx.get(snapshots, payload["snapshot_id"])
    if snapshot is not None:
        change(tx, snapshots, snapshot, status="available")
    change(tx, table, row, status="available")


def _backup_failed(tx: Transaction, table: Table, row: Row, payload: dict[str, Any]) -> None:
    """No service took the backup: its volume is what it was before, a snapshot is left as it is."""
    change(tx, table, row, status="error", fail_reason=payload["reason"], container=None)
    volume = tx.get(volumes, row["volume_id"])
    if volume is not None and volume["status"] == "backing-up":
        change(tx, volumes, volume, status=volume["previous_status"], previous_status="backing-up")


def _backed_up(tx: Transaction, table: Table, row: Row, payload: dict[str, Any]) -> None:
    """A backup is there: its volume, or its snapshot, is what it was before."""
    change(
        tx, table, row, status="available", object_count=max(row["size"], 1), availability_zone=payload["zone"],
    )  # fmt: skip
    if row["snapshot_id"]:
        snapshot = tx.get(snapshots, row["snapshot_id"])
        if snapshot is not None and snapshot["status"] == "backing-up":
            change(tx, snapshots, snapshot, status="available")
        return
    volume = tx.get(volumes, row["volume_id"])
    if volume is not None and volume["status"] == "backing-up":
        change(tx, volumes, volume, status=volume["previous_status"], previous_status=None)


def _restored(tx: Transaction, table: Table, row: Row, payload: dict[str, Any]) -> None:
    change(tx, table, row, status="available", restore_volume_id=None)
    volume = tx.get(volumes, payload["volume_id"])
    if volume is not None and volume["status"] == "restoring-backup":
        image, was = row["image_metadata"] or volume["image_metadata"], row["volume"] or {}
        kept = was.get("metadata") or volume["metadata"] or {}
        # Told unless it is the very volume that the backup is of.
        known = kept.get("src_backup_id")
        told = volume["id"] != row["volume_id"] or (known and known != row["id"])
        fields: dict[str, Any] = {"metadata": {**kept, "src_backup_id": row["id"]} if told else kept}
        # A volume that was made for this alone gets the name of the original.
        if (volume["name"] or "").startswith("restore_backup_"):
            fields |= {name: was[name] for name in ("name", "description") if name in was}
        change(
            tx, volumes, volume, status="available", launched_at=volume["launched_at"] or tx.stamp,
            image_metadata=image, bootable=volume["bootable"] or bool(image), **fields,
        )  # fmt: skip


def _group_made(tx: Transaction, table: Table, row: Row, payload: dict[str, Any]) -> None:
    for volume in tx.rows(volumes, group_id=row["id"]):
        if volume["status"] == "creating":
            change(tx, volumes, volume, status="available", launched_at=tx.stamp)
    change(tx, table, row, status="available")


def _group_gone(tx: Transaction, table: Table, row: Row, payload: dict[str, Any]) -> None:
    tx.delete(volumes, group_id=row["id"])
    tx.delete(groups, id=row["id"])


def _group_updated(tx: Transaction, table: Table, row: Row, payload: dict[str, Any]) -> None:
    for id in payload["add"]:
        tx.update(volumes, id, group_id=row["id"], updated_at=tx.stamp)
    for id in payload["remove"]:
        tx.update(volumes, id, group_id=None, updated_at=tx.stamp)
    change(tx, table, row, status="available")


def _group_snapshot_made(tx: Transaction, table: Table, row: Row, payload: dict[str, Any]) -> None:
    for snapshot in tx.rows(snapshots, group_snapshot_id=row["id"]):
        change(tx, snapshots, snapshot, status="available", progress="100%")
    change(tx, table, row, status="available")


def _group_snapshot_gone(tx: Transaction, table: Table, row: Row, payload: dict[str, Any]) -> None:
    tx.delete(snapshots, group_snapshot_id=row["id"])
    tx.delete(group_snapshots, id=row["id"])


Ending = Callable[[Transaction, Table, Row, dict[str, Any]], None]

ENDINGS: dict[str, Ending] = {
    "set": _set, "failed": _failed, "extended": _extended, "created": _created, "gone": _gone, "volume_gone": _volume_gone, "uploaded": _uploaded,
    "reverted": _reverted, "backed_up": _backed_up, "backup_failed": _backup_failed, "restored": _restored, "group_made": _group_made,
    "group_gone": _group_gone, "group_updated": _group_updated, "group_snapshot_made": _group_snapshot_made,
    "group_snapshot_gone": _group_snapshot_gone,
}  # fmt: skip

# cinder.db.api.ATTACH_STATUS_MAP
_FROM_ATTACHMENT = {"attached": "in-use", "detached": "available"}


def follow_attachments(tx: Transaction, volume_id: str) -> None:
    """Give a volume the status that its attachments say: attached before attaching before reserved."""
    volume = tx.get(volumes, volume_id)
    if volume is None:
        return
    known = [row["attach_status"] for row in tx.rows(attachments, volume_id=volume_id)]
    attach_status = min((word for word in known if not word.startswith("error_")), default="detached")
    fields: dict[str, Any] = {"attach_status": attach_status}
    settled = not volume["migration_status"] and volume["status"] != "uploading"
    if attach_status != "detached" or settled or volume["migration_status"] in ("success", "error"):
        fields["status"] = _FROM_ATTACHMENT.get(attach_status, attach_status)
    change(tx, volumes, volume, **fields)


def register(service: Service) -> None:
    """Let the service's due events be handled here."""
    service.on("volume.done", done)
