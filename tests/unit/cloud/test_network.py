"""Addresses, routers, floating IPs, security groups, and what Neutron refuses."""

import pytest
from openstack import exceptions


@pytest.fixture
def net(demo):
    network = demo.network.create_network(name="n")
    subnet = demo.network.create_subnet(network_id=network.id, cidr="10.9.0.0/29", ip_version=4)
    return network, subnet


def test_addresses_are_given_in_order_and_without_the_gateway(demo, net):
    found = [demo.network.create_port(network_id=net[0].id).fixed_ips[0]["ip_address"] for _ in range(3)]
    assert found == ["10.9.0.2", "10.9.0.3", "10.9.0.4"]


def test_a_full_subnet_has_no_more_addresses(demo, net):
    for _ in range(5):
        demo.network.create_port(network_id=net[0].id)
    with pytest.raises(exceptions.ConflictException, match="No more IP addresses available"):
        demo.network.create_port(network_id=net[0].id)


def test_a_freed_address_is_given_again(demo, net):
    ports = [demo.network.create_port(network_id=net[0].id) for _ in range(5)]
    demo.network.delete_port(ports[2])
    assert demo.network.create_port(network_id=net[0].id).fixed_ips[0]["ip_address"] == "10.9.0.4"


def test_a_network_in_use_stays(demo, net):
    demo.network.create_port(network_id=net[0].id)
    with pytest.raises(exceptions.ConflictException, match="still in use on the network"):
        demo.network.delete_network(net[0])


def test_a_gateway_moves_out_of_the_pools(demo):
    network = demo.network.create_network(name="m")
    subnet = demo.network.create_subnet(
        network_id=network.id, cidr="10.8.0.0/24", ip_version=4, gateway_ip="10.8.0.100"
    )
    assert [(p["start"], p["end"]) for p in subnet.allocation_pools] == [
        ("10.8.0.1", "10.8.0.99"),
        ("10.8.0.101", "10.8.0.254"),
    ]


def test_a_slaac_address_is_made_of_the_mac(demo):
    network = demo.network.create_network(name="six")
    demo.network.create_subnet(
        network_id=network.id, cidr="2001:db8::/64", ip_version=6, ipv6_address_mode="slaac", ipv6_ra_mode="slaac"
    )
    port = demo.network.create_port(network_id=network.id, mac_address="fa:16:3e:00:00:01")
    assert port.fixed_ips[0]["ip_address"] == "2001:db8::f816:3eff:fe00:1"


def test_a_floating_ip_needs_a_router(demo, net):
    public = demo.network.find_network("public")
    port = demo.network.create_port(network_id=net[0].id)
    with pytest.raises(exceptions.NotFoundException, match="is not reachable from subnet"):
        demo.network.create_ip(floating_network_id=public.id, port_id=port.id)
    demo.network.add_interface_to_router(demo.network.find_router("router1"), subnet=net[1].id)
    assert demo.network.create_ip(floating_network_id=public.id, port_id=port.id).fixed_ip_address == "10.9.0.2"


def test_an_interface_that_a_floating_ip_needs_stays(demo, net):
    router = demo.network.find_router("router1")
    demo.network.add_interface_to_router(router, subnet=net[1].id)
    port = demo.network.create_port(network_id=net[0].id)
    demo.network.create_ip(floating_network_id=demo.network.find_network("public").id, port_id=port.id)
    with pytest.raises(exceptions.ConflictException, match="required by one or more floating IPs"):
        demo.network.remove_interface_from_router(router, subnet=net[1].id)


def test_every_project_has_its_default_group(demo):
    groups = list(demo.network.security_groups())
    assert [group.name for group in groups] == ["default"]
    assert len(groups[0].security_group_rules) == 4


def test_a_rule_twice_is_a_conflict(demo):
    group = demo.network.create_security_group(name="g")
    rule = {
        "security_group_id": group.id,
        "direction": "ingress",
        "protocol": "tcp",
        "port_range_min": 80,
        "port_range_max": 80,
    }
    demo.network.create_security_group_rule(**rule)
    with pytest.raises(exceptions.ConflictException, match="already exists"):
        demo.network.create_security_group_rule(**rule)


