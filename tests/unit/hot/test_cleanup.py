"""What an update deletes, and when."""

import pytest

from kit.hot import MemoryBackend, Stack
from kit.hot.cleanup import _sorted

HEAD = "heat_template_version: 2021-04-16\nresources:\n"
TEST = "OS::Heat::TestResource"


def template(**resources):
    return HEAD + "".join(f"  {name}: {{type: {TEST}, {text}}}\n" for name, text in resources.items())


OLD = template(a="properties: {update_replace_value: p}", b="properties: {value: {get_resource: a}}", c="depends_on: b")


def happened(stack, since):
    return [str(event) for event in stack.events[since:]]


def updated(new, **options):
    stack = Stack.create("s", OLD, MemoryBackend())
    since = len(stack.events)
    stack.update(new, **options)
    return stack, happened(stack, since)


def test_what_nothing_needs_goes_while_others_are_made():
    bad = template(a="properties: {update_replace_value: p}", bad="properties: {fail: true}, depends_on: a")
    stack, events = updated(bad)
    assert events.index("c DELETE_COMPLETE") < events.index("s UPDATE_FAILED")
    assert set(stack.resources) == {"a", "bad"}
    assert "c" in stack.changes["deleted"] and "b" in stack.changes["deleted"]


def test_the_old_one_stays_until_all_that_need_it_are_changed():
    new = OLD.replace("value: p", "value: q")
    _, events = updated(new)
    assert events.index("b UPDATE_COMPLETE") < events.index("a DELETE_IN_PROGRESS")


def test_a_rollback_makes_anew_what_was_removed_already():
    bad = template(
        a="properties: {update_replace_value: p, action_wait_secs: {update: 3}, value: z}",
        bad="properties: {fail: true}, depends_on: a",
    )
    stack, events = updated(bad, rollback=True)
    assert "c DELETE_COMPLETE" in events and "c CREATE_COMPLETE" in events
    assert stack.state == "ROLLBACK_COMPLETE" and set(stack.resources) == {"a", "b", "c"}
    assert stack.resources["b"].properties["value"] == stack.resources["a"].reference()


@pytest.mark.parametrize(
    ("waits", "order"),
    [
        ({"a": {"b"}, "b": {"c"}, "c": set()}, "cba"),
        ({"a": {"b"}, "b": {"a"}}, "ab"),
        ({"x": set(), "a": {"b", "x"}, "b": {"a"}}, "xab"),
    ],
)
def test_records_stand_behind_those_they_wait_for(waits, order):
    found = _sorted(waits)
    assert "".join(found) == order
    settled = set()
    for id, others in found.items():
        assert others <= settled
        settled.add(id)
