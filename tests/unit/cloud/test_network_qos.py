"""QoS policies and their rules, and what has them."""

import pytest


@pytest.fixture
def policy(admin):
    return admin.network.post("/qos/policies", json={"policy": {"name": "gold", "shared": True}}).json()["policy"]


def rule(conn, policy, type, **values):
    return conn.network.post(f"/qos/policies/{policy['id']}/{type}_rules", json={f"{type}_rule": values})


def refusal(response):
    return response.status_code, response.json()["NeutronError"]["type"]


def test_a_policy_shows_its_rules_and_its_revision_goes_up(admin, policy):
    made = rule(admin, policy, "bandwidth_limit", max_kbps=1000)
    assert made.json()["bandwidth_limit_rule"].items() >= {
        ("max_kbps", 1000), ("max_burst_kbps", 0), ("direction", "egress"),
    }  # fmt: skip
    shown = admin.network.get(f"/qos/policies/{policy['id']}").json()["policy"]
    assert [one["type"] for one in shown["rules"]] == ["bandwidth_limit"]
    assert shown["revision_number"] == policy["revision_number"] + 1


def test_rules_that_contradict_each_other_are_refused(admin, policy):
    rule(admin, policy, "bandwidth_limit", max_kbps=1000)
    assert refusal(rule(admin, policy, "bandwidth_limit", max_kbps=10)) == (409, "QoSRulesConflict")
    assert rule(admin, policy, "bandwidth_limit", max_kbps=10, direction="ingress").status_code == 201
    assert refusal(rule(admin, policy, "minimum_bandwidth", min_kbps=2000)) == (409, "QoSRuleParameterConflict")
    assert refusal(rule(admin, policy, "dscp_marking", dscp_mark=1)) == (400, "HTTPBadRequest")
    assert refusal(rule(admin, policy, "minimum_packet_rate")) == (400, "HTTPBadRequest")


def test_a_rule_is_reached_without_its_policy(admin, policy):
    id = rule(admin, policy, "dscp_marking", dscp_mark=16).json()["dscp_marking_rule"]["id"]
    path = f"/qos/alias-dscp-marking-rules/{id}"
    changed = admin.network.put(path, json={"alias_dscp_marking_rule": {"dscp_mark": 18}}).json()
    assert changed["alias_dscp_marking_rule"]["dscp_mark"] == 18
    assert admin.network.delete(path).status_code == 204
    assert refusal(admin.network.get(path)) == (404, "QosRuleNotFound")


def test_a_policy_in_use_stays(admin, demo, policy):
    network = demo.network.create_network(name="n", qos_policy_id=policy["id"])
    port = demo.network.create_port(network_id=network.id)
    assert demo.network.get_port(port.id).qos_network_policy_id == policy["id"]
    assert refusal(admin.network.delete(f"/qos/policies/{policy['id']}")) == (409, "QosPolicyInUse")
    demo.network.update_network(network, qos_policy_id=None)
    demo.network.update_port(port, qos_policy_id=policy["id"])
    assert refusal(admin.network.delete(f"/qos/policies/{policy['id']}")) == (409, "QosPolicyInUse")
    demo.network.delete_port(port)
    assert admin.network.delete(f"/qos/policies/{policy['id']}").status_code == 204


def test_a_gateway_has_a_policy(demo, policy):
    public = demo.network.find_network("public").id
    router = demo.network.create_router(external_gateway_info={"network_id": public, "qos_policy_id": policy["id"]})
    assert router.external_gateway_info["qos_policy_id"] == policy["id"]


def test_another_projects_policy_is_not_there(admin, demo):
    own = admin.network.post("/qos/policies", json={"policy": {"name": "own"}}).json()["policy"]
    assert refusal(demo.network.get(f"/qos/policies/{own['id']}")) == (404, "QosPolicyNotFound")
    body = {"network": {"qos_policy_id": own["id"]}}
    assert refusal(demo.network.post("/networks", json=body)) == (404, "QosPolicyNotFound")


def test_a_member_makes_none_and_a_manager_does(cloud, admin, demo, policy):
    assert refusal(demo.network.post("/qos/policies", json={"policy": {}})) == (403, "PolicyNotAuthorized")
    assert refusal(rule(demo, policy, "bandwidth_limit", max_kbps=1)) == (403, "PolicyNotAuthorized")
    admin.create_user("eve", password="secret", domain_id="default")
    admin.grant_role("manager", user="eve", project="demo")
    eve = cloud.connect("eve", "demo", "secret")
    own = eve.network.post("/qos/policies", json={"policy": {"name": "e", "is_default": True}}).json()["policy"]
    assert rule(eve, own, "packet_rate_limit", max_kpps=5).status_code == 201
    assert refusal(rule(eve, policy, "packet_rate_limit", max_kpps=5)) == (403, "PolicyNotAuthorized")
    assert demo.network.create_network(name="n").qos_policy_id == own["id"]
    again = eve.network.post("/qos/policies", json={"policy": {"is_default": True}})
    assert refusal(again) == (409, "QoSPolicyDefaultAlreadyExists")


def test_the_types_of_rules(admin, demo):
    found = [one["type"] for one in demo.network.get("/qos/rule-types").json()["rule_types"]]
    assert found == sorted(found) and "minimum_packet_rate" in found
    assert admin.network.get("/qos/rule-types/dscp_marking").json()["rule_type"]["drivers"]
    assert demo.network.get("/qos/rule-types/dscp_marking").status_code == 403
