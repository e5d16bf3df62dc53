"""Types, quotas, and what the operator looks at."""

import pytest
import requests
from openstack import exceptions

from kit.cloud import Cloud
from kit.cloud.adapter import BASE_URL, session
from tests.unit.cloud.block_storage_calls import act, ask, make, message


def test_types_are_the_operators_and_private_ones_are_hidden(admin, demo):
    gold = admin.block_storage.create_type(name="gold", is_public=False)
    assert [one.name for one in demo.block_storage.types()] == ["fake", "__DEFAULT__"]
    admin.block_storage.add_type_access(gold, demo.current_project_id)
    assert demo.block_storage.find_type("gold").id == gold.id
    assert message(ask(demo, "POST", "/types", {"volume_type": {"name": "x"}})) == (
        "Policy doesn't allow volume_extension:type_create to be performed."
    )


def test_extra_specs_are_shown_to_the_operator_only(admin, demo):
    body = {"volume_type": {"name": "gold", "extra_specs": {"multiattach": "<is> True", "volume_backend_name": "fake"}}}
    type_id = ask(admin, "POST", "/types", body).json()["volume_type"]["id"]
    shown = ask(demo, "GET", f"/types/{type_id}").json()["volume_type"]["extra_specs"]
    assert shown == {"multiattach": "<is> True"}
    assert demo.create_volume(1, volume_type="gold", wait=True).is_multiattach


def test_a_type_no_backend_serves_ends_in_error_and_a_message(cloud, admin, demo):
    admin.block_storage.create_type(name="moon", extra_specs={"volume_backend_name": "moon"})
    volume = demo.create_volume(1, volume_type="moon", wait=False)
    cloud.clock.advance(60)
    assert demo.block_storage.get_volume(volume.id).status == "error"
    (left,) = ask(demo, "GET", "/messages").json()["messages"]
    assert left["user_message"] == "schedule allocate volume:Could not find any available weighted backend."
    assert left["resource_uuid"] == volume.id


def test_a_used_type_stays(admin, demo):
    admin.block_storage.create_type(name="gold")
    make(demo, volume_type="gold")
    gold = admin.block_storage.find_type("gold")
    assert message(ask(admin, "DELETE", f"/types/{gold.id}")) == "Target volume type is still in use."
    assert message(ask(admin, "POST", f"/types/{gold.id}/extra_specs", {"extra_specs": {"a": "b"}})) == (
        "Volume Type is currently in use."
    )


def test_a_project_has_a_default_of_its_own(admin, demo):
    admin.block_storage.create_type(name="gold")
    path = f"/default-types/{demo.current_project_id}"
    assert ask(admin, "PUT", path, {"default_type": {"volume_type": "gold"}}).status_code == 200
    assert make(demo).volume_type == "gold"
    assert ask(admin, "DELETE", path).status_code == 204
    assert make(demo).volume_type == "fake"


def test_encrypted_types_make_encrypted_volumes(admin, demo):
    gold = admin.block_storage.create_type(name="gold")
    encryption = {"encryption": {"provider": "luks", "control_location": "front-end", "key_size": "256"}}
    assert ask(admin, "POST", f"/types/{gold.id}/encryption", encryption).json()["encryption"]["key_size"] == 256
    volume = make(demo, volume_type="gold")
    assert volume.is_encrypted
    assert ask(demo, "GET", f"/volumes/{volume.id}/encryption").json()["provider"] == "luks"


def test_a_full_quota_is_413_with_retry_after(admin, demo):
    admin.set_volume_quotas("demo", volumes=1)
    make(demo)
    answer = ask(demo, "POST", "/volumes", {"volume": {"size": 1}})
    assert (answer.status_code, answer.headers["Retry-After"]) == (413, "0")
    assert answer.json()["overLimit"] == {
        "code": 413, "retryAfter": "0",
        "message": "VolumeLimitExceeded: Maximum number of volumes allowed (1) exceeded for quota 'volumes'.",
    }  # fmt: skip


