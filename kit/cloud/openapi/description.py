"""The description as a whole: every path of every service, with its operations."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from kit import __version__
from kit.cloud.openapi import queries
from kit.cloud.openapi.answers import Success, successes
from kit.cloud.openapi.reading import Reading, read
from kit.cloud.openapi.refusals import kept, refusal, refusals
from kit.cloud.service import Operation, Service

_PARAMETER = re.compile(r"{(\w+)(?::[^}]*)?}")
_TOKEN = "X-Auth-Token"
_TEXT = {"type": "string"}
_SOME_ID = "0c5f1d3e-7a42-4f0b-9a1e-6d2b8c4e9f10"
_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"))


def document(services: Mapping[str, Service]) -> dict[str, Any]:
    """The description of these services as plain data."""
    paths: dict[str, Any] = {}
    names: Counter[str] = Counter()
    refused: dict[str, Any] = {}
    for service in services.values():
        for template, operations in _by_path(service).items():
            shown = paths.setdefault(template, {})
            parameters = _PARAMETER.findall(template)
            if parameters:
                shown["parameters"] = [
                    _in_path(name) for name in parameters
                ]  # fmt: skip
            for method, found in operations.items():
                operation = _operation(service, found, method, names, refused)
                if method in _METHODS:
                    shown[method.lower()] = operation
                else:  # OpenAPI 3.1 has no place for Swift's COPY
                    shown.setdefault("x-methods", {})[method] = operation
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "OpenStack, as the mock cloud of openstack-labkit speaks it", "version": __version__,
            "description": "Generated from the routes and the request schemas in the code.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "http://127.0.0.1:35357", "description": "kit cloud serve"}],
        "tags": [{"name": service.type, "description": service.name} for service in services.values()],
        "security": [{"token": []}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "securitySchemes": {"token": {"type": "apiKey", "in": "header", "name": _TOKEN}},
            "responses": dict(sorted(refused.items())),
        },
    }  # fmt: skip


def _in_path(name: str) -> dict[str, Any]:
    what = name.removesuffix("_id").replace("_", " ")
    text, example = f"The {what}.", f"some-{what.replace(' ', '-')}"
    if name.endswith("_id") or name in ("id", "uuid"):
        text, example = f"The id of the {what}." if name.endswith("_id") else "The id.", _SOME_ID
    return {"name": name, "in": "path", "required": True, "schema": _TEXT, "description": text, "example": example}


def _by_path(service: Service) -> dict[str, dict[str, list[Operation]]]:
    """Path to method to the operations that answer it, one a range of microversions."""
    found: dict[str, dict[str, list[Operation]]] = {}
    for operation in service.operations:
        path = _PARAMETER.sub(r"{\1}", (service.path + operation.template).rstrip("/") or "/")
        methods = found.setdefault(path, {})
        methods.setdefault(operation.method, []).append(operation)
        if service.head_as_get and operation.method == "GET":
            methods.setdefault("HEAD", []).append(operation)
    return found


def _operation(
    service: Service, operations: list[Operation], method: str, names: Counter[str], refused: dict[str, Any]
) -> dict[str, Any]:
    readings = [read(operation, service) for operation in operations]
    newest = operations[-1]
    name = f"{service.type}.{newest.name}" + (".head" if method == "HEAD" else "")
    names[name] += 1
    shown: dict[str, Any] = {
        "operationId": name if names[name] == 1 else f"{name}.{names[name]}",
        "tags": [service.type],
        "summary": readings[-1].summary,
    }
    parameters = _parameters(service, operations, readings)
    if parameters:
        shown["parameters"] = parameters
    bodies = [reading.body for reading in readings if reading.body is not None]
    if bodies and method not in ("GET", "HEAD"):
        schema = bodies[0] if len(bodies) == 1 else {"anyOf": bodies}
        shown["requestBody"] = {"content": {"application/json": {"schema": schema}}, "required": True}
    elif method in ("POST", "PUT", "PATCH") and any(reading.reads for reading in readings):
        shown["requestBody"] = {"content": {"*/*": {"schema": {}}}}
    shown["responses"] = _responses(service, operations, readings, method, refused)
    if all(operation.open for operation in operations):
        shown["security"] = []
    ranges = [
        {"since": str(operation.since or ""), "until": str(operation.until or "")}
        for operation in operations if operation.since or operation.until
    ]  # fmt: skip
    if ranges:
        shown["x-openstack-microversions"] = ranges
    return shown


def _parameters(service: Service, operations: list[Operation], readings: list[Reading]) -> list[dict[str, Any]]:
    query = {name for reading in readings for name in reading.query}
    query |= {name for operation in operations for name in queries.names(operation, service)}
    found = [queries.parameter(name, service) for name in sorted(query)]
    heads = sorted({name for reading in readings for name in reading.headers})
    found += [queries.header(name) for name in heads]
    ranges = service.microversions
    if ranges is not None and not _open(operations, readings):
        text = f"`{ranges.header_type} {ranges.low}` to `{ranges.header_type} {ranges.high}`, or `latest`"
        found.append(
            {"name": "OpenStack-API-Version", "in": "header", "schema": _TEXT, "description": text,
             "example": f"{ranges.header_type} {ranges.high}"}
        )  # fmt: skip
    return found


def _open(operations: list[Operation], readings: list[Reading]) -> bool:
    """Whether neither a token is asked for nor a microversion settled."""
    return all(
        operation.open and not reading.versioned for operation, reading in zip(operations, readings, strict=True)
    )


def _responses(
    service: Service, operations: list[Operation], readings: list[Reading], method: str, refused: dict[str, Any]
) -> dict[str, Any]:
    done: dict[int, Success] = {}
    said: dict[int, str] = {}
    for operation in operations:
        for status, success in successes(operation).items():
            if success.body and status == 200:
                success.members |= queries.members(operation, service)
            done.setdefault(status, Success()).add(success)
        said |= refusals(operation, service)
    always = kept(service, open=_open(operations, readings))
    found = {str(status): _success(status, each, always, method) for status, each in sorted(done.items())}
    for status, text in sorted(said.items()):
        if str(status) not in found:
            found[str(status)] = {"$ref": f"#/components/responses/{_refusal(service, status, text, refused)}"}
    return found


def _success(status: int, success: Success, always: list[str], method: str) -> dict[str, Any]:
    names = [*always, *sorted(success.headers)]
    shown: dict[str, Any] = {"description": HTTPStatus(status).phrase}
    if names:
        shown["headers"] = {name: {"schema": _TEXT} for name in names}
    if success.body and status != 204 and method != "HEAD":
        schema: dict[str, Any] = {}
        if success.members:
            schema = {"type": "object", "properties": {name: {} for name in sorted(success.members)}}
        shown["content"] = {"application/json" if success.json else "*/*": {"schema": schema}}
    return shown


def _refusal(service: Service, status: int, text: str, refused: dict[str, Any]) -> str:
    """The name of a refusal's component; a status that says two things has two."""
    name, number = f"{service.type}-{status}", 1
    while name in refused and refused[name]["description"] != text:
        number += 1
        name = f"{service.type}-{status}-{number}"
    if name not in refused:
        refused[name] = refusal(service, status, text)
    return name
