"""Volumes of a server: attached, listed, changed, detached; and let go when the server goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kit.cloud.block_storage import servers as storage
from kit.cloud.call import Answer, Call
from kit.cloud.compute.actions import in_state
from kit.cloud.compute.common import number, truth
from kit.cloud.compute.forms import BOOLEAN, TAG, UUID, Form, body_of, fields
from kit.cloud.compute.instance_actions import begin
from kit.cloud.compute.models import servers
from kit.cloud.compute.servers import find, unlocked
from kit.cloud.compute.validation import body, require_admin
from kit.cloud.errors import BadRequest, Conflict, NotFound
from kit.cloud.store import Row, Transaction

if TYPE_CHECKING:
    from kit.cloud.cloud import Cloud
    from kit.cloud.events import Event
    from kit.cloud.service import Service

_STATES = ("active", "paused", "stopped", "resized", "soft-delete", "shelved", "shelved_offloaded")
# Seconds of cloud time, where the seed's `timings` say nothing.
ATTACH, DETACH = 1.0, 1.0

_DEVICE = {"type": ["string", "null"], "pattern": "(^/dev/x{0,1}[a-z]{0,1}d{0,1})([a-z]+)[0-9]*$"}


def _schema(**more: Form) -> Form:
    return body_of("volumeAttachment", fields({"volumeId": UUID, **more}, "volumeId"))


CREATE = _schema(device=_DEVICE)
CREATE_249 = _schema(device=_DEVICE, tag=TAG)
CREATE_279 = _schema(device=_DEVICE, tag=TAG, delete_on_termination=BOOLEAN)
UPDATE = _schema()
UPDATE_285 = _schema(device=_DEVICE, tag=TAG, delete_on_termination=BOOLEAN, serverId=UUID, id=UUID)


def _document(call: Call, server_id: str, device: Row) -> dict[str, Any]:
    shown = {} if call.at_least("2.89") else {"id": device["volume_id"]}
    shown |= {"volumeId": device["volume_id"], "serverId": server_id}
    if device["device"]:
        shown["device"] = device["device"]
    if call.at_least("2.70"):
        shown["tag"] = device["tag"]
    if call.at_least("2.79"):
        shown["delete_on_termination"] = device["delete_on_termination"]
    if call.at_least("2.89"):
        shown |= {"attachment_id": device["attachment_id"], "bdm_uuid": device["bdm_uuid"]}
    return shown


def index(call: Call, server_id: str) -> dict[str, Any]:
    """The volumes of a server."""
    row = find(call, server_id)
    limit, offset = number(call, "limit", 0), number(call, "offset", 0)
    # The disk of an image counts in a page, and is not shown in it.
    disks = [None] if row["image_id"] else []
    devices = [*disks, *(row["block_devices"] or [])][offset:]
    shown = devices[:limit] if limit else devices
    return {"volumeAttachments": [_document(call, row["id"], device) for device in shown if device]}


def _device(row: Row, volume_id: str) -> Row:
    for device in row["block_devices"] or []:
        if device["volume_id"] == volume_id:
            return device
    raise NotFound(f"Instance {row['id']} is not attached to volume {volume_id}")


def show(call: Call, server_id: str, volume_id: str) -> dict[str, Any]:
    """One of a server's volumes."""
    row = find(call, server_id)
    return {"volumeAttachment": _document(call, row["id"], _device(row, volume_id))}


def _ready(call: Call, row: Row, action: str) -> None:
    unlocked(call, row, action)
    old = row["vm_state"] in ("shelved", "shelved_offloaded") and not call.at_least("2.20")
    in_state(row, action, () if old else _STATES, (row["task_state"],))


def _unused(call: Call, row: Row, volume: Row) -> None:
    """Refuse a volume that a server has already."""
    ids = storage.users(call.tx, volume["id"])
    others = [
        server["id"]
        for server in (call.tx.rows(servers, id=ids) if ids else [])
        if any(device["volume_id"] == volume["id"] for device in server["block_devices"] or [])
    ]
    if others and not volume["multiattach"]:
        raise BadRequest(f"Invalid volume: volume {volume['id']} is already attached to instances: {' '.join(others)}")
    if row["id"] in others:
        raise BadRequest(f"Invalid volume: volume {volume['id']} already attached")


def _next_device(row: Row, wanted: str | None) -> str:
    taken = {device["device"] for device in row["block_devices"] or []} | {row["root_device_name"]}
    if wanted and wanted not in taken:
        return wanted
    if wanted:
        raise Conflict(f"The supplied device path ({wanted}) is in use.")
    prefix = (row["root_device_name"] or "/dev/vda").rstrip("a")
    return next(f"{prefix}{letter}" for letter in "bcdefghijklmnopqrstuvwxyz" if f"{prefix}{letter}" not in taken)


