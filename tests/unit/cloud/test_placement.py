"""Placement: providers, what they have, and who holds it."""

import io
from typing import Any

import pytest

from kit.cloud import Cloud

LATEST = "1.39"
ME = {"project_id": "p", "user_id": "u", "consumer_type": "TEST"}
CONSUMER = "11111111-1111-4111-8111-11111111111%d"
PROVIDER = "22222222-2222-4222-8222-22222222222%d"


@pytest.fixture
def api(admin: Any) -> Any:
    """The administrator's way to Placement, at the newest version."""

    def ask(method: str, path: str, json: Any = None, version: str = LATEST, **more: Any) -> Any:
        return admin.placement.request(path, method, json=json, microversion=version, **more)

    return ask


def provide(api: Any, number: int = 0, parent: int | None = None, traits: tuple[str, ...] = (), **totals: int) -> str:
    """A provider with inventories."""
    uuid = PROVIDER % number
    body = {"name": f"p{number}", "uuid": uuid}
    if parent is not None:
        body["parent_provider_uuid"] = PROVIDER % parent
    assert api("POST", "/resource_providers", body).status_code == 200
    inventories = {name: {"total": total} for name, total in totals.items()}
    put = {"resource_provider_generation": 0, "inventories": inventories}
    assert api("PUT", f"/resource_providers/{uuid}/inventories", put).status_code == 200
    for trait in traits:
        if trait.startswith("CUSTOM_"):
            api("PUT", f"/traits/{trait}")
    if traits:
        put = {"resource_provider_generation": 1, "traits": list(traits)}
        assert api("PUT", f"/resource_providers/{uuid}/traits", put).status_code == 200
    return uuid


def hold(api: Any, uuid: str, number: int = 0, generation: int | None = None, **resources: int) -> Any:
    """Let a consumer hold resources of a provider."""
    held = {uuid: {"resources": resources}} if resources else {}
    body = {"allocations": held, "consumer_generation": generation, **ME}
    return api("PUT", f"/allocations/{CONSUMER % number}", body)


def code(answer: Any) -> tuple[int, str]:
    error = answer.json()["errors"][0]
    return error["status"], error["code"]


# Versions and refusals


def test_the_root_tells_the_range_without_a_token(cloud: Cloud, admin: Any) -> None:
    answer = admin.session.get("http://mock.local/placement", authenticated=False, endpoint_override="")
    version = answer.json()["versions"][0]
    assert (version["min_version"], version["max_version"], version["id"]) == ("1.0", "1.39", "v1.0")
    assert answer.headers["openstack-api-version"] == "placement 1.0"


@pytest.mark.parametrize(("version", "status"), [("1.40", 406), ("0.9", 406), ("x", 400), ("1", 400)])
def test_a_version_out_of_range_is_refused(admin: Any, version: str, status: int) -> None:
    headers = {"OpenStack-API-Version": f"placement {version}"}
    answer = admin.placement.get("/resource_providers", headers=headers)
    error = answer.json()["errors"][0]
    assert answer.status_code == status and "code" not in error
    assert ("max_version" in error) == (status == 406)


@pytest.mark.parametrize(
    ("accept", "kind", "text"),
    [
        ("*/*", "application/json", '"title": "Not Found"'),
        ("application/*", "application/json", '"title": "Not Found"'),
        ("text/html, application/json;q=0.5", "text/html; charset=UTF-8", "<title>404 Not Found</title>"),
        ("text/html;q=0.1, application/json;q=x", "application/json", '"title": "Not Found"'),
        ("image/png", "text/plain; charset=UTF-8", "406 Not Acceptable\n\nThe resource could not be generated"),
        ("text/html", "text/html; charset=UTF-8", "(content of type text/html. <br /><br />\nOnly application/json"),
    ],
)
def test_a_refusal_goes_out_in_the_form_that_the_client_takes(api: Any, accept: str, kind: str, text: str) -> None:
    answer = api("GET", "/resource_providers/x", headers={"Accept": accept})
    assert answer.headers["content-type"] == kind
    assert text in answer.text


