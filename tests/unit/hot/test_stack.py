"""Stacks over records: waves, failure, rollback, replacement, hooks, signals, groups, stacks inside."""

import pytest

from kit.hot import ActionError, MemoryBackend, Stack, TemplateError
from kit.hot.errors import NotSupported, ResourceActionNotSupported, ResourceNotFound
from kit.hot.resources.scaling import new_capacity

HEAD = "heat_template_version: 2021-04-16\nresources:\n"
TEST = "OS::Heat::TestResource"


def stack(resources, rest="", **given):
    return Stack.create("s", f"{HEAD}{resources}{rest}", **given)


def states(found):
    return {name: each.state for name, each in found.resources.items()}


def test_resources_of_a_wave_begin_together():
    found = stack(f"  a: {{type: {TEST}}}\n  b: {{type: {TEST}}}\n  c: {{type: {TEST}, depends_on: [a, b]}}\n")
    told = [str(event) for event in found.events]
    assert told.index("b CREATE_IN_PROGRESS") < told.index("a CREATE_COMPLETE") < told.index("c CREATE_IN_PROGRESS")


def test_things_that_take_time_pass_it_on_the_backends_clock():
    backend = MemoryBackend()
    found = stack(f"  a: {{type: {TEST}, properties: {{wait_secs: 90}}}}\n", backend=backend)
    assert found.state == "CREATE_COMPLETE" and 90 <= backend.now() < 95


def test_a_stack_that_never_ends_times_out():
    found = stack(f"  a: {{type: {TEST}, properties: {{wait_secs: -1}}}}\n", timeout_mins=1)
    assert (found.state, found.reason) == ("CREATE_FAILED", "Timed out")
    assert states(found) == {"a": "CREATE_FAILED"}


def test_siblings_in_flight_finish_and_what_waits_stays():
    found = stack(
        f"  bad: {{type: {TEST}, properties: {{fail: true}}}}\n"
        f"  slow: {{type: {TEST}, properties: {{wait_secs: 5}}}}\n  later: {{type: {TEST}, depends_on: slow}}\n"
    )
    assert states(found) == {"bad": "CREATE_FAILED", "slow": "CREATE_COMPLETE", "later": "INIT_COMPLETE"}
    assert found.failure.path == ("resources", "bad") and "Test Resource failed bad" in found.reason


def test_the_failed_leaf_is_told_through_all_stacks():
    files = {
        "mid.yaml": f"{HEAD}  m: {{type: leaf.yaml}}\n",
        "leaf.yaml": f"{HEAD}  l: {{type: {TEST}, properties: {{fail: true}}}}\n",
    }
    found = stack("  top: {type: mid.yaml}\n", files=files)
    assert found.failure.text == "ValueError: resources.top.resources.m.resources.l: Test Resource failed l"


def test_rollback_of_an_update_puts_the_old_resource_back_while_it_is_there():
    user = f"  b: {{type: {TEST}, depends_on: a, properties: {{value: one}}}}\n"
    found = stack(f"  a: {{type: {TEST}, properties: {{update_replace_value: x}}}}\n{user}", rollback=True)
    before = found.resources["a"].physical_id
    found.update(
        f"{HEAD}  a: {{type: {TEST}, properties: {{update_replace_value: y}}}}\n"
        + user.replace("value: one", "value: two, fail: true")
    )
    assert found.state == "ROLLBACK_COMPLETE" and found.resources["a"].physical_id == before
    assert states(found) == {"a": "UPDATE_COMPLETE", "b": "CREATE_COMPLETE"} and len(found.records) == 2


def test_an_unhealthy_resource_is_replaced():
    found = stack(f"  a: {{type: {TEST}}}\n")
    found.mark_unhealthy("a", reason="it smokes")
    assert found.resources["a"].state == "CHECK_FAILED" and found.resources["a"].reason == "it smokes"
    found.update(found.template)
    assert found.changes == {"replaced": ["a"]}
    found.mark_unhealthy("a")
    found.mark_unhealthy("a", False)
    assert found.update(found.template).changes == {"untouched": ["a"]}


def test_restricted_actions_fail_the_update():
    environment = {"resource_registry": {"resources": {"a": {"restricted_actions": "replace"}}}}
    found = stack(f"  a: {{type: {TEST}, properties: {{update_replace_value: x}}}}\n", environment=environment)
    found.update(f"{HEAD}  a: {{type: {TEST}, properties: {{update_replace_value: y}}}}\n", environment=environment)
    assert found.state == "UPDATE_FAILED" and "replace is restricted" in found.reason
    assert found.resources["a"].properties["update_replace_value"] == "x"


def test_a_hook_stops_until_it_is_cleared():
    environment = {"resource_registry": {"resources": {"b*": {"hooks": "pre-create"}}}}
    found = stack(f"  a: {{type: {TEST}}}\n  b1: {{type: {TEST}, depends_on: a}}\n", environment=environment)
    assert found.state == "CREATE_IN_PROGRESS" and "paused until Hook pre-create" in found.events[-1].reason
    with pytest.raises(NotSupported):
        found.signal("b1", {"unset_hook": "post-create"})
    found.signal("b1", {"unset_hook": "pre-create"})
    assert found.run().state == "CREATE_COMPLETE"


