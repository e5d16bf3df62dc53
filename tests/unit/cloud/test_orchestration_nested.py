"""Stacks inside others, acted on by their own ids; and how large a tree may grow."""

import pytest

from kit.cloud.testing.fresh import fresh
from tests.unit.cloud.test_orchestration import HEAD, TEST, Heat

INNER = {**HEAD, "resources": {"leaf": {"type": TEST, "properties": {"action_wait_secs": {"update": 30}}}}}


@pytest.fixture
def heat():
    cloud = fresh("devstack", random_seed=1)
    yield Heat(cloud)
    cloud.close()


def family(heat, inner=INNER):
    """A stack with another inside, and the paths of both."""
    import json

    outer = heat.make("s", {"mid": {"type": "inner.yaml"}}, files={"inner.yaml": json.dumps(inner)})
    heat.until(outer, "CREATE_COMPLETE")
    links = heat("GET", f"{outer}/resources/mid").json()["resource"]["links"]
    nested = next(each["href"] for each in links if each["rel"] == "nested")
    return outer, "/stacks/" + nested.partition("/stacks/")[2]


@pytest.mark.parametrize(
    ("actions", "state"),
    [(["check"], "CHECK_COMPLETE"), (["suspend"], "SUSPEND_COMPLETE"), (["suspend", "resume"], "RESUME_COMPLETE")],
)
def test_an_action_on_a_stack_inside_leaves_the_one_around(heat, actions, state):
    outer, inner = family(heat)
    for action in actions:
        assert heat("POST", f"{inner}/actions", {action: None}).status_code == 200
        heat.until(inner, f"{action.upper()}_COMPLETE")
    assert heat.stack(inner)["stack_status"] == state
    assert heat.stack(outer)["stack_status"] == "CREATE_COMPLETE"


def test_an_update_of_a_stack_inside_is_cancelled_and_ends_by_itself(heat):
    outer, inner = family(heat)
    changed = {**HEAD, "resources": {"leaf": {"type": TEST, "properties": {
        "value": "new", "action_wait_secs": {"update": 30}}}}}  # fmt: skip
    assert heat("PUT", inner, {"template": changed}).status_code == 202
    assert heat.stack(inner)["stack_status"] == "UPDATE_IN_PROGRESS"
    assert heat("POST", f"{inner}/actions", {"cancel_without_rollback": None}).status_code == 200
    assert heat.stack(inner)["stack_status"] == "UPDATE_FAILED"
    assert heat.stack(inner)["stack_status_reason"] == "Stack UPDATE cancelled"
    assert heat("POST", f"{inner}/actions", {"cancel_without_rollback": None}).status_code == 400
    heat.cloud.clock.advance(60)
    leaf = heat("GET", f"{inner}/resources/leaf").json()["resource"]
    assert (leaf["resource_status"], leaf["attributes"]["output"]) == ("UPDATE_COMPLETE", "new")
    assert heat.stack(outer)["stack_status"] == "CREATE_COMPLETE"


def test_a_stack_inside_is_deleted_alone_made_again_and_deleted_with_the_other(heat):
    outer, inner = family(heat)
    assert heat("DELETE", inner).status_code == 204
    assert heat.stack(inner)["stack_status"] == "DELETE_COMPLETE"
    assert heat.stack(outer)["stack_status"] == "CREATE_COMPLETE"
    assert heat("PATCH", outer, {}).status_code == 202
    heat.until(outer, "UPDATE_COMPLETE")
    assert heat("GET", f"{outer}/resources?nested_depth=1").json()["resources"][1]["resource_name"] == "leaf"
    heat("DELETE", outer)
    heat.until(outer, "DELETE_COMPLETE")


def test_a_snapshot_of_a_stack_inside(heat):
    _, inner = family(heat)
    kept = heat("POST", f"{inner}/snapshots", {"name": "before"}).json()
    assert heat("GET", f"{inner}/snapshots/{kept['id']}").json()["snapshot"]["status"] == "COMPLETE"


def test_the_limit_of_resources_holds_for_the_whole_tree(heat):
    group = {"type": "OS::Heat::ResourceGroup", "properties": {"count": 600, "resource_def": {"type": TEST}}}
    path = heat.make("s", {"a": group, "b": {**group, "depends_on": "a"}})
    told = heat.until(path, "CREATE_FAILED")["stack_status_reason"]
    assert "RequestLimitExceeded: resources.b: Request limit exceeded: Maximum resources per stack" in told
    heat("DELETE", path)
    heat.until(path, "DELETE_COMPLETE")


def test_a_preview_lists_what_is_inside(heat):
    import json

    body = {
        "stack_name": "s", "template": {**HEAD, "resources": {"mid": {"type": "inner.yaml"}, "x": {"type": TEST}}},
        "files": {"inner.yaml": json.dumps(INNER)},
    }  # fmt: skip
    told = heat("POST", "/stacks/preview", body).json()["stack"]
    inside, beside = told["resources"]
    assert (told["id"], told["parameters"]["OS::stack_id"]) == ("None", "None")
    assert (inside[0]["stack_name"], inside[0]["parent_resource"]) == ("s-mid", "mid")
    assert (beside["resource_action"], beside["resource_status"]) == ("INIT", "COMPLETE")
    assert beside["properties"]["wait_secs"] == 0 and beside["attributes"] == {"output": None}


def test_a_preview_of_an_update_goes_inside_when_asked(heat):
    import json

    outer, _ = family(heat)
    inner = {**HEAD, "resources": {**INNER["resources"], "new": {"type": TEST}}}
    body = {
        "template": {**HEAD, "resources": {"mid": {"type": "inner.yaml"}}},
        "files": {"inner.yaml": json.dumps(inner)},
    }
    for query, added, unchanged in (("", [], []), ("?show_nested=true", ["new"], ["leaf"])):
        told = heat("PUT", f"{outer}/preview{query}", body).json()["resource_changes"]
        names = {word: [each["resource_name"] for each in told[word]] for word in told}
        assert (names["added"], names["unchanged"], names["updated"]) == (added, unchanged, ["mid"])
