"""The object store as a whole: its pages, its headers, who may do what."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.clock import stamp
from kit.cloud.errors import ApiError, MethodNotAllowed
from kit.cloud.object_store.errors import Refused, page
from kit.cloud.object_store.moments import seconds
from kit.cloud.service import Service

HTML = "text/html; charset=UTF-8"
TEXT = "text/plain"
VERSION = "2.38.3"
LISTING_LIMIT = 10000


_ALLOWED = {
    "/info": "GET, HEAD, OPTIONS", "account": "GET, HEAD, OPTIONS, POST",
    "container": "GET, HEAD, OPTIONS, POST, DELETE, PUT", "object": "GET, HEAD, OPTIONS, POST, DELETE, PUT, COPY",
}  # fmt: skip


def allowed(call: Call) -> str:
    """The methods of a request's path."""
    path = call.path.removeprefix(call.service.path)
    depth = min(path.rstrip("/").count("/"), 4)
    return _ALLOWED[path if path == "/info" else ("account", "account", "account", "container", "object")[depth]]


class ObjectStoreService(Service):
    """Swift v1."""

    def fault(self, error: ApiError, call: Call) -> Answer:
        text = error.message if isinstance(error, Refused) else ""
        kind = TEXT if text and isinstance(error, Refused) and error.plain else HTML
        return Answer(error.status, (text or page(error.status)).encode(), dict(error.headers), kind)

    def headers(self, call: Call, status: int) -> dict[str, str]:
        # Swift's form: 21 digits of the request, then the moment.
        number = call.request_id.removeprefix("req-").replace("-", "")
        trans = f"tx{number[:21]}-{int(seconds(stamp(call.cloud.clock.now()))):010x}"
        return {"X-Trans-Id": trans, "X-Openstack-Request-Id": trans}

    def challenge(self, call: Call) -> dict[str, str]:
        account = call.path.removeprefix(self.path).split("/")[2:3]
        return {"Www-Authenticate": f'Swift realm="{account[0] if account else "unknown"}"'}

    def no_route(self, call: Call, methods: list[str]) -> ApiError:
        if methods:
            return MethodNotAllowed(headers={"Allow": allowed(call)})
        return Refused(412, "Bad URL", plain=False)

    def locate(self, path: str) -> str:
        start = f"{self.path}/v1.0/"
        return f"{self.path}/v1/{path.removeprefix(start)}" if path.startswith(start) else path


def created(headers: dict[str, str] | None = None) -> Answer:
    """201, without a body."""
    return Answer(201, b"", headers or {}, HTML)


def accepted() -> Answer:
    """202, with Swift's page."""
    return Answer(202, page(202).encode(), type=HTML)


def options(call: Call, **_params: str) -> Answer:
    """The methods of a path."""
    return Answer(200, b"", {"Allow": allowed(call)}, HTML)


def healthcheck(call: Call) -> Answer:
    """That the store answers."""
    return Answer(200, b"OK", type=TEXT)


def info(call: Call) -> Answer:
    """What the store offers, and its limits."""
    return Answer(200, _capabilities(), type="application/json; charset=UTF-8")


def _capabilities() -> dict[str, Any]:
    return {
        "swift": {
            "version": VERSION, "strict_cors_mode": True,
            "policies": [{"name": "Policy-0", "aliases": "Policy-0", "default": True}],
            "allow_account_management": False, "account_autocreate": True, "allow_open_expired": False,
            "max_file_size": 5368709122, "max_meta_name_length": 128, "max_meta_value_length": 256,
            "max_meta_count": 90, "max_meta_overall_size": 4096, "max_header_size": 8192, "max_request_line": 8192,
            "max_object_name_length": 1024, "container_listing_limit": LISTING_LIMIT,
            "account_listing_limit": LISTING_LIMIT, "max_account_name_length": 256, "max_container_name_length": 256,
            "extra_header_count": 0,
        },
        "slo": {
            "max_manifest_segments": 1000, "max_manifest_size": 8388608, "yield_frequency": 10, "min_segment_size": 1,
            "allow_async_delete": True,
        },
        "versioned_writes": {"allowed_flags": ["x-versions-location", "x-history-location"]},
        "account_quotas": {}, "container_quotas": {},
        "tempurl": {
            "methods": ["GET", "HEAD", "PUT", "POST", "DELETE"], "incoming_remove_headers": ["x-timestamp", "x-open-expired"],
            "incoming_allow_headers": [], "outgoing_remove_headers": ["x-object-meta-*"],
            "outgoing_allow_headers": ["x-object-meta-public-*"], "allowed_digests": ["sha1", "sha256", "sha512"],
            "deprecated_digests": ["sha1"],
        },
        "ratelimit": {
            "account_ratelimit": 0.0, "max_sleep_time_seconds": 60.0, "container_ratelimits": [],
            "container_listing_ratelimits": [],
        },
        "bulk_upload": {"max_containers_per_extraction": 10000, "max_failed_extractions": 1000},
        "container_sync": {"realms": {}}, "bulk_delete": {"max_deletes_per_request": 10000, "max_failed_deletes": 1000},
    }  # fmt: skip
