"""What the image service refuses, and in which words; compared with a real Glance 33."""

import json
from html import unescape

import pytest

J = {"Content-Type": "application/openstack-images-v2.1-json-patch"}
OLD = {"Content-Type": "application/openstack-images-v2.0-json-patch"}
OCTETS = {"Content-Type": "application/octet-stream"}
LIMIT = "The limit has been exceeded on the number of allowed image"
CONFLICT = "There was a conflict when trying to complete your request.\n"
QCOW2 = b"QFI\xfb" + (3).to_bytes(4, "big") + bytes(16) + (2**30).to_bytes(8, "big") + bytes(600)


def said(answer):
    """Status and words of a refusal, which is a page."""
    words = unescape(answer.text).split("</h1>")[1].split("</body>")[0]
    return answer.status_code, words.replace("<br />", "").strip()


def make(conn, **given):
    answer = conn.image.post("/images", json={"name": "i", "disk_format": "raw", "container_format": "bare", **given})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def user(cloud, admin, name, role, project="demo"):
    if not admin.identity.find_role(role):
        admin.identity.create_role(name=role)
    admin.create_user(name, password="secret", domain_id="default")
    admin.grant_role(role, user=name, project=project)
    return cloud.connect(name, project, "secret")


@pytest.mark.parametrize(
    ("given", "status", "words"),
    [
        ({"min_disk": -1}, 400, "Invalid value '-1' for parameter 'min_disk': Cannot be a negative value"),
        ({"min_ram": 2**31}, 400, "'min_ram' value out of range, must not exceed 2147483647."),
        ({"stores": "x"}, 403, "Attribute 'stores' is read-only."),
        ({"location": "x"}, 403, "Access was denied to this resource.\nAttribute 'location' is reserved."),
        ({"os_glance_x": "x"}, 403, "Access was denied to this resource.\nAttribute 'os_glance_x' is reserved."),
        ({"locations": []}, 403, "Attribute 'locations' is reserved."),
        ({"k" * 256: "v"}, 400, "Custom property should not be greater than 255 characters."),
        ({"owner": "other"}, 403, "Access was denied to this resource.\nYou are not permitted to create images owned by 'other'"),
        ({"tags": [str(n) for n in range(129)]}, 413, f"{LIMIT} tags. Attempted: 129, Maximum: 128"),
        ({f"k{n}": "v" for n in range(129)}, 413, f"{LIMIT} properties. Attempted: 129, Maximum: 128"),
    ],
)  # fmt: skip
def test_an_image_that_cannot_be(demo, given, status, words):
    assert said(demo.image.post("/images", json=given)) == (status, words)


@pytest.mark.parametrize(
    ("body", "words"),
    [("", "Body expected in request."), ("{", "Malformed JSON in request body."), ("5", "Unexpected body type. Expected list/dict.")],
)  # fmt: skip
def test_a_body_that_is_none(demo, body, words):
    assert said(demo.image.post("/images", data=body)) == (400, words)


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"op": "zap", "path": "/name"}, 400, "Invalid operation: `zap`. It must be one of the following: add, remove, replace."),
        ({"op": "replace"}, 400, "Unable to find 'path' in JSON Schema change"),
        ({"op": "replace", "path": "name", "value": 1}, 400, 'Pointer `name` does not start with "/".'),
        ({"op": "replace", "path": "/name/", "value": 1}, 400, 'Pointer `/name/` end with "/".'),
        ({"op": "add", "path": "/a//b", "value": "x"}, 400, 'Pointer `/a//b` contains adjacent "/".'),
        ({"op": "add", "path": "/a~2", "value": "x"}, 400, 'Pointer `/a~2` contains "~" not part of a recognized escape sequence.'),
        ({"op": "add", "path": "/a/b", "value": "x"}, 400, "Invalid JSON pointer for this resource: '/a/b'"),
        ({"op": "remove", "path": "/name"}, 403, "Access was denied to this resource.\nProperty name may not be removed."),
        ({"op": "remove", "path": "/none"}, 409, f"{CONFLICT}Property none does not exist."),
        ({"op": "replace", "path": "/owner", "value": "x"}, 403, "Access was denied to this resource.\nOwner can't be updated by non admin."),
        ({"op": "add", "path": "/locations/-", "value": {"url": "x", "metadata": {}}}, 403,
         "It's not allowed to add locations if locations are invisible."),
        ({"op": "replace", "path": "/status", "value": "active"}, 403, "Attribute 'status' is read-only."),
    ],
)  # fmt: skip
def test_a_change_that_cannot_be(demo, change, status, words):
    answer = demo.image.patch(f"/images/{make(demo)}", data=json.dumps([change]), headers=J)
    assert said(answer) == (status, words)