@pytest.mark.parametrize(
    "rule",
    [
        {"port_range_min": 80, "port_range_max": 79, "protocol": "tcp"},
        {"port_range_min": 80, "port_range_max": 80},
        {"protocol": "nonsense"},
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(demo, rule):
    group = demo.network.create_security_group(name="g")
    with pytest.raises(exceptions.BadRequestException):
        demo.network.create_security_group_rule(security_group_id=group.id, direction="ingress", **rule)


def test_a_full_quota_is_a_409(admin, demo):
    admin.set_network_quotas("demo", network=1)
    with pytest.raises(exceptions.ConflictException, match=r"Quota exceeded for resources: \['network'\]"):
        demo.network.create_network(name="more")


def test_only_the_administrator_shares(demo):
    with pytest.raises(exceptions.ForbiddenException, match="create_network:shared"):
        demo.network.create_network(name="s", is_shared=True)


def test_unknown_attributes_are_named(demo):
    answer = demo.network.post("/networks", json={"network": {"colour": "red"}})
    assert answer.json()["NeutronError"]["message"] == "Unrecognized attribute(s) 'colour'"


# Subnet pools


@pytest.mark.parametrize(("path", "kind", "name"), [
    ("networks", "network", "l2_adjacency"),
    ("networks", "network", "status"),
    ("routers", "router", "availability_zones"),
    ("subnetpools", "subnetpool", "ip_version"),
    ("address-groups", "address_group", "shared"),
    ("floatingips", "floatingip", "port_details"),
    ("network_segment_ranges", "network_segment_range", "default"),
])  # fmt: skip
def test_what_is_shown_and_not_given_is_told_from_what_is_unknown(admin, path, kind, name):
    answer = admin.network.post(f"/{path}", json={kind: {name: None}})
    assert answer.status_code == 400
    assert answer.json()["NeutronError"]["message"] == f"Attribute '{name}' not allowed in POST"


@pytest.mark.parametrize(("kind", "name"), [
    ("network", "status"), ("network", "subnets"), ("port", "binding:vif_type"), ("port", "network_id"),
])  # fmt: skip
def test_an_update_of_what_is_only_shown_is_refused_as_that(admin, kind, name):
    one = next(iter(admin.network.get(f"/{kind}s").json()[f"{kind}s"]))
    answer = admin.network.put(f"/{kind}s/{one['id']}", json={kind: {name: one[name]}})
    assert answer.status_code == 400
    assert answer.json()["NeutronError"]["message"] == f"Cannot update read-only attribute {name}"


def test_the_name_of_a_floating_ip_stays(admin):
    public = admin.network.find_network("public")
    one = admin.network.create_ip(floating_network_id=public.id)
    with pytest.raises(exceptions.BadRequestException, match="Cannot update read-only attribute dns_name"):
        admin.network.update_ip(one, dns_name="other")


def pool(conn, **more):
    return conn.network.create_subnet_pool(name="p", prefixes=["10.64.0.0/24"], default_prefixlen=26, **more)


def test_a_pool_gives_its_ranges_in_order_and_no_more(demo):
    network, made = demo.network.create_network(name="n"), pool(demo)
    found = []
    for length in (26, 27, 26, 26):
        subnet = demo.network.create_subnet(
            network_id=network.id, subnet_pool_id=made.id, prefix_length=length, ip_version=4
        )
        found.append(subnet.cidr)
    assert found == ["10.64.0.0/26", "10.64.0.64/27", "10.64.0.128/26", "10.64.0.192/26"]
    with pytest.raises(exceptions.ConflictException, match="Insufficient prefix space"):
        demo.network.create_subnet(network_id=network.id, subnet_pool_id=made.id, ip_version=4)


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"prefixes": ["10.0.0.0/24", "fd00::/64"]}, "Cannot mix IPv4 and IPv6"),
        ({"prefixes": []}, "Empty subnet pool prefix list"),
        ({"prefixes": ["10.0.0.0/24"], "min_prefixlen": 28, "default_prefixlen": 24}, "Illegal prefix bounds"),
        ({"prefixes": ["10.0.0.0/24"], "max_prefixlen": 40}, "Illegal prefix bounds"),
    ],
)
def test_pools_that_make_no_sense(demo, fields, text):
    answer = demo.network.post("/subnetpools", json={"subnetpool": {"name": "p", **fields}})
    assert answer.status_code == 400 and text in answer.json()["NeutronError"]["message"]


def test_a_pool_grows_and_does_not_shrink(demo):
    made = pool(demo)
    wider = demo.network.put(f"/subnetpools/{made.id}", json={"subnetpool": {"prefixes": ["10.64.0.0/23"]}})
    assert wider.json()["subnetpool"]["prefixes"] == ["10.64.0.0/23"]
    narrower = demo.network.put(f"/subnetpools/{made.id}", json={"subnetpool": {"prefixes": ["10.64.0.0/25"]}})
    assert narrower.status_code == 400


def test_another_projects_pool_is_not_found(cloud, demo):
    made = pool(demo)
    assert cloud.connect("alt_demo", "alt_demo").network.get(f"/subnetpools/{made.id}").status_code == 404


# Refusals, and who may do what


