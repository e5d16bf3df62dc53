"""Local IPs, segment ranges, attributes of ports, filters, pages, quotas, tags."""

import pytest


def ask(conn, method, path, body=None):
    return conn.network.request(path, method, json=body, raise_exc=False)


def kind(answer):
    """Status and type of a refusal."""
    return answer.status_code, answer.json()["NeutronError"]["type"]


@pytest.fixture
def network(demo):
    made = demo.network.create_network(name="n")
    demo.network.create_subnet(network_id=made.id, cidr="10.8.0.0/24", ip_version=4)
    return made.id


def test_a_local_ip_leads_to_ports(demo, network):
    local = ask(demo, "POST", "/local-ips", {"local_ip": {"network_id": network, "name": "l"}}).json()["local_ip"]
    port = demo.network.create_port(network_id=network)
    path = f"/local-ips/{local['id']}/port_associations"
    made = ask(demo, "POST", path, {"port_association": {"fixed_port_id": port.id}}).json()["port_association"]
    assert made["fixed_ip"] == port.fixed_ips[0]["ip_address"] and made["local_ip_address"] == local["local_ip_address"]
    assert kind(ask(demo, "DELETE", f"/local-ips/{local['id']}")) == (409, "LocalIPInUse")
    assert kind(ask(demo, "DELETE", f"/ports/{local['local_port_id']}"))[0] in (404, 409)
    assert ask(demo, "DELETE", f"{path}/{port.id}").status_code == 204
    assert ask(demo, "DELETE", f"/local-ips/{local['id']}").status_code == 204
    assert kind(ask(demo, "POST", "/local-ips", {"local_ip": {}})) == (400, "LocalIPPortOrNetworkRequired")


def test_a_range_of_segments_is_one_projects(admin, demo):
    body = {
        "name": "mine", "shared": False, "project_id": demo.current_project_id, "network_type": "vxlan", "minimum": 700,
        "maximum": 701,
    }  # fmt: skip
    made = ask(admin, "POST", "/network-segment-ranges", {"network_segment_range": body}).json()[
        "network_segment_range"
    ]
    first = demo.network.create_network(name="a").id
    path = f"/network-segment-ranges/{made['id']}"
    shown = ask(admin, "GET", path).json()["network_segment_range"]
    assert (shown["used"], shown["available"]) == ({"700": demo.current_project_id}, [701])
    assert kind(ask(admin, "PUT", path, {"network_segment_range": {"minimum": 701}}))[0] == 409
    assert kind(ask(admin, "DELETE", path)) == (409, "NetworkSegmentRangeReferencedByProject")
    assert kind(ask(admin, "POST", "/network-segment-ranges", {"network_segment_range": body}))[0] == 409
    assert ask(demo, "GET", "/network-segment-ranges").json() == {"network_segment_ranges": []}
    demo.network.delete_network(first)
    assert ask(admin, "DELETE", path).status_code == 204


@pytest.mark.parametrize(
    ("name", "value", "bad"),
    [
        ("numa_affinity_policy", "socket", "near"), ("device_profile", "gpu", 1), ("dns_domain", "x.org.", 1),
        ("propagate_uplink_status", False, "perhaps"), ("hardware_offload_type", "switchdev", "x"),
        ("hints", {"openvswitch": {"other_config": {"tx-steering": "hash"}}}, {"openvswitch": {"colour": 1}}),
        ("trusted", True, "perhaps"), ("tags", ["a"], "a"),
    ],
)  # fmt: skip
def test_ports_keep_what_extensions_add(admin, name, value, bad):
    network = admin.network.create_network(name="n").id
    made = ask(admin, "POST", "/ports", {"port": {"network_id": network, name: value}}).json()["port"]
    assert made[name] == value == ask(admin, "GET", f"/ports/{made['id']}").json()["port"][name]
    assert kind(ask(admin, "POST", "/ports", {"port": {"network_id": network, name: bad}}))[0] == 400


def test_a_port_on_anothers_network_is_bound_by_its_owner(admin, demo):
    network = admin.network.create_network(name="shared", is_shared=True).id
    admin.network.create_subnet(network_id=network, cidr="10.8.0.0/24", ip_version=4)
    for given in (
        {"port_security_enabled": False}, {"allowed_address_pairs": [{"ip_address": "10.8.0.9"}]},
        {"mac_address": "fa:16:3e:00:00:01"}, {"fixed_ips": [{"ip_address": "10.8.0.9"}]},
    ):  # fmt: skip
        answer = ask(demo, "POST", "/ports", {"port": {"network_id": network, **given}})
        assert kind(answer) == (403, "PolicyNotAuthorized")
    assert ask(demo, "POST", "/ports", {"port": {"network_id": network}}).status_code == 201