def test_the_older_dialect_of_changes(demo):
    path = f"/images/{make(demo)}"
    assert demo.image.patch(path, data='[{"add": "/foo", "value": "x"}]', headers=OLD).json()["foo"] == "x"
    assert demo.image.patch(path, data='[{"add": "/foo", "value": "x"}]', headers=OLD).status_code == 409
    assert said(demo.image.patch(path, data='[{"add": "/a", "remove": "/b"}]', headers=OLD))[1].startswith(
        "Operation objects must"
    )
    refused = demo.image.patch(path, data="[]", headers={"Content-Type": "application/json"})
    assert (
        refused.status_code == 415 and refused.headers["Accept-Patch"] == f"{OLD['Content-Type']}, {J['Content-Type']}"
    )


@pytest.mark.parametrize(
    ("disk_format", "data", "status"),
    [
        ("qcow2", b"x" * 600, 415), ("qcow2", QCOW2, 204), ("qcow2", bytes(600), 204), ("raw", QCOW2, 204),
        ("vmdk", QCOW2, 415), ("ploop", b"x", 204), ("ploop", QCOW2, 415),
    ],
)  # fmt: skip
def test_data_is_what_the_image_says(demo, disk_format, data, status):
    path = f"/images/{make(demo, disk_format=disk_format)}"
    answer = demo.image.put(f"{path}/file", data=data, headers=OCTETS)
    assert answer.status_code == status, answer.text
    shown = demo.image.get(path).json()
    assert shown["status"] == ("active" if status == 204 else "queued")
    assert disk_format != "qcow2" or data != QCOW2 or shown["virtual_size"] == 2**30


def test_data_has_the_size_that_was_told(demo):
    path = f"/images/{make(demo)}"
    told = {**OCTETS, "X-OpenStack-Image-Size": "9"}
    assert said(demo.image.put(f"{path}/file", data=b"abc", headers=told)) == (
        400,
        "Size mismatch: expected 9 bytes, got 3 bytes",
    )
    assert demo.image.get(path).json()["status"] == "queued"


@pytest.mark.parametrize(
    ("header", "status", "content"),
    [
        ({"Range": "bytes=2-"}, 206, "23456789"), ({"Range": "bytes=-3"}, 206, "789"), ({"Range": "bytes=0-99"}, 206, "0123456789"),
        ({"Range": "bytes=10-"}, 416, None), ({"Range": "bytes=5-2"}, 416, None), ({"Range": "bytes=0-1,3-4"}, 400, None),
        ({"Content-Range": "bytes 2-5/*"}, 206, "2345"), ({"Content-Range": "bytes 0-20/10"}, 416, None),
    ],
)  # fmt: skip
def test_parts_of_an_image(demo, header, status, content):
    path = f"/images/{make(demo)}/file"
    demo.image.put(path, data=b"0123456789", headers=OCTETS)
    answer = demo.image.get(path, headers=header)
    assert answer.status_code == status and (content is None or answer.text == content)


@pytest.mark.parametrize(
    ("query", "status", "names"),
    [
        ("name=in:a,b&sort=name:asc", 200, ["a", "b"]), ('name=in:"a","b"&sort=name', 200, ["b", "a"]), ("name=neq:a", 400, None),
        ("sort_key=name&sort_dir=asc&limit=2", 200, ["a", "b"]), ("sort=name&sort_key=id", 400, None), ("sort=owner", 400, None),
        ("size_min=x", 400, None), ("size_min=3", 200, ["a"]), ("created_at=gt:2100-01-01", 200, []), ("created_at=x", 400, None),
        ("protected=True", 400, None), ("protected=true", 200, ["b"]), ("tag=x&tag=y", 200, ["c"]), ("tag=z", 200, []),
        ("k=v", 200, ["c"]), ("limit=-1", 400, None), ("limit=0", 200, []), ("member_status=x", 400, None),
    ],
)  # fmt: skip
def test_what_a_list_is_asked_for(demo, query, status, names):
    first = make(demo, name="a")
    demo.image.put(f"/images/{first}/file", data=b"0123456789", headers=OCTETS)
    make(demo, name="b", protected=True)
    make(demo, name="c", tags=["x", "y"], k="v")
    answer = demo.image.get(f"/images?visibility=shared&{query}")
    assert answer.status_code == status, answer.text
    assert names is None or [image["name"] for image in answer.json()["images"]] == names


def test_a_page_that_is_full_has_a_next_one(demo):
    for name in "abc":
        make(demo, name=name)
    page = demo.image.get("/images?visibility=shared&limit=2&sort_key=name&sort_dir=asc").json()
    assert page["first"] == "/v2/images?visibility=shared&limit=2&sort_key=name&sort_dir=asc"
    assert [image["name"] for image in demo.image.get(page["next"].removeprefix("/v2")).json()["images"]] == ["c"]


