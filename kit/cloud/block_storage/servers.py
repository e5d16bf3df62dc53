"""What the compute service asks of this one, in its own transaction."""

from __future__ import annotations

from typing import Any

from kit.cloud.block_storage import attachments as attaching
from kit.cloud.block_storage import volume_create, volume_types
from kit.cloud.block_storage.models import attachments, snapshots, volumes
from kit.cloud.block_storage.states import change, follow_attachments
from kit.cloud.block_storage.volume_attach import detaching
from kit.cloud.block_storage.volumes import find
from kit.cloud.call import Call
from kit.cloud.store import Row, Transaction


def volume(call: Call, volume_id: str) -> Row:
    """The volume that the caller sees.

    Raises
    ------
    NotFound
        When there is none of that id, or it is another project's.
    """
    return find(call, volume_id)


def snapshot(call: Call, snapshot_id: str) -> Row | None:
    """The snapshot that the caller sees, or None."""
    row = call.tx.get(snapshots, snapshot_id)
    mine = row is not None and (call.context.is_admin or row["project_id"] == call.context.project_id)
    return row if mine else None


def reserve(call: Call, row: Row, server_id: str) -> Row:
    """Reserve a volume for a server; the attachment.

    Raises
    ------
    BadRequest
        When the volume is not available.
    """
    return attaching.reserve(call, row, server_id)


def connect(tx: Transaction, attachment_id: str, host: str, device: str) -> None:
    """The server's host connects to the volume."""
    row = tx.get(attachments, attachment_id)
    if row is None:
        return
    info = {"driver_volume_type": "iscsi", "volume_id": row["volume_id"], "attachment_id": attachment_id}
    change(
        tx, attachments, row, attach_status="attaching", connection_info=info, connector={"host": host},
        attached_host=host, mountpoint=device, attach_mode="rw" if row["attach_mode"] == "null" else row["attach_mode"],
    )  # fmt: skip
    follow_attachments(tx, row["volume_id"])


def attach_beside(tx: Transaction, attachment_id: str, host: str) -> str | None:
    """One more attachment of a server that goes to another host: connected there, and in use; its id.

    None when the first one is gone.
    """
    row = tx.get(attachments, attachment_id)
    if row is None:
        return None
    id = tx.ids.uuid()
    info = {**(row["connection_info"] or {}), "attachment_id": id}
    tx.insert(
        attachments, **{**row, "id": id, "number": tx.most(attachments.c.number) + 1, "connection_info": info},
    )  # fmt: skip
    change(
        tx, attachments, {**row, "id": id}, connector={**(row["connector"] or {}), "host": host}, attached_host=host,
        attach_status="attached", attach_time=tx.stamp, created_at=tx.stamp,
    )  # fmt: skip
    follow_attachments(tx, row["volume_id"])
    return id


def complete(tx: Transaction, attachment_id: str) -> None:
    """The server uses the volume."""
    row = tx.get(attachments, attachment_id)
    if row is None:
        return
    change(tx, attachments, row, attach_status="attached", attach_time=tx.stamp)
    follow_attachments(tx, row["volume_id"])


def begin_detaching(call: Call, row: Row) -> None:
    """Mark a volume as about to be detached.

    Raises
    ------
    BadRequest
        When it is not in use.
    """
    detaching(call, row)


def disconnect(tx: Transaction, attachment_id: str) -> None:
    """The server uses the volume no more."""
    row = tx.get(attachments, attachment_id)
    if row is None:
        return
    tx.delete(attachments, id=attachment_id)
    follow_attachments(tx, row["volume_id"])


def make(
    call: Call, size: int | None, *, image: Row | None = None, from_snapshot: Row | None = None, type: str | None = None
) -> Row:
    """A volume for a server that is being built.

    Raises
    ------
    ApiError
        When the quota is full, or the size does not do.
    """
    wish = volume_create.Wish(size, name="", description="", image=image, snapshot=from_snapshot)
    if type is not None:
        wish.type = volume_types.named(call, type)
    row = volume_create.make(call, wish)
    call.cloud.events.cancel(call.tx, row["id"])
    if image is not None:
        kept: dict[str, Any] = {"bootable": True, "image_metadata": volume_create.image_properties(image)}
        call.tx.update(volumes, row["id"], **kept)
    # The server's build takes longer than the volume's: nobody waits for the volume alone.
    call.tx.update(volumes, row["id"], status="available", launched_at=call.tx.stamp)
    return find(call, row["id"])


def discard(tx: Transaction, volume_id: str) -> None:
    """A volume goes with its server, unless something else still needs it."""
    row = tx.get(volumes, volume_id)
    if row is None or tx.count(attachments, volume_id=volume_id) or tx.count(snapshots, volume_id=volume_id):
        return
    tx.delete(volumes, id=volume_id)


def users(tx: Transaction, volume_id: str) -> list[str]:
    """The servers that a volume is attached to, or reserved for."""
    rows = tx.rows(attachments, volume_id=volume_id, order=attachments.c.number)
    return [row["instance_uuid"] for row in rows if row["instance_uuid"]]


def use(tx: Transaction, server: Row) -> None:
    """A server has been built: it uses the volumes that it came with."""
    for device in server["block_devices"] or []:
        connect(tx, device["attachment_id"], server["host"] or "", device["device"])
        complete(tx, device["attachment_id"])


def release(tx: Transaction, server: Row) -> None:
    """A server is gone: its volumes are free, or gone with it."""
    for device in server["block_devices"] or []:
        disconnect(tx, device["attachment_id"])
        if device["delete_on_termination"]:
            discard(tx, device["volume_id"])


def root_of(tx: Transaction, server: Row) -> Row | None:
    """The volume that a server boots from, if it boots from one."""
    if server["image_id"]:
        return None
    ids = [one["volume_id"] for one in server["block_devices"] or [] if one["device"] == server["root_device_name"]]
    return tx.get(volumes, ids[0]) if ids else None


def reimage(tx: Transaction, row: Row, image: Row) -> None:
    """Write an image over a volume that a server boots from."""
    change(tx, volumes, row, bootable=True, image_metadata=volume_create.image_properties(image))
