"""Images and their data."""

import pytest
from openstack import exceptions


def test_data_goes_up_and_comes_down(admin):
    image = admin.image.create_image(name="i", disk_format="raw", container_format="bare", data=b"abc" * 1000)
    image = admin.image.get_image(image)
    assert image.size == 3000 and image.status == "active"
    assert admin.image.download_image(image).content == b"abc" * 1000


def test_a_large_image_is_kept_in_parts(admin):
    data = bytes(9 * 2**20)
    image = admin.image.create_image(
        name="big", disk_format="raw", container_format="bare", data=data, validate_checksum=False
    )
    assert admin.image.get(f"/images/{image.id}/file").content == data


def test_a_range_gives_a_part(admin):
    image = admin.image.create_image(name="i", disk_format="raw", container_format="bare", data=b"0123456789")
    answer = admin.image.get(f"/images/{image.id}/file", headers={"Range": "bytes=2-4"})
    assert (answer.status_code, answer.content) == (206, b"234")


def test_a_member_makes_nothing_public(demo):
    with pytest.raises(exceptions.ForbiddenException):
        demo.image.create_image(name="i", disk_format="raw", container_format="bare", visibility="public", data=b"x")


def test_a_shared_image_is_seen_once_accepted(cloud, demo):
    image = demo.image.create_image(
        name="s", disk_format="raw", container_format="bare", visibility="shared", data=b"x"
    )
    other = cloud.connect("alt_demo", "alt_demo")
    demo.image.add_member(image, member_id=other.current_project_id)
    assert "s" not in [found.name for found in other.image.images()]
    other.image.update_member(other.current_project_id, image, status="accepted")
    assert "s" in [found.name for found in other.image.images()]


def test_a_protected_image_stays(admin):
    image = admin.image.create_image(name="p", disk_format="raw", container_format="bare", is_protected=True, data=b"x")
    with pytest.raises(exceptions.ForbiddenException, match="protected"):
        admin.image.delete_image(image)


def test_an_owner_switches_an_image_off(cloud, demo):
    image = demo.image.create_image(name="i", disk_format="raw", container_format="bare", data=b"x")
    demo.image.deactivate_image(image)
    assert demo.image.get(f"/images/{image.id}/file").status_code == 403
    demo.image.reactivate_image(image)
    assert demo.image.get(f"/images/{image.id}/file").status_code == 200


def test_a_path_with_a_slash_at_its_end_is_no_path(demo):
    assert demo.image.get("/images").status_code == 200
    assert demo.image.get("/images/").status_code == 404


def test_a_reader_looks_and_changes_nothing(cloud, admin):
    admin.create_user("eve", password="secret", domain_id="default")
    admin.grant_role("reader", user="eve", project="demo")
    eve = cloud.connect("eve", "demo", "secret")
    assert eve.get_image("cirros") is not None
    with pytest.raises(exceptions.ForbiddenException, match="complete add_image action"):
        eve.image.create_image(name="i", disk_format="raw", container_format="bare", data=b"x")


# Metadata definitions and tasks

SPACE = "/metadefs/namespaces"


def test_a_namespace_holds_objects_properties_and_tags(admin, demo):
    body = {
        "namespace": "wind", "visibility": "public", "objects": [{"name": "gust"}], "tags": [{"name": "b"}, {"name": "a"}],
        "properties": {"speed": {"title": "Speed", "type": "integer"}},
        "resource_type_associations": [{"name": "OS::Nova::Server", "prefix": "wind_"}],
    }  # fmt: skip
    assert admin.image.post(SPACE, json=body).status_code == 201
    shown = demo.image.get(f"{SPACE}/wind").json()
    assert shown["properties"] == {"speed": {"title": "Speed", "type": "integer"}}
    assert shown["objects"][0]["self"] == "/v2/metadefs/namespaces/wind/objects/gust"
    assert demo.image.get(f"{SPACE}/wind/tags").json()["tags"] == [{"name": "a"}, {"name": "b"}]
    types = demo.image.get(f"{SPACE}/wind/resource_types").json()["resource_type_associations"]
    assert [(one["name"], one["prefix"]) for one in types] == [("OS::Nova::Server", "wind_")]


def test_what_a_namespace_refuses(admin, demo):
    admin.image.post(SPACE, json={"namespace": "wind", "protected": True})
    assert admin.image.post(SPACE, json={"namespace": "wind"}).status_code == 409
    assert admin.image.post(SPACE, json={"namespace": "rain", "colour": "grey"}).status_code == 400
    assert demo.image.get(f"{SPACE}/wind").status_code == 404
    assert demo.image.post(SPACE, json={"namespace": "rain"}).status_code == 403
    assert admin.image.post(f"{SPACE}/wind/objects", json={"name": "gust"}).status_code == 201
    assert admin.image.post(f"{SPACE}/wind/objects", json={"name": "gust"}).status_code == 409
    assert admin.image.delete(f"{SPACE}/wind/objects/gust").status_code == 403
    assert admin.image.delete(f"{SPACE}/wind").status_code == 403
    assert admin.image.get(f"{SPACE}/wind/objects/none").status_code == 404


def test_an_item_gets_another_name(admin):
    admin.image.post(SPACE, json={"namespace": "wind"})
    admin.image.post(f"{SPACE}/wind/tags/old")
    assert admin.image.put(f"{SPACE}/wind/tags/old", json={"name": "new"}).json()["name"] == "new"
    assert admin.image.get(f"{SPACE}/wind/tags").json()["tags"] == [{"name": "new"}]


