"""Actions on volumes by which something is connected to them: the old way, without attachments of its own."""

from __future__ import annotations

from typing import Any

from kit.cloud.block_storage import attachments as attaching
from kit.cloud.block_storage.errors import invalid, invalid_input, require_admin
from kit.cloud.block_storage.models import attachments, volumes
from kit.cloud.block_storage.schemas import UUID, UUID_OR_NULL, fields
from kit.cloud.block_storage.states import change, follow_attachments
from kit.cloud.block_storage.volume_actions import ACTIONS
from kit.cloud.block_storage.volumes import SETTLED, find, own
from kit.cloud.call import Answer, Call
from kit.cloud.errors import BadRequest
from kit.cloud.store import Row

_RULE = "volume_extension:volume_actions:"
_CONNECTOR = {"type": ["string", "object", "null"]}


@ACTIONS.add("os-reserve")
def reserve(call: Call, volume_id: str, given: Any) -> Answer:
    """Mark a volume as about to be attached."""
    row = own(call, volume_id, f"{_RULE}reserve")
    allowed = ("available", "in-use") if row["multiattach"] else ("available",)
    if row["status"] not in allowed:
        raise invalid(
            "volume", f"Volume status must be {' or '.join(allowed)} to reserve, but the status is {row['status']}."
        )
    change(call.tx, volumes, row, status="attaching")
    return Answer(202)


@ACTIONS.add("os-unreserve")
def unreserve(call: Call, volume_id: str, given: Any) -> Answer:
    """Take that back."""
    _unreserve(call, own(call, volume_id, f"{_RULE}unreserve"))
    return Answer(202)


def _unreserve(call: Call, row: Row) -> None:
    if row["status"] == "attaching":
        attached = call.tx.count(attachments, volume_id=row["id"])
        change(call.tx, volumes, row, status="in-use" if attached else "available")


@ACTIONS.add("os-begin_detaching")
def begin_detaching(call: Call, volume_id: str, given: Any) -> Answer:
    """Mark a volume as about to be detached."""
    detaching(call, own(call, volume_id, f"{_RULE}begin_detaching"))
    return Answer(202)


def detaching(call: Call, row: Row) -> Row:
    """The volume, detaching; refused unless it is attached."""
    if row["status"] != "in-use" or row["attach_status"] != "attached" or row["migration_status"] not in SETTLED:
        raise invalid(
            "volume",
            "Unable to detach volume. Volume status must be 'in-use' and attach_status must be 'attached' to detach.",
        )
    return change(call.tx, volumes, row, status="detaching")


@ACTIONS.add("os-roll_detaching")
def roll_detaching(call: Call, volume_id: str, given: Any) -> Answer:
    """Take that back."""
    row = own(call, volume_id, f"{_RULE}roll_detaching")
    if row["status"] == "detaching":
        change(call.tx, volumes, row, status="in-use")
    return Answer(202)


@ACTIONS.add(
    "os-attach",
    fields(
        "mountpoint", instance_uuid=UUID, mountpoint={"type": "string", "minLength": 1, "maxLength": 255},
        host_name={"type": "string", "maxLength": 255}, mode={"type": "string", "enum": ["rw", "ro"]},
        also={"anyOf": [{"required": ["instance_uuid"]}, {"required": ["host_name"]}]},
    ),
)  # fmt: skip
def attach(call: Call, volume_id: str, given: Any) -> Answer:
    """Note that a volume is attached to a server or a host."""
    row = own(call, volume_id, f"{_RULE}attach")
    mode, server, host = given.get("mode", "rw"), given.get("instance_uuid"), given.get("host_name")
    if row["status"] == "maintenance":
        raise invalid("volume", "The volume cannot be attached in maintenance mode.")
    admin = {"readonly": "False", **(row["admin_metadata"] or {})}
    if admin["readonly"] == "True" and mode != "ro":
        raise BadRequest(f"Invalid attaching mode '{mode}' for volume {row['id']}.")
    if row["status"] == "attaching" and admin.get("attached_mode", mode) != mode:
        raise invalid("volume", "being attached by different mode")
    for item in call.tx.rows(attachments, volume_id=row["id"]):
        if (server and item["instance_uuid"] == server) or (not server and item["attached_host"] == host):
            change(call.tx, volumes, row, status="in-use")
            return Answer(202)
    if row["status"] == "in-use" and not row["multiattach"]:
        raise invalid("volume", "volume is already attached and multiple attachments are not enabled")
    attaching.insert(
        call, row, server, attach_status="attached", attach_mode=mode, attached_host=host,
        mountpoint=given["mountpoint"], attach_time=call.tx.stamp,
    )  # fmt: skip
    change(
        call.tx,
        volumes,
        row,
        status="in-use",
        attach_status="attached",
        admin_metadata={**admin, "attached_mode": mode},
    )
    return Answer(202)


