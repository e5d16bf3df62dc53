"""openstacksdk and the block storage service, over a port."""

import openstack
import pytest
from openstack import exceptions


@pytest.fixture
def volume(demo):
    """A volume of demo's, ready."""
    return demo.create_volume(1, name="chest", description="oak", metadata={"k": "v"}, wait=True)


@pytest.fixture
def server(demo):
    """A server of demo's, running."""
    return demo.create_server("kite", image="cirros", flavor="m1.tiny", network="private", auto_ip=False, wait=True)


def reach(conn, volume, status="available"):
    """Wait until the volume has a status."""
    return conn.block_storage.wait_for_status(
        conn.block_storage.get_volume(volume.id), status=status, interval=2, wait=120
    )


def test_a_volume_is_found_by_name_and_by_id(demo, volume):
    assert demo.get_volume("chest").id == demo.get_volume(volume.id).id == volume.id
    assert demo.get_volume("none") is None and demo.volume_exists("chest")
    with pytest.raises(exceptions.NotFoundException):
        demo.block_storage.find_volume("none", ignore_missing=False)


def test_volumes_are_listed_changed_and_deleted(demo, volume):
    assert [(one.name, one.status) for one in demo.list_volumes()] == [("chest", "available")]
    demo.update_volume("chest", name="trunk")
    assert [one.name for one in demo.block_storage.volumes(details=False)] == ["trunk"]
    demo.block_storage.set_volume_metadata(volume, color="red")
    assert demo.block_storage.get_volume_metadata(volume).metadata == {"k": "v", "color": "red"}
    demo.block_storage.delete_volume_metadata(volume, keys=["k"])
    assert demo.block_storage.get_volume(volume.id).metadata == {"color": "red"}
    assert demo.delete_volume("trunk", wait=True) is True and demo.list_volumes() == []


def test_many_volumes_come_page_by_page(demo):
    for number in range(5):
        demo.block_storage.create_volume(name=f"v{number}", size=1)
    assert len(list(demo.block_storage.volumes(limit=2))) == 5


def test_a_volume_from_an_image_and_back(demo):
    volume = demo.create_volume(1, name="disk", image="cirros", bootable=True, wait=True)
    assert volume.is_bootable
    made = demo.create_image("copy", volume=volume.id, wait=False)
    reach(demo, volume)
    assert demo.get_image(made["id"]).status == "active"


def test_attach_and_detach(demo, server, volume):
    demo.attach_volume(server, volume, wait=True)
    shown = demo.get_volume("chest")
    assert shown.status == "in-use" and demo.get_volume_attach_device(shown, server.id) == "/dev/vdb"
    assert [one.volume_id for one in demo.compute.volume_attachments(server)] == [volume.id]
    assert [one.name for one in demo.get_volumes(server)] == ["chest"]
    assert demo.detach_volume(server, volume, wait=True) is None
    assert demo.get_volume("chest").status == "available"


def test_what_is_attached_goes_when_it_is_told_to(demo, server, volume):
    demo.attach_volume(server, volume, wait=True)
    with pytest.raises(exceptions.BadRequestException):
        demo.block_storage.delete_volume(volume)
    demo.compute.update_volume_attachment(server, volume, delete_on_termination=True)
    demo.delete_server("kite", wait=True)
    assert demo.get_volume("chest") is None


def test_attachments(demo, volume, server):
    made = demo.block_storage.create_attachment(volume.id, connector=None, instance=server.id)
    assert [one.id for one in demo.block_storage.attachments()] == [made.id]
    demo.block_storage.delete_attachment(made)
    assert demo.block_storage.get_volume(volume.id).status == "available"


def test_extend_retype_and_revert(admin, demo, volume):
    admin.block_storage.create_type(name="gold")
    demo.block_storage.extend_volume(volume, 2)
    assert reach(demo, volume).size == 2
    demo.block_storage.retype_volume(volume, "gold")
    assert reach(demo, volume).volume_type == "gold"
    snapshot = demo.create_volume_snapshot(volume.id, wait=True)
    demo.block_storage.revert_volume_to_snapshot(volume, snapshot)
    assert reach(demo, volume).status == "available"


def test_a_server_boots_from_a_volume(demo):
    server = demo.create_server(
        "raft", image="cirros", flavor="m1.tiny", network="private", auto_ip=False, wait=True, boot_from_volume=True,
        volume_size=2, terminate_volume=True,
    )  # fmt: skip
    (volume,) = demo.list_volumes()
    assert (volume.status, volume.attachments[0]["server_id"]) == ("in-use", server.id)
    demo.delete_server("raft", wait=True)
    assert demo.list_volumes() == []


