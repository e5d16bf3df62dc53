"""Cases against a policy, and the rules that none of them exercised."""

from __future__ import annotations

import json

import pytest

from kit.policy import SCHEMAS, Case, run_cases
from kit.policy.errors import StatementError

POLICY = """
open(g) :- neutronv2:security_group_rules(security_group_id=g, port_range_min=low, port_range_max=high),
           lteq(low, 80), gteq(high, 80)
open(g) :- neutronv2:security_group_rules(security_group_id=g, protocol="any")
error(p) :- neutronv2:security_group_port_bindings(port_id=p, security_group_id=g), open(g)
other(p) :- neutronv2:ports(id=p)
"""


def bound(low: int, high: int) -> dict[str, list[dict[str, object]]]:
    return {
        "neutronv2:security_group_rules": [
            {"security_group_id": "g", "protocol": "tcp", "port_range_min": low, "port_range_max": high}
        ],
        "neutronv2:security_group_port_bindings": [{"port_id": "p", "security_group_id": "g"}],
        "neutronv2:ports": [{"id": "p"}],
    }


def test_cases_pass_and_idle_rules_are_named() -> None:
    report = run_cases(
        POLICY,
        [
            Case("a wide range is found", bound(1, 1024), "error(x)", present=[("p",)]),
            Case("another port is fine", bound(22, 22), "error", absent=[("p",)], only=[]),
        ],
        schemas=SCHEMAS,
    )
    report.raise_for_failures()
    assert report.passed
    assert [rule.position.line for rule in report.idle] == [4, 6]
    assert report.coverage == 0.5
    assert repr(report).splitlines() == [
        "passed: a wide range is found",
        "passed: another port is fine",
        'no case exercises line 4: open(g) :- neutronv2:security_group_rules(security_group_id=g, protocol="any")',
        "no case exercises line 6: other(p) :- neutronv2:ports(id=p)",
        "2 passed, 0 failed; 2 of 4 rules exercised",
    ]


def test_a_missing_row_says_why() -> None:
    report = run_cases(POLICY, [Case("found", bound(8080, 8080), "error(x)", present=[("p",)])], schemas=SCHEMAS)
    text = repr(report)
    assert 'expected error("p"), but it is missing' in text
    assert "got: no rows" in text
    assert "fails: lteq(8080, 80)" in text
    with pytest.raises(AssertionError, match="FAILED: found"):
        report.raise_for_failures()


@pytest.mark.parametrize("wrong", [{"absent": [("p",)]}, {"only": []}])
def test_an_extra_row_shows_its_proof(wrong: dict[str, list[tuple[str, ...]]]) -> None:
    report = run_cases(POLICY, [Case("none", bound(80, 80), "error(x)", **wrong)], schemas=SCHEMAS)  # type: ignore[arg-type]
    text = repr(report)
    assert 'expected no error("p"), but it holds, because' in text
    assert "gteq(80, 80)" in text


def test_a_mistyped_column_or_table_fails_the_case_with_a_hint() -> None:
    cases = [
        Case("column", {"neutronv2:ports": [{"idd": "p"}]}, "error"),
        Case("query", {}, "eror"),
        Case("width", {"neutronv2:ports": [("p",)]}, "error"),
        Case("columns unknown", {"elsewhere:things": [{"a": 1}]}, "error"),
    ]
    text = repr(run_cases(POLICY, cases, schemas=SCHEMAS))
    for part in (
        "Did you mean `id`?",
        "Did you mean `error`?",
        "has 1 values where 9 are wanted",
        "Give its rows by position",
    ):
        assert part in text


def test_tables_without_a_schema_go_by_position_and_the_policy_s_own_are_replaced() -> None:
    policy = "limit(3) big(x) :- data:size(x, n), limit(m), gt(n, m) many(count(x)) :- big(x)"
    tables = {"data:size": [("a", 2), ("b", 9)]}
    report = run_cases(
        policy,
        [
            Case("own limit", tables, "big(x)", only=[("b",)]),
            Case("other limit", {**tables, "limit": [(1,)]}, "big(x)", only=[("a",), ("b",)]),
            Case("counted", tables, "many(n)", only=[(1,)]),
            Case("a float is no integer", tables, "many(n)", absent=[(1.0,)]),
        ],
    )
    report.raise_for_failures()
    assert report.idle == []


def test_a_recursive_policy_can_be_tested() -> None:
    policy = "r(x, y) :- net:e(x, y) r(x, y) :- net:e(x, z), r(z, y)"
    case = Case("far", {"net:e": [(1, 2), (2, 3)]}, "r(1, y)", only=[(1, 2), (1, 3)])
    run_cases(policy, [case], kind="recursive").raise_for_failures()


def test_a_wrong_policy_is_an_error_and_no_case_is_no_coverage() -> None:
    with pytest.raises(StatementError):
        run_cases("q(x) :- p(y)", [])
    assert run_cases("q(x) :- p(x)", []).coverage == 0.0


def test_a_report_tells_itself_as_data_and_html() -> None:
    report = run_cases(POLICY, [Case("<none>", bound(80, 80), "error(x)", only=[])], schemas=SCHEMAS)
    data = json.loads(json.dumps(report.to_dict()))
    assert (data["passed"], data["rules"], len(data["idle"])) == (False, 4, 2)
    html = report._repr_html_()
    assert "failed" in html and "no case exercises" in html and "&lt;none&gt;" in html
