"""What the mock cloud costs: to make, to ask, to write to, to remember."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from requests.structures import CaseInsensitiveDict

from kit.cloud import Cloud
from kit.cloud.adapter import BASE_URL, session

LABS = Path(__file__).parents[2] / "labs"


class Canned(requests.adapters.BaseAdapter):
    """Answers every request with the same body: what `requests` itself costs."""

    def __init__(self, body: bytes) -> None:
        super().__init__()
        self.body = body

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:
        response = requests.Response()
        response.status_code, response._content, response.request = 200, self.body, request
        response.headers = CaseInsensitiveDict({"content-type": "application/json"})
        response.url = request.url or ""
        return response

    def close(self) -> None:
        pass


@pytest.fixture(scope="module")
def cloud() -> Cloud:
    made = Cloud.from_seed("devstack", clock="manual")
    made.connect("demo", "demo").create_server("a", image="cirros", flavor="m1.tiny", network="private", wait=True)
    made.clock.tick = 0
    return made


@pytest.fixture(scope="module")
def ask(cloud: Cloud) -> Callable[..., requests.Response]:
    http, token = session(cloud), cloud.connect("demo", "demo").auth_token

    def call(method: str, path: str, **options: Any) -> requests.Response:
        return http.request(method, f"{BASE_URL}{path}", headers={"X-Auth-Token": token}, **options)

    return call


@pytest.fixture(scope="module")
def server(ask: Callable[..., requests.Response]) -> str:
    found: str = ask("GET", "/compute/v2.1/servers").json()["servers"][0]["id"]
    return f"/compute/v2.1/servers/{found}"


@pytest.mark.parametrize("seed", ["empty", "devstack", str(LABS / "00-quick-start/cloud.yaml")])
def test_a_new_cloud(benchmark, seed):
    benchmark(lambda: Cloud.from_seed(seed).close())


def test_get_a_server_from_a_canned_answer(benchmark, ask, server):
    http = requests.Session()
    http.trust_env = False
    http.mount("http://", Canned(ask("GET", server).content))
    benchmark(http.get, f"{BASE_URL}{server}", headers={"X-Auth-Token": "t"})


def test_get_a_server(benchmark, ask, server):
    assert benchmark(ask, "GET", server).status_code == 200


@pytest.mark.parametrize(
    "path", ["/compute/v2.1/flavors", "/network/v2.0/networks", "/identity/v3/auth/projects", "/image/v2/images"]
)
def test_get_a_list(benchmark, ask, path):
    assert benchmark(ask, "GET", path).status_code == 200


def test_get_a_server_with_the_sdk(benchmark, cloud, server):
    conn = cloud.connect("demo", "demo")
    benchmark(conn.compute.get_server, server.rpartition("/")[2])


def test_a_token(benchmark, cloud):
    http = session(cloud)
    user = {"name": "demo", "domain": {"id": "default"}, "password": "secret"}
    scope = {"project": {"name": "demo", "domain": {"id": "default"}}}
    body = {"auth": {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": scope}}
    assert benchmark(http.post, f"{BASE_URL}/identity/v3/auth/tokens", json=body).status_code == 201


def test_boot_a_server(benchmark, cloud, ask):
    admin = cloud.connect()
    admin.set_compute_quotas("demo", instances=-1, cores=-1, ram=-1)
    admin.set_network_quotas("demo", port=-1)
    conn = cloud.connect("demo", "demo")
    network = conn.network.find_network("private").id
    image, flavor = conn.get_image("cirros").id, conn.get_flavor("m1.tiny").id
    before = cloud.snapshot()
    body = {"server": {"name": "b", "imageRef": image, "flavorRef": flavor, "networks": [{"uuid": network}]}}
    assert benchmark.pedantic(ask, ("POST", "/compute/v2.1/servers"), {"json": body}, rounds=60).status_code == 202
    cloud.restore(before)


def test_a_snapshot_and_its_restore(benchmark, cloud):
    benchmark(lambda: cloud.restore(cloud.snapshot()))