@pytest.mark.parametrize(
    ("rule", "status", "text"),
    [
        ({"port_range_min": -16, "port_range_max": 80}, 400, "Invalid value for port -16"),
        ({"port_range_min": 0, "port_range_max": 80}, 400, "Invalid value for port 0"),
        ({"port_range_min": 80, "port_range_max": 79}, 400, "port_range_min must be <= port_range_max"),
        ({"protocol": "icmp", "port_range_min": 300, "port_range_max": 1}, 400, "Invalid value for ICMP type"),
        ({"protocol": "icmp", "port_range_max": 1}, 400, "ICMP type (port-range-min) is missing"),
        ({"remote_group_id": "none"}, 404, "Security group none does not exist"),
    ],
)
def test_rules_that_make_no_sense(demo, rule, status, text):
    group = demo.create_security_group("g", "d")
    body = {"security_group_id": group.id, "direction": "ingress", "protocol": "tcp", **rule}
    answer = demo.network.post("/security-group-rules", json={"security_group_rule": body})
    assert answer.status_code == status and text in answer.json()["NeutronError"]["message"]


def test_a_rule_keeps_its_range_as_it_was_given(demo):
    group = demo.create_security_group("g", "d")
    rule = demo.network.create_security_group_rule(
        security_group_id=group.id, direction="ingress", remote_ip_prefix="10.2.3.124/24"
    )
    assert (rule.remote_ip_prefix, rule.normalized_cidr) == ("10.2.3.124/24", "10.2.3.0/24")


def test_no_group_is_renamed_to_default(demo):
    group = demo.create_security_group("g", "d")
    with pytest.raises(exceptions.ConflictException, match="already exists"):
        demo.update_security_group(group.id, name="default")


def test_free_floating_ips_go_with_their_network(admin):
    network = admin.network.create_network(name="out", is_router_external=True)
    admin.network.create_subnet(network_id=network.id, cidr="192.0.2.0/24", ip_version=4)
    floating = admin.network.create_ip(floating_network_id=network.id)
    admin.network.delete_network(network)
    assert admin.network.find_ip(floating.id) is None


def test_a_reader_looks_and_changes_nothing(cloud, admin, demo):
    admin.create_user("eve", password="secret", domain_id="default")
    admin.grant_role("reader", user="eve", project="demo")
    eve = cloud.connect("eve", "demo", "secret").network
    network = demo.get_network("private").id
    assert eve.get(f"/networks/{network}").status_code == 200
    refused = eve.post("/networks", json={"network": {}})
    assert refused.json()["NeutronError"]["message"] == "rule:create_network is disallowed by policy"
    assert eve.delete(f"/networks/{network}").status_code == 403
    other = next(
        one
        for one in admin.network.networks()
        if one.project_id != demo.current_project_id and not one.is_router_external
    )
    assert eve.delete(f"/networks/{other.id}").status_code == 404


def test_a_project_gets_a_whole_network_when_it_asks_for_any(cloud, admin):
    project = admin.create_project("bare", "default")
    admin.create_user("eve", password="secret", domain_id="default")
    admin.grant_role("member", user="eve", project="bare")
    eve = cloud.connect("eve", "bare", "secret")
    path = f"/auto-allocated-topology/{project.id}"
    checked = eve.network.get(path, params={"fields": "dry-run"}).json()["auto_allocated_topology"]
    assert checked["id"] == "dry-run=pass" and list(eve.network.routers()) == []
    assert eve.network.get(path, params={"fields": "id"}).json()["NeutronError"]["type"] == "BadRequest"
    body = {"name": "a", "imageRef": eve.get_image("cirros").id, "flavorRef": "1", "networks": "auto"}
    server = eve.compute.post("/servers", json={"server": body}, microversion="2.37").json()["server"]
    addresses = eve.compute.get_server(server["id"]).addresses["auto_allocated_network"]
    assert {address["version"] for address in addresses} == {4, 6}
    assert {subnet.cidr for subnet in eve.network.subnets(name="auto_allocated_subnet_v4")} == {"10.0.0.64/26"}
    eve.delete_server(server["id"], wait=True)
    assert eve.network.delete(path).status_code == eve.network.delete(path).status_code == 204
    assert list(eve.network.routers()) == [] and list(eve.network.networks(name="auto_allocated_network")) == []


def test_a_topology_needs_the_operators_defaults(admin, demo):
    path = f"/auto-allocated-topology/{demo.current_project_id}"
    for pool in admin.network.subnet_pools(is_default=True):
        admin.network.update_subnet_pool(pool, is_default=False)
    assert "No default subnetpools defined" in demo.network.get(path).text
    admin.network.update_network(admin.get_network("public").id, is_default=False)
    assert "No default router:external network" in demo.network.get(path).text
    others = demo.network.get(f"/auto-allocated-topology/{admin.current_project_id}")
    assert (others.status_code, others.json()["NeutronError"]["type"]) == (403, "NotAuthorized")


