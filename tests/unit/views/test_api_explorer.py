"""The API explorer: what it shows is what the cloud answers, and only Send keeps anything."""

from __future__ import annotations

import json

import pytest

from kit.cloud import Cloud
from kit.cloud.openapi import document
from kit.cloud.registry import SERVICES
from kit.scheduling import changes
from kit.views import ApiExplorer
from kit.views.api_answers import Answer, beside, difference, pretty, whole
from kit.views.api_changes import KINDS, by_release, details, grid, release_of, releases, summary
from kit.views.api_operations import example, operations

SEED = {
    "projects": [{"name": "shop"}],
    "users": [{"name": "alice", "roles": {"shop": "member"}}],
    "flavors": [{"name": "small", "id": 1, "vcpus": 1, "ram": 512, "disk": 1}],
    "images": [{"name": "debian"}],
    "hosts": [{"name": "c-1", "vcpus": 8, "memory_mb": 8192, "local_gb": 100}],
    "networks": [{"name": "net", "project": "shop", "subnets": [{"cidr": "10.9.0.0/24"}]}],
    "servers": [
        {"name": "web", "project": "shop", "user": "alice", "flavor": "small", "image": "debian", "network": "net"}
    ],
}
DESCRIBED = {name: document({name: SERVICES[name]}) for name in ("compute", "placement", "image")}
CREATE = "POST /compute/v2.1/servers"


@pytest.fixture
def clouds() -> tuple[Cloud, Cloud]:
    return Cloud.from_seed(SEED), Cloud.from_seed({**SEED, "compute": {"legacy_v2": True}})


@pytest.fixture
def panel(clouds) -> ApiExplorer:
    cloud, legacy = clouds
    image = next(iter(cloud.connect().image.images())).id
    body = {"server": {"name": "web-2", "flavorRef": "1", "imageRef": image, "colour": "red"}}
    return ApiExplorer(
        cloud, list(DESCRIBED), DESCRIBED.__getitem__, legacy=legacy, users={"alice": "shop", "admin": "admin"},
        samples={CREATE: body},
    )  # fmt: skip


def choose(panel: ApiExplorer, key: str) -> None:
    panel.operation.value = next(each for each in panel.operations() if each.key == key)


def names(cloud: Cloud) -> list[str]:
    return sorted(server.name for server in cloud.connect("alice", "shop").compute.servers())


def test_two_versions_of_one_server_stand_beside_each_other(panel):
    assert "{" not in panel.path.value
    panel.version.value, panel.other.value = "2.47", "2.46"
    assert (
        "original_name" in panel.shown.value and "7 lines of the body only in 2.46, 7 only in 2.47" in panel.said.value
    )
    panel.version.value = "2.46"
    assert "2.46 and 2.46 do not differ." in panel.said.value


def test_three_doors_take_one_body_differently(panel):
    choose(panel, CREATE)
    panel.view.value = "doors"
    assert panel.version.value == "2.104" and "colour" in panel.shown.value
    assert panel.shown.value.count("202 Accepted") == 2 and "400 Bad Request" in panel.shown.value
    assert "legacy v2 answers 202 Accepted, v2.1 400 Bad Request." in panel.said.value
    assert "/compute/v2/" in panel.shown.value


@pytest.mark.parametrize("path", ["", "not a path", "http://elsewhere.example/x", "/compute/v2.1/servers x", "/a\\b"])
@pytest.mark.parametrize("view", ["answer", "two", "doors"])
def test_rubbish_in_the_path_is_said_and_not_sent(panel, clouds, view, path):
    panel.view.value = view
    before = clouds[0].exchanges.count
    panel.path.value = path
    panel.send.click()
    assert "That is no path" in panel.said.value and panel.shown.value == ""
    assert clouds[0].exchanges.count == before


def test_what_is_not_found_is_said(panel):
    panel.find.value = "zz<zz"
    assert panel.operation.value is None and "No operation of compute has &#x27;zz&lt;zz&#x27;" in panel.said.value
    panel.send.click()
    assert panel.shown.value == ""
    panel.find.value = "servers/{server_id}"
    assert "differ" in panel.said.value


def test_each_view_has_its_own_sliders(panel):
    for view, shown in (("answer", "version"), ("two", "version other"), ("doors", ""), ("changes", "first last")):
        panel.view.value = view
        for name in ("version", "other", "first", "last"):
            inside = panel.changing if name in ("first", "last") else panel.versions
            hidden = "none" in (getattr(panel, name).layout.display, inside.layout.display)
            assert hidden == (name not in shown.split()), (view, name)


def test_only_send_keeps_what_it_does(panel, clouds):
    choose(panel, CREATE)
    panel.version.value = "2.1"
    panel.body.value = panel.body.value.replace('"colour": "red"', '"metadata": {}')
    for view in ("answer", "two", "doors"):
        panel.view.value = view
    assert names(clouds[0]) == names(clouds[1]) == ["web"]
    panel.send.click()
    assert "Sent: 202 Accepted" in panel.said.value
    assert names(clouds[0]) == names(clouds[1]) == ["web", "web-2"]
    panel.reset.click()
    assert names(clouds[0]) == names(clouds[1]) == ["web"]


