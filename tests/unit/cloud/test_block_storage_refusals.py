"""Refusals and failures of block storage, as Cinder 29 answers them."""

from __future__ import annotations

import pytest

from kit.cloud.adapter import BASE_URL, session
from tests.unit.cloud.block_storage_calls import act, ask, make, message

NIL = "99999999-9999-9999-9999-999999999999"


def _type(admin, name, **specs):
    body = {"volume_type": {"name": name, "extra_specs": specs}}
    return ask(admin, "POST", "/types", body).json()["volume_type"]["id"]


@pytest.mark.parametrize(
    ("origin", "wanted", "status"),
    [
        ({}, {}, 400),  # neither names its backend
        ({"volume_backend_name": "fake"}, {"volume_backend_name": "fake"}, 202),
        ({"volume_backend_name": "fake"}, {"volume_backend_name": "moon"}, 400),
    ],
)
def test_a_copy_keeps_to_the_backend_of_its_origin(admin, origin, wanted, status):
    _type(admin, "from", **origin)
    _type(admin, "to", **wanted)
    volume = make(admin, volume_type="from")
    answer = ask(admin, "POST", "/volumes", {"volume": {"source_volid": volume.id, "volume_type": "to"}})
    assert answer.status_code == status
    assert status == 202 or message(answer).endswith(
        "(requested type is not compatible; either match source volume, or omit type argument)."
    )


@pytest.mark.parametrize("zone", [None, "mars"])
def test_a_backup_that_no_service_takes_ends_in_error_and_a_message(cloud, admin, zone):
    volume = make(admin)
    if zone is None:
        ask(admin, "PUT", "/os-services/disable", {"binary": "cinder-backup", "host": "controller"})
    body = {"volume_id": volume.id, **({"availability_zone": zone} if zone else {})}
    answer = ask(admin, "POST", "/backups", {"backup": body})
    assert answer.status_code == 202
    cloud.clock.advance(60)
    shown = ask(admin, "GET", f"/backups/{answer.json()['backup']['id']}").json()["backup"]
    assert (shown["status"], shown["fail_reason"]) == ("error", "Service not found for creating backup.")
    assert admin.block_storage.get_volume(volume.id).status == "available"
    (left,) = ask(admin, "GET", "/messages").json()["messages"]
    assert (left["event_id"], left["resource_type"]) == ("VOLUME_VOLUME_BACKUP_013_024", "VOLUME_BACKUP")


def test_a_group_without_volumes_has_no_snapshot(cloud, admin):
    body = {"group_type": {"name": "g"}}
    kind = ask(admin, "POST", "/group_types", body).json()["group_type"]["id"]
    made = ask(admin, "POST", "/groups", {"group": {"group_type": kind, "volume_types": ["fake"]}}).json()["group"][
        "id"
    ]
    cloud.clock.advance(60)
    answer = ask(admin, "POST", "/group_snapshots", {"group_snapshot": {"group_id": made}})
    assert answer.status_code == 400 and "Source group cannot be empty" in message(answer)
    assert ask(admin, "GET", "/group_snapshots").json() == {"group_snapshots": []}


def test_a_new_volume_has_no_service_until_it_is_scheduled(cloud, demo):
    made = ask(demo, "POST", "/volumes", {"volume": {"size": 1}}).json()["volume"]
    assert made["service_uuid"] is None
    cloud.clock.advance(60)
    assert ask(demo, "GET", f"/volumes/{made['id']}").json()["volume"]["service_uuid"]


@pytest.mark.parametrize(
    ("path", "body", "text"),
    [
        ("/volumes", {"volume": {"size": 1, "snapshot_id": "x"}}, "'x' is not valid under any of the given schemas"),
        ("/volumes", {"volume": {"size": 1, "multiattach": "x"}}, "'x' is not valid under any of the given schemas"),
        ("/groups", {"group": {"group_type": "", "volume_types": ["fake"]}}, "'' is not a 'group_type'"),
        ("/backups/import_record", {"backup-record": {"backup_service": "x", "backup_url": "abcd"}},
         "Can't parse backup record."),
    ],
)  # fmt: skip
def test_the_first_broken_rule_is_told(admin, path, body, text):
    answer = ask(admin, "POST", path, body)
    assert answer.status_code == 400 and message(answer).endswith(text)


