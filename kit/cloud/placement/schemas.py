"""Bodies and query strings, as Placement's own schemas have them, by microversion."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Call

Schema = dict[str, Any]

UUID = "^[0-9a-fA-F-]{36}$"
NAME = "^[A-Z0-9_]+$"
CUSTOM = "^CUSTOM_[A-Z0-9_]+$"
MAX_INT = 0x7FFFFFFF
SUFFIX, NUMBER = "[a-zA-Z0-9_-]{1,64}", "[1-9][0-9]*"

_TEXT = {"type": "string"}
_UUID = {"type": "string", "format": "uuid"}
_INTEGER = {"type": "integer"}


def _object(properties: Schema, *required: str, **more: Any) -> Schema:
    found: Schema = {"type": "object", "properties": properties}
    if required:
        found["required"] = list(required)
    return {**found, "additionalProperties": False, **more}


def at(call: Call, steps: dict[str, Schema]) -> Schema:
    """The schema of the request's microversion, of those that came one after another."""
    found: Schema = {}
    for version, schema in steps.items():
        if call.at_least(version):
            found = schema
    return found


# Providers

_NAME = {"name": {"type": "string", "maxLength": 200}}
_PARENT = {"parent_provider_uuid": {"anyOf": [_UUID, {"type": "null"}]}}
POST_PROVIDER = {
    "1.0": _object({**_NAME, "uuid": _UUID}, "name"), "1.14": _object({**_NAME, "uuid": _UUID, **_PARENT}, "name"),
}  # fmt: skip
PUT_PROVIDER = {"1.0": _object({**_NAME}, "name"), "1.14": _object({**_NAME, **_PARENT}, "name")}

_GET: Schema = {"name": _TEXT, "uuid": _UUID}
GET_PROVIDERS = {
    "1.0": _object(_GET), "1.3": _object({**_GET, "member_of": _TEXT}),
    "1.4": _object({**_GET, "member_of": _TEXT, "resources": _TEXT}),
    "1.14": _object({**_GET, "member_of": _TEXT, "resources": _TEXT, "in_tree": _UUID}),
    "1.18": _object({**_GET, "member_of": _TEXT, "resources": _TEXT, "in_tree": _UUID, "required": _TEXT}),
}  # fmt: skip

_UUIDS = {"type": "array", "items": _UUID, "uniqueItems": True}
PUT_AGGREGATES = {
    "1.1": _UUIDS,
    "1.19": _object(
        {"aggregates": _UUIDS, "resource_provider_generation": _INTEGER}, "aggregates", "resource_provider_generation"
    ),
}

# Inventories


def _count(low: int) -> Schema:
    return {"type": "integer", "maximum": MAX_INT, "minimum": low}


_INVENTORY: Schema = {
    "resource_provider_generation": _INTEGER, "total": _count(1), "reserved": _count(0), "min_unit": _count(1),
    "max_unit": _count(1), "step_size": _count(1),
    "allocation_ratio": {"type": "number", "maximum": 3.40282e+38},
}  # fmt: skip
PUT_INVENTORY = _object(_INVENTORY, "total", "resource_provider_generation")
POST_INVENTORY = _object(
    {**_INVENTORY, "resource_class": {"type": "string", "pattern": NAME}}, "total", "resource_class"
)
PUT_INVENTORIES = _object(
    {
        "resource_provider_generation": _INTEGER,
        "inventories": {"type": "object", "patternProperties": {NAME: _object(_INVENTORY, "total")}},
    },
    "resource_provider_generation", "inventories",
)  # fmt: skip

# Allocations

_OWNER = {"type": "string", "minLength": 1, "maxLength": 255}
_RESOURCES = {
    "type": "object", "minProperties": 1, "patternProperties": {NAME: {"type": "integer", "minimum": 1}},
    "additionalProperties": False,
}  # fmt: skip
_LISTED = {
    "type": "array", "minItems": 1,
    "items": _object(
        {"resource_provider": _object({"uuid": _UUID}, "uuid"), "resources": _RESOURCES}, "resource_provider", "resources"
    ),
}  # fmt: skip
_HELD = _object({"generation": _INTEGER, "resources": _RESOURCES}, "resources")


def _held(least: int) -> Schema:
    return {
        "type": "object", "minProperties": least, "patternProperties": {UUID: _HELD}, "additionalProperties": False,
    }  # fmt: skip


