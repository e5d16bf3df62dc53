"""The `openstack` command and the compute service."""

import pytest


@pytest.fixture
def server(cli):
    """A server of demo's, running."""
    made = cli("server create kite --image cirros --flavor m1.tiny --network private --wait -f json")
    assert made.code == 0, made.err
    return made.json


def status(cli, name="kite"):
    return cli(f"server show {name} -f value -c status").out.strip()


def wait_for(cli, port, wanted, name="kite"):
    """Let the cloud's time pass until the server has a status."""
    for _ in range(60):
        if status(cli, name) == wanted:
            return
        port.cloud.clock.advance(2)
    raise AssertionError(f"{name} is {status(cli, name)}, not {wanted}")


def test_a_server_is_created_listed_and_shown(cli, server):
    assert (server["status"], server["name"]) == ("ACTIVE", "kite")
    row = cli("server list -f json").json[0]
    assert (row["Name"], row["Status"], row["Image"], row["Flavor"]) == ("kite", "ACTIVE", "cirros", "m1.tiny")
    assert row["Networks"]["private"][0].startswith("10.0.0.")
    shown = cli("server show kite -f json").json
    assert shown["id"] == server["id"] and "adminPass" not in shown


def test_a_server_is_stopped_and_started(cli, port, server):
    assert cli("server stop kite").code == 0
    wait_for(cli, port, "SHUTOFF")
    again = cli("server stop kite")
    assert again.code == 1 and "while it is in vm_state stopped" in again.err
    assert cli("server start kite").code == 0
    wait_for(cli, port, "ACTIVE")


def test_a_server_is_rebooted_with_wait(cli, server):
    ran = cli("server reboot --hard --wait kite")
    assert ran.code == 0 and "Complete" in ran.out


def test_a_server_is_resized_and_confirmed(cli, port, server):
    ran = cli("server resize --flavor m1.small --wait kite")
    assert ran.code == 0, ran.err
    assert status(cli) == "VERIFY_RESIZE"
    assert cli("server resize confirm kite").code == 0
    assert cli("server show kite -f json").json["flavor"]["name"] == "m1.small" and status(cli) == "ACTIVE"


def test_a_resize_is_reverted(cli, port, server):
    cli("server resize --flavor m1.small --wait kite")
    assert cli("server resize revert kite").code == 0
    wait_for(cli, port, "ACTIVE")
    assert cli("server show kite -f json").json["flavor"]["name"] == "m1.tiny"


@pytest.mark.parametrize(
    ("there", "state", "back"),
    [("pause", "PAUSED", "unpause"), ("suspend", "SUSPENDED", "resume"), ("shelve", "SHELVED_OFFLOADED", "unshelve"),
     ("rescue", "RESCUE", "unrescue")],
)  # fmt: skip
def test_there_and_back(cli, port, server, there, state, back):
    assert cli(f"server {there} kite").code == 0
    wait_for(cli, port, state)
    assert cli(f"server {back} kite").code == 0
    wait_for(cli, port, "ACTIVE")


def test_a_server_is_rebuilt(cli, server):
    ran = cli("server rebuild kite --image cirros --name hawk --wait")
    assert ran.code == 0, ran.err
    assert status(cli, "hawk") == "ACTIVE"


def test_a_deleted_server_is_gone(cli, server):
    assert cli("server delete kite --wait").code == 0
    gone = cli("server show kite")
    assert gone.code == 1 and gone.err.strip() == "No Server found for kite"


def test_a_floating_ip_is_put_on_a_server_and_taken_off(cli, server):
    address = cli("floating ip create public -f json").json["floating_ip_address"]
    assert cli(f"server add floating ip kite {address}").code == 0
    assert address in cli("server show kite -f json").json["addresses"]["private"]
    assert cli(f"server remove floating ip kite {address}").code == 0
    assert address not in cli("server show kite -f json").json["addresses"]["private"]


def test_the_console_can_be_read(cli, server):
    assert "login" in cli("console log show kite").out
    assert cli("console log show kite --lines 1").out.strip().endswith("login:")
    assert cli("console url show kite -f json").json["url"].startswith("http")


def test_a_snapshot_of_a_server_is_an_image(cli, port, server):
    made = cli("server image create kite --name kept --wait -f json")
    assert made.code == 0, made.err
    assert cli("image show kept -f value -c status").out == "active\n"


def test_a_server_carries_properties_tags_and_a_lock(cli, server):
    assert cli("server set kite --property wind=east --tag tall --description blue").code == 0
    shown = cli("server show kite -f json").json
    assert (shown["properties"], shown["tags"], shown["description"]) == ({"wind": "east"}, ["tall"], "blue")
    assert cli("server unset kite --property wind --tag tall").code == 0
    assert cli("server lock kite").code == 0
    refused = cli("server stop kite")
    assert refused.code == 1 and "is locked" in refused.err
    assert cli("server unlock kite").code == 0


def test_a_server_gets_one_more_port_and_a_security_group(cli, server):
    cli("security group create web")
    assert cli("server add security group kite web").code == 0
    assert "web" in str(cli("server show kite -f json").json["security_groups"])
    assert cli("server remove security group kite web").code == 0
    port_id = cli("port create spare --network private -f json").json["id"]
    assert cli(f"server add port kite {port_id}").code == 0
    assert len(cli("port list --server kite -f json").json) == 2
    assert cli(f"server remove port kite {port_id}").code == 0


