"""Schemas of metadata definitions, and of tasks."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Call
from kit.cloud.image import schemas
from kit.cloud.image.schemas import refuse
from kit.cloud.image.service import forbidden, object_of

# Attributes that the service writes itself, and those that nobody may give.
SERVERS = ("name", "created_at", "updated_at", "self", "schema")
_STAMPED, _LINKED = ("created_at", "updated_at"), ("self", "schema", "created_at", "updated_at")

_LINK = {"readOnly": True, "type": "string"}
_NAME = {"type": "string", "maxLength": 80}
_TEXT: dict[str, Any] = {"type": "string"}
_TYPES = ["array", "boolean", "integer", "number", "object", "string", None]


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/definitions/{name}"}


def _stamps(created: str, updated: str = "") -> dict[str, Any]:
    form = {"type": "string", "readOnly": True, "description": "", "format": "date-time"}
    return {
        "created_at": {**form, "description": f"Date and time of {created}"},
        "updated_at": {**form, "description": f"Date and time of the last {updated} modification"},
    }


# What a property's definition may say: JSON schema's own words, and `operators`.
_PROPERTY: dict[str, Any] = {
    "name": _NAME, "title": _TEXT, "description": _TEXT,
    "operators": {"type": "array", "items": {"type": "string"}}, "type": {"type": "string", "enum": _TYPES},
    "required": _ref("stringArray"), "minimum": {"type": "number"}, "maximum": {"type": "number"},
    "maxLength": _ref("positiveInteger"), "minLength": _ref("positiveIntegerDefault0"),
    "pattern": {"type": "string", "format": "regex"}, "enum": {"type": "array"}, "readonly": {"type": "boolean"},
    "default": {},
    "items": {
        "type": "object", "properties": {"type": {"type": "string", "enum": _TYPES}, "enum": {"type": "array"}},
    },
    "maxItems": _ref("positiveInteger"), "minItems": _ref("positiveIntegerDefault0"),
    "uniqueItems": {"type": "boolean", "default": False}, "additionalItems": {"type": "boolean"},
}  # fmt: skip
_NUMBERS: dict[str, Any] = {
    "positiveInteger": {"type": "integer", "minimum": 0},
    "positiveIntegerDefault0": {"allOf": [_ref("positiveInteger"), {"default": 0}]},
}
_STRINGS: dict[str, Any] = {"type": "array", "items": {"type": "string"}}
_DEFINITIONS: dict[str, Any] = {
    **_NUMBERS,
    "stringArray": {**_STRINGS, "uniqueItems": True},
    "property": {
        "type": "object",
        "additionalProperties": {"type": "object", "required": ["title", "type"], "properties": _PROPERTY},
    },
}

_OBJECT: dict[str, Any] = {
    "name": "object",
    "properties": {
        "name": _NAME, "description": _TEXT, "required": _ref("stringArray"), "properties": _ref("property"),
        "schema": _LINK, "self": _LINK, **_stamps("object creation", "object"),
    },
    "additionalProperties": False, "definitions": _DEFINITIONS, "required": ["name"],
}  # fmt: skip
_ONE_PROPERTY: dict[str, Any] = {
    "name": "property", "properties": _PROPERTY, "additionalProperties": False,
    "definitions": {**_NUMBERS, "stringArray": {**_STRINGS, "minItems": 1, "uniqueItems": True}},
    "required": ["type", "title", "name"],
}  # fmt: skip
TAG: dict[str, Any] = {
    "name": "tag", "properties": {"name": _NAME, **_stamps("tag creation", "tag")}, "additionalProperties": False,
    "required": ["name"],
}  # fmt: skip
TAGS: dict[str, Any] = {
    "name": "tags",
    "properties": {
        "tags": {
            "type": "array",
            "items": {
                "type": "object", "properties": {"name": _TEXT}, "required": ["name"], "additionalProperties": False,
            },
        },
    },
    "additionalProperties": False,
}  # fmt: skip
RESOURCE_TYPE: dict[str, Any] = {
    "name": "resource_type_association",
    "properties": {
        "name": {
            "type": "string",
            "description": "Resource type names should be aligned with Heat resource types whenever possible: "
            "https://docs.openstack.org/heat/latest/template_guide/openstack.html",
            "maxLength": 80,
        },
        "prefix": {
            "type": "string",
            "description": "Specifies the prefix to use for the given resource type. Any properties in the namespace "
            "should be prefixed with this prefix when being applied to the specified resource type. Must include prefix "
            "separator (e.g. a colon :).",
            "maxLength": 80,
        },
        "properties_target": {
            "type": "string",
            "description": "Some resource types allow more than one key / value pair per instance.  For example, Cinder "
            "allows user and image metadata on volumes. Only the image properties metadata is evaluated by Nova "
            "(scheduling or drivers). This property allows a namespace target to remove the ambiguity.",
            "maxLength": 80,
        },
        **_stamps("resource type association", "resource type association"),
    },
    "additionalProperties": False, "required": ["name"],
}  # fmt: skip


def _held(**properties: Any) -> dict[str, Any]:
    """What a namespace holds of one kind, when it is given with it."""
    return {"type": "array", "items": {"type": "object", "properties": properties}}


_NAMESPACE: dict[str, Any] = {
    "name": "namespace",
    "properties": {
        "namespace": {"type": "string", "description": "The unique namespace text.", "maxLength": 80},
        "display_name": {
            "type": "string",
            "description": "The user friendly name for the namespace. Used by UI if available.", "maxLength": 80,
        },
        "description": {
            "type": "string", "description": "Provides a user friendly description of the namespace.", "maxLength": 500,
        },
        "visibility": {
            "type": "string", "description": "Scope of namespace accessibility.", "enum": ["public", "private"],
        },
        "protected": {"type": "boolean", "description": "If true, namespace will not be deletable."},
        "owner": {"type": "string", "description": "Owner of the namespace.", "maxLength": 255},
        **_stamps("namespace creation", "namespace"),
        "schema": _LINK, "self": _LINK,
        "resource_type_associations": _held(name=_TEXT, prefix=_TEXT, properties_target=_TEXT),
        "properties": _ref("property"),
        "objects": _held(
            name=_TEXT, description=_TEXT, required=_ref("stringArray"), properties=_ref("property")
        ),
        "tags": _held(name=_TEXT),
    },
    "additionalProperties": False, "definitions": _DEFINITIONS, "required": ["namespace"],
}  # fmt: skip

TASK: dict[str, Any] = {
    "name": "task",
    "properties": {
        "id": {"description": "An identifier for the task", "pattern": schemas.UUID, "type": "string"},
        "type": {
            "description": "The type of task represented by this content",
            "enum": ["import", "api_image_import", "location_import"], "type": "string",
        },
        "status": {
            "description": "The current status of this task", "enum": ["pending", "processing", "success", "failure"],
            "type": "string",
        },
        "input": {"description": "The parameters required by task, JSON blob", "type": ["null", "object"]},
        "result": {"description": "The result of current task, JSON blob", "type": ["null", "object"]},
        "owner": {"description": "An identifier for the owner of this task", "type": "string"},
        "message": {
            "description": "Human-readable informative message only included when appropriate (usually on failure)",
            "type": "string",
        },
        "image_id": {"description": "Image associated with the task", "type": "string"},
        "request_id": {"description": "Human-readable informative request-id", "type": "string"},
        "user_id": {"description": "User associated with the task", "type": "string"},
        "expires_at": {
            "description": "Datetime when this resource would be subject to removal", "type": ["null", "string"],
        },
        "created_at": {"description": "Datetime when this resource was created", "type": "string"},
        "updated_at": {"description": "Datetime when this resource was updated", "type": "string"},
        "self": _LINK, "schema": _LINK,
    },
    "additionalProperties": False,
}  # fmt: skip


def _flat(form: Any, definitions: dict[str, Any]) -> Any:
    """A form with its definitions in place of the references to them, as bodies are checked by it."""
    if isinstance(form, list):
        return [_flat(one, definitions) for one in form]
    if not isinstance(form, dict):
        return form
    if "$ref" in form:
        return _flat(definitions[form["$ref"].rsplit("/", 1)[1]], definitions)
    return {name: _flat(one, definitions) for name, one in form.items() if name != "definitions"}


OBJECT: dict[str, Any] = _flat(_OBJECT, _DEFINITIONS)
PROPERTY: dict[str, Any] = _flat(_ONE_PROPERTY, _ONE_PROPERTY["definitions"])
NAMESPACE: dict[str, Any] = _flat(_NAMESPACE, _DEFINITIONS)
# What a list says of a task.
_STUB: dict[str, Any] = {
    "name": "task",
    "properties": {
        name: form for name, form in TASK["properties"].items() if name not in ("input", "result", "message")
    },
}
_FORBIDDEN = {"namespace": _LINKED, "object": _LINKED}


def body(call: Call, form: dict[str, Any]) -> dict[str, Any]:
    """The JSON body, once it fits.

    Raises
    ------
    BadRequest
        With the text of the validation error.
    Forbidden
        When it gives what only the service writes.
    """
    given = object_of(call)
    for name in _FORBIDDEN.get(form["name"], _STAMPED):
        if name in given:
            raise forbidden(f"Attribute '{name}' is read-only.")
    refuse(form["name"], form, given)
    return given


def documents() -> dict[str, dict[str, Any]]:
    """The schemas by their path below `/v2/schemas/`."""
    task = {"name": "task", "properties": TASK["properties"]}
    found = {"task": task, "tasks": schemas.collection(_STUB, "tasks")}
    for name, one, plural in (
        ("namespace", _NAMESPACE, "namespaces"), ("object", _OBJECT, "objects"),
        ("property", _ONE_PROPERTY, "properties"),
        ("tag", TAG, "tags"), ("resource_type", RESOURCE_TYPE, "resource_type_associations"),
    ):  # fmt: skip
        many = "resource_types" if name == "resource_type" else plural
        found[f"metadefs/{name}"] = one
        inner = {key: value for key, value in one.items() if key != "definitions"}
        listed = schemas.collection(inner, plural, paged=True)
        if name == "property":  # by name, so that none needs one of its own
            inner["required"] = ["type", "title"]
            listed["properties"][plural] = {"type": "object", "additionalProperties": inner}
        if "definitions" in one:
            listed["definitions"] = one["definitions"]
        found[f"metadefs/{many}"] = listed
    return found
