"""Types of resources: listed, described, and as templates that stand for them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from kit.cloud.call import Call
from kit.cloud.orchestration.common import truth
from kit.cloud.orchestration.errors import HeatError, bad_request
from kit.cloud.orchestration.resource_policy import enforce_type, may_use
from kit.cloud.orchestration.resources import NEEDS, support
from kit.hot import ResourceType, find_type, type_names
from kit.hot.constraints import Constraint
from kit.hot.properties import PropertySchema

STATUSES = ("UNKNOWN", "SUPPORTED", "DEPRECATED", "UNSUPPORTED", "HIDDEN")
KINDS = {"integer": "integer", "number": "number", "string": "string", "boolean": "boolean", "map": "map",
         "list": "list", "any": "any"}  # fmt: skip
HOW = {
    "real": "Makes the real thing in this cloud.", "engine": "Needs nothing but the orchestration service.",
    "nothing": "Takes any property and does nothing.",
}  # fmt: skip


def index(call: Call, tenant: str) -> dict[str, Any]:
    """List the types, by name, version or support status."""
    status, name, version = (call.query.one(key) for key in ("support_status", "name", "version"))
    if status is not None and status not in STATUSES:
        raise bad_request(f"Invalid support status and should be one of {list(STATUSES)}")
    try:
        pattern = re.compile(name) if name else None
    except re.error:
        raise bad_request(f"Invalid filter parameters {name}") from None
    told: list[Any] = []
    described = truth(call, "with_description")
    for each in type_names(hidden=status == "HIDDEN"):
        type = find_type(each)
        if (
            type is None
            or not may_use(call.context, each)
            or (status and type.support["status"] != status)
            or (pattern and not pattern.search(each))
        ):
            continue
        if version and not str(type.support.get("version") or "").startswith(version):
            continue
        told.append({"resource_type": each, "description": description(each)} if described else each)
    return {"resource_types": told}


def description(name: str) -> str:
    """How a type is made in this cloud."""
    how = support(name)
    if how in HOW:
        return HOW[how]
    group = name.split("::")[1]
    return f"Kept as a record: this cloud has no service {NEEDS.get(group, group)}."


def _found(name: str) -> ResourceType:
    type = find_type(name)
    if type is None:
        raise HeatError(404, f"The Resource Type ({name}) could not be found.", "EntityNotFound")
    return type


def show(call: Call, tenant: str, type_name: str) -> dict[str, Any]:
    """A type's properties, attributes and support status."""
    enforce_type(call.context, type_name)
    type = _found(type_name)
    told: dict[str, Any] = {
        "resource_type": type_name, "properties": {name: schema(each) for name, each in type.properties.items()},
        "attributes": {name: _attribute(kind) for name, kind in _attributes(type).items()},
        "support_status": _status(type.support),
    }  # fmt: skip
    return told | ({"description": description(type_name)} if truth(call, "with_description") else {})


def _attributes(type: ResourceType) -> dict[str, str]:
    return dict(type.attributes) | {"show": "Map"}


def _attribute(kind: str) -> dict[str, Any]:
    return {"type": kind.lower()} if kind else {}


def _status(support: Mapping[str, Any]) -> dict[str, Any]:
    previous = support.get("previous")
    return {
        "status": support["status"], "version": support.get("version"), "message": support.get("message"),
        "previous_status": _status(previous) if previous else None,
    }  # fmt: skip


def schema(given: PropertySchema) -> dict[str, Any]:
    """A property as Heat describes it."""
    told: dict[str, Any] = {
        "type": KINDS[given.kind], "required": given.required, "update_allowed": given.update_allowed,
        "immutable": given.immutable,
    }  # fmt: skip
    if given.default is not None:
        told["default"] = given.default
    if given.constraints:
        told["constraints"] = [constraint(each) for each in given.constraints]
    if given.schema is not None:
        told["schema"] = {name: schema(each) for name, each in given.schema.items()}
    if given.status != "SUPPORTED":
        told["support_status"] = {"status": given.status, "message": given.message or None}
    return told


def constraint(given: Constraint) -> dict[str, Any]:
    """A constraint as Heat describes it."""
    if given.name in ("range", "length"):
        return {given.name: {key: value for key, value in given.value.items() if value is not None}}
    return {given.name: given.value}


def template(call: Call, tenant: str, type_name: str) -> dict[str, Any]:
    """A template with one resource of the type: each property a parameter, each attribute an output."""
    enforce_type(call.context, type_name)
    type = _found(type_name)
    kind = call.query.one("template_type", "cfn")
    if kind not in ("cfn", "hot"):
        raise bad_request(f'Template type is not supported: Invalid template type "{kind}", valid types are: cfn, hot.')
    if type.support["status"] == "HIDDEN":
        raise HeatError(404, f"The Resource Type ({type_name}) could not be found.", "EntityNotFound")
    name = type_name.rpartition("::")[2]
    return _hot(type, name) if kind == "hot" else _cfn(type, name)


def _given(type: ResourceType) -> dict[str, PropertySchema]:
    return {name: each for name, each in type.properties.items() if each.status != "HIDDEN"}


def _hot(type: ResourceType, name: str) -> dict[str, Any]:
    kinds = {"integer": "number", "number": "number", "string": "string", "boolean": "boolean", "map": "json",
             "list": "comma_delimited_list", "any": "string"}  # fmt: skip
    return {
        "heat_template_version": "2016-10-14", "description": f"Initial template of {name}",
        "parameters": {key: _parameter(each, kinds, "type", "default") for key, each in _given(type).items()},
        "resources": {
            name: {"type": type.name, "properties": {key: {"get_param": key} for key in _given(type)}}
        },
        "outputs": {key: {"value": {"get_attr": [name, key]}} for key in _attributes(type)}
        | {"OS::stack_id": {"value": {"get_resource": name}}},
    }  # fmt: skip


def _cfn(type: ResourceType, name: str) -> dict[str, Any]:
    kinds = {"integer": "Number", "number": "Number", "string": "String", "boolean": "Boolean", "map": "Json",
             "list": "CommaDelimitedList", "any": "String"}  # fmt: skip
    return {
        "HeatTemplateFormatVersion": "2012-12-12", "Description": f"Initial template of {name}",
        "Parameters": {key: _parameter(each, kinds, "Type", "Default") for key, each in _given(type).items()},
        "Resources": {name: {"Type": type.name, "Properties": {key: {"Ref": key} for key in _given(type)}}},
        "Outputs": {key: {"Value": {"Fn::GetAtt": [name, key]}} for key in _attributes(type)}
        | {"OS::stack_id": {"Value": {"Ref": name}}},
    }  # fmt: skip


def _parameter(given: PropertySchema, kinds: Mapping[str, str], word: str, default: str) -> dict[str, Any]:
    told: dict[str, Any] = {word: kinds[given.kind]}
    if given.default is not None:
        told[default] = given.default
    elif not given.required and word == "type":
        told["default"] = {"map": {}, "list": []}.get(given.kind, "")
    return told
