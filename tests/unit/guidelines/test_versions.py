"""Each rule over two versions finds what needed a new version, and leaves what did not."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from kit.guidelines import all_rules, diff
from kit.guidelines.errors import DescriptionError

# rule: before, after (operations of /ports, or of the paths given), whether the version was raised, what is said
WRONG: list[tuple[str, str, str, bool]] = [
    ("IO-01", "{}", "{/ports/{id}/logs: {get: {}}}", False),
    ("IO-01", "{/ports: {get: {}}}", "{/ports: {get: {}, post: {}}}", False),
    ("IO-02", "{/ports: {post: {responses: {200: {}}}}}", "{/ports: {post: {responses: {201: {}}}}}", False),
    ("IO-02", "{/ports: {get: {responses: {403: {}}}}}", "{/ports: {get: {responses: {400: {}}}}}", False),
    ("IO-03", "{/ports: {get: {parameters: [{in: header, name: A}]}}}", "{/ports: {get: {}}}", False),
    (
        "IO-03",
        "{/ports: {get: {responses: {200: {}}}}}",
        "{/ports: {get: {responses: {200: {headers: {ETag: {}}}}}}}",
        False,
    ),
    ("IO-04", "BODY {properties: {a: {}, b: {}}}", "BODY {properties: {a: {}}}", False),
    ("IO-04", "BODY {items: {properties: {a: {}}}}", "BODY {items: {properties: {a: {}, b: {}}}}", False),
    (
        "IO-05",
        "BODY {properties: {a: {type: integer}}}",
        "BODY {properties: {a: {type: [integer, string]}}}",
        False,
    ),
    ("IO-05", "BODY {properties: {a: {default: 1}}}", "BODY {properties: {a: {default: 2}}}", False),
    ("IO-06", "BODY {properties: {a: {maxLength: 9}}}", "BODY {properties: {a: {maxLength: 10}}}", False),
    ("IO-06", "BODY {properties: {a: {enum: [x, y]}}}", "BODY {properties: {a: {enum: [x]}}}", False),
    ("IO-06", "BODY {properties: {a: {}}}", "BODY {properties: {a: {}}, required: [a]}", False),
    ("IO-07", "MEDIA application/json", "MEDIA application/json application/xml", False),
    ("IO-10", "{/ports: {get: {responses: {200: {}}}}}", "{/ports: {get: {responses: {400: {}}}}}", True),
    ("IO-11", "{/ports: {get: {}}}", "{}", True),
    ("IO-11", "{/ports: {get: {}}}", "{}", False),
    ("IO-13", "{/ports: {get: {}}}", "{/ports: {get: {parameters: [{in: query, name: a}]}}}", False),
    ("ER-09", "ERROR [network.a, network.b]", "ERROR [network.a, network.c]", False),
    ("MV-01", "VERSION 2.9", "VERSION 2.8", True),
    ("MV-01", "VERSION 2.9", "VERSION 3.0", True),
]
RIGHT: list[tuple[str, str, str, bool]] = [
    *[
        case
        for case in ((rule, old, new, True) for rule, old, new, raised in WRONG if not raised)
        if case[0] != "IO-11"
    ],
    ("IO-01", "{/ports/{id}: {get: {}}}", "{/ports/{port_id}: {get: {}}}", False),
    ("IO-02", "{/ports: {get: {responses: {500: {}}}}}", "{/ports: {get: {responses: {400: {}}}}}", False),
    ("IO-02", "{/ports: {get: {responses: {500: {}}}}}", "{/ports: {get: {responses: {200: {}}}}}", False),
    (
        "IO-03",
        "{/ports: {get: {responses: {200: {}}}}}",
        "{/ports: {get: {responses: {200: {headers: {link: {}}}}}}}",
        False,
    ),
    ("IO-05", "BODY {properties: {a: {description: x}}}", "BODY {properties: {a: {description: y}}}", False),
    ("IO-10", "{/ports: {get: {responses: {200: {}}}}}", "{/ports: {get: {responses: {204: {}}}}}", True),
    ("MV-01", "VERSION 2.9", "VERSION 2.10", True),
]
FACTS: list[tuple[set[str], dict[str, Any], dict[str, Any], bool]] = [
    ({"ER-09"}, {"code": "network.quota"}, {"code": "network.over-quota"}, False),
    (set(), {"code": "network.quota"}, {"code": "network.over-quota"}, True),
    ({"IO-02"}, {"status": 200}, {"status": 202}, False),
    ({"IO-02", "IO-10"}, {"status": 200}, {"status": 400}, False),
    ({"IO-10"}, {"status": 200}, {"status": 400}, True),
    (set(), {"status": 500}, {"status": 400}, False),
    (set(), {"status_code": "503"}, {"status_code": "200"}, False),
    ({"IO-01"}, {"urls": ["/a"]}, {"urls": ["/a", "/b"]}, False),
    ({"IO-11"}, {"urls": ["/a", "/b"]}, {"urls": ["/a"]}, True),
    ({"IO-11", "IO-12"}, {"urls": ["/a", "/b"], "minimum": "2.1"}, {"urls": ["/a"], "minimum": "2.1"}, True),
    ({"IO-11"}, {"urls": ["/a", "/b"], "minimum": "2.1"}, {"urls": ["/a"], "minimum": "2.9"}, True),
    ({"IO-03"}, {"headers": ["A"]}, {"headers": []}, False),
    (set(), {"headers": []}, {"headers": ["Link"]}, False),
    ({"IO-04"}, {"members": ["a"]}, {"members": ["a", "b"]}, False),
    ({"IO-05"}, {"type": "string"}, {"type": "object"}, False),
    ({"IO-05"}, {"meaning": "percent"}, {"meaning": "seconds"}, False),
    ({"IO-06"}, {"values": ["a"]}, {"values": ["a", "b"]}, False),
    ({"IO-07"}, {"content_type": "application/json"}, {"content_type": "application/hal+json"}, False),
    ({"MV-01"}, {"version": "2.10"}, {"version": "2.9"}, True),
    ({"MV-01"}, {"version": "2.10"}, {"version": "3.0"}, True),
    ({"MV-01"}, {"max_version": "2.10"}, {"max_version": "2.10.1"}, True),
    (set(), {"version": "2.9"}, {"version": "2.10"}, True),
]


def document(text: str) -> dict[str, Any]:
    top: dict[str, Any] = {"openapi": "3.0.3", "info": {"title": "t", "version": "1"}}
    word, _, rest = text.partition(" ")
    post: dict[str, Any] = {}
    if word == "BODY":
        post = {"requestBody": {"content": {"application/json": {"schema": yaml.safe_load(rest)}}}}
    elif word == "MEDIA":
        post = {"responses": {"200": {"content": {name: {} for name in rest.split()}}}}
    elif word == "ERROR":
        items = {"properties": {"code": {"enum": yaml.safe_load(rest)}}}
        schema = {"properties": {"errors": {"type": "array", "items": items}}}
        post = {"responses": {"404": {"content": {"application/json": {"schema": schema}}}}}
    elif word == "VERSION":
        top["info"]["version"] = rest
    else:
        return top | {"paths": yaml.safe_load(text.replace("{id}", "ID").replace("{port_id}", "PORT"))} | {}
    return top | {"paths": {"/ports": {"post": post}}}


def with_variables(data: dict[str, Any]) -> dict[str, Any]:
    paths = {path.replace("ID", "{id}").replace("PORT", "{port_id}"): item for path, item in data["paths"].items()}
    return data | {"paths": paths}


@pytest.mark.parametrize(("rule", "before", "after", "raised"), WRONG)
def test_a_change_without_a_version_is_found(rule: str, before: str, after: str, raised: bool) -> None:
    found = diff(with_variables(document(before)), with_variables(document(after)), raised=raised)
    assert rule in found.rules


@pytest.mark.parametrize(("rule", "before", "after", "raised"), RIGHT)
def test_a_change_that_may_be_is_left(rule: str, before: str, after: str, raised: bool) -> None:
    found = diff(with_variables(document(before)), with_variables(document(after)), raised=raised)
    assert [str(each) for each in found if each.rule == rule] == []


@pytest.mark.parametrize(("rules", "before", "after", "raised"), FACTS)
def test_facts_are_judged_by_what_they_are_of(
    rules: set[str], before: dict[str, Any], after: dict[str, Any], raised: bool
) -> None:
    assert set(diff(before, after, raised=raised).rules) == rules


def test_a_security_fix_needs_no_version() -> None:
    before, after = document("{/ports: {get: {}}}"), document("{/ports: {get: {}}, /logs: {get: {}}}")
    assert diff(before, after).rules == ["IO-01"]
    assert diff(before, after, words="A grave security bug, backported.").rules == []


def test_the_version_is_read_from_the_document() -> None:
    before, after = document("{/ports: {get: {}}}"), document("{/ports: {get: {}}, /logs: {get: {}}}")
    before["info"]["version"], after["info"]["version"] = "2.9", "2.10"
    assert diff(before, after).rules == []


def test_a_schema_that_holds_itself_is_compared() -> None:
    node = {"properties": {"name": {"type": "string"}, "next": {"$ref": "#/components/schemas/Node"}}}
    before = document("BODY {$ref: '#/components/schemas/Node'}") | {"components": {"schemas": {"Node": node}}}
    other = {"properties": {**node["properties"], "color": {}}}
    after = document("BODY {$ref: '#/components/schemas/Node'}") | {"components": {"schemas": {"Node": other}}}
    assert [found.place for found in diff(before, after)] == ["/components/schemas/Node/properties/color"]


def test_a_note_beside_a_description_is_refused() -> None:
    with pytest.raises(DescriptionError, match="Only one"):
        diff({"status": 200}, document("{}"))


def test_every_rule_over_versions_has_cases() -> None:
    judged = {rule.id for rule in all_rules() if "versions" in rule.sides}
    assert judged <= {case[0] for case in WRONG} | set().union(*(case[0] for case in FACTS))
