"""Every path is there twice: alone, and below the project's id (3.67 made the id optional)."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from kit.cloud.call import Call
from kit.cloud.errors import BadRequest
from kit.cloud.service import Function, Service

# Cinder's `project_id_regex`.
_PROJECT = re.compile(r"[0-9a-f\-]+")


def _scoped(function: Function) -> Function:
    """The same function, once the path names the caller's project."""

    @wraps(function)
    def run(call: Call, *, project_id: str, **given: str) -> Any:
        if not _PROJECT.fullmatch(project_id):
            raise call.service.no_route(call, [])
        if project_id != call.context.project_id:
            raise BadRequest("Malformed request url")
        return function(call, **given)

    return run


def _exact(function: Function) -> Function:
    """The same function, unless the path has a slash at its end: Cinder routes no such path."""

    @wraps(function)
    def run(call: Call, **given: str) -> Any:
        if call.slash:
            raise call.service.no_route(call, [])
        return function(call, **given)

    return run


def adder(service: Service) -> Callable[..., None]:
    """A function that adds an operation under both paths."""

    def add(method: str, template: str, function: Function, **options: Any) -> None:
        function = _exact(function)
        service.add(method, f"/v3{template}", function, **options)
        service.add(method, f"/v3/{{project_id}}{template}", _scoped(function), **options)

    return add
