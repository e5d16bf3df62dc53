"""Volumes of servers."""

import pytest
from openstack import exceptions

from tests.unit.cloud.block_storage_calls import act, ask, boot, make, message


def test_a_volume_is_attached_to_a_server_over_time(cloud, demo):
    server, volume = boot(demo), make(demo)
    cloud.timings["compute.attach"] = 10
    made = demo.compute.create_volume_attachment(server, volume)
    assert made.device == "/dev/vdb"
    states = []
    for seconds in (0, 6, 10):
        cloud.clock.advance(seconds)
        states.append(demo.block_storage.get_volume(volume.id).status)
    assert states == ["reserved", "attaching", "in-use"]
    assert [one["id"] for one in demo.compute.get_server(server.id).attached_volumes] == [volume.id]


@pytest.mark.parametrize(
    ("version", "keys"),
    [
        ("2.1", {"id", "volumeId", "serverId", "device"}),
        ("2.70", {"id", "volumeId", "serverId", "device", "tag"}),
        ("2.79", {"id", "volumeId", "serverId", "device", "tag", "delete_on_termination"}),
        ("2.89", {"volumeId", "serverId", "device", "tag", "delete_on_termination", "attachment_id", "bdm_uuid"}),
    ],
)
def test_a_servers_attachment_grows_with_versions(demo, version, keys):
    server, volume = boot(demo), make(demo)
    demo.attach_volume(server, volume)
    path = f"/servers/{server.id}/os-volume_attachments/{volume.id}"
    assert set(demo.compute.get(path, microversion=version).json()["volumeAttachment"]) == keys


def test_what_a_server_uses_is_not_detached_behind_its_back(cloud, demo):
    server, volume = boot(demo), make(demo)
    demo.attach_volume(server, volume)
    attachment = demo.block_storage.get_volume(volume.id).attachments[0]["attachment_id"]
    answer = ask(demo, "DELETE", f"/attachments/{attachment}")
    assert answer.status_code == 409 and message(answer) == (
        f"ConflictNovaUsingAttachment: Detach volume from instance {server.id} using the Compute API"
    )
    demo.detach_volume(server, volume, wait=True)
    assert demo.block_storage.get_volume(volume.id).status == "available"
    assert demo.compute.get_server(server.id).attached_volumes == []


def test_a_volume_in_use_is_not_attached_again(demo):
    server, volume = boot(demo), make(demo)
    demo.attach_volume(server, volume)
    with pytest.raises(exceptions.BadRequestException, match="is already attached to instances"):
        demo.compute.create_volume_attachment(server, volume)


def test_deleting_a_server_frees_its_volumes_or_takes_them_along(demo):
    server, kept, gone = boot(demo), make(demo), make(demo)
    demo.attach_volume(server, kept)
    demo.compute.create_volume_attachment(server, gone, delete_on_termination=True)
    demo.delete_server(server.id, wait=True)
    assert [(one.id, one.status) for one in demo.block_storage.volumes()] == [(kept.id, "available")]


def test_an_attached_volume_is_extended_from_342_on(cloud, demo):
    server, volume = boot(demo), make(demo)
    demo.attach_volume(server, volume)
    assert act(demo, volume, "os-extend", {"new_size": 2}, "3.41").status_code == 400
    assert act(demo, volume, "os-extend", {"new_size": 2}, "3.42").status_code == 202
    cloud.clock.advance(60)
    shown = demo.block_storage.get_volume(volume.id)
    assert (shown.size, shown.status) == (2, "in-use")
    assert "extend_volume" in [one.action for one in demo.compute.server_actions(server)]


def test_a_server_boots_from_a_volume_made_for_it(demo):
    server = boot(demo, boot_from_volume=True, volume_size=2, terminate_volume=True)
    (volume,) = demo.block_storage.volumes()
    assert (volume.size, volume.status, volume.is_bootable) == (2, "in-use", True)
    assert volume.attachments[0]["device"] == "/dev/vda" and not demo.compute.get_server(server.id).image
    path = f"/servers/{server.id}/os-volume_attachments/{volume.id}"
    answer = demo.compute.delete(path, microversion="2.89")
    assert answer.status_code == 400 and "Cannot detach a root device volume" in answer.text
    demo.delete_server(server.id, wait=True)
    assert list(demo.block_storage.volumes()) == []