@ACTIONS.add("os-detach", {**fields(attachment_id=UUID_OR_NULL), "type": ["object", "null"]})
def detach(call: Call, volume_id: str, given: Any) -> Answer:
    """Note that a volume is attached no more."""
    row = own(call, volume_id, f"{_RULE}detach")
    _detach(call, row, (given or {}).get("attachment_id"))
    return Answer(202)


def _detach(call: Call, row: Row, attachment_id: str | None) -> None:
    attaching.deletion_allowed(call, row, attachment_id)
    if row["status"] == "maintenance":
        raise invalid("volume", "The volume cannot be detached in maintenance mode.")
    mine = call.tx.rows(attachments, volume_id=row["id"])
    if attachment_id is None and len(mine) > 1:
        raise invalid("volume", "Detach volume failed: More than one attachment, but no attachment_id provided.")
    gone = [item for item in mine if attachment_id in (None, item["id"])]
    for item in gone:
        call.tx.delete(attachments, id=item["id"])
    admin = {name: value for name, value in (row["admin_metadata"] or {}).items() if name != "attached_mode"}
    call.tx.update(volumes, row["id"], admin_metadata=admin)
    if mine or attachment_id:
        follow_attachments(call.tx, row["id"])
    else:
        change(call.tx, volumes, row, status="available", attach_status="detached")


@ACTIONS.add("os-force_detach", fields(connector=_CONNECTOR, attachment_id={"type": ["string", "null"]}))
def force_detach(call: Call, volume_id: str, given: Any) -> Answer:
    """Clear what a failed detachment has left."""
    row = find(call, volume_id)
    require_admin(call, "volume_extension:volume_admin_actions:force_detach")
    attaching.deletion_allowed(call, row, None)
    _unreserve(call, row)
    row = find(call, volume_id)
    _detach(call, row, given.get("attachment_id"))
    return Answer(202)


@ACTIONS.add("os-initialize_connection", fields("connector", connector={"type": ["object", "string"]}))
def initialize_connection(call: Call, volume_id: str, given: Any) -> dict[str, Any]:
    """How a host reaches a volume."""
    row = own(call, volume_id, f"{_RULE}initialize_connection")
    if row["status"] == "maintenance":
        raise invalid("volume", "The volume connection cannot be initialized in maintenance mode.")
    connector = given["connector"]
    if not isinstance(connector, dict):
        raise invalid_input("Connector is not a dictionary.")
    info = attaching.connection(call, row, connector)
    multipath = {"enforce_multipath": connector.get("enforce_multipath", False)}
    return {"connection_info": {**info, "data": {**info["data"], **multipath}, **multipath}}


@ACTIONS.add("os-terminate_connection", fields("connector", connector=_CONNECTOR))
def terminate_connection(call: Call, volume_id: str, given: Any) -> Answer:
    """Let a host no longer reach a volume."""
    row = own(call, volume_id, f"{_RULE}terminate_connection")
    attaching.deletion_allowed(call, row, None)
    _unreserve(call, row)
    return Answer(202)