def create(call: Call, server_id: str) -> Any:
    """Attach a volume to a server."""
    row = find(call, server_id)
    schema = CREATE_279 if call.at_least("2.79") else CREATE_249 if call.at_least("2.49") else CREATE
    given = body(call, schema)["volumeAttachment"]
    _ready(call, row, "attach_volume")
    volume = storage.volume(call, given["volumeId"])
    _unused(call, row, volume)
    offloaded = row["vm_state"] == "shelved_offloaded"
    if offloaded and given.get("tag"):
        raise BadRequest("Tagged volume attachment is not supported for shelved-offloaded instances.")
    if volume["multiattach"] and offloaded:
        raise BadRequest("Attaching multiattach volumes is not supported for shelved-offloaded instances.")
    if volume["multiattach"] and not call.at_least("2.60"):
        raise BadRequest("Multiattach volumes are only supported starting with compute API version 2.60.")
    name = _next_device(row, given.get("device"))
    kept = truth(given.get("delete_on_termination", False))
    device = attach(call, row, volume, name, delete_on_termination=kept, tag=given.get("tag"))
    begin(call, row, "attach_volume", ("compute_attach_volume",))
    if offloaded:
        storage.complete(call.tx, device["attachment_id"])
    else:
        seconds = call.cloud.duration("compute.attach", ATTACH)
        for part, step in ((0.5, "connect"), (1.0, "complete")):
            call.later(seconds * part, "compute.volume", row["id"], step=step, attachment_id=device["attachment_id"])
    if call.at_least("2.101"):
        return Answer(202, type="text/html; charset=UTF-8")
    shown = {"id": volume["id"], "serverId": row["id"], "volumeId": volume["id"], "device": name}
    if call.at_least("2.70"):
        shown["tag"] = device["tag"]
    if call.at_least("2.79"):
        shown["delete_on_termination"] = kept
    return {"volumeAttachment": shown}


def attach(
    call: Call, row: Row, volume: Row, name: str, *, delete_on_termination: bool, tag: str | None = None,
    boot_index: int | None = None,
) -> Row:  # fmt: skip
    """Reserve a volume for a server and write the device down."""
    try:
        attachment = storage.reserve(call, volume, row["id"])
    except BadRequest as error:
        raise BadRequest(
            f"Invalid input received: {error.message} (HTTP 400) (Request-ID: {call.request_id})"
        ) from None
    device = {
        "volume_id": volume["id"], "device": name, "delete_on_termination": delete_on_termination, "tag": tag,
        "attachment_id": attachment["id"], "bdm_uuid": call.tx.ids.uuid(), "boot_index": boot_index,
    }  # fmt: skip
    row["block_devices"] = [*(row["block_devices"] or []), device]
    call.tx.update(servers, row["id"], block_devices=row["block_devices"])
    return device


def happen(cloud: Cloud, tx: Transaction, event: Event) -> None:
    """The server's host connects to a volume, or lets go of it."""
    row, attachment_id = tx.get(servers, event.subject), event.payload["attachment_id"]
    if row is None or row["deleted_at"] or (row["host"] and cloud.faults.dead(row["host"])):
        return
    device = next((item for item in row["block_devices"] or [] if item["attachment_id"] == attachment_id), None)
    if device is None:
        return
    if event.payload["step"] == "connect":
        storage.connect(tx, attachment_id, row["host"] or "", device["device"])
    elif event.payload["step"] == "complete":
        storage.complete(tx, attachment_id)
    else:
        storage.disconnect(tx, attachment_id)
        left = [item for item in row["block_devices"] if item is not device]
        tx.update(servers, row["id"], block_devices=left)


def update(call: Call, server_id: str, volume_id: str) -> Answer:
    """Change whether a volume goes with its server (2.85); exchange it, which only Cinder asks for."""
    newer = call.at_least("2.85")
    row = find(call, server_id)
    given = body(call, UPDATE_285 if newer else UPDATE)["volumeAttachment"]
    swap = not newer or given["volumeId"] != volume_id
    if swap:
        require_admin(call, "os-volumes-attachments:swap")
        old = storage.volume(call, volume_id)
        raise Conflict(f"volume {old['id']} is not migrating; this API should only be called by Cinder")
    device = _device(row, volume_id)
    for key, present in (
        ("id", volume_id), ("serverId", row["id"]), ("device", device["device"]), ("tag", device["tag"]),
    ):  # fmt: skip
        if key in given and given[key] != present:
            raise BadRequest(f"The {key} property is not mutable")
    if "delete_on_termination" in given:
        changed = {**device, "delete_on_termination": truth(given["delete_on_termination"])}
        devices = [changed if item is device else item for item in row["block_devices"]]
        call.tx.update(servers, row["id"], block_devices=devices)
    return Answer(202)


def delete(call: Call, server_id: str, volume_id: str) -> Answer:
    """Detach a volume from a server."""
    row = find(call, server_id)
    volume = storage.volume(call, volume_id)
    device = _device(row, volume_id)
    if device.get("boot_index") == 0:
        raise BadRequest("Cannot detach a root device volume")
    _ready(call, row, "detach_volume")
    attachment_id = device["attachment_id"]
    if row["vm_state"] == "shelved_offloaded":
        storage.disconnect(call.tx, attachment_id)
        left = [item for item in row["block_devices"] if item is not device]
        call.tx.update(servers, row["id"], block_devices=left)
        return Answer(202)
    try:
        storage.begin_detaching(call, volume)
    except BadRequest as error:
        raise BadRequest(
            f"Invalid volume: Invalid input received: {error.message} (HTTP 400) (Request-ID: {call.request_id})"
        ) from None
    begin(call, row, "detach_volume", ("compute_detach_volume",))
    seconds = call.cloud.duration("compute.detach", DETACH)
    call.later(seconds, "compute.volume", row["id"], step="disconnect", attachment_id=attachment_id)
    return Answer(202)


def add_to(service: Service) -> None:
    """Add the operations to the compute service."""
    path = "/v2.1/servers/{server_id}/os-volume_attachments"
    service.add("GET", path, index)
    service.add("POST", path, create)
    service.add("GET", f"{path}/{{volume_id}}", show)
    service.add("PUT", f"{path}/{{volume_id}}", update)
    service.add("DELETE", f"{path}/{{volume_id}}", delete)
    service.on("compute.volume", happen)
