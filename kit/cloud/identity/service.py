"""The identity service as a whole: its error envelope and its version documents."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.errors import ApiError, MethodNotAllowed, NotFound, Unauthorized
from kit.cloud.service import Service

MALFORMED = (
    "Expecting to find valid JSON in request body. The server could not comply with the request since it is either "
    "malformed or otherwise incorrect. The client is assumed to be in error."
)
# What Flask itself answers, where no part of Keystone does.
_PAGE = """<!doctype html>
<html lang=en>
<title>404 Not Found</title>
<h1>Not Found</h1>
<p>{}</p>
"""
_FLASK = "flask"


@dataclass
class IdentityService(Service):
    """Keystone v3."""

    _patterns: list[tuple[str, re.Pattern[str]]] = field(default_factory=list)

    def headers(self, call: Call, status: int) -> dict[str, str]:
        return {"Vary": "X-Auth-Token", "x-openstack-request-id": call.request_id}

    def challenge(self, call: Call) -> dict[str, str]:
        if self._astray(call) is not None:
            return {}
        return {"WWW-Authenticate": f'Keystone uri="{call.root}/v3"'}

    def _astray(self, call: Call) -> ApiError | None:
        """The refusal of a path or a method that is not there; Keystone finds that out before it looks at a token."""
        path = call.path.removeprefix(self.path)
        methods = [method for method, pattern in self._paths() if pattern.fullmatch(path)]
        if call.method in methods or (call.method == "HEAD" and "GET" in methods):
            return None
        return self.no_route(call, sorted(methods))

    def _paths(self) -> list[tuple[str, re.Pattern[str]]]:
        if not self._patterns:
            self._patterns.extend(
                (operation.method, re.compile(re.sub(r"\{[^}]*\}", "[^/]+", operation.template.rstrip("/"))))
                for operation in self.operations
            )
        return self._patterns

    def fault(self, error: ApiError, call: Call) -> Answer:
        if isinstance(error, Unauthorized):
            error = self._astray(call) or error
        if error.type == _FLASK and isinstance(error, NotFound):
            return Answer(404, _PAGE.format(error.message), dict(error.headers), "text/html; charset=utf-8")
        if error.type == _FLASK:
            return Answer(error.status, {"message": error.message}, dict(error.headers))
        body = {"error": {"code": error.status, "message": error.message, "title": error.title}}
        return Answer(error.status, body, dict(error.headers))

    def no_route(self, call: Call, methods: list[str]) -> ApiError:
        if methods:
            allowed = ", ".join(
                ["OPTIONS", *(["HEAD"] if "GET" in methods and "HEAD" not in methods else []), *methods]
            )
            return MethodNotAllowed(
                "The method is not allowed for the requested URL.", type=_FLASK, headers={"allow": allowed}
            )
        return NotFound(
            "The requested URL was not found on the server. If you entered the URL manually please check your "
            "spelling and try again.",
            type=_FLASK,
        )


def version_document(call: Call) -> dict[str, Any]:
    """Version 3 as a discovery document describes it."""
    return {
        "id": "v3.14",
        "status": "stable",
        "updated": "2020-04-07T00:00:00Z",
        "links": [{"rel": "self", "href": f"{call.root}/v3/"}],
        "media-types": [{"base": "application/json", "type": "application/vnd.openstack.identity-v3+json"}],
    }


def versions(call: Call) -> Answer:
    """The versions on offer: 300, as Keystone answers at its root."""
    return Answer(300, {"versions": {"values": [version_document(call)]}}, {"Location": f"{call.root}/v3/"})


def version(call: Call) -> dict[str, Any]:
    """Version 3's own document."""
    return {"version": version_document(call)}
