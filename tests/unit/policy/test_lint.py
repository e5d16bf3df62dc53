"""What is legal but surely wrong."""

from __future__ import annotations

import json

import pytest

from kit.policy import SCHEMAS, Engine, Findings

from .state import state
from .summit import CONNECTED, SUMMIT

# Policies of ours with the mistakes that four of Congress's library policies ship with.
WRONG_POLICIES = {
    "everything open is never found: `_` twice": (
        """
        forbidden("ingress", "tcp", 22)
        exposed(group, rule) :-
            neutronv2:security_group_rules(security_group_id=group, id=rule, direction=way, protocol=kind,
                                           port_range_min=low, port_range_max=high),
            forbidden(way, kind, port), lteq(low, port), lteq(port, high)
        exposed(group, rule) :-
            neutronv2:security_group_rules(security_group_id=group, id=rule, direction=way, protocol="None",
                                           port_range_min="None", port_range_max="None"),
            forbidden(way, _, _)
        """,
        [("repeated-anything", 10)],
    ),
    "encrypted volumes are reported too: `False` is a variable": (
        """
        plain_disk(vm, name, disk) :-
            nova:servers(id=vm, name=name),
            cinder:attachments(server_id=vm, volume_id=disk),
            cinder:volumes(id=disk, encrypted=False)
        """,
        [("constant-like", 5)],
    ),
    "name and id are swapped": (
        """
        stray(vm, owner_id, net_id) :-
            neutronv2:ports(device_id=vm, network_id=net_id),
            nova:servers(id=vm, tenant_id=owner_id)
        warning(vm, owner_name, owner_id) :-
            stray(vm, owner_id, _),
            keystonev3:projects(id=owner_name, name=owner_id)
        """,
        [("swapped-columns", 7)],
    ),
    "servers and images are not joined": (
        """
        allowed_tag("signed")
        tagged(image) :- glancev2:tags(image_id=image, tag=tag), allowed_tag(tag)
        untagged(image) :- glancev2:images(id=image), not tagged(image)
        bad_server(vm, name) :-
            nova:servers(id=vm, name=name),
            untagged(image_id)
        """,
        [("cross-product", 7), ("single-use", 7)],
    ),
}


def engine() -> Engine:
    made = Engine()
    for name, schema in SCHEMAS.items():
        made.create(name, "datasource", schema=schema)
    return made


@pytest.mark.parametrize("name", WRONG_POLICIES)
def test_the_mistakes_of_library_policies_are_found(name: str) -> None:
    text, expected = WRONG_POLICIES[name]
    made = engine()
    assert made.check(text) == []
    assert [(found.code, found.position.line) for found in made.lint(text)] == expected


def test_the_summit_s_policy_is_clean() -> None:
    assert list(engine().lint(CONNECTED + ";" + SUMMIT)) == []


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("q(x) :- nova:servers(x, _x, _x)", ["repeated-anything"]),
        ("q(x) :- nova:servers(x, _, status=_)", ["repeated-anything"]),
        ("q(x) :- nova:servers(id=x, name=_)", []),
        ("q(x) :- nova:servers(id=x, status=ACTIVE)", ["constant-like"]),
        ("q(x, None) :- nova:servers(id=x, name=None)", ["constant-like"]),
        ("q(x) :- nova:servers(id=x, name=name)", ["single-use"]),
        ("q(x) :- nova:servers(id=x, tenant_id=y), neutronv2:ports(device_id=z, tenant_id=w)", ["single-use"] * 3),
        ("q(x, y) :- nova:servers(id=x), nova:flavors(id=y)", ["cross-product"]),
        ("q(x, y) :- nova:servers(id=x, name=a), nova:flavors(id=y, name=b), equal(a, b)", []),
        ("ok(1, 2) q(x, y) :- nova:servers(id=x), nova:flavors(id=y), not ok(x, y)", []),
        ('q(x) :- nova:servers(id=x), nova:flavors(name="tiny")', []),
        ("on() q(x) :- nova:servers(id=x), on()", []),
        ("q(x) :- nova:sevrers(x)", ["unknown-table"]),
        ("q(x) :- nvoa:servers(x)", ["unknown-policy"]),
        ("q(x) :- helper(x)", ["unknown-table"]),
        ("q(x) :- nova:servers(id=x), not helper(x)", ["unknown-table"]),
        ("r(x) :- nova:servers(id=x), false q(x) :- r(x)", ["never-rows"]),
        ("q(x) :- nova:servers(id=x), not nova:servers(id=x)", ["never-true"]),
        ("q(x) :- nova:servers(id=x), lt(2, 1)", ["never-true"]),
        ("q(x) :- nova:servers(id=x), not lt(2, 1)", []),
        (
            "a(id, name) :- nova:servers(id=id, name=name) b(id) :- a(name, id), nova:flavors(id=name)",
            ["swapped-columns"],
        ),
        ("q(x) :- nova:servers(id=x), plus(1, 1, 2)", []),
        ("execute[nova:servers.pause(x)] :- nova:servers(id=x)", []),
        ("per(h, count(s)) :- nova:servers(id=s, host_name=h)", []),
    ],
)
def test_checks(text: str, codes: list[str]) -> None:
    found = engine().lint(text).codes
    assert sorted(code for code in found if code != "cross-product" or "cross-product" in codes) == sorted(codes)


def test_a_near_name_is_offered_for_a_variable_that_stands_once() -> None:
    (found,) = [f for f in engine().lint("q(group) :- nova:servers(id=group, name=grup)") if f.code == "single-use"]
    assert "Did you mean `group`?" in found.todo


def test_a_table_that_a_recursion_never_fills_can_have_no_rows() -> None:
    made = engine()
    made.policies["classification"].kind = "recursive"
    assert made.lint("r(x, y) :- r(x, z), r(z, y)").codes == ["never-rows", "never-rows"]


def test_the_rules_of_a_policy_are_looked_at_without_a_text() -> None:
    made = engine()
    made.insert("q(x) :- nova:servers(id=x, status=ACTIVE)")
    assert made.lint().codes == ["constant-like"]


def test_a_text_is_looked_at_with_the_rules_that_are_there() -> None:
    made = engine()
    made.insert("helper(x) :- nova:servers(id=x)")
    before = state(made)
    assert made.lint("q(x) :- helper(x)").codes == []
    assert made.lint("what is( this").codes == []
    assert state(made) == before


def test_findings_tell_themselves_as_text_data_and_html() -> None:
    found = engine().lint("q(x) :- nova:servers(id=x),\n        nova:sevrers(x)")
    assert repr(found).splitlines() == [
        "line 2, column 9: No fact, rule or schema tells of `nova:sevrers`, so `nova:sevrers(x)` never holds. [unknown-table]",
        "    Did you mean `nova:servers`?",
    ]
    (data,) = json.loads(json.dumps(found.to_dict()))
    assert (data["code"], data["line"], data["column"], data["literal"]) == ("unknown-table", 2, 9, "nova:sevrers(x)")
    assert data["rule"].startswith("q(x) :- ")
    assert "unknown-table" in found._repr_html_() and "var(--jp-" in found._repr_html_()
    assert "never holds." in found._repr_html_() and "`" not in found._repr_html_()
    assert repr(Findings([])) == "nothing found" and not Findings([])
