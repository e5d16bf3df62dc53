"""Volumes: versions, lists, refusals; and what Cinder refuses."""

import pytest
from openstack import exceptions

from kit.cloud.adapter import BASE_URL, session
from tests.unit.cloud.block_storage_calls import act, ask, make, message


@pytest.fixture
def other(cloud):
    return cloud.connect("alt_demo", "alt_demo")


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
        ("name=b", ["b"]), ("size=2", ["b"]), ("status=available", ["b", "aa", "a"]),
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
