"""What the mock cloud costs over its port: one keep-alive client, the start, memory, a room of people."""

from __future__ import annotations

import http.client
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

# Targets: 2,000 requests a second for a server's GET and a token, 1,000 for a create, 50 for 1,000 servers.
PEOPLE = 300


class Client:
    """One keep-alive connection, as lean as Python has it."""

    def __init__(self, port: int, user: str = "demo", project: str = "demo") -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        who = {"name": user, "domain": {"id": "default"}, "password": "secret"}
        scope = {"project": {"name": project, "domain": {"id": "default"}}}
        identity = {"methods": ["password"], "password": {"user": who}}
        self.credentials = json.dumps({"auth": {"identity": identity, "scope": scope}})
        self.headers = {"Content-Type": "application/json"}
        self.headers["X-Auth-Token"] = self.token()

    def ask(self, method: str, path: str, body: str | None = None) -> Any:
        self.connection.request(method, path, body, self.headers)
        answer = self.connection.getresponse()
        payload = answer.read()
        assert answer.status < 300, payload
        return json.loads(payload) if payload and method != "GET" else payload

    def get(self, path: str) -> Any:
        return json.loads(self.ask("GET", path))

    def token(self) -> str:
        self.connection.request(
            "POST", "/identity/v3/auth/tokens", self.credentials, {"Content-Type": "application/json"}
        )
        answer = self.connection.getresponse()
        answer.read()
        assert answer.status == 201
        return str(answer.headers["X-Subject-Token"])


class Served:
    """`kit cloud serve` in a process of its own."""

    def __init__(self, folder: Path, seed: str = "devstack", *arguments: str) -> None:
        command = [sys.executable, "-m", "kit.cli.main", "cloud", "serve", seed, "--port", "0", "--format", "json"]
        started = time.perf_counter()
        self.process = subprocess.Popen(
            [*command, *arguments], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            # As installed: pip compiles what it installs.
            env={name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
        )  # fmt: skip
        assert self.process.stdout is not None
        self.port = int(json.loads(self.process.stdout.readline())["auth_url"].split(":")[2].split("/")[0])
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        connection.request("GET", "/identity/v3")
        connection.getresponse().read()
        self.seconds = time.perf_counter() - started

    def megabytes(self) -> float:
        """What the process holds alone, and its part of what it shares (PSS)."""
        text = Path(f"/proc/{self.process.pid}/smaps_rollup").read_text()
        return int(text.split("Pss:")[1].split()[0]) / 1024

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)
        assert self.process.stdout is not None
        self.process.stdout.close()


def seed(people: int, servers: int) -> dict[str, Any]:
    """A cloud for so many people, each in an own project, the first of whom has so many servers."""
    names = [f"p{number}" for number in range(people)]
    return {
        "clock": "real",
        "projects": [{"name": name} for name in names],
        "users": [{"name": name, "project": name} for name in names],
        "quotas": [
            {"project": name, "compute": {"instances": -1, "cores": -1, "ram": -1}, "network": {"port": -1}} for name in names
        ],
        "flavors": [{"name": "f", "vcpus": 1, "ram": 64, "disk": 1}],
        "images": [{"name": "i"}],
        "hosts": [{"name": f"h{n}", "vcpus": 1000, "memory_mb": 900000, "local_gb": 9000} for n in range(10)],
        "networks": [
            {"name": f"n-{name}", "project": name, "subnets": [{"cidr": "10.0.0.0/18"}]} for name in names
        ],
        "servers": [
            {"name": "s", "project": names[0], "user": names[0], "count": servers, "flavor": "f", "image": "i",
             "network": f"n-{names[0]}"}
        ] if servers else [],
    }  # fmt: skip


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Served]]:
    """Starts clouds, each once, and stops them at the end."""
    started: dict[tuple[int, int], Served] = {}

    def start(people: int, servers: int) -> Served:
        if (people, servers) not in started:
            folder = tmp_path_factory.mktemp("served")
            (folder / "seed.yaml").write_text(yaml.safe_dump(seed(people, servers)))
            started[people, servers] = Served(folder, "seed.yaml")
        return started[people, servers]

    yield start
    for found in started.values():
        found.stop()


@pytest.fixture
def thousand(served: Callable[..., Served]) -> Client:
    """A client of the project with 1,000 servers."""
    return Client(served(1, 1000).port, "p0", "p0")


def test_get_a_server(benchmark, thousand):
    server = thousand.get("/compute/v2.1/servers?limit=1")["servers"][0]["id"]
    benchmark(thousand.ask, "GET", f"/compute/v2.1/servers/{server}")


