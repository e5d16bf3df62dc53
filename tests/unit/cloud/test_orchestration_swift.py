"""Signals that come through the object store: OS::Heat::SwiftSignal, and deployments by TEMP_URL_SIGNAL."""

import json
from urllib.parse import urlsplit

import pytest
import requests

from kit.cloud.testing.fresh import fresh
from tests.unit.cloud.test_orchestration import TEST, Heat


@pytest.fixture
def heat():
    cloud = fresh("devstack", random_seed=1)
    yield Heat(cloud)
    cloud.close()


def put(heat, url, body):
    """Write to a signed URL as a server would: without a token."""
    parts = urlsplit(url)
    session = requests.Session()
    session.mount("http://", heat.conn.session.session.get_adapter("http://x"))
    return session.put(f"{parts.scheme}://{parts.netloc}{parts.path}?{parts.query}", data=body).status_code


SIGNALS = {
    "handle": {"type": "OS::Heat::SwiftSignalHandle"},
    "it": {
        "type": "OS::Heat::SwiftSignal",
        "properties": {"handle": {"get_resource": "handle"}, "timeout": 600, "count": 2},
    },
}
OUTPUTS = {"data": {"value": {"get_attr": ["it", "data"]}}, "url": {"value": {"get_attr": ["handle", "endpoint"]}}}


@pytest.mark.parametrize(
    ("bodies", "state", "told"),
    [
        (["", '{"data": "hi"}'], "CREATE_COMPLETE", {"1": None, "2": "hi"}),
        (['{"id": "a", "data": 1}', '{"id": "a", "data": 2}', '{"id": "b"}'], "CREATE_COMPLETE", {"a": 2, "b": None}),
        (['{"status": "FAILURE", "reason": "no disk"}'], "CREATE_FAILED", "SwiftSignalFailure: resources.it: no disk"),
        (["not json"], "CREATE_FAILED", "Failed to parse JSON data: not json"),
        (['{"status": "SO-SO"}'], "CREATE_FAILED", "Unknown status: SO-SO"),
        ([""], "CREATE_FAILED", "SwiftSignalTimeout: resources.it: 1 of 2 received - Signal 1 received"),
    ],
)  # fmt: skip
def test_signals_are_objects_that_anyone_with_the_url_writes(heat, bodies, state, told):
    path = heat.make("s", SIGNALS, OUTPUTS)
    url = heat.outputs(path)["url"]
    for body in bodies:
        assert put(heat, url, body) == 201
    found = heat.until(path, state, step=30)
    if state == "CREATE_COMPLETE":
        assert json.loads(heat.outputs(path)["data"]) == told
    else:
        assert told in found["stack_status_reason"]
    heat("DELETE", path)
    heat.until(path, "DELETE_COMPLETE")
    where = {"service_type": "object-store"}
    assert heat.conn.session.get("?format=json", endpoint_filter=where).json() == []


def test_a_handle_that_is_none_is_refused(heat):
    bad = {"it": {"type": "OS::Heat::SwiftSignal", "properties": {"handle": "http://x/v1/AUTH_a/c/o", "timeout": 1}}}
    told = heat.until(heat.make("s", bad), "CREATE_FAILED")["stack_status_reason"]
    assert '"/v1/AUTH_a/c/o" is not a valid SwiftSignalHandle.  The container name is invalid' in told


def deployment(transport):
    return {
        "config": {
            "type": "OS::Heat::SoftwareConfig",
            "properties": {"group": "script", "config": "#!/bin/sh", "outputs": [{"name": "result"}]},
        },
        "it": {
            "type": "OS::Heat::SoftwareDeployment",
            "properties": {
                "config": {"get_resource": "config"}, "server": "a-server", "signal_transport": transport,
            },
        },
    }  # fmt: skip


@pytest.mark.parametrize("transport", ["CFN_SIGNAL", "TEMP_URL_SIGNAL"])
def test_a_server_signals_its_deployment_through_the_address_that_it_is_told(heat, transport):
    path = heat.make("s", deployment(transport), {"o": {"value": {"get_attr": ["it", "result"]}}})
    [told] = heat("GET", "/software_deployments/metadata/a-server").json()["metadata"]
    inputs = {each["name"]: each["value"] for each in told["inputs"]}
    body = json.dumps({"deploy_status_code": 0, "result": "done"})
    if inputs["deploy_signal_verb"] == "PUT":
        assert put(heat, inputs["deploy_signal_id"], body) == 201
    else:
        parts = urlsplit(inputs["deploy_signal_id"])
        session = requests.Session()
        session.mount("http://", heat.conn.session.session.get_adapter("http://x"))
        assert session.post(parts.geturl(), data=body).status_code == 200
    heat.until(path, "CREATE_COMPLETE")
    assert heat.outputs(path) == {"o": "done"}


def test_a_deployment_that_takes_too_long_is_cancelled(heat):
    path = heat.make("s", deployment("CFN_SIGNAL"), timeout_mins=1)
    heat.until(path, "CREATE_FAILED", step=20)
    [found] = heat("GET", "/software_deployments").json()["software_deployments"]
    assert (found["status"], found["status_reason"]) == ("FAILED", "Deployment cancelled.")


def test_a_servers_metadata_have_its_deployments(heat):
    server = {"type": TEST, "properties": {"value": "x"}}
    path = heat.make("s", {"server": server})
    id = heat("GET", f"{path}/resources/server").json()["resource"]["physical_resource_id"]
    config = heat("POST", "/software_configs", {"name": "c", "config": "x"}).json()["software_config"]["id"]
    heat("POST", "/software_deployments", {"config_id": config, "server_id": id, "action": "ANY"})
    told = heat("GET", f"{path}/resources/server/metadata").json()["metadata"]["deployments"]
    assert [each["id"] for each in told] == [config]
