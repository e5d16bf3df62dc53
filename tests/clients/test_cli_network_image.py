"""The `openstack` command and the network and image services."""

import pytest


def test_a_network_from_cable_to_the_outside(cli):
    assert cli("network create sky -f json").json["status"] == "ACTIVE"
    subnet = cli("subnet create low --network sky --subnet-range 10.9.0.0/24 -f json").json
    assert (subnet["gateway_ip"], subnet["allocation_pools"]) == (
        "10.9.0.1",
        [{"start": "10.9.0.2", "end": "10.9.0.254"}],
    )
    assert cli("router create gate -f json").json["external_gateway_info"] is None
    assert cli("router set gate --external-gateway public").code == 0
    assert cli("router add subnet gate low").code == 0
    shown = cli("router show gate -f json").json
    assert shown["external_gateway_info"]["external_fixed_ips"][0]["ip_address"].startswith("172.24.4.")
    assert [item["ip_address"] for item in shown["interfaces_info"]] == ["10.9.0.1"]
    blocked = cli("network delete sky")
    assert blocked.code == 1 and "There are one or more ports still in use on the network" in blocked.err
    for line in (
        "router remove subnet gate low",
        "router unset gate --external-gateway",
        "router delete gate",
        "network delete sky",
    ):
        assert cli(line).code == 0


def test_floating_ips(cli):
    made = cli("floating ip create public -f json").json
    assert made["floating_ip_address"].startswith("172.24.4.") and made["status"] == "DOWN"
    assert [row["ID"] for row in cli("floating ip list -f json").json] == [made["id"]]
    assert cli(f"floating ip delete {made['id']}").code == 0


def test_a_security_group_and_its_rules(cli):
    made = cli("security group create web --description ports -f json").json
    assert len(made["rules"]) == 2
    rule = cli("security group rule create web --protocol tcp --dst-port 80 --remote-ip 10.0.0.0/8 -f json").json
    assert (rule["direction"], rule["port_range_min"], rule["remote_ip_prefix"]) == ("ingress", 80, "10.0.0.0/8")
    again = cli("security group rule create web --protocol tcp --dst-port 80 --remote-ip 10.0.0.0/8")
    assert again.code == 1 and "Security group rule already exists" in again.err
    assert len(cli("security group rule list web -f json").json) == 3
    assert cli(f"security group rule delete {rule['id']}").code == 0
    assert cli("security group delete web").code == 0


def test_ports_are_listed_with_chosen_columns(cli):
    made = cli("port create plug --network private --fixed-ip ip-address=10.0.0.47 -f json")
    assert made.code == 0, made.err
    rows = cli("port list --network private --long -f json").json
    assert "10.0.0.47" in str([row["Fixed IP Addresses"] for row in rows if row["Name"] == "plug"])
    assert cli("port set plug --name socket --no-security-group --disable").code == 0
    assert cli("port show socket -f json").json["admin_state_up"] is False
    assert cli("port delete socket").code == 0


def test_a_subnet_pool_gives_ranges(cli):
    pool = cli("subnet pool create pool --pool-prefix 10.200.0.0/16 --default-prefix-length 26 -f json")
    assert pool.code == 0, pool.err
    cli("network create sky")
    first = cli("subnet create a --network sky --subnet-pool pool -f json").json
    second = cli("subnet create b --network sky --subnet-pool pool --prefix-length 28 -f json").json
    assert (first["cidr"], second["cidr"]) == ("10.200.0.0/26", "10.200.0.64/28")
    kept = cli("subnet pool delete pool")
    assert kept.code == 1 and "Subnet pool has existing allocations" in kept.err


def test_tags_and_extensions(cli):
    cli("network create sky --tag blue")
    assert [row["Name"] for row in cli("network list --tags blue -f json").json] == ["sky"]
    assert cli("network unset sky --tag blue").code == 0
    assert "router" in {row["Alias"] for row in cli("extension list --network -f json").json}


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("network show none", "No Network found for none"),
        ("subnet create a --network private --subnet-range 10.0.0.0/24", "from the same subnet pool"),
        ("subnet create a --network private --subnet-range 10.7.0.9", "incompatible with DHCP service"),
        ("network create a --share", "is disallowed by policy"),
        ("floating ip create private", "is not a valid external network"),
        ("router add subnet router1 private-subnet", "Router already has a port on subnet"),
        ("port create a --network private --fixed-ip ip-address=192.0.2.1", "is not a valid IP for"),
    ],
)
def test_what_neutron_refuses(cli, line, text):
    ran = cli(line)
    assert ran.code == 1
    assert text in ran.err


def test_an_image_is_uploaded_shown_and_saved(cli, tmp_path):
    data, back = tmp_path / "disk", tmp_path / "back"
    data.write_bytes(b"labkit" * 1000)
    made = cli(f"image create kite --file {data} --disk-format raw --property wind=east --tag blue -f json")
    assert made.code == 0, made.err
    shown = cli("image show kite -f json").json
    assert (shown["status"], shown["size"], shown["properties"]["wind"]) == ("active", 6000, "east")
    assert {"cirros", "kite"} <= {row["Name"] for row in cli("image list -f json").json}
    assert cli(f"image save kite --file {back}").code == 0
    assert back.read_bytes() == data.read_bytes()


def test_an_image_is_changed_protected_and_deleted(cli):
    cli("image create kite --disk-format raw")
    assert cli("image set kite --protected --min-disk 2 --property wind=west").code == 0
    kept = cli("image delete kite")
    assert kept.code == 1 and "is protected and cannot be deleted" in kept.err
    assert cli("image set kite --unprotected").code == 0
    assert cli("image delete kite").code == 0
    assert "No Image found for kite" in cli("image show kite").err


def test_an_image_is_shared_with_another_project(cli):
    made = cli("image create kite --disk-format raw --shared -f json").json
    alt = cli("token issue -f json", cloud="alt_demo").json["project_id"]
    assert cli(f"image add project kite {alt}").code == 0
    accepted = cli(f"image set --accept {made['id']}", cloud="alt_demo")
    assert accepted.code == 0, accepted.err
    assert "kite" in {row["Name"] for row in cli("image list -f json", cloud="alt_demo").json}


def test_only_the_administrator_makes_images_public(cli):
    refused = cli("image create kite --disk-format raw --public")
    assert refused.code == 1 and "You are not authorized to complete publicize_image action." in refused.err


def test_metadata_definitions(cli):
    made = cli("image metadef namespace create wind --public", cloud="admin")
    assert made.code == 0, made.err
    assert cli("image metadef object create gust --namespace wind", cloud="admin").code == 0
    assert "wind" in cli("image metadef namespace list").out
