"""Snapshots, backups, transfers and groups of volumes."""

import pytest

from tests.unit.cloud.block_storage_calls import ask, boot, make, message


@pytest.fixture
def other(cloud):
    return cloud.connect("alt_demo", "alt_demo")


def test_snapshots_of_volumes_in_use(demo):
    server, volume = boot(demo), make(demo)
    demo.attach_volume(server, volume)
    body = {"snapshot": {"volume_id": volume.id}}
    assert "status must be available, but current status is: in-use" in message(
        ask(demo, "POST", "/snapshots", body, "3.65")
    )
    assert ask(demo, "POST", "/snapshots", body, "3.66").status_code == 202
    refused = ask(demo, "POST", "/snapshots", {"snapshot": {"volume_id": volume.id, "force": False}}, "3.66")
    assert refused.status_code == 400 and "the 'force' flag is invalid" in message(refused)


def test_backups_build_on_each_other_and_are_restored(cloud, demo):
    volume = make(demo, name="data", metadata={"k": "v"})
    full = demo.create_volume_backup(volume.id, name="full", wait=True)
    step = demo.create_volume_backup(volume.id, name="step", incremental=True, wait=True)
    assert step.is_incremental and demo.block_storage.get_backup(full.id).has_dependent_backups
    answer = ask(demo, "DELETE", f"/backups/{full.id}")
    assert message(answer) == "Invalid backup: Incremental backups exist for this backup."
    made = ask(demo, "POST", f"/backups/{full.id}/restore", {"restore": {}}).json()["restore"]
    assert made["volume_name"] == f"restore_backup_{full.id}"
    assert demo.block_storage.get_volume(made["volume_id"]).status == "restoring-backup"
    cloud.clock.advance(60)
    shown = demo.block_storage.get_volume(made["volume_id"])
    assert (shown.status, shown.name, shown.metadata) == (
        "available", "data", {"k": "v", "src_backup_id": full.id},
    )  # fmt: skip


def test_a_backup_travels_as_a_record(cloud, admin):
    volume = make(admin)
    backup = admin.create_volume_backup(volume.id, wait=True)
    record = ask(admin, "GET", f"/backups/{backup.id}/export_record").json()
    again = ask(admin, "POST", "/backups/import_record", record)
    assert message(again) == "Invalid backup: Backup already exists in database."
    admin.delete_volume_backup(backup.id, wait=True)
    assert ask(admin, "POST", "/backups/import_record", record).status_code == 201
    cloud.clock.advance(60)
    assert admin.block_storage.get_backup(backup.id).status == "available"


def test_a_volume_is_transferred_with_its_snapshots(demo, other):
    volume = make(demo)
    demo.create_volume_snapshot(volume.id, wait=True)
    made = ask(demo, "POST", "/volume-transfers", {"transfer": {"volume_id": volume.id}}).json()["transfer"]
    assert demo.block_storage.get_volume(volume.id).status == "awaiting-transfer"
    wrong = ask(other, "POST", f"/volume-transfers/{made['id']}/accept", {"accept": {"auth_key": "x"}})
    assert message(wrong) == f"Invalid auth key: Attempt to transfer {made['id']} with invalid auth key."
    accept = {"accept": {"auth_key": made["auth_key"]}}
    assert ask(other, "POST", f"/volume-transfers/{made['id']}/accept", accept).status_code == 202
    assert other.block_storage.get_volume(volume.id).status == "available"
    assert len(list(other.block_storage.snapshots())) == 1 and list(demo.block_storage.volumes()) == []


def test_groups_and_their_snapshots(cloud, admin):
    type_id = ask(admin, "POST", "/group_types", {"group_type": {"name": "g"}}).json()["group_type"]["id"]
    body = {"group": {"group_type": type_id, "volume_types": ["fake"], "name": "pair"}}
    group = ask(admin, "POST", "/groups", body).json()["group"]["id"]
    cloud.clock.advance(60)
    made = ask(admin, "POST", "/volumes", {"volume": {"size": 1, "volume_type": "fake", "group_id": group}})
    volume = made.json()["volume"]["id"]
    cloud.clock.advance(60)
    shown = ask(admin, "GET", f"/groups/{group}?list_volume=true").json()["group"]
    assert (shown["status"], shown["volumes"]) == ("available", [volume])
    taken = ask(admin, "POST", "/group_snapshots", {"group_snapshot": {"group_id": group}}).json()["group_snapshot"][
        "id"
    ]
    cloud.clock.advance(60)
    copy = {"create-from-src": {"group_snapshot_id": taken}}
    again = ask(admin, "POST", "/groups/action", copy).json()["group"]["id"]
    cloud.clock.advance(60)
    assert len(ask(admin, "GET", f"/groups/{again}?list_volume=true").json()["group"]["volumes"]) == 1
    refused = ask(admin, "POST", f"/groups/{group}/action", {"delete": {}})
    assert message(refused) == "Invalid Group: Group has existing snapshots."
    assert ask(admin, "DELETE", f"/group_snapshots/{taken}").status_code == 202
    cloud.clock.advance(60)
    refused = ask(admin, "POST", f"/groups/{group}/action", {"delete": {}})
    assert "The delete-volumes flag is required to delete it." in message(refused)
    assert ask(admin, "POST", f"/groups/{group}/action", {"delete": {"delete-volumes": True}}).status_code == 202
    cloud.clock.advance(60)
    assert ask(admin, "GET", f"/volumes/{volume}").status_code == 404