def test_list_a_thousand_servers_with_details(benchmark, thousand):
    assert len(thousand.get("/compute/v2.1/servers/detail")["servers"]) == 1000
    benchmark(thousand.ask, "GET", "/compute/v2.1/servers/detail")


def test_a_token(benchmark, thousand):
    benchmark(thousand.token)


def test_create_a_server(benchmark, served):
    client = Client(served(2, 0).port, "p0", "p0")
    benchmark.pedantic(client.ask, ("POST", "/compute/v2.1/servers", creation(client)), rounds=300)


def creation(client: Client) -> str:
    network = client.get("/network/v2.0/networks?fields=id")["networks"][0]["id"]
    image, flavor = (
        client.get("/image/v2/images")["images"][0]["id"],
        client.get("/compute/v2.1/flavors")["flavors"][0]["id"],
    )
    wanted = {"name": "new", "imageRef": image, "flavorRef": flavor, "networks": [{"uuid": network}]}
    return json.dumps({"server": wanted})


def test_get_a_server_among_ten_thousand(benchmark, tmp_path):
    command = [sys.executable, "-m", "kit.cli.main", "cloud", "seed", "--servers", "10000", "--out", "big.yaml"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    found = Served(tmp_path, "big.yaml")
    try:
        client = Client(found.port, "payments-1", "payments")
        server = client.get("/compute/v2.1/servers?limit=1")["servers"][0]["id"]
        benchmark(client.ask, "GET", f"/compute/v2.1/servers/{server}")
        benchmark.extra_info["megabytes"] = round(found.megabytes())
    finally:
        found.stop()


def test_the_port_answers(benchmark, tmp_path):
    def start() -> None:
        Served(tmp_path, "empty").stop()

    found = []
    for _ in range(4):
        found.append(Served(tmp_path, "devstack"))
        found[-1].stop()
    benchmark.extra_info["seconds_until_the_port_answers"] = round(min(item.seconds for item in found), 3)
    benchmark.pedantic(start, rounds=2)


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="counts memory as Linux does")
def test_memory(benchmark, served, tmp_path):
    idle, full = Served(tmp_path, "empty"), served(1, 1000)
    Client(full.port, "p0", "p0").get("/compute/v2.1/servers/detail")
    benchmark.extra_info["megabytes_idle"] = round(idle.megabytes())
    benchmark.extra_info["megabytes_with_1000_servers"] = round(full.megabytes())
    idle.stop()
    benchmark.pedantic(lambda: None, rounds=1)


def test_three_hundred_people(benchmark, served):
    """Each looks, boots, looks again, as people do: a call every other second."""
    port, took, until = served(PEOPLE, 0).port, [], time.monotonic() + 12
    lock = threading.Lock()

    def attend(number: int) -> None:
        time.sleep(number / PEOPLE * 2)
        client = Client(port, f"p{number}", f"p{number}")
        body, calls = creation(client), 0
        while time.monotonic() < until:
            calls += 1
            kind = (
                ("POST", "/compute/v2.1/servers", body) if calls % 5 == 1 else ("GET", "/compute/v2.1/servers/detail")
            )
            started = time.perf_counter()
            client.ask(*kind)
            with lock:
                took.append(time.perf_counter() - started)
            time.sleep(2)
        client.connection.close()

    def room() -> None:
        people = [threading.Thread(target=attend, args=(number,)) for number in range(PEOPLE)]
        for person in people:
            person.start()
        for person in people:
            person.join()

    benchmark.pedantic(room, rounds=1)
    benchmark.extra_info["calls"] = len(took)
    benchmark.extra_info["milliseconds_95_in_100"] = round(statistics.quantiles(took, n=20)[-1] * 1000, 1)


def test_what_the_client_costs(benchmark, tmp_path):
    """The same client against an application that does nothing: the floor of the figures above."""
    script = (
        "from waitress.server import create_server\n"
        "def app(environ, start):\n"
        "    start('201 Created', [('Content-Type', 'application/json'), ('Content-Length', '2'), ('X-Subject-Token', 't')])\n"
        "    return [b'{}']\n"
        "server = create_server(app, host='127.0.0.1', port=0)\n"
        "print(server.effective_port, flush=True)\n"
        "server.run()\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env={**os.environ})
    try:
        assert process.stdout is not None
        client = Client(int(process.stdout.readline()))
        benchmark(client.ask, "GET", "/")
    finally:
        process.terminate()
        process.wait(10)
