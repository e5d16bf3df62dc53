"""RBAC policies: what one project lends another, and what stays its own."""

import pytest


@pytest.fixture
def alt(cloud):
    return cloud.connect("alt_demo", "alt_demo")


def lend(conn, kind, id, target, action="access_as_shared"):
    body = {"object_type": kind, "object_id": id, "action": action, "target_tenant": target}
    return conn.network.post("/rbac-policies", json={"rbac_policy": body})


def refusal(response):
    return response.status_code, response.json()["NeutronError"]["type"]


def test_a_lent_network_is_seen_used_and_taken_back(demo, alt):
    network = demo.network.create_network(name="lent")
    subnet = demo.network.create_subnet(network_id=network.id, cidr="10.7.0.0/24", ip_version=4)
    assert alt.network.find_network(network.id) is None
    policy = lend(demo, "network", network.id, alt.current_project_id).json()["rbac_policy"]
    assert alt.network.get_network(network.id).is_shared
    assert not demo.network.get_network(network.id).is_shared
    assert "lent" in [one.name for one in alt.network.networks()] and alt.network.get_subnet(subnet.id)
    port = alt.network.create_port(network_id=network.id)
    assert refusal(demo.network.delete(f"/rbac-policies/{policy['id']}")) == (409, "RbacPolicyInUse")
    alt.network.delete_port(port)
    assert demo.network.delete(f"/rbac-policies/{policy['id']}").status_code == 204
    assert alt.network.find_network(network.id) is None


def test_a_server_may_be_on_a_lent_network_and_its_owner_alone_changes_it(demo, alt):
    network = demo.network.create_network(name="lent")
    demo.network.create_subnet(network_id=network.id, cidr="10.7.0.0/24", ip_version=4)
    lend(demo, "network", network.id, alt.current_project_id)
    server = alt.create_server("s", image="cirros", flavor="m1.tiny", network="lent", wait=True, auto_ip=False)
    assert server.addresses["lent"]
    assert alt.network.put(f"/networks/{network.id}", json={"network": {"name": "mine"}}).status_code == 403


def test_shared_and_the_policy_for_everybody_are_one_thing(admin, demo, alt):
    network = demo.network.create_network(name="n")
    shared = admin.network.update_network(network.id, is_shared=True)
    policies = list(admin.network.rbac_policies(object_id=network.id))
    assert shared.is_shared and [one.target_project_id for one in policies] == ["*"]
    admin.network.delete_rbac_policy(policies[0])
    assert not admin.network.get_network(network.id).is_shared and alt.network.find_network(network.id) is None
    lend(admin, "network", network.id, "*")
    assert alt.network.get_network(network.id).is_shared
    admin.network.update_network(network.id, is_shared=False)
    assert list(admin.network.rbac_policies(object_id=network.id)) == []


def test_a_network_may_be_external_for_one_project_only(admin, demo, alt):
    network = admin.network.create_network(name="out")
    admin.network.create_subnet(network_id=network.id, cidr="198.51.100.0/24", ip_version=4)
    made = lend(admin, "network", network.id, demo.current_project_id, "access_as_external")
    assert demo.network.get_network(network.id).is_router_external
    assert alt.network.find_network(network.id) is None
    assert demo.network.create_ip(floating_network_id=network.id).floating_ip_address
    refused = alt.network.post("/floatingips", json={"floatingip": {"floating_network_id": network.id}})
    assert refusal(refused) == (404, "NetworkNotFound")
    router = demo.network.create_router(external_gateway_info={"network_id": network.id})
    path = f"/rbac-policies/{made.json()['rbac_policy']['id']}"
    assert refusal(admin.network.delete(path)) == (409, "RbacPolicyInUse")
    demo.network.delete_router(router)
    assert admin.network.delete(path).status_code == 204
    assert not admin.network.get_network(network.id).is_router_external


def test_who_may_lend_what_to_whom(admin, demo, alt):
    network = demo.network.create_network(name="n")
    project = alt.current_project_id
    assert refusal(lend(demo, "network", network.id, "*")) == (403, "PolicyNotAuthorized")
    assert refusal(lend(alt, "network", network.id, project)) == (400, "InvalidInput")
    assert refusal(lend(demo, "network", network.id, "nobody")) == (400, "InvalidInput")
    assert refusal(lend(demo, "router", network.id, project)) == (400, "InvalidInput")
    assert refusal(lend(demo, "network", network.id, project, "access_as_owner")) == (400, "InvalidActionForType")
    assert lend(demo, "network", network.id, project).status_code == 201
    assert refusal(lend(demo, "network", network.id, project)) == (409, "DuplicateRbacPolicy")
    assert alt.network.get("/rbac-policies").json()["rbac_policies"] == []


@pytest.mark.parametrize("kind", ["security_group", "address_group", "address_scope", "subnetpool"])
def test_other_resources_are_lent_too(demo, alt, kind):
    words = {"subnetpool": "subnetpools"}.get(kind, kind.replace("_", "-") + "s")
    body = {
        "address_scope": {"ip_version": 4},
        "subnetpool": {"name": "p", "prefixes": ["10.0.0.0/8"]},
        "address_group": {"addresses": ["192.0.2.0/24"]},
        "security_group": {"name": "g"},
    }[kind]
    made = demo.network.post(f"/{words}", json={kind: body}).json()[kind]
    path = f"/{words}/{made['id']}"
    assert alt.network.get(path).status_code == 404
    lend(demo, kind, made["id"], alt.current_project_id)
    # Neutron does not show of address groups that they are shared.
    assert alt.network.get(path).json()[kind].get("shared") is (None if kind == "address_group" else True)
    assert made["id"] in [one["id"] for one in alt.network.get(f"/{words}").json()[f"{kind}s"]]
    # Whether others may see an address group is not among what Neutron looks at before it answers.
    assert alt.network.delete(path).status_code == (404 if kind == "address_group" else 403)


def test_policies_count_against_their_quota(admin, demo, alt):
    admin.set_network_quotas("demo", rbac_policy=1)
    first, second = (demo.network.create_network(name=name).id for name in "ab")
    assert lend(demo, "network", first, alt.current_project_id).status_code == 201
    assert refusal(lend(demo, "network", second, alt.current_project_id)) == (409, "OverQuota")