def test_a_port_asks_for_what_its_policy_guarantees(admin):
    policy = admin.network.create_qos_policy(name="q").id
    admin.network.create_qos_minimum_bandwidth_rule(policy, min_kbps=1000, direction="egress")
    body = {"name": "p", "provider:network_type": "vlan", "provider:physical_network": "phys-1"}
    network = ask(admin, "POST", "/networks", {"network": body}).json()["network"]["id"]
    port = admin.network.create_port(network_id=network, qos_policy_id=policy).id
    (group,) = ask(admin, "GET", f"/ports/{port}").json()["port"]["resource_request"]["request_groups"]
    assert group["resources"] == {"NET_BW_EGR_KILOBIT_PER_SEC": 1000}
    assert group["required"] == ["CUSTOM_PHYSNET_PHYS_1", "CUSTOM_VNIC_TYPE_NORMAL"]


def test_stateful_and_stateless_groups_do_not_mix(demo, network):
    groups = [demo.network.create_security_group(name=f"{s}", stateful=s).id for s in (True, False)]
    answer = ask(demo, "POST", "/ports", {"port": {"network_id": network, "security_groups": groups}})
    assert kind(answer) == (409, "SecurityGroupConflict")


@pytest.mark.parametrize(
    ("body", "status", "type"),
    [
        ({"mtu": 1451}, 400, "InvalidInput"),
        ({"mtu": 60}, 201, ""),
        ({"project_id": "f" * 32}, 400, "HTTPBadRequest"),
    ],
)
def test_networks_are_no_larger_than_what_carries_them(demo, body, status, type):
    answer = ask(demo, "POST", "/networks", {"network": {"name": "n", **body}})
    assert answer.status_code == status and (status == 201 or kind(answer)[1] == type)
    if status == 201:
        subnet = {"network_id": answer.json()["network"]["id"], "cidr": "10.8.0.0/24", "ip_version": 4}
        assert kind(ask(demo, "POST", "/subnets", {"subnet": subnet})) == (409, "NetworkMTUSubnetConflict")


def test_unknown_filters_are_refused_and_empty_ones_find_nothing_set(demo, network):
    answer = ask(demo, "GET", "/networks?colour=red")
    assert answer.status_code == 400 and "['colour'] is invalid attribute for filtering" in answer.text
    assert [
        one["id"]
        for one in ask(demo, "GET", "/subnets?subnetpool_id=").json()["subnets"]
        if one["network_id"] == network
    ]


def test_pages_lead_on_until_there_is_nothing(demo):
    for name in ("a", "b"):
        demo.network.create_router(name=name)
    page = ask(demo, "GET", "/routers?limit=1&sort_key=name&sort_dir=asc").json()
    seen = []
    while page["routers"]:
        seen.append(page["routers"][0]["name"])
        href = {link["rel"]: link["href"] for link in page["routers_links"]}["next"]
        page = demo.session.get(href).json()
    assert seen[:2] == ["a", "b"] and [link["rel"] for link in page["routers_links"]] == ["previous"]


def test_a_quota_is_not_set_below_what_is_used_unless_by_force(admin, demo, network):
    path = f"/quotas/{demo.current_project_id}"
    used = len([one for one in demo.network.networks() if one.project_id == demo.current_project_id])
    answer = ask(admin, "PUT", path, {"quota": {"network": used - 1}})
    assert answer.status_code == 400 and f"already used {used}" in answer.text
    assert ask(admin, "PUT", path, {"quota": {"network": used - 1, "force": True}}).status_code == 200
    assert ask(demo, "GET", "/quotas/project").json() == {"project": {"project_id": demo.current_project_id}}


def test_tags_are_added_several_at_once(demo, network):
    path = f"/networks/{network}/tags"
    assert ask(demo, "POST", path, {"tags": ["a", "b"]}).status_code == 200
    assert ask(demo, "POST", path, {"tags": ["c"]}).json() == {"tags": ["c"]}
    assert ask(demo, "GET", path).json()["tags"] == ["a", "b", "c"]
    assert kind(ask(demo, "POST", path, {"tags": [str(n) for n in range(51)]})) == (400, "BadRequest")


def test_every_extension_that_is_listed_is_shown(demo):
    listed = ask(demo, "GET", "/extensions").json()["extensions"]
    for one in listed:
        assert ask(demo, "GET", f"/extensions/{one['alias']}").json()["extension"] == one
    assert {"local_ip", "l3-ndp-proxy", "network-segment-range", "filter-validation"} <= {
        one["alias"] for one in listed
    }
