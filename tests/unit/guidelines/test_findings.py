"""Findings as text, data, SARIF, JUnit and HTML; what a project decides for itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

import kit.guidelines as guidelines
from kit.guidelines import (
    Config,
    Excuse,
    Finding,
    all_rules,
    audit,
    baseline_text,
    find_rule,
    judge_traffic,
    make_session,
    read_config,
    render,
)
from kit.guidelines.errors import ConfigError, UnknownRule
from tests.unit.guidelines.sarif import SCHEMA

TEXT = """openapi: 3.1.0
info: {title: t, version: '1'}
paths:
  /ports:
    post:
      responses:
        '501': {description: "no <b>\\x1b[1m"}
        '422': {description: no}
  /port_ranges:
    get: {summary: List, responses: {}}
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "an api.yaml"
    found.write_text(TEXT)
    return found


def test_a_finding_says_rule_level_place_reason_and_remedy() -> None:
    found = next(f for f in audit(TEXT) if f.rule == "RC-18")
    assert (found.level, found.severity, found.place) == ("MUST", "error", "/paths/~1ports/post/responses/501")
    assert str(found).splitlines()[0] == "error: RC-18 MUST at /paths/~1ports/post/responses/501"
    assert found.fix == find_rule("RC-18").fix


def test_what_judgement_decides_is_advice_and_comes_last() -> None:
    found = audit({"openapi": "3.1.0", "paths": {"/port/{id}": {"get": {"responses": {"501": {}}}}}})
    assert [f.severity for f in found] == sorted((f.severity for f in found), key=["error", "warning", "advice"].index)
    assert {f.severity for f in found if f.rule == "NM-01"} == {"advice"}


def test_sarif_is_valid_and_knows_the_line(path: Path) -> None:
    data = json.loads(render(audit(path, where=str(path)), "sarif"))
    jsonschema.validate(data, SCHEMA, format_checker=jsonschema.FormatChecker())
    run = data["runs"][0]
    ids = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert all(ids[result["ruleIndex"]] == result["ruleId"] for result in run["results"])
    result = next(result for result in run["results"] if result["ruleId"] == "RC-18")
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 7}
    assert " " not in result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]


def test_junit_has_a_case_for_each_rule_and_advice_fails_none(path: Path) -> None:
    tree = ElementTree.fromstring(render(audit(path), "junit"))
    cases = {case.get("name", "").split()[0]: case for case in tree.iter("testcase")}
    assert cases["RC-18"].find("failure") is not None
    assert cases["DO-01"].find("failure") is None
    assert cases["DO-01"].find("system-out") is not None
    assert cases["RC-02"].find("*") is None
    suite = tree.find("testsuite")
    assert suite is not None
    assert int(suite.get("failures", "")) == len(tree.findall(".//failure"))


def test_signs_that_xml_lacks_do_not_break_it() -> None:
    session = make_session([{"request": {"method": "GET", "uri": "/a\x00\ud800"}, "response": {"status": 501}}])
    ElementTree.fromstring(render(judge_traffic([session]), "junit"))


def test_html_is_escaped_and_tells_severity_in_words() -> None:
    html = audit({"openapi": "3.1.0", "paths": {"/<b>X": {"get": {}}}})._repr_html_()
    assert "<b>" not in html
    assert "warning" in html
    assert 'scope="col"' in html
    assert "nothing found" in audit({"openapi": "3.1.0"})._repr_html_()
    assert "RC-01" in find_rule("rc-01")._repr_html_()


def test_the_same_in_traffic_is_told_once_with_its_count() -> None:
    row = {"request": {"method": "GET", "uri": "/ports/17"}, "response": {"status": 501}}
    other = {"request": {"method": "GET", "uri": "/ports/18"}, "response": {"status": 501}}
    found = [f for f in judge_traffic([make_session([row, other])]) if f.rule == "RC-18"]
    assert [f.times for f in found] == [2]
    assert "(2 times)" in str(found[0])


