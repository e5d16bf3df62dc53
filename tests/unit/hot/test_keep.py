"""A stack kept as data in the middle of its work goes on as if it had never been away."""

import json

import pytest

from kit.hot import MemoryBackend, Stack
from kit.hot.keep import from_dict, to_dict

HEAD = "heat_template_version: 2021-04-16\n"
TEST = "OS::Heat::TestResource"
FILES = {
    "leaf.yaml": f"{HEAD}parameters: {{v: {{type: string}}}}\nresources: {{l: {{type: {TEST}, properties: "
    "{value: {get_param: v}, wait_secs: 2}}}\noutputs: {o: {value: {get_attr: [l, output]}}}\n"
}
FIRST = f"""{HEAD}
resources:
  a: {{type: {TEST}, properties: {{value: one, wait_secs: 3}}}}
  b: {{type: leaf.yaml, properties: {{v: {{get_attr: [a, output]}}}}}}
  g: {{type: "OS::Heat::ResourceGroup", properties: {{count: 3, resource_def: {{type: leaf.yaml, properties: {{v: '%index%'}}}}}}}}
  s: {{type: "OS::Heat::AutoScalingGroup", properties: {{min_size: 1, max_size: 3, resource: {{type: {TEST}}}}}}}
outputs:
  o: {{value: {{get_attr: [b, o]}}}}
  g: {{value: {{get_attr: [g, o]}}}}
"""
SECOND = FIRST.replace("value: one", "value: two").replace("count: 3", "count: 2")
BAD = SECOND.replace("outputs:", f"  bad: {{type: {TEST}, depends_on: [b], properties: {{fail: true}}}}\noutputs:", 1)


def through(stack):
    """The stack after it has been plain data, with the same backend."""
    return from_dict(json.loads(json.dumps(to_dict(stack))), stack.backend)


def to_the_end(stack, away):
    told = []
    for _ in range(500):
        if away:
            stack = through(stack)
        more, moved = stack._step()
        if not more:
            break
        if not moved:
            stack.backend.wait(1.0)
    told.append((stack.state, stack.outputs, {name: each.state for name, each in stack.resources.items()}))
    return stack, told


def life(away):
    stack = Stack.create("s", FIRST, MemoryBackend(), files=FILES, wait=False)
    stack, told = to_the_end(stack, away)
    for template in (SECOND, BAD):
        stack.update(template, files=FILES, rollback=True, wait=False)
        stack, more = to_the_end(stack, away)
        told += more
    for action in ("SUSPEND", "RESUME", "SNAPSHOT"):
        stack.begin_action(action)
        stack, more = to_the_end(stack, away)
        told += more
    stack.begin_delete()
    stack, more = to_the_end(stack, away)
    return [*told, *more, stack.backend.now()]


def test_a_life_goes_the_same_way_when_every_step_is_kept():
    plain = life(False)
    assert life(True) == plain
    assert [row[0] for row in plain[:-1]] == [
        "CREATE_COMPLETE", "UPDATE_COMPLETE", "ROLLBACK_COMPLETE", "SUSPEND_COMPLETE", "RESUME_COMPLETE",
        "SNAPSHOT_COMPLETE", "DELETE_COMPLETE",
    ]  # fmt: skip
    assert plain[2][1] == plain[1][1] and plain[1][1]["o"] == "two" and plain[1][1]["g"] == ["0", "1"]


def test_what_is_kept_is_the_same_when_kept_again():
    stack = Stack.create("s", FIRST, MemoryBackend(), files=FILES)
    assert to_dict(through(stack)) == json.loads(json.dumps(to_dict(stack)))


def test_nested_texts_are_kept_once():
    kept = json.dumps(to_dict(Stack.create("s", FIRST, MemoryBackend(), files=FILES)))
    assert len(json.loads(kept)["texts"]) == 1


def test_another_format_is_refused():
    from kit.hot import TemplateError

    with pytest.raises(TemplateError, match="format 99"):
        from_dict({"format": 99}, MemoryBackend())


