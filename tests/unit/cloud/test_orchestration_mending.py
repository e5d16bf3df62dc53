"""Updates that mend: what changed behind a stack's back, what only seems to have failed, what is replaced."""

import pytest

from kit.cloud.testing.fresh import fresh
from tests.unit.cloud.test_orchestration import HEAD, SERVER, TEST, Heat, template


@pytest.fixture
def heat():
    cloud = fresh("devstack", random_seed=1)
    yield Heat(cloud)
    cloud.close()


def compute(heat, method, path, body=None):
    where = {"service_type": "compute"}
    return heat.conn.session.request(path, method, endpoint_filter=where, json=body)


def physical(heat, path, name="it"):
    return heat("GET", f"{path}/resources/{name}").json()["resource"]["physical_resource_id"]


def update(heat, path, resources, state="UPDATE_COMPLETE", **more):
    assert heat("PUT", path, {"template": template(resources), **more}).status_code == 202
    return heat.until(path, state)


def test_an_update_that_converges_makes_again_what_is_gone(heat):
    path = heat.make("s", {"it": SERVER})
    heat.until(path, "CREATE_COMPLETE")
    before = physical(heat, path)
    compute(heat, "DELETE", f"/servers/{before}")
    heat.cloud.clock.advance(60)
    update(heat, path, {"it": SERVER})
    assert physical(heat, path) == before  # nobody looked
    update(heat, path, {"it": SERVER}, converge=True)
    after = physical(heat, path)
    assert after != before and compute(heat, "GET", f"/servers/{after}").json()["server"]["status"] == "ACTIVE"


@pytest.mark.parametrize("converge", [True, False])
def test_an_update_that_converges_undoes_what_others_changed(heat, converge):
    one = {"type": "OS::Neutron::Net", "properties": {"name": "mine"}}
    path = heat.make("s", {"it": one})
    network = f"/v2.0/networks/{physical(heat, path)}"
    where = {"service_type": "network"}
    heat.conn.session.put(network, endpoint_filter=where, json={"network": {"name": "yours"}})
    update(heat, path, {"it": one}, converge=converge)
    name = heat.conn.session.get(network, endpoint_filter=where).json()["network"]["name"]
    assert name == ("mine" if converge else "yours")


@pytest.mark.parametrize(("status", "kept"), [("active", True), ("error", False)])
def test_a_server_whose_update_failed_is_replaced_only_when_it_is_broken(heat, status, kept):
    def named(name):
        return {"it": {**SERVER, "properties": {**SERVER["properties"], "name": name}}}

    path = heat.make("s", named("short"))
    heat.until(path, "CREATE_COMPLETE")
    before = physical(heat, path)
    update(heat, path, named("n" * 300), "UPDATE_FAILED")
    if status == "error":
        admin = heat.cloud.connect("admin", "admin").session
        reset = {"os-resetState": {"state": "error"}}
        admin.post(f"/servers/{before}/action", endpoint_filter={"service_type": "compute"}, json=reset)
    update(heat, path, named("short"))
    assert (physical(heat, path) == before) is kept


def test_a_port_that_is_replaced_hands_its_address_on_and_gets_it_back(heat):
    def port(mac, fail=False):
        properties = {
            "network": "private", "mac_address": f"aa:bb:cc:dd:ee:{mac}",
            "fixed_ips": [{"subnet": "private-subnet", "ip_address": "10.0.0.20"}],
        }  # fmt: skip
        user = {
            "type": TEST,
            "properties": {"fail": fail},
            "depends_on": "it",
        }  # while it is not done, the old one stays
        return {"it": {"type": "OS::Neutron::Port", "properties": properties}, "user": user}

    path = heat.make("s", port("01"))
    before = physical(heat, path)
    update(heat, path, port("02"))
    after = physical(heat, path)
    assert after != before
    update(heat, path, port("03", fail=True), "ROLLBACK_COMPLETE", disable_rollback=False)
    assert physical(heat, path) == after
    live = heat.conn.session.get(f"/v2.0/ports/{after}", endpoint_filter={"service_type": "network"}).json()["port"]
    assert [each["ip_address"] for each in live["fixed_ips"]] == ["10.0.0.20"]


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ({"network": "private"}, {"subnet": "private-subnet"}, True),
        ({"subnet": "private-subnet"}, {"network": "private"}, True),
        ({"network": "private"}, {"network": "private", "subnet": "private-subnet"}, True),
        ({"network": "private"}, {"network": "private", "fixed_ip": "10.0.0.55"}, False),
        ({"network": "private", "fixed_ip": "10.0.0.55"}, {"network": "private"}, True),
    ],
)
def test_a_network_that_says_the_same_in_other_words_keeps_its_interface(heat, old, new, same):
    def server(network):
        return {"it": {**SERVER, "properties": {**SERVER["properties"], "networks": [network]}}}

    def ports():
        found = compute(heat, "GET", f"/servers/{physical(heat, path)}/os-interface").json()["interfaceAttachments"]
        return [each["port_id"] for each in found]

    path = heat.make("s", server(old))
    heat.until(path, "CREATE_COMPLETE")
    before = ports()
    update(heat, path, server(new))
    assert len(ports()) == 1 and (ports() == before) is same


