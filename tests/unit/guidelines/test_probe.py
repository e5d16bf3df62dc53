"""A visit to a service: what it sends, what it learns, and how it ends when the service stalls."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from kit.guidelines import Description, Exchange, judge_traffic, load, probe
from kit.guidelines.errors import ProbeError
from kit.guidelines.probe import Probe, wsgi_sender

VERSION = {"OpenStack-API-Version": "network 2.0", "Vary": "OpenStack-API-Version", "Cache-Control": "no-cache"}


def error(status: int, cause: str, **more: str) -> tuple[int, dict[str, str], Any]:
    links = [{"rel": "help", "href": "/help"}]
    body = {"code": f"network.{cause}", "status": status, "title": cause, "detail": cause, "links": links, **more}
    return status, dict(VERSION), {"errors": [body]}


class Ports:
    """A small service that keeps to the guidelines; a fault plants one mistake."""

    def __init__(self, fault: str = "") -> None:
        self.fault = fault
        self.seen: list[tuple[str, str]] = []
        self.items = [{"id": f"p{n}", "name": f"port {n}"} for n in range(3)]

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        query = dict(pair.split("=", 1) for pair in environ["QUERY_STRING"].split("&") if pair)
        self.seen.append((method, path))
        status, heads, body = self.answer(method, path, query, environ)
        data = b"" if body is None or method == "HEAD" else json.dumps(body).encode()
        start_response(f"{status} x", list((heads | {"Content-Type": "application/json"}).items()))
        return [data]

    def answer(
        self, method: str, path: str, query: dict[str, str], environ: dict[str, Any]
    ) -> tuple[int, dict[str, str], Any]:
        asked = environ.get("HTTP_OPENSTACK_API_VERSION", "")
        mine = [part.split()[-1] for part in asked.split(",") if part.split()[:1] == ["network"]]
        heads = dict(VERSION)
        if mine and mine[0] not in ("latest", "2.0", "2.1"):
            if "x" in mine[0]:
                return error(400, "version")
            return error(400 if self.fault == "406" else 406, "version", min_version="2.0", max_version="2.1")
        if mine:
            heads["OpenStack-API-Version"] = "network " + mine[0].replace("latest", "2.1")
        if path == "/":
            links = [{"rel": "self", "href": "/"}, {"rel": "collection", "href": "/"}]
            version = {"id": "v2.0", "status": "CURRENT", "links": links, "min_version": "2.0", "max_version": "2.1"}
            return 200, heads, {"versions": [version]}
        if not path.startswith("/ports"):
            return error(404, "uri")
        if method not in ("GET", "HEAD", "POST" if path == "/ports" else "GET"):
            status, more, body = error(405, "method")
            return status, more | ({} if self.fault == "allow" else {"Allow": "GET, HEAD, POST"}), body
        if method == "POST":
            return error(400, "body")
        if path != "/ports":
            found = [item for item in self.items if path == f"/ports/{item['id']}"]
            return (200, heads, {"port": found[0]}) if found else error(404, "port")
        if (set(query) - {"limit", "marker"} and self.fault != "ignore") or not query.get("limit", "1").isdigit():
            return error(400, "query")
        ids = [item["id"] for item in self.items]
        start = ids.index(query["marker"]) + 1 if "marker" in query else 0
        page = self.items[start : start + int(query.get("limit", 100))]
        links = (
            [{"rel": "next", "href": f"/ports?limit=1&marker={page[-1]['id']}"}]
            if page and len(page) < len(self.items) - start
            else []
        )
        return 200, heads, {"ports": page, "links": links}


def grave(found: Any) -> list[str]:
    return [str(each) for each in found if each.severity != "advice"]


def test_a_service_that_keeps_the_guidelines_is_left() -> None:
    assert grave(probe(Ports(), paths=["ports"])) == []


@pytest.mark.parametrize(("fault", "rule"), [("ignore", "RC-14"), ("allow", "RC-15"), ("406", "MV-05")])
def test_a_planted_mistake_is_found(fault: str, rule: str) -> None:
    assert rule in probe(Ports(fault), paths=["ports"]).rules


def test_nothing_that_writes_is_sent_unless_asked() -> None:
    service = Ports()
    probe(service, paths=["ports"])
    assert {method for method, _ in service.seen} <= {"GET", "HEAD", "OPTIONS", "TRACE", "PATCH"}
    assert {path for method, path in service.seen if method == "PATCH"} == {"/ports"}  # refused by its own Allow
    probe(service, paths=["ports"], write=True)
    assert "POST" in {method for method, _ in service.seen}


def test_a_method_that_writes_is_not_tried_on_a_service_that_does_not_say_what_it_has() -> None:
    service = Ports("allow")
    probe(service, paths=["ports"])
    assert {method for method, _ in service.seen} <= {"GET", "HEAD", "OPTIONS", "TRACE"}


def test_a_token_is_not_sent_for_discovery_nor_with_trace() -> None:
    sent: list[Exchange] = []
    probe(Ports("allow"), paths=["ports"], headers={"X-Auth-Token": "secret"}, told=sent.append)
    bare = [each for each in sent if "x-auth-token" not in each.request_headers]
    assert {(each.method, each.uri) for each in bare} == {("GET", "/"), ("TRACE", "/ports")}


def test_a_description_tells_the_paths() -> None:
    service = Ports()
    described = Description(load({"openapi": "3.1.0", "paths": {"/ports": {"get": {}}, "/ports/{id}": {"get": {}}}}))
    probe(service, described=described)
    assert ("GET", "/ports") in service.seen


def test_an_endpoint_below_a_path_is_visited_there() -> None:
    def mounted(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        assert environ["PATH_INFO"].startswith("/network")
        return service({**environ, "PATH_INFO": environ["PATH_INFO"].removeprefix("/network") or "/"}, start_response)

    service = Ports()
    visit = Probe(wsgi_sender(mounted), "/network", paths=["ports"])
    assert grave(judge_traffic(visit.visit())) == []


def test_an_application_that_raises_is_told() -> None:
    def broken(environ: Any, start_response: Any) -> list[bytes]:
        raise RuntimeError("boom")

    with pytest.raises(ProbeError, match="boom"):
        probe(broken)


class _Quiet(WSGIRequestHandler):
    def log_message(self, *args: Any) -> None:
        pass


def test_a_server_is_visited_over_a_socket() -> None:
    with make_server("127.0.0.1", 0, Ports("ignore"), handler_class=_Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        found = probe(f"http://127.0.0.1:{server.server_port}/", paths=["ports"])
        server.shutdown()
    assert grave(found) != []
    assert "RC-14" in found.rules


@contextmanager
def stalling(send: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that takes a request, and then does what it is told to do."""
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            server.settimeout(5)
            try:
                link, _ = server.accept()
                with link:
                    link.recv(4096)
                    while not stop.wait(0.05):
                        send(link)
            except OSError:
                pass

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        stop.set()
        thread.join(5)