def test_a_suspended_stack_takes_no_update_and_no_signal():
    found = stack(f"  a: {{type: {TEST}}}\n").suspend()
    for call in (lambda: found.update(found.template), lambda: found.signal("a")):
        with pytest.raises(ActionError):
            call()
    assert found.resume().state == "RESUME_COMPLETE"


def test_signals_to_what_takes_none_are_refused():
    found = stack(f"  a: {{type: {TEST}}}\n")
    with pytest.raises(ResourceActionNotSupported):
        found.signal("a")
    with pytest.raises(ResourceNotFound, match=r"Did you mean|It has"):
        found.signal("b")


def test_a_refused_template_makes_nothing():
    backend = MemoryBackend()
    with pytest.raises(TemplateError):
        stack("  a: {type: OS::No::Such}\n", backend=backend)
    found = stack(f"  a: {{type: {TEST}}}\n", backend=backend)
    with pytest.raises(TemplateError):
        found.update(HEAD + "  a: {type: OS::No::Such}\n")
    assert found.state == "CREATE_COMPLETE" and list(found.resources) == ["a"]


def test_delete_goes_backwards_and_leaves_nothing():
    found = stack(f"  a: {{type: {TEST}}}\n  b: {{type: {TEST}, depends_on: a}}\n").delete()
    told = [str(event) for event in found.events]
    assert found.state == "DELETE_COMPLETE" and not found.records
    assert told.index("b DELETE_COMPLETE") < told.index("a DELETE_IN_PROGRESS")


GROUP = """  g:
    type: OS::Heat::ResourceGroup
    properties:
      count: {count}
      removal_policies: [{{resource_list: [{gone}]}}]
      resource_def: {{type: OS::Heat::TestResource, properties: {{value: "m%index%"}}}}
outputs: {{all: {{value: {{get_attr: [g, output]}}}}, map: {{value: {{get_attr: [g, attributes, output]}}}}}}
"""


def test_a_name_that_was_removed_from_a_group_is_never_used_again():
    found = stack(GROUP.format(count=3, gone=""))
    found.update(HEAD + GROUP.format(count=3, gone="'1'"))
    assert found.outputs == {"all": ["m0", "m2", "m3"], "map": {"0": "m0", "2": "m2", "3": "m3"}}
    found.update(HEAD + GROUP.format(count=4, gone=""))
    assert found.outputs["all"] == ["m0", "m2", "m3", "m4"]


def test_a_chain_makes_one_after_the_other():
    found = stack(
        "  c: {type: OS::Heat::ResourceChain, properties: {resources: [OS::Heat::TestResource, OS::Heat::Value], "
        "resource_properties: {value: v}}}\n",
        "outputs: {r: {value: {get_attr: [c, resource.1.value]}}}\n",
    )
    child = found.children[found.resources["c"].id]
    told = [str(event) for event in child.events]
    assert found.outputs == {"r": "v"} and told.index("0 CREATE_COMPLETE") < told.index("1 CREATE_IN_PROGRESS")


@pytest.mark.parametrize(
    ("current", "adjustment", "type", "step", "expected"),
    [
        (3, 10, "percent_change_in_capacity", None, 4), (3, -10, "percent_change_in_capacity", None, 2),
        (5, 50, "percent_change_in_capacity", None, 7), (5, -50, "percent_change_in_capacity", None, 3),
        (10, 10, "percent_change_in_capacity", 3, 13), (5, 99, "change_in_capacity", None, 20),
        (5, -99, "change_in_capacity", None, 1), (5, 8, "exact_capacity", None, 8),
    ],
)  # fmt: skip
def test_the_arithmetic_of_scaling(current, adjustment, type, step, expected):
    assert new_capacity(current, adjustment, type, step, 1, 20) == expected


def test_a_deployment_waits_for_its_signal_and_gives_outputs():
    text = (
        "  c: {type: OS::Heat::SoftwareConfig, properties: {config: echo, outputs: [{name: result}]}}\n"
        "  d: {type: OS::Heat::SoftwareDeployment, properties: {config: {get_resource: c}, server: s1}}\n"
    )
    found = stack(text, "outputs: {o: {value: {get_attr: [d, result]}}}\n", wait=False)
    for _ in range(4):
        found.step()
    assert found.resources["d"].state == "CREATE_IN_PROGRESS"
    found.signal("d", {"result": "done", "deploy_status_code": 0})
    assert found.run().outputs == {"o": "done"}
    failed = stack(text, wait=False)
    for _ in range(4):
        failed.step()
    failed.signal("d", {"deploy_status_code": 7})
    assert failed.run().state == "CREATE_FAILED" and "non-zero status code: 7" in failed.reason


def test_the_facade_tells_what_the_parent_wrote():
    files = {"f.yaml": "heat_template_version: 2021-04-16\noutputs: {m: {value: {resource_facade: metadata}}}\n"}
    found = stack("  n: {type: f.yaml, metadata: {k: v}}\n", "outputs: {o: {value: {get_attr: [n, m]}}}\n", files=files)
    assert found.outputs == {"o": {"k": "v"}}


def test_same_steps_give_the_same_ids_and_events():
    def told():
        found = stack(f"  a: {{type: {TEST}}}\n  r: {{type: OS::Heat::RandomString}}\n")
        return found.id, [event.to_dict() for event in found.events], found.resources["r"].reference()

    assert told() == told()