def test_usage_counts_snapshots_and_types(admin, demo):
    volume = make(demo, 2)
    demo.create_volume_snapshot(volume.id, wait=True)
    path = f"/os-quota-sets/{demo.current_project_id}?usage=true"
    usage = ask(demo, "GET", path).json()["quota_set"]
    used = {name: usage[name]["in_use"] for name in ("volumes", "gigabytes", "gigabytes_fake", "snapshots")}
    assert used == {"volumes": 1, "gigabytes": 4, "gigabytes_fake": 4, "snapshots": 1}
    absolute = ask(demo, "GET", "/limits").json()["limits"]["absolute"]
    assert absolute["totalGigabytesUsed"] == 4 and absolute["maxTotalVolumes"] == 10


def test_an_unknown_quota_is_named(admin):
    answer = ask(admin, "PUT", f"/os-quota-sets/{admin.current_project_id}", {"quota_set": {"moons": 1}})
    assert message(answer) == "Invalid input received: Bad key(s) in quota set: moons"


def test_qos_specs_and_their_types(admin):
    made = ask(admin, "POST", "/qos-specs", {"qos_specs": {"name": "fast", "consumer": "both", "iops": "9"}}).json()
    qos, gold = made["qos_specs"]["id"], admin.block_storage.create_type(name="gold").id
    assert made["qos_specs"]["specs"] == {"iops": "9"}
    assert ask(admin, "GET", f"/qos-specs/{qos}/associate?vol_type_id={gold}").status_code == 202
    (one,) = ask(admin, "GET", f"/qos-specs/{qos}/associations").json()["qos_associations"]
    assert one["id"] == gold
    assert message(ask(admin, "DELETE", f"/qos-specs/{qos}")) == "Qos specs still in use."
    assert ask(admin, "DELETE", f"/qos-specs/{qos}?force=true").status_code == 202


def test_what_was_forgotten_is_taken_over_again(cloud, admin):
    volume = make(admin)
    act(admin, volume, "os-unmanage")
    cloud.clock.advance(60)
    assert ask(admin, "GET", f"/volumes/{volume.id}").status_code == 404
    ref = {"source-name": f"volume-{volume.id}"}
    body = {"volume": {"host": "controller@fake#fake", "ref": ref}}
    made = ask(admin, "POST", "/manageable_volumes", body).json()["volume"]
    cloud.clock.advance(60)
    assert ask(admin, "GET", f"/volumes/{made['id']}").json()["volume"]["status"] == "available"


def test_services_are_listed_and_switched(admin, demo):
    assert {one.binary: one.state for one in admin.block_storage.services()} == {
        "cinder-scheduler": "up", "cinder-volume": "up", "cinder-backup": "up",
    }  # fmt: skip
    body = {"binary": "cinder-volume", "host": "controller@fake", "disabled_reason": "rest"}
    assert ask(admin, "PUT", "/os-services/disable-log-reason", body).json()["status"] == "disabled"
    with pytest.raises(exceptions.SDKException):
        make(demo)
    assert message(ask(demo, "GET", "/os-services")) == (
        "Policy doesn't allow volume_extension:services:index to be performed."
    )


def test_a_dead_backend_finishes_nothing(cloud, admin, demo):
    volume = demo.create_volume(1, wait=False)
    cloud.faults.add(host="controller")
    cloud.clock.advance(600)
    assert demo.block_storage.get_volume(volume.id).status == "creating"
    assert {one.state for one in admin.block_storage.services()} == {"down"}


@pytest.mark.parametrize(
    "path",
    [
        "/scheduler-stats/get_pools?detail=true", "/os-hosts", "/os-hosts/controller@fake",
        "/capabilities/controller@fake", "/clusters", "/extensions", "/resource_filters", "/os-availability-zone",
        "/manageable_volumes?host=controller@fake", "/os-quota-class-sets/default", "/group_types", "/default-types",
    ],
)  # fmt: skip
def test_the_operator_looks_around(admin, path):
    assert ask(admin, "GET", path).status_code == 200


