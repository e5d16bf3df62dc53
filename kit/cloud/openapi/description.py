"""The description as a whole: every path of every service, with its operations."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from kit import __version__
from kit.cloud.openapi.reading import Reading, errors, read
from kit.cloud.service import Operation, Service

_PARAMETER = re.compile(r"{(\w+)(?::[^}]*)?}")
_TOKEN = "X-Auth-Token"
_TEXT = {"type": "string"}
_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"))


def document(services: Mapping[str, Service]) -> dict[str, Any]:
    """The description of these services as plain data."""
    paths: dict[str, Any] = {}
    names: Counter[str] = Counter()
    for service in services.values():
        for template, operations in _by_path(service).items():
            shown = paths.setdefault(template, {})
            parameters = _PARAMETER.findall(template)
            if parameters:
                shown["parameters"] = [
                    {"name": name, "in": "path", "required": True, "schema": _TEXT} for name in parameters
                ]  # fmt: skip
            for method, found in operations.items():
                operation = _operation(service, found, method, names)
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
            "responses": {_refusal(service): _error_response(service) for service in services.values()},
        },
    }  # fmt: skip


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


def _operation(service: Service, operations: list[Operation], method: str, names: Counter[str]) -> dict[str, Any]:
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
    if bodies:
        schema = bodies[0] if len(bodies) == 1 else {"anyOf": bodies}
        shown["requestBody"] = {"content": {"application/json": {"schema": schema}}, "required": True}
    elif method in ("POST", "PUT", "PATCH") and any(reading.reads for reading in readings):
        shown["requestBody"] = {"content": {"*/*": {"schema": {}}}}
    shown["responses"] = _responses(service, operations, readings)
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
    query = sorted({name for reading in readings for name in reading.query})
    found: list[dict[str, Any]] = [{"name": name, "in": "query", "schema": _TEXT} for name in query]
    ranges = service.microversions
    if ranges is not None and not all(operation.open for operation in operations):
        text = f"`{ranges.header_type} {ranges.low}` to `{ranges.header_type} {ranges.high}`, or `latest`"
        found.append(
            {"name": "OpenStack-API-Version", "in": "header", "schema": _TEXT, "description": text,
             "example": f"{ranges.header_type} {ranges.high}"}
        )  # fmt: skip
    return found


def _responses(service: Service, operations: list[Operation], readings: list[Reading]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for status in sorted({status for reading in readings for status in reading.statuses}):
        found[str(status)] = {"description": "Done" if status < 300 else "See what it says"}
    for status in sorted(errors(service)):
        if str(status) not in found:
            found[str(status)] = {"$ref": f"#/components/responses/{_refusal(service)}"}
    return found


def _refusal(service: Service) -> str:
    return f"{service.type}-refusal"


def _error_response(service: Service) -> dict[str, Any]:
    return {
        "description": f"A refusal in {service.name}'s own envelope",
        "content": {
            "application/json": {"schema": {"type": ["object", "array", "string"]}},
            "text/html": {"schema": _TEXT},
        },
    }
