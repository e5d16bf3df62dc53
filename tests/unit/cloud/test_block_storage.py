"""Volumes and their kin, and what Cinder refuses."""

import pytest
import requests
from openstack import exceptions

from kit.cloud import Cloud
from kit.cloud.adapter import BASE_URL, session


@pytest.fixture
def other(cloud):
    return cloud.connect("alt_demo", "alt_demo")


def ask(conn, method, path, body=None, version="3.71", **headers):
    """A request as it is, with its answer whatever that is."""
    return conn.block_storage.request(
        path, method, json=body, microversion=version, raise_exc=False, headers=headers or None
    )


def message(answer):
    """The text of a refusal."""
    (inner,) = answer.json().values()
    return inner["message"]


def make(conn, size=1, **more):
    return conn.create_volume(size, wait=True, **{"name": "v", **more})


def act(conn, volume, name, inner=None, version="3.71"):
    return ask(conn, "POST", f"/volumes/{volume.id}/action", {name: inner}, version)


# Versions


def test_the_root_lists_versions_with_300(cloud):
    answer = session(cloud).get(f"{BASE_URL}/volume/", allow_redirects=False)
    assert answer.status_code == 300
    (version,) = answer.json()["versions"]
    assert (version["id"], version["min_version"], version["version"]) == ("v3.0", "3.0", "3.71")
    assert answer.headers["OpenStack-API-Version"] == "volume 3.0"


def test_a_version_out_of_range_is_406_and_echoed(demo):
    answer = ask(demo, "GET", "/volumes", version=None, **{"OpenStack-API-Version": "volume 3.72"})
    assert answer.status_code == 406 and answer.headers["OpenStack-API-Version"] == "volume 3.72"
    assert message(answer) == "Version 3.72 is not supported by the API. Minimum is 3.0 and maximum is 3.71."


def test_the_project_may_stand_in_the_path_and_then_in_links(demo):
    make(demo)
    project = demo.current_project_id
    shown = ask(demo, "GET", f"/{project}/volumes").json()["volumes"][0]
    assert f"/volume/v3/{project}/volumes/" in shown["links"][0]["href"]
    answer = ask(demo, "GET", f"/{'0' * 32}/volumes")
    assert (answer.status_code, message(answer)) == (400, "Malformed request url")
    assert ask(demo, "GET", "/nosuch/volumes").status_code == 404


@pytest.mark.parametrize(
    ("version", "key", "there"),
    [
        ("3.12", "group_id", False), ("3.13", "group_id", True), ("3.47", "shared_targets", False),
        ("3.48", "service_uuid", True), ("3.62", "volume_type_id", False), ("3.63", "volume_type_id", True),
        ("3.64", "consumes_quota", False), ("3.65", "consumes_quota", True),
    ],
)  # fmt: skip
def test_fields_come_with_versions(demo, version, key, there):
    volume = make(demo)
    assert (key in ask(demo, "GET", f"/volumes/{volume.id}", version=version).json()["volume"]) == there


def test_what_a_version_does_not_have_is_not_found(demo):
    assert ask(demo, "GET", "/attachments", version="3.26").status_code == 404
    assert ask(demo, "GET", "/attachments", version="3.27").json() == {"attachments": []}


# Volumes


def test_a_volume_is_made_over_time(cloud, demo):
    volume = demo.create_volume(1, wait=False)
    assert volume.status == "creating"
    cloud.clock.advance(60)
    shown = demo.block_storage.get_volume(volume.id)
    assert (shown.status, shown.size, shown.is_bootable, shown.volume_type) == ("available", 1, False, "fake")


def test_a_volume_from_an_image_is_bootable_and_knows_it(cloud, demo):
    volume = demo.create_volume(1, image="cirros", wait=False)
    cloud.clock.advance(1.5)
    assert demo.block_storage.get_volume(volume.id).status == "downloading"
    cloud.clock.advance(60)
    shown = demo.block_storage.get_volume(volume.id)
    assert shown.is_bootable and shown.volume_image_metadata["image_name"] == "cirros"


