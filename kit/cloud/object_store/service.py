"""The object store as a whole: its pages, its headers, who may do what."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.clock import stamp
from kit.cloud.errors import ApiError, MethodNotAllowed
from kit.cloud.object_store import access
from kit.cloud.object_store.errors import Refused, not_found, page
from kit.cloud.object_store.moments import seconds
from kit.cloud.service import Operation, Service

HTML = "text/html; charset=UTF-8"
TEXT = "text/plain"
VERSION = "2.38.0"
LISTING_LIMIT = 10000


# What an account allows, and what containers and objects do.
_ALLOWED = ("POST, GET, OPTIONS, HEAD", "POST, GET, OPTIONS, HEAD, DELETE, PUT")


class ObjectStoreService(Service):
    """Swift v1."""

    def authorize(self, call: Call, operation: Operation, params: dict[str, str]) -> None:
        access.check(call, params.get("account", ""), params.get("container", ""), params.get("name", ""))

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
            return MethodNotAllowed(headers={"Allow": _ALLOWED["PUT" in methods]})
        return not_found()


def created(headers: dict[str, str] | None = None) -> Answer:
    """201, without a body."""
    return Answer(201, b"", headers or {}, HTML)


def accepted() -> Answer:
    """202, with Swift's page."""
    return Answer(202, page(202).encode(), type=HTML)


def options(call: Call, container: str = "", **_params: str) -> Answer:
    """The methods of a path."""
    return Answer(200, b"", {"Allow": _ALLOWED[bool(container)]}, HTML)


def info(call: Call) -> dict[str, Any]:
    """What the store offers, and its limits."""
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
            "allow_async_delete": False,
        },
        "account_quotas": {}, "container_quotas": {},
        "tempurl": {
            "methods": ["GET", "HEAD"], "incoming_remove_headers": ["x-timestamp", "x-open-expired"],
            "incoming_allow_headers": [], "outgoing_remove_headers": ["x-object-meta-*"],
            "outgoing_allow_headers": ["x-object-meta-public-*"], "allowed_digests": ["sha1", "sha256", "sha512"],
            "deprecated_digests": ["sha1"],
        },
        "bulk_delete": {"max_deletes_per_request": 10000, "max_failed_deletes": 1000},
    }  # fmt: skip
