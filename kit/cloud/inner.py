"""The cloud's APIs from within: for a service that looks at the others, or acts on them.

A look shares the transaction of the request that causes it, so it sees what that request is about to
make; it is not recorded, meets no fault and takes no time. An act is a request like any other.
"""

from __future__ import annotations

import io
import json as json_
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kit.cloud.address import HOST
from kit.cloud.app import INNER
from kit.cloud.call import Context

if TYPE_CHECKING:
    from kit.cloud.cloud import Cloud
    from kit.cloud.store import Transaction


@dataclass(frozen=True, slots=True)
class Inner:
    """Who asks from within, and in which transaction.

    Attributes
    ----------
    tx : Transaction or None
        The transaction of a look; an act has one of its own.
    judged : bool
        Whether the caller's roles are looked at as with any request: a service acts for somebody.
    """

    context: Context
    tx: Transaction | None = None
    judged: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, with as much of `requests.Response` as its readers need."""

    status_code: int
    content: bytes
    headers: Mapping[str, str] = field(default_factory=dict)  # lower-case name to value

    def json(self) -> Any:
        """The body as JSON."""
        return json_.loads(self.content)

    @property
    def text(self) -> str:
        """The body as text."""
        return self.content.decode(errors="replace")


class Proxy:
    """One service, asked like a proxy of openstacksdk: paths below its endpoint."""

    def __init__(self, cloud: Cloud, inner: Inner, type: str) -> None:
        self._cloud = cloud
        self._inner = inner
        self._service = cloud.services[type]
        endpoint = self._service.endpoint.replace("%(project_id)s", inner.context.project_id or "")
        self._prefix = self._service.path + endpoint

    def get_endpoint(self) -> str:
        """The URL that the catalog names."""
        return f"http://{HOST}{self._prefix}"

    def request(
        self, method: str, path: str, *, json: Any = None, microversion: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:  # fmt: skip
        """Ask the service."""
        body = json if isinstance(json, bytes) else b"" if json is None else json_.dumps(json).encode()
        path, _, query = path.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method, "SCRIPT_NAME": "", "PATH_INFO": self._prefix + path, "QUERY_STRING": query,
            "SERVER_NAME": HOST, "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "HTTP_HOST": HOST,
            "CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(body)), "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(body), "wsgi.errors": io.StringIO(), INNER: self._inner,
        }  # fmt: skip
        if microversion:
            environ["HTTP_OPENSTACK_API_VERSION"] = f"{self._service.type} {microversion}"
        for name, value in (headers or {}).items():
            environ["CONTENT_TYPE" if name.lower() == "content-type" else f"HTTP_{name.upper().replace('-', '_')}"] = (
                value
            )
        started: list[tuple[str, dict[str, str]]] = []

        def start(line: str, headers: list[tuple[str, str]], error: Any = None) -> None:
            started.append((line, {name.lower(): value for name, value in headers}))

        payload = b"".join(self._cloud.app(environ, start))
        return Reply(int(started[0][0][:3]), payload, started[0][1])

    def get(self, path: str, **options: Any) -> Reply:
        """Ask for something."""
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> Reply:
        """Make something, or act on it."""
        return self.request("POST", path, **options)

    def put(self, path: str, **options: Any) -> Reply:
        """Change something."""
        return self.request("PUT", path, **options)

    def delete(self, path: str, **options: Any) -> Reply:
        """Remove something."""
        return self.request("DELETE", path, **options)


class Inside:
    """The services of a cloud, named as on an openstacksdk Connection (`compute`, `network`, `block_storage`)."""

    def __init__(self, cloud: Cloud, context: Context, tx: Transaction | None = None, judged: bool = False) -> None:
        self._cloud = cloud
        self._inner = Inner(context, tx, judged)

    def __getattr__(self, name: str) -> Proxy:
        type = name.replace("_", "-")
        if type not in self._cloud.services:
            raise AttributeError(f"this cloud has no service {type}")
        return Proxy(self._cloud, self._inner, type)

    def has(self, type: str) -> bool:
        """Whether the cloud has a service of that type."""
        return type in self._cloud.services
