"""Actions that make an image of a server: snapshots, backups, shelving."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.compute.actions import action, in_state
from kit.cloud.compute.forms import COUNT, METADATA, NAME, fields
from kit.cloud.compute.instance_actions import begin
from kit.cloud.compute.quotas import limits
from kit.cloud.compute.server_shares import unshared
from kit.cloud.compute.servers import unlocked
from kit.cloud.compute.states import change, later
from kit.cloud.errors import Forbidden
from kit.cloud.image.models import images
from kit.cloud.image.snapshots import begin as begin_image
from kit.cloud.store import Row

# What webob says of an answer that has no body.
_PLAIN = "text/html; charset=UTF-8"
_NAMED = fields({"name": NAME, "metadata": METADATA}, "name")


@action("createImage", _NAMED)
def create_image(call: Call, row: Row, given: Any) -> Answer:
    """Make an image of a server's disk."""
    in_state(row, "createImage", ("active", "stopped", "paused", "suspended"))
    image = _snapshot(call, row, given["name"], given.get("metadata") or {})
    begin(call, row, "createImage", ("compute_snapshot_instance",))
    return _make(call, row, image, "image_snapshot")


def _make(call: Call, row: Row, image: Row, task: str) -> Answer:
    """Let the image be made, and say where it will be."""
    change(call.tx, row, task_state=task)
    later(call, row, "snapshot", "snapshotted", task_state=task, image_id=image["id"])
    if call.at_least("2.45"):
        return Answer(202, {"image_id": image["id"]})
    return Answer(202, None, {"Location": f"{call.base}/image/images/{image['id']}"}, _PLAIN)


def _snapshot(call: Call, row: Row, name: str, metadata: dict[str, Any], kind: str = "snapshot") -> Row:
    """The queued image of a server's disk, with the properties Nova writes on it."""
    limit = limits(call, row["project_id"])["metadata_items"]
    if 0 <= limit < len(metadata):
        raise Forbidden(f"Image property limit exceeded: {limit}")
    properties = {
        "base_image_ref": row["image_id"], "image_type": kind, "instance_uuid": row["id"],
        "owner_id": row["project_id"], "user_id": row["user_id"], **metadata,
    }  # fmt: skip
    return begin_image(call, name, properties, min_disk=row["flavor"]["disk"], owner=row["project_id"])


_BACKUP = fields(
    {"name": NAME, "backup_type": {"type": "string"}, "rotation": COUNT, "metadata": METADATA}, "name", "backup_type",
    "rotation",
)  # fmt: skip


@action("createBackup", _BACKUP)
def create_backup(call: Call, row: Row, given: Any) -> Answer:
    """Make an image of a server's disk, and keep only the last few of its kind."""
    in_state(row, "createBackup", ("active", "stopped", "paused", "suspended"))
    metadata = {**(given.get("metadata") or {}), "backup_type": given["backup_type"]}
    image = _snapshot(call, row, given["name"], metadata, "backup")
    begin(call, row, "createBackup", ("compute_backup_instance",))
    answer = _make(call, row, image, "image_backup")
    rotation = int(given["rotation"])
    mine = [
        image for image in call.tx.rows(images, order=[images.c.created_at.desc()])
        if (image["properties"] or {}).get("instance_uuid") == row["id"]
        and (image["properties"] or {}).get("backup_type") == given["backup_type"]
    ]  # fmt: skip
    for image in mine[rotation:]:
        call.tx.delete(images, id=image["id"])
    # No image is kept, so there is none to point at; the newer form tells its id nevertheless.
    return answer if rotation or call.at_least("2.45") else Answer(202, type=_PLAIN)


@action("shelve")
def shelve(call: Call, row: Row, given: Any) -> Answer:
    """Keep a server as an image and give its host's room back."""
    unshared(call, row)
    unlocked(call, row, "shelve")
    in_state(row, "shelve", ("active", "stopped", "paused", "suspended"))
    image = _snapshot(call, row, f"{row['name']}-shelved", {})
    begin(call, row, "shelve", ("compute_shelve_instance",))
    change(
        call.tx,
        row,
        task_state="shelving",
        system_metadata={**(row["system_metadata"] or {}), "shelved_image_id": image["id"]},
    )
    later(call, row, "shelve", "shelved", task_state="shelving", image_id=image["id"], offload=True)
    return Answer(202)


@action("shelveOffload", admin="os-shelve:shelve_offload")
def shelve_offload(call: Call, row: Row, given: Any) -> Answer:
    """Take a shelved server off its host."""
    in_state(row, "shelveOffload", ("shelved",))
    begin(call, row, "shelveOffload", ("compute_shelve_offload_instance",))
    change(call.tx, row, task_state="shelving_offloading")
    later(call, row, "offload", "offloaded", task_state="shelving_offloading")
    return Answer(202)
