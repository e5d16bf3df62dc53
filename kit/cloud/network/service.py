"""The network service as a whole: its error envelope and its version documents."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.errors import ApiError, NotFound
from kit.cloud.network.errors import not_allowed
from kit.cloud.network.tags import RESOURCES, collection_of
from kit.cloud.service import Operation, Service

_TYPES = {400: "HTTPBadRequest", 404: "HTTPNotFound", 403: "PolicyNotAuthorized", 409: "Conflict"}


class NetworkService(Service):
    """Neutron v2.0."""

    def locate(self, path: str) -> str:
        # The format that every path may name; there has been one only since Juno.
        return path.removesuffix(".json")

    def authorize(self, call: Call, operation: Operation, params: dict[str, str]) -> None:
        if call.method in ("GET", "HEAD") or call.context.may_write:
            return
        collection, below = collection_of(call.path)
        kind = collection.removeprefix("qos/")
        if below and kind in RESOURCES:
            RESOURCES[kind][1](call, below[0])  # what they do not see is not there, whatever they want of it
        verb = {"POST": "create", "DELETE": "delete"}.get(call.method, "update")
        words = collection.rpartition("/")[2].replace("-", "_")
        if len(below) < 2:
            raise not_allowed(f"{verb}_{_one(words)}")
        part = below[1]
        if part == "tags":
            raise not_allowed(f"{verb}_{words}_tags")
        if call.method == "PUT" and len(below) == 2:  # an action: a router's interfaces, a trunk's subports
            raise not_allowed(part)
        raise not_allowed(f"{verb}_{_one(words)}_{_one(part)}")

    def fault(self, error: ApiError, call: Call) -> Answer:
        if error.status == 401:
            body: dict[str, Any] = {"error": {"code": 401, "title": error.title, "message": error.message}}
        else:
            type = error.type or _TYPES.get(error.status, "HTTPInternalServerError")
            body = {"NeutronError": {"type": type, "message": error.message, "detail": ""}}
        return Answer(error.status, body, dict(error.headers))

    def headers(self, call: Call, status: int) -> dict[str, str]:
        return {"x-openstack-request-id": call.request_id}

    def no_route(self, call: Call, methods: list[str]) -> ApiError:
        return NotFound("The resource could not be found.", type="HTTPNotFound")


def _one(words: str) -> str:
    """The singular of a collection: `policies` is `policy`."""
    return words.removesuffix("ies") + "y" if words.endswith("ies") else words.removesuffix("s")


def _document(call: Call) -> dict[str, Any]:
    return {"id": "v2.0", "status": "CURRENT", "links": [{"rel": "self", "href": f"{call.root}/v2.0/"}]}


def versions(call: Call) -> dict[str, Any]:
    """The versions on offer."""
    return {"versions": [_document(call)]}


_COLLECTIONS = ("networks", "subnets", "ports", "routers", "floatingips", "security-groups", "quotas", "extensions")


def version(call: Call) -> dict[str, Any]:
    """Version 2.0's resources."""
    return {
        "resources": [
            {
                "links": [{"rel": "self", "href": f"{call.root}/v2.0/{name}"}],
                "name": name.replace("-", "_").rstrip("s"),
                "collection": name.replace("-", "_"),
            }
            for name in _COLLECTIONS
        ]
    }
