"""What a service of the mock cloud is: a prefix, routes, an error envelope, perhaps microversions."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from threading import RLock
from typing import TYPE_CHECKING, Any

from kit.cloud.call import Answer, Call
from kit.cloud.errors import ApiError, NotFound
from kit.cloud.versions import Microversions, Version

if TYPE_CHECKING:
    from kit.cloud.cloud import Cloud
    from kit.cloud.events import Handler
    from kit.cloud.store import Transaction

Function = Callable[..., Any]
_LOADING = RLock()


@dataclass(frozen=True, slots=True)
class Operation:
    """One method on one path: what answers it, and when it is there.

    Attributes
    ----------
    open : bool
        Whether it answers without a token.
    since, until : Version or None
        The microversions in which it exists, both ends in it.
    writes : bool
        Whether it changes something although its method only looks (Neutron makes a project's
        default security group when the project first lists its groups).
    """

    method: str
    template: str
    function: Function
    status: int | None = None
    open: bool = False
    since: Version | None = None
    until: Version | None = None
    writes: bool = False

    @property
    def name(self) -> str:
        """A stable name: `show` of module `servers` is `servers.show`."""
        return f"{self.function.__module__.rsplit('.', 1)[-1]}.{self.function.__name__}"

    def exists_in(self, version: Version | None) -> bool:
        """Whether a request of that microversion finds the operation."""
        if version is None:
            return True
        return (self.since is None or version >= self.since) and (self.until is None or version <= self.until)


@dataclass
class Service:
    """One service of the cloud.

    Subclasses give it its error envelope (`fault`) and headers of its own (`headers`).

    Parameters
    ----------
    type, name : str
        As in the catalog: `compute`, `nova`.
    path : str
        The prefix on the cloud's port: `/compute`.
    endpoint : str
        What the catalog's URL has after the prefix: `/v2.1`. May hold `%(project_id)s`.
    routes : str
        A module whose `add_to(service)` is called when the service is first used: a service over an engine
        that takes time to load costs nothing in a cloud that does without it.
    """

    type: str
    name: str
    path: str
    endpoint: str = ""
    microversions: Microversions | None = None
    malformed_body: str = (
        "The server could not comply with the request since it is either malformed or otherwise incorrect."
    )
    # The Content-Type of an answer without a body: "" is none at all, None is JSON's but with 204.
    empty_type: str | None = None
    strips_slash: bool = True  # whether `/things/` is `/things`; where it is not, nothing answers there
    head_as_get: bool = False  # whether HEAD works wherever GET does
    routes: str = ""
    _operations: list[Operation] = field(default_factory=list)
    _handlers: dict[str, Handler] = field(default_factory=dict)

    @property
    def operations(self) -> list[Operation]:
        """All that it answers."""
        self._load()
        return self._operations

    @property
    def handlers(self) -> dict[str, Handler]:
        """What carries out its due events, by kind."""
        self._load()
        return self._handlers

    @property
    def loaded(self) -> bool:
        """Whether its routes are known."""
        return not self.routes

    def _load(self) -> None:
        if self.routes:
            with _LOADING:
                if self.routes:
                    import_module(self.routes).add_to(self)
                    self.routes = ""

    def add(
        self, method: str, template: str, function: Function, *, status: int | None = None, open: bool = False,
        since: str = "", until: str = "", writes: bool = False,
    ) -> None:  # fmt: skip
        """Let `function(call, **path parameters)` answer `method` on `template` (below the prefix).

        It returns a dict (answered as JSON with `status` or 200), None (`status` or 204), or an `Answer`.
        """
        low, high = (Version.parse(text) if text else None for text in (since, until))
        self._operations.append(Operation(method, template, function, status, open, low, high, writes))

    def on(self, event: str, handler: Handler) -> None:
        """Let `handler(cloud, tx, event)` carry out the due event `event` (`compute.built`)."""
        self._handlers[event] = handler

    def prepare(self, cloud: Cloud, tx: Transaction) -> None:
        """Put in place what the service has on a new cloud."""

    def join(self, cloud: Cloud) -> None:
        """Attach to a cloud object, new or reopened, what the service has beside its rows."""

    def locate(self, path: str) -> str:
        """The path at which an operation is known, for a path that a client may use as well (with its prefix)."""
        return path

    def settle_version(self, call: Call) -> None:
        """Settle the microversion of a request by its headers."""
        ranges = self.microversions
        if ranges is not None:
            legacy = call.headers.get(ranges.legacy_header.lower())
            call.version = ranges.negotiate(call.headers.get("openstack-api-version"), legacy)

    def dress(self, call: Call, answer: Answer) -> None:
        """Change an answer that is about to go out."""

    def authorize(self, call: Call, operation: Operation, params: dict[str, str]) -> None:
        """Refuse a caller whose roles do not let them run the operation; a service without rules refuses none."""

    def fault(self, error: ApiError, call: Call) -> Answer:
        """The answer that a refusal becomes."""
        body = {"error": {"code": error.status, "title": error.title, "message": error.message}}
        return Answer(error.status, body, dict(error.headers))

    def headers(self, call: Call, status: int) -> dict[str, str]:
        """Headers that every answer of the service carries."""
        return {"x-openstack-request-id": call.request_id}

    def challenge(self, call: Call) -> dict[str, str]:
        """The header of a 401."""
        return {"WWW-Authenticate": f'Keystone uri="{call.base}/identity"'}

    def no_route(self, call: Call, methods: list[str]) -> ApiError:
        """The refusal of an unknown path; `methods` are those that a known path has."""
        return NotFound("The resource could not be found.")

    def answer(self, operation: Operation, result: Any) -> Answer:
        """What an operation's return value means."""
        if isinstance(result, Answer):
            return result
        if result is None:
            return Answer(operation.status or 204)
        return Answer(operation.status or 200, result)


def encode(answer: Answer) -> bytes:
    """The bytes of an answer's body."""
    if answer.body is None:
        return b""
    if isinstance(answer.body, bytes):
        return answer.body
    if isinstance(answer.body, str):
        return answer.body.encode()
    return json.dumps(answer.body).encode()