def test_what_was_done_to_a_server_is_on_record(cli, server):
    rows = cli("server event list kite -f json").json
    assert [row["Action"] for row in rows] == ["create"]
    shown = cli(f"server event show kite {rows[0]['Request ID']} -f json").json
    assert shown["action"] == "create"


@pytest.mark.parametrize(
    ("line", "code", "text"),
    [
        ("server create a --image cirros --flavor m1.nothing --network private", 1, "No Flavor found for m1.nothing"),
        ("server create a --image none --flavor m1.tiny --network private", 1, "No Image found for none"),
        ("server create a --image cirros --flavor m1.tiny --network none", 1, "No Network found for none"),
        ("server create a --image cirros --flavor m1.tiny --network private --key-name none", 1,
         "Invalid key_name provided."),
        ("server create a --image cirros --flavor m1.tiny --network private --availability-zone none", 1,
         "The requested availability zone is not available"),
        ("server create a --image cirros --flavor m1.tiny --network private --min 40 --max 40", 1, "Quota exceeded for"),
        ("server create a", 2, ""),
        ("server show none", 1, "No Server found for none"),
        ("server list --all-projects", 1, "Policy doesn't allow os_compute_api:servers:detail:get_all_tenants to be performed."),
        ("hypervisor list", 1, "Policy doesn't allow os_compute_api:os-hypervisors:list"),
        ("flavor create a --ram 1 --disk 1 --vcpus 1", 1, "Policy doesn't allow os_compute_api:os-flavor-manage:create to be performed."),
    ],
)  # fmt: skip
def test_what_nova_refuses(cli, line, code, text):
    ran = cli(line)
    assert ran.code == code
    assert text in ran.err


def test_flavors(cli):
    made = cli("flavor create tall --ram 256 --disk 1 --vcpus 1 --property wind=east -f json", cloud="admin")
    assert made.code == 0, made.err
    assert "tall" in {row["Name"] for row in cli("flavor list -f json").json}
    assert cli("flavor show tall -f json").json["properties"] == {"wind": "east"}
    assert cli("flavor delete tall", cloud="admin").code == 0
    assert cli("flavor show tall").code == 1


def test_a_private_flavor_is_for_those_who_were_let_in(cli):
    cli("flavor create own --ram 256 --disk 1 --vcpus 1 --private", cloud="admin")
    assert "own" not in {row["Name"] for row in cli("flavor list -f json").json}
    assert cli("flavor set own --project demo", cloud="admin").code == 0
    assert "own" in {row["Name"] for row in cli("flavor list --all -f json").json}


def test_key_pairs(cli, tmp_path):
    key = tmp_path / "key"
    made = cli(f"keypair create kite --private-key {key} -f json")
    assert made.code == 0, made.err
    assert "PRIVATE KEY" in key.read_text()
    assert [row["Name"] for row in cli("keypair list -f json").json] == ["kite"]
    assert cli("keypair show kite --public-key").out.startswith("ssh-")
    assert cli("keypair delete kite").code == 0


def test_quotas_are_shown_and_set(cli):
    assert cli("quota set demo --instances 3 --networks 7", cloud="admin").code == 0
    shown = {row["Resource"]: row["Limit"] for row in cli("quota show demo -f json", cloud="admin").json}
    assert (shown["instances"], shown["networks"]) == (3, 7)
    own = {row["Resource"]: row["Limit"] for row in cli("quota show --compute -f json").json}
    assert own["instances"] == 3


def test_hosts_as_the_administrator_sees_them(cli):
    rows = cli("hypervisor list -f json", cloud="admin").json
    assert rows and {row["State"] for row in rows} == {"up"}
    assert cli(f"hypervisor show {rows[0]['Hypervisor Hostname']} -f json", cloud="admin").code == 0
    binaries = {row["Binary"] for row in cli("compute service list -f json", cloud="admin").json}
    assert {"nova-compute", "nova-scheduler"} <= binaries
    assert cli("availability zone list -f json").code == 0
    assert cli("hypervisor stats show -f json", cloud="admin").code == 0


def test_aggregates_and_server_groups(cli):
    host = cli("hypervisor list -f json", cloud="admin").json[0]["Hypervisor Hostname"]
    cli("aggregate create fast --zone upper", cloud="admin")
    assert cli(f"aggregate add host fast {host}", cloud="admin").code == 0
    assert cli("aggregate set fast --property ssd=true", cloud="admin").code == 0
    shown = cli("aggregate show fast -f json", cloud="admin").json
    assert (shown["hosts"], shown["properties"]) == ([host], {"ssd": "true"})
    group = cli("server group create apart --policy anti-affinity -f json").json
    assert [row["ID"] for row in cli("server group list -f json").json] == [group["id"]]


def test_limits_and_usage(cli, server):
    found = {row["Name"]: row["Value"] for row in cli("limits show --absolute -f json").json}
    assert found["instances_used"] == 1
    assert cli("usage show -f json").code == 0
    assert cli("usage list -f json", cloud="admin").code == 0
