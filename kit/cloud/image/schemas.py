"""What an image may hold, as Glance's own schema says."""

from __future__ import annotations

import pprint
from typing import Any

from kit.cloud.image.service import bad_request
from kit.cloud.validation import first_error

UUID = "^([0-9a-fA-F]){8}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){12}$"

BASE: dict[str, Any] = {
    "id": {"type": "string", "description": "An identifier for the image", "pattern": UUID},
    "name": {"type": ["null", "string"], "description": "Descriptive name for the image", "maxLength": 255},
    "status": {
        "type": "string", "readOnly": True, "description": "Status of the image",
        "enum": ["queued", "saving", "active", "killed", "deleted", "uploading", "importing", "pending_delete", "deactivated"],
    },
    "visibility": {
        "type": "string", "description": "Scope of image accessibility",
        "enum": ["community", "public", "private", "shared"],
    },
    "protected": {"type": "boolean", "description": "If true, image will not be deletable."},
    "os_hidden": {"type": "boolean", "description": "If true, image will not appear in default image list response."},
    "checksum": {"type": ["null", "string"], "readOnly": True, "description": "md5 hash of image contents.", "maxLength": 32},
    "os_hash_algo": {
        "type": ["null", "string"], "readOnly": True, "description": "Algorithm to calculate the os_hash_value",
        "maxLength": 64,
    },
    "os_hash_value": {
        "type": ["null", "string"], "readOnly": True, "maxLength": 128,
        "description": "Hexdigest of the image contents using the algorithm specified by the os_hash_algo",
    },
    "owner": {"type": ["null", "string"], "description": "Owner of the image", "maxLength": 255},
    "size": {"type": ["null", "integer"], "readOnly": True, "description": "Size of image file in bytes"},
    "virtual_size": {"type": ["null", "integer"], "readOnly": True, "description": "Virtual size of image in bytes"},
    "container_format": {
        "type": ["null", "string"], "description": "Format of the container",
        "enum": [None, "ami", "ari", "aki", "bare", "ovf", "ova", "docker", "compressed"],
    },
    "disk_format": {
        "type": ["null", "string"], "description": "Format of the disk",
        "enum": [None, "ami", "ari", "aki", "vhd", "vhdx", "vmdk", "raw", "qcow2", "vdi", "iso", "ploop"],
    },
    "created_at": {"type": "string", "readOnly": True, "description": "Date and time of image registration"},
    "updated_at": {"type": "string", "readOnly": True, "description": "Date and time of the last image modification"},
    "tags": {
        "type": "array", "description": "List of strings related to the image",
        "items": {"type": "string", "maxLength": 255},
    },
    "direct_url": {"type": "string", "readOnly": True, "description": "URL to access the image file kept in external store"},
    "self": {"type": "string", "readOnly": True, "description": "An image self url"},
    "file": {"type": "string", "readOnly": True, "description": "An image file url"},
    "schema": {"type": "string", "readOnly": True, "description": "An image schema url"},
    "min_disk": {
        "type": "integer", "description": "Amount of disk space (in GB) required to boot image.", "minimum": 0,
        "maximum": 2147483647,
    },
    "min_ram": {
        "type": "integer", "description": "Amount of ram (in MB) required to boot image.", "minimum": 0,
        "maximum": 2147483647,
    },
}  # fmt: skip

# What an image must fit; its schema has besides what JSON schema knows nothing of.
_FORM: dict[str, Any] = {"properties": BASE, "additionalProperties": {"type": "string"}}

IMAGE: dict[str, Any] = {
    "name": "image",
    **_FORM,
    "links": [
        {"rel": "self", "href": "{self}"}, {"rel": "enclosure", "href": "{file}"},
        {"rel": "describedby", "href": "{schema}"},
    ],
}  # fmt: skip

MEMBER: dict[str, Any] = {
    "name": "member",
    "properties": {
        "created_at": {"type": "string", "description": "Date and time of image member creation"},
        "image_id": {"type": "string", "description": "An identifier for the image", "pattern": UUID},
        "member_id": {"type": "string", "description": "An identifier for the image member (tenantId)"},
        "schema": {"type": "string", "readOnly": True},
        "status": {"type": "string", "description": "The status of this image member", "enum": ["pending", "accepted", "rejected"]},
        "updated_at": {"type": "string", "description": "Date and time of last modification of image member"},
    },
}  # fmt: skip

READ_ONLY = frozenset(name for name, rule in BASE.items() if rule.get("readOnly"))
# Attributes that Glance keeps for itself: nobody may use the names for properties.
RESERVED = frozenset(("location", "deleted", "deleted_at", "is_public", "member", "stores"))


def validate(image: dict[str, Any]) -> None:
    """Refuse an image that does not fit, in the words of jsonschema, as Glance prints them.

    Raises
    ------
    BadRequest
        With the whole text of the validation error.
    """
    error = first_error(_FORM, image)
    if error is None:
        return
    path = "".join(f"[{part!r}]" for part in error.absolute_path)
    steps = "".join(f"[{part!r}]" for part in list(error.absolute_schema_path)[:-1])
    schema = pprint.pformat(error.schema, width=72, sort_dicts=False).replace("\n", "\n    ")
    instance = pprint.pformat(error.instance, width=72, sort_dicts=False).replace("\n", "\n    ")
    raise bad_request(
        f"Provided object does not match schema 'image': {error.message}\n\nFailed validating {error.validator!r} in "
        f"schema{steps}:\n    {schema}\n\nOn instance{path}:\n    {instance}"
    )


def collection(item: dict[str, Any], plural: str) -> dict[str, Any]:
    """The schema of a list."""
    links = [
        {"rel": "first", "href": "{first}"},
        {"rel": "next", "href": "{next}"},
        {"rel": "describedby", "href": "{schema}"},
    ]
    return {
        "name": plural,
        "properties": {
            plural: {"type": "array", "items": item}, "first": {"type": "string"}, "next": {"type": "string"},
            "schema": {"type": "string"},
        },
        "links": links,
    }  # fmt: skip
