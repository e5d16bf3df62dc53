"""What a test of somebody's own code leans on: time, trouble, and several clouds at once."""

import sys
import time
import types
from typing import Any

import openstack
import openstack.config
import pytest
import requests
from keystoneauth1.exceptions import ConnectTimeout
from keystoneauth1.identity import v3
from keystoneauth1.session import Session

from kit.cloud import waiting
from kit.cloud.testing import mock_openstack
from kit.cloud.testing.fresh import fresh
from kit.errors import CloudError
from tests.unit.cloud.test_testing import run_pytest


class Poller:
    """A module of somebody's code, as `sleepers` takes it: it has `time`, and polls."""

    def __init__(self) -> None:
        self.module = types.ModuleType("poller")
        self.module.time = time

    def wait(self, conn: openstack.connection.Connection, server_id: str, timeout: float = 60) -> str:
        end = self.module.time.time() + timeout
        while self.module.time.time() < end:
            if (status := conn.compute.get_server(server_id).status) == "ACTIVE":
                return status
            self.module.time.sleep(20)
        return "too slow"


def test_the_pauses_of_ones_own_code_move_the_clock_and_its_timeout_comes(monkeypatch):
    poller = Poller()
    with mock_openstack(user="demo", sleepers=[poller.module]) as cloud:
        conn = openstack.connect()
        monkeypatch.setattr(time, "sleep", lambda seconds: pytest.fail(f"somebody sleeps for {seconds} s"))
        made = [
            conn.create_server(name, image="cirros", flavor="m1.tiny", network="private", wait=False) for name in "ab"
        ]
        assert poller.wait(conn, made[0].id) == "ACTIVE"
        cloud.faults.add(event="compute.*")
        lost = conn.create_server("c", image="cirros", flavor="m1.tiny", network="private", wait=False)
        before = cloud.clock.now()
        assert poller.wait(conn, lost.id) == "too slow"
        assert 60 <= (cloud.clock.now() - before).total_seconds() < 90
    assert poller.module.time is time
    for wrong in ("fleet", ["no.such.module"]):
        with pytest.raises(CloudError, match="sleepers"), mock_openstack(sleepers=wrong):
            raise AssertionError


def test_a_client_that_is_loaded_later_is_spared_its_pauses_too(monkeypatch):
    late: Any = types.ModuleType("tenacity.nap")
    late.time, late.sleep = time, lambda seconds: late.time.sleep(seconds)
    monkeypatch.delitem(sys.modules, "tenacity.nap", raising=False)
    monkeypatch.setattr(waiting, "_for_good", [])
    with mock_openstack() as cloud:
        conn = openstack.connect()
        monkeypatch.setitem(sys.modules, "tenacity.nap", late)
        conn.authorize()
        before = cloud.clock.now()
        late.sleep(3600)
        assert (cloud.clock.now() - before).total_seconds() == 3600
    assert late.time is time


def test_a_connection_made_before_the_time_was_turned_back_does_not_wait_for_it(monkeypatch):
    with mock_openstack() as cloud:
        conn = cloud.connect()
        assert list(conn.compute.servers()) == []
        monkeypatch.setattr(time, "time", lambda: 0.0)
        monkeypatch.setattr(time, "sleep", lambda seconds: pytest.fail(f"somebody sleeps for {seconds} s"))
        assert list(conn.compute.servers()) == []


def test_a_latency_longer_than_the_clients_timeout_is_a_timeout():
    with mock_openstack(user="demo", faults=[{"service": "network", "latency": 30}]) as cloud:
        conn = openstack.connect(api_timeout=10)
        before = cloud.clock.now()
        with pytest.raises(ConnectTimeout):
            conn.network.post("/networks", json={"network": {"name": "n"}})
        assert 10 <= (cloud.clock.now() - before).total_seconds() < 15
        cloud.faults.clear()
        assert conn.get_network("n")  # it was done all the same
        cloud.faults.add(latency=5)
        assert conn.get_network("n")


@pytest.mark.parametrize("service", ["compute", "network", "block-storage", "image", "identity", "placement"])
def test_a_client_tries_again_when_it_was_told_to(service):
    with mock_openstack() as cloud:
        conn = openstack.connect()
        conn.authorize()
        cloud.faults.add(service=service, status=503, retry_after=170, times=1)
        before = cloud.clock.now()
        url = conn.session.get_endpoint(service_type=service)
        assert conn.session.get(url, status_code_retries=1).ok
        assert 170 <= (cloud.clock.now() - before).total_seconds() < 190


