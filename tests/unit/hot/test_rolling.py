"""Groups made and changed in batches."""

import pytest

from kit.hot import Stack
from kit.hot.resources.rolling import Rolling, changing, growing

HEAD = "heat_template_version: 2021-04-16\nresources:\n"
MEMBER = "{type: OS::Heat::TestResource, properties: {value: one}}"
OLD, NEW = ({name: {"v": v} for name in "abc"} for v in (1, 2))


@pytest.mark.parametrize(
    ("policy", "steps", "most"),
    [(Rolling(1), 3, 3), (Rolling(2), 2, 3), (Rolling(9), 1, 3), (Rolling(1, 3), 5, 4), (Rolling(2, 2), 4, 4)],
)
def test_batches_of_an_update(policy, steps, most):
    names = iter("xyz")
    found = changing(OLD, NEW, policy, lambda: next(names))
    assert len(found) == steps and found[-1] == NEW and max(map(len, found)) == most
    for before, after in zip([OLD, *found], found, strict=False):
        untouched = [name for name in before if after.get(name) == before[name]]
        assert len(untouched) >= min(policy.in_service, 3) or after == NEW


def test_nothing_changed_is_one_step():
    assert changing(OLD, {**OLD, "d": {"v": 1}}, Rolling(1), lambda: "x") == [{**OLD, "d": {"v": 1}}]


def test_batches_of_a_creation():
    assert [list(step) for step in growing(OLD, Rolling(2))] == [["a", "b"], ["a", "b", "c"]]


def test_a_group_pauses_between_its_batches():
    group = (
        "  g: {type: 'OS::Heat::ResourceGroup', update_policy: {batch_create: {max_batch_size: 2, pause_time: 30}}, "
        f"properties: {{count: 4, resource_def: {MEMBER}}}}}\n"
    )
    stack = Stack.create("s", HEAD + group)
    assert stack.state == "CREATE_COMPLETE" and 30 <= stack.backend.now() < 40
    child = next(iter(stack.children.values()))
    begun = {event.name: event.time for event in child.events if event.state == "CREATE_IN_PROGRESS"}
    assert begun["2"] - begun["0"] >= 30 and begun["1"] == begun["0"]


def test_a_scaling_group_changes_one_member_after_the_other():
    text = (
        "  g: {type: 'OS::Heat::AutoScalingGroup', properties: {min_size: 3, max_size: 3, "
        f"rolling_updates: {{pause_time: 10}}, resource: {MEMBER}}}}}\n"
    )
    stack = Stack.create("s", HEAD + text)
    begun = stack.backend.now()
    stack.update(HEAD + text.replace("value: one", "value: two"))
    assert stack.state == "UPDATE_COMPLETE" and stack.backend.now() - begun >= 20
    assert {each.properties["value"] for child in stack.children.values() for each in child.resources.values()} == {
        "two"
    }


def test_a_failed_batch_ends_the_update():
    text = (
        "  g: {type: 'OS::Heat::AutoScalingGroup', properties: {min_size: 3, max_size: 3, resource: "
        "{type: OS::Heat::TestResource, properties: {value: one, fail: false}}}}\n"
    )
    stack = Stack.create("s", HEAD + text)
    stack.update(HEAD + text.replace("fail: false", "fail: true"))
    child = next(iter(stack.children.values()))
    assert stack.state == "UPDATE_FAILED"
    states = sorted(each.state for each in child.resources.values())
    assert states == ["CREATE_COMPLETE", "CREATE_COMPLETE", "UPDATE_FAILED"]
