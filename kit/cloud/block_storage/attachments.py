"""Attachments: a volume's connections to servers, each a thing of its own (3.27)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kit.cloud.block_storage import schemas
from kit.cloud.block_storage.actions import Actions
from kit.cloud.block_storage.errors import conflict, invalid, invalid_input, not_found, refuse, require_member
from kit.cloud.block_storage.listing import Kind, page
from kit.cloud.block_storage.models import attachments, volumes
from kit.cloud.block_storage.states import change, follow_attachments
from kit.cloud.block_storage.types_in_common import next_number
from kit.cloud.block_storage.validation import body
from kit.cloud.block_storage.volumes import find as find_volume
from kit.cloud.block_storage.volumes import reach
from kit.cloud.call import Answer, Call
from kit.cloud.compute.models import servers
from kit.cloud.errors import ApiError, Conflict, NotFound
from kit.cloud.store import Row


def missing(attachment_id: str) -> NotFound:
    """cinder.exception.VolumeAttachmentNotFound."""
    return NotFound(f"Volume attachment could not be found with filter: attachment_id = {attachment_id}.")


KIND = Kind(
    "attachment",
    {
        "instance_id": "instance_uuid", "instance_uuid": "instance_uuid", "status": "attach_status",
        **{name: name for name in ("id", "volume_id", "attach_status", "attach_mode", "created_at", "updated_at")},
    },
    missing,
    old_filters=("volume_id", "status", "instance_id", "attach_status"),
)  # fmt: skip


def summary(row: Row) -> dict[str, Any]:
    """An attachment in a short list."""
    return {
        "id": row["id"], "status": row["attach_status"], "instance": row["instance_uuid"], "volume_id": row["volume_id"],
    }  # fmt: skip


def document(row: Row) -> dict[str, Any]:
    """An attachment, whole."""
    return {
        **summary(row), "attached_at": row["attach_time"] or "", "detached_at": row["detach_time"] or "",
        "attach_mode": row["attach_mode"], "connection_info": row["connection_info"] or {},
    }  # fmt: skip


def find(call: Call, attachment_id: str, alien: Callable[[Row], ApiError] | None = None) -> tuple[Row, Row]:
    """The attachment that the caller sees, and its volume; `alien` refuses another project's in other words."""
    row = call.tx.get(attachments, attachment_id)
    volume = call.tx.get(volumes, row["volume_id"]) if row else None
    if row is None or volume is None:
        raise missing(attachment_id)
    if not (call.context.is_admin or volume["project_id"] == call.context.project_id):
        raise alien(volume) if alien else missing(attachment_id)
    return row, volume


def _rows(call: Call) -> list[Row]:
    where: dict[str, Any] = {"project_id": call.project_id}
    if call.context.is_admin and "all_tenants" in call.query:
        where = {}
    ids = [row["id"] for row in call.tx.rows(volumes, **where)]
    return page(call, KIND, call.tx.rows(attachments, volume_id=ids)).rows


def index(call: Call) -> dict[str, Any]:
    """List attachments, shortly."""
    return {"attachments": [summary(row) for row in _rows(call)]}


def detail(call: Call) -> dict[str, Any]:
    """List attachments, whole."""
    return {"attachments": [document(row) for row in _rows(call)]}


def show(call: Call, attachment_id: str) -> dict[str, Any]:
    """Show an attachment."""
    return {"attachment": document(find(call, attachment_id)[0])}


def create(call: Call) -> dict[str, Any]:
    """Reserve a volume for a server, and connect it when the connector is given."""
    schema = schemas.ATTACHMENT_354 if call.at_least("3.54") else schemas.ATTACHMENT
    given = body(call, schema)["attachment"]
    volume = reach(call, given["volume_uuid"])
    mode = given.get("mode", "null") if call.at_least("3.54") else "null"
    row = reserve(call, volume, given.get("instance_uuid"), mode=mode)
    if given.get("connector"):
        row = _connected(call, row, find_volume(call, volume["id"]), given["connector"])
    return {"attachment": document(row)}


def reserve(call: Call, volume: Row, server_id: str | None, *, mode: str = "null") -> Row:
    """An attachment of a volume that is now reserved (cinder.volume.api.API._attachment_reserve)."""
    require_member(call, "volume:attachment_create")
    if "error" in volume["status"]:
        raise invalid(
            "volume",
            "Volume attachments can not be created if the volume is in an error state. "
            f"The Volume {volume['id']} currently has a status of: {volume['status']} ",
        )
    allowed = ("available", "in-use", "downloading") if volume["multiattach"] else ("available", "downloading")
    if volume["status"] not in allowed:
        mine = server_id and volume["status"] in ("in-use", "reserved")
        if not (mine and call.tx.first(attachments, volume_id=volume["id"], instance_uuid=server_id)):
            raise invalid(
                "volume",
                f"Volume {volume['id']} status must be {' or '.join(allowed)} to reserve, but the current status is "
                f"{volume['status']}.",
            )
    else:
        change(call.tx, volumes, volume, status="reserved")
    if "readonly" in (volume["admin_metadata"] or {}):
        mode = "ro"
    return insert(call, volume, server_id, attach_status="reserved", attach_mode=mode)


def insert(call: Call, volume: Row, server_id: str | None, **fields: Any) -> Row:
    """Write an attachment down."""
    return call.tx.insert(
        attachments, id=call.tx.ids.uuid(), number=next_number(call.tx, attachments), volume_id=volume["id"],
        instance_uuid=server_id, created_at=call.tx.stamp, connection_info={}, **fields,
    )  # fmt: skip