def test_a_try_does_not_change_what_is_made_next():
    made = []
    for views in ((), ("answer", "two", "answer")):
        cloud = Cloud.from_seed(SEED)
        panel = ApiExplorer(cloud, ["compute"], DESCRIBED.__getitem__, users={"alice": "shop"})
        choose(panel, "POST /compute/v2.1/os-server-groups")
        panel.version.value = "2.1"
        panel.body.value = '{"server_group": {"name": "g", "policies": ["affinity"]}}'
        for view in views:
            panel.view.value = view
        panel.send.click()
        made.append(next(iter(cloud.connect("alice", "shop").compute.server_groups())).id)
    assert made[0] == made[1]


def test_the_answer_tells_all_but_the_token(panel):
    panel.view.value = "answer"
    assert "OpenStack-API-Version: compute 2.104" in panel.shown.value
    assert "GET /compute/v2.1/servers/" in panel.shown.value and "gAAAAA" not in panel.shown.value


def test_a_service_without_versions_says_so(panel):
    panel.service.value = "image"
    assert panel.version.disabled and "image has no microversions" in panel.said.value
    panel.view.value = "doors"
    assert "Only the compute service" in panel.said.value


def test_another_service_has_its_own_versions(panel):
    panel.service.value = "placement"
    choose(panel, "GET /placement/resource_providers")
    panel.user.value = "admin"
    assert panel.version.options[-1] == ("1.39", "1.39") and panel.version.value == "1.39"
    assert "200 OK" in panel.shown.value


def test_find_narrows_the_list(panel):
    panel.find.value = "hypervisors"
    assert panel.operation.options and all("hypervisors" in each.path for _, each in panel.operation.options)


def test_what_is_not_there_is_said(panel):
    choose(panel, "GET /compute/v2.1/os-keypairs/{name}")
    assert "Nothing of that kind is there" in panel.about.value


def test_from_a_to_b(panel):
    panel.view.value = "changes"
    assert "Going from 2.12 to 2.38 a client meets 26 changes; 13" in panel.said.value
    assert "Mitaka" in panel.shown.value and "Newton" in panel.shown.value
    panel.heed.value = True
    panel.part.value = "hypervisors"
    assert "2.28" in panel.shown.value and "2.36" not in panel.shown.value
    panel.first.value, panel.last.value = "2.38", "2.12"
    assert "Going back" in panel.said.value


@pytest.mark.parametrize(
    ("version", "release"),
    [("2.1", "Kilo"), ("2.4", "Liberty"), ("2.12", "Liberty"), ("2.13", "Mitaka"), ("2.104", "2026.2")],
)
def test_the_release_that_brought_a_version(version, release):
    assert release_of(version) == release


def test_every_change_has_its_cell_and_its_words():
    found = changes("2.1")
    assert sum(map(len, by_release(found).values())) == len(found) == 103
    assert all(kind in KINDS for each in found for kind in each.kinds)
    assert all(each.version in grid(found) and f">{each.version}<" in details(found) for each in found)
    assert list(releases())[:2] == ["Kilo", "Liberty"]
    assert summary(changes("2.5", "2.5"), "2.5", "2.5") == "Nothing changes from 2.5 to 2.5."


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string", "enum": ["a", "b"]}, "a"),
        ({"oneOf": [{"type": "integer", "minimum": 3}, {"type": "string"}]}, 3),
        ({"type": ["string", "null"], "format": "uuid"}, "00000000-0000-0000-0000-000000000000"),
        ({"type": "array", "minItems": 1, "items": {"type": "boolean"}}, [True]),
        ({"type": "array", "items": {}}, []),
        ({"properties": {"os_name": {"type": "string"}}}, {"os_name": "some-os-name"}),
        ({}, "some-text"),
    ],
)
def test_an_example_follows_its_schema(schema, value):
    assert example(schema) == value


def test_a_description_becomes_operations():
    found = {each.key: each for each in operations(DESCRIBED["compute"])}
    create = found[CREATE]
    assert create.versions and create.versions.all()[:2] == ["2.1", "2.2"] and create.versions.all()[-1] == "2.104"
    assert (
        create.versions.header("2.5") == {"OpenStack-API-Version": "compute 2.5"} and create.versions.header("") == {}
    )
    assert set(create.body["server"]) >= {"name"} and found["GET /compute/v2.1/servers"].body is None


ONE = Answer("2.1", "GET", "/s", 200, headers={"Vary": "x"}, body='{"a": 1, "b": "<i>"}')
TWO = Answer("2.2", "GET", "/s", 200, headers={}, body='{"a": 2, "b": "<i>"}')


def test_what_differs_is_marked_and_said():
    shown = beside([ONE, TWO])
    assert "−   &quot;a&quot;: 1" in shown and "+   &quot;a&quot;: 2" in shown and "<i>" not in shown
    assert difference(ONE, TWO) == "2.1 and 2.2 differ: 1 line of the body only in 2.1, 1 only in 2.2; headers: Vary."
    assert difference(ONE, ONE) == "2.1 and 2.1 do not differ."


def test_equal_stretches_are_folded():
    long = json.dumps({f"k{n}": n for n in range(60)})
    shown = beside(
        [Answer("x", "GET", "/", 200, body=long), Answer("y", "GET", "/", 200, body=long.replace("59", "60"))]
    )
    assert "more equal lines" in shown and "k30" not in shown and "k59" in shown


def test_text_that_is_no_json_stays():
    assert pretty("<p>") == "<p>" and "&lt;p&gt;" in whole(Answer("", "GET", "/", 404, body="<p>"))
