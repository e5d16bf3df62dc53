"""The compute service as a whole: its error envelope, its headers and its version documents."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from kit.cloud.call import Answer, Call
from kit.cloud.compute.bootstrap import bootstrap
from kit.cloud.compute.models import servers
from kit.cloud.compute.policy import RULES
from kit.cloud.compute.queries import check_query
from kit.cloud.compute.settings import api
from kit.cloud.compute.v2.paths import place_of, single
from kit.cloud.compute.v2.rules import with_old_names
from kit.cloud.compute.v2.switches import path_is_off, without
from kit.cloud.compute.validation import is_legacy, refuse, switched_off
from kit.cloud.errors import ApiError, BadRequest, NotFound
from kit.cloud.service import Operation, Service

if TYPE_CHECKING:
    from kit.cloud.cloud import Cloud
    from kit.cloud.store import Transaction

# nova.api.openstack.wsgi.Fault._fault_names
FAULTS = {
    400: "badRequest", 401: "unauthorized", 403: "forbidden", 404: "itemNotFound", 405: "badMethod",
    409: "conflictingRequest", 413: "overLimit", 415: "badMediaType", 429: "overLimit", 501: "notImplemented",
    503: "serviceUnavailable",
}  # fmt: skip


class NoSuchPath(NotFound):
    """A path that Nova does not route: answered by its web framework, not by its API."""


class ComputeService(Service):
    """Nova 2.1 with microversions, and its `/v2`."""

    def prepare(self, cloud: Cloud, tx: Transaction) -> None:
        bootstrap(tx)

    def locate(self, path: str) -> str:
        path = single(path)
        place = place_of(path)
        return f"{self.path}/v2.1{place.rest}" if place.rest and place.prefix != "v2.1" else path

    def settle_version(self, call: Call) -> None:
        if place_of(call.path).legacy:  # it knows of no microversions
            assert self.microversions is not None
            call.version = self.microversions.low
        else:
            super().settle_version(call)

    def dress(self, call: Call, answer: Answer) -> None:
        off = switched_off(call)
        if off and answer.body is not None:
            answer.body = without(json.loads(answer.body) if isinstance(answer.body, bytes) else answer.body, off)

    def _admit(self, call: Call) -> None:
        """Refuse another project's id in the path, and what a legacy tree has not got."""
        place = place_of(call.path)
        if place.project and place.project != call.context.project_id:
            raise BadRequest("Malformed request url")
        if is_legacy(call) and (not place.project or path_is_off(place.rest, switched_off(call))):
            raise NoSuchPath("The resource could not be found.")

    def authorize(self, call: Call, operation: Operation, params: dict[str, str]) -> None:
        self._admit(call)
        if call.query and not place_of(call.path).legacy:
            check_query(call, operation.name)
        rule = RULES.get(operation.name)
        if rule is None or call.context.may_write:
            return
        server_id = params.get("server_id")
        if server_id is not None:
            row = call.tx.get(servers, server_id)
            if row is None or row["project_id"] != call.context.project_id:
                return  # the operation itself says that there is none
        refuse(rule)

    def fault(self, error: ApiError, call: Call) -> Answer:
        if error.status == 403 and place_of(call.path).legacy and call.notes.get("legacy"):
            error.message = with_old_names(error.message)
        kind = "application/json; charset=UTF-8"
        if error.status == 401:
            kind = "application/json"  # said by Keystone's middleware
            body: dict[str, Any] = {"error": {"code": 401, "title": error.title, "message": error.message}}
        elif isinstance(error, NoSuchPath):
            kind = "application/json"
            body = {
                "message": f"{error.message}<br /><br />\n\n\n", "code": "404 Not Found", "title": error.title,
            }  # fmt: skip
        else:
            body = {FAULTS.get(error.status, "computeFault"): {"code": error.status, "message": error.message}}
        return Answer(error.status, body, dict(error.headers), kind)

    def headers(self, call: Call, status: int) -> dict[str, str]:
        headers = {"x-openstack-request-id": call.request_id, "x-compute-request-id": call.request_id}
        ranges = self.microversions
        assert ranges is not None
        if place_of(call.path).legacy:
            return headers
        # A refused version is echoed; a request that never got so far is answered as the lowest.
        shown = str(call.version or "") or (
            ranges.requested(call.headers.get("openstack-api-version"), call.headers.get(ranges.legacy_header.lower()))
            if status == 406
            else ""
        )
        if shown:
            headers["OpenStack-API-Version"] = f"{ranges.header_type} {shown}"
            headers[ranges.legacy_header] = shown
            headers["Vary"] = f"OpenStack-API-Version, {ranges.legacy_header}"
        return headers

    def no_route(self, call: Call, methods: list[str]) -> ApiError:
        return NoSuchPath("The resource could not be found.")


def _document(call: Call, number: str) -> dict[str, Any]:
    assert call.service.microversions is not None
    current = number == "v2.1"
    old = ("SUPPORTED", "2011-01-21T11:33:21Z") if api(call.tx).legacy_v2 else ("DEPRECATED", "2025-07-04T12:00:00Z")
    return {
        "id": number if current else "v2.0",
        "status": "CURRENT" if current else old[0],
        "version": str(call.service.microversions.high) if current else "",
        "min_version": str(call.service.microversions.low) if current else "",
        "updated": "2013-07-23T11:33:21Z" if current else old[1],
        "links": [{"rel": "self", "href": f"{call.root}/{number}/"}],
    }


def versions(call: Call) -> dict[str, Any]:
    """The versions on offer."""
    return {"versions": [_document(call, "v2"), _document(call, "v2.1")]}


def version(call: Call) -> dict[str, Any]:
    """Version 2.1's own document."""
    return _version(call, "v2.1")


def same_version(call: Call, number: str) -> dict[str, Any]:
    """Version 2.1's own document, below itself."""
    if number != "v2.1":
        raise NotFound("The resource could not be found.")
    return _version(call, number)


def old_version(call: Call) -> dict[str, Any]:
    """Version 2.0's own document."""
    return _version(call, "v2")


def _version(call: Call, number: str) -> dict[str, Any]:
    document = _document(call, number)
    document["links"].append({"rel": "describedby", "type": "text/html", "href": "http://docs.openstack.org/"})
    document["media-types"] = [
        {"base": "application/json", "type": f"application/vnd.openstack.compute+json;version={number[1:]}"}
    ]
    return {"version": document}
