"""The `openstack` command and what extends networks: lending, trunks, QoS, forwarding, agents, metering."""


def works(cli, line, cloud="demo"):
    quiet = " delete " in f"{line} "
    ran = cli(line if quiet else f"{line} -f json", cloud=cloud)
    assert ran.code == 0, ran.err
    return None if quiet else ran.json


def test_a_network_is_lent_to_another_project(cli):
    works(cli, "network create lent")
    rule = works(
        cli, "network rbac create --type network --action access_as_shared --target-project alt_demo lent", "admin"
    )
    assert works(cli, "network show lent", "alt_demo")["shared"] is True
    assert [row["Object ID"] for row in works(cli, "network rbac list", "admin") if row["ID"] == rule["id"]]
    works(cli, f"network rbac delete {rule['id']}", "admin")
    assert cli("network show lent", cloud="alt_demo").code == 1
    works(cli, "network delete lent")


def test_a_trunk_and_its_subports(cli):
    for name in ("parent", "child"):
        works(cli, f"port create {name} --network private")
    made = works(
        cli, "network trunk create t --parent-port parent --subport port=child,segmentation-type=vlan,segmentation-id=7"
    )
    assert made["sub_ports"][0]["segmentation_id"] == 7
    assert [row["Segmentation ID"] for row in works(cli, "network subport list --trunk t")] == [7]
    assert cli("network trunk unset t --subport child").code == 0
    works(cli, "network trunk delete t")
    works(cli, "port delete parent child")


def test_a_qos_policy_with_rules(cli):
    works(cli, "network qos policy create gold --share", "admin")
    rule = works(cli, "network qos rule create gold --type bandwidth-limit --max-kbps 100 --egress", "admin")
    assert rule["max_kbps"] == 100
    shown = works(cli, "network qos policy show gold")
    assert [one["type"] for one in shown["rules"]] == ["bandwidth_limit"]
    assert {row["Type"] for row in works(cli, "network qos rule type list")} >= {"bandwidth_limit", "dscp_marking"}
    works(cli, "network create shaped --qos-policy gold")
    assert cli("network qos policy delete gold", cloud="admin").code == 1
    works(cli, "network delete shaped")
    works(cli, f"network qos rule delete gold {rule['id']}", "admin")
    works(cli, "network qos policy delete gold", "admin")


def test_the_agents_of_the_hosts(cli):
    rows = works(cli, "network agent list", "admin")
    assert {row["Agent Type"] for row in rows} >= {"DHCP agent", "L3 agent", "Open vSwitch agent"}
    assert all(row["Alive"] for row in rows)
    dhcp = next(row["ID"] for row in rows if row["Binary"] == "neutron-dhcp-agent")
    assert works(cli, "network list --agent " + dhcp, "admin")
    assert works(cli, f"network agent show {dhcp}", "admin")["availability_zone"] == "nova"


def test_one_port_of_an_address_is_forwarded(cli):
    works(cli, "router create gate")
    for line in ("router set gate --external-gateway public", "network create deep"):
        assert cli(line).code == 0
    works(cli, "subnet create deep --network deep --subnet-range 10.77.0.0/24")
    assert cli("router add subnet gate deep").code == 0
    port = works(cli, "port create inside --network deep")
    floating = works(cli, "floating ip create public")["floating_ip_address"]
    address = port["fixed_ips"][0]["ip_address"]
    made = works(
        cli,
        f"floating ip port forwarding create {floating} --port inside --internal-ip-address {address} "
        "--internal-protocol-port 22 --external-protocol-port 2222 --protocol tcp",
    )
    assert (made["external_port"], made["internal_port"]) == (2222, 22)
    assert len(works(cli, f"floating ip port forwarding list {floating}")) == 1
    assert cli(f"floating ip delete {floating}").code == 1
    works(cli, f"floating ip port forwarding delete {floating} {made['id']}")
    works(cli, f"floating ip delete {floating}")
    works(cli, "port delete inside")
    for line in ("router remove subnet gate deep", "router unset gate --external-gateway", "router delete gate"):
        assert cli(line).code == 0
    works(cli, "network delete deep")


def test_counts_segments_and_meters_are_the_operators(cli):
    rows = works(cli, "ip availability list", "admin")
    assert next(row for row in rows if row["Network Name"] == "public")["Total IPs"] > 0
    assert works(cli, "network segment list", "admin")
    works(cli, "network meter create m", "admin")
    rule = works(cli, "network meter rule create m --remote-ip-prefix 10.0.0.0/8 --ingress", "admin")
    works(cli, f"network meter rule delete {rule['id']}", "admin")
    works(cli, "network meter delete m", "admin")
    assert len(works(cli, "default security group rule list")) == 4
    assert {row["Service Type"] for row in works(cli, "network service provider list")} == {"L3_ROUTER_NAT"}
