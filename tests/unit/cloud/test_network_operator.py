"""What only an operator sees of the network: agents, segments, counts of addresses, flavors, templates of rules."""

import pytest


def refusal(response):
    return response.status_code, response.json()["NeutronError"]["type"]


def agent(conn, binary):
    return next(one for one in conn.network.get("/agents").json()["agents"] if one["binary"] == binary)


def test_every_host_has_its_agents(admin, demo):
    found = {(one["host"], one["binary"]) for one in admin.network.get("/agents").json()["agents"]}
    assert ("controller", "neutron-dhcp-agent") in found and ("compute-1", "neutron-openvswitch-agent") in found
    assert demo.network.get("/agents").json() == {"agents": []}
    one = agent(admin, "neutron-l3-agent")
    assert refusal(demo.network.get(f"/agents/{one['id']}")) == (404, "HTTPNotFound")


def test_an_agent_dies_with_its_host_and_reports_as_long_as_it_lives(cloud, admin):
    first = agent(admin, "neutron-openvswitch-agent")
    path = f"/agents/{first['id']}"
    cloud.clock.advance(60)
    later = admin.network.get(path).json()["agent"]
    assert later["alive"] and later["heartbeat_timestamp"] > first["heartbeat_timestamp"]
    assert admin.network.delete(path).status_code == 204 and admin.network.get(path).status_code == 200
    cloud.faults.add(host=first["host"])
    assert admin.network.get(path).status_code == 404  # it was deleted, and does not report any more
    dead = cloud.connect().network.get("/agents", params={"alive": "False"}).json()["agents"]
    assert {one["host"] for one in dead} <= {first["host"]}


def test_an_agent_may_be_switched_off(admin):
    one = agent(admin, "neutron-dhcp-agent")
    body = {"agent": {"admin_state_up": False, "description": "d"}}
    assert admin.network.put(f"/agents/{one['id']}", json=body).json()["agent"]["description"] == "d"
    zones = admin.network.get("/availability_zones").json()["availability_zones"]
    assert {(zone["resource"], zone["state"]) for zone in zones} == {
        ("network", "unavailable"), ("router", "available"),
    }  # fmt: skip


def test_networks_and_routers_are_on_agents_and_may_be_moved(admin, demo):
    dhcp, l3 = agent(admin, "neutron-dhcp-agent")["id"], agent(admin, "neutron-l3-agent")["id"]
    network = demo.network.find_network("private")
    assert network.availability_zones == ["nova"]
    hosted = admin.network.get(f"/networks/{network.id}/dhcp-agents").json()["agents"]
    assert [one["id"] for one in hosted] == [dhcp]
    path = f"/agents/{dhcp}/dhcp-networks"
    again = admin.network.post(path, json={"network_id": network.id})
    assert refusal(again) == (409, "NetworkHostedByDHCPAgent")
    assert admin.network.delete(f"{path}/{network.id}").status_code == 204
    assert refusal(admin.network.delete(f"{path}/{network.id}")) == (409, "NetworkNotHostedByDhcpAgent")
    assert network.id not in [one["id"] for one in admin.network.get(path).json()["networks"]]
    assert admin.network.post(path, json={"network_id": network.id}).status_code == 201
    router = demo.network.create_router(name="r")
    path = f"/agents/{l3}/l3-routers"
    assert router.id not in [one["id"] for one in admin.network.get(path).json()["routers"]]
    assert admin.network.post(path, json={"router_id": router.id}).status_code == 201
    assert [one["id"] for one in admin.network.get(f"/routers/{router.id}/l3-agents").json()["agents"]] == [l3]
    wrong = admin.network.post(f"/agents/{dhcp}/l3-routers", json={"router_id": router.id})
    assert refusal(wrong) == (404, "InvalidL3Agent")


def test_an_unknown_zone_is_not_found(demo):
    for kind in ("network", "router"):
        refused = demo.network.post(f"/{kind}s", json={kind: {"availability_zone_hints": ["moon"]}})
        assert refusal(refused) == (404, "AvailabilityZoneNotFound")