def test_a_server_boots_from_a_volume_that_is_there(demo):
    volume = make(demo, image="cirros")
    server = boot(demo, image=None, boot_volume=volume.id)
    assert server.status == "ACTIVE" and demo.block_storage.get_volume(volume.id).status == "in-use"
    demo.delete_server(server.id, wait=True)
    assert demo.block_storage.get_volume(volume.id).status == "available"


def test_a_server_on_a_volume_is_rebuilt_with_another_image_since_293(admin, demo):
    other = admin.create_image("other", data=b"x", container_format="bare", disk_format="raw", visibility="public")
    server = boot(demo, boot_from_volume=True, volume_size=2)
    path, body = f"/servers/{server.id}/action", {"rebuild": {"imageRef": other.id}}
    answer = demo.compute.post(path, json=body, microversion="2.92")
    assert answer.status_code == 400 and "different image for a volume-backed server" in answer.text
    assert demo.compute.post(path, json=body, microversion="2.93").status_code == 202
    (volume,) = demo.block_storage.volumes()
    assert volume.volume_image_metadata["image_id"] == other.id and not demo.compute.get_server(server.id).image


@pytest.mark.parametrize(
    ("mapping", "text"),
    [
        ({"source_type": "volume", "uuid": "x"}, "failed to get volume x."),
        ({"source_type": "snapshot", "uuid": "x"}, "Snapshot x could not be found."),
        ({"source_type": "volume"}, "Missing device UUID."),
        ({"source_type": "volume", "uuid": "x", "destination_type": "y"}, "'y' is not one of ['local', 'volume']"),
        ({"source_type": "blank", "destination_type": "volume"}, "Blank volumes"),
        ({"source_type": "blank", "destination_type": "volume", "volume_size": 1, "boot_index": 3}, "Boot sequence"),
    ],
)
def test_mappings_that_make_no_sense_are_refused(demo, mapping, text):
    server = {
        "name": "s", "flavorRef": demo.get_flavor("m1.tiny").id, "networks": "none",
        "block_device_mapping_v2": [{"boot_index": 0, **mapping}],
    }  # fmt: skip
    answer = demo.compute.post("/servers", json={"server": server}, microversion="2.74")
    assert answer.status_code == 400 and text in answer.text


def test_a_volume_that_the_quota_forbids_fails_the_build(admin, demo):
    admin.set_volume_quotas("demo", volumes=0)
    with pytest.raises(exceptions.SDKException, match="Maximum number of volumes allowed"):
        boot(demo, boot_from_volume=True, volume_size=2)


def test_a_volume_and_a_snapshot_as_nova_showed_them(cloud, admin, demo):
    def old(method, path, body=None):
        return demo.compute.request(f"/{path}", method, json=body, microversion="2.1", raise_exc=False)

    asked = {"display_name": "v", "size": "1", "metadata": {"k": "v"}}
    made = old("POST", "os-volumes", {"volume": asked})
    volume = made.json()["volume"]["id"]
    assert made.status_code == 200 and made.headers["Location"].endswith(f"/compute/v2.1/os-volumes/{volume}")
    cloud.clock.advance(60)
    snapshot = old("POST", "os-snapshots", {"snapshot": {"volume_id": volume, "display_name": "s"}}).json()["snapshot"]
    assert (snapshot["volumeId"], snapshot["displayName"], snapshot["size"]) == (volume, "s", 1)
    assert old("DELETE", f"os-volumes/{volume}").status_code == 400
    cloud.clock.advance(60)
    assert old("DELETE", f"os-snapshots/{snapshot['id']}").status_code == 202
    cloud.clock.advance(60)
    assert old("GET", "os-snapshots/detail").json() == {"snapshots": []}
    assert old("GET", f"os-volumes/{volume}").json()["volume"]["attachments"] == [{}]
    server = boot(demo)
    demo.attach_volume(server, demo.get_volume(volume))
    (shown,) = old("GET", "os-volumes").json()["volumes"]
    place = {"id": volume, "volumeId": volume, "serverId": server.id, "device": "/dev/vdb"}
    assert (shown["metadata"], shown["volumeType"], shown["attachments"]) == ({"k": "v"}, "fake", [place])
    for size in ("", "#", "0"):
        assert old("POST", "os-volumes", {"volume": {"size": size}}).status_code == 400
    assert old("GET", "os-volumes/none").status_code == 404
    admin.set_volume_quotas("demo", volumes=1)
    assert old("POST", "os-volumes", {"volume": {"size": 1}}).status_code == 403
    assert demo.compute.get("/os-volumes", microversion="2.36").status_code == 404
