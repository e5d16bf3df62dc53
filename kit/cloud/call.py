"""One request on its way through a service: who asks, for what, and what is answered."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from kit.cloud.errors import BadRequest, Unauthorized
from kit.cloud.store import Row, Transaction
from kit.cloud.versions import Version

if TYPE_CHECKING:
    from kit.cloud.cloud import Cloud
    from kit.cloud.inner import Inner
    from kit.cloud.service import Service


_version = cache(Version.parse)


@dataclass(frozen=True, slots=True)
class Context:
    """Who calls, as the token says.

    Attributes
    ----------
    roles : frozenset of str
        Names of the roles, implied ones included.
    system : bool
        Whether the token is scoped to the system.
    token : Row
        The token's own row.
    """

    user_id: str = ""
    user_name: str = ""
    user_domain_id: str = ""
    project_id: str | None = None
    project_name: str | None = None
    domain_id: str | None = None
    system: bool = False
    roles: frozenset[str] = frozenset()
    token: Row = field(default_factory=dict)

    @property
    def may_write(self) -> bool:
        """Whether the caller may change things of their project: more than a reader's roles are needed."""
        return not self.roles.isdisjoint(("member", "manager", "admin", "service"))

    @property
    def is_admin(self) -> bool:
        """Whether the caller may do what only the operator does."""
        return "admin" in self.roles


class Query(dict[str, list[str]]):
    """The query string: every value of every key, in order."""

    @classmethod
    def parse(cls, text: str) -> Query:
        """Read a raw query string; blank values count."""
        query = cls()
        if text:
            for name, value in parse_qsl(text, keep_blank_values=True):
                query.setdefault(name, []).append(value)
        return query

    def one(self, name: str, default: str | None = None) -> str | None:
        """The last value of a key, as WebOb gives it."""
        values = super().get(name)
        return values[-1] if values else default


@dataclass(slots=True)
class Answer:
    """What an operation gives back when a plain dict with the route's status is not enough."""

    status: int = 200
    body: Any = None  # a dict or list for JSON, bytes as they are, None for no body
    headers: dict[str, str] = field(default_factory=dict)
    type: str = "application/json"


@dataclass(slots=True)
class Call:
    """One request.

    Attributes
    ----------
    path : str
        The path as the client sent it, service prefix included.
    base : str
        Scheme and host that the client used, without a path: links are built from it.
    version : Version or None
        The microversion to serve; None for a service that has none.
    """

    cloud: Cloud
    service: Service
    tx: Transaction
    method: str
    path: str
    query: Query
    headers: Mapping[str, str]
    body: bytes
    base: str
    request_id: str
    context: Context
    version: Version | None = None
    slash: bool = False  # whether the client wrote a slash at the path's end, which `path` has not
    inner: Inner | None = None  # set when a service of the cloud itself asks
    response_headers: dict[str, str] = field(default_factory=dict)
    notes: dict[str, Any] = field(default_factory=dict)  # what the service has found out about the request

    @property
    def root(self) -> str:
        """The service's own URL, without a version: `http://host:port/compute`."""
        return self.base + self.service.path

    @property
    def url(self) -> str:
        """The URL of this request without its query string."""
        return self.base + self.path

    @property
    def project_id(self) -> str:
        """The project of the token.

        Raises
        ------
        Unauthorized
            When the token has no project scope.
        """
        if self.context.project_id is None:
            raise Unauthorized("The request you have made requires authentication.")
        return self.context.project_id

    def at_least(self, version: str) -> bool:
        """Whether the request's microversion is this one or newer."""
        return self.version is not None and self.version >= _version(version)

    def json(self) -> Any:
        """The body as JSON.

        Raises
        ------
        BadRequest
            When it is not JSON, in the words of the service.
        """
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):  # the second of a body nested thousands deep
            raise BadRequest(self.service.malformed_body) from None

    def later(self, seconds: float, event: str, subject: str, **payload: Any) -> None:
        """Let `event` (`compute.built`) happen to `subject` when `seconds` of cloud time have passed."""
        self.cloud.events.add(self.tx, seconds, event, subject, payload)