def test_a_baseline_leaves_only_what_is_new(tmp_path: Path, path: Path) -> None:
    known = tmp_path / "known.json"
    known.write_text(baseline_text(audit(path)))
    config = Config().with_baseline(known)
    assert not audit(path, config)
    path.write_text(TEXT.replace("'422'", "'413'"))
    new = audit(path, config)
    assert new.rules == ["RC-09"]
    assert "in the baseline" in new.summary


def test_a_configuration_turns_rules_off_and_changes_severities(tmp_path: Path) -> None:
    settings = tmp_path / "kit-api.yaml"
    settings.write_text(
        """
rules: {NM-*: off, RC-10: advice, DO-01: on}
exceptions:
  - {rule: RC-18, place: '/paths/~1ports/*', reason: old clients know it}
"""
    )
    found = audit(TEXT, read_config(settings))
    assert "NM-03" not in found.rules
    assert {f.severity for f in found if f.rule == "RC-10"} == {"advice"}
    assert "RC-18" not in found.rules
    assert found.excused == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("rules: {RC-99: off}", "RC-99"),
        ("rules: {RC-01: loud}", "loud"),
        ("rules: []", "no object"),
        ("exceptions: [{rule: RC-01}]", "reason"),
        ("exceptions: [{rule: RC-01, reason: ' '}]", "reason"),
        ("exceptions: {}", "no list"),
        ("baseline: 3", "no path"),
        ("baseline: none.json", "cannot be read"),
        ("colour: red", "colour"),
        ("a: [", "YAML"),
    ],
)
def test_a_wrong_configuration_is_refused(text: str, says: str, tmp_path: Path) -> None:
    settings = tmp_path / "kit-api.yaml"
    settings.write_text(text)
    with pytest.raises(ConfigError, match=says):
        read_config(settings)


def test_an_exception_covers_its_place_only() -> None:
    config = Config(excuses=(Excuse("RC-*", "why", "*/501"),))
    assert audit(TEXT, config).rules == [r for r in audit(TEXT).rules if r != "RC-18"]


def test_an_unknown_rule_is_met_with_a_near_one() -> None:
    assert find_rule("rc-1").id == "RC-01"
    with pytest.raises(UnknownRule, match="Perhaps RC-"):
        find_rule("RC-99")


def test_the_table_is_whole() -> None:
    rules = all_rules()
    assert len(rules) == 164
    assert all(rule.statement and (rule.fix or rule.level == "MAY") for rule in rules)
    data: dict[str, Any] = json.loads(
        (Path(__file__).parents[2] / "conformance/data/guidelines/guidelines.json").read_text()
    )
    assert [(rule.id, rule.level) for rule in rules] == [(row["id"], row["level"]) for row in data["rules"]]


def test_the_public_names_are_these() -> None:
    assert guidelines.__all__ == sorted(guidelines.__all__, key=lambda name: (name[0].islower(), name))
    assert all(hasattr(guidelines, name) for name in guidelines.__all__)


@pytest.mark.parametrize(
    ("place", "target"),
    [
        ("/paths/~1v2~1ports~1{id}/get/responses/501", "GET /v2/ports/{id}"),
        ("/paths/~1v2~1get/parameters/0", "* /v2/get"),
        ("/components/schemas/Port", ""),
        ("exchange 7: POST /v2/ports?fields=id: body", "POST /v2/ports"),
        ("exchange 7: GET http://host:9696/v2/ports: header Vary", "GET /v2/ports"),
    ],
)
def test_a_place_is_at_a_method_and_a_path(place: str, target: str) -> None:
    assert Finding("RC-01", "MUST", "error", place, "why", "fix").target == target


def test_an_exception_may_name_rules_and_methods_and_paths(tmp_path: Path) -> None:
    settings = tmp_path / "kit-api.yaml"
    settings.write_text(
        "exceptions:\n- {rule: [RC-18, RC-10], place: ['POST /ports', '* /x'], reason: old, source: 'https://x'}\n"
    )
    excuses = read_config(settings).excuses
    assert [(each.rule, each.place) for each in excuses] == [
        (rule, place) for rule in ("RC-18", "RC-10") for place in ("POST /ports", "* /x")
    ]
    assert excuses[0].source == "https://x"
    assert {"RC-10", "RC-18"} <= set(audit(TEXT).rules) - set(audit(TEXT, read_config(settings)).rules)