def test_a_page_shows_words_of_the_client_as_text(api: Any) -> None:
    answer = api("GET", "/resource_providers/<b>", headers={"Accept": "text/html, application/json;q=0.1"})
    assert "with uuid &lt;b&gt; found" in answer.text


def test_an_answer_without_a_body_has_no_content_type(api: Any) -> None:
    made = api("PUT", "/traits/CUSTOM_A")
    assert made.status_code == 201 and "content-type" not in made.headers


def test_a_length_that_is_no_number_is_refused(cloud: Cloud, admin: Any) -> None:
    answered: list[str] = []
    environ = {
        "REQUEST_METHOD": "POST", "PATH_INFO": "/placement/resource_providers", "CONTENT_LENGTH": "hi mom",
        "CONTENT_TYPE": "application/json", "SERVER_NAME": "x", "SERVER_PORT": "80", "wsgi.url_scheme": "http",
        "SCRIPT_NAME": "", "wsgi.input": io.BytesIO(), "wsgi.errors": io.StringIO(),
        "HTTP_X_AUTH_TOKEN": admin.auth_token,
    }  # fmt: skip
    body = b"".join(cloud.app(environ, lambda status, headers: answered.append(status)))
    assert answered == ["400 Bad Request"] and b"content-length header must be an integer" in body


def test_a_member_has_no_business_here_but_with_their_own_usage(demo: Any) -> None:
    answer = demo.placement.get("/resource_providers")
    assert answer.status_code == 403
    assert "placement:resource_providers:list to be performed" in answer.json()["errors"][0]["detail"]
    mine = {"project_id": demo.current_project_id}
    assert demo.placement.get("/usages", params=mine, microversion="1.9").json() == {"usages": {}}
    assert demo.placement.get("/usages", params={"project_id": "other"}, microversion="1.9").status_code == 403


def test_a_body_that_does_not_fit_is_refused_in_full(api: Any) -> None:
    answer = api("POST", "/resource_providers", {"uuid": "x"})
    detail = answer.json()["errors"][0]["detail"]
    assert answer.status_code == 400
    assert "JSON does not validate: 'name' is a required property  Failed validating 'required' in schema" in detail


def test_what_a_version_has_not_is_not_there(api: Any) -> None:
    assert api("GET", "/traits", version="1.5").status_code == 404
    assert api("GET", "/allocation_candidates?resources=VCPU:1", version="1.9").status_code == 404
    answer = api("DELETE", f"/resource_providers/{PROVIDER % 0}/inventories", version="1.4")
    assert answer.status_code == 405
    answer = api("PATCH", "/resource_providers")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")


# Providers


def test_providers_stand_in_trees(api: Any) -> None:
    root, child = provide(api, 0), provide(api, 1, parent=0)
    shown = api("GET", f"/resource_providers/{child}").json()
    assert (shown["parent_provider_uuid"], shown["root_provider_uuid"]) == (root, root)
    found = api("GET", f"/resource_providers?in_tree={child}").json()["resource_providers"]
    assert [row["uuid"] for row in found] == [root, child]
    assert code(api("DELETE", f"/resource_providers/{root}")) == (
        409,
        "placement.resource_provider.cannot_delete_parent",
    )
    loop = api("PUT", f"/resource_providers/{root}", {"name": "p0", "parent_provider_uuid": child})
    assert "creating loop in the provider tree is not allowed" in loop.text
    assert api("PUT", f"/resource_providers/{child}", {"name": "x", "parent_provider_uuid": None}).status_code == 200
    assert api("GET", f"/resource_providers/{child}").json()["root_provider_uuid"] == child
    old = api("PUT", f"/resource_providers/{child}", {"name": "x", "parent_provider_uuid": root}, version="1.36")
    assert old.status_code == 200
    refused = api("PUT", f"/resource_providers/{child}", {"name": "x", "parent_provider_uuid": None}, version="1.36")
    assert "un-parenting a provider is not currently allowed" in refused.text


def test_names_are_unique(api: Any) -> None:
    provide(api)
    answer = api("POST", "/resource_providers", {"name": "p0"})
    assert code(answer) == (409, "placement.duplicate_name")
    assert "Conflicting resource provider name: p0 already exists." in answer.text


