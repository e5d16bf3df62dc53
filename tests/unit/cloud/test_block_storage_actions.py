"""What can be done to volumes, and their attachments."""

import pytest

from tests.unit.cloud.block_storage_calls import act, ask, make, message


@pytest.fixture
def other(cloud):
    return cloud.connect("alt_demo", "alt_demo")


def test_extending_takes_time_and_only_grows(cloud, demo):
    volume = make(demo)
    cloud.timings["volume.extend"] = 10
    demo.block_storage.extend_volume(volume, 2)
    assert demo.block_storage.get_volume(volume.id).status == "extending"
    cloud.clock.advance(60)
    assert demo.block_storage.get_volume(volume.id).size == 2
    assert message(act(demo, volume, "os-extend", {"new_size": 2})) == (
        "Invalid input received: New size for extend must be greater than current size. (current: 2, extended: 2)."
    )


def test_an_unknown_action_is_named(demo):
    answer = act(demo, make(demo), "os-fly")
    assert answer.status_code == 400 and message(answer).startswith("There is no such action: os-fly.")


def test_reserved_and_given_back(demo):
    volume = make(demo)
    assert act(demo, volume, "os-reserve").status_code == 202
    assert demo.block_storage.get_volume(volume.id).status == "attaching"
    assert message(act(demo, volume, "os-reserve")) == (
        "Invalid volume: Volume status must be available to reserve, but the status is attaching."
    )
    act(demo, volume, "os-unreserve")
    assert demo.block_storage.get_volume(volume.id).status == "available"


def test_attached_by_hand(demo):
    volume = make(demo)
    act(demo, volume, "os-attach", {"host_name": "there", "mountpoint": "/dev/vdc"})
    shown = demo.block_storage.get_volume(volume.id)
    assert shown.status == "in-use" and shown.attachments[0]["device"] == "/dev/vdc"
    assert shown.metadata["attached_mode"] == "rw"
    assert act(demo, volume, "os-begin_detaching").status_code == 202
    act(demo, volume, "os-detach", {})
    shown = demo.block_storage.get_volume(volume.id)
    assert (shown.status, shown.attachments, shown.metadata) == ("available", [], {"readonly": "False"})


def test_flags(demo):
    volume = make(demo)
    demo.block_storage.set_volume_bootable_status(volume, True)
    demo.block_storage.set_volume_readonly(volume, True)
    shown = demo.block_storage.get_volume(volume.id)
    assert shown.is_bootable and shown.metadata["readonly"] == "True"


def test_a_volume_becomes_an_image(cloud, demo):
    volume = make(demo)
    image_id = demo.block_storage.upload_volume_to_image(volume, "kept")["image_id"]
    assert demo.block_storage.get_volume(volume.id).status == "uploading"
    cloud.clock.advance(60)
    assert demo.get_image(image_id).status == "active" and demo.get_image(image_id).visibility == "private"
    assert demo.block_storage.get_volume(volume.id).status == "available"


def test_image_metadata(demo):
    volume = make(demo)
    assert act(demo, volume, "os-show_image_metadata").status_code == 404
    act(demo, volume, "os-set_image_metadata", {"metadata": {"os_type": "linux"}})
    assert act(demo, volume, "os-show_image_metadata").json() == {"metadata": {"os_type": "linux"}}
    act(demo, volume, "os-unset_image_metadata", {"key": "os_type"})
    assert demo.block_storage.get_volume(volume.id).volume_image_metadata is None


def test_retyped_and_refused_when_it_has_the_type(cloud, admin, demo):
    admin.block_storage.create_type(name="gold")
    volume = make(demo)
    demo.block_storage.retype_volume(volume, "gold")
    cloud.clock.advance(60)
    assert demo.block_storage.get_volume(volume.id).volume_type == "gold"
    assert "requested type has to be different" in message(act(demo, volume, "os-retype", {"new_type": "gold"}))


def test_reverted_to_the_latest_snapshot(cloud, demo):
    volume = make(demo)
    cloud.timings["volume.revert"] = 10
    old, new = (demo.create_volume_snapshot(volume.id, wait=True) for _ in range(2))
    answer = act(demo, volume, "revert", {"snapshot_id": old.id})
    assert answer.status_code == 400 and "not the latest one" in message(answer)
    assert act(demo, volume, "revert", {"snapshot_id": new.id}).status_code == 202
    assert demo.block_storage.get_volume(volume.id).status == "reverting"
    cloud.clock.advance(60)
    assert demo.block_storage.get_volume(volume.id).status == "available"


def test_statuses_by_hand_are_the_operators(admin, demo):
    volume = make(demo)
    assert act(demo, volume, "os-reset_status", {"status": "error"}).status_code == 403
    assert act(admin, volume, "os-reset_status", {"status": "error"}).status_code == 202
    assert demo.block_storage.get_volume(volume.id).status == "error"
    assert message(act(admin, volume, "os-reset_status", {"status": "flying"})).startswith(
        "Volume status: flying is invalid, valid statuses are: ('creating',"
    )
    assert message(act(admin, volume, "os-reset_status", {"status": "in-use"})) == (
        "Cannot reset-state to in-use because volume does not have any attachments."
    )


def test_migrated_to_another_pool(cloud, admin, demo):
    volume = make(demo)
    act(admin, volume, "os-migrate_volume", {"host": "controller@fake#second"})
    cloud.clock.advance(60)
    shown = admin.block_storage.get_volume(volume.id)
    assert (shown.host, shown.migration_status) == ("controller@fake#second", "success")
    assert message(act(admin, volume, "os-migrate_volume", {"host": "nowhere"})) == (
        "Invalid host: No available service named 'nowhere'"
    )


def test_an_attachment_is_reserved_connected_and_completed(demo):
    volume = make(demo)
    made = ask(demo, "POST", "/attachments", {"attachment": {"volume_uuid": volume.id}}).json()["attachment"]
    assert made["status"] == "reserved" and demo.block_storage.get_volume(volume.id).status == "reserved"
    path = f"/attachments/{made['id']}"
    connector = {"attachment": {"connector": {"host": "h", "mountpoint": "/dev/vdd"}}}
    assert ask(demo, "PUT", path, connector).json()["attachment"]["connection_info"]["attachment_id"] == made["id"]
    assert ask(demo, "POST", f"{path}/action", {"os-complete": None}, "3.43").status_code == 404
    assert ask(demo, "POST", f"{path}/action", {"os-complete": None}).status_code == 204
    assert demo.block_storage.get_volume(volume.id).status == "in-use"
    second = ask(demo, "POST", "/attachments", {"attachment": {"volume_uuid": volume.id}})
    assert second.status_code == 400 and "status must be available or downloading to reserve" in message(second)
    assert ask(demo, "DELETE", path).json() == {"attachments": []}
    assert demo.block_storage.get_volume(volume.id).status == "available"


def test_attachments_of_others_are_not_found(demo, other):
    volume = make(demo)
    made = ask(demo, "POST", "/attachments", {"attachment": {"volume_uuid": volume.id}}).json()["attachment"]
    assert ask(other, "GET", f"/attachments/{made['id']}").status_code == 404
    assert ask(other, "POST", "/attachments", {"attachment": {"volume_uuid": volume.id}}).status_code == 404
