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
    "min_ram": {"type": "integer", "description": "Amount of ram (in MB) required to boot image."},
    "min_disk": {"type": "integer", "description": "Amount of disk space (in GB) required to boot image."},
    "self": {"type": "string", "readOnly": True, "description": "An image self url"},
    "file": {"type": "string", "readOnly": True, "description": "An image file url"},
    "stores": {
        "type": "string", "readOnly": True,
        "description": "Store in which image data resides.  Only present when the operator has enabled multiple stores.  "
        "May be a comma-separated list of store identifiers.",
    },
    "schema": {"type": "string", "readOnly": True, "description": "An image schema url"},
    "locations": {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {
                "url": {"type": "string", "maxLength": 255}, "metadata": {"type": "object"},
                "validation_data": {
                    "description": "Values to be used to populate the corresponding image properties. If the image "
                    "status is not 'queued', values must exactly match those already contained in the image properties.",
                    "type": "object", "writeOnly": True, "additionalProperties": False,
                    "properties": {
                        "checksum": {"type": "string", "minLength": 32, "maxLength": 32},
                        "os_hash_algo": {"type": "string", "maxLength": 64},
                        "os_hash_value": {"type": "string", "maxLength": 128},
                    },
                    "required": ["os_hash_algo", "os_hash_value"],
                },
            },
            "required": ["url", "metadata"],
        },
        "description": "A set of URLs to access the image file kept in external store",
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
        "member_id": {"type": "string", "description": "An identifier for the image member (tenantId)"},
        "image_id": {"type": "string", "description": "An identifier for the image", "pattern": UUID},
        "created_at": {"type": "string", "description": "Date and time of image member creation"},
        "updated_at": {"type": "string", "description": "Date and time of last modification of image member"},
        "status": {"type": "string", "description": "The status of this image member", "enum": ["pending", "accepted", "rejected"]},
        "schema": {"readOnly": True, "type": "string"},
    },
}  # fmt: skip

# What Glance's requests are looked through for (glance.api.v2.images.RequestDeserializer): names that nobody gives,
# attributes of an image, those of them that only the service writes, what a patch leaves alone, what it keeps for itself.
DISALLOWED = ("direct_url", "self", "file", "schema", "stores")
ATTRIBUTES = (
    "checksum", "created_at", "container_format", "disk_format", "id", "min_disk", "min_ram", "name", "size",
    "virtual_size", "status", "owner", "updated_at", "visibility", "protected", "os_hidden",
)  # fmt: skip
READ_ONLY = ("created_at", "updated_at", "status", "checksum", "size", "virtual_size")
PATCH_READ_ONLY = frozenset((*READ_ONLY, "direct_url", "self", "file", "schema", "id", "os_hash_algo", "os_hash_value"))
RESERVED = frozenset(("location", "deleted", "deleted_at"))


def validate(image: dict[str, Any]) -> None:
    """Refuse an image that does not fit, in the words of jsonschema, as Glance prints them.

    Raises
    ------
    BadRequest
        With the whole text of the validation error.
    """
    refuse("image", _FORM, image)


def refuse(name: str, form: dict[str, Any], given: Any) -> None:
    """Refuse what does not fit a schema, in the words of jsonschema, as Glance prints them."""
    error = first_error(form, given)
    if error is None:
        return
    path = "".join(f"[{part!r}]" for part in error.absolute_path)
    steps = "".join(f"[{part!r}]" for part in list(error.absolute_schema_path)[:-1])
    schema = pprint.pformat(error.schema, width=72, sort_dicts=False).replace("\n", "\n    ")
    instance = pprint.pformat(error.instance, width=72, sort_dicts=False).replace("\n", "\n    ")
    raise bad_request(
        f"Provided object does not match schema '{name}': {error.message}\n\nFailed validating {error.validator!r} in "
        f"schema{steps}:\n    {schema}\n\nOn instance{path}:\n    {instance}"
    )


def collection(item: dict[str, Any], plural: str, *, paged: bool = False) -> dict[str, Any]:
    """The schema of a list; one that comes in pages has links to them."""
    ends = ("first", "next") if paged else ()
    links = [{"rel": end, "href": f"{{{end}}}"} for end in ends]
    return {
        "name": plural,
        "properties": {
            plural: {"type": "array", "items": item}, **{end: {"type": "string"} for end in ends},
            "schema": {"type": "string"},
        },
        "links": [*links, {"rel": "describedby", "href": "{schema}"}],
    }  # fmt: skip