def test_timings_come_from_the_seed():
    cloud = Cloud.from_seed({"timings": {"volume.create": 100}}, clock="manual")
    conn = cloud.connect()
    volume = conn.create_volume(1, wait=False)
    cloud.clock.advance(90)
    assert conn.block_storage.get_volume(volume.id).status == "creating"
    cloud.clock.advance(20)
    assert conn.block_storage.get_volume(volume.id).status == "available"


def test_no_token_no_answer(cloud):
    answer = session(cloud).get(f"{BASE_URL}/volume/v3/volumes")
    assert isinstance(answer, requests.Response) and answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == f'Keystone uri="{BASE_URL}/identity"'


def test_log_levels_are_set_by_service_and_prefix(admin, demo):
    def levels(**where):
        found = ask(admin, "PUT", "/os-services/get-log", where).json()["log_levels"]
        return {one["binary"]: one["levels"] for one in found}

    assert set(levels()) == {"cinder-api", "cinder-scheduler", "cinder-volume", "cinder-backup"}
    assert levels(prefix="cinder.volume")["cinder-volume"]["cinder.volume.manager"] == "INFO"
    body = {"binary": "cinder-volume", "prefix": "cinder.volume", "level": "debug"}
    assert ask(admin, "PUT", "/os-services/set-log", body).status_code == 202
    assert levels(binary="cinder-volume")["cinder-volume"]["cinder.volume.manager"] == "DEBUG"
    assert levels(binary="cinder-volume")["cinder-volume"]["cinder"] == "INFO"
    refused = ask(admin, "PUT", "/os-services/set-log", {"level": "loud"})
    assert message(refused) == "Invalid input received: loud is not a valid log level."
    assert ask(admin, "PUT", "/os-services/get-log", {}, "3.31").status_code == 404
    assert ask(demo, "PUT", "/os-services/get-log", {}).status_code == 403


def test_what_dead_services_left_nobody_cleans(cloud, admin):
    path = "/workers/cleanup"
    assert ask(admin, "POST", path, {}).json() == {"cleaning": [], "unavailable": []}
    assert [one["binary"] for one in ask(admin, "POST", path, {"is_up": True}).json()["cleaning"]] == [
        "cinder-scheduler", "cinder-volume", "cinder-backup",
    ]  # fmt: skip
    cloud.faults.add(host="controller@fake")
    (left,) = ask(admin, "POST", path, {}).json()["unavailable"]
    assert (left["binary"], left["host"], left["cluster_name"]) == ("cinder-volume", "controller@fake", None)
    refused = ask(admin, "POST", path, {"resource_type": "moon"})
    assert message(refused) == "Invalid input received: Resource type Moon not valid, must be Snapshot or Volume"


def test_an_image_that_nova_made_of_a_volume_stands_for_its_snapshot_since_346(cloud, demo):
    snapshot = demo.create_volume_snapshot(make(demo, 2).id, wait=True)
    mapping = f'[{{"source_type": "snapshot", "boot_index": 0, "snapshot_id": "{snapshot.id}"}}]'
    image = demo.create_image(
        "copy", data=b"x", container_format="bare", disk_format="raw", block_device_mapping=mapping
    )  # fmt: skip
    body = {"volume": {"imageRef": image.id, "size": 2}}
    for version, origin in (("3.45", None), ("3.46", snapshot.id)):
        assert ask(demo, "POST", "/volumes", body, version).json()["volume"]["snapshot_id"] == origin


def test_a_backup_of_an_encrypted_volume_has_a_key_since_364(admin, demo):
    gold = admin.block_storage.create_type(name="gold")
    encryption = {"encryption": {"provider": "luks", "control_location": "front-end"}}
    ask(admin, "POST", f"/types/{gold.id}/encryption", encryption)
    backup = demo.create_volume_backup(make(demo, volume_type="gold").id, wait=True)
    for version, there in (("3.63", False), ("3.64", True)):
        shown = ask(demo, "GET", f"/backups/{backup.id}", version=version).json()["backup"]
        assert ("encryption_key_id" in shown) == there
