"""The pytest plugin, `mock_openstack`, and the page that shows them."""

import asyncio
import os
import re
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path

import keystoneauth1.session
import openstack
import openstack.config
import pytest
import requests
from keystoneauth1.exceptions import ConnectFailure
from keystoneauth1.identity import v3
from keystoneauth1.session import Session
from openstack import exceptions

from kit.cloud import Cloud, Fault, waiting
from kit.cloud.adapter import BASE_URL
from kit.cloud.seed import read
from kit.cloud.testing import current_cloud, mock_openstack
from kit.cloud.testing.fresh import fresh
from kit.errors import CloudError, SeedError

ROOT = Path(__file__).parents[3]
INSTALLED = any(point.value == "kit.cloud.testing.plugin" for point in metadata.entry_points(group="pytest11"))
PLUGIN = [] if INSTALLED else ["-p", "kit.cloud.testing.plugin"]
SEED = {
    "projects": [{"name": "p"}], "users": [{"name": "u", "project": "p"}],
    "faults": [{"service": "image", "status": 500, "probability": 0.5}],
}  # fmt: skip


def run_pytest(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *PLUGIN, *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_ADDOPTS": ""}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, env=environment)


def test_the_page_holds_what_it_says(tmp_path):
    page = (ROOT / "docs" / "testing.md").read_text(encoding="utf-8")
    blocks = re.findall(r'```python title="(.+?)"\n(.+?)```', page, re.DOTALL)
    assert [name for name, _ in blocks] == ["fleet.py", "test_fleet.py", "test_without_fixtures.py"]
    for name, text in blocks:
        (tmp_path / name).write_text(text, encoding="utf-8")
    done = run_pytest(tmp_path)
    assert "6 passed" in done.stdout, done.stdout + done.stderr


def test_a_mistake_in_the_marker_is_one_message_and_a_failure_shows_the_calls(tmp_path):
    (tmp_path / "cloud.yaml").write_text("users: [{name: eve, project: admin}]\n")
    (tmp_path / "test_it.py").write_text(
        "import pytest\n"
        "@pytest.mark.openstack(sed='empty')\n"
        "def test_a(openstack_cloud): pass\n"
        "@pytest.mark.openstack(user='dmo')\n"
        "def test_b(openstack_connection): pass\n"
        "@pytest.mark.openstack('empty')\n"
        "def test_c(openstack_cloud): pass\n"
        "@pytest.mark.openstack(faults=[{'stats': 503}])\n"
        "def test_d(openstack_cloud): pass\n"
        "@pytest.mark.openstack(seed='cloud.yaml', user='eve')\n"
        "def test_e(openstack_connection):\n"
        "    assert openstack_connection.current_project.name == 'admin' and not list(openstack_connection.image.images()) != []\n"
        "    assert openstack_connection.get_server('nosuch') is not None\n"
    )
    said = run_pytest(tmp_path, "--strict-markers").stdout
    assert "unknown option 'sed'" in said and "Did you mean 'seed'?" in said
    assert "the cloud has no user 'dmo'" in said and "takes names: seed='empty'" in said
    assert "a fault has no field stats" in said
    assert "calls to the mock cloud" in said and "404 GET /compute/v2.1/servers/nosuch" in said
    assert "4 errors" in said and "1 failed" in said and "pytestplugin" not in said


def test_the_plugin_loads_neither_the_sdk_nor_the_cloud():
    script = (
        "import sys, pytest; import kit.cloud.testing.plugin\n"
        "print([m for m in ('openstack', 'kit.cloud.cloud', 'sqlalchemy', 'requests') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[]"


def steps(cloud: Cloud) -> bytes:
    """A few steps, and what they leave."""
    conn = cloud.connect()
    conn.create_project("made", domain_id="default")
    for _ in range(5):
        try:
            list(conn.image.images())
        except exceptions.HttpException:
            conn.create_network("struck")
    return cloud.snapshot()


@pytest.mark.parametrize("seed", ["empty", "devstack", SEED])
def test_a_fresh_cloud_is_to_the_byte_what_growing_makes(seed):
    first, second = fresh(seed), fresh(seed)
    grown = Cloud.from_seed(seed, clock="manual")
    assert first.snapshot() == second.snapshot() == grown.snapshot()
    assert steps(first) == steps(second) == steps(grown)
    assert [str(call) for call in first.exchanges] == [str(call) for call in grown.exchanges]
    assert [call.number for call in first.exchanges] == [call.number for call in grown.exchanges]


def test_fresh_clouds_do_not_share_what_they_hold():
    one, other = fresh(), fresh()
    one.connect().create_network("mine")
    one.faults.add(service="compute", status=503)
    assert other.connect().get_network("mine") is None and not other.faults


def test_another_random_seed_or_a_changed_file_is_another_cloud(tmp_path):
    assert fresh(random_seed=1).snapshot() != fresh(random_seed=2).snapshot()
    file = tmp_path / "cloud.yaml"
    file.write_text("projects: [{name: a}]\n")
    assert fresh(file).connect().get_project("a")
    file.write_text("projects: [{name: b}]\n")
    assert fresh(file).connect().get_project("a") is None
    file.write_text("projects: 3\n")
    with pytest.raises(SeedError, match=r"cloud\.yaml"):
        fresh(file)


def test_a_seed_is_grown_once_for_many_clouds(monkeypatch):
    grown = []
    monkeypatch.setattr("kit.cloud.testing.fresh.read", lambda seed: grown.append(seed) or read(seed))
    for _ in range(3):
        fresh({"projects": [{"name": "grown-once"}]}).close()
    assert len(grown) == 1


def test_any_name_of_a_cloud_leads_to_the_mock(monkeypatch, tmp_path):
    own = tmp_path / "clouds.yaml"
    own.write_text("clouds: {mine: {auth: {auth_url: 'http://127.0.0.1:1/v3', username: me, password: real}}}\n")
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(own))
    monkeypatch.setenv("OS_USERNAME", "me")
    with mock_openstack(user="demo"):
        for conn in (
            openstack.connect(cloud="mine"), openstack.connect("mine"), openstack.connect(),
            openstack.connection.Connection(cloud="other"), openstack.connection.from_config(cloud="third"),
            openstack.connection.Connection(config=openstack.config.OpenStackConfig().get_one("fourth")),
        ):  # fmt: skip
            assert (conn.config.get_auth_args()["username"], conn.current_project.name) == ("demo", "demo")
            assert conn.get_image("cirros").status == "active"


def test_credentials_that_the_code_gives_are_judged_as_ever():
    given = {
        "auth_url": "https://cloud.example.com/keystone/v3", "username": "demo", "project_name": "demo",
        "user_domain_name": "Default", "project_domain_name": "Default",
    }  # fmt: skip
    with mock_openstack():
        conn = openstack.connect(**given, password="secret")
        assert conn.current_user_id and conn.current_project.name == "demo"
        with pytest.raises(exceptions.SDKException, match="401"):
            openstack.connect(**given, password="wrong").authorize()


def test_only_the_names_given_are_found():
    with mock_openstack(clouds={"dev": "demo", "prod": ("admin", "admin")}):
        assert openstack.connect(cloud="dev").current_project.name == "demo"
        assert openstack.connect(cloud="prod").current_project.name == "admin"
        assert {"dev", "prod"} <= set(openstack.config.OpenStackConfig().get_cloud_names())
        with pytest.raises(exceptions.ConfigException, match="stage was not found"):
            openstack.connect(cloud="stage")


def test_a_session_made_before_meets_the_mock_and_has_its_own_transport_back_after():
    auth = v3.Password(
        "http://127.0.0.1:1/v3", username="admin", password="secret", project_name="admin", user_domain_id="default",
        project_domain_id="default",
    )  # fmt: skip
    session = Session(auth=auth)
    before = dict(session.session.adapters)
    with mock_openstack():
        assert session.get("/flavors", endpoint_filter={"service_type": "compute"}).status_code == 200
    assert dict(session.session.adapters) == before


def test_the_mocks_own_host_answers_plain_requests():
    with mock_openstack():
        conn = openstack.connect()
        got = requests.get(
            f"{conn.compute.get_endpoint()}/flavors", headers={"X-Auth-Token": conn.auth_token}, timeout=5
        )
        assert got.status_code == 200 and len(got.json()["flavors"]) >= 5


def test_the_innermost_mock_answers():
    with mock_openstack(user="demo") as outer:
        conn = openstack.connect()
        conn.create_network("outer")
        with mock_openstack() as inner:
            assert current_cloud() is inner
            assert openstack.connect().get_network("outer") is None
            assert outer.connect().get_network("outer")  # a connection of one certain cloud stays with it
        assert current_cloud() is outer and conn.get_network("outer")


def patched() -> list[object]:
    names = [(keystoneauth1.session.Session, "request"), (requests.Session, "get_adapter")]
    names += [(openstack.config.OpenStackConfig, name) for name in ("__init__", "get_one")]
    return [vars(owner)[name] for owner, name in names]


def test_every_patch_is_undone_also_after_errors():
    before = patched()
    with pytest.raises(ZeroDivisionError), mock_openstack(), mock_openstack(user="demo"):
        assert patched() != before
        raise ZeroDivisionError
    assert patched() == before
    for wrong in ({"user": "nosuch"}, {"faults": [{"status": 200}]}, {"clock": "sundial"}, {"seed": "nosuch"}):
        with pytest.raises(CloudError), mock_openstack(**wrong):
            raise AssertionError
    assert patched() == before
    with pytest.raises(CloudError, match="no mock cloud"):
        current_cloud()


def test_functions_coroutines_and_classes_are_decorated():
    @mock_openstack
    def bare():
        return current_cloud()

    @mock_openstack(seed="empty")
    async def later():
        await asyncio.sleep(0)
        return len(list(openstack.connect().compute.flavors()))

    @mock_openstack(user="demo")
    class TestThings:
        def test_it(self):
            return openstack.connect().current_project.name

        def helper(self):
            return "outside"

    assert bare() is not bare() and asyncio.run(later()) == 0
    assert TestThings().test_it() == "demo" and TestThings().helper() == "outside"
    assert bare.__name__ == "bare"


def test_waiting_takes_no_time_and_the_clients_have_their_own_clock_back(monkeypatch):
    monkeypatch.setattr(waiting, "_for_good", [])  # other tests of this process connect without a mock

    def sleep(seconds):
        raise AssertionError(f"somebody sleeps for {seconds} s")

    with mock_openstack(user="demo") as cloud:
        monkeypatch.setattr(time, "sleep", sleep)
        conn = openstack.connect()
        server = conn.create_server("a", image="cirros", flavor="m1.tiny", network="private", wait=True)
        assert server.status == "ACTIVE"
        cloud.faults.add(Fault(service="compute", drop=True, times=1))
        with pytest.raises(ConnectFailure):
            conn.compute.get_server(server.id)
    assert openstack.utils.time is time


def test_a_cloud_of_ones_own_is_kept_open():
    cloud = fresh("empty")
    with mock_openstack(cloud=cloud) as given:
        assert given is cloud
        openstack.connect().create_project("p", domain_id="default")
        with pytest.raises(CloudError, match="already"), mock_openstack(cloud=cloud):
            pass
    assert cloud.connect().get_project("p")
    assert requests.Session().get_adapter(f"{BASE_URL}/").__class__.__name__ == "HTTPAdapter"
