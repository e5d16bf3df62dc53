"""What requests may hold, as Cinder's own schemas say (cinder.api.schemas)."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]
MAX_INT = 2147483647

# Building blocks (cinder.api.validation.parameter_types)

UUID: Schema = {"type": "string", "format": "uuid"}
OPTIONAL_UUID: Schema = {"oneOf": [{"type": "null"}, UUID]}
UUID_OR_NULL: Schema = {"oneOf": [UUID, {"type": "null"}]}
NAME: Schema = {"type": "string", "minLength": 1, "maxLength": 255, "format": "name"}
ANY_NAME: Schema = {"type": ["string", "null"], "minLength": 0, "maxLength": 255}
# Printable characters and plain spaces only.
DESCRIPTION: Schema = {**ANY_NAME, "pattern": r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]*$"}
BOOLEAN: Schema = {
    "type": ["boolean", "string"],
    "enum": [
        True, "True", "TRUE", "true", "1", "ON", "On", "on", "YES", "Yes", "yes", "y", "t",
        False, "False", "FALSE", "false", "0", "OFF", "Off", "off", "NO", "No", "no", "n", "f",
    ],
}  # fmt: skip
SIZE: Schema = {"type": ["integer", "string"], "pattern": "^[0-9]+$", "minimum": 1, "maximum": MAX_INT}
HOST: Schema = {
    "type": ["string", "null"], "minLength": 1, "maxLength": 255, "pattern": r"^[a-zA-Z0-9-._#@:/+\[\]]*$",
}  # fmt: skip


def texts(pattern: str = "^[a-zA-Z0-9-_:. /]{1,255}$", *, null: bool = False, **more: Any) -> Schema:
    """A mapping of names to short texts."""
    value = {"type": ["string", "null"] if null else "string", "maxLength": 255}
    return {"type": "object", "patternProperties": {pattern: value}, "additionalProperties": False, **more}


def wrap(name: str, inner: Schema, **more: Any) -> Schema:
    """An object that holds nothing but `name`."""
    return {"type": "object", "properties": {name: inner}, "required": [name], "additionalProperties": False, **more}


def fields(*required: str, strict: bool = True, also: Schema | None = None, **properties: Any) -> Schema:
    """An object with these properties; `also` has further rules about it."""
    # The first rule that a body breaks is the one that the refusal tells: the order is Cinder's.
    needed = {"required": list(required)} if required else {}
    return {
        "type": "object", "properties": properties, **needed, "additionalProperties": not strict, **(also or {}),
    }  # fmt: skip


def any_of(*names: str) -> Schema:
    """A rule: at least one of these must be there."""
    return {"anyOf": [{"required": [name]} for name in names]}


METADATA = texts()
NO_SPACES = "^[a-zA-Z0-9-_:.]{1,255}$"
METADATA_OR_NULL = {**texts(), "type": ["object", "null"]}
_FREE_NAME = {"type": ["string", "null"], "format": "name_non_mandatory_remove_white_spaces"}
_FREE_TEXT = {"type": ["string", "null"], "format": "description_non_mandatory_remove_white_spaces"}
_NAMES = ("name", "description", "display_name", "display_description")

# Volumes

_VOLUME: dict[str, Any] = {
    "name": _FREE_NAME, "description": _FREE_TEXT, "display_name": _FREE_NAME, "display_description": _FREE_TEXT,
    "volume_type": ANY_NAME, "metadata": METADATA_OR_NULL, "snapshot_id": OPTIONAL_UUID, "source_volid": OPTIONAL_UUID,
    "consistencygroup_id": OPTIONAL_UUID, "size": {**SIZE, "type": ["integer", "string", "null"]},
    "availability_zone": {"type": ["string", "null"], "minLength": 1, "maxLength": 255},
    "multiattach": {"oneOf": [{"type": "null"}, BOOLEAN]}, "image_id": ANY_NAME, "imageRef": ANY_NAME,
}  # fmt: skip


def _volume(strict: bool, **more: Any) -> Schema:
    made = wrap("volume", fields(strict=strict, **_VOLUME, **more))
    made["properties"]["OS-SCH-HNT:scheduler_hints"] = {"type": ["object", "null"]}
    return made


VOLUME = _volume(False)
VOLUME_313 = _volume(False, group_id=ANY_NAME)
VOLUME_347 = _volume(False, group_id=ANY_NAME, backup_id=OPTIONAL_UUID)
VOLUME_353 = _volume(True, group_id=ANY_NAME, backup_id=OPTIONAL_UUID)
_CHANGES: dict[str, Any] = {"name": _FREE_NAME, "description": _FREE_TEXT, "display_name": _FREE_NAME,
            "display_description": _FREE_TEXT, "metadata": METADATA}  # fmt: skip
VOLUME_UPDATE = wrap("volume", fields(**_CHANGES))
VOLUME_UPDATE_353 = wrap("volume", fields(also=any_of(*_NAMES, "metadata"), **_CHANGES))
_UUIDS = {"oneOf": [UUID, {"type": "array", "items": UUID, "uniqueItems": True}]}
HINTS = fields(
    strict=False, local_to_instance=OPTIONAL_UUID, different_host=_UUIDS, same_host=_UUIDS,
    query={"type": ["string", "object"]},
)  # fmt: skip

META_ALL = wrap("metadata", METADATA)
META_ONE = wrap("meta", texts(minProperties=1, maxProperties=1))
_SNAPSHOT_KEY = "^[a-zA-Z0-9-_:. ]{1,255}$"
SNAPSHOT_META_ALL = {**wrap("metadata", texts(_SNAPSHOT_KEY)), "additionalProperties": True}
SNAPSHOT_META_ONE = {
    **wrap("meta", texts(_SNAPSHOT_KEY, minProperties=1, maxProperties=1)), "additionalProperties": True,
}  # fmt: skip

# Attachments

_ATTACHMENT: dict[str, Any] = {"instance_uuid": UUID, "connector": {"type": ["object", "null"]}, "volume_uuid": UUID}
ATTACHMENT = wrap("attachment", fields("volume_uuid", **_ATTACHMENT))
ATTACHMENT_354 = wrap("attachment", fields("volume_uuid", **_ATTACHMENT, mode={"type": "string", "enum": ["rw", "ro"]}))
ATTACHMENT_UPDATE = wrap("attachment", fields("connector", connector={"type": "object", "minProperties": 1}))

# Snapshots

SNAPSHOT = wrap("snapshot", fields(
    "volume_id", name=ANY_NAME, display_name=ANY_NAME, description=DESCRIPTION, volume_id=UUID_OR_NULL, force=BOOLEAN,
    metadata=METADATA_OR_NULL,
))  # fmt: skip
SNAPSHOT_UPDATE = wrap("snapshot", fields(
    also=any_of(*_NAMES), name=ANY_NAME, description=DESCRIPTION, display_name=ANY_NAME, display_description=DESCRIPTION,
))  # fmt: skip

# Backups

_BACKUP: dict[str, Any] = {
    "volume_id": UUID, "container": ANY_NAME, "description": DESCRIPTION, "incremental": BOOLEAN, "force": BOOLEAN,
    "name": ANY_NAME, "snapshot_id": UUID_OR_NULL,
}  # fmt: skip
BACKUP = wrap("backup", fields("volume_id", **_BACKUP))
BACKUP_343 = wrap("backup", fields("volume_id", **_BACKUP, metadata=METADATA_OR_NULL))
BACKUP_351 = wrap("backup", fields("volume_id", **_BACKUP, metadata=METADATA_OR_NULL, availability_zone=ANY_NAME))
_NULLABLE: dict[str, Any] = {"type": ["object", "null"]}
BACKUP_UPDATE = wrap("backup", {**fields(name=ANY_NAME, description=DESCRIPTION), **_NULLABLE})
BACKUP_UPDATE_343 = wrap("backup", {**fields(name=ANY_NAME, description=DESCRIPTION, metadata=METADATA), **_NULLABLE})
RESTORE = wrap("restore", {**fields(name=ANY_NAME, volume_id=UUID_OR_NULL), **_NULLABLE})
BACKUP_RECORD = wrap("backup-record", fields(
    "backup_service", "backup_url", backup_service={"type": "string", "minLength": 0, "maxLength": 255},
    backup_url={"type": "string", "minLength": 1, "format": "base64"},
))  # fmt: skip

# Types

_PUBLIC: dict[str, Any] = {"os-volume-type-access:is_public": BOOLEAN}
TYPE = wrap("volume_type", fields(
    "name", name=NAME, description=DESCRIPTION, extra_specs=texts(null=True), **_PUBLIC,
))  # fmt: skip
TYPE_UPDATE = wrap("volume_type", fields(
    name={"type": ["string", "null"], "minLength": 1, "maxLength": 255}, description=DESCRIPTION, is_public=BOOLEAN,
))  # fmt: skip
_SPECS: dict[str, Any] = texts(NO_SPACES, null=True)
EXTRA_SPECS = wrap("extra_specs", _SPECS)
EXTRA_SPEC = {**_SPECS, "minProperties": 1, "maxProperties": 1}
PROJECT = fields("project", project={"type": "string", "minLength": 1, "maxLength": 255})
_ENCRYPTION: dict[str, Any] = {
    "key_size": {"type": ["string", "integer", "null"], "minimum": 0, "maximum": MAX_INT, "format": "key_size"},
    "provider": {"type": "string", "minLength": 0, "maxLength": 255},
    "control_location": {"enum": ["front-end", "back-end"]}, "cipher": ANY_NAME,
}  # fmt: skip
ENCRYPTION = wrap("encryption", fields("provider", "control_location", strict=False, **_ENCRYPTION))
ENCRYPTION_UPDATE = wrap("encryption", fields(strict=False, **_ENCRYPTION))
DEFAULT_TYPE = {
    "type": "object",
    "required": ["default_type"],
    "properties": {"default_type": fields("volume_type", volume_type=NAME)},
}
QOS = wrap("qos_specs", fields(
    "name", strict=False, name={"type": "string", "format": "name_skip_leading_trailing_spaces"},
))  # fmt: skip
QOS_SET = wrap("qos_specs", texts(null=True))
QOS_UNSET = wrap("keys", {
    "type": "array", "items": {"type": "string", "minLength": 1, "maxLength": 255}, "uniqueItems": True,
})  # fmt: skip

# Transfers

_TRANSFER_NAME = {"oneOf": [{"type": "string", "format": "name_skip_leading_trailing_spaces"}, {"type": "null"}]}
TRANSFER = wrap("transfer", fields("volume_id", volume_id=UUID, name=_TRANSFER_NAME))
TRANSFER_355 = wrap("transfer", fields("volume_id", volume_id=UUID, name=_TRANSFER_NAME, no_snapshots=BOOLEAN))
ACCEPT = wrap("accept", fields("auth_key", auth_key={"type": ["string", "integer"]}))

# Groups

GROUP = wrap("group", fields(
    "group_type", "volume_types", description=DESCRIPTION, group_type={"type": "string", "format": "group_type"},
    name=ANY_NAME,
    volume_types={"type": "array", "minItems": 1, "items": {"type": "string", "maxLength": 255}, "uniqueItems": True},
    availability_zone={"type": ["string", "null"], "format": "availability_zone"},
))  # fmt: skip
_GROUP_CHANGES = ("name", "description", "add_volumes", "remove_volumes")
GROUP_UPDATE = wrap("group", {"type": "object", **any_of(*_GROUP_CHANGES), **fields(
    description=DESCRIPTION, name=ANY_NAME, add_volumes=DESCRIPTION, remove_volumes=DESCRIPTION,
)})  # fmt: skip
GROUP_FROM = fields(
    also={"oneOf": [{"required": ["group_snapshot_id"]}, {"required": ["source_group_id"]}]},
    description=DESCRIPTION, name=ANY_NAME, source_group_id=UUID, group_snapshot_id=UUID,
)  # fmt: skip
GROUP_DELETE: Schema = {"type": "object", "properties": {"delete-volumes": BOOLEAN}, "additionalProperties": False}
GROUP_STATUS = fields("status", status={"type": "string", "format": "group_status"})
GROUP_TYPE = wrap("group_type", fields(
    "name", name=NAME, description=DESCRIPTION, is_public=BOOLEAN, group_specs=METADATA_OR_NULL,
))  # fmt: skip
GROUP_TYPE_UPDATE = wrap("group_type", fields(name=ANY_NAME, description=DESCRIPTION, is_public=BOOLEAN))
GROUP_SPECS = wrap("group_specs", _SPECS)
GROUP_SNAPSHOT = wrap("group_snapshot", fields("group_id", group_id=UUID, name=ANY_NAME, description=DESCRIPTION))
GROUP_SNAPSHOT_STATUS = fields("status", status={"type": "string", "format": "group_snapshot_status"})

# The older API over groups: what it does not know it lets pass.

_CG_TEXTS: dict[str, Any] = {"name": ANY_NAME, "description": DESCRIPTION}


def _lax(name: str, inner: Schema) -> Schema:
    return {**wrap(name, inner), "additionalProperties": True}


CONSISTENCY_GROUP = _lax("consistencygroup", fields("volume_types", strict=False, **_CG_TEXTS, volume_types={}))
CONSISTENCY_GROUP_FROM = _lax("consistencygroup-from-src", fields(
    strict=False, **_CG_TEXTS, cgsnapshot_id={"type": "string"}, source_cgid={"type": "string"},
))  # fmt: skip
_VOLUME_IDS = {"type": ["string", "null"]}
CONSISTENCY_GROUP_UPDATE = _lax("consistencygroup", fields(
    strict=False, **_CG_TEXTS, add_volumes=_VOLUME_IDS, remove_volumes=_VOLUME_IDS,
))  # fmt: skip
CONSISTENCY_GROUP_DELETE: Schema = {
    "oneOf": [_lax("consistencygroup", fields(strict=False, force=BOOLEAN)), fields(), {"type": "null"}]
}
CGSNAPSHOT = _lax("cgsnapshot", fields(
    "consistencygroup_id", strict=False, consistencygroup_id={"type": "string"}, name={"type": "string"},
    description={"type": "string"},
))  # fmt: skip

# What Cinder takes over, or forgets

_MANAGE: dict[str, Any] = {
    "description": DESCRIPTION, "availability_zone": ANY_NAME, "bootable": BOOLEAN, "volume_type": ANY_NAME, "name": ANY_NAME,
    "host": HOST, "ref": {"type": ["object", "string"]}, "metadata": METADATA_OR_NULL,
}  # fmt: skip
MANAGE = wrap("volume", fields("ref", **_MANAGE))
MANAGE_316 = wrap("volume", fields("ref", **_MANAGE, cluster=ANY_NAME))
MANAGE_SNAPSHOT = wrap("snapshot", fields(
    "ref", "volume_id", description=DESCRIPTION, metadata=METADATA_OR_NULL, name=ANY_NAME, volume_id=UUID,
    ref={"type": ["object", "null", "string"]},
))  # fmt: skip
