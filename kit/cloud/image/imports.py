"""Imports: ways for an image's data to come in that take their time, each one a task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from kit.cloud.call import Answer, Call
from kit.cloud.image import policy
from kit.cloud.image.data import activate, load
from kit.cloud.image.images import STORE, find
from kit.cloud.image.models import images, parts, tasks
from kit.cloud.image.service import bad_request, conflict, object_of
from kit.cloud.store import Row, Transaction

if TYPE_CHECKING:
    from kit.cloud.cloud import Cloud
    from kit.cloud.events import Event

METHODS = ("glance-direct", "web-download", "copy-image")
# Seconds of cloud time, where the seed's `timings` say nothing.
DURATION = 2.0
# How the hosts begin that nothing is fetched from: the machine itself, and where it is told about itself.
_OWN = ("127.", "localhost", "::1", "0.0.0.0", "169.254.")
# The property that holds the id of the task that works on an image.
LOCK = "os_glance_import_task"


def create(call: Call, image_id: str) -> Answer:
    """Begin to import: staged data, data of a page (which this cloud cannot reach), or a copy to another store."""
    data = object_of(call)
    method = _method(data)
    row = find(call, image_id)
    _ready(row, method["name"])
    policy.enforce(call.context, "copy_image" if method["name"] == "copy-image" else "modify_image", row)
    if (row["properties"] or {}).get(LOCK):
        raise conflict("Image has active task")
    _stores(call, data)
    if method["name"] == "copy-image":
        if not data.get("all_stores"):
            raise bad_request(f"Image is already present at store '{STORE}'")
        return Answer(202)  # it is in all of them
    if method["name"] == "web-download" and not passes(method.get("uri")):
        raise bad_request(f"URI for web-download does not pass filtering: {method.get('uri')}")
    task = call.tx.insert(
        tasks, id=call.tx.ids.uuid(), type="api_image_import", status="pending", owner=call.context.project_id,
        input={"image_id": image_id, "import_req": data, "backend": [STORE]}, user_id=call.context.user_id,
        request_id=call.request_id, image_id=image_id, created_at=call.tx.stamp, updated_at=call.tx.stamp,
    )  # fmt: skip
    properties = {
        **(row["properties"] or {}), LOCK: task["id"], "os_glance_importing_to_stores": STORE,
        "os_glance_failed_import": "",
    }  # fmt: skip
    call.tx.update(images, image_id, status="importing", properties=properties, updated_at=call.tx.stamp)
    seconds = call.cloud.duration("image.import", DURATION)
    call.later(seconds, "image.import", task["id"])
    return Answer(202)


def _method(data: Any) -> dict[str, Any]:
    if not isinstance(data.get("method"), dict):
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


def _stores(call: Call, data: dict[str, Any]) -> None:
    """Refuse stores that this cloud does not have; it has one."""
    header = call.headers.get("x-image-meta-store")
    if data.get("all_stores"):
        if "stores" in data or header is not None:
            raise bad_request("All_stores parameter can't be used with x-image-meta-store header or stores parameter")
        return
    if "stores" in data and header is not None:
        raise bad_request("Stores parameter and x-image-meta-store header can't be both specified")
    wanted = data.get("stores", [header or STORE])
    for name in wanted if isinstance(wanted, list) else [wanted]:
        if name != STORE:
            raise conflict(f"Store for identifier {name} not found")


def passes(uri: Any) -> bool:
    """Whether Glance would fetch it (`import_filtering_opts`): by HTTP, at the usual ports, not from its own host."""
    parts = urlsplit(str(uri or ""))
    try:
        port = parts.port
    except ValueError:
        return False
    host = parts.hostname or ""
    return parts.scheme in ("http", "https") and bool(host) and not host.startswith(_OWN) and port in (None, 80, 443)


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
    message = message or f"Copied {(row['size'] or 0) // 2**20} MiB"
    tx.update(tasks, task["id"], status=status, message=message, result=result, updated_at=tx.stamp)


def _settle(tx: Transaction, row: Row, *, failed: bool) -> None:
    properties = {key: value for key, value in (row["properties"] or {}).items() if key != LOCK}
    properties |= {"os_glance_importing_to_stores": "", "os_glance_failed_import": STORE if failed else ""}
    tx.update(images, row["id"], properties=properties)
    if failed:
        tx.update(images, row["id"], status="queued", updated_at=tx.stamp)
        return
    activate(tx, row["id"], load(tx, row["id"], staged=True), row["disk_format"])
    tx.delete(parts, image_id=row["id"], staged=True)