def test_names_lead_to_clouds_of_their_own():
    old, new = fresh(), fresh(random_seed=2)
    with mock_openstack(clouds={"from": old, "to": (new, "demo"), "as": (new, "admin", "demo"), "here": "demo"}):
        openstack.connect(cloud="from").create_network("n")
        seen = {name: openstack.connect(cloud=name) for name in ("from", "to", "as", "here")}
        assert {name: bool(conn.get_network("n")) for name, conn in seen.items()} == {
            "from": True, "to": False, "as": False, "here": False,
        }  # fmt: skip
        assert {name: conn.current_project.name for name, conn in seen.items()} == {
            "from": "admin", "to": "demo", "as": "demo", "here": "demo",
        }  # fmt: skip
    assert old.connect().get_network("n") and not new.connect().get_network("n")
    for wrong in (7, (), ("demo", "demo", "demo"), (old, "demo", "demo", "x")):
        with pytest.raises(CloudError, match="no user"), mock_openstack(clouds={"a": wrong}):
            raise AssertionError


def test_all_names_and_regions_are_listed():
    def listed() -> list[tuple[str, str]]:
        return [(one.name, one.region_name) for one in openstack.config.OpenStackConfig().get_all()]

    with mock_openstack(clouds={"a": "admin", "b": "demo"}):
        assert listed() == [("a", "RegionOne"), ("b", "RegionOne")]
    with mock_openstack() as cloud:
        admin = cloud.connect()
        admin.identity.create_region(id="RegionTwo")
        for one in list(admin.identity.endpoints()):
            admin.identity.create_endpoint(
                service_id=one.service_id, interface=one.interface, region_id="RegionTwo", url=one.url
            )
        assert [region for _, region in listed()] == ["RegionOne", "RegionTwo"]
        assert openstack.connect().config.region_name == "RegionOne"
        for conn in (openstack.connect(cloud="any", region_name="RegionTwo"), cloud.connect(region="RegionTwo")):
            assert list(conn.compute.servers()) == [] and conn.config.region_name == "RegionTwo"


def test_what_is_answered_to_an_address_of_ones_own_leads_back_to_the_mock():
    auth = v3.Password(
        "https://controller:5000/v3", username="demo", password="secret", project_name="demo", user_domain_id="default",
        project_domain_id="default",
    )  # fmt: skip
    with mock_openstack():
        session = Session(auth=auth)
        store = session.get_endpoint(service_type="object-store")  # as swiftclient asks for it, and goes on by itself
        done = requests.put(f"{store}/c", headers={"X-Auth-Token": session.get_token()}, timeout=5)
        assert done.status_code == 201


WRONG = (
    {"faults": {"status": 503}}, {"faults": ["compute"]}, {"faults": [{"status": "503"}]}, {"faults": [{"latency": True}]},
    {"faults": [{"retry_after": 5}]}, {"faults": [{"event": "nova.*"}]}, {"clouds": ["a"]}, {"random_seed": "1"},
    {"sleepers": [1]}, {"project": "nosuch"}, {"user": "demo", "clouds": {"a": ("demo", "nosuch")}},
)  # fmt: skip


@pytest.mark.parametrize("options", WRONG, ids=str)
def test_an_option_without_meaning_is_refused_before_the_test_begins(options):
    with pytest.raises(CloudError), mock_openstack(**options):
        raise AssertionError


def test_faults_that_can_be_gone_through_once_are_there_in_every_test():
    mock = mock_openstack(faults=iter([{"status": 503}]))
    for _ in range(2):
        with mock as cloud:
            assert len(cloud.faults) == 1


CLASSES = """
import openstack
import pytest
from kit.cloud.testing import current_cloud, mock_openstack

class Base:
    def test_inherited(self):
        assert openstack.connect().current_project.name == "demo"

@mock_openstack(user="demo")
class TestWithSetUp(Base):
    def setup_method(self, method):
        self.cloud = current_cloud()
        openstack.connect().create_network(method.__name__)

    def teardown_method(self):
        assert current_cloud() is self.cloud

    @pytest.mark.parametrize("number", [1, 2])
    def test_what_was_set_up_is_there_alone(self, number):
        assert current_cloud() is self.cloud
        names = [one.name for one in openstack.connect().network.networks(project_id=openstack.connect().current_project_id)]
        assert [name for name in names if name.startswith("test")] == ["test_what_was_set_up_is_there_alone"]

@mock_openstack(user="demo")
class TestWithout(Base):
    @staticmethod
    def test_static():
        assert openstack.connect().current_project.name == "demo"

    @classmethod
    def test_class(cls):
        assert openstack.connect().current_project.name == "demo"

def test_nothing_is_left():
    from kit.cloud.testing import patches
    assert not patches.active
"""


def test_classes_of_pytest_meet_the_mock_from_their_setup_to_their_teardown(tmp_path):
    (tmp_path / "test_classes.py").write_text(CLASSES, encoding="utf-8")
    done = run_pytest(tmp_path)
    assert "7 passed" in done.stdout, done.stdout + done.stderr