def test_snapshots(demo, volume):
    snapshot = demo.create_volume_snapshot(volume.id, name="then", wait=True)
    assert snapshot.status == "available" and demo.get_volume_snapshot("then").id == snapshot.id
    demo.block_storage.set_snapshot_metadata(snapshot, k="v")
    assert demo.block_storage.get_snapshot(snapshot.id).metadata == {"k": "v"}
    assert [one.id for one in demo.list_volume_snapshots()] == [snapshot.id]
    copy = demo.create_volume(1, snapshot_id=snapshot.id, wait=True)
    assert copy.snapshot_id == snapshot.id
    assert demo.delete_volume_snapshot("then", wait=True) is True and demo.list_volume_snapshots() == []


def test_backups(demo, volume):
    backup = demo.create_volume_backup(volume.id, name="safe", wait=True, timeout=120)
    assert backup.status == "available" and demo.get_volume_backup("safe").id == backup.id
    restored = demo.block_storage.restore_backup(backup, volume=volume.id)
    assert restored.volume_id == volume.id
    assert reach(demo, volume).metadata == {"k": "v"}
    assert demo.delete_volume_backup("safe", wait=True) is True and demo.list_volume_backups() == []


def test_types_and_who_may_use_them(admin, demo):
    made = admin.block_storage.create_type(name="gold", is_public=False, extra_specs={"a": "b"})
    admin.block_storage.update_type_extra_specs(made, c="d")
    assert admin.block_storage.get_type(made.id).extra_specs == {"a": "b", "c": "d"}
    assert demo.get_volume_type("gold") is None
    admin.add_volume_type_access("gold", demo.current_project_id)
    assert [one["project_id"] for one in admin.get_volume_type_access("gold")] == [demo.current_project_id]
    assert demo.get_volume_type("gold").id == made.id
    admin.remove_volume_type_access("gold", demo.current_project_id)
    admin.block_storage.delete_type(made)
    assert [one.name for one in demo.list_volume_types()] == ["fake", "__DEFAULT__"]


def test_quotas_and_limits(admin, demo, volume):
    admin.set_volume_quotas("demo", volumes=1)
    assert admin.get_volume_quotas("demo").volumes == 1
    with pytest.raises(exceptions.HttpException, match="Maximum number of volumes allowed"):
        demo.block_storage.create_volume(size=1)
    absolute = demo.get_volume_limits().absolute
    assert (absolute.total_volumes_used, absolute.max_total_volumes) == (1, 1)
    admin.delete_volume_quotas("demo")
    assert admin.get_volume_quotas("demo").volumes == 10


def test_a_transfer(port, demo, volume):
    made = demo.block_storage.create_transfer(volume_id=volume.id, name="gift")
    with openstack.connect(cloud="alt_demo") as other:
        other.block_storage.accept_transfer(made.id, made.auth_key)
        assert other.get_volume("chest").id == volume.id
    assert demo.get_volume("chest") is None


def test_groups(admin):
    type_ = admin.block_storage.create_group_type(name="pairs")
    group = admin.block_storage.create_group(name="two", group_type=type_.id, volume_types=["fake"])
    admin.block_storage.wait_for_status(
        admin.block_storage.get_group(group.id), status="available", interval=2, wait=120
    )
    assert admin.block_storage.find_group("two").id == group.id
    admin.block_storage.delete_group(group)


def test_the_operator_looks_around(admin):
    assert {one.binary for one in admin.block_storage.services()} == {
        "cinder-scheduler", "cinder-volume", "cinder-backup",
    }  # fmt: skip
    assert [one.name for one in admin.block_storage.backend_pools()] == ["controller@fake#fake"]
    assert [one.name for one in admin.block_storage.availability_zones()] == ["nova"]
    assert admin.block_storage.get_capabilities("controller@fake").vendor_name == "Open Source"
    assert "volume" in {one.resource for one in admin.block_storage.resource_filters()}
    assert len(list(admin.block_storage.extensions())) > 30


def test_a_project_is_looked_through_before_it_is_cleaned(demo, volume):
    demo.project_cleanup(dry_run=True, status_queue=None, filters=None, resource_evaluation_fn=None)
    assert demo.block_storage.get_volume(volume.id).status == "available"