def test_an_update_takes_over_what_another_has_begun():
    slow = f"{HEAD}resources: {{a: {{type: {TEST}, properties: {{value: x, wait_secs: 30}}}}}}\n"
    stack = Stack.create("s", slow, wait=False)
    stack.step()
    stack.update(slow.replace("value: x", "value: y"))
    assert stack.state == "UPDATE_COMPLETE" and stack.changes == {"updated": ["a"]}
    assert [str(event) for event in stack.events if event.name == "a"] == [
        "a CREATE_IN_PROGRESS", "a CREATE_COMPLETE", "a UPDATE_IN_PROGRESS", "a UPDATE_COMPLETE",
    ]  # fmt: skip


def test_a_cancelled_update_goes_back_or_stays_failed():
    first = f"{HEAD}resources: {{a: {{type: {TEST}, properties: {{value: x, wait_secs: 30}}}}}}\n"
    for rollback, wanted in ((True, "ROLLBACK_COMPLETE"), (False, "UPDATE_FAILED")):
        stack = Stack.create("s", first)
        stack.update(first.replace("value: x", "value: y"), wait=False)
        stack.step()
        stack.cancel(rollback)
        assert stack.run().state == wanted


def test_a_snapshot_brings_template_and_parameters_back():
    from kit.hot.snapshots import take

    text = f"{HEAD}parameters: {{v: {{type: string}}}}\nresources: {{a: {{type: {TEST}, properties: {{value: {{get_param: v}}}}}}}}\n"
    stack = Stack.create("s", text, parameters={"v": "old"}).snapshot()
    kept = take(stack)
    stack.update(text, parameters={"v": "new"})
    stack.restore(json.loads(json.dumps(kept)))
    assert stack.state == "RESTORE_COMPLETE" and stack.resources["a"].properties["value"] == "old"


def test_resources_are_adopted_by_their_ids():
    text = f"{HEAD}resources: {{a: {{type: {TEST}}}, b: {{type: leaf.yaml, properties: {{v: x}}}}}}\n"
    first = Stack.create("s", text, files=FILES)
    told = first.abandon()
    again = Stack.create("t", told["template"], files=told["files"], adopt=told["resources"])
    assert again.state == "ADOPT_COMPLETE"
    assert again.resources["a"].physical_id == first.resources["a"].physical_id
    inner = [next(iter(stack.children.values())).resources["l"].physical_id for stack in (first, again)]
    assert inner[0] == inner[1]
    missing = Stack.create("u", text, files=FILES, adopt={"a": {}})
    assert missing.state == "ADOPT_FAILED" and "Resource ID was not provided." in missing.reason


def test_a_delay_lets_time_pass():
    text = f"{HEAD}resources: {{d: {{type: 'OS::Heat::Delay', properties: {{min_wait: 40}}}}}}\n"
    stack = Stack.create("s", text)
    assert stack.state == "CREATE_COMPLETE" and 40 <= stack.backend.now() < 42


def without(data, name):
    """The same data, and the part of that name in none of them."""
    if isinstance(data, dict):
        return {key: without(value, name) for key, value in data.items() if key != name}
    return [without(item, name) for item in data] if isinstance(data, list) else data


def test_an_update_of_an_older_store_goes_on():
    """It told the steps that are left and the resources, and not yet what is to be deleted when."""
    stack = Stack.create("s", FIRST, MemoryBackend(), files=FILES)
    stack.update(SECOND.replace("  s:", "  t:"), files=FILES, wait=False)
    stack._step()
    older = from_dict(without(json.loads(json.dumps(to_dict(stack))), "cleanup"), stack.backend)
    older, told = to_the_end(older, away=False)
    stack, wanted = to_the_end(stack, away=False)
    assert told == wanted and told[0][0] == "UPDATE_COMPLETE"
    assert {record.name for record in older.records.values()} == {"a", "b", "g", "t"}
