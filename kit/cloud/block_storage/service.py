"""The block storage service as a whole: its error envelope, its headers and its version documents."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from kit.cloud.block_storage.bootstrap import bootstrap
from kit.cloud.block_storage.unserved import routed
from kit.cloud.call import Answer, Call
from kit.cloud.errors import ApiError, NotFound
from kit.cloud.service import Service

if TYPE_CHECKING:
    from kit.cloud.cloud import Cloud
    from kit.cloud.store import Transaction

# cinder.api.openstack.wsgi.Fault._fault_names
FAULTS = {
    400: "badRequest", 401: "unauthorized", 403: "forbidden", 404: "itemNotFound", 405: "badMethod",
    409: "conflictingRequest", 413: "overLimit", 415: "badMediaType", 501: "notImplemented", 503: "serviceUnavailable",
}  # fmt: skip


_SLASHES = re.compile("//+")


class NoSuchPath(NotFound):
    """A path that Cinder does not route: answered by its web framework, not by its API."""


class BlockStorageService(Service):
    """Cinder v3 with microversions."""

    def prepare(self, cloud: Cloud, tx: Transaction) -> None:
        bootstrap(tx)

    def locate(self, path: str) -> str:
        # Cinder's router reads several slashes as one: `/v3//volumes`.
        return _SLASHES.sub("/", path) if "//" in path else path

    def fault(self, error: ApiError, call: Call) -> Answer:
        if error.status == 401:
            body: dict[str, Any] = {"error": {"code": 401, "title": error.title, "message": error.message}}
        elif isinstance(error, NoSuchPath):
            body = {
                "message": f"{error.message}<br /><br />\n\n\n", "code": "404 Not Found", "title": error.title,
            }  # fmt: skip
        else:
            inner: dict[str, Any] = {"code": error.status, "message": error.message}
            if error.status == 413 and "Retry-After" in error.headers:
                inner["retryAfter"] = error.headers["Retry-After"]
            body = {FAULTS.get(error.status, "computeFault"): inner}
        return Answer(error.status, body, dict(error.headers))

    def headers(self, call: Call, status: int) -> dict[str, str]:
        headers = {"x-openstack-request-id": call.request_id}
        if status == 401:
            return headers
        headers["x-compute-request-id"] = call.request_id
        ranges = self.microversions
        assert ranges is not None
        # A refused version of this API is echoed; a request that never got so far names none.
        asked = ranges.requested(call.headers.get("openstack-api-version"), None) if status == 406 else None
        if asked and asked.partition(".")[0] != str(ranges.high.major):
            asked = None
        shown = str(call.version or asked or "")
        if shown:
            headers["OpenStack-API-Version"] = f"{ranges.header_type} {shown}"
            headers["Vary"] = "OpenStack-API-Version"
        return headers

    def no_route(self, call: Call, methods: list[str]) -> ApiError:
        if not call.slash and routed(call.method, call.path.removeprefix(f"{self.path}/v3")):
            self.settle_version(call)
            return NotFound("The resource could not be found.")
        return NoSuchPath("The resource could not be found.")


def versions(call: Call) -> dict[str, Any]:
    """The versions on offer."""
    ranges = call.service.microversions
    assert ranges is not None
    if call.version is None:
        call.version = ranges.negotiate(call.headers.get("openstack-api-version"), None)
    document = {
        "id": "v3.0", "status": "CURRENT", "version": str(ranges.high), "min_version": str(ranges.low),
        "updated": "2023-08-31T00:00:00Z",
        "links": [
            {"rel": "describedby", "type": "text/html", "href": "https://docs.openstack.org/"},
            {"rel": "self", "href": f"{call.root}/v3/"},
        ],
        "media-types": [{"base": "application/json", "type": "application/vnd.openstack.volume+json;version=3"}],
    }  # fmt: skip
    return {"versions": [document]}