def test_what_is_somebody_elses_is_taken_as_it_is_and_left(heat):
    network = {"service_type": "network"}
    made = heat.conn.session.post("/v2.0/networks", endpoint_filter=network, json={"network": {"name": "theirs"}})
    id = made.json()["network"]["id"]

    def net(external):
        return {"it": {"type": "OS::Neutron::Net", "external_id": external}}

    gone = heat("POST", "/stacks", {"stack_name": "t", "template": template(net("nothing"))})
    assert gone.status_code == 400
    assert "Resource nothing (OS::Neutron::Net) can not be found" in gone.json()["error"]["message"]
    path = heat.make("s", net(id))
    assert heat("GET", f"{path}/resources/it").json()["resource"]["resource_status"] == "CHECK_COMPLETE"
    own = {"it": {"type": "OS::Neutron::Net"}}
    told = update(heat, path, own, "UPDATE_FAILED")["stack_status_reason"]
    assert "NotSupported: resources.it: Update to property external_id of it (OS::Neutron::Net)" in told
    heat("DELETE", path)
    heat.until(path, "DELETE_COMPLETE")
    assert heat.conn.session.get(f"/v2.0/networks/{id}", endpoint_filter=network).status_code == 200


def test_types_of_administrators_are_hidden_from_others(heat):
    flavor = {"it": {"type": "OS::Nova::Flavor", "properties": {"ram": 512, "vcpus": 1}}}
    refused = heat("POST", "/stacks", {"stack_name": "s", "template": template(flavor)})
    assert (refused.status_code, refused.json()["error"]["message"]) == (
        403, "You are not authorized to use OS::Nova::Flavor."
    )  # fmt: skip
    assert heat("GET", "/resource_types/OS::Nova::Flavor").status_code == 403
    for who, listed in ((heat, False), (Heat(heat.cloud, "admin", "admin"), True)):
        assert ("OS::Nova::Flavor" in who("GET", "/resource_types").json()["resource_types"]) is listed


def test_a_hook_leaves_the_resources_state_and_holds_what_would_not_change(heat):
    held = {"resource_registry": {"resources": {"it": {"hooks": ["pre-create", "pre-update"]}}}}
    one = {"it": {"type": TEST}}
    path = heat.make("s", one, environment=held)
    for state, action in (("INIT_COMPLETE", "create"), ("CREATE_COMPLETE", "update")):
        if action == "update":
            heat("PUT", path, {"template": template(one), "environment": held})
        event = heat("GET", f"{path}/resources/it/events?sort_dir=desc").json()["events"][0]
        assert (event["resource_status"], event["resource_status_reason"]) == (
            state, f"{action.upper()} paused until Hook pre-{action} is cleared"
        )  # fmt: skip
        assert heat("POST", f"{path}/resources/it/signal", {"unset_hook": f"pre-{action}"}).status_code == 200
        heat.until(path, f"{action.upper()}_COMPLETE")


def test_a_refused_signal_is_an_event(heat):
    path = heat.make("s", {"it": {"type": TEST}})
    heat("POST", f"{path}/actions", {"suspend": None})
    assert heat("POST", f"{path}/resources/it/signal").status_code == 400
    told = heat("GET", f"{path}/resources/it/events?sort_dir=desc").json()["events"][0]
    assert told["resource_status_reason"] == "Cannot signal resource during SUSPEND"


def test_validation_tells_faults_with_the_colons_of_heats_own_api(heat):
    bad = template({"it": {"type": TEST, "properties": {"wait_secs": "soon"}}})
    told = heat("POST", "/stacks", {"stack_name": "s", "template": bad}).json()["error"]["message"]
    assert told == "Property error: : resources.it.properties.wait_secs: : could not convert string to float: 'soon'"


def test_a_validation_does_not_look_inside_but_tells_the_parameters_there(heat):
    inner = '{"heat_template_version": "2021-04-16", "parameters": {"a": {"type": "number", "default": 1}}}'
    body = {
        "template": {**HEAD, "resources": {"it": {"type": "in.yaml", "properties": {"a": 5}}}},
        "files": {"in.yaml": inner},
    }
    told = heat("POST", "/validate?show_nested=true", body).json()
    assert told["NestedParameters"]["it"]["Parameters"]["a"]["Value"] == 5
    assert told["Environment"]["resource_registry"] == {"in.yaml": "in.yaml", "resources": {}}


def test_a_signal_is_answered_before_it_is_looked_at(heat):
    made = {
        "h": {"type": "OS::Heat::WaitConditionHandle"},
        "w": {"type": "OS::Heat::WaitCondition", "properties": {"handle": {"get_resource": "h"}, "timeout": 5}},
    }
    path = heat.make("s", made)
    heat.until(path, "CREATE_IN_PROGRESS")
    assert heat("POST", f"{path}/resources/h/signal", {"status": "NOPE"}).status_code == 200
    assert heat("POST", f"{path}/resources/h/signal", {"status": "SUCCESS"}).status_code == 200
    heat.until(path, "CREATE_COMPLETE")
