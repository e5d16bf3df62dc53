"""Nova's view of volumes and their snapshots, kept for old clients (until 2.35)."""

from __future__ import annotations

from typing import Any

from kit.cloud.block_storage import snapshots, volume_create, volumes
from kit.cloud.call import Answer, Call
from kit.cloud.compute.common import number
from kit.cloud.compute.forms import BOOLEAN, INTEGER, body_of, fields
from kit.cloud.compute.proxy import ask
from kit.cloud.compute.validation import body
from kit.cloud.errors import ApiError, Forbidden
from kit.cloud.service import Service

_TEXT = {"type": "string"}
_NAMES = {"display_name": _TEXT, "display_description": _TEXT}
VOLUME = body_of(
    "volume",
    fields(
        {
            "volume_type": _TEXT, "metadata": {"type": "object"}, "snapshot_id": _TEXT,
            "size": {**INTEGER, "minimum": 1}, "availability_zone": _TEXT, **_NAMES,
        },
        "size",
    ),
)  # fmt: skip
SNAPSHOT = body_of("snapshot", fields({"volume_id": _TEXT, "force": BOOLEAN, **_NAMES}, "volume_id"))


def _ask(call: Call, function: Any, **given: Any) -> Any:
    try:
        answer = ask(call, function, **given)
    except ApiError as error:
        if error.status == 413:  # a full quota of Cinder's
            raise Forbidden(error.message.partition(": ")[2] or error.message) from None
        raise
    return answer.body if isinstance(answer, Answer) else answer


def _shown(found: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": found["id"], "status": found["status"], "size": found["size"], "createdAt": found["created_at"],
        "displayName": found["name"], "displayDescription": found["description"],
    }  # fmt: skip


def _volume(found: dict[str, Any]) -> dict[str, Any]:
    """A volume as Nova shows it: of several servers only the first."""
    place: dict[str, Any] = {}
    for attachment in found["attachments"][:1]:
        place = {"id": found["id"], "volumeId": found["id"], "serverId": attachment["server_id"]}
        if attachment["device"]:
            place["device"] = attachment["device"]
    return {
        **_shown(found), "availabilityZone": found["availability_zone"], "attachments": [place],
        "volumeType": found["volume_type"], "snapshotId": found["snapshot_id"], "metadata": found["metadata"],
    }  # fmt: skip


def _snapshot(found: dict[str, Any]) -> dict[str, Any]:
    return {**_shown(found), "volumeId": found["volume_id"]}


def _page(call: Call, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    offset = number(call, "offset", 0)
    return found[offset : offset + number(call, "limit", 1000)]


def volume_index(call: Call) -> dict[str, Any]:
    """List volumes; the short list is the whole one."""
    return {"volumes": [_volume(found) for found in _page(call, _ask(call, volumes.detail)["volumes"])]}


def volume_show(call: Call, volume_id: str) -> dict[str, Any]:
    """Show a volume."""
    return {"volume": _volume(_ask(call, volumes.show, volume_id=volume_id)["volume"])}


def volume_create_(call: Call) -> Answer:
    """Create a volume."""
    given = body(call, VOLUME)["volume"]
    names = {"name": given.pop("display_name", None), "description": given.pop("display_description", None)}
    made = _ask(call, volume_create.create, body={"volume": {**given, **names}})["volume"]
    return Answer(200, {"volume": _volume(made)}, headers={"Location": f"{call.url}/{made['id']}"})


def volume_delete(call: Call, volume_id: str) -> Answer:
    """Delete a volume."""
    _ask(call, volumes.delete, volume_id=volume_id)
    return Answer(202)


def snapshot_index(call: Call) -> dict[str, Any]:
    """List snapshots; the short list is the whole one."""
    return {"snapshots": [_snapshot(found) for found in _page(call, _ask(call, snapshots.detail)["snapshots"])]}


def snapshot_show(call: Call, snapshot_id: str) -> dict[str, Any]:
    """Show a snapshot."""
    return {"snapshot": _snapshot(_ask(call, snapshots.show, snapshot_id=snapshot_id)["snapshot"])}


def snapshot_create(call: Call) -> dict[str, Any]:
    """Take a snapshot of a volume."""
    given = body(call, SNAPSHOT)["snapshot"]
    asked = {
        "volume_id": given["volume_id"], "force": given.get("force", False), "name": given.get("display_name"),
        "description": given.get("display_description"),
    }  # fmt: skip
    return {"snapshot": _snapshot(_ask(call, snapshots.create, body={"snapshot": asked})["snapshot"])}


def snapshot_delete(call: Call, snapshot_id: str) -> Answer:
    """Delete a snapshot."""
    _ask(call, snapshots.delete, snapshot_id=snapshot_id)
    return Answer(202)


def add_to(service: Service, until: str) -> None:
    """Add the operations to the compute service."""
    add = service.add
    for path in ("/v2.1/os-volumes", "/v2.1/os-volumes/detail"):
        add("GET", path, volume_index, until=until)
    add("POST", "/v2.1/os-volumes", volume_create_, until=until)
    add("GET", "/v2.1/os-volumes/{volume_id}", volume_show, until=until)
    add("DELETE", "/v2.1/os-volumes/{volume_id}", volume_delete, until=until)
    for path in ("/v2.1/os-snapshots", "/v2.1/os-snapshots/detail"):
        add("GET", path, snapshot_index, until=until)
    add("POST", "/v2.1/os-snapshots", snapshot_create, until=until)
    add("GET", "/v2.1/os-snapshots/{snapshot_id}", snapshot_show, until=until)
    add("DELETE", "/v2.1/os-snapshots/{snapshot_id}", snapshot_delete, until=until)
