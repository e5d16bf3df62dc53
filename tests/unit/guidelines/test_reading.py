"""Documents that cannot be read end in a clear error, quickly; those that can are read whatever their spelling."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kit.errors import GuidelineError
from kit.guidelines import audit, diff, judge_traffic, load, make_session, read_har, recorded
from kit.guidelines.errors import DescriptionError, EndlessReference, MissingReference, TooLarge, TrafficError

TOP = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}}


def document(schema: Any, **more: Any) -> dict[str, Any]:
    body = {"content": {"application/json": {"schema": schema}}}
    return TOP | {"paths": {"/ports": {"get": {"responses": {"200": body}}, "post": {"requestBody": body}}}} | more


@pytest.mark.parametrize(
    ("text", "error", "says"),
    [
        ("{", DescriptionError, "not YAML"),
        ('{"openapi": "3.1.0",}', DescriptionError, "not JSON"),
        ("a: [", DescriptionError, "not YAML"),
        ("[]", DescriptionError, "no object"),
        ("", DescriptionError, "no object"),
        ("swagger: '2.0'", DescriptionError, "Swagger 2"),
        ("openapi: 4.0.0", DescriptionError, "openapi: 4.0.0"),
        ("title: x", DescriptionError, "no `openapi`"),
        ("openapi: 3.0.0\npaths: []", DescriptionError, "`paths`"),
        ("\0", DescriptionError, "YAML"),
        ("[" * 100_000, TooLarge, "deep"),
    ],
)
def test_a_broken_document_is_named(text: str, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        load(text, "api.yaml")


def test_the_line_of_a_mistake_is_told(tmp_path: Path) -> None:
    path = tmp_path / "api.yaml"
    path.write_text("openapi: 3.1.0\npaths:\n  - a: b\n c\n")
    with pytest.raises(DescriptionError) as caught:
        load(path)
    assert caught.value.where.startswith(f"{path}:4")


def test_an_endless_reference_is_told_with_its_chain() -> None:
    parts = {"A": {"$ref": "#/components/schemas/B"}, "B": {"$ref": "#/components/schemas/A"}}
    with pytest.raises(EndlessReference, match=r"schemas/B -> .*schemas/A"):
        audit(document({"$ref": "#/components/schemas/A"}, components={"schemas": parts}))


def test_a_schema_that_holds_itself_is_no_endless_reference() -> None:
    tree = {"properties": {"subTrees": {"items": {"$ref": "#/components/schemas/Tree"}}}}
    found = audit(document({"$ref": "#/components/schemas/Tree"}, components={"schemas": {"Tree": tree}}))
    assert "NM-04" in found.rules


@pytest.mark.parametrize("reference", ["#/components/schemas/None", "other.yaml#/A", "#/paths/~1ports/get/9"])
def test_a_reference_that_leads_nowhere_is_told_with_its_place(reference: str) -> None:
    with pytest.raises(MissingReference) as caught:
        audit(document({"$ref": reference}))
    assert "/paths/~1ports" in str(caught.value)


def test_a_shared_definition_is_found_once_where_it_stands() -> None:
    parts = {"schemas": {"Port": {"properties": {"portName": {}}, "additionalProperties": False}}}
    found = [f for f in audit(document({"$ref": "#/components/schemas/Port"}, components=parts)) if f.rule == "NM-04"]
    assert [f.place for f in found] == ["/components/schemas/Port/properties/portName"]


def test_a_huge_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.yaml"
    with path.open("wb") as file:
        file.truncate(10_000_000_000)
    with pytest.raises(TooLarge, match="10,000,000,000"):
        load(path)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no such device")
def test_a_file_without_end_is_refused() -> None:
    with pytest.raises(TooLarge):
        load(Path("/dev/zero"))


def test_a_laughing_document_is_read_without_writing_it_out() -> None:
    lines = ["a0: &a0 {type: string}"]
    lines += [f"a{n}: &a{n} {{allOf: [{', '.join([f'*a{n - 1}'] * 9)}]}}" for n in range(1, 30)]
    schema = "{get: {responses: {'200': {content: {application/json: {schema: *a29}}}}}}"
    text = "openapi: 3.1.0\nx-parts:\n  " + "\n  ".join(lines) + f"\npaths:\n  /ports: {schema}\n"
    audit(text)  # 9 ** 29 schemas, were they written out


def test_numbers_as_codes_and_dates_as_text_are_read() -> None:
    text = """
openapi: 3.0.3
paths:
  /ports:
    post:
      responses:
        201: {description: made, headers: {Location: {}}}
        501: {description: no}
    get:
      responses:
        200:
          content: {application/json: {schema: {properties: {on: {type: boolean}, created_at: {example: 2024-01-01}}}}}
