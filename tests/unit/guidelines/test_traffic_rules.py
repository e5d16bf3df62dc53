"""Each rule over traffic finds what breaks it, and leaves what does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from kit.guidelines import Findings, Session, all_rules, judge_traffic, make_session

CASES = yaml.safe_load((Path(__file__).parent / "rules_over_traffic.yaml").read_text())


def session(rows: list[Any]) -> Session:
    known = rows[0]["known"] if isinstance(rows[0], dict) else {}
    exchanges = []
    for asked, status, more in (row for row in rows if isinstance(row, list)):
        method, uri = asked.split(" ", 1)
        request = {"method": method, "uri": uri, "headers": more.get("sent", {}), "body": more.get("sends")}
        response = {"status": status, "headers": more.get("heads", {}), "body": more.get("body")}
        exchanges.append({"request": request, "response": response})
    return make_session(exchanges, known)


def judged(rows: list[Any]) -> Findings:
    return judge_traffic([session(rows if isinstance(rows[0], list | dict) else [rows])])


def cases(kind: str) -> list[Any]:
    return [pytest.param(rule, rows, id=f"{rule}-{n}") for rule, c in CASES.items() for n, rows in enumerate(c[kind])]


@pytest.mark.parametrize(("rule", "rows"), cases("wrong"))
def test_what_breaks_a_rule_is_found(rule: str, rows: list[Any]) -> None:
    assert rule in judged(rows).rules


@pytest.mark.parametrize(("rule", "rows"), cases("right"))
def test_what_keeps_a_rule_is_left(rule: str, rows: list[Any]) -> None:
    assert [str(found) for found in judged(rows) if found.rule == rule] == []


def test_every_rule_over_traffic_has_cases() -> None:
    assert {rule.id for rule in all_rules() if "traffic" in rule.sides} - set(CASES) == set()