def test_a_copy_is_as_large_as_its_origin_or_larger(cloud, demo):
    volume = make(demo, 2)
    snapshot = demo.create_volume_snapshot(volume.id, wait=True)
    copy = demo.block_storage.create_volume(snapshot_id=snapshot.id)
    assert (copy.size, copy.snapshot_id) == (2, snapshot.id)
    clone = demo.block_storage.create_volume(source_volume_id=volume.id, size=3)
    assert (clone.size, clone.source_volume_id) == (3, volume.id)
    answer = ask(demo, "POST", "/volumes", {"volume": {"size": 1, "source_volid": volume.id}})
    assert answer.status_code == 400 and "cannot be smaller than original volume size  2GB" in message(answer)


@pytest.mark.parametrize(
    ("volume", "status", "text"),
    [
        ({"size": 0}, 400, "Invalid input for field/attribute size. Value: 0. 0 is less than the minimum of 1"),
        ({"size": "x"}, 400, "Invalid input for field/attribute size. Value: x. 'x' does not match '^[0-9]+$'"),
        ({"size": 1, "color": "red"}, 400, "Additional properties are not allowed ('color' was unexpected)"),
        ({"size": 1, "volume_type": "no"}, 404, "Volume type with name no could not be found."),
        ({"size": 1, "availability_zone": "moon"}, 400, "Availability zone 'moon' is invalid."),
        ({"size": 1, "imageRef": "no"}, 400, "Invalid image identifier or unable to access requested image."),
        ({"size": 1, "multiattach": True}, 400, "multiattach parameter has been removed."),
        ({"size": 1, "snapshot_id": "0" * 32}, 404, f"Snapshot {'0' * 32} could not be found."),
    ],
)
def test_wrong_volumes_are_refused_in_cinders_words(demo, volume, status, text):
    answer = ask(demo, "POST", "/volumes", {"volume": volume})
    assert answer.status_code == status and text in message(answer)


def test_before_353_strange_properties_are_taken(demo):
    assert ask(demo, "POST", "/volumes", {"volume": {"size": 1, "color": "red"}}, "3.52").status_code == 202


def test_another_projects_volume_is_not_found(demo, other, admin):
    volume = make(demo)
    with pytest.raises(exceptions.NotFoundException):
        other.block_storage.get_volume(volume.id)
    assert list(other.block_storage.volumes()) == []
    assert [one.id for one in admin.block_storage.volumes(all_projects=True)] == [volume.id]


def test_a_reader_looks_but_does_not_touch(cloud, admin, demo):
    volume = make(demo)
    user = admin.create_user("eye", password="secret", domain_id="default")
    admin.grant_role("reader", user=user.id, project="demo")
    reader = cloud.connect("eye", "demo")
    assert reader.block_storage.get_volume(volume.id).size == 1
    for answer in (
        ask(reader, "POST", "/volumes", {"volume": {"size": 1}}), ask(reader, "DELETE", f"/volumes/{volume.id}"),
        act(reader, volume, "os-extend", {"new_size": 2}),
    ):  # fmt: skip
        assert answer.status_code == 403 and message(answer).startswith("Policy doesn't allow volume:")