def test_providers_are_found_by_what_they_have(api: Any) -> None:
    one = provide(api, 0, traits=("HW_CPU_X86_AVX2", "CUSTOM_A"), VCPU=4)
    two = provide(api, 1, traits=("CUSTOM_B",), VCPU=8)
    aggregate = CONSUMER % 9
    api("PUT", f"/resource_providers/{two}/aggregates", {"aggregates": [aggregate], "resource_provider_generation": 2})

    def found(query: str) -> list[str]:
        rows = api("GET", f"/resource_providers?{query}").json()["resource_providers"]
        return [row["uuid"] for row in rows if row["uuid"] in (one, two)]

    assert found("resources=VCPU:5") == [two]
    assert found("required=CUSTOM_A,HW_CPU_X86_AVX2") == [one]
    assert found("required=in:CUSTOM_A,CUSTOM_B") == [one, two]
    assert found("required=!CUSTOM_A") == [two]
    assert found(f"member_of={aggregate}") == [two]
    assert found(f"member_of=!{aggregate}") == [one]
    assert found("name=p1") == [two]
    assert api("GET", "/resource_providers?required=CUSTOM_NONE").status_code == 400


# Inventories


def test_an_inventory_is_changed_by_whoever_saw_the_last_change(api: Any) -> None:
    uuid = provide(api, VCPU=4)
    path = f"/resource_providers/{uuid}/inventories"
    stale = {"resource_provider_generation": 0, "total": 5}
    assert code(api("PUT", f"{path}/VCPU", stale)) == (409, "placement.concurrent_update")
    answer = api("PUT", f"{path}/VCPU", {"resource_provider_generation": 1, "total": 5, "allocation_ratio": 2.0})
    assert answer.json() == {
        "total": 5, "reserved": 0, "min_unit": 1, "max_unit": 2147483647, "step_size": 1, "allocation_ratio": 2.0,
        "resource_provider_generation": 2,
    }  # fmt: skip
    too_much = {"resource_provider_generation": 2, "total": 5, "reserved": 5}
    assert api("PUT", f"{path}/VCPU", too_much, version="1.25").status_code == 400
    assert api("PUT", f"{path}/VCPU", too_much).status_code == 200


def test_an_inventory_in_use_stays(api: Any) -> None:
    uuid = provide(api, VCPU=4, DISK_GB=10)
    assert hold(api, uuid, VCPU=1).status_code == 204
    path = f"/resource_providers/{uuid}/inventories"
    assert code(api("DELETE", path)) == (409, "placement.inventory.inuse")
    gone = {"resource_provider_generation": 2, "inventories": {"DISK_GB": {"total": 1}}}
    answer = api("PUT", path, gone)
    assert code(answer) == (409, "placement.inventory.inuse")
    assert f"update conflict: Inventory for 'VCPU' on resource provider '{uuid}' in use." in answer.text
    assert code(api("DELETE", f"/resource_providers/{uuid}")) == (409, "placement.resource_provider.inuse")
    assert api("DELETE", f"{path}/DISK_GB").status_code == 204


# Allocations


@pytest.mark.parametrize(
    ("inventory", "amount", "status"),
    [
        ({"total": 4}, 4, 204), ({"total": 4}, 5, 409), ({"total": 4, "allocation_ratio": 2.0}, 8, 204),
        ({"total": 4, "reserved": 1}, 4, 409), ({"total": 9, "min_unit": 2}, 1, 409),
        ({"total": 9, "max_unit": 3}, 4, 409), ({"total": 9, "step_size": 4}, 6, 409), ({"total": 9, "step_size": 4}, 8, 204),
    ],
)  # fmt: skip
def test_what_is_there_is_given(api: Any, inventory: dict[str, Any], amount: int, status: int) -> None:
    uuid = provide(api, VCPU=1)
    path = f"/resource_providers/{uuid}/inventories/VCPU"
    api("PUT", path, {"resource_provider_generation": 1, **inventory})
    assert hold(api, uuid, VCPU=amount).status_code == status


