"""Parameters, constraints and environments: precedence, merging, the registry."""

import pytest

from kit.hot import Environment, TemplateError, inspect_template, shown
from kit.hot.custom import CUSTOM
from kit.hot.environment import merge_files
from kit.hot.parameters import declare
from kit.hot.registry import Registry, Target
from kit.hot.template import Template
from kit.hot.versions import VERSIONS

NEWEST = VERSIONS["heat_template_version", "2021-04-16"]
ANYTHING = staticmethod(lambda type: type.startswith("OS::")).__func__


def value(**given):
    text = "heat_template_version: 2021-04-16\nparameters: {p: {type: string, default: d}}\n"
    checked = inspect_template(text, **given)
    checked.raise_first()
    return checked.definition.parameters["p"]


def test_a_value_wins_over_the_environment_and_its_defaults():
    both = {"parameters": {"p": "e"}, "parameter_defaults": {"p": "f"}}
    assert value() == "d"
    assert value(environment={"parameter_defaults": {"p": "f"}}) == "f"
    assert value(environment=both) == "e"
    assert value(environment=both, parameters={"p": "v"}) == "v"


def test_all_wrong_values_are_told_at_once():
    text = (
        "heat_template_version: 2021-04-16\nparameters:\n  a: {type: number}\n  b: {type: json}\n  c: {type: string}\n"
    )
    faults = inspect_template(text, parameters={"a": "x", "b": "{", "d": 1}).faults
    assert [fault.code for fault in faults] == [
        "UnknownUserParameter", "StackValidationFailed", "StackValidationFailed", "UserParameterMissing",
    ]  # fmt: skip
    assert [fault.position.line for fault in faults[1:]] == [3, 4, 5]


@pytest.mark.parametrize(
    ("strategy", "expected"), [("overwrite", {"a": {"y": 2}}), ("merge", {"a": {"y": 2}, "b": 1}), ("deep_merge", {"a": {"x": 1, "y": 2}, "b": 1})]
)  # fmt: skip
def test_environment_files_are_merged_by_strategy(strategy, expected):
    declared = {"p": declare("p", {"type": "json"}, NEWEST)}
    files = {
        "one": f"parameters: {{p: {{a: {{x: 1}}, b: 1}}}}\nparameter_merge_strategies: {{p: {strategy}}}",
        "two": f"parameters: {{p: {{a: {{y: 2}}}}}}\nparameter_merge_strategies: {{p: {strategy}}}",
    }
    assert merge_files(None, ["one", "two"], files, declared)["parameters"]["p"] == expected


def test_files_that_disagree_on_merging_are_refused():
    declared = {"p": declare("p", {"type": "string"}, NEWEST)}
    files = {
        "one": "parameters: {p: a}\nparameter_merge_strategies: {p: merge}",
        "two": "parameters: {p: b}\nparameter_merge_strategies: {p: overwrite}",
    }
    with pytest.raises(TemplateError) as caught:
        merge_files(None, ["one", "two"], files, declared)
    assert caught.value.code == "ConflictingMergeStrategyForParam" and "two" in caught.value.what


def test_the_registry_prefers_the_resource_then_the_type_then_a_wildcard():
    registry = Registry({"My::*": "OS::Heat::None", "OS::A": "OS::B", "resources": {"r": {"OS::A": "OS::C"}}})
    assert registry.find("OS::A", "r", ANYTHING) == Target("OS::C")
    assert registry.find("OS::A", "q", ANYTHING) == Target("OS::B")
    assert registry.find("My::Z", "q", ANYTHING) == Target("OS::Heat::None")
    assert registry.find("x.yaml", "q", ANYTHING) == Target(file="x.yaml")


def test_a_mapping_to_itself_ends():
    with pytest.raises(TemplateError, match="could not be found"):
        Registry({"A": "B", "B": "A"}).find("A", "r", lambda type: False)


@pytest.mark.parametrize("bad", [{"hooks": "pre-lunch"}, {"restricted_actions": ["destroy"]}])
def test_unknown_hooks_and_restrictions_are_refused(bad):
    with pytest.raises(TemplateError):
        Environment({"resource_registry": {"resources": {"r": bad}}})


def test_an_unknown_section_of_an_environment_is_refused():
    with pytest.raises(TemplateError, match="Did you mean `parameters`"):
        Environment.read("paramters: {a: 1}", "env.yaml")


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("net_cidr", "10.0.0.0/24", "10.0.0.0/40"), ("net_cidr", "fd00::/8", "fd00::"), ("ip_addr", "::1", "10.0.0.300"),
        ("mac_addr", "fa:16:3e:00:00:01", "fa:16:3e"), ("dns_name", "a-b.example", "-a"), ("dns_domain", "a.b.", "a.b"),
        ("rel_dns_name", "www", "www."), ("cron_expression", "*/5 0 * * mon", "61 * * * *"), ("timezone", "UTC", "Mars/Base"),
        ("json_string", "{}", "{"), ("iso_8601", "2020-01-01T00:00:00Z", "today"), ("ip_or_cidr", "10.0.0.1", "10.0.0"),
    ],
)  # fmt: skip
def test_custom_constraints_without_a_cloud(name, good, bad):
    assert CUSTOM[name](good) is None
    assert CUSTOM[name](bad) is not None


def test_the_validate_call_tells_the_environment_too():
    text = "heat_template_version: 2021-04-16\nparameters: {p: {type: string}}\n"
    found = shown(text, environment={"parameter_defaults": {"p": "x"}})
    assert found["Parameters"]["p"]["Default"] == "x" and found["Environment"]["parameter_defaults"] == {"p": "x"}
    assert Template.read(text).parameters([])["p"].required