@pytest.mark.parametrize(
    ("given", "status", "text"),
    [
        ({"volumes": "7"}, 400, "The server could not comply"),
        ({"volumes": None}, 400, "volumes must be an integer"),
        ({"volumes": 0}, 400, "Quota volumes limit must be equal or greater than existing resources."),
        ({"gigabytes": 0}, 200, ""),  # none of the project's own before: not held against its usage
    ],
)
def test_a_quota_is_a_number_not_below_its_usage(admin, demo, given, status, text):
    path = f"/os-quota-sets/{demo.current_project_id}"
    assert ask(admin, "PUT", path, {"quota_set": {"volumes": 5}}).status_code == 200
    make(demo)
    answer = ask(admin, "PUT", path, {"quota_set": given})
    assert answer.status_code == status and (status == 200 or message(answer).startswith(text))


def test_older_lists_of_transfers_know_no_pages(admin):
    volume = make(admin)
    ask(admin, "POST", "/volume-transfers", {"transfer": {"volume_id": volume.id, "name": "t"}})
    found = {
        (path, query, version): len(ask(admin, "GET", f"/{path}?{query}", version=version).json()["transfers"])
        for path in ("volume-transfers", "os-volume-transfer")
        for query in ("limit=1", "name=t", "name=u", "color=red")
        for version in ("3.58", "3.59")
    }
    seen = [key for key, count in found.items() if count]
    assert seen == [
        ("volume-transfers", "limit=1", "3.59"),
        *(
            (path, "name=t", version)
            for path in ("volume-transfers", "os-volume-transfer")
            for version in ("3.58", "3.59")
        ),
    ]


def test_what_the_backend_has_is_sorted_and_paged(admin):
    ids = sorted(make(admin).id for _ in range(3))

    def listed(query):
        answer = ask(admin, "GET", f"/manageable_volumes?host=controller@fake%23fake&{query}")
        if answer.status_code != 200:
            return message(answer)
        return [one["reference"]["source-name"].removeprefix("volume-") for one in answer.json()["manageable-volumes"]]

    assert listed("") == ids[::-1] and listed("sort=reference:asc&limit=1&offset=1") == ids[1:2]
    assert listed(f'sort=reference:asc&marker={{"source-name": "volume-{ids[0]}"}}') == ids[1:]
    assert listed("limit=x") == "limit param must be an integer"
    assert "marker not found" in listed('marker={"source-name": "moon"}')


@pytest.fixture
def stranger(cloud, admin):
    """A caller in project demo with a role that Cinder does not know: what it is answered, by method and path."""
    project = admin.identity.find_project("demo").id
    role = admin.identity.create_role(name="other")
    user = admin.identity.create_user(name="stranger", password="x", domain_id="default")
    admin.identity.put(f"/projects/{project}/users/{user.id}/roles/{role.id}")
    http = session(cloud)
    identity = {"methods": ["password"], "password": {"user": {"id": user.id, "password": "x"}}}
    auth = {"auth": {"identity": identity, "scope": {"project": {"id": project}}}}
    token = http.post(f"{BASE_URL}/identity/v3/auth/tokens", json=auth).headers["X-Subject-Token"]
    headers = {"X-Auth-Token": token, "OpenStack-API-Version": "volume 3.71"}
    return lambda method, path, body=None: (
        http.request(method, f"{BASE_URL}/volume/v3{path}", json=body, headers=headers).status_code
    )


