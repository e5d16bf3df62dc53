"""The audit panel: what it finds in a pasted description, by rule, by place and by level, and what it says of a broken one."""

from pathlib import Path

import pytest

from kit.views import ApiAudit

LAB = Path(__file__).parents[3] / "labs" / "04-api-guidelines"


@pytest.fixture
def panel():
    return ApiAudit({name: (LAB / f"{name}.yaml").read_text() for name in ("sample", "mended")})


def keys(panel):
    return [key for _, key in panel.list.options]


def test_the_first_sample_is_judged_at_once(panel):
    assert "5 operations judged" in panel.summary.value and "8 errors" in panel.summary.value
    assert {"RC-04", "UR-02", "NM-02"} <= set(keys(panel))
    assert panel.list.options[0][0].startswith("✗1")


def test_a_chosen_rule_tells_statement_source_remedy_and_line(panel):
    panel.list.value = "RC-09"
    line = 1 + next(n for n, text in enumerate(panel.text.value.splitlines()) if '"413"' in text)
    for part in ("Over quota is 403", "Answer 403.", "response-codes.html", f"line {line}, ", "POST /backups", "▶"):
        assert part in panel.detail.value


def test_by_place_the_findings_of_one_operation_stand_together(panel):
    panel.group.value = "place"
    assert "POST /backups" in keys(panel) and "RC-09" not in keys(panel)
    panel.list.value = "POST /backups"
    assert all(rule in panel.detail.value for rule in ("RC-04", "RC-09", "RC-10", "RC-13"))


def test_a_level_hides_what_is_less_grave(panel):
    assert {"CA-01", "NM-02"} <= set(keys(panel))
    panel.level.value = "warning"
    assert "CA-01" not in keys(panel) and "NM-02" in keys(panel)
    panel.level.value = "error"
    assert "NM-02" not in keys(panel) and "RC-09" in keys(panel)


def test_another_sample_and_a_pasted_text_are_judged(panel):
    panel.sample.value = "mended"
    assert "nothing found" in panel.summary.value and keys(panel) == [] and panel.detail.value == ""
    panel.text.value = '{"openapi": "3.1.0", "paths": {"/Things": {"get": {"responses": {}}}}}'
    assert "NM-02" in keys(panel)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("paths: [", "YAML"),
        ("hello", "no object"),
        ("swagger: '2.0'", "Convert it"),
        ("openapi: 3.1.0\npaths: {/a: {$ref: '#/paths/~1a'}}", "has no end"),
        ("openapi: 3.1.0\npaths: {/a: {get: {$ref: '#/<b>'}}}", "#/&lt;b&gt; leads nowhere"),
    ],
)
def test_a_broken_document_is_told_and_nothing_else_is_shown(panel, text, says):
    panel.text.value = text
    assert "It cannot be judged" in panel.summary.value and says in panel.summary.value
    assert keys(panel) == [] and panel.detail.value == ""


def test_a_sample_can_be_chosen_again_after_it_was_edited(panel):
    first = panel.sample.options[0]
    panel.text.value = "openapi: 3.1.0"
    assert panel.sample.value is None and panel.text.value == "openapi: 3.1.0"
    panel.sample.value = first
    assert panel.text.value == panel.samples[first]