@pytest.mark.parametrize(
    "send",
    [lambda link: None, lambda link: link.send(b"H"), lambda link: link.send(b"HTTP/1.1 200 x\r\nA: b\r\n")],
    ids=["silent", "a byte at a time", "headers without end"],
)
def test_a_server_that_stalls_ends_in_an_error_in_time(send: Callable[[socket.socket], None]) -> None:
    start = time.monotonic()
    with stalling(send) as url, pytest.raises(ProbeError):
        probe(url, timeout=0.5)
    assert time.monotonic() - start < 20


def test_a_server_that_is_not_there_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(ProbeError, match="failed"):
        probe(f"http://127.0.0.1:{port}/", timeout=1)


@pytest.mark.parametrize("url", ["http://", "http://[", "ftp://a/", "http://a:b/"])
def test_what_is_no_url_is_refused(url: str) -> None:
    with pytest.raises(ProbeError):
        probe(url)


@pytest.mark.parametrize(
    "limits", [{"timeout": float("nan")}, {"timeout": 0}, {"deadline": -1}, {"deadline": float("nan")}]
)
def test_limits_without_a_meaning_are_refused(limits: dict[str, float]) -> None:
    with pytest.raises(ProbeError, match="seconds"):
        probe("http://127.0.0.1:9/", **limits)


def test_links_to_another_endpoint_are_not_followed() -> None:
    visit = Probe(wsgi_sender(Ports()), "/network")
    hrefs = ["/network/ports", "/networking/ports", "http://elsewhere/compute/servers"]
    assert list(visit._linked([{"href": href} for href in hrefs])) == ["/network/ports"]


def test_a_visit_is_broken_off_at_its_deadline() -> None:
    class Slow(Ports):
        def answer(self, *args: Any) -> Any:
            time.sleep(0.05)
            return super().answer(*args)

    with pytest.raises(ProbeError, match="longer than"):
        probe(Slow(), paths=["ports"], deadline=0.2)