def test_every_network_has_a_segment_and_may_have_more(admin, demo):
    network = demo.network.create_network(name="n")
    (own,) = admin.network.get("/segments", params={"network_id": network.id}).json()["segments"]
    assert own["network_type"] == "vxlan"
    assert demo.network.get("/segments").json() == {"segments": []}
    body = {"network_id": network.id, "network_type": "vlan", "physical_network": "p", "segmentation_id": 7}
    made = admin.network.post("/segments", json={"segment": body}).json()["segment"]
    assert refusal(admin.network.post("/segments", json={"segment": body})) == (409, "VlanIdInUse")
    admin.network.create_subnet(network_id=network.id, cidr="10.0.0.0/24", ip_version=4, segment_id=made["id"])
    assert refusal(admin.network.delete(f"/segments/{made['id']}")) == (409, "SegmentInUse")
    named = admin.network.put(f"/segments/{own['id']}", json={"segment": {"name": "first"}}).json()["segment"]
    assert named["name"] == "first"
    assert admin.network.delete(f"/segments/{own['id']}").status_code == 204
    assert admin.network.get(f"/segments/{own['id']}").status_code == 404


def provider(network_type, physical_network=None, segmentation_id=None):
    given = {"network_type": network_type, "physical_network": physical_network, "segmentation_id": segmentation_id}
    return {f"provider:{name}": value for name, value in given.items() if value is not None}


@pytest.mark.parametrize(("given", "status", "type", "text"), [
    (provider("vlan", "p", 7), 409, "VlanIdInUse", "The VLAN 7 on physical network p is in use."),
    (provider("vxlan", None, 9), 409, "TunnelIdInUse", "The tunnel ID 9 is in use."),
    (provider("flat", "p"), 409, "FlatNetworkInUse", "Physical network p is in use."),
    (provider("vlan", None, 8), 400, "InvalidInput", "physical_network required for vlan provider network"),
    (provider("vlan", "p", 4095), 400, "InvalidInput", "segmentation_id out of range (1 through 4094)"),
    (provider("vxlan", "p"), 400, "InvalidInput", "provider:physical_network specified for vxlan network"),
    (provider("flat", "q", 3), 400, "InvalidInput", "segmentation_id prohibited for flat provider network"),
    (provider("local", "p"), 400, "InvalidInput", "physical_network prohibited for local provider network"),
    (provider(None, "p"), 400, "InvalidInput", "network_type required"),
    (provider("vlan", "q", 7), 201, "", ""),
    (provider("gre", None, 9), 201, "", ""),
])  # fmt: skip
def test_two_networks_do_not_share_a_segment(admin, given, status, type, text):
    for first in (provider("vlan", "p", 7), provider("vxlan", None, 9), provider("flat", "p")):
        assert admin.network.post("/networks", json={"network": first}).status_code == 201
    answer = admin.network.post("/networks", json={"network": given})
    assert answer.status_code == status
    if type:
        assert refusal(answer)[1] == type and text in answer.json()["NeutronError"]["message"]


@pytest.mark.parametrize(("given", "status", "type"), [
    (provider(None, None, 8), 200, ""),
    (provider(None, None, 9), 409, "VlanIdInUse"),
    (provider("vlan", "p"), 200, ""),
    (provider("flat"), 400, "InvalidInput"),
    (provider(None, "q"), 400, "InvalidInput"),
])  # fmt: skip
def test_a_vlan_may_get_another_number(admin, given, status, type):
    made = admin.network.post("/networks", json={"network": provider("vlan", "p", 7)}).json()["network"]
    admin.network.post("/networks", json={"network": provider("vlan", "p", 9)})
    answer = admin.network.put(f"/networks/{made['id']}", json={"network": given})
    assert answer.status_code == status and (not type or refusal(answer)[1] == type)
    now = admin.network.get(f"/networks/{made['id']}").json()["network"]
    assert now["provider:segmentation_id"] == (8 if given == provider(None, None, 8) else 7)


