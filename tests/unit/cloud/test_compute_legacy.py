"""`/v2`: today's compatible mode, the legacy tree, and `/v2.1` beside them."""

from typing import Any

import pytest
import requests

from kit.cloud import Cloud
from kit.cloud.adapter import BASE_URL, session
from kit.cloud.compute.settings import change
from kit.cloud.compute.v2 import DIFFERENCES, Try, tries
from kit.cloud.compute.v2.rules import old_name
from kit.errors import CloudError

SEED: dict[str, Any] = {
    "flavors": [{"name": "f", "id": "f", "vcpus": 1, "ram": 512, "disk": 1}], "images": [{"name": "i"}],
    "networks": [{"name": "n", "project": "admin", "subnets": [{"cidr": "10.0.0.0/24"}]}],
    "servers": [{"name": "s", "flavor": "f", "image": "i", "networks": []}],
    "users": [{"name": "u", "roles": {"admin": "member"}}],
    "quotas": [{"project": "admin", "compute": {"instances": -1, "cores": -1, "ram": -1}}],
}  # fmt: skip


class Modes:
    """One cloud, asked in three ways."""

    def __init__(self) -> None:
        self.cloud = Cloud.from_seed(SEED, random_seed=1, clock="manual")
        self.http = session(self.cloud)
        conn = self.cloud.connect()
        self.ids = {
            "image": conn.get_image("i").id, "flavor": "f", "server": next(conn.compute.servers()).id,
        }  # fmt: skip
        self.project = conn.current_project_id
        self.tokens = {"admin": conn.auth_token, "u": self.cloud.connect("u", "admin").auth_token}

    def ask(
        self, mode: str, method: str, path: str, body: bytes = b"", *, project: bool = True, user: str = "admin", **headers: str
    ) -> requests.Response:  # fmt: skip
        change(self.cloud, api={"legacy_v2": mode == "legacy"})
        prefix = "v2.1" if mode == "v21" else "v2"
        place = f"/{self.project}" if project else ""
        return self.http.request(
            method, f"{BASE_URL}/compute/{prefix}{place}{path}", data=body,
            headers={"X-Auth-Token": self.tokens[user], "Content-Type": "application/json", **headers},
        )  # fmt: skip


@pytest.fixture
def modes() -> Any:
    made = Modes()
    yield made
    made.cloud.close()


@pytest.mark.parametrize("mode", ["legacy", "compatible", "v21"])
@pytest.mark.parametrize("one", tries(), ids=lambda one: one.name)
def test_each_answers_in_its_way(modes: Modes, one: Try, mode: str) -> None:
    path, body = one.filled(**modes.ids)
    answer = modes.ask(mode, one.method, path, body, project="project" not in one.name)
    assert answer.status_code == getattr(one, mode), answer.text


def test_there_are_twenty_bodies_to_predict() -> None:
    assert sum(one.body is not None for one in tries()) >= 20
    assert len({one.name for one in tries()}) == len(tries())
    assert all(row.legacy and row.compatible and row.v21 for row in DIFFERENCES)


@pytest.mark.parametrize("mode", ["legacy", "compatible"])
def test_microversions_are_unknown_below_v2(modes: Modes, mode: str) -> None:
    headers = {"OpenStack-API-Version": "compute 9.99", "X-OpenStack-Nova-API-Version": "latest"}
    answer = modes.ask(mode, "GET", f"/servers/{modes.ids['server']}", **headers)
    assert answer.status_code == 200 and "locked" not in answer.json()["server"]
    assert not {"vary", "openstack-api-version", "x-openstack-nova-api-version"} & {
        name.lower() for name in answer.headers
    }
    assert modes.ask("v21", "GET", "/servers", **headers).status_code == 406


def test_links_stay_in_the_api_that_was_asked(modes: Modes) -> None:
    for mode, prefix in (("compatible", "v2"), ("v21", "v2.1")):
        for path in ("/servers", "/servers/detail", f"/servers/{modes.ids['server']}", "/flavors", "/servers?limit=1"):
            answer = modes.ask(mode, "GET", path).json()
            whole, bookmark = (answer.get("server") or next(iter(answer.values()))[0])["links"]
            assert f"/compute/{prefix}/{modes.project}/" in whole["href"]
            assert f"/compute/{modes.project}/" in bookmark["href"]
    shown = modes.ask("v21", "GET", "/servers/detail", project=False).json()["servers"][0]
    assert f"/compute/v2.1/servers/{shown['id']}" in shown["links"][0]["href"]