_OWNERS = {"project_id": _OWNER, "user_id": _OWNER}
_SOME = {"allocations": _held(1), **_OWNERS}
_ANY = {"allocations": _held(0), **_OWNERS}
_GENERATION = {"consumer_generation": {"type": ["integer", "null"], "additionalProperties": False}}
_MAPPINGS = {
    "mappings": {
        "type": "object", "minProperties": 1,
        "patternProperties": {SUFFIX: {"type": "array", "minItems": 1, "items": _UUID}},
    }
}  # fmt: skip
_TYPE = {"consumer_type": {"type": "string", "pattern": NAME, "minLength": 1, "maxLength": 255}}
_NEEDED = ("allocations", "project_id", "user_id")
_28 = _object({**_ANY, **_GENERATION}, *_NEEDED, "consumer_generation")
_34 = _object({**_ANY, **_GENERATION, **_MAPPINGS}, *_NEEDED, "consumer_generation")
_38 = _object({**_ANY, **_GENERATION, **_MAPPINGS, **_TYPE}, *_NEEDED, "consumer_generation", "consumer_type")
PUT_ALLOCATIONS = {
    "1.0": _object({"allocations": _LISTED}, "allocations"),
    "1.8": _object({"allocations": _LISTED, **_OWNERS}, *_NEEDED), "1.12": _object(_SOME, *_NEEDED), "1.28": _28,
    "1.34": _34, "1.38": _38,
}  # fmt: skip


def _many(one: Schema, least: int = 1) -> Schema:
    return {
        "type": "object", "minProperties": least, "additionalProperties": False, "patternProperties": {UUID: one},
    }  # fmt: skip


POST_ALLOCATIONS = {
    "1.13": _many(_object(_ANY, *_NEEDED)), "1.28": _many(_28), "1.34": _many(_34), "1.38": _many(_38),
}  # fmt: skip


def _reshape(one: Schema) -> Schema:
    inventories = {
        "type": "object", "patternProperties": {UUID: PUT_INVENTORIES}, "minProperties": 1,
        "additionalProperties": False,
    }  # fmt: skip
    return _object({"inventories": inventories, "allocations": _many(one, 0)}, "inventories", "allocations")


POST_RESHAPER = {"1.30": _reshape(_28), "1.34": _reshape(_34), "1.38": _reshape(_38)}

_USAGES = {"project_id": _OWNER, "user_id": _OWNER}
_ASKED_TYPE = {"type": "string", "pattern": f"{NAME}|^all|^unknown$", "minLength": 1, "maxLength": 255}
GET_USAGES = {
    "1.9": _object(_USAGES, "project_id"), "1.38": _object({**_USAGES, "consumer_type": _ASKED_TYPE}, "project_id"),
}  # fmt: skip

# Classes and traits

RESOURCE_CLASS = _object({"name": {"type": "string", "pattern": CUSTOM, "maxLength": 255}}, "name")
_TRAIT = {"type": "string", "minLength": 1, "maxLength": 255}
PUT_TRAITS = _object(
    {"traits": {"type": "array", "items": _TRAIT}, "resource_provider_generation": _INTEGER},
    "traits", "resource_provider_generation",
)  # fmt: skip
GET_TRAITS = _object({"name": _TEXT, "associated": _TEXT})

# Allocation candidates

_LIMIT = {"limit": {"type": ["integer", "string"], "pattern": "^[1-9][0-9]*$", "minimum": 1, "minLength": 1}}
_POLICY = {**_LIMIT, "group_policy": {"type": "string", "enum": ["none", "isolate"]}}
_ROOT = {**_POLICY, "root_required": {"type": ["string"]}}


def _groups(suffix: str, *names: str) -> Schema:
    return {f"^{name}({suffix})?$": _TEXT for name in names}


_THREE = ("resources", "required", "member_of")
_FOUR = (*_THREE, "in_tree")
_FIRST = {"resources": _TEXT}
GET_CANDIDATES = {
    "1.10": _object(_FIRST, "resources"), "1.16": _object({**_FIRST, **_LIMIT}, "resources"),
    "1.17": _object({**_FIRST, **_LIMIT, "required": {"type": ["string"]}}, "resources"),
    "1.21": _object(
        {**_FIRST, **_LIMIT, "required": {"type": ["string"]}, "member_of": {"type": ["string"]}}, "resources"
    ),
    "1.25": _object(_POLICY, patternProperties=_groups(NUMBER, *_THREE)),
    "1.31": _object(_POLICY, patternProperties=_groups(NUMBER, *_FOUR)),
    "1.33": _object(_POLICY, patternProperties=_groups(SUFFIX, *_FOUR)),
    "1.35": _object(_ROOT, patternProperties=_groups(SUFFIX, *_FOUR)),
    "1.36": _object({**_ROOT, "same_subtree": {"type": ["string"]}}, patternProperties=_groups(SUFFIX, *_FOUR)),
}  # fmt: skip
