"""A cloud on a port: what it calls itself, and what it survives."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import openstack
import pytest
import requests

from kit.cloud import Cloud
from kit.cloud.adapter import BASE_URL, session
from kit.cloud.identity import tokens
from kit.cloud.public import Public, of_address
from kit.cloud.server import Server, listen
from kit.errors import CloudError

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def cloud():
    made = Cloud.from_seed("devstack", random_seed=1)
    yield made
    made.close()


def raw(port: int, request: bytes, host: str = "127.0.0.1") -> str:
    with socket.create_connection((host, port), timeout=10) as client:
        client.sendall(request)
        return b"".join(iter(lambda: client.recv(65536), b"")).decode()


def test_a_client_that_names_no_host_is_told_the_servers_address(cloud):
    with cloud.serve() as server:
        said = raw(server.port, b"GET /identity/v3 HTTP/1.0\r\n\r\n")
        assert f'"http://127.0.0.1:{server.port}/identity/v3/"' in said


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="no IPv6 on this machine")
def test_all_addresses_are_those_of_both_kinds(cloud):
    with cloud.serve(host="::") as server:
        assert server.url == f"http://127.0.0.1:{server.port}"
        for host in ("127.0.0.1", "::1"):
            assert "200 OK" in raw(server.port, b"GET /identity/v3 HTTP/1.0\r\n\r\n", host)


def test_an_address_that_is_not_ours_and_a_port_that_is_taken_are_told_apart():
    with pytest.raises(CloudError, match="address of this machine"):
        listen("192.0.2.1", 0)
    with listen("127.0.0.1", 0) as taken, pytest.raises(CloudError, match="--port"):
        listen("127.0.0.1", taken.getsockname()[1])


def test_behind_a_proxy_every_url_is_the_public_one(cloud):
    public = "https://lab.example.org:8443/os"
    server = Server(cloud, public_url=public + "/").start()
    try:
        assert server.auth_url == f"{public}/identity/v3"
        own = of_address("127.0.0.1", server.port)
        for prefix in ("", "/os"):  # a proxy takes the prefix off the path, or leaves it
            shown = requests.get(f"{own}{prefix}/identity/v3", timeout=5).json()
            assert shown["version"]["links"][0]["href"] == f"{public}/identity/v3/"
        auth = {"identity": {"methods": ["password"], "password": {"user": {
            "name": "admin", "password": "secret", "domain": {"id": "default"}}}},
            "scope": {"project": {"name": "admin", "domain": {"id": "default"}}}}  # fmt: skip
        made = requests.post(f"{own}/identity/v3/auth/tokens", json={"auth": auth}, timeout=5)
        urls = [end["url"] for service in made.json()["token"]["catalog"] for end in service["endpoints"]]
        assert urls and all(url.startswith(f"{public}/") for url in urls)
        token = {"X-Auth-Token": made.headers["X-Subject-Token"]}
        link = requests.get(f"{own}/compute/v2.1/flavors?limit=1", headers=token, timeout=5).json()["flavors_links"]
        assert link[0]["href"].startswith(f"{public}/compute/v2.1/flavors?")
        refused = requests.get(f"{own}/kit/v1/status", timeout=5)  # all the world comes from this machine now
        assert refused.status_code == 403 and "token" in refused.json()["error"]
    finally:
        server.stop()


@pytest.mark.parametrize("url", ["lab", "ftp://a/", "http://", "http://a:b/", "https://a/?x", "http://[a/"])
def test_a_public_url_that_no_client_could_use_is_refused(url):
    with pytest.raises(CloudError, match="no public URL"):
        Public.read(url)


def test_a_process_finds_the_cloud_by_its_environment(cloud, monkeypatch):
    monkeypatch.setenv("OS_CLOUD", "somebody-elses")
    with cloud.serve() as server:
        for name, value in server.environment("demo", "demo").items():
            monkeypatch.setenv(name, value)
        assert openstack.connect().current_project.name == "demo"


BAD = "\ud800"  # half a character: JSON can write it, no database can hold it
REQUESTS = [
    ("POST", "/identity/v3/projects", {"project": {"name": BAD}}),
    ("POST", "/network/v2.0/networks", {"network": {"name": BAD}}),
    ("POST", "/volume/v3/volumes", {"volume": {"size": 1, "name": BAD}}),
    ("POST", "/image/v2/images", {"name": BAD}),
    ("POST", "/placement/resource_providers", {"name": BAD}),
    ("PUT", "/compute/v2.1/os-quota-class-sets/default", {"quota_class_set": {BAD: 1}}),
    ("GET", f"/network/v2.0/subnetpools?min_prefixlen={10**20}", None),
    ("GET", f"/compute/v2.1/flavors/detail?minDisk={10**20}", None),
]


@pytest.mark.parametrize(("method", "path", "body"), REQUESTS, ids=[path for _, path, _ in REQUESTS])
def test_what_no_database_can_hold_is_refused(cloud, method, path, body):
    headers = {"X-Auth-Token": cloud.connect().auth_token}
    assert session(cloud).request(method, f"{BASE_URL}{path}", json=body, headers=headers).status_code == 400


def test_the_record_keeps_the_beginning_of_a_large_body(cloud):
    headers = {"X-Auth-Token": cloud.connect().auth_token}
    size = 300_000
    text = json.dumps({"auth": {"x": "y" * 65500, "password": "s" * size}})
    session(cloud).post(f"{BASE_URL}/identity/v3/auth/tokens", data=text, headers=headers)
    kept = cloud.exchanges[-1]
    assert kept.request_body.endswith(f"... <{len(text) - 65536} bytes more>")
    assert "sss" not in kept.request_body  # a secret that is cut in two is a secret
    assert sum(len(getattr(kept, name)) for name in ("_request", "_response")) < 2 * 65536 + 1


def serve(
    folder: Path, *arguments: str, code: str = "from kit.cli.main import main; main()", log: int = subprocess.DEVNULL
) -> tuple[subprocess.Popen[str], int]:
    command = [sys.executable, "-c", code, "cloud", "serve", "--port", "0"]
    process = subprocess.Popen(
        [*command, "--format", "json", "--store", f"sqlite:///{folder}/c.db", *arguments], cwd=folder, text=True,
        stdout=subprocess.PIPE, stderr=log, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert process.stdout is not None
    with process.stdout:
        return process, int(re.findall(r":(\d+)/", process.stdout.readline())[0])


def workers(parent: int) -> list[int]:
    found = Path(f"/proc/{parent}/task/{parent}/children")
    return [int(pid) for pid in found.read_text().split()]


def until(holds, seconds: float = 20.0) -> bool:
    end = time.monotonic() + seconds
    while not (met := holds()) and time.monotonic() < end:
        time.sleep(0.05)
    return bool(met)


def answers(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/identity/v3", timeout=5).ok
    except requests.ConnectionError:
        return False


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs /proc")
def test_a_worker_killed_at_once_is_replaced_and_none_outlives_the_first_process(tmp_path):
    process, port = serve(tmp_path, "--workers", "2")
    try:
        assert until(lambda: len(workers(process.pid)) == 2)
        before = workers(process.pid)
        os.kill(before[0], signal.SIGKILL)
        assert until(lambda: len(workers(process.pid)) == 2 and workers(process.pid) != before)
        assert until(lambda: answers(port))
        process.kill()
        process.wait(10)
        assert until(lambda: not answers(port))
    finally:
        process.kill()
        process.wait(10)


def test_a_store_that_is_gone_is_an_error_of_the_service_not_of_the_server(monkeypatch):
    from sqlalchemy.exc import OperationalError

    cloud = Cloud(random_seed=1)

    def gone(*_: object) -> None:
        raise OperationalError("SELECT 1", {}, Exception("the server closed the connection\nwith a long story"))

    http, headers = session(cloud), {"X-Auth-Token": cloud.connect().auth_token}
    monkeypatch.setattr(cloud, "settle", gone)
    answer = http.get(f"{BASE_URL}/network/v2.0/networks", headers=headers)
    assert (answer.status_code, answer.json()["NeutronError"]["message"]) == (500, "Unexpected API Error.")
    monkeypatch.undo()
    assert http.get(f"{BASE_URL}/network/v2.0/networks", headers=headers).status_code == 200
    cloud.close()


def test_more_connections_than_files_wait_and_the_others_are_served(tmp_path):
    code = (
        "import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, (96, 96))\nfrom kit.cli.main import main\nmain()"
    )
    process, port = serve(tmp_path, code=code, log=subprocess.PIPE)  # nobody reads it: a flood would hold all up
    try:
        first = socket.create_connection(("127.0.0.1", port))
        many = [socket.create_connection(("127.0.0.1", port)) for _ in range(150)]
        time.sleep(0.5)
        first.sendall(b"GET /identity/v3 HTTP/1.0\r\n\r\n")
        first.settimeout(10)
        assert first.recv(15) == b"HTTP/1.0 200 OK"
        for client in (first, *many):
            client.close()
        assert until(lambda: answers(port))
    finally:
        process.kill()
        process.communicate(timeout=10)


def test_clients_that_say_half_a_request_hold_nobody_up(cloud):
    with cloud.serve() as server:
        half = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(100)]
        for client in half:
            client.sendall(b"POST /identity/v3/auth/tokens HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{")
        done: list[bool] = []
        thread = threading.Thread(target=lambda: done.append(answers(server.port)))
        thread.start()
        thread.join(10)
        assert done == [True]
        for client in half:
            client.close()


def test_the_rows_of_tokens_that_ended_long_ago_go(monkeypatch):
    monkeypatch.setattr(tokens, "_ONE_IN_4096", "")
    cloud = Cloud(random_seed=1, clock="manual")

    def kept() -> int:
        cloud.connect().authorize()
        with cloud.read() as tx:
            return tx.count(tokens.tokens)

    assert [kept(), kept()] == [1, 2]
    cloud.clock.advance(tokens.LIFETIME + tokens.KEPT + 10)
    assert kept() == 1
    cloud.close()
