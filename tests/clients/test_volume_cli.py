"""The `openstack` command and the block storage service."""

import json
import time

import pytest


def until(cli, line, wanted, **options):
    """Look until a thing has the status."""
    for _ in range(100):
        shown = cli(f"{line} -f json", **options).json
        if shown["status"] == wanted:
            return shown
        time.sleep(5)
    raise AssertionError(shown)


@pytest.fixture
def volume(cli):
    assert cli("volume create chest --size 1 --property k=v -f json").json["status"] == "creating"
    return until(cli, "volume show chest", "available")


def test_a_volume_from_beginning_to_end(cli, volume):
    assert [(row["Name"], row["Size"]) for row in cli("volume list -f json").json] == [("chest", 1)]
    assert cli("volume set chest --name trunk --size 2 --property color=red --bootable").code == 0
    shown = until(cli, "volume show trunk", "available")
    assert (shown["size"], shown["properties"], shown["bootable"]) == (2, {"k": "v", "color": "red"}, True)
    assert cli("volume unset trunk --property k").code == 0
    assert cli("volume show trunk -f json").json["properties"] == {"color": "red"}
    assert cli("volume summary -f json").json["Total Size"] == 2
    assert cli("volume delete trunk").code == 0
    time.sleep(30)
    assert cli("volume list -f json").json == []


def test_what_cannot_be_is_told(cli, volume):
    refused = cli("volume set chest --size 1")
    assert refused.code == 1 and "New size must be greater than 1 GB" in refused.err
    missing = cli("volume show none")
    assert missing.code == 1 and "No Volume found for none" in missing.err
    assert "Policy doesn't allow volume_extension:services:index" in cli("volume service list").err


def test_a_servers_volume(cli, volume):
    assert cli("server create kite --image cirros --flavor m1.tiny --network private --wait").code == 0
    assert cli("server add volume kite chest -f json").json["Device"] == "/dev/vdb"
    assert until(cli, "volume show chest", "in-use")["attachments"][0]["device"] == "/dev/vdb"
    assert [row["Volume ID"] for row in cli("server volume list kite -f json").json] == [volume["id"]]
    assert cli("server remove volume kite chest").code == 0
    until(cli, "volume show chest", "available")


def test_a_server_that_boots_from_a_volume(cli):
    made = cli(
        "server create raft --image cirros --boot-from-volume 2 --flavor m1.tiny --network private --wait -f json"
    )
    assert made.json["status"] == "ACTIVE" and made.json["image"] == "N/A (booted from volume)"
    assert [(row["Size"], row["Status"]) for row in cli("volume list -f json").json] == [(2, "in-use")]


def test_snapshots(cli, volume):
    assert cli("volume snapshot create then --volume chest -f json").json["status"] == "creating"
    until(cli, "volume snapshot show then", "available")
    assert cli("volume snapshot set then --property k=v").code == 0
    assert [row["Name"] for row in cli("volume snapshot list -f json").json] == ["then"]
    assert "must not be migrating, attached, belong to a group, have snapshots" in cli("volume delete chest").err
    assert cli("volume create copy --snapshot then -f json").json["size"] == 1
    assert cli("volume snapshot delete then").code == 0


def test_backups(cli, volume):
    assert cli("volume backup create chest --name safe").code == 0
    until(cli, "volume backup show safe", "available")
    assert [row["Name"] for row in cli("volume backup list -f json").json] == ["safe"]
    assert cli("volume backup restore safe restored").code == 0
    until(cli, "volume backup show safe", "available")
    assert cli("volume backup delete safe").code == 0


def test_types_qos_and_quotas(cli):
    made = cli("volume type create gold --property volume_backend_name=fake -f json", cloud="admin").json
    assert made["properties"] == {"volume_backend_name": "fake"}
    assert [row["Name"] for row in cli("volume type list -f json").json] == ["gold", "fake", "__DEFAULT__"]
    assert cli("volume qos create fast --consumer both --property iops=9", cloud="admin").code == 0
    assert cli("volume qos associate fast gold", cloud="admin").code == 0
    assert cli("volume qos list -f json", cloud="admin").json[0]["Associations"] == ["gold"]
    assert cli("volume type set gold --property a=b --description bright", cloud="admin").code == 0
    assert cli("volume type delete gold", cloud="admin").code == 0
    assert cli("quota set --volumes 1 demo", cloud="admin").code == 0
    quotas = {row["Resource"]: row["Limit"] for row in cli("quota show demo -f json", cloud="admin").json}
    assert quotas["volumes"] == 1


def test_a_transfer(cli, volume):
    made = cli("volume transfer request create chest --name gift -f json").json
    taken = cli(f"volume transfer request accept {made['id']} --auth-key {made['auth_key']}", cloud="alt_demo")
    assert taken.code == 0
    assert [row["Name"] for row in cli("volume list -f json", cloud="alt_demo").json] == ["chest"]


def test_the_operators_commands(cli, volume):
    assert len(cli("volume service list -f json", cloud="admin").json) == 3
    assert cli("volume service set controller@fake cinder-volume --disable", cloud="admin").code == 0
    assert cli("volume backend pool list -f json", cloud="admin").json == [{"Name": "controller@fake#fake"}]
    assert cli("volume backend capability show controller@fake -f json", cloud="admin").code == 0
    for line in ("block storage cluster list", "block storage resource filter list", "volume group type list"):
        assert cli(f"--os-volume-api-version 3.71 {line} -f json", cloud="admin").code == 0, line
    assert cli(f"volume set {volume['id']} --state error", cloud="admin").code == 0
    assert json.loads(cli("volume show chest -f json").out)["status"] == "error"
    assert "nova" in cli("availability zone list --volume").out


def test_attachments_and_messages(cli, volume):
    version = "--os-volume-api-version 3.71"
    assert cli(f"{version} volume attachment list -f json").json == []
    assert cli(f"{version} volume message list -f json").json == []
    assert cli(f"{version} volume summary -f json").json["Metadata"] == {"k": ["v"]}
