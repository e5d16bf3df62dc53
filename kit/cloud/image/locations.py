"""Where an image's data is kept: locations that other services give and read, and stores it is taken out of."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from kit.cloud.call import Answer, Call
from kit.cloud.errors import NotFound
from kit.cloud.image import policy, schemas
from kit.cloud.image.images import STORE, find, visible
from kit.cloud.image.imports import DURATION, LOCK, passes
from kit.cloud.image.models import images, tasks
from kit.cloud.image.service import bad_request, conflict, forbidden, object_of
from kit.cloud.store import Transaction

if TYPE_CHECKING:
    from kit.cloud.cloud import Cloud
    from kit.cloud.events import Event

_FORM: dict[str, Any] = {
    "name": "location",
    "properties": {
        "add_location": {
            "type": "object",
            "description": "Values of location url, do_secure_hash and validation_data for new add location API",
            "properties": {
                "url": {
                    "type": "string", "readOnly": True,
                    "description": "The URL of the new location to be added in the image.",
                },
                "validation_data": {
                    "description": "Values to be used to populate the corresponding image properties.do_secure_hash is "
                    "not True then image checksum and hash will not be calculated so it is the responsibility of the "
                    "consumer of location ADD API to provide the correct values in the validation_data parameter",
                    "type": "object", "writeOnly": True, "additionalProperties": False,
                    "properties": {
                        "os_hash_algo": {
                            "type": "string", "maxLength": 64, "enum": ["sha1", "sha256", "sha512", "md5"],
                        },
                        "os_hash_value": {"type": "string", "maxLength": 128},
                    },
                    "dependencies": {"os_hash_value": ["os_hash_algo"], "os_hash_algo": ["os_hash_value"]},
                },
            },
            "required": ["url"],
        },
    },
    "additionalProperties": {"type": "string"},
}  # fmt: skip


def index(call: Call, image_id: str) -> Answer:
    """Where the data is; services are told, and the administrator."""
    row = find(call, image_id)
    policy.enforce(call.context, "fetch_image_location", row)
    kept = row["status"] in ("active", "deactivated")
    place = {"url": f"file:///var/lib/glance/images/{image_id}", "metadata": {"store": STORE}}
    return Answer(200, [place] if kept else [])


def create(call: Call, image_id: str) -> Answer:
    """Let a queued image's data be what is at a URL already; a task looks at it."""
    data = object_of(call)
    schemas.refuse("location", _FORM, {"add_location": data})
    row = find(call, image_id)
    if row["status"] != "queued":
        raise conflict(f"It's not allowed to add locations if image status is {row['status']}.")
    policy.enforce(call.context, "add_image_location", row)
    if "service" not in call.context.roles:
        raise forbidden("http store must be enabled to use location API by normal user.")
    url, proof = data["url"], data.get("validation_data") or {}
    _check_hash(proof)
    if urlsplit(url).scheme in ("http", "https") and not passes(url):
        raise bad_request(f"URI for add location does not pass filtering: {url}")
    if (row["properties"] or {}).get(LOCK):
        raise conflict("Image has active task")
    task = call.tx.insert(
        tasks, id=call.tx.ids.uuid(), type="location_import", status="pending", owner=call.context.project_id,
        input={"image_id": image_id, "loc_url": url, "validation_data": proof}, user_id=call.context.user_id,
        request_id=call.request_id, image_id=image_id, created_at=call.tx.stamp, updated_at=call.tx.stamp,
    )  # fmt: skip
    properties = {**(row["properties"] or {}), LOCK: task["id"]}
    call.tx.update(images, image_id, properties=properties)
    call.later(call.cloud.duration("image.import", DURATION), "image.location", task["id"])
    return Answer(202)


def _check_hash(proof: dict[str, Any]) -> None:
    """Refuse a hash that cannot be one of its kind."""
    value, kind = proof.get("os_hash_value"), proof.get("os_hash_algo", "sha512")
    if value is None:
        return
    try:
        length = len(bytes.fromhex(value))
    except ValueError:
        raise bad_request(f"os_hash_value ({value}) is not a valid hexadecimal value") from None
    wanted = hashlib.new(kind, usedforsecurity=False).digest_size
    if length != wanted:
        raise bad_request(f"os_hash_value: ({value}) is not the correct size for ({kind}) (should be ({wanted}) bytes)")


def done(cloud: Cloud, tx: Transaction, event: Event) -> None:
    """A location has been looked at: nothing is there, since this cloud opens no connection to the outside."""
    task = tx.get(tasks, event.subject)
    row = tx.get(images, task["image_id"]) if task else None
    if task is None or row is None:
        return
    properties = {key: value for key, value in (row["properties"] or {}).items() if key != LOCK}
    tx.update(images, row["id"], properties=properties, updated_at=tx.stamp)
    message = f"Task failed due to Internal Error: cannot reach {task['input']['loc_url']}"
    tx.update(tasks, task["id"], status="failure", message=message, updated_at=tx.stamp)


def delete(call: Call, store_id: str, image_id: str) -> None:
    """Take an image's data out of a store: never out of the only one."""
    if store_id != STORE:
        raise conflict(f"The selected store {store_id} is not available on this node.")
    row = visible(call.tx, call.context, image_id)
    if row is None:
        raise NotFound(f"Failed to find image {image_id}")
    policy.enforce(call.context, "get_image_location", row)
    policy.enforce(call.context, "delete_image_location", row)
    if row["status"] != "active":
        raise conflict("It's not allowed to remove image data from store if image status is not 'active'")
    raise forbidden("Cannot delete image data from the only store containing it. Consider deleting the image instead.")
