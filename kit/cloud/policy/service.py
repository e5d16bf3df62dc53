"""The policy service as a whole: its error envelope, its version documents, what a new cloud has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kit.cloud.call import Answer, Call
from kit.cloud.errors import ApiError
from kit.cloud.policy import library
from kit.cloud.policy.drivers import DRIVERS, SYSTEM
from kit.cloud.policy.errors import PolicyApiError, not_found
from kit.cloud.policy.models import policies, sources
from kit.cloud.policy.standing import Standing
from kit.cloud.service import Service

if TYPE_CHECKING:
    from kit.cloud.cloud import Cloud
    from kit.cloud.store import Transaction


class PolicyService(Service):
    """Congress v1."""

    def fault(self, error: ApiError, call: Call) -> Answer:
        if error.status == 401:
            body: dict[str, Any] = {"error": {"code": 401, "title": error.title, "message": error.message}}
        else:
            code, data = (error.code, error.data) if isinstance(error, PolicyApiError) else (error.status, None)
            body = {"error": {"message": error.message, "error_code": code, "error_data": data}}
        return Answer(error.status, body, dict(error.headers))

    def no_route(self, call: Call, methods: list[str]) -> ApiError:
        if methods:
            return PolicyApiError(501, 501, "Method not supported")
        return not_found("The resouce could not be found.")  # Congress's own spelling

    def join(self, cloud: Cloud) -> None:
        cloud.watchers.append(Standing(cloud))

    def prepare(self, cloud: Cloud, tx: Transaction) -> None:
        if tx.first(policies, name=SYSTEM[0]) is not None:
            return
        for name in SYSTEM:
            tx.insert(
                policies, id=tx.ids.uuid(), name=name, abbreviation=name[:5], owner_id="user", created_at=tx.stamp,
                description=f"{name} policy", kind="action" if name == "action" else "nonrecursive",
            )  # fmt: skip
        for name, driver in DRIVERS.items():
            if driver.service in cloud.services:
                tx.insert(
                    sources, id=tx.ids.uuid(), name=name, driver=name, description=driver.description, enabled=True,
                    config={}, pushed={},
                )  # fmt: skip
        library.prepare(tx)


def _document(call: Call) -> dict[str, Any]:
    links = [{"rel": "self", "href": f"{call.root}/v1/"}]
    return {"id": "v1", "status": "CURRENT", "updated": "2013-08-12T17:42:13Z", "links": links}


def versions(call: Call) -> dict[str, Any]:
    """The versions on offer."""
    return {"versions": [_document(call)]}


def version(call: Call) -> dict[str, Any]:
    """Version 1."""
    described = {"rel": "describedby", "type": "text/html", "href": "http://congress.readthedocs.org/"}
    found = _document(call)
    return {"version": {**found, "links": [*found["links"], described]}}


service = PolicyService(type="policy", name="congress", path="/policy", routes="kit.cloud.policy.routes")