def test_there_is_one_default_of_its_kind(admin):
    other = admin.network.create_network(name="x", is_router_external=True)
    for refused in (
        lambda: admin.network.update_network(other, is_default=True),
        lambda: admin.network.create_network(name="y", is_router_external=True, is_default=True),
    ):
        with pytest.raises(exceptions.ConflictException, match="A default external network already exists"):
            refused()
    assert admin.network.create_network(name="inside", is_default=True).is_default is False
    made = admin.network.create_subnet_pool(name="p", prefixes=["10.64.0.0/16"])
    with pytest.raises(exceptions.BadRequestException, match="Only one default may exist per IP family"):
        admin.network.update_subnet_pool(made, is_default=True)


def test_what_is_within_a_group_only_is_not_shown_of_a_rule_alone(demo):
    group = demo.network.get("/security-groups").json()["security_groups"][0]
    alone = demo.network.get("/security-group-rules").json()["security_group_rules"][0]
    assert set(group["security_group_rules"][0]) - set(alone) == {"standard_attr_id", "tags"}
    assert demo.network.get(f"/security-group-rules/{alone['id']}/tags").status_code == 404


def test_pools_of_one_scope_do_not_overlap(demo):
    scope = demo.network.create_address_scope(name="s", ip_version=4)
    made = pool(demo, address_scope_id=scope.id)
    with pytest.raises(exceptions.ConflictException, match="must have unique prefixes"):
        pool(demo, address_scope_id=scope.id)
    with pytest.raises(exceptions.BadRequestException, match="ip_version is not 4"):
        demo.network.create_subnet_pool(name="q", prefixes=["fd00::/48"], address_scope_id=scope.id)
    with pytest.raises(exceptions.ConflictException, match="subnet pools in use"):
        demo.network.delete_address_scope(scope)
    demo.network.delete_subnet_pool(made)
    demo.network.delete_address_scope(scope)
    assert list(demo.network.address_scopes()) == []


def test_an_address_group_stands_for_its_ranges_in_rules(demo):
    made = demo.network.create_address_group(name="offices", addresses=["10.1.0.0/16", "192.0.2.7/32"])
    assert made.addresses == ["10.1.0.0/16", "192.0.2.7/32"]
    path = f"/address-groups/{made.id}"
    bare = demo.network.post("/address-groups", json={"address_group": {"addresses": ["192.0.2.7"]}})
    assert bare.status_code == 400 and "'192.0.2.7' is not a valid IP subnet" in bare.text

    def change(verb, *ranges):
        return demo.network.put(f"{path}/{verb}", json={"address_group": {"addresses": list(ranges)}})

    assert change("add_addresses", "10.1.0.0/16").status_code == 400
    assert change("remove_addresses", "10.9.0.0/16").status_code == 404
    assert change("remove_addresses", "192.0.2.7/32").json()["address_group"]["addresses"] == ["10.1.0.0/16"]
    group = demo.create_security_group("g", "d")
    rule = {"security_group_id": group.id, "direction": "ingress", "remote_address_group_id": made.id}
    kept = demo.network.create_security_group_rule(**rule)
    assert demo.network.delete(path).status_code == 409
    demo.network.delete_security_group_rule(kept)
    assert demo.network.delete(path).status_code == 204
    refused = demo.network.post("/security-group-rules", json={"security_group_rule": rule})
    assert refused.json()["NeutronError"]["type"] == "AddressGroupNotFound"


def test_several_are_made_at_once_or_none(demo):
    bodies = [{"name": "g1"}, {"name": "g2"}]
    made = demo.network.post("/security-groups", json={"security_groups": bodies}).json()["security_groups"]
    assert [group["name"] for group in made] == ["g1", "g2"]
    before = {group.name for group in demo.network.security_groups()}
    answer = demo.network.post("/security-groups", json={"security_groups": [{"name": "g3"}, {"name": 7}]})
    assert answer.status_code == 400 and {group.name for group in demo.network.security_groups()} == before
    alone = demo.network.post("/routers", json={"routers": bodies}).json()["NeutronError"]
    assert alone["message"] == "Bulk operation not supported"


@pytest.mark.parametrize("body", [{"routers": []}, {"routers": [3]}, {"networks": [3]}, {"router": 3}, []])
def test_a_body_of_another_form_is_a_400(demo, body):
    path = "/networks" if isinstance(body, dict) and "networks" in body else "/routers"
    assert demo.network.post(path, json=body).status_code == 400
