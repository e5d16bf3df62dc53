"""Imports: ways for an image's data to come in that take their time, each one a task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from kit.cloud.call import Answer, Call
from kit.cloud.image.data import activate, load
from kit.cloud.image.images import STORE, find, own
from kit.cloud.image.models import images, parts, tasks
from kit.cloud.image.service import bad_request, conflict, forbidden
from kit.cloud.store import Row, Transaction

if TYPE_CHECKING:
    from kit.cloud.cloud import Cloud
    from kit.cloud.events import Event

METHODS = ("glance-direct", "web-download", "copy-image")
# Seconds of cloud time, where the seed's `timings` say nothing.
DURATION = 2.0


def create(call: Call, image_id: str) -> Answer:
    """Begin to import: staged data, data of a page (which this cloud cannot reach), or a copy to another store."""
    data = call.json()
    method = _method(data)
    row = find(call, image_id) if method["name"] == "copy-image" else own(call, image_id, "modify")
    _ready(row, method["name"])
    if method["name"] == "copy-image":
        _copy(call, row, data)
    if method["name"] == "web-download":
        _reachable(method.get("uri"))
    if (row["properties"] or {}).get("os_glance_import_task"):
        raise conflict(f"New operation on image '{image_id}' is not permitted as prior operation is still in progress")
    task = call.tx.insert(
        tasks, id=call.tx.ids.uuid(), type="api_image_import", status="pending", owner=call.context.project_id,
        input={"image_id": image_id, "import_req": data, "backend": [STORE]}, user_id=call.context.user_id,
        request_id=call.request_id, image_id=image_id, created_at=call.tx.stamp, updated_at=call.tx.stamp,
    )  # fmt: skip
    if method["name"] != "copy-image":
        properties = {
            **(row["properties"] or {}), "os_glance_import_task": task["id"], "os_glance_importing_to_stores": STORE,
            "os_glance_failed_import": "",
        }  # fmt: skip
        call.tx.update(images, image_id, status="importing", properties=properties, updated_at=call.tx.stamp)
    seconds = call.cloud.duration("image.import", DURATION)
    call.later(seconds, "image.import", task["id"])
    return Answer(202)


def _method(data: Any) -> dict[str, Any]:
    if not isinstance(data, dict) or not isinstance(data.get("method"), dict):
        raise bad_request("Import request requires a 'method' field.")
    method: dict[str, Any] = data["method"]
    if "name" not in method:
        raise bad_request("Import request requires a 'name' field.")
    if method["name"] not in METHODS:
        raise bad_request(f"Unknown import method name '{method['name']}'.")
    for name in ("all_stores_must_succeed", "all_stores"):
        if not isinstance(data.get(name, False), bool):
            raise bad_request(f"'{name}' must be boolean value only")
    return method


def _ready(row: Row, method: str) -> None:
    if row["status"] == "active" and method != "copy-image":
        raise conflict("Image with status active cannot be target for import")
    if row["status"] != "active" and method == "copy-image":
        raise conflict("Only images with status active can be targeted for copying")
    if row["status"] != "queued" and method == "web-download":
        raise conflict(f"Image needs to be in 'queued' state to use '{method}' method")
    if row["status"] != "uploading" and method == "glance-direct":
        raise conflict("Image needs to be staged before 'glance-direct' method can be used")
    for name in ("container_format", "disk_format"):
        if not row[name]:
            raise conflict(f"'{name}' needs to be set before import")


def _copy(call: Call, row: Row, data: dict[str, Any]) -> None:
    """Refuse a copy to where the image is; this cloud has one store."""
    if not call.context.is_admin:
        raise forbidden("You are not authorized to complete copy_image action.")
    wanted = data.get("stores") or [STORE]
    for name in wanted if isinstance(wanted, list) else [wanted]:
        if name != STORE:
            raise conflict(f"Unknown scheme '{name}' found in URI")
    if not data.get("all_stores"):
        raise bad_request(f"Image is already present at store '{STORE}'")


def _reachable(uri: Any) -> None:
    parts = urlsplit(str(uri or ""))
    try:
        port = parts.port
    except ValueError:
        port = 0
    if parts.scheme not in ("http", "https") or not parts.hostname or port not in (None, 80, 443):
        raise bad_request(f"URI for web-download does not pass filtering: {uri}")


def done(cloud: Cloud, tx: Transaction, event: Event) -> None:
    """An import has come to its end: what was staged is the image's; a page is never reached."""
    task = tx.get(tasks, event.subject)
    row = tx.get(images, task["image_id"]) if task else None
    if task is None or row is None:
        return
    method = task["input"]["import_req"]["method"]
    message = ""
    if method["name"] == "web-download":
        message = f"Task failed due to Internal Error: <urlopen error this cloud cannot reach {method.get('uri')}>"
    if row["status"] == "importing":
        _settle(tx, row, failed=bool(message))
    status = "failure" if message else "success"
    result = None if message else {"image_id": row["id"]}
    tx.update(tasks, task["id"], status=status, message=message, result=result, updated_at=tx.stamp)


def _settle(tx: Transaction, row: Row, *, failed: bool) -> None:
    properties = {key: value for key, value in (row["properties"] or {}).items() if key != "os_glance_import_task"}
    properties |= {"os_glance_importing_to_stores": "", "os_glance_failed_import": STORE if failed else ""}
    tx.update(images, row["id"], properties=properties)
    if failed:
        tx.update(images, row["id"], status="queued", updated_at=tx.stamp)
        return
    activate(tx, row["id"], load(tx, row["id"], staged=True), row["disk_format"])
    tx.delete(parts, image_id=row["id"], staged=True)
