"""The face in process: a transport adapter for `requests` that calls the cloud as a function."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from kit.cloud import waiting
from kit.cloud.address import BASE_URL, HOST
from kit.cloud.app import LATE, PATIENCE, Dropped

if TYPE_CHECKING:
    from kit.cloud.cloud import Cloud

__all__ = ["BASE_URL", "HOST", "CloudAdapter", "session"]


class CloudAdapter(BaseAdapter):
    """Answers requests from a cloud in this process: no socket, no thread."""

    def __init__(self, cloud: Cloud) -> None:
        super().__init__()
        self.cloud = cloud

    def send(
        self, request: requests.PreparedRequest, stream: bool = False, timeout: Any = None, verify: Any = True,
        cert: Any = None, proxies: Any = None,
    ) -> requests.Response:  # fmt: skip
        """Call the cloud and dress its answer as a `requests.Response`.

        Raises
        ------
        requests.ConnectionError
            When a fault drops the connection.
        requests.ReadTimeout
            When a fault's latency is longer than `timeout`.
        """
        url = urlsplit(request.url or "")
        body = _body(request.body)
        environ: dict[str, Any] = {
            "REQUEST_METHOD": request.method, "SCRIPT_NAME": "", "PATH_INFO": unquote(url.path, "latin-1"),
            "QUERY_STRING": url.query, "SERVER_NAME": url.hostname, "SERVER_PORT": str(url.port or 80),
            "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1", "CONTENT_LENGTH": str(len(body)),
            "HTTP_HOST": url.netloc, "wsgi.version": (1, 0), "wsgi.url_scheme": url.scheme,
            "wsgi.input": io.BytesIO(body), "wsgi.errors": io.StringIO(), "wsgi.multithread": False,
            "wsgi.multiprocess": False, "wsgi.run_once": False,
        }  # fmt: skip
        wait = timeout[1] if isinstance(timeout, tuple) else getattr(timeout, "read_timeout", timeout)
        if isinstance(wait, int | float) and wait > 0:
            environ[PATIENCE] = wait
        for name, value in request.headers.items():
            key = name.upper().replace("-", "_")
            text = value.decode("latin-1") if isinstance(value, bytes) else value
            if key == "CONTENT_TYPE":
                environ[key] = text
            elif key != "CONTENT_LENGTH":
                environ[f"HTTP_{key}"] = text
        answered: dict[str, Any] = {}

        def start_response(status: str, headers: list[tuple[str, str]], _error: object = None) -> None:
            answered["status"], answered["headers"] = status, headers

        try:
            payload = b"".join(self.cloud.app(environ, start_response))
        except Dropped as drop:
            raise requests.ConnectionError("Connection aborted by a fault", request=request) from drop
        finally:
            waiting.answered(self.cloud)
        if environ.get(LATE):
            raise requests.ReadTimeout(f"Read timed out. (read timeout={wait})", request=request)
        return _response(request, answered["status"], answered["headers"], payload, self)

    def close(self) -> None:
        """Nothing is held open."""


def _body(body: Any) -> bytes:
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, bytes | bytearray):
        return bytes(body)
    if hasattr(body, "read"):
        read = body.read()
        return read.encode() if isinstance(read, str) else bytes(read)
    return b"".join(body)


def _response(
    request: requests.PreparedRequest,
    status: str,
    headers: list[tuple[str, str]],
    payload: bytes,
    adapter: CloudAdapter,
) -> requests.Response:
    response = requests.Response()
    code, _, response.reason = status.partition(" ")
    response.status_code = int(code)
    joined: CaseInsensitiveDict[str] = CaseInsensitiveDict()
    for name, value in headers:
        joined[name] = f"{joined[name]}, {value}" if name in joined else value
    response.headers = joined
    response.raw = io.BytesIO(payload)
    response._content = payload
    response._content_consumed = True  # type: ignore[attr-defined]
    response.url = request.url or ""
    response.request = request
    response.encoding = "utf-8" if "json" in joined.get("content-type", "") else None
    response.connection = adapter  # type: ignore[assignment]
    return response


def session(cloud: Cloud) -> requests.Session:
    """A `requests` session in which every URL leads to this cloud."""
    http = requests.Session()
    http.trust_env = False
    adapter = CloudAdapter(cloud)
    http.mount("http://", adapter)
    http.mount("https://", adapter)
    return http