def test_who_has_no_role_sees_nothing(cloud, admin, demo):
    image, none = make(demo), user(cloud, admin, "eve", "guest")
    assert said(none.image.get(f"/images/{image}")) == (404, "The resource could not be found.")
    assert said(none.image.get("/images")) == (403, "You are not authorized to complete get_images action.")
    assert none.image.get("/metadefs/namespaces").status_code == 404


def test_a_reader_downloads_nothing(cloud, admin, demo):
    path = f"/images/{make(demo)}"
    demo.image.put(f"{path}/file", data=b"x", headers=OCTETS)
    reader = user(cloud, admin, "rea", "reader")
    assert reader.image.get(path).status_code == 200
    assert said(reader.image.get(f"{path}/file")) == (403, "You are not authorized to complete download_image action.")


def test_only_the_member_decides(cloud, demo):
    image, other = make(demo), cloud.connect("alt_demo", "alt_demo")
    path = f"/images/{image}/members"
    demo.image.post(path, json={"member": other.current_project_id})
    one = f"{path}/{other.current_project_id}"
    assert demo.image.put(one, json={"status": "accepted"}).status_code == 403
    assert said(other.image.put(one, json={"status": "x"}))[1].startswith("Incorrect request: Status must be")
    assert other.image.put(one, json={"status": "accepted"}).status_code == 200
    assert said(demo.image.post(path, json={})) == (400, "Member to be added not specified")


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("PUT", "/images", 405, "GET, POST"), ("POST", "/images/x", 405, "GET, PATCH, DELETE"), ("PUT", "/images/x/locations", 405, "POST"),
        ("GET", "/cache/x", 405, "DELETE, PUT"), ("PUT", "/images/x/tasks", 404, None), ("DELETE", "/tasks/x", 405, "GET"),
    ],
)  # fmt: skip
def test_a_method_that_is_not_there(admin, method, path, status, allow):
    answer = admin.image.request(path, method, raise_exc=False)
    assert (answer.status_code, answer.headers.get("Allow")) == (status, allow)


def test_locations_are_for_services(cloud, admin, demo):
    path = f"/images/{make(demo)}"
    demo.image.put(f"{path}/file", data=b"x", headers=OCTETS)
    assert said(demo.image.get(f"{path}/locations")) == (
        403,
        "You are not authorized to complete fetch_image_location action.",
    )
    assert admin.image.get(f"{path}/locations").json()[0]["metadata"] == {"store": "file"}
    assert admin.image.delete(f"/stores/ceph/{path.rsplit('/', 1)[1]}").status_code == 409
    assert said(admin.image.delete(f"/stores/file/{path.rsplit('/', 1)[1]}"))[1].startswith(
        "Cannot delete image data from the only store"
    )
    service = user(cloud, admin, "nova", "service")
    queued = f"/images/{make(demo)}"
    assert service.image.post(f"{queued}/locations", json={"url": "http://192.0.2.1/x"}).status_code == 202
    assert service.image.post(f"{queued}/locations", json={"url": "http://192.0.2.1/x"}).status_code == 409
    cloud.clock.advance(5)
    assert demo.image.get(f"{queued}/tasks").json()["tasks"][0]["status"] == "failure"


def test_versions_by_number_and_by_none(cloud, demo):
    from kit.cloud.adapter import BASE_URL, session

    http = session(cloud)
    listed = http.get(f"{BASE_URL}/image/v9/images")
    assert listed.status_code == 300 and listed.json()["versions"][0]["id"] == "v2.18"
    token = {"X-Auth-Token": demo.auth_token}
    assert http.get(f"{BASE_URL}/image/v2.7/images", headers=token).json()["first"] == "/v2/images"
    assert http.get(f"{BASE_URL}/image/healthcheck", headers={"Accept": "application/json"}).json()["reasons"] == ["OK"]


def test_a_resource_type_gives_properties_its_prefix(admin):
    space = "/metadefs/namespaces"
    body = {
        "namespace": "wind", "properties": {"speed": {"title": "Speed", "type": "integer"}},
        "resource_type_associations": [{"name": "OS::X", "prefix": "x_"}],
    }  # fmt: skip
    assert admin.image.post(space, json=body).status_code == 201
    assert list(admin.image.get(f"{space}/wind?resource_type=OS::X").json()["properties"]) == ["x_speed"]
    assert admin.image.get(f"{space}/wind/properties/x_speed?resource_type=OS::X").json()["title"] == "Speed"
    assert admin.image.get(f"{space}/wind/properties/speed?resource_type=OS::X").status_code == 404


def test_an_image_without_an_id_is_not_found(admin):
    assert [admin.image.delete(path).status_code for path in ("/images/", "/images")] == [404, 405]