def connection(call: Call, volume: Row, connector: dict[str, Any]) -> dict[str, Any]:
    """How the host that the connector describes reaches a volume."""
    return {
        "driver_volume_type": "iscsi",
        "data": {
            "target_discovered": False, "target_portal": "192.0.2.1:3260", "target_lun": 1,
            "target_iqn": f"iqn.2010-10.org.openstack:volume-{volume['id']}", "volume_id": volume["id"],
            "auth_method": "CHAP", "access_mode": connector.get("mode", "rw"), "encrypted": bool(volume["encryption_key_id"]),
            "qos_specs": None, "cacheable": False,
        },
    }  # fmt: skip


def _connect(call: Call, row: Row, volume: Row, connector: dict[str, Any]) -> Row:
    mode = row["attach_mode"] if row["attach_mode"] != "null" else connector.get("mode", "rw")
    info = connection(call, volume, {**connector, "mode": mode})
    flat = {
        "driver_volume_type": info["driver_volume_type"], **info["data"], "attachment_id": row["id"],
        "enforce_multipath": connector.get("enforce_multipath", False),
    }  # fmt: skip
    change(call.tx, volumes, volume, status="attaching", attach_status="attaching")
    return change(
        call.tx, attachments, row, connection_info=flat, connector=connector, attach_status="attaching", attach_mode=mode,
        attached_host=connector.get("host", ""), mountpoint=connector.get("mountpoint", "na"), attach_time=call.tx.stamp,
    )  # fmt: skip


def update(call: Call, attachment_id: str) -> dict[str, Any]:
    """Connect a reserved volume."""
    connector = body(call, schemas.ATTACHMENT_UPDATE)["attachment"]["connector"]
    rule = "volume:attachment_update"
    row, volume = find(call, attachment_id, lambda volume: refuse(rule))
    require_member(call, rule)
    if "error" in volume["status"]:
        raise conflict(
            "Resource conflict: Volume attachments can not be updated if the volume is in an error state. "
            f"The Volume {volume['id']} currently has a status of: {volume['status']} "
        )
    others = [item for item in call.tx.rows(attachments, volume_id=volume["id"]) if item["connection_info"]]
    if call.tx.count(attachments, volume_id=volume["id"]) > 1 and not volume["multiattach"] and others:
        raise conflict(f"Resource conflict: duplicate connectors detected on volume {volume['id']}")
    return {"attachment": document(_connected(call, row, volume, connector))}


def _connected(call: Call, row: Row, volume: Row, connector: dict[str, Any]) -> Row:
    """The attachment that Cinder answers with: connected, but in the state in which it was read before that."""
    return {**row, "connection_info": _connect(call, row, volume, connector)["connection_info"]}


ACTIONS = Actions()


@ACTIONS.add("os-complete", since="3.44")
def complete(call: Call, attachment_id: str, given: Any) -> None:
    """Note that the host has connected: the volume is in use."""
    row, volume = find(call, attachment_id, lambda volume: not_found("volume", volume["id"]))
    require_member(call, "volume:attachment_complete")
    change(call.tx, attachments, row, attach_status="attached", attach_time=row["attach_time"] or call.tx.stamp)
    change(call.tx, volumes, volume, status="in-use", attach_status="attached")


def action(call: Call, attachment_id: str) -> Any:
    """Do what the body names to an attachment."""
    result = ACTIONS.perform(call, attachment_id)
    return Answer(204) if result is None else result


def delete(call: Call, attachment_id: str) -> dict[str, Any]:
    """Disconnect; what is left of the volume's attachments is answered."""
    row, volume = find(call, attachment_id)
    require_member(call, "volume:attachment_delete")
    deletion_allowed(call, volume, row["id"])
    call.tx.delete(attachments, id=row["id"])
    admin = {name: value for name, value in (volume["admin_metadata"] or {}).items() if name != "attached_mode"}
    call.tx.update(volumes, volume["id"], admin_metadata=admin)
    follow_attachments(call.tx, volume["id"])
    left = call.tx.rows(attachments, volume_id=volume["id"], order=attachments.c.number)
    return {"attachments": [summary(item) for item in left]}


def deletion_allowed(call: Call, volume: Row, attachment_id: str | None) -> None:
    """Refuse to disconnect what a server uses: that is the compute service's to do.

    Raises
    ------
    Conflict
        As `cinder.volume.api.API.attachment_deletion_allowed` does.
    """
    mine = call.tx.rows(attachments, volume_id=volume["id"])
    if attachment_id is None:
        if not mine:
            return
        if len(mine) > 1:
            raise _in_use("")
        row: Row | None = mine[0]
    else:
        row = call.tx.get(attachments, attachment_id)
    if row is None:
        raise _in_use("")
    if row["volume_id"] != volume["id"]:
        raise invalid_input("Mismatched volume and attachment")
    if not row["instance_uuid"] or not row["connection_info"]:
        return
    server = call.tx.get(servers, row["instance_uuid"])
    if server is None or server["deleted_at"]:
        return
    if any(device.get("attachment_id") == row["id"] for device in server["block_devices"] or []):
        raise _in_use(server["id"])


def _in_use(server_id: str) -> Conflict:
    return conflict(f"ConflictNovaUsingAttachment: Detach volume from instance {server_id} using the Compute API")
