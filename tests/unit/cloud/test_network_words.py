"""What Neutron says when it refuses: recorded from a Neutron 29 with ML2, call by call."""

import pytest

NET = {"network": {"name": "n"}}


def ask(conn, method, path, body=None, **headers):
    return conn.network.request(path, method, json=body, headers=headers, raise_exc=False)


def told(answer):
    """Status, type and message of a refusal."""
    error = answer.json()["NeutronError"]
    return answer.status_code, error["type"], error["message"]


@pytest.fixture
def made(demo):
    network = demo.network.create_network(name="n")
    subnet = demo.network.create_subnet(network_id=network.id, cidr="10.8.0.0/24", ip_version=4)
    return {"net": network.id, "sub": subnet.id}


@pytest.mark.parametrize(("kind", "name", "value", "type", "message"), [
    # What cannot be converted is an error of its own; what does not fit names its attribute.
    ("network", "admin_state_up", 5, "InvalidInput", "Invalid input for operation: '5' cannot be converted to boolean."),
    ("network", "mtu", "x", "InvalidInput", "Invalid input for operation: 'x' is not an integer."),
    ("network", "mtu", -1, "HTTPBadRequest", "Invalid input for mtu. Reason: '-1' should be non-negative."),
    ("network", "name", " x", "HTTPBadRequest", "Invalid input for name. Reason: ' x' is not a valid string."),
    ("network", "dns_domain", "a.b", "HTTPBadRequest", "Invalid input for dns_domain. Reason: 'a.b' is not a FQDN."),
    ("network", "dns_domain", 5, "InvalidInput", "Invalid input for operation: Input value 5 must be string type."),
    ("network", "availability_zone_hints", ["a", "a"], "HTTPBadRequest",
     "Invalid input for availability_zone_hints. Reason: Duplicate items in the list: 'a'."),
    ("port", "binding:vnic_type", "x", "HTTPBadRequest",
     "Invalid input for binding:vnic_type. Reason: x is not in valid_values."),
    ("port", "fixed_ips", [{"ip_address": "08.8.8.8"}], "HTTPBadRequest",
     "Invalid input for fixed_ips. Reason: '08.8.8.8' is not an accepted IP address, '8.8.8.8' is recommended."),
    ("port", "allowed_address_pairs", [{"ip_address": "224.0.0.1"}], "HTTPBadRequest",
     "IP 224.0.0.1 is a multicast address, which is not supported."),
    ("port", "allowed_address_pairs", [{"mac_address": "fa:16:3e:00:00:01"}], "AllowedAddressPairsMissingIP",
     "AllowedAddressPair must contain ip_address"),
    ("port", "extra_dhcp_opts", [{"opt_name": "a"}], "InvalidInput",
     "Invalid input for operation: No valid key specs matched for: {'opt_name': 'a'}."),
    ("subnet", "cidr", "10.7.0.0/31", "InvalidInput",
     "Invalid input for operation: Subnet has a prefix length that is incompatible with DHCP service enabled."),
    ("subnet", "cidr", "224.0.0.0/24", "InvalidInput",
     "Invalid input for operation: Multicast IP subnet is not supported if enable_dhcp is True."),
    ("subnet", "gateway_ip", "10.7.0.255", "InvalidInput", "Invalid input for operation: Gateway is not valid on subnet."),
    ("subnet", "ipv6_ra_mode", "slaac", "InvalidInput",
     "Invalid input for operation: ipv6_ra_mode is not valid when ip_version is 4."),
    ("subnet", "service_types", ["network:dhcp", "x"], "InvalidSubnetServiceType",
     "Subnet service type x does not correspond to a valid device owner."),
    ("subnet", "dns_nameservers", ["::1"], "InvalidInput",
     "Invalid input for operation: dns_nameserver '::1' does not match the ip_version '4'."),
    ("subnet", "allocation_pools", [{"start": "10.7.0.1", "end": "10.7.0.9"}], "GatewayConflictWithAllocationPools",
     "Gateway ip 10.7.0.1 conflicts with allocation pool 10.7.0.1-10.7.0.9."),
])  # fmt: skip
def test_a_value_is_refused_in_neutrons_words(demo, made, kind, name, value, type, message):
    base = {"network": {}, "port": {"network_id": made["net"]}, "subnet": {
        "network_id": made["net"], "cidr": "10.7.0.0/24", "ip_version": 4,
    }}  # fmt: skip
    refused = told(ask(demo, "POST", f"/{kind}s", {kind: {**base[kind], name: value}}))
    assert refused[1:] == (type, message)


