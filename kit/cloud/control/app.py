"""The WSGI callable of the control path: who may steer, what is asked, and the answer as JSON."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Iterable
from http import HTTPStatus
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from kit.cloud.control import actions
from kit.cloud.control.actions import Refused
from kit.errors import KitError

if TYPE_CHECKING:
    from kit.cloud.cloud import Cloud

PREFIX = "/kit/v1"
# Far more than a snapshot of 10,000 servers takes.
LARGEST = 2**30

Environ = dict[str, Any]


class Control:
    """The control path of one cloud.

    Parameters
    ----------
    token : str
        What callers must show as `X-Kit-Token`. Without one, only this machine is heard.
    alone : bool
        Whether what comes from this machine is this machine's own; nobody is heard without a token where it is not.
    """

    def __init__(self, cloud: Cloud, token: str = "", *, alone: bool = True) -> None:
        self._alone = alone
        self._cloud = cloud
        self._token = token

    @staticmethod
    def concerns(environ: Environ) -> bool:
        """Whether a request is for the control path."""
        path = environ.get("PATH_INFO", "")
        return bool(path == "/kit" or path.startswith("/kit/"))

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request."""
        try:
            self._admit(environ)
            status, found = self._answer(environ)
        except Refused as refused:
            status, found = refused.status, {"error": refused.message, "todo": refused.todo}
        except KitError as error:
            status, found = 400, {"error": error.what, "todo": error.todo}
        binary = isinstance(found, bytes)
        payload: bytes = found if isinstance(found, bytes) else json.dumps(found).encode()
        headers = [
            ("Content-Type", "application/octet-stream" if binary else "application/json"),
            ("Content-Length", str(len(payload))), ("Cache-Control", "no-store"),
        ]  # fmt: skip
        start_response(f"{status} {HTTPStatus(status).phrase}", headers)
        return [payload]

    def _admit(self, environ: Environ) -> None:
        """Refuse who may not steer: anybody without the token, or, when there is none, anybody from elsewhere."""
        if self._token:
            shown = environ.get("HTTP_X_KIT_TOKEN", "")
            if not hmac.compare_digest(shown.encode(), self._token.encode()):
                raise Refused(
                    401, "the control path of this cloud needs its token", "Give --token, or KIT_CLOUD_TOKEN."
                )
            return
        if not self._alone:
            raise Refused(403, "a cloud behind a proxy is steered with a token", "Serve it with --control-token TOKEN.")
        # A page in somebody's browser is on this machine, too, and so is a name that it points here.
        host = environ.get("HTTP_HOST", "").rpartition(":")[0].strip("[]") or environ.get("HTTP_HOST", "")
        if not _loopback(environ.get("REMOTE_ADDR", "")) or not _loopback(host) or "HTTP_ORIGIN" in environ:
            raise Refused(403, "a cloud is steered from its own machine", "Serve it with --control-token TOKEN.")

    def _answer(self, environ: Environ) -> tuple[int, Any]:
        path = environ["PATH_INFO"].removeprefix(PREFIX).rstrip("/")
        method = environ["REQUEST_METHOD"]
        parts = tuple(part for part in path.split("/") if part)
        known = actions.ACTIONS.get(parts[0]) if parts and environ["PATH_INFO"].startswith(PREFIX) else None
        if known is None:
            raise Refused(404, f"no such path: {environ['PATH_INFO']}", f"There are: {', '.join(actions.ACTIONS)}.")
        if method not in known:
            raise Refused(405, f"{method} is not for {parts[0]}", f"There are: {', '.join(known)}.")
        query = dict(parse_qsl(environ.get("QUERY_STRING", "")))
        length = int(environ.get("CONTENT_LENGTH") or 0)
        if length > LARGEST:
            raise Refused(413, "the body is too large", f"At most {LARGEST} bytes.")
        body = environ["wsgi.input"].read(length) if length else b""
        return known[method](self._cloud, parts[1:], query, body)


def _loopback(address: str) -> bool:
    if address == "localhost":
        return True
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return (getattr(found, "ipv4_mapped", None) or found).is_loopback
