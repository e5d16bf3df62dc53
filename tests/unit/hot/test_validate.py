"""Validation tells everything at once, each with rule, line, column, quote and a remedy."""

import pytest

from kit.hot import TemplateError, find_type, inspect_template, lint, type_names

FAULTY = """heat_template_version: 2018-08-31
parameters:
  p: {type: strng}
conditions:
  c: {and: [true]}
resources:
  a: {type: OS::Heat::TestResource, properties: {valu: x, fail: perhaps}, depends_on: nobody}
  b: {type: OS::Nova::Servr}
  x: {type: OS::Heat::TestResource, properties: {value: {get_resource: y}}}
  y: {type: OS::Heat::TestResource, depends_on: x}
outputs:
  o: {value: {get_attr: [a, colour]}}
  q: {valu: 1}
"""


def test_all_faults_are_told_with_line_and_column():
    faults = inspect_template(FAULTY).faults
    found = {(fault.rule, fault.position.line) for fault in faults}
    assert {
        ("parameter-declaration", 3), ("function-arguments", 5), ("property-unknown", 7), ("property-kind", 7),
        ("reference", 7), ("unknown-type", 8), ("cycle", 9), ("function", 12), ("output", 13),
    } <= found  # fmt: skip


def test_the_first_fault_carries_the_others():
    with pytest.raises(TemplateError) as caught:
        inspect_template(FAULTY).raise_first()
    assert caught.value.code == "InvalidSchemaError" and len(caught.value.all) == len(inspect_template(FAULTY).faults)
    assert "more)" in str(caught.value)


def test_a_fault_has_a_quote_and_a_remedy():
    fault = next(each for each in inspect_template(FAULTY).faults if each.rule == "property-unknown")
    assert fault.quote.strip().startswith("a: {type") and fault.todo == "Did you mean `value`?"
    assert fault.position.column == FAULTY.splitlines()[6].index("valu:") + 1
    assert fault.to_dict()["path"] == "resources.a.properties"


def test_a_missing_parameter_value_is_not_judged_when_the_template_alone_is_looked_at():
    text = """heat_template_version: 2018-08-31
parameters: {n: {type: number}, q: {type: boolean}}
conditions: {c: {get_param: q}}
resources:
  a: {type: OS::Heat::RandomString, condition: c, properties: {length: {get_param: n}}}
  b: {type: OS::Heat::TestResource, properties: {value: {if: [c, {get_attr: [a, value]}, {get_attr: [a, nope]}]}}}
"""
    assert [fault.what for fault in inspect_template(text, need_values=False).faults] == [
        "The Referenced Attribute (a nope) is incorrect."
    ]


def test_faults_of_a_nested_file_are_told_in_that_file():
    child = (
        "heat_template_version: 2018-08-31\nresources:\n  inner: {type: OS::Heat::TestResource, properties: {zz: 1}}\n"
    )
    text = "heat_template_version: 2018-08-31\nresources: {n: {type: child.yaml}}\n"
    (fault,) = inspect_template(text, files={"child.yaml": child}).faults
    assert (fault.file, fault.position.line) == ("child.yaml", 3)
    assert fault.message == "Property error: resources.n<child.yaml>.resources.inner.properties: Unknown Property zz"


def test_a_template_that_holds_itself_is_refused():
    me = "heat_template_version: 2018-08-31\nresources: {n: {type: me.yaml}}\n"
    assert any("depth exceeds" in fault.what for fault in inspect_template(me, files={"me.yaml": me}).faults)


def test_the_fault_of_a_group_member_points_into_the_group():
    text = """heat_template_version: 2018-08-31
resources:
  g:
    type: OS::Heat::ResourceGroup
    properties:
      count: 2
      resource_def:
        type: OS::Heat::TestResource
        properties:
          zz: 1
"""
    (fault,) = inspect_template(text).faults
    assert fault.position.line == 10 and "resources.g<nested_stack>.resources[0]" in fault.message


def test_types_know_their_support_status():
    assert find_type("OS::Nova::Server").properties["flavor"].required
    assert find_type("OS::No::Such") is None
    names = list(type_names())
    assert len(names) > 150 and "OS::Senlin::Cluster" not in names and "OS::Senlin::Cluster" in list(type_names(True))


def test_what_is_no_template_is_one_finding():
    assert lint("a: [").rules == ["syntax"] and lint("a: 1").rules == ["syntax"]
    assert lint("heat_template_version: 2099-01-01").rules == ["version"]
