"""Consistency groups (the older API over groups), and the replication of groups."""

import pytest

from tests.unit.cloud.block_storage_calls import ask, message

CG, CGSNAP = "/consistencygroups", "/cgsnapshots"


def made(conn, path, key, body):
    answer = ask(conn, "POST", path, {key: body})
    assert answer.status_code == 202, answer.text
    (document,) = answer.json().values()
    return document["id"]


@pytest.fixture
def pair(cloud, demo):
    """A consistency group with a volume in it."""
    group = made(demo, CG, "consistencygroup", {"name": "pair", "volume_types": "fake,"})
    cloud.clock.advance(60)
    volume = {"size": 1, "volume_type": "fake", "consistencygroup_id": group}
    volume = ask(demo, "POST", "/volumes", {"volume": volume}).json()["volume"]["id"]
    cloud.clock.advance(60)
    return group, volume


def test_a_consistency_group_lives_and_its_volumes_know_it(cloud, demo, pair):
    group, volume = pair
    shown = ask(demo, "GET", f"{CG}/{group}").json()["consistencygroup"]
    assert (shown["status"], shown["name"]) == ("available", "pair") and "group_type" not in shown
    assert ask(demo, "GET", f"/volumes/{volume}").json()["volume"]["consistencygroup_id"] == group
    refused = ask(demo, "POST", f"{CG}/{group}/delete", {"consistencygroup": {"force": False}})
    assert refused.status_code == 400 and "still contains volumes" in message(refused)
    assert ask(demo, "POST", f"{CG}/{group}/delete", {"consistencygroup": {"force": True}}).status_code == 202
    cloud.clock.advance(60)
    assert ask(demo, "GET", f"{CG}/{group}").status_code == ask(demo, "GET", f"/volumes/{volume}").status_code == 404


def test_it_is_copied_from_a_snapshot_and_from_another(cloud, demo, pair):
    group, _ = pair
    snapshot = made(demo, CGSNAP, "cgsnapshot", {"consistencygroup_id": group, "name": "s"})
    cloud.clock.advance(60)
    shown = ask(demo, "GET", f"{CGSNAP}/{snapshot}").json()["cgsnapshot"]
    assert (shown["status"], shown["consistencygroup_id"]) == ("available", group)
    for origin in ({"cgsnapshot_id": snapshot}, {"source_cgid": group}):
        copy = made(demo, f"{CG}/create_from_src", "consistencygroup-from-src", origin)
        cloud.clock.advance(60)
        assert ask(demo, "GET", f"{CG}/{copy}").json()["consistencygroup"]["status"] == "available"
    assert ask(demo, "DELETE", f"{CGSNAP}/{snapshot}").status_code == 202
    cloud.clock.advance(60)
    assert ask(demo, "GET", f"{CGSNAP}/detail").json() == {"cgsnapshots": []}


def test_the_newer_api_leaves_it_alone(demo, pair):
    group, _ = pair
    assert ask(demo, "GET", "/groups").json()["groups"] == []
    for method, path, body in (
        ("GET", f"/groups/{group}", None),
        ("PUT", f"/groups/{group}", {"group": {"name": "x"}}),
        ("POST", f"/groups/{group}/action", {"delete": {}}),
        ("POST", "/group_snapshots", {"group_snapshot": {"group_id": group}}),
    ):
        answer = ask(demo, method, path, body)
        assert answer.status_code == 400 and "is reserved for migrating CGs to groups" in message(answer)


@pytest.mark.parametrize(
    ("path", "body", "text"),
    [
        (
            CG,
            {"consistencygroup": {"volume_types": ""}},
            "volume_types must be provided to create consistency group None.",
        ),
        (CG, {"consistencygroup": {}}, "'volume_types' is a required property"),
        (f"{CG}/create_from_src", {"consistencygroup-from-src": {}}, "Either 'cgsnapshot_id' or 'source_cgid' must be"),
        (CGSNAP, {"cgsnapshot": {"name": "x"}}, "'consistencygroup_id' is a required property"),
    ],
)
def test_wrong_groups_are_refused(demo, path, body, text):
    answer = ask(demo, "POST", path, body)
    assert answer.status_code == 400 and text in message(answer)


def test_a_name_may_be_emptied_since_36(demo, pair):
    group, _ = pair
    body = {"consistencygroup": {"name": ""}}
    assert "can not be all empty" in message(ask(demo, "PUT", f"{CG}/{group}/update", body, "3.5"))
    assert ask(demo, "PUT", f"{CG}/{group}/update", body, "3.6").status_code == 202
    assert ask(demo, "GET", f"{CG}/{group}").json()["consistencygroup"]["name"] == ""


def test_replication_is_for_groups_whose_types_ask_for_it(cloud, admin):
    types = {"plain": {}, "twice": {"group_replication_enabled": "<is> True"}}
    groups = {}
    for name, specs in types.items():
        kind = ask(admin, "POST", "/group_types", {"group_type": {"name": name, "group_specs": specs}})
        body = {"group_type": kind.json()["group_type"]["id"], "volume_types": ["fake"]}
        groups[name] = made(admin, "/groups", "group", body)
    cloud.clock.advance(60)
    statuses = {name: ask(admin, "GET", f"/groups/{id}").json()["group"]["status"] for name, id in groups.items()}
    assert statuses == {"plain": "available", "twice": "available"}
    refused = ask(admin, "POST", f"/groups/{groups['plain']}/action", {"enable_replication": {}})
    assert message(refused) == f"Invalid group type: Group {groups['plain']} is not a replication group type."
    refused = ask(admin, "POST", f"/groups/{groups['twice']}/action", {"list_replication_targets": {}})
    assert "does not have 'replication_enabled' spec key set to '<is> True'." in message(refused)


def test_without_its_type_there_are_no_new_consistency_groups(admin):
    (old,) = [one["id"] for one in ask(admin, "GET", "/group_types").json()["group_types"]]
    assert ask(admin, "DELETE", f"/group_types/{old}").status_code == 202
    refused = ask(admin, "POST", CG, {"consistencygroup": {"volume_types": "fake"}})
    assert refused.status_code == 400 and "Rerun migration script" in message(refused)
    assert ask(admin, "GET", "/groups/detail").json() == {"groups": []} and ask(admin, "GET", CG).status_code == 200
