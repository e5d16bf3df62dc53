"""The placement service as a whole: its versions, its error envelope, its policy, its headers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from kit.cloud.call import Answer, Call
from kit.cloud.clock import parse
from kit.cloud.errors import ApiError, BadRequest, Forbidden, MethodNotAllowed, NotAcceptable
from kit.cloud.placement import validation, wording
from kit.cloud.placement.errors import UNDEFINED, Missing, bad_request
from kit.cloud.service import Operation, Service
from kit.cloud.versions import Microversions, Version

if TYPE_CHECKING:
    from kit.cloud.cloud import Cloud
    from kit.cloud.store import Transaction

ROOT = Version(1, 0)
LATEST = Version(1, 39)

# Operations and Placement's names of their rules; nearly all are for `admin` and `service`.
RULES = {
    "providers.index": "resource_providers:list", "providers.create": "resource_providers:create",
    "providers.show": "resource_providers:show", "providers.update": "resource_providers:update",
    "providers.delete": "resource_providers:delete", "inventories.index": "resource_providers:inventories:list",
    "inventories.create": "resource_providers:inventories:create",
    "inventories.show": "resource_providers:inventories:show",
    "inventories.replace": "resource_providers:inventories:update",
    "inventories.update": "resource_providers:inventories:update",
    "inventories.clear": "resource_providers:inventories:delete",
    "inventories.delete": "resource_providers:inventories:delete", "usages.of_provider": "resource_providers:usages",
    "usages.total": "usages", "aggregates.show": "resource_providers:aggregates:list",
    "aggregates.replace": "resource_providers:aggregates:update",
    "allocations.of_provider": "resource_providers:allocations:list", "allocations.show": "allocations:list",
    "allocations.replace": "allocations:update", "allocations.replace_many": "allocations:manage",
    "allocations.delete": "allocations:delete", "candidates.index": "allocation_candidates:list",
    "traits.index": "traits:list", "traits.show": "traits:show", "traits.create": "traits:update",
    "traits.delete": "traits:delete", "provider_traits.show": "resource_providers:traits:list",
    "provider_traits.replace": "resource_providers:traits:update",
    "provider_traits.clear": "resource_providers:traits:delete", "resource_classes.index": "resource_classes:list",
    "resource_classes.create": "resource_classes:create", "resource_classes.show": "resource_classes:show",
    "resource_classes.rename": "resource_classes:update", "resource_classes.ensure": "resource_classes:update",
    "resource_classes.delete": "resource_classes:delete", "reshaper.reshape": "reshaper:reshape",
}  # fmt: skip


@dataclass(frozen=True)
class PlacementVersions(Microversions):
    """Placement's microversions, refused in the words of `microversion_parse`."""

    def requested(self, common: str | None, legacy: str | None) -> str | None:
        for part in reversed((common or "").split(",")):
            words = part.strip().split(None, 1)
            if len(words) == 2 and words[0].lower() == self.header_type:
                return words[1].strip()
        return None

    def negotiate(self, common: str | None, legacy: str | None) -> Version:
        wanted = self.requested(common, legacy) or str(self.low)
        if wanted == "latest":
            return self.high
        try:
            major, minor = (int(part) for part in wanted.split(".", 1))
        except ValueError as error:
            raise BadRequest(f"Invalid microversion: invalid version string: {wanted}; {error}") from None
        if not self.low <= (major, minor) <= self.high:
            raise NotAcceptable(f"Invalid microversion: Unacceptable version header: {major}.{minor}")
        return Version(major, minor)


