"""How a stack asks the other services of its cloud: through their APIs, as its owner, in one transaction.

A refused call leaves no trace: it runs in a savepoint of the transaction that the stack's step has.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from kit.cloud.call import Context
from kit.cloud.inner import Inside, Reply
from kit.hot.errors import ResourceFailure

if TYPE_CHECKING:
    from kit.cloud.cloud import Cloud
    from kit.cloud.store import Transaction

# The microversions that Heat's client plugins ask for.
VERSIONS = {"block-storage": "3.59"}
TYPES = {"block-storage": "volume"}  # what the header calls the service
WORDS = {
    400: "BadRequest", 401: "Unauthorized", 403: "Forbidden", 404: "NotFound", 409: "Conflict", 413: "OverLimit",
    500: "InternalServerError",
}  # fmt: skip


class Refused(ResourceFailure):
    """A service refuses a call.

    Attributes
    ----------
    status : int
        Of its answer.
    """

    def __init__(self, service: str, reply: Reply) -> None:
        self.status = reply.status_code
        type, message = _said(reply)
        word = WORDS.get(self.status, "ClientException")
        if service == "network":
            kind, what = type or word, f"{message}\nNeutron server returns request_ids: ['req-inner']"
        elif service in ("compute", "identity", "block-storage"):
            kind, what = word, f"{message} (HTTP {self.status})"
        else:
            kind, what = word, message
        super().__init__(what, kind)


def _said(reply: Reply) -> tuple[str, str]:
    """The exception's name and the sentence in any service's envelope."""
    try:
        body = reply.json()
    except ValueError:
        return "", reply.text.strip() or f"HTTP {reply.status_code}"
    if isinstance(body, dict):
        for part in body.values():
            if isinstance(part, dict) and "message" in part:
                return str(part.get("type") or ""), str(part["message"])
        if "message" in body:
            return "", str(body["message"]).replace("<br />", " ").strip()
    return "", reply.text


class Ask:
    """The services of a cloud, for one owner in one transaction."""

    def __init__(self, cloud: Cloud, tx: Transaction, context: Context) -> None:
        self.cloud = cloud
        self.tx = tx
        self.context = context
        self._inside = Inside(cloud, context, tx, judged=True)
        self._depth = 0

    def has(self, service: str) -> bool:
        """Whether the cloud has a service of that type."""
        return self._inside.has(service)

    def reply(
        self, service: str, method: str, path: str, body: Any = None, *, version: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:  # fmt: skip
        """The answer, whatever it is."""
        proxy = getattr(self._inside, service.replace("-", "_"))
        given = dict(headers or {})
        version = version or VERSIONS.get(service)
        if version:
            given["OpenStack-API-Version"] = f"{TYPES.get(service, service)} {version}"
        if method in ("GET", "HEAD"):
            return proxy.request(method, path, headers=given)
        with self._savepoint() as settle:
            reply: Reply = proxy.request(method, path, json=body, headers=given)
            settle(reply.status_code < 400)
        return reply

    def __call__(
        self, service: str, method: str, path: str, body: Any = None, *, version: str | None = None,
        headers: Mapping[str, str] | None = None, missing_ok: bool = False,
    ) -> Any:  # fmt: skip
        """The body of the answer as data; None where there is none, or nothing is found and that is well.

        Raises
        ------
        Refused
            The service says no.
        """
        reply = self.reply(service, method, path, body, version=version, headers=headers)
        if reply.status_code == 404 and missing_ok:
            return None
        if reply.status_code >= 400:
            raise Refused(service, reply)
        if not reply.content:
            return None
        try:
            return json.loads(reply.content)
        except ValueError:
            return reply.text

    @contextmanager
    def _savepoint(self) -> Iterator[Any]:
        connection = self.tx.connection
        self._depth += 1
        name = f"ask_{self._depth}"
        connection.exec_driver_sql(f"SAVEPOINT {name}")
        kept: list[bool] = []
        try:
            yield kept.append
        finally:
            if not (kept and kept[0]):
                connection.exec_driver_sql(f"ROLLBACK TO SAVEPOINT {name}")
                self.tx.forget()
            connection.exec_driver_sql(f"RELEASE SAVEPOINT {name}")
            self._depth -= 1