def test_the_number_of_an_added_segment_is_not_given_again(admin, demo):
    def number(name):
        return admin.network.create_network(name=name).provider_segmentation_id

    network, first = demo.network.find_network("private"), number("n1")
    body = {"network_id": network.id, "network_type": "vxlan", "segmentation_id": first + 1}
    assert admin.network.post("/segments", json={"segment": body}).status_code == 201
    assert number("n2") not in (first, first + 1)


def test_only_a_vlan_gets_another_number(admin, demo):
    network = demo.network.create_network(name="n")
    answer = admin.network.put(f"/networks/{network.id}", json={"network": provider(None, None, 70000)})
    assert refusal(answer) == (400, "InvalidInput")


def test_addresses_are_counted(admin, demo):
    network = demo.network.create_network(name="n")
    demo.network.create_subnet(network_id=network.id, cidr="10.0.0.0/29", ip_version=4)
    demo.network.create_port(network_id=network.id)
    path = f"/network-ip-availabilities/{network.id}"
    shown = admin.network.get(path).json()["network_ip_availability"]
    assert (shown["total_ips"], shown["used_ips"]) == (5, 1)
    assert shown["subnet_ip_availability"][0]["cidr"] == "10.0.0.0/29"
    details = shown["ip_availability_details"]
    assert (details["total_ips_in_subnet"], details["used_ips_in_allocation_pool"]) == (6, 1)
    assert refusal(demo.network.get(path)) == (404, "HTTPNotFound")


def test_new_groups_begin_as_the_templates_say(admin, demo):
    path = "/default-security-group-rules"
    first = demo.network.get(path).json()["default_security_group_rules"]
    assert [one["direction"] for one in first] == ["ingress", "ingress", "egress", "egress"]
    body = {"direction": "ingress", "protocol": "tcp", "port_range_min": 22, "port_range_max": 22}
    body |= {"used_in_default_sg": False, "used_in_non_default_sg": True}
    assert demo.network.post(path, json={"default_security_group_rule": body}).status_code == 403
    made = admin.network.post(path, json={"default_security_group_rule": body})
    assert made.status_code == 201
    twice = admin.network.post(path, json={"default_security_group_rule": body})
    assert refusal(twice) == (409, "DefaultSecurityGroupRuleExists")
    assert admin.network.delete(f"{path}/{first[3]['id']}").status_code == 204
    group = demo.create_security_group("g", "")
    assert sorted((one["direction"], one["ethertype"]) for one in group.security_group_rules) == [
        ("egress", "IPv4"), ("ingress", "IPv4"),
    ]  # fmt: skip


def test_a_router_may_have_a_flavor(admin, demo):
    flavor = admin.network.post("/flavors", json={"flavor": {"name": "f", "service_type": "L3_ROUTER_NAT"}}).json()[
        "flavor"
    ]
    empty = admin.network.post("/service_profiles", json={"service_profile": {}})
    assert refusal(empty) == (400, "ServiceProfileEmpty")
    profile = admin.network.post("/service_profiles", json={"service_profile": {"metainfo": "{}"}}).json()
    id = profile["service_profile"]["id"]
    path = f"/flavors/{flavor['id']}/service_profiles"
    assert admin.network.post(path, json={"service_profile": {"id": id}}).status_code == 201
    assert demo.network.get(f"/flavors/{flavor['id']}").json()["flavor"]["service_profiles"] == [id]
    assert refusal(admin.network.delete(f"/service_profiles/{id}")) == (409, "ServiceProfileInUse")
    demo.network.create_router(flavor_id=flavor["id"])
    assert refusal(admin.network.delete(f"/flavors/{flavor['id']}")) == (409, "FlavorInUse")
    assert demo.network.post("/flavors", json={"flavor": {"service_type": "QOS"}}).status_code == 403
    missing = demo.network.post("/routers", json={"router": {"flavor_id": id}})
    assert refusal(missing) == (404, "FlavorNotFound")