def test_a_task_fails_as_nothing_outside_can_be_reached(cloud, admin, demo):
    given = {"import_from": "http://none.example/i", "import_from_format": "raw", "image_properties": {"name": "i"}}
    made = admin.image.post("/tasks", json={"type": "import", "input": given}).json()
    assert made["status"] == "pending"
    cloud.clock.advance(10)
    assert admin.image.get(f"/tasks/{made['id']}").json()["status"] == "failure"
    assert demo.image.post("/tasks", json={"type": "import", "input": given}).status_code == 403
    assert admin.image.post("/tasks", json={"type": "import", "input": {}}).status_code == 400


@pytest.mark.parametrize("name", ["image", "members", "task", "metadefs/namespace", "metadefs/resource_types"])
def test_schemas_can_be_read(demo, name):
    assert demo.image.get(f"/schemas/{name}").json()["name"]


def imported(conn, method, **more):
    made = conn.image.post("/images", json={"name": "i", "disk_format": "raw", "container_format": "bare"}).json()
    path = f"/images/{made['id']}"
    if method == "glance-direct":
        octets = {"Content-Type": "application/octet-stream"}
        assert conn.image.put(f"{path}/stage", data=b"1234", headers=octets).status_code == 204
    return path, conn.image.post(f"{path}/import", json={"method": {"name": method, **more}})


def test_staged_data_is_imported_by_a_task(cloud, demo):
    path, answer = imported(demo, "glance-direct")
    assert answer.status_code == 202
    under_way = demo.image.get(path).json()
    assert under_way["status"] == "importing" and under_way["os_glance_importing_to_stores"] == "file"
    again = demo.image.post(f"{path}/import", json={"method": {"name": "glance-direct"}})
    assert again.status_code == 409
    cloud.clock.advance(5)
    found = demo.image.get(path).json()
    assert (found["status"], found["size"]) == ("active", 4) and "os_glance_import_task" not in found
    (task,) = demo.image.get(f"{path}/tasks").json()["tasks"]
    assert (task["type"], task["status"]) == ("api_image_import", "success")


def test_a_page_is_never_reached(cloud, demo):
    path, answer = imported(demo, "web-download", uri="http://192.0.2.1/image.raw")
    assert answer.status_code == 202
    cloud.clock.advance(5)
    found = demo.image.get(path).json()
    assert (found["status"], found["os_glance_failed_import"]) == ("queued", "file")
    assert "cannot reach http://192.0.2.1" in demo.image.get(f"{path}/tasks").json()["tasks"][0]["message"]
    assert imported(demo, "web-download", uri="file:///etc/passwd")[1].status_code == 400


def test_an_image_is_copied_nowhere(admin, demo):
    path = f"/images/{admin.get_image('cirros').id}/import"
    body = {"method": {"name": "copy-image"}}
    assert demo.image.post(path, json=body).status_code == 403
    assert "already present" in admin.image.post(path, json=body).text
    assert admin.image.post(path, json={**body, "stores": ["ceph"]}).status_code == 409
    assert admin.image.post(path, json={**body, "all_stores": True}).status_code == 202
    assert admin.image.post(path, json={"method": {"name": "moon"}}).status_code == 400


def test_the_cache_is_filled_in_time_and_emptied_at_once(cloud, admin, demo):
    id = admin.get_image("cirros").id
    assert demo.image.put(f"/cache/{id}").status_code == 403
    assert admin.image.put(f"/cache/{id}").status_code == 202
    assert admin.image.get("/cache").json()["queued_images"] == [id]
    cloud.clock.advance(5)
    (entry,) = admin.image.get("/cache").json()["cached_images"]
    assert entry["image_id"] == id and entry["last_modified"] > 0
    assert admin.image.delete("/cache", headers={"x-image-cache-clear-target": "queue"}).status_code == 204
    assert len(admin.image.get("/cache").json()["cached_images"]) == 1
    assert admin.image.delete(f"/cache/{id}").status_code == 204
    assert admin.image.get("/cache").json() == {"cached_images": [], "queued_images": []}
    assert admin.image.delete("/cache/none").status_code == 404
    assert admin.image.get(f"/cache/nodes/{id}").json() == []


def test_the_operator_is_told_how_data_is_kept(admin, demo):
    assert admin.image.get("/info/stores/detail").json()["stores"][0]["type"] == "file"
    assert demo.image.get("/info/stores/detail").status_code == 403
    assert demo.image.get("/info/usage").json() == {"usage": {}}


def test_a_task_that_is_done_says_how_long_it_is_kept(cloud, admin):
    given = {"import_from": "http://x", "import_from_format": "raw", "image_properties": {"name": "i"}}
    made = admin.image.post("/tasks", json={"type": "import", "input": given}).json()
    assert "expires_at" not in made
    cloud.clock.advance(60)
    done = admin.image.get(f"/tasks/{made['id']}").json()
    assert done["status"] == "failure" and done["expires_at"] > done["updated_at"]


@pytest.mark.parametrize(
    ("accept", "kind", "begins"),
    [
        ("application/json", "application/json", '{"message": "No image found with ID nope<br /><br />'),
        ("*/*", "text/html; charset=UTF-8", "<html>\n <head>\n  <title>404 Not Found</title>"),
        ("text/html;q=0.1, application/json", "application/json", "{"),
        ("image/png", "text/plain; charset=UTF-8", "404 Not Found\n\nNo image found with ID nope"),
        ("nonsense", "text/html; charset=UTF-8", "<html>"),
    ],
)
def test_a_refusal_is_a_page_unless_json_is_asked_for(admin, accept, kind, begins):
    answer = admin.image.get("/images/nope", headers={"Accept": accept})
    assert answer.status_code == 404 and answer.headers["Content-Type"] == kind
    assert answer.text.startswith(begins)
