"""The network service as a whole: its error envelope and its version documents."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.errors import ApiError, NotFound
from kit.cloud.network import (
    address_scopes,
    agents,
    flavors,
    local_ips,
    logging,
    metering,
    ndp_proxies,
    rbac,
    rule_templates,
    segment_ranges,
    segments,
)
from kit.cloud.network.attributes import Form, given
from kit.cloud.network.errors import bad_request, not_allowed
from kit.cloud.network.tags import RESOURCES, collection_of, one_of
from kit.cloud.service import Operation, Service

_MALFORMED = "The server could not comply with the request since it is either malformed or otherwise incorrect."
_TYPES = {400: "HTTPBadRequest", 404: "HTTPNotFound", 403: "PolicyNotAuthorized", 409: "Conflict"}


# What an id of each collection leads to, for those who may see it.
_FINDERS: dict[str, Callable[[Call, str], Any]] = {
    **{kind: find for kind, (_, find) in RESOURCES.items()},
    "address-scopes": address_scopes.find,
    "agents": agents.find,
    "default-security-group-rules": rule_templates.find,
    "flavors": flavors.find,
    "local-ips": local_ips.find,
    "log/logs": logging.find,
    "metering/metering-labels": metering.find_label,
    "metering/metering-label-rules": metering.find_rule,
    "ndp-proxies": ndp_proxies.find,
    "network-segment-ranges": segment_ranges.find,
    "rbac-policies": rbac.find,
    "segments": segments.find,
    "service-profiles": flavors.profile_find,
}


class NetworkService(Service):
    """Neutron v2.0."""

    def locate(self, path: str) -> str:
        # The format that every path may name; there has been one only since Juno.
        head, sign, rest = path.removesuffix(".json").partition("/v2.0/")
        if not sign:
            return head
        # Neutron takes a dash for an underscore; a collection has one way of writing it here.
        words = rest.split("/")
        for place in range(2 if words[0] in ("qos", "log", "metering") else 1):
            words[place : place + 1] = [
                self._spelling.get(word.replace("-", "_"), word) for word in words[place : place + 1]
            ]
        return head + sign + "/".join(words)

    @cached_property
    def _spelling(self) -> dict[str, str]:
        paths = [operation.template.removeprefix("/v2.0/").split("/") for operation in self.operations]
        words = {word for path in paths for word in path[:2] if not word.startswith("{")}
        return {word.replace("-", "_"): word for word in sorted(words)}

    def authorize(self, call: Call, operation: Operation, params: dict[str, str]) -> None:
        _acceptable(call)
        _revision(call)
        if call.method in ("GET", "HEAD") or call.context.may_write:
            return
        collection, below = collection_of(call.path)
        kind = collection.removeprefix("qos/")
        if len(below) > 1 and below[1] == "tags":
            return  # these rules are known where the tags are
        form: Form | None = getattr(operation.function, "form", None)
        verb = {"POST": "create", "DELETE": "delete"}.get(call.method, "update")
        values = given(call, form, verb) if form else {}
        if below and kind in _FINDERS and call.method != "POST":
            _FINDERS[kind](call, below[0])  # what they do not see is not there, whatever they want of it
        words = collection.rpartition("/")[2].replace("-", "_")
        if len(below) < 2:
            raise form.refusal(verb, values) if form else not_allowed(f"{verb}_{one_of(words)}")
        part = below[1]
        if call.method == "PUT" and len(below) == 2:  # an action: a router's interfaces, a trunk's subports
            raise not_allowed(part)
        raise not_allowed(f"{verb}_{one_of(words)}_{one_of(part)}")

    def fault(self, error: ApiError, call: Call) -> Answer:
        if error.status == 401:
            body: dict[str, Any] = {"error": {"code": 401, "title": error.title, "message": error.message}}
        else:
            type = error.type or _TYPES.get(error.status, "HTTPInternalServerError")
            envelope = type if type == "NotImplementedError" else "NeutronError"
            body = {envelope: {"type": type, "message": error.message, "detail": ""}}
        return Answer(error.status, body, dict(error.headers))

    def headers(self, call: Call, status: int) -> dict[str, str]:
        return {"x-openstack-request-id": call.request_id}

    def no_route(self, call: Call, methods: list[str]) -> ApiError:
        if not methods:
            return NotFound("The resource could not be found.", type="HTTPNotFound")
        _acceptable(call)
        collection, below = collection_of(call.path)
        kind = collection.removeprefix("qos/")
        if call.method in ("PUT", "DELETE") and not below and kind in RESOURCES:
            RESOURCES[kind][1](call, "None")  # of which nothing was said
        return ApiError(_MALFORMED, type="HTTPMethodNotAllowed", status=405)


def _acceptable(call: Call) -> None:
    """Refuse to answer somebody who takes no JSON; what is no media type says nothing."""
    wanted = [part.partition(";")[0].strip().lower() for part in call.headers.get("accept", "").split(",")]
    kinds = [word for word in wanted if "/" in word]
    if kinds and not any(word in ("*/*", "application/*", "application/json") for word in kinds):
        raise ApiError(_MALFORMED, type="HTTPNotAcceptable", status=406)


def _revision(call: Call) -> None:
    """Refuse an `If-Match` that names its revision otherwise than by a number."""
    name, sign, number = call.headers.get("if-match", "").strip('"').partition("=")
    if name == "revision_number" and sign and not number.isdigit():
        raise bad_request(
            "Bad if-match request: Revision number etag must be in the format of revision_number=<int>.", "BadRequest"
        )


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