def test_a_list_has_pages_with_links(demo):
    ids = [make(demo, name=f"v{number}").id for number in range(3)]
    first = ask(demo, "GET", "/volumes?limit=2&sort=created_at:asc&with_count=true").json()
    assert [one["id"] for one in first["volumes"]] == ids[:2] and first["count"] == 3
    (link,) = first["volumes_links"]
    assert link["rel"] == "next" and f"marker={ids[1]}" in link["href"]
    rest = ask(demo, "GET", f"/volumes?limit=2&sort=created_at:asc&marker={ids[1]}").json()
    assert [one["id"] for one in rest["volumes"]] == ids[2:] and "volumes_links" not in rest


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("name=b", ["b"]), ("name~=a", ["aa", "a"]), ("size=2", ["b"]), ("status=available", ["b", "aa", "a"]),
        ("metadata={'k': 'v'}", ["a"]), ("sort=name:asc", ["a", "aa", "b"]), ("sort=size,name:asc", ["b", "a", "aa"]),
        ("bootable=true", []), ("created_at=gt:2000-01-01T00:00:00", ["b", "aa", "a"]), ("offset=2", ["a"]),
    ],
)  # fmt: skip
def test_lists_are_filtered_and_sorted(demo, query, names):
    make(demo, name="a", metadata={"k": "v"})
    make(demo, name="aa")
    make(demo, 2, name="b")
    assert [one["name"] for one in ask(demo, "GET", f"/volumes?{query}").json()["volumes"]] == names


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("color=red", "Invalid filters color are found in query options."),
        ("limit=-1", "limit param must be positive"),
        ("sort=moon", "Invalid input received: Invalid sort key"),
        ("sort=name:up", "Invalid input received: Unknown sort direction, must be 'desc' or 'asc'."),
        ("sort=name&sort_key=name", "The 'sort_key' and 'sort_dir' parameters are deprecated"),
        ("all_tenants=maybe", "Value 'maybe' for 'all_tenants' is not a boolean."),
    ],
)
def test_wrong_queries_are_refused(demo, query, text):
    answer = ask(demo, "GET", f"/volumes?{query}")
    assert answer.status_code == 400 and text in message(answer)


def test_the_summary_counts(demo):
    make(demo, 1, metadata={"k": "v"})
    make(demo, 3, metadata={"k": "w"})
    shown = ask(demo, "GET", "/volumes/summary").json()["volume-summary"]
    assert shown == {"total_count": 2, "total_size": 4, "metadata": {"k": ["v", "w"]}}


def test_metadata_is_guarded_by_its_tag(demo):
    volume = make(demo, metadata={"a": "1"})
    path = f"/volumes/{volume.id}/metadata"
    tag = ask(demo, "GET", path).headers["Etag"]
    assert ask(demo, "PUT", path, {"metadata": {"b": "2"}}, **{"If-Match": '"0"'}).status_code == 412
    assert ask(demo, "PUT", path, {"metadata": {"b": "2"}}, **{"If-Match": f'"{tag}"'}).json() == {
        "metadata": {"b": "2"}
    }
    assert ask(demo, "PUT", f"{path}/c", {"meta": {"b": "2"}}).status_code == 400
    assert ask(demo, "DELETE", f"{path}/b").status_code == 200
    assert message(ask(demo, "GET", f"{path}/b")) == f"Volume {volume.id} has no metadata with key b."


def test_a_volume_with_snapshots_goes_only_with_them(cloud, demo):
    volume = make(demo)
    demo.create_volume_snapshot(volume.id, wait=True)
    answer = ask(demo, "DELETE", f"/volumes/{volume.id}")
    assert answer.status_code == 400 and message(answer).startswith(
        "Invalid volume: Volume status must be available or"
    )
    assert ask(demo, "DELETE", f"/volumes/{volume.id}?cascade=true").status_code == 202
    cloud.clock.advance(60)
    assert list(demo.block_storage.volumes()) == [] and list(demo.block_storage.snapshots()) == []


# Actions


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


# Attachments


def test_an_attachment_is_reserved_connected_and_completed(demo):
    volume = make(demo)
    made = ask(demo, "POST", "/attachments", {"attachment": {"volume_uuid": volume.id}}).json()["attachment"]
    assert made["status"] == "reserved" and demo.block_storage.get_volume(volume.id).status == "reserved"
    path = f"/attachments/{made['id']}"
    connector = {"attachment": {"connector": {"host": "h", "mountpoint": "/dev/vdd"}}}
    assert ask(demo, "PUT", path, connector).json()["attachment"]["status"] == "attaching"
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


# Servers


def boot(conn, **more):
    return conn.create_server("s", flavor="m1.tiny", wait=True, **{"image": "cirros", **more})


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
        ({"source_type": "snapshot", "uuid": "x"}, "failed to get snapshot x."),
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


# Snapshots and backups


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
    assert (shown.status, shown.name, shown.metadata) == ("available", "data", {"k": "v"})


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


# Types, quotas, transfers, groups


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


# The operator


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