def test_another_project_in_the_path_is_refused(modes: Modes) -> None:
    modes.project = "0" * 32
    answer = modes.ask("v21", "GET", "/servers")
    assert (answer.status_code, answer.json()["badRequest"]["message"]) == (400, "Malformed request url")


def test_a_refused_body_in_the_legacy_trees_words(modes: Modes) -> None:
    answer = modes.ask("legacy", "POST", "/servers", b'{"instance": {}}')
    assert answer.json() == {"computeFault": {"code": 422, "message": "Unable to process the contained instructions"}}
    answer = modes.ask(
        "legacy", "PUT", f"/servers/{modes.ids['server']}/metadata", b'{"metadata": {"a": "%s"}}' % (b"x" * 256)
    )
    assert list(answer.json()) == ["overLimit"]


def test_names_of_policies(modes: Modes) -> None:
    for mode, name in (
        ("legacy", "compute_extension:hypervisors"),
        ("compatible", "os_compute_api:os-hypervisors:list"),
    ):
        answer = modes.ask(mode, "GET", "/os-hypervisors", user="u")
        assert answer.json()["forbidden"]["message"] == f"Policy doesn't allow {name} to be performed."
    assert old_name("os-shelve:shelve") == "compute_extension:shelve:shelve"


def test_extensions_are_switched_off_in_the_legacy_tree_alone(modes: Modes) -> None:
    off = ["os-hypervisors", "OS-EXT-STS", "os-keypairs", "os-server-start-stop"]
    for legacy in (True, False):
        change(modes.cloud, api={"legacy_v2": legacy, "disabled_extensions": off})
        base = f"{BASE_URL}/compute/v2/{modes.project}"
        headers = {"X-Auth-Token": modes.tokens["admin"]}
        aliases = {row["alias"] for row in modes.http.get(f"{base}/extensions", headers=headers).json()["extensions"]}
        assert aliases.isdisjoint(off) == legacy and "OS-EXT-VIF-NET" in aliases
        assert (modes.http.get(f"{base}/os-hypervisors", headers=headers).status_code == 404) == legacy
        shown = modes.http.get(f"{base}/servers/detail", headers=headers).json()["servers"][0]
        assert ("OS-EXT-STS:vm_state" in shown, "key_name" in shown) == (not legacy, not legacy)
        act = modes.http.post(f"{base}/servers/{modes.ids['server']}/action", headers=headers, json={"os-stop": None})
        assert act.status_code == (400 if legacy else 202)


def test_version_documents(modes: Modes) -> None:
    for legacy, status in ((True, "SUPPORTED"), (False, "DEPRECATED")):
        change(modes.cloud, api={"legacy_v2": legacy})
        found = modes.http.get(f"{BASE_URL}/compute/").json()["versions"]
        assert [(row["id"], row["status"], row["version"]) for row in found] == [
            ("v2.0", status, ""),
            ("v2.1", "CURRENT", "2.104"),
        ]
        assert modes.http.get(f"{BASE_URL}/compute/v2/").json()["version"]["id"] == "v2.0"


def test_a_seed_chooses_the_legacy_tree() -> None:
    cloud = Cloud.from_seed({**SEED, "compute": {"legacy_v2": True}}, random_seed=1, clock="manual")
    assert session(cloud).get(f"{BASE_URL}/compute/").json()["versions"][0]["status"] == "SUPPORTED"
    with pytest.raises(CloudError, match="no setting 'v2'"):
        change(cloud, api={"v2": True})


def test_the_record_has_the_path_that_was_asked(modes: Modes) -> None:
    modes.ask("compatible", "GET", "/servers")
    assert list(modes.cloud.exchanges)[-1].path == f"/compute/v2/{modes.project}/servers"
