"""The live panel: what its buttons do, and that watching leaves no trace."""

import pytest

from kit.cloud import Cloud
from kit.views import CloudExplorer


@pytest.fixture
def cloud():
    made = Cloud.from_seed("devstack", random_seed=1, clock="manual")
    yield made
    made.close()


@pytest.fixture
def panel(cloud):
    return CloudExplorer(cloud, "demo", "demo")


def test_looking_changes_nothing(cloud, panel):
    before = cloud.snapshot()
    cloud.faults.add(service="compute", status=503)
    panel.refresh()
    cloud.faults.clear()
    assert cloud.snapshot() == before


def test_a_server_boots_and_comes_up_when_time_is_turned(cloud, panel):
    panel.run(panel._boot)
    assert "BUILD" in panel.servers.value and "demo-1" in panel.topology.value
    panel._turn(60)
    panel.refresh()
    assert "ACTIVE" in panel.servers.value


def test_what_the_cloud_refuses_is_said(cloud, panel):
    cloud.faults.add(service="compute", method="POST", status=403, message="No more today")
    panel.run(panel._boot)
    assert "The cloud refuses" in panel.said.value and "status=403" in panel.faults.value


def test_its_own_calls_are_not_shown(cloud, panel):
    assert "No calls yet" in panel.calls.value
    list(cloud.connect("demo", "demo").compute.servers())
    panel.refresh()
    assert "/compute/v2.1/servers/detail" in panel.calls.value


def test_back_to_the_start(cloud, panel):
    panel.run(panel._boot)
    panel.run(panel._reset)
    assert "No servers yet" in panel.servers.value
