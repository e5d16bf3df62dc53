"""Each rule over descriptions finds what breaks it, and leaves what does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from kit.guidelines import all_rules, audit

CASES = yaml.safe_load((Path(__file__).parent / "rules_over_descriptions.yaml").read_text())


def document(paths: dict[str, Any]) -> dict[str, Any]:
    paths = dict(paths)
    top = paths.pop("top", {})
    return {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths, **top}


def cases(kind: str) -> list[Any]:
    return [pytest.param(rule, p, id=f"{rule}-{n}") for rule, c in CASES.items() for n, p in enumerate(c[kind])]


@pytest.mark.parametrize(("rule", "paths"), cases("wrong"))
def test_what_breaks_a_rule_is_found(rule: str, paths: dict[str, Any]) -> None:
    assert rule in audit(document(paths)).rules


@pytest.mark.parametrize(("rule", "paths"), cases("right"))
def test_what_keeps_a_rule_is_left(rule: str, paths: dict[str, Any]) -> None:
    assert [str(found) for found in audit(document(paths)) if found.rule == rule] == []


def test_every_rule_over_descriptions_has_cases() -> None:
    judged = {rule.id for rule in all_rules() if "description" in rule.sides}
    assert judged - set(CASES) <= {"ER-04"}  # ER-04 shows in examples only; see test_examples
