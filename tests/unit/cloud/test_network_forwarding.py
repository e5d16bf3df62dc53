"""Port forwardings, conntrack helpers, prefixes of pools, revisions."""

import pytest


@pytest.fixture
def net(demo):
    network = demo.network.create_network(name="n")
    subnet = demo.network.create_subnet(network_id=network.id, cidr="10.9.0.0/24", ip_version=4)
    public = demo.network.find_network("public").id
    router = demo.network.create_router(name="r", external_gateway_info={"network_id": public})
    demo.network.add_interface_to_router(router, subnet=subnet)
    return network


@pytest.fixture
def port(demo, net):
    return lambda: demo.network.create_port(network_id=net.id)


def refusal(response):
    return response.status_code, response.json()["NeutronError"]["type"]


def test_single_ports_of_an_address_lead_to_different_servers(demo, port):
    floating = demo.network.create_ip(floating_network_id=demo.network.find_network("public").id)
    path, first, second = f"/floatingips/{floating.id}/port_forwardings", port(), port()

    def forward(target, **fields):
        values = {"protocol": "tcp", "internal_port_id": target.id, **fields}
        values["internal_ip_address"] = target.fixed_ips[0]["ip_address"]
        return demo.network.post(path, json={"port_forwarding": values})

    made = forward(first, external_port=2201, internal_port=22).json()["port_forwarding"]
    assert made["external_port_range"] == "2201:2201"
    assert forward(second, external_port=2202, internal_port=22).status_code == 201
    assert refusal(forward(second, external_port=2201, internal_port=23)) == (400, "BadRequest")
    shown = demo.network.get_ip(floating.id)
    assert shown.router_id and [one["external_port"] for one in shown.port_details or []] == []
    refused = demo.network.put(f"/floatingips/{floating.id}", json={"floatingip": {"port_id": port().id}})
    assert refusal(refused) == (409, "FipInUseByPortForwarding")
    assert refusal(demo.network.delete(f"/floatingips/{floating.id}")) == (409, "FipInUseByPortForwarding")
    changed = demo.network.put(f"{path}/{made['id']}", json={"port_forwarding": {"external_port": 2210}}).json()
    assert changed["port_forwarding"]["external_port"] == 2210
    demo.network.delete_port(second)  # its forwarding goes with it
    assert demo.network.delete(f"{path}/{made['id']}").status_code == 204
    assert demo.network.get(path).json() == {"port_forwardings": []}
    assert demo.network.delete(f"/floatingips/{floating.id}").status_code == 204


def test_a_router_follows_protocols(demo):
    router = demo.network.create_router(name="h")
    path = f"/routers/{router.id}/conntrack_helpers"

    def helper(**fields):
        return demo.network.post(path, json={"conntrack_helper": {"protocol": "udp", "port": 69, **fields}})

    made = helper(helper="tftp").json()["conntrack_helper"]
    assert refusal(helper(helper="tftp")) == (400, "BadRequest")
    assert refusal(helper(helper="ftp")) == (400, "InvalidProtocolForHelper")
    assert refusal(helper(helper="moon")) == (400, "ConntrackHelperNotAllowed")
    changed = demo.network.put(f"{path}/{made['id']}", json={"conntrack_helper": {"port": 6969}}).json()
    assert changed["conntrack_helper"]["port"] == 6969
    assert demo.network.delete(f"{path}/{made['id']}").status_code == 204
    assert refusal(demo.network.get(f"{path}/{made['id']}")) == (404, "ConntrackHelperNotFound")


def test_prefixes_are_added_and_removed(demo):
    pool = demo.network.create_subnet_pool(name="p", prefixes=["10.0.0.0/16"], default_prefixlen=24)
    path = f"/subnetpools/{pool.id}"
    demo.network.put(f"{path}/add_prefixes", json={"prefixes": ["10.1.0.0/16"]})
    assert demo.network.get_subnet_pool(pool.id).prefixes == ["10.0.0.0/15"]
    demo.network.put(f"{path}/remove_prefixes", json={"prefixes": ["10.0.0.0/16"]})
    assert demo.network.get_subnet_pool(pool.id).prefixes == ["10.1.0.0/16"]
    network = demo.network.create_network(name="n")
    demo.network.create_subnet(network_id=network.id, subnet_pool_id=pool.id, ip_version=4)
    refused = demo.network.put(f"{path}/remove_prefixes", json={"prefixes": ["10.1.0.0/16"]})
    assert refusal(refused) == (400, "IllegalSubnetPoolPrefixUpdate")
    assert refusal(demo.network.put(f"{path}/add_prefixes", json={"prefixes": ["fd00::/48"]}))[0] == 400


def test_a_networks_subnets_are_taken_into_a_pool(demo, net):
    pool = demo.network.create_subnet_pool(name="p", prefixes=["10.0.0.0/24"])
    path = f"/subnetpools/{pool.id}/onboard_network_subnets"
    assert demo.network.put(path, json={"network_id": net.id}).status_code == 200
    assert demo.network.get_subnet_pool(pool.id).prefixes == ["10.0.0.0/24", "10.9.0.0/24"]
    assert next(demo.network.subnets(network_id=net.id)).subnet_pool_id == pool.id
    assert refusal(demo.network.put(path, json={"network_id": net.id})) == (409, "IllegalSubnetPoolUpdate")


def test_a_change_may_ask_for_a_revision(demo, net):
    group = demo.create_security_group("g", "")
    path = f"/security-groups/{group.id}"
    stale = {"If-Match": f"revision_number={group.revision_number}"}
    demo.network.create_security_group_rule(security_group_id=group.id, direction="ingress")
    assert demo.network.get(path).json()["security_group"]["revision_number"] == group.revision_number + 1
    for answer in (
        demo.network.put(path, json={"security_group": {"name": "h"}}, headers=stale),
        demo.network.delete(path, headers=stale),
    ):
        assert refusal(answer) == (412, "RevisionNumberConstraintFailed")
    before = demo.network.get_network(net.id).revision_number
    demo.network.create_subnet(network_id=net.id, cidr="10.10.0.0/24", ip_version=4)
    assert demo.network.get_network(net.id).revision_number == before + 1


def test_a_range_loses_its_host_bits(demo, net):
    made = demo.network.create_subnet(network_id=net.id, cidr="10.99.99.0/16", ip_version=4)
    assert made.cidr == "10.99.0.0/16"