class PlacementService(Service):
    """Placement 1.0 to 1.39."""

    def prepare(self, cloud: Cloud, tx: Transaction) -> None:
        from kit.cloud.placement.servers import catch_up  # which needs what is above

        catch_up(tx)

    def negotiate(self, call: Call) -> None:
        """Settle the version of a request that the cloud has not settled yet."""
        assert self.microversions is not None
        call.version = self.microversions.negotiate(call.headers.get("openstack-api-version"), None)

    def authorize(self, call: Call, operation: Operation, params: dict[str, str]) -> None:
        length = call.headers.get("content-length", "")
        if length and not length.isdigit():
            raise bad_request("content-length header must be an integer")
        if call.body and not call.headers.get("content-type"):
            raise bad_request("content-type header required when content-length > 0")
        rule, context = RULES.get(operation.name), call.context
        if rule is None:
            return
        if operation.method == "GET" and operation.name != "traits.show":
            validation.accept(call)
        if operation.method in ("POST", "PUT") and operation.name not in ("traits.create", "resource_classes.ensure"):
            validation.media(call)
        # Only a service moves what other services hold.
        roles = ("service",) if rule == "reshaper:reshape" else ("admin", "service")
        allowed = not context.system and not context.roles.isdisjoint(roles)
        if rule == "usages" and not allowed:
            own = call.query.one("project_id") == context.project_id is not None
            allowed = own and "reader" in context.roles
        if not allowed:
            raise Forbidden(f"Policy does not allow placement:{rule} to be performed.")

    def fault(self, error: ApiError, call: Call) -> Answer:
        if error.status == 401:
            shown = {"code": 401, "title": error.title, "message": error.message}
            return Answer(401, {"error": shown}, dict(error.headers))
        body: dict[str, Any] = {
            "status": error.status, "title": HTTPStatus(error.status).phrase, "detail": wording.detail(error, call),
        }  # fmt: skip
        if call.at_least("1.23"):
            body["code"] = error.type or UNDEFINED
        body["request_id"] = call.request_id
        if error.status == 406 and call.version is None:
            body |= {"max_version": str(LATEST), "min_version": str(ROOT)}
        headers = dict(error.headers)
        if call.version is not None and not isinstance(error, Missing | Forbidden):
            headers["vary"] = "openstack-api-version"
        kind = wording.kind(call.headers.get("accept", ""))
        if kind != "application/json":
            return Answer(error.status, wording.page(error, call, kind), headers, f"{kind}; charset=UTF-8")
        return Answer(error.status, {"errors": [body]}, headers)

    def headers(self, call: Call, status: int) -> dict[str, str]:
        headers = {"x-openstack-request-id": call.request_id}
        if call.version is not None:
            headers["openstack-api-version"] = f"placement {call.version}"
            if status < 400:
                headers["vary"] = "openstack-api-version"
        return headers

    def no_route(self, call: Call, methods: list[str]) -> ApiError:
        self.negotiate(call)
        if methods:
            allowed = ", ".join(methods)
            return MethodNotAllowed(
                "The method specified is not allowed for this resource.", headers={"allow": allowed}
            )
        return Missing(wording.EXPLAINED[404])


def http_date(stamp: str | datetime) -> str:
    """A moment as HTTP headers have it."""
    moment = parse(stamp) if isinstance(stamp, str) else stamp
    return format_datetime(moment).replace("-0000", "GMT")


def fresh(call: Call, body: Any, modified: str | None = None, status: int = 200, **headers: str) -> Answer:
    """An answer that says when it was last modified and that nobody is to keep it (from 1.15 on)."""
    if call.at_least("1.15"):
        headers |= {"cache-control": "no-cache", "last-modified": http_date(modified or call.tx.stamp)}
    return Answer(status, body, headers)


def empty(call: Call, status: int, modified: str | None = None, **headers: str) -> Answer:
    """An answer without a body."""
    return fresh(call, None, modified, status, **headers) if modified else Answer(status, None, headers)


def modified(rows: list[dict[str, Any]]) -> str | None:
    """When the youngest of some rows was changed."""
    return max((row["updated_at"] or row["created_at"] for row in rows), default=None)


def home(call: Call) -> Answer:
    """The versions on offer: 200 at the root, in the version that was asked for."""
    assert isinstance(call.service, PlacementService)
    call.service.negotiate(call)
    shown = {
        "id": f"v{ROOT}", "max_version": str(LATEST), "min_version": str(ROOT), "status": "CURRENT",
        "links": [{"rel": "self", "href": ""}],
    }  # fmt: skip
    return fresh(call, {"versions": [shown]})


def not_allowed(call: Call, **_params: str) -> None:
    """Refuse a method that the requested microversion has not."""
    raise MethodNotAllowed("")
