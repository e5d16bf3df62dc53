"""Schemas of metadata definitions, and of tasks."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Call
from kit.cloud.image import schemas
from kit.cloud.image.service import bad_request
from kit.cloud.validation import first_error

# Attributes that the service writes itself.
SERVERS = ("name", "created_at", "updated_at", "self", "schema")

_TIME = {"type": "string", "readOnly": True, "format": "date-time"}
_LINK = {"type": "string", "readOnly": True}
_STAMPS = {
    "created_at": {**_TIME, "description": "Date and time of creation"},
    "updated_at": {**_TIME, "description": "Date and time of the last modification"},
}
_WHOLE = {"type": "integer", "minimum": 0}
_STRINGS = {"type": "array", "items": {"type": "string"}, "uniqueItems": True}
_TITLE: dict[str, Any] = {"type": "string"}

# What a property's definition may say: JSON schema's own words, and `operators`.
_PROPERTY: dict[str, Any] = {
    "title": _TITLE, "description": _TITLE, "operators": {"type": "array", "items": {"type": "string"}},
    "type": {"type": "string", "enum": ["array", "boolean", "integer", "number", "object", "string", None]},
    "required": _STRINGS, "minimum": {"type": "number"}, "maximum": {"type": "number"}, "maxLength": _WHOLE,
    "minLength": {**_WHOLE, "default": 0}, "pattern": {"type": "string", "format": "regex"}, "maxItems": _WHOLE,
    "minItems": {**_WHOLE, "default": 0}, "uniqueItems": {"type": "boolean", "default": False}, "enum": {"type": "array"},
    "readonly": {"type": "boolean"}, "default": {}, "additionalItems": {"type": "boolean"},
    "items": {
        "type": "object",
        "properties": {
            "type": {"type": "string", "enum": ["array", "boolean", "integer", "number", "object", "string", None]},
            "enum": {"type": "array"},
        },
    },
}  # fmt: skip
_DEFINITIONS = {
    "type": "object",
    "additionalProperties": {"type": "object", "properties": _PROPERTY, "required": ["title", "type"]},
}
_NAME = {"type": "string", "maxLength": 80}

OBJECT: dict[str, Any] = {
    "name": "object", "required": ["name"], "type": "object", "additionalProperties": False,
    "properties": {
        "name": {**_NAME, "maxLength": 255}, "description": _TITLE, "properties": _DEFINITIONS, "required": _STRINGS,
        "self": _LINK, "schema": _LINK, **_STAMPS,
    },
}  # fmt: skip
PROPERTY: dict[str, Any] = {
    "name": "property", "required": ["name", "title", "type"], "type": "object", "additionalProperties": False,
    "properties": {"name": {**_NAME, "maxLength": 255}, **_PROPERTY},
}  # fmt: skip
TAG: dict[str, Any] = {
    "name": "tag", "required": ["name"], "type": "object", "additionalProperties": False,
    "properties": {"name": {**_NAME, "maxLength": 80}, **_STAMPS},
}  # fmt: skip
TAGS: dict[str, Any] = {
    "type": "object", "required": ["tags"],
    "properties": {"tags": {"type": "array", "items": TAG}},
}  # fmt: skip
RESOURCE_TYPE: dict[str, Any] = {
    "name": "resource_type_association", "required": ["name"], "type": "object", "additionalProperties": False,
    "properties": {"name": _NAME, "prefix": _NAME, "properties_target": _NAME, **_STAMPS},
}  # fmt: skip
NAMESPACE: dict[str, Any] = {
    "name": "namespace", "required": ["namespace"], "type": "object", "additionalProperties": False,
    "properties": {
        "namespace": {**_NAME, "description": "The unique namespace text."},
        "display_name": {**_NAME, "description": "The user friendly name for the namespace. Used by UI if available."},
        "description": {"type": "string", "maxLength": 500},
        "visibility": {"type": "string", "enum": ["public", "private"]},
        "protected": {"type": "boolean", "description": "If true, namespace will not be deletable."},
        "owner": {"type": "string", "maxLength": 255}, **_STAMPS, "schema": _LINK, "self": _LINK,
        "resource_type_associations": {"type": "array", "items": RESOURCE_TYPE},
        "properties": _DEFINITIONS,
        "objects": {"type": "array", "items": OBJECT}, "tags": {"type": "array", "items": TAG},
    },
}  # fmt: skip
TASK: dict[str, Any] = {
    "name": "task",
    "properties": {
        "id": {"type": "string", "pattern": schemas.UUID},
        "type": {"type": "string", "enum": ["import", "api_image_import", "location_import"]},
        "status": {"type": "string", "enum": ["pending", "processing", "success", "failure"]},
        "input": {"type": ["null", "object"]}, "result": {"type": ["null", "object"]}, "owner": {"type": "string"},
        "message": {"type": "string"}, "image_id": {"type": ["null", "string"], "pattern": schemas.UUID},
        "request_id": {"type": ["null", "string"]}, "user_id": {"type": ["null", "string"]},
        "expires_at": {"type": ["null", "string"]}, **_STAMPS, "self": _LINK, "schema": _LINK,
    },
}  # fmt: skip


def body(call: Call, form: dict[str, Any]) -> dict[str, Any]:
    """The JSON body, once it fits.

    Raises
    ------
    BadRequest
        With the text of the validation error.
    """
    data = call.json()
    error = first_error(form, data)
    if error is not None:
        raise bad_request(f"Provided object does not match schema '{form.get('name', 'tags')}': {error.message}")
    given: dict[str, Any] = data
    return given


def documents() -> dict[str, dict[str, Any]]:
    """The schemas by their path below `/v2/schemas/`."""
    found = {"task": TASK, "tasks": schemas.collection(TASK, "tasks")}
    for name, one, plural in (
        ("namespace", NAMESPACE, "namespaces"), ("object", OBJECT, "objects"), ("property", PROPERTY, "properties"),
        ("tag", TAG, "tags"), ("resource_type", RESOURCE_TYPE, "resource_type_associations"),
    ):  # fmt: skip
        shown = {key: value for key, value in one.items() if key != "type"}
        many = "resource_types" if name == "resource_type" else plural
        found[f"metadefs/{name}"] = shown
        found[f"metadefs/{many}"] = schemas.collection(shown, plural)
    return found