def test_two_consumers_do_not_hold_the_same_twice(api: Any) -> None:
    uuid = provide(api, VCPU=4)
    assert hold(api, uuid, 1, VCPU=3).status_code == 204
    answer = hold(api, uuid, 2, VCPU=2)
    assert answer.status_code == 409
    assert "Unable to create allocation for 'VCPU' on resource provider" in answer.text
    assert "The requested amount would exceed the capacity." in answer.text
    usages = api("GET", f"/resource_providers/{uuid}/usages").json()
    assert usages["usages"] == {"VCPU": 3}


def test_a_consumer_counts_its_changes(api: Any) -> None:
    uuid = provide(api, VCPU=4)
    hold(api, uuid, VCPU=1)
    shown = api("GET", f"/allocations/{CONSUMER % 0}").json()
    assert shown == {
        "allocations": {uuid: {"resources": {"VCPU": 1}, "generation": 2}}, "project_id": "p", "user_id": "u",
        "consumer_generation": 1, "consumer_type": "TEST",
    }  # fmt: skip
    answer = hold(api, uuid, generation=0, VCPU=2)
    assert code(answer) == (409, "placement.concurrent_update")
    assert "consumer generation conflict - expected 1 but got 0" in answer.text
    assert hold(api, uuid, generation=1).status_code == 204  # nothing any more: the consumer is forgotten
    assert api("GET", f"/allocations/{CONSUMER % 0}").json() == {"allocations": {}}
    assert hold(api, uuid, generation=None, VCPU=2).status_code == 204


def test_many_are_set_all_or_none(api: Any) -> None:
    uuid = provide(api, VCPU=4)
    one = {"allocations": {uuid: {"resources": {"VCPU": 3}}}, "consumer_generation": None, **ME}
    both = {CONSUMER % 1: one, CONSUMER % 2: one}
    assert api("POST", "/allocations", both).status_code == 409
    assert api("GET", f"/resource_providers/{uuid}/allocations").json()["allocations"] == {}
    assert api("POST", "/allocations", {CONSUMER % 1: one}).status_code == 204
    assert api("DELETE", f"/allocations/{CONSUMER % 1}").status_code == 204
    assert api("DELETE", f"/allocations/{CONSUMER % 1}").status_code == 404


def test_usages_are_told_by_project_and_consumer_type(api: Any) -> None:
    uuid = provide(api, VCPU=8)
    hold(api, uuid, 1, VCPU=1)
    hold(api, uuid, 2, VCPU=2)
    assert api("GET", "/usages?project_id=p", version="1.37").json() == {"usages": {"VCPU": 3}}
    assert api("GET", "/usages?project_id=p").json() == {"usages": {"TEST": {"VCPU": 3, "consumer_count": 2}}}
    assert api("GET", "/usages?project_id=p&consumer_type=all").json()["usages"]["all"]["consumer_count"] == 2
    assert api("GET", "/usages?project_id=p&consumer_type=OTHER").json() == {"usages": {}}


def test_only_a_service_reshapes(cloud: Cloud, admin: Any, api: Any) -> None:
    parent, child = provide(api, 0, VCPU=4), provide(api, 1, parent=0)
    hold(api, parent, VCPU=2)
    body = {
        "inventories": {
            parent: {"resource_provider_generation": 2, "inventories": {}},
            child: {"resource_provider_generation": 1, "inventories": {"VCPU": {"total": 4}}},
        },
        "allocations": {
            CONSUMER % 0: {"allocations": {child: {"resources": {"VCPU": 2}}}, "consumer_generation": 1, **ME}
        },
    }
    assert api("POST", "/reshaper", body).status_code == 403
    admin.identity.create_user(name="nova", password="secret", domain_id="default")
    admin.grant_role("service", user="nova", project="service")
    nova = cloud.connect("nova", "service", "secret").placement
    assert nova.post("/reshaper", json=body, microversion=LATEST).status_code == 204
    assert api("GET", f"/resource_providers/{child}/usages").json()["usages"] == {"VCPU": 2}
    assert api("GET", f"/resource_providers/{parent}/usages").json()["usages"] == {}


