"""Sending one request: over a socket with a deadline that holds, or straight into a WSGI application."""

from __future__ import annotations

import contextlib
import http.client
import io
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from kit.guidelines.errors import ProbeError
from kit.guidelines.traffic.exchange import Exchange, body_of

LARGEST = 8 * 1024 * 1024
Sender = Callable[[str, str, Mapping[str, str], bytes | None], Exchange]


def http_sender(base: str, timeout: float = 10.0) -> Sender:
    """Send to a server; each request is over, answered or not, after `timeout` seconds.

    Raises
    ------
    ProbeError
        The URL is none, the server cannot be reached, does not answer in time, or does not speak HTTP.
    """
    try:
        parts = urlsplit(base)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ProbeError(f"{base!r} is no URL: {error}", todo="Give http://host:port/.") from None
    if parts.scheme not in ("http", "https") or not host:
        raise ProbeError(f"{base!r} is no URL of a service.", todo="Give http://host:port/.")
    if not 0.01 <= timeout <= 86_400:
        raise ProbeError(f"The timeout is {timeout:g} seconds.", todo="Give from 0.01 to 86400.")

    def send(method: str, uri: str, headers: Mapping[str, str], body: bytes | None) -> Exchange:
        if parts.scheme == "https":
            context = ssl.create_default_context()
            link: http.client.HTTPConnection = http.client.HTTPSConnection(host, port, timeout=timeout, context=context)
        else:
            link = http.client.HTTPConnection(host, port, timeout=timeout)
        late = threading.Event()
        start = time.monotonic()
        watch: threading.Timer | None = None
        try:
            link.connect()
            watch = threading.Timer(max(0.01, timeout - (time.monotonic() - start)), _cut, (link.sock, late))
            watch.daemon = True
            watch.start()
            link.request(method, uri, body=body, headers=dict(headers))
            answer = link.getresponse()
            data = answer.read(LARGEST + 1)
            if late.is_set():
                raise TimeoutError
        except (TimeoutError, OSError, http.client.HTTPException, ValueError) as error:
            if late.is_set() or isinstance(error, TimeoutError):
                what = f"{method} {uri} had no whole answer after {timeout:g} seconds."
                raise ProbeError(what, where=base, todo="See whether the service hangs, or raise --timeout.") from None
            what = f"{method} {uri} failed: {error or type(error).__name__}"
            raise ProbeError(what, where=base, todo="See whether the service runs there, and speaks HTTP.") from None
        finally:
            if watch is not None:
                watch.cancel()
            link.close()
        if len(data) > LARGEST:
            what = f"{method} {uri} answered more than {LARGEST:,} bytes."
            raise ProbeError(what, where=base, todo="Name smaller collections with --path.")
        return _exchange(method, uri, headers, body, answer.status, answer.getheaders(), data)

    return send


def _cut(link: socket.socket | None, late: threading.Event) -> None:
    late.set()
    if link is not None:
        with contextlib.suppress(OSError):
            link.shutdown(socket.SHUT_RDWR)


def _exchange(
    method: str,
    uri: str,
    headers: Mapping[str, str],
    body: bytes | None,
    status: int,
    answered: Iterable[tuple[str, str]],
    data: bytes,
) -> Exchange:
    names: dict[str, str] = {}
    found: dict[str, str] = {}
    for name, value in answered:
        low = name.lower()
        names[low] = name
        found[low] = f"{found[low]}, {value}" if low in found else value
    asked = {name.lower(): value for name, value in headers.items()}
    sent = body_of(body)
    return Exchange(0, method, uri, status, asked, found, sent, body_of(data), names)


def wsgi_sender(application: Any) -> Sender:
    """Send straight into a WSGI application, such as a small service that lives in a notebook."""

    def send(method: str, uri: str, headers: Mapping[str, str], body: bytes | None) -> Exchange:
        path, _, query = uri.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method, "PATH_INFO": unquote(path), "QUERY_STRING": query, "SCRIPT_NAME": "",
            "SERVER_NAME": "localhost", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1",
            "wsgi.version": (1, 0), "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(body or b""),
            "wsgi.errors": io.StringIO(), "wsgi.multithread": False, "wsgi.multiprocess": False, "wsgi.run_once": False,
            "CONTENT_LENGTH": str(len(body or b"")),
        }  # fmt: skip
        for name, value in headers.items():
            key = name.upper().replace("-", "_")
            environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = value
        told: list[Any] = []

        def start_response(status: str, heads: list[tuple[str, str]], error: object = None) -> Callable[[bytes], None]:
            told[:] = [status, heads]
            return written.append

        written: list[bytes] = []
        try:
            parts = application(environ, start_response)
            written.extend(parts)
            if hasattr(parts, "close"):
                parts.close()
            status, heads = told
        except Exception as error:
            what = f"{method} {uri} raised {type(error).__name__}: {error}"
            raise ProbeError(what, todo="Mend the application, so that it answers every request.") from error
        return _exchange(method, uri, headers, body, int(status.split()[0]), heads, b"".join(written))

    return send


def as_json(value: Any) -> bytes:
    """A body to send."""
    return json.dumps(value).encode()
