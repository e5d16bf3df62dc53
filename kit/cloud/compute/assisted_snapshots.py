"""Snapshots of attached volumes that Cinder lets Nova take (`os-assisted-volume-snapshots`)."""

from __future__ import annotations

import json
from typing import Any

from kit.cloud.block_storage import servers as storage
from kit.cloud.call import Call
from kit.cloud.compute.forms import body_of, fields
from kit.cloud.compute.models import servers
from kit.cloud.compute.validation import body, require_admin
from kit.cloud.errors import BadRequest
from kit.cloud.service import Service
from kit.cloud.store import Row

_TEXT = {"type": "string", "minLength": 1}
_INFO = {"snapshot_id": _TEXT, "type": {"type": "string", "enum": ["qcow2"]}, "new_file": _TEXT, "id": _TEXT}
_SNAPSHOT = {"volume_id": _TEXT, "create_info": fields(_INFO, "snapshot_id", "type", "new_file")}
CREATE = body_of("snapshot", fields(_SNAPSHOT, "volume_id", "create_info"))


def _server(call: Call, volume_id: str) -> Row:
    """The one server that has the volume, once it has a host and no task."""
    ids = storage.users(call.tx, volume_id)
    rows = call.tx.rows(servers, id=ids) if ids else []
    if not rows:
        raise BadRequest(f"No volume Block Device Mapping with id {volume_id}.")
    if len(rows) > 1:
        raise BadRequest(
            f"Block Device Mapping {volume_id} is a multi-attach volume and is not valid for this operation."
        )
    row = rows[0]
    if not row["host"]:
        raise BadRequest(f"Instance {row['id']} is not ready")
    if row["task_state"]:
        raise BadRequest(
            f"Instance {row['id']} in task_state {row['task_state']}. Cannot volume_snapshot while the instance is in "
            "this state."
        )
    return row


def create(call: Call) -> dict[str, Any]:
    """Take a snapshot of a volume through the server that has it."""
    given = body(call, CREATE)["snapshot"]
    require_admin(call, "os-assisted-volume-snapshots:create")
    _server(call, given["volume_id"])
    return {"snapshot": {"id": given["create_info"].get("id"), "volumeId": given["volume_id"]}}


def delete(call: Call, snapshot_id: str) -> None:
    """Drop a snapshot through the server that has the volume."""
    require_admin(call, "os-assisted-volume-snapshots:delete")
    if "delete_info" not in call.query:
        raise BadRequest("'delete_info'")
    try:
        info = json.loads(call.query.one("delete_info") or "")
        volume_id = info["volume_id"]
    except (ValueError, KeyError, TypeError) as error:
        raise BadRequest(str(error)) from None
    row = _server(call, volume_id)
    if info.get("merge_target_file") is not None and row["vm_state"] != "active":
        raise BadRequest(
            f"Instance {row['id']} in vm_state {row['vm_state']}. Cannot volume_snapshot_delete while the instance is "
            "in this state."
        )


def add_to(service: Service) -> None:
    """Add the operations to the compute service."""
    service.add("POST", "/v2.1/os-assisted-volume-snapshots", create)
    service.add("DELETE", "/v2.1/os-assisted-volume-snapshots/{snapshot_id}", delete)
