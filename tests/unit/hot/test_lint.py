"""Each trap is found where it is, and not where it is not; findings as text, JSON and SARIF."""

import pytest

from kit.hot import lint

HEAD = "heat_template_version: 2018-08-31\n"
PLAIN = HEAD + "resources: {a: {type: OS::Heat::TestResource, properties: {value: x}}}\n"
TRAPS = {
    "resources-empty": HEAD + "description: nothing\n",
    "description-kind": HEAD + "description:\n  resources: {}\n",
    "key-twice": PLAIN + "outputs: {o: {value: 1, value: 2}}\n",
    "function-newer": PLAIN.replace("2018-08-31", "2015-04-30") + "outputs: {o: {value: {str_split: [',', 'a,b']}}}\n",
    "function-misspelt": PLAIN + "outputs: {o: {value: {str_spilt: [',', 'a,b']}}}\n",
    "function-beside": PLAIN + "outputs: {o: {value: {get_resource: a, get_attr: [a, output]}}}\n",
    "name-kind": PLAIN + "outputs: {on: {value: 1}}\n",
    "parameter-unused": PLAIN + "parameters: {p: {type: string}}\n",
    "output-key-unknown": PLAIN + "outputs: {o: {value: 1, valu: 2}}\n",
    "output-error": PLAIN + "outputs: {o: {value: {get_param: nope}}}\n",
    "condition-unused": PLAIN + "conditions: {c: true}\n",
    "condition-wrong": PLAIN + "conditions: {c: {not: d}, d: {not: c}}\noutputs: {o: {value: 1}}\n",
    "depends-on-redundant": HEAD
    + "resources:\n  a: {type: OS::Heat::TestResource}\n"
    + "  b: {type: OS::Heat::TestResource, depends_on: a, properties: {value: {get_resource: a}}}\n",
    "property-default": PLAIN.replace("value: x", "value: test_string"),
    "percent-rounding": HEAD
    + "resources: {p: {type: OS::Heat::ScalingPolicy, properties: {auto_scaling_group_id: g, scaling_adjustment: 10, "
    + "adjustment_type: percent_change_in_capacity}}}\n",
    "comma-list-spaces": PLAIN
    + "parameters: {l: {type: comma_delimited_list, default: 'a, b'}}\noutputs: {o: {value: {get_param: l}}}\n",
    "version-extension": PLAIN.replace("2018-08-31", "kit-2015-05-18"),
    "type-support": HEAD + "resources: {c: {type: OS::Senlin::Cluster, properties: {profile: p}}}\n",
    "property-support": HEAD + "resources: {p: {type: OS::Neutron::Port, properties: {network_id: n}}}\n",
}


@pytest.mark.parametrize("rule", TRAPS)
def test_the_trap_is_found(rule):
    found = {finding.rule: finding for finding in lint(TRAPS[rule], name="t.yaml")}
    if rule == "condition-wrong":
        assert "condition-unused" not in found
        return
    assert rule in found, found
    assert found[rule].severity in ("warning", "note") and found[rule].position is not None
    assert str(found[rule]).startswith("t.yaml:")


def test_a_clean_template_has_no_findings():
    assert not lint(PLAIN) and repr(lint(PLAIN)) == "nothing found"


def test_a_function_name_as_plain_text_is_no_trap():
    text = PLAIN.replace("2018-08-31", "2013-05-23").replace("{value: x}", "{value: x}, metadata: {filter: name}")
    assert "function-newer" not in lint(text).rules


@pytest.mark.parametrize("data", ["{filters: x}", "{get_it: 1}", "{list_all: [a]}", "{user_name: x, password: y}"])
def test_maps_that_only_look_a_little_like_functions_are_no_traps(data):
    text = PLAIN.replace("{value: x}", f"{{value: x}}, metadata: {{m: {data}}}")
    assert not {"function-misspelt", "function-beside"} & set(lint(text).rules)


@pytest.mark.parametrize(
    ("text", "todo"),
    [
        ("heat_template_version: 2018-08-31\nresources:\n\ta: 1\n", "YAML takes no tabs"),
        (HEAD + "resources: {a: {type: {{ kind }} }}\n", "Two braces"),
        (
            "HeatTemplateFormatVersion: 2012-12-12\nResources: {}\nOutputs: {o: {Value: {get_attr: [a, b]}}}\n",
            "`Fn::GetAtt`",
        ),
    ],
)
def test_what_to_do_about_it_is_told(text, todo):
    assert any(todo in finding.todo for finding in lint(text))


def test_the_mapping_of_one_resource_that_spreads_is_told():
    text = PLAIN.replace("}}}\n", "}}, b: {type: OS::Heat::TestResource}}\n")
    environment = {"resource_registry": {"resources": {"a": {"OS::Heat::TestResource": "OS::Heat::None"}}}}
    assert "mapping-spreads" in lint(text, environment=environment).rules


def test_sarif_names_rule_file_line_and_level():
    run = lint(TRAPS["key-twice"], name="t.yaml").to_sarif()["runs"][0]
    (result,) = run["results"]
    assert result["ruleId"] == "key-twice" and result["level"] == "warning"
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "t.yaml" and place["region"]["startLine"] == 3
    assert run["tool"]["driver"]["rules"] == [{"id": "key-twice"}]


def test_findings_are_in_the_order_of_the_text_and_have_html():
    found = lint(TRAPS["function-newer"] + "parameters: {q: {type: strng}}\n")
    assert [finding.position.line for finding in found] == sorted(finding.position.line for finding in found)
    assert found.errors and "<code>parameter-declaration</code>" in found._repr_html_()
    assert all(f"<code>{word}</code>" in found._repr_html_() for word in ("str_split", "string"))
    assert {"rule", "severity", "line", "column", "quote", "todo", "path", "file", "message"} == set(found.to_dict()[0])


def test_an_unknown_resource_is_told_once_where_it_is_named():
    text = PLAIN.replace("value: x", "value: {list_join: [',', [{get_resource: b}]]}")
    assert [(each.rule, each.severity) for each in lint(text)] == [("reference", "error")]
