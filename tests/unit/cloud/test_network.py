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
