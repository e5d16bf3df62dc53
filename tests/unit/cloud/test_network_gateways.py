"""Routers with several gateways, extra routes that are added alone, NDP proxies."""

import pytest

PUBLIC = "public"


def ask(conn, method, path, body=None):
    return conn.network.request(path, method, json=body, raise_exc=False)


def kind(answer):
    """Status and type of a refusal."""
    return answer.status_code, answer.json()["NeutronError"]["type"]


@pytest.fixture
def outside(admin):
    return admin.network.find_network(PUBLIC).id


def act(conn, router, verb, **body):
    return ask(conn, "PUT", f"/routers/{router}/{verb}", {"router": body})


def test_a_router_has_several_gateways_and_the_first_is_the_plain_one(admin, outside):
    router = admin.network.create_router(name="r").id
    wanted = [{"network_id": outside}] * 3
    shown = act(admin, router, "add_external_gateways", external_gateways=wanted).json()["router"]
    gateways = shown["external_gateways"]
    addresses = [gateway["external_fixed_ips"][0]["ip_address"] for gateway in gateways]
    assert len(set(addresses)) == 3
    assert shown["external_gateway_info"]["external_fixed_ips"] == gateways[0]["external_fixed_ips"]
    assert kind(act(admin, router, "remove_external_gateways", external_gateways=wanted[:1])) == (
        400,
        "UnableToMatchGateways",
    )
    left = act(admin, router, "remove_external_gateways", external_gateways=gateways[:1]).json()["router"]
    assert [one["external_fixed_ips"] for one in left["external_gateways"]] == [
        one["external_fixed_ips"] for one in gateways[1:]
    ]
    kept = act(admin, router, "update_external_gateways", external_gateways=gateways[2:]).json()["router"]
    assert [one["external_fixed_ips"] for one in kept["external_gateways"]] == [gateways[2]["external_fixed_ips"]]
    assert act(admin, router, "remove_external_gateways", external_gateways={}).json()["router"]["external_gateways"]
    assert ask(admin, "DELETE", f"/routers/{router}").status_code == 204
    assert list(admin.network.ports(device_id=router)) == []


def test_routes_are_added_and_removed_alone(demo):
    network = demo.network.create_network(name="n")
    subnet = demo.network.create_subnet(network_id=network.id, cidr="10.8.0.0/24", ip_version=4)
    router = demo.network.create_router(name="r").id
    demo.network.add_interface_to_router(router, subnet=subnet.id)
    first, second = ({"destination": f"10.9.{n}.0/24", "nexthop": "10.8.0.9"} for n in (1, 2))
    assert act(demo, router, "add_extraroutes", routes=[first]).json()["router"]["routes"] == [first]
    assert act(demo, router, "add_extraroutes", routes=[first, second]).json()["router"]["routes"] == [first, second]
    taken = ask(demo, "PUT", f"/routers/{router}/remove_router_interface", {"subnet_id": subnet.id})
    assert kind(taken) == (409, "RouterInterfaceInUseByRoute")
    assert act(demo, router, "remove_extraroutes", routes=[first]).json()["router"]["routes"] == [second]
    lost = act(demo, router, "add_extraroutes", routes=[{"destination": "10.9.3.0/24", "nexthop": "192.0.2.1"}])
    assert kind(lost) == (400, "InvalidRoutes")


def pooled(conn, scope, prefix, network):
    pool = {"name": "p", "prefixes": [prefix], "address_scope_id": scope, "default_prefixlen": 64}
    pool = ask(conn, "POST", "/subnetpools", {"subnetpool": pool}).json()["subnetpool"]["id"]
    body = {"network_id": network, "ip_version": 6, "subnetpool_id": pool}
    return ask(conn, "POST", "/subnets", {"subnet": body}).json()["subnet"]


def test_an_ndp_proxy_needs_one_scope_from_end_to_end(admin):
    scope = ask(admin, "POST", "/address-scopes", {"address_scope": {"name": "s", "ip_version": 6}}).json()
    scope = scope["address_scope"]["id"]
    out = admin.network.create_network(name="out6", is_router_external=True).id
    router = admin.network.create_router(name="r", external_gateway_info={"network_id": out}).id
    assert kind(act(admin, router, "", enable_ndp_proxy=True)) == (409, "RouterGatewayNotValid")
    pooled(admin, scope, "2001:db8:1::/48", out)
    assert admin.network.get(f"/networks/{out}").json()["network"]["ipv6_address_scope"] == scope
    admin.network.delete_router(router)
    router = admin.network.create_router(name="r", external_gateway_info={"network_id": out}).id
    assert act(admin, router, "", enable_ndp_proxy=True).json()["router"]["enable_ndp_proxy"] is True
    inside, stray = (admin.network.create_network(name=name).id for name in ("in", "stray"))
    subnet = pooled(admin, scope, "2001:db8:2::/48", inside)
    other = admin.network.create_subnet(network_id=stray, cidr="2001:db8:3::/64", ip_version=6).id
    for id in (subnet["id"], other):
        admin.network.add_interface_to_router(router, subnet=id)
    port, far = (admin.network.create_port(network_id=id).id for id in (inside, stray))

    def proxy(port_id, **more):
        return ask(admin, "POST", "/ndp-proxies", {"ndp_proxy": {"router_id": router, "port_id": port_id, **more}})

    assert kind(proxy(far)) == (409, "AddressScopeConflict")
    assert kind(proxy(port, ip_address="2001:db8:2::99")) == (400, "InvalidAddress")
    made = proxy(port).json()["ndp_proxy"]
    assert made["ip_address"].startswith("2001:db8:2:")
    assert kind(act(admin, router, "", external_gateway_info={})) == (409, "RouterGatewayInUseByNDPProxy")
    taken = ask(admin, "PUT", f"/routers/{router}/remove_router_interface", {"subnet_id": subnet["id"]})
    assert kind(taken) == (409, "RouterInterfaceInUseByNDPProxy")
    assert ask(admin, "DELETE", f"/ndp-proxies/{made['id']}").status_code == 204


def test_pools_of_floating_ips_are_the_subnets_outside(demo, outside):
    pools = ask(demo, "GET", "/floatingip-pools").json()["floatingip_pools"]
    assert [pool["network_id"] for pool in pools] == [outside]