def test_traffic_is_metered_by_labels(admin, demo):
    label = admin.network.post("/metering/metering-labels", json={"metering_label": {"name": "l"}}).json()
    id = label["metering_label"]["id"]

    def rule(**fields):
        body = {"metering_label_rule": {"metering_label_id": id, "direction": "ingress", **fields}}
        return admin.network.post("/metering/metering-label-rules", json=body)

    assert rule(remote_ip_prefix="10.0.0.0/8").status_code == 201
    assert refusal(rule(remote_ip_prefix="10.1.0.0/16")) == (409, "MeteringLabelRuleOverlaps")
    assert rule(remote_ip_prefix="10.1.0.0/16", direction="egress").status_code == 201
    assert refusal(rule()) == (400, "InvalidInput")
    path = f"/metering/metering-labels/{id}"
    assert demo.network.get(path).json()["NeutronError"]["message"] == f"Metering label '{id}' does not exist."
    assert admin.network.delete(path).status_code == 204
    assert admin.network.get("/metering/metering-label-rules").json() == {"metering_label_rules": []}


def test_packets_of_a_group_are_logged_for_a_manager(admin, demo):
    group = admin.create_security_group("g", "")
    body = {"name": "l", "resource_type": "security_group", "resource_id": group.id, "event": "DROP"}
    made = admin.network.post("/log/logs", json={"log": body}).json()["log"]
    assert made["enabled"] and "tags" not in made
    off = admin.network.put(f"/log/logs/{made['id']}", json={"log": {"enabled": False}}).json()["log"]
    assert not off["enabled"]
    wrong = admin.network.post("/log/logs", json={"log": {"resource_type": "moon"}})
    assert refusal(wrong) == (400, "InvalidLogResourceType")
    assert demo.network.get("/log/logs").json() == {"logs": []}
    assert refusal(demo.network.delete(f"/log/logs/{made['id']}")) == (404, "LogResourceNotFound")
    assert admin.network.get("/log/loggable-resources").json() == {"loggable_resources": [{"type": "security_group"}]}


@pytest.mark.parametrize("alias", ["rbac-policies", "qos", "trunk", "segment", "metering", "logging", "agent"])
def test_what_is_there_is_listed(demo, alias):
    assert demo.network.get(f"/extensions/{alias}").status_code == 200


PIECES = [
    {"provider:network_type": "vlan", "provider:physical_network": "public", "provider:segmentation_id": 2},
    {"provider:network_type": "flat", "provider:physical_network": "default", "provider:segmentation_id": None},
]


def test_a_network_may_be_made_of_several_segments(admin, demo):
    body = {"network": {"name": "n", "segments": [*PIECES, {"provider:network_type": "vxlan"}]}}
    made = admin.network.post("/networks", json=body).json()["network"]
    assert made["segments"][:2] == PIECES and made["segments"][2]["provider:segmentation_id"]
    assert made["mtu"] == 1450 and "provider:network_type" not in made
    found = admin.network.get("/segments", params={"network_id": made["id"]}).json()["segments"]
    assert [one["network_type"] for one in found] == ["vlan", "flat", "vxlan"]
    again = admin.network.post("/networks", json={"network": {"segments": PIECES[1:]}})
    assert refusal(again) == (409, "FlatNetworkInUse")
    assert refusal(demo.network.post("/networks", json=body)) == (403, "PolicyNotAuthorized")
    for one in found[1:]:
        assert admin.network.delete(f"/segments/{one['id']}").status_code == 204
    assert admin.network.get(f"/networks/{made['id']}").json()["network"]["provider:segmentation_id"] == 2


@pytest.mark.parametrize(
    ("more", "type"),
    [
        ({"segments": [PIECES[0], PIECES[0]]}, "SegmentsContainDuplicateEntry"),
        ({"segments": PIECES, "provider:network_type": "vxlan"}, "SegmentsSetInConjunctionWithProviders"),
        ({"segments": [{"provider:physical_network": "x"}]}, "InvalidInput"),
        ({"segments": [{"provider:network_type": "token-ring"}]}, "InvalidInput"),
        ({"segments": [{"colour": "red"}]}, "HTTPBadRequest"),
        ({"segments": [{"provider:network_type": "vlan", "provider:segmentation_id": "x"}]}, "HTTPBadRequest"),
    ],
)
def test_segments_of_a_network_are_whole_and_unlike_each_other(admin, more, type):
    assert refusal(admin.network.post("/networks", json={"network": {"name": "n", **more}})) == (400, type)
