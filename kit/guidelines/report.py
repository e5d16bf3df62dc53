"""Findings for other programs: JSON, SARIF 2.1.0, JUnit."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

from kit import __version__
from kit.guidelines.finding import Finding, Findings
from kit.guidelines.lines import line_numbers
from kit.guidelines.rule import RULES, SITE, all_rules

FORMATS = ("text", "json", "sarif", "junit")
_SARIF = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {"error": "error", "warning": "warning", "advice": "note"}
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(found: Findings, form: str = "text") -> str:
    """Findings in one of `FORMATS`, as text that can be written in UTF-8."""
    if form == "json":
        text = json.dumps(found.to_dict(), indent=1, ensure_ascii=False)
    elif form == "sarif":
        text = json.dumps(sarif(found), indent=1, ensure_ascii=False)
    else:
        text = junit(found) if form == "junit" else repr(found)
    return text.encode("utf-8", "replace").decode()


def sarif(found: Findings) -> dict[str, Any]:
    """Findings as SARIF 2.1.0, with the line of each pointer where the source is a file."""
    ids = found.rules
    index = {id: number for number, id in enumerate(ids)}
    lines = line_numbers(found.source, [finding.place for finding in found])
    return {
        "$schema": _SARIF,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "kit api",
                        "version": __version__,
                        "informationUri": f"{SITE}/",
                        "rules": [_descriptor(id) for id in ids],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [_result(finding, index, lines) for finding in found],
            }
        ],
    }


def _descriptor(id: str) -> dict[str, Any]:
    rule = RULES[id]
    text = f"{rule.statement} {rule.fix}".strip()
    return {
        "id": id,
        "shortDescription": {"text": rule.statement},
        "help": {"text": text},
        "helpUri": rule.url,
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {"level": rule.level, "document": rule.document},
    }


def _result(finding: Finding, index: dict[str, int], lines: dict[str, int]) -> dict[str, Any]:
    location: dict[str, Any] = {}
    if finding.source:
        location["physicalLocation"] = {"artifactLocation": {"uri": quote(finding.source, safe="/:@?=&%+,;~!$'()*#")}}
        if finding.place in lines:
            location["physicalLocation"]["region"] = {"startLine": lines[finding.place]}
    location["logicalLocations"] = [{"fullyQualifiedName": finding.place}]
    return {
        "ruleId": finding.rule,
        "ruleIndex": index[finding.rule],
        "level": _LEVELS[finding.severity],
        "message": {"text": f"{finding.why} {finding.fix}".strip()},
        "locations": [location],
        "partialFingerprints": {"kitApi/v1": finding.fingerprint},
        "occurrenceCount": finding.times,
    }


def junit(found: Findings) -> str:
    """Findings as JUnit XML: a test case for each rule a machine judges; advice fails none."""
    suites = ElementTree.Element("testsuites")
    judged = [rule for rule in all_rules() if rule.sides]
    by_rule: dict[str, list[Finding]] = {}
    for finding in found:
        by_rule.setdefault(finding.rule, []).append(finding)
    failed = sum(1 for group in by_rule.values() if any(f.severity != "advice" for f in group))
    suite = ElementTree.SubElement(
        suites, "testsuite", name=_xml(found.source or "api"), tests=str(len(judged)), failures=str(failed), errors="0"
    )
    for rule in judged:
        case = ElementTree.SubElement(suite, "testcase", classname=rule.document, name=f"{rule.id} {rule.statement}")
        group = by_rule.get(rule.id, [])
        grave = [finding for finding in group if finding.severity != "advice"]
        if grave:
            failure = ElementTree.SubElement(case, "failure", type=grave[0].severity, message=_xml(grave[0].why))
            failure.text = _xml("\n".join(map(str, grave)))
        advice = [finding for finding in group if finding.severity == "advice"]
        if advice:
            ElementTree.SubElement(case, "system-out").text = _xml("\n".join(map(str, advice)))
    ElementTree.indent(suites, " ")
    return ElementTree.tostring(suites, encoding="unicode", xml_declaration=True)


def _xml(text: str) -> str:
    return _NO_XML.sub("\N{REPLACEMENT CHARACTER}", text)


def source_name(path: Path) -> str:
    """A path as findings name it: from the working folder where it is below."""
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.as_posix()
