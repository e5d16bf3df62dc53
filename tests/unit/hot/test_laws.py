"""Laws, tried on templates made at random."""

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kit.errors import KitError
from kit.hot import MemoryBackend, Stack, TemplateError, evaluate, inspect_template, lint
from kit.hot.versions import VERSIONS

NAMES = ("a", "b", "c", "d")
SETTINGS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.sampled_from(["a", "b", "x", "", "r", "value", "OS::Heat::TestResource"])
)
functions = st.sampled_from(sorted({name for version in VERSIONS.values() for name in version.function_names(True)}))
data = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "value", "template", "params", "for_each", "type"]), inner, max_size=3)
        | st.builds(lambda name, args: {name: args}, functions, inner)
    ),
    max_leaves=12,
)
versions = st.sampled_from(sorted({name for key, name in VERSIONS if key == "heat_template_version"}))


@SETTINGS
@given(st.text(max_size=200))
def test_any_text_gives_findings_and_never_a_crash(text):
    assert lint(text) is not None
    assert lint("heat_template_version: 2018-08-31\n" + text) is not None


@SETTINGS
@given(versions, data, data, data)
def test_any_yaml_gives_a_result_or_our_error(version, resources, outputs, conditions):
    sections = {"heat_template_version": version, "resources": resources, "outputs": outputs, "conditions": conditions}
    try:
        stack = Stack.create("s", json.dumps(sections))
    except TemplateError as error:
        assert str(error)
    else:
        assert stack.status in ("COMPLETE", "FAILED") and set(stack.outputs) == set(stack.definition.outputs)


@SETTINGS
@given(versions, functions, data)
def test_any_function_gives_a_value_or_our_error(version, name, args):
    try:
        json.dumps(evaluate({name: args}, version=version))
    except KitError as error:
        assert str(error)


def resource(draw, place):
    before = NAMES[:place]
    properties = {}
    if draw(st.booleans()):
        properties["value"] = draw(
            st.sampled_from(["one", "two", "test_string"])
            | (
                st.builds(lambda name: {"get_attr": [name, "output"]}, st.sampled_from(before))
                | st.builds(lambda name: {"get_resource": name}, st.sampled_from(before))
                if before
                else st.nothing()
            )
        )
    if draw(st.integers(0, 3)) == 0:
        properties["update_replace_value"] = draw(st.sampled_from(["p", "q"]))
    if draw(st.integers(0, 4)) == 0:
        properties["update_replace"] = True
    made = {"type": "OS::Heat::TestResource", "properties": properties}
    if before and draw(st.booleans()):
        made["depends_on"] = draw(st.sampled_from(before))
    if draw(st.integers(0, 5)) == 0:
        made["metadata"] = {"k": draw(st.integers(0, 1))}
    return made


@st.composite
def templates(draw):
    chosen = {}
    for place, name in enumerate(NAMES):
        made = resource(draw, place)
        if draw(st.integers(0, 4)):
            chosen[name] = made
    for made in chosen.values():
        value = made["properties"].get("value")
        named = (next(iter(value.values())) if isinstance(value, dict) else None) or ""
        if (named[0] if isinstance(named, list) else named or "a") not in chosen and isinstance(value, dict):
            made["properties"]["value"] = "lone"
        if made.get("depends_on") not in chosen:
            made.pop("depends_on", None)
    outputs = {name: {"value": {"get_attr": [name, "output"]}} for name in chosen}
    return {"heat_template_version": "2021-04-16", "resources": chosen, "outputs": outputs}


@SETTINGS
@given(templates(), templates())
def test_a_preview_says_what_the_update_then_does(old, new):
    stack = Stack.create("s", old, MemoryBackend())
    foreseen = stack.preview_update(new)
    expected = {
        "created": foreseen.names("added"), "updated": foreseen.names("updated"), "replaced": foreseen.names("replaced"),
        "deleted": foreseen.names("deleted"), "untouched": foreseen.names("unchanged"),
    }  # fmt: skip
    stack.update(new)
    assert stack.state == "UPDATE_COMPLETE"
    assert stack.changes == {change: names for change, names in expected.items() if names}


def told(stack):
    """The outputs; an id is told as the resource it belongs to, for a rollback may have to make it anew."""
    names = {each.physical_id: name for name, each in stack.resources.items()}
    return {key: names.get(value, value) for key, value in stack.outputs.items()}


@SETTINGS
@given(templates(), templates())
def test_a_failed_update_with_rollback_restores_the_outputs(old, new):
    stack = Stack.create("s", old, MemoryBackend(), rollback=True)
    before = told(stack)
    names = set(stack.resources)
    failing = json.loads(json.dumps(new))
    failing["resources"]["bad"] = {
        "type": "OS::Heat::TestResource", "properties": {"fail": True}, "depends_on": sorted(new["resources"]),
    }  # fmt: skip
    stack.update(failing)
    assert stack.state == "ROLLBACK_COMPLETE"
    assert told(stack) == before
    assert set(stack.resources) == names
    assert len(stack.records) == len(stack.resources)


@SETTINGS
@given(templates())
def test_create_then_delete_leaves_nothing(template):
    stack = Stack.create("s", template, MemoryBackend()).delete()
    assert stack.state == "DELETE_COMPLETE" and not stack.records and not stack.children


@SETTINGS
@given(templates())
def test_waves_never_break_an_edge(template):
    graph = inspect_template(template).graph
    level = {name: place for place, wave in enumerate(graph.waves()) for name in wave}
    assert all(level[name] > level[need] for name, need in graph.edges)
    assert set(graph.order()) == set(template["resources"])