def test_traits_and_classes_of_ones_own(api: Any) -> None:
    assert "HW_CPU_X86_AVX512F" in api("GET", "/traits").json()["traits"]
    assert api("PUT", "/traits/CUSTOM_X").status_code == 201
    assert api("PUT", "/traits/CUSTOM_X").status_code == 204
    assert api("PUT", "/traits/MINE").status_code == 400
    assert api("GET", "/traits?name=startswith:CUSTOM_").json() == {"traits": ["CUSTOM_X"]}
    provide(api, traits=("CUSTOM_X",))
    assert api("DELETE", "/traits/CUSTOM_X").status_code == 409
    assert api("DELETE", "/traits/HW_CPU_X86_AVX").status_code == 400
    assert api("PUT", "/resource_classes/CUSTOM_GOLD").status_code == 201
    provide(api, 1, CUSTOM_GOLD=1)
    assert "Class is in use in inventory." in api("DELETE", "/resource_classes/CUSTOM_GOLD").text
    assert api("DELETE", "/resource_classes/VCPU").status_code == 400


# Candidates


def candidates(api: Any, query: str, version: str = LATEST) -> list[dict[str, dict[str, int]]]:
    answer = api("GET", f"/allocation_candidates?{query}", version=version)
    assert answer.status_code == 200, answer.text
    return [
        {uuid: one["resources"] for uuid, one in request["allocations"].items()}
        for request in answer.json()["allocation_requests"]
    ]


def test_candidates_come_from_one_provider_or_a_tree(api: Any) -> None:
    root = provide(api, 0, VCPU=8)
    numa = provide(api, 1, parent=0, traits=("CUSTOM_NUMA",), PGPU=2)
    other = provide(api, 2, parent=0, PGPU=2)
    query = "resources=VCPU:2,PGPU:1"
    assert candidates(api, query) == [{root: {"VCPU": 2}, numa: {"PGPU": 1}}, {root: {"VCPU": 2}, other: {"PGPU": 1}}]
    assert candidates(api, f"{query}&required=CUSTOM_NUMA") == [{root: {"VCPU": 2}, numa: {"PGPU": 1}}]
    assert candidates(api, f"{query}&required=!CUSTOM_NUMA") == [{root: {"VCPU": 2}, other: {"PGPU": 1}}]
    assert candidates(api, f"{query}&limit=1") == [{root: {"VCPU": 2}, numa: {"PGPU": 1}}]
    assert candidates(api, query, version="1.28") == []  # old clients know nothing of trees


def test_groups_share_or_isolate(api: Any) -> None:
    provide(api, 0, VCPU=8)
    one, two = provide(api, 1, parent=0, PGPU=2), provide(api, 2, parent=0, PGPU=1)
    query = "resources_A=PGPU:1&resources_B=PGPU:1&group_policy="
    assert candidates(api, f"{query}isolate") == [{one: {"PGPU": 1}, two: {"PGPU": 1}}] * 2
    assert {one: {"PGPU": 2}} in candidates(api, f"{query}none")
    assert api("GET", "/allocation_candidates?resources_A=PGPU:1&resources_B=PGPU:1").status_code == 400
    answer = api("GET", f"/allocation_candidates?{query}isolate").json()
    assert {tuple(found["mappings"]["_A"]) for found in answer["allocation_requests"]} == {(one,), (two,)}


def test_a_sharing_provider_helps_its_aggregate(api: Any) -> None:
    host = provide(api, 0, VCPU=8)
    disk = provide(api, 1, traits=("MISC_SHARES_VIA_AGGREGATE",), IPV4_ADDRESS=1000)
    query = "resources=VCPU:2,IPV4_ADDRESS:10"
    assert candidates(api, query) == []
    for uuid, generation in ((host, 1), (disk, 2)):
        body = {"aggregates": [CONSUMER % 9], "resource_provider_generation": generation}
        api("PUT", f"/resource_providers/{uuid}/aggregates", body)
    assert candidates(api, query) == [{host: {"VCPU": 2}, disk: {"IPV4_ADDRESS": 10}}]