@pytest.mark.parametrize(("method", "path", "body", "message"), [
    ("POST", "/networks", {}, "Unable to find 'network' in request body"),
    ("POST", "/networks", {"network": []}, "Object 'network' contains invalid data"),
    ("POST", "/networks", [], "Body contains invalid data"),
    ("POST", "/networks", {"network": {"b": 1, "a": 2}}, "Unrecognized attribute(s) 'a, b'"),
    ("POST", "/networks", {"network": {"tenant_id": "x", "project_id": "y"}}, "'project_id' and 'tenant_id' do not match"),
    ("PUT", "/networks/{net}", {"networks": []}, "Bulk operation not supported"),
    ("PUT", "/networks/{net}", {"network": {"project_id": "{project}"}}, "Cannot update read-only attribute tenant_id"),
    ("POST", "/routers", {}, "Resource body required"),
    ("POST", "/flavors", {"flavor": {"project_id": "{project}"}}, "Unrecognized attribute(s) 'project_id, tenant_id'"),
])  # fmt: skip
def test_a_body_is_refused_in_neutrons_words(demo, made, method, path, body, message):
    project = demo.current_project_id
    if isinstance(body, dict):
        body = {
            kind: {name: project if value == "{project}" else value for name, value in one.items()}
            if isinstance(one, dict) else one
            for kind, one in body.items()
        }  # fmt: skip
    assert told(ask(demo, method, path.format(**made), body)) == (400, "HTTPBadRequest", message)


MALFORMED = "The server could not comply with the request since it is either malformed or otherwise incorrect."


@pytest.mark.parametrize(("method", "path", "headers", "expected"), [
    ("PATCH", "/networks", {}, (405, "HTTPMethodNotAllowed", MALFORMED)),
    ("DELETE", "/networks", {}, (404, "NetworkNotFound", "Network None could not be found.")),
    ("GET", "/networks", {"Accept": "text/html"}, (406, "HTTPNotAcceptable", MALFORMED)),
    ("GET", "/nothing", {"Accept": "text/html"}, (404, "HTTPNotFound", "The resource could not be found.")),
    ("GET", "/networks/{net}", {"If-Match": "revision_number=x"}, (
        400, "BadRequest", "Bad if-match request: Revision number etag must be in the format of revision_number=<int>.",
    )),
    ("DELETE", "/networks/{net}", {"If-Match": '"revision_number=99"'}, (
        412, "RevisionNumberConstraintFailed", "Constrained to 99, but current revision is 2",
    )),
])  # fmt: skip
def test_how_a_request_is_made_counts_too(demo, made, method, path, headers, expected):
    assert told(ask(demo, method, path.format(**made), **headers)) == expected


def test_what_is_in_use_is_told_before_a_revision(demo, made):
    demo.network.create_port(network_id=made["net"])
    answer = ask(demo, "DELETE", f"/networks/{made['net']}", **{"If-Match": "revision_number=99"})
    assert told(answer)[:2] == (409, "NetworkInUse")


@pytest.mark.parametrize(
    "path", ["security_groups", "security-groups", "availability-zones", "service-profiles", "local_ips"]
)
def test_a_dash_is_an_underscore(demo, path):
    assert ask(demo, "GET", f"/{path}").status_code == 200


@pytest.mark.parametrize(("body", "rules"), [
    ({"shared": True}, "(rule:create_network and rule:create_network:shared)"),
    ({"mtu": 1400, "router:external": True},
     "((rule:create_network and rule:create_network:router:external) and rule:create_network:mtu)"),
])  # fmt: skip
def test_a_refusal_names_the_rules_of_all_attributes(demo, body, rules):
    refused = told(ask(demo, "POST", "/networks", {"network": body}))
    assert refused == (403, "PolicyNotAuthorized", f"{rules} is disallowed by policy")


def test_only_the_operator_says_how_a_gateway_translates(admin, demo):
    public = admin.get_network("public").id
    body = {"router": {"external_gateway_info": {"network_id": public, "enable_snat": False}}}
    rule = "rule:create_router:external_gateway_info"
    assert told(ask(demo, "POST", "/routers", body))[2] == (
        f"(rule:create_router and ({rule} and ({rule}:network_id and {rule}:enable_snat))) is disallowed by policy"
    )
    assert ask(admin, "POST", "/routers", body).status_code == 201


def test_tags_of_anothers_resource_are_forbidden_not_missing(admin, demo):
    theirs = admin.network.create_network(name="theirs").id
    path = f"/networks/{theirs}/tags"
    assert told(ask(demo, "GET", path))[2] == "rule:get_network:tags is disallowed by policy"
    assert told(ask(demo, "PUT", path, {"tags": "a"}))[2] == "Invalid input for operation: 'a' is not a list."
    assert ask(admin, "PUT", path, {"tags": ["b", "a"]}).json() == {"tags": ["b", "a"]}


def test_an_update_of_nothing_changes_no_revision(demo, made):
    before = demo.network.get(f"/networks/{made['net']}").json()["network"]
    after = ask(demo, "PUT", f"/networks/{made['net']}", {"network": {"name": before["name"]}}).json()["network"]
    assert (after["revision_number"], after["updated_at"]) == (before["revision_number"], before["updated_at"])


def test_the_first_address_of_an_ipv6_subnet_is_its_routers(demo, made):
    subnet = demo.network.create_subnet(network_id=made["net"], cidr="FD00::/64", ip_version=6)
    assert (subnet.gateway_ip, subnet.allocation_pools[0]["start"], subnet.cidr) == ("fd00::", "fd00::1", "fd00::/64")