def test_without_a_role_of_cinders_there_is_nothing_to_see(demo, stranger):
    volume = make(demo)
    snapshot = demo.create_volume_snapshot(volume.id, wait=True)
    asked = [
        ("GET", f"/volumes/{volume.id}", None, 404),
        ("PUT", f"/volumes/{volume.id}", {"volume": {"name": "n"}}, 404),
        ("POST", f"/volumes/{volume.id}/action", {"os-show_image_metadata": {}}, 404),
        ("POST", "/attachments", {"attachment": {"volume_uuid": volume.id}}, 403),
        ("GET", f"/snapshots/{snapshot.id}", None, 403),
        ("GET", "/volumes", None, 403),
        ("GET", f"/os-quota-sets/{demo.current_project_id}", None, 403),
        ("GET", f"/types/{NIL}", None, 404),
    ]  # fmt: skip
    assert [stranger(method, path, body) for method, path, body, _ in asked] == [status for *_, status in asked]


def test_another_projects_attachment_is_refused_call_by_call(demo, cloud):
    other = cloud.connect("alt_demo", "alt_demo")
    body = {"attachment": {"volume_uuid": make(demo).id, "instance_uuid": NIL}}
    path = f"/attachments/{ask(demo, 'POST', '/attachments', body).json()['attachment']['id']}"
    connector = {"attachment": {"connector": {"host": "h"}}}
    asked = [
        ("GET", path, None),
        ("DELETE", path, None),
        ("PUT", path, connector),
        ("POST", f"{path}/action", {"os-complete": None}),
    ]
    assert [ask(other, *one).status_code for one in asked] == [404, 404, 403, 404]


def test_an_unmanaged_volume_is_called_so_until_it_is_gone(admin):
    volume = make(admin)
    assert act(admin, volume, "os-unmanage", {}).headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(
    ("method", "path", "routed"),
    [
        ("GET", "/limits/x", True),
        ("POST", "/capabilities", True),
        ("DELETE", "/types/x/os-volume-type-access/y", True),
        ("GET", "/volumes/x/edit", True),
        ("PATCH", "/limits/x", False),
        ("GET", "/nothing", False),
        ("POST", "/os-services", False),
    ],
)
def test_a_routed_path_without_an_answer_is_refused_by_the_api(admin, method, path, routed):
    answer = ask(admin, method, path, {} if method in ("POST", "PATCH") else None)
    assert answer.status_code == 404
    assert ("itemNotFound" in answer.json(), "OpenStack-API-Version" in answer.headers) == (routed, routed)


def test_several_slashes_are_one(cloud, admin):
    volume = make(admin)
    token = {"X-Auth-Token": admin.auth_token}
    for path in ("//volumes", f"/volumes//{volume.id}", f"/{admin.current_project_id}//volumes//detail"):
        assert session(cloud).get(f"{BASE_URL}/volume/v3{path}", headers=token).status_code == 200, path


def test_a_consistency_group_goes_by_either_verb(admin):
    answer = ask(admin, "DELETE", f"/consistencygroups/{NIL}", {"consistencygroup": {"force": True}})
    assert message(answer) == f"Group {NIL} could not be found."


@pytest.mark.parametrize(
    ("accept", "body"), [("application/json", {"detailed": False, "reasons": ["OK"]}), ("*/*", "OK")]
)
def test_it_tells_a_load_balancer_that_it_answers(cloud, accept, body):
    answer = session(cloud).get(f"{BASE_URL}/volume/healthcheck", headers={"Accept": accept})
    assert (answer.status_code, answer.json() if isinstance(body, dict) else answer.text) == (200, body)


def test_a_volume_that_no_backend_took_goes_at_once(admin):
    type_id = _type(admin, "moon", volume_backend_name="moon")
    volume = make(admin, volume_type="moon", wait=False)
    assert ask(admin, "DELETE", f"/volumes/{volume.id}").status_code == 202
    assert ask(admin, "GET", f"/volumes/{volume.id}").status_code == 404
    assert ask(admin, "DELETE", f"/types/{type_id}").status_code == 202
