"""The identity service as a whole: its error envelope and its version documents."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.errors import ApiError, MethodNotAllowed, NotFound
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


class IdentityService(Service):
    """Keystone v3."""

    def headers(self, call: Call, status: int) -> dict[str, str]:
        return {"Vary": "X-Auth-Token", "x-openstack-request-id": call.request_id}

    def challenge(self, call: Call) -> dict[str, str]:
        return {"WWW-Authenticate": f'Keystone uri="{call.root}/v3"'}

    def fault(self, error: ApiError, call: Call) -> Answer:
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