"""
    found = audit(text)
    assert "RC-18" in found.rules
    assert "RC-02" not in found.rules
    assert "TI-01" not in found.rules


@pytest.mark.parametrize(
    "data", [{}, {"log": {}}, {"log": {"entries": [{"request": {}}]}}, [], {"log": {"entries": [3]}}]
)
def test_what_is_no_har_is_refused(data: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.har"
    path.write_text(json.dumps(data))
    with pytest.raises(TrafficError):
        read_har(path)


def test_a_har_is_judged_by_host_and_without_what_a_page_loads(tmp_path: Path) -> None:
    def entry(url: str, kind: str, text: str) -> dict[str, Any]:
        request = {"method": "GET", "url": url, "headers": [{"name": ":path", "value": "/"}]}
        content = {"mimeType": kind, "text": text}
        return {"request": request, "response": {"status": 200, "headers": [], "content": content}}

    entries = [
        entry("http://a/ports", "application/json", "[]"),
        entry("http://b/ports", "application/json", '{"ports": []}'),
        entry("http://a/x.js", "application/javascript", ""),
        {"request": {"method": "GET", "url": "http://a/"}, "response": {"status": 0}},
    ]
    path = tmp_path / "a.har"
    path.write_text(json.dumps({"log": {"entries": entries}}))
    sessions = read_har(path)
    assert [len(session.exchanges) for session in sessions] == [1, 1]
    assert [f.place for f in judge_traffic(sessions) if f.rule == "RS-01"] == ["exchange 1: GET http://a/ports: body"]


@pytest.mark.parametrize("row", [3, {}, {"request": {}}, {"request": {"method": "GET", "uri": "/"}, "response": {}}])
def test_an_exchange_of_another_form_is_refused(row: Any) -> None:
    with pytest.raises(TrafficError):
        make_session([row])


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 600)
    | st.text(max_size=6)
    | st.sampled_from(["a", "object", "#/paths"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=12,
)
CASES = [
    json.loads(line)
    for line in (Path(__file__).parents[2] / "conformance/data/guidelines/cases.jsonl").read_text().splitlines()
]
OPENAPI = [case["input"] for case in CASES if case["kind"] == "openapi"]
EXCHANGES = [case["input"] for case in CASES if case["kind"] == "exchange"]
MANY = settings(
    max_examples=int(os.environ.get("KIT_FUZZ", "150")), deadline=None, suppress_health_check=list(HealthCheck)
)


def mutated(data: Any, draw: Any) -> Any:
    """The data with one part put in another's place, dropped, or made something else."""
    places: list[tuple[Any, Any]] = []
    stack = [data]
    while stack:
        node = stack.pop()
        keys = list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
        for key in keys:
            places.append((node, key))
            stack.append(node[key])
    if not places:
        return data
    owner, key = draw(st.sampled_from(places))
    other, name = draw(st.sampled_from(places))
    what = draw(st.sampled_from(["swap", "drop", "odd", "loop", "rename"]))
    if what == "drop":
        del owner[key]
    elif what == "odd":
        owner[key] = draw(json_values)
    elif what == "loop":
        owner[key] = {"$ref": draw(st.sampled_from(["#", "#/paths", "#/paths/~1widgets", "#/nowhere", "x"]))}
    elif what == "rename" and isinstance(owner, dict):
        owner[draw(st.sampled_from(["items", "allOf", "properties", "links", "tags", "metadata", "errors"]))] = (
            owner.pop(key)
        )
    else:
        owner[key] = json.loads(json.dumps(other[name]))
    return data


@MANY
@given(st.data())
def test_any_mutation_of_a_description_gives_findings_or_our_error(data: st.DataObject) -> None:
    found = json.loads(json.dumps(data.draw(st.sampled_from(OPENAPI))))
    for _ in range(data.draw(st.integers(1, 4))):
        mutated(found, data.draw)
    try:
        repr(audit(found))
        repr(diff(found, data.draw(st.sampled_from(OPENAPI))))
    except GuidelineError:
        pass


@MANY
@given(st.data())
def test_any_mutation_of_traffic_gives_findings_or_our_error(data: st.DataObject) -> None:
    found = json.loads(json.dumps(data.draw(st.sampled_from(EXCHANGES))))
    for _ in range(data.draw(st.integers(1, 4))):
        mutated(found, data.draw)
    with contextlib.suppress(GuidelineError):
        repr(judge_traffic([make_session(found.get("exchanges", []), found.get("context"))]))


@MANY
@given(st.one_of(st.text(max_size=200), json_values.map(json.dumps)))
def test_any_text_gives_findings_or_our_error(text: str) -> None:
    with contextlib.suppress(GuidelineError):
        audit(text)


@MANY
@given(json_values, json_values)
def test_any_paths_and_facts_give_findings_or_our_error(paths: Any, other: Any) -> None:
    for run in (lambda: audit(TOP | {"paths": paths}), lambda: diff({"a": paths}, {"a": other, "status": paths})):
        with contextlib.suppress(GuidelineError):
            run()


def test_a_record_is_judged_by_service_and_below_its_endpoint() -> None:
    def row(service: str, path: str) -> dict[str, Any]:
        return {"service": service, "method": "GET", "path": path, "status": 200, "response_body": '{"ports": []}'}

    rows = [row("compute", "/compute/v2.1/servers/detail"), row("placement", "/placement/resource_providers/1")]
    sessions = recorded(rows)
    assert [session.exchanges[0].parts for session in sessions] == [["servers", "detail"], ["resource_providers", "1"]]
    assert {"UR-03", "NM-03"} <= set(judge_traffic(sessions).rules)