def test_ports_of_network_functions_are_trusted(demo, made):
    router = demo.network.create_router(name="r")
    demo.network.add_interface_to_router(router, subnet=made["sub"])
    port = next(demo.network.ports(device_id=router.id))
    assert not port.is_port_security_enabled and port.security_group_ids == []


def test_a_list_of_groups_does_not_say_whose_rules_are_the_defaults(demo):
    listed = ask(demo, "GET", "/security-groups").json()["security_groups"][0]
    shown = ask(demo, "GET", f"/security-groups/{listed['id']}").json()["security_group"]
    assert {rule["belongs_to_default_sg"] for rule in listed["security_group_rules"]} == {None}
    assert {rule["belongs_to_default_sg"] for rule in shown["security_group_rules"]} == {True}


def test_one_rule_under_two_names_is_there_already(demo):
    group = demo.network.create_security_group(name="g").id

    def add(**fields):
        body = {"security_group_id": group, "direction": "ingress", **fields}
        return ask(demo, "POST", "/security-group-rules", {"security_group_rule": body})

    assert add(protocol="tcp").status_code == 201
    assert told(add(protocol=6))[:2] == (409, "SecurityGroupRuleExists")
    made = add(protocol="icmpv6", ethertype="IPv6").json()["security_group_rule"]
    assert made["protocol"] == "ipv6-icmp" and told(add(protocol="icmp", ethertype="IPv6"))[0] == 409


def test_a_project_does_not_delete_the_port_of_a_server(admin, demo, made):
    port = demo.network.create_port(network_id=made["net"], device_owner="compute:nova").id
    assert told(ask(demo, "DELETE", f"/ports/{port}")) == (
        403, "PolicyNotAuthorized", "rule:delete_port is disallowed by policy",
    )  # fmt: skip
    assert ask(admin, "DELETE", f"/ports/{port}").status_code == 204


@pytest.mark.parametrize(("action", "body", "type", "message"), [
    ("add", {}, "BadRequest", "Bad router request: Either subnet_id or port_id must be specified."),
    ("add", {"subnet_id": None}, "BadRequest", "Bad router request: 'None' is not a valid UUID."),
    ("remove", {"subnet_id": "11111111-2222-4333-8444-555555555555"}, "SubnetNotFound",
     "Subnet 11111111-2222-4333-8444-555555555555 could not be found."),
])  # fmt: skip
def test_an_interface_is_refused_in_neutrons_words(demo, action, body, type, message):
    router = demo.network.create_router(name="r").id
    assert told(ask(demo, "PUT", f"/routers/{router}/{action}_router_interface", body))[1:] == (type, message)


def test_subnets_of_a_network_are_of_one_pool(demo, made):
    pool = demo.network.create_subnet_pool(name="p", prefixes=["10.99.0.0/16"], default_prefixlen=24).id
    body = {"network_id": made["net"], "ip_version": 4, "subnetpool_id": pool}
    assert told(ask(demo, "POST", "/subnets", {"subnet": body}))[1] == "NetworkSubnetPoolAffinityError"


@pytest.mark.parametrize("body", [b"{", b"[" * 200_000], ids=["broken", "nested without end"])
@pytest.mark.parametrize(("method", "path"), [
    ("PUT", "routers/{router}/add_router_interface"), ("PUT", "networks/{net}/tags"), ("PUT", "networks/{net}"),
    ("POST", "address-groups"), ("PUT", "quotas/{net}"),
])  # fmt: skip
def test_a_body_that_is_no_json_is_refused_everywhere(demo, admin, made, method, path, body):
    where = path.format(router=demo.network.create_router(name="r").id, **made)
    conn = admin if where.startswith("quotas") else demo
    headers = {"Content-Type": "application/json"}
    answer = conn.network.request(f"/{where}", method, data=body, headers=headers, raise_exc=False)
    assert told(answer)[0] == 400


def test_the_ipv4_addresses_of_a_routers_port_do_not_change(demo, made):
    """L3RouterPlugin.IP_UPDATE_NOT_ALLOWED_LIST: what stays the same may be said again, IPv6 may be added."""
    router = demo.network.create_router(name="r")
    port = demo.network.add_interface_to_router(router, subnet_id=made["sub"])["port_id"]
    six = demo.network.create_subnet(network_id=made["net"], cidr="fd00::/64", ip_version=6)
    same = {"subnet_id": made["sub"]}
    for wanted in ([same], [same, {"subnet_id": six.id}]):
        answer = ask(demo, "PUT", f"/ports/{port}", {"port": {"fixed_ips": wanted}})
        assert [item["subnet_id"] for item in answer.json()["port"]["fixed_ips"]] == [
            item["subnet_id"] for item in wanted
        ]
    for wanted in ([], [same, same], [{"ip_address": "10.8.0.77"}]):
        answer = ask(demo, "PUT", f"/ports/{port}", {"port": {"fixed_ips": wanted}})
        message = f"Bad ports request: IP updates for port {port} are not allowed."
        assert told(answer) == (400, "BadRequest", message)
