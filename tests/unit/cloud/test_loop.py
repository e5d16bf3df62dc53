"""Which requests the server's loop answers itself, and that nobody notices."""

from __future__ import annotations

import json
import socket
import threading
import time

import pytest

from kit.cloud import Cloud
from kit.cloud.server import listen
from kit.errors import CloudError


@pytest.fixture
def cloud():
    cloud = Cloud.from_seed({"clock": "real"})
    yield cloud
    cloud.close()


@pytest.fixture
def served(cloud, monkeypatch):
    """A server, and the threads that its calls were answered in, by path."""
    threads: dict[str, int] = {}
    answer = type(cloud).app

    def app(self, environ, start_response):
        threads[environ["PATH_INFO"]] = threading.get_ident()
        return answer(self, environ, start_response)

    monkeypatch.setattr(type(cloud), "app", app)
    with cloud.serve() as server:
        while server._dispatcher.active_count:  # threads that have not come to rest yet
            time.sleep(0.01)
        yield server, threads


def ask(server, *lines: str, body: bytes = b"", answers: int = 1) -> list[tuple[int, bytes]]:
    """Send requests in one piece over one connection, and read their answers in the order they come."""
    with socket.create_connection((server.host, server.port), timeout=10) as sock:
        sock.sendall("".join(f"{line}\r\n" for line in lines).encode() + body)
        stream = sock.makefile("rb")
        return [read(stream) for _ in range(answers)]


def read(stream) -> tuple[int, bytes]:
    status = int(stream.readline().split()[1])
    length = 0
    while line := stream.readline().strip():
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    return status, stream.read(length)


def get(path: str, *headers: str) -> tuple[str, ...]:
    return (f"GET {path} HTTP/1.1", "Host: x", *headers, "")


@pytest.mark.parametrize(
    ("path", "fault", "here"),
    [
        ("/identity/v3", False, True),
        ("/compute/v2.1/servers", False, True),
        ("/identity/v3", True, False),
        ("/image/v2/images", False, False),
        ("/orchestration/v1", False, False),
    ],
)
def test_only_what_is_quick_is_answered_in_the_loop(cloud, served, path, fault, here):
    server, threads = served
    if fault:
        cloud.faults.add(service="compute", latency=1.0)
    ask(server, *get(path))
    assert (threads[path] == server._dispatcher.loop) is here


def test_a_call_that_waits_holds_nobody_up(cloud, served):
    server, threads = served
    cloud.faults.add(service="compute", latency=3.0)
    with socket.create_connection((server.host, server.port)) as waiting:
        waiting.sendall("\r\n".join([*get("/compute/"), ""]).encode())
        while "/compute/" not in threads:
            time.sleep(0.01)
        assert ask(server, *get("/identity/v3"))[0][0] == 200


def test_requests_sent_at_once_are_answered_in_order(served):
    server, _ = served
    paths = ("/identity/v3", "/image/", "/identity/", "/compute/", "/image/", "/network/")
    found = ask(server, *(line for path in paths for line in get(path)), answers=len(paths))
    alone = [ask(server, *get(path))[0] for path in paths]
    assert found == alone


def test_who_asks_whether_to_go_on_is_told_after_the_answer_before(served):
    server, _ = served
    body = json.dumps({"auth": {}}).encode()
    post = ("POST /identity/v3/auth/tokens HTTP/1.1", "Host: x", "Content-Type: application/json")
    post += (f"Content-Length: {len(body)}", "Expect: 100-continue", "")
    with socket.create_connection((server.host, server.port), timeout=10) as sock:
        sock.sendall("".join(f"{line}\r\n" for line in (*get("/identity/v3"), *post)).encode())
        stream = sock.makefile("rb")
        assert read(stream)[0] == 200
        assert read(stream) == (100, b"")
        sock.sendall(body)
        assert read(stream)[0] == 400


def test_a_client_that_does_not_read_holds_nobody_up(cloud, served):
    server, _ = served
    server._server.adj.outbuf_high_watermark = 4096  # so much may wait before a thread has to
    many = get("/identity/v3") * 12000  # several MB of answers, more than the sockets hold
    with socket.create_connection((server.host, server.port), timeout=10) as lazy:
        lazy.sendall("".join(f"{line}\r\n" for line in many).encode())
        assert ask(server, *get("/compute/"))[0][0] in (200, 300)
        stream = lazy.makefile("rb")
        assert {read(stream)[0] for _ in range(12000)} == {200}


def test_a_taken_port_is_told():
    with listen("localhost", 0) as taken, pytest.raises(CloudError, match="cannot listen on port") as told:
        listen("127.0.0.1", taken.getsockname()[1])
    assert "--port" in str(told.value)


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", 99999), ("no-such-host.invalid", 0)])
def test_a_place_that_is_none_is_told(host, port):
    with pytest.raises(CloudError, match="cannot listen"):
        listen(host, port)
