"""Actions between volumes and images: upload, and what a volume knows of its image."""

from __future__ import annotations

from typing import Any

from kit.cloud.block_storage.actions import bare
from kit.cloud.block_storage.errors import invalid, require_admin, require_member
from kit.cloud.block_storage.models import volume_types, volumes
from kit.cloud.block_storage.schemas import BOOLEAN, DESCRIPTION, fields
from kit.cloud.block_storage.states import change, later
from kit.cloud.block_storage.validation import truth
from kit.cloud.block_storage.volume_actions import ACTIONS
from kit.cloud.block_storage.volumes import find, own, reach
from kit.cloud.call import Answer, Call
from kit.cloud.errors import BadRequest, NotFound
from kit.cloud.image.snapshots import begin
from kit.cloud.store import Row

# What Glance itself keeps of an image: not handed on as properties.
_CORE = ("checksum", "container_format", "disk_format", "image_name", "image_id", "min_disk", "min_ram", "name", "size")

_UPLOAD: dict[str, Any] = {
    "image_name": {"type": "string", "minLength": 1, "maxLength": 255}, "force": BOOLEAN,
    "disk_format": {"type": "string", "enum": ["raw", "vmdk", "vdi", "qcow2", "vhd", "vhdx", "ploop"]},
    "container_format": DESCRIPTION,
}  # fmt: skip
_VISIBILITY = {"type": "string", "enum": ["community", "public", "private", "shared"]}


@ACTIONS.add(
    "os-volume_upload_image", fields("image_name", **_UPLOAD),
    v3_1=fields("image_name", **_UPLOAD, visibility=_VISIBILITY, protected=BOOLEAN),
)  # fmt: skip
def upload(call: Call, volume_id: str, given: Any) -> Answer:
    """Make an image of a volume."""
    row = own(call, volume_id, "volume_extension:volume_actions:upload_image")
    formats = {
        "disk_format": given.get("disk_format", "raw"), "container_format": given.get("container_format", "bare"),
    }  # fmt: skip
    if row["encryption_key_id"] and (formats["disk_format"], formats["container_format"]) != ("raw", "bare"):
        raise BadRequest(
            "An encrypted volume uploaded as an image must use 'raw' disk_format and 'bare' container_format, which are the "
            "defaults for these options."
        )
    visibility, protected = "shared", False
    if call.at_least("3.1"):
        visibility, protected = given.get("visibility", "private"), truth(given.get("protected", False))
        if visibility == "public":
            require_admin(call, "volume_extension:volume_actions:upload_public")
    if row["status"] != "available":
        raise invalid("volume", f"Volume {row['id']} status must be available")
    if formats["container_format"] == "compressed":
        raise BadRequest("Image compression upload disallowed, but container_format is compressed")
    properties = {name: value for name, value in (row["image_metadata"] or {}).items() if name not in _CORE}
    image = begin(
        call,
        given["image_name"],
        properties,
        min_disk=0,
        min_ram=0,
        visibility=visibility,
        protected=protected,
        **formats,
    )
    uploading = change(call.tx, volumes, row, status="uploading", previous_status=row["status"])
    later(call, "volume", uploading, "upload", "uploaded", image_id=image["id"])
    type_ = call.tx.get(volume_types, row["volume_type_id"])
    shown = {
        "id": row["id"], "updated_at": row["updated_at"], "status": "uploading", "display_description": row["description"],
        "size": row["size"], "volume_type": _type(type_), "image_id": image["id"], **formats,
        "image_name": given["image_name"], "protected": protected, "visibility": visibility,
    }  # fmt: skip
    return Answer(202, {"os-volume_upload_image": shown})


def _type(row: Row | None) -> dict[str, Any] | None:
    if row is None:
        return None
    names = ("id", "name", "description", "is_public", "extra_specs", "qos_specs_id", "created_at", "updated_at")
    return {**{name: row[name] for name in names}, "deleted": False, "deleted_at": None}


@ACTIONS.add("os-set_image_metadata", fields("metadata", metadata={
    "type": "object", "additionalProperties": False,
    "patternProperties": {"^[a-zA-Z0-9-_:. /]{1,255}$": {"type": "string", "format": "mysql_text"}},
}))  # fmt: skip
def set_metadata(call: Call, volume_id: str, given: Any) -> dict[str, Any]:
    """Add to what a volume knows of its image."""
    row = reach(call, volume_id)
    require_member(call, "volume_extension:volume_image_metadata:set")
    if row["status"] in ("maintenance", "uploading"):
        raise invalid("volume", f"Updating volume metadata is not allowed for volumes in {row['status']} status.")
    kept = {**(row["image_metadata"] or {}), **given["metadata"]}
    call.tx.update(volumes, row["id"], image_metadata=kept)
    return {"metadata": kept}


@ACTIONS.add("os-show_image_metadata")
def show_metadata(call: Call, volume_id: str, given: Any) -> dict[str, Any]:
    """What a volume knows of its image."""
    row = find(call, volume_id)
    if not row["image_metadata"]:
        raise _nothing(volume_id)
    return {"metadata": row["image_metadata"]}


def _nothing(volume_id: str) -> NotFound:
    return NotFound(f"Glance metadata for volume/snapshot {volume_id} cannot be found.")


@ACTIONS.add("os-unset_image_metadata", fields("key", key={"type": "string", "minLength": 1, "maxLength": 255}))
def unset_metadata(call: Call, volume_id: str, given: Any) -> Answer:
    """Take one item out of it."""
    row = reach(call, volume_id)
    require_member(call, "volume_extension:volume_image_metadata:remove")
    kept, key = row["image_metadata"] or {}, given["key"]
    if key not in kept:
        raise _nothing(volume_id)
    if row["status"] in ("maintenance", "uploading"):
        raise invalid("volume", f"Deleting volume metadata is not allowed for volumes in {row['status']} status.")
    call.tx.update(volumes, row["id"], image_metadata={name: value for name, value in kept.items() if name != key})
    return bare(200)
