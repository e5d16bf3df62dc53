"""Plans: each property old and new, what forces a replacement, what is known only later; the picture of a graph."""

from kit.hot import Graph, Stack, inspect_template, plan
from kit.views.stack_graph import StackGraph

HEAD = "heat_template_version: 2021-04-16\nresources:\n"
ONE = HEAD + (
    "  a: {type: OS::Heat::TestResource, properties: {value: x}}\n"
    "  b: {type: OS::Heat::TestResource, properties: {value: {get_resource: a}}}\n"
    "  c: {type: OS::Heat::TestResource, properties: {value: {get_attr: [a, output]}}}\n"
    "  gone: {type: OS::Heat::TestResource}\n"
)
GONE, NEW = "  gone: {type: OS::Heat::TestResource}\n", "  new: {type: OS::Heat::Value, properties: {value: 1}}\n"
TWO = ONE.replace("value: x", "value: y").replace(GONE, NEW)
REPLACED = ONE.replace("value: x", "update_replace_value: z")


def test_an_update_is_foreseen_per_property():
    found = Stack.create("s", ONE).preview_update(TWO)
    assert repr(found).splitlines() == [
        "  ~ a  OS::Heat::TestResource",
        "      value: 'x' -> 'y'",
        "  + new  OS::Heat::Value",
        "      value: 1",
        "  ~ c  OS::Heat::TestResource",
        "      value: 'x' -> 'y'",
        "  - gone  OS::Heat::TestResource",
        "Plan: 1 added, 2 updated, 0 replaced, 1 deleted, 1 unchanged.",
    ]


def test_a_replacement_says_what_forces_it_and_runs_on():
    stack = Stack.create("s", ONE)
    found = stack.preview_update(REPLACED)
    text = repr(found)
    assert "-/+ a" in text and "update_replace_value: None -> 'z'  # forces replacement" in text
    assert "value: " in text and "(known after creation)" in text
    assert (found.names("replaced"), found.names("updated")) == (["a"], ["b", "c"])
    assert stack.state == "CREATE_COMPLETE" and stack.resources["a"].properties["value"] == "x"


def test_a_plan_of_a_new_stack_tells_waves_and_what_is_known_later():
    found = plan(ONE)
    assert found.waves == [["a", "gone"], ["b", "c"]] and found.names("added") == ["a", "b", "c", "gone"]
    data = found.to_dict()
    assert data["steps"][2]["properties"][0]["new"] == "known after creation" or "known after creation" in str(data)


def test_nothing_to_do_is_an_empty_plan():
    assert Stack.create("s", ONE).preview_update(ONE).empty


def test_cycles_name_their_members():
    graph = Graph({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"d"}, "e": {"a"}})
    assert sorted(map(set, graph.cycles()), key=len) == [{"d"}, {"a", "b", "c"}]
    assert next(cycle for cycle in graph.cycles() if len(cycle) == 3) == ("a", "b", "c")


def test_the_template_decides_the_order_where_no_dependency_does():
    names = [f"r{number}" for number in range(40, 0, -1)]
    graph = Graph({"root": set(), **{name: {"root"} for name in names}})
    assert graph.order() == ["root", *names]


def test_the_picture_says_the_same_as_its_text():
    checked = inspect_template(ONE)
    picture = StackGraph(checked.graph, {name: each.type for name, each in checked.definition.resources.items()})
    assert repr(picture).splitlines()[:2] == ["wave 1", "  a  OS::Heat::TestResource"]
    assert "  b  OS::Heat::TestResource  needs a" in repr(picture)
    svg = picture._repr_svg_()
    assert svg.count("<rect") == 4 and svg.count("marker-end") == 2 and 'role="img"' in svg
    assert '"a" -> "b";' in picture.dot()


def test_the_picture_leaves_out_what_a_longer_way_says_and_is_narrow_when_it_goes_down():
    graph, types = Graph({"a": set(), "b": {"a"}, "c": {"a", "b"}}), dict.fromkeys("abc", "T")
    across, down = (
        StackGraph(graph, types).svg(),
        StackGraph(graph, types, {"b": "CREATE_FAILED", "c": "INIT_COMPLETE"}, down=True).svg(),
    )
    assert across.count("marker-end") == 2 and down.count("marker-end") == 2
    assert ">✗ b<" in down and "b: T, CREATE_FAILED" in down and ">c<" in down

    detour = StackGraph(
        Graph({"a": set(), "b": {"a"}, "c": {"b"}, "d": {"c", "e"}, "e": set()}), dict.fromkeys("abcde", "T"), down=True
    )
    assert detour._lanes(detour.graph.waves()) == {"a": 0, "e": 1, "b": 0, "c": 0, "d": 0}

    def width(svg):
        return int(svg.split('width="')[1].split('"')[0])

    assert width(down) < 220 < 600 < width(across)
