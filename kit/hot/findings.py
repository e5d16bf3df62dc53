"""What is wrong with a template, and what is legal but surely not meant: as text, data, SARIF and HTML."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from typing import Any

from kit import ink
from kit.hot.errors import Position, TemplateError, show_path

SEVERITIES = ("error", "warning", "note")
SARIF = "https://raw.githubusercontent.com/oasis-tcs/sarif-spec/main/sarif-2.1/schema/sarif-schema-2.1.0.json"
_SIGNS = {
    "error": ("✗", ink.tone("error")), "warning": ("!", ink.tone("warn")),
    "note": ("·", "var(--jp-ui-font-color2, inherit)"),
}  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """One thing found.

    Attributes
    ----------
    rule : str
        The id of the rule, such as `property-unknown`.
    severity : str
        `error`: Heat refuses it; `warning`: it works otherwise than it looks; `note`: worth knowing.
    message, todo : str
        What is found, and what to do.
    path : str
        The place inside the template.
    position : Position or None
        Line and column.
    quote : str
        The line.
    """

    rule: str
    severity: str
    message: str
    path: str = ""
    position: Position | None = None
    quote: str = ""
    todo: str = ""
    file: str = ""

    @classmethod
    def of(cls, error: TemplateError) -> Finding:
        """A fault as a finding."""
        return cls(
            error.rule, "error", error.what, show_path(error.anchor or error.path), error.position, error.quote,
            error.todo, error.file,
        )  # fmt: skip

    def __str__(self) -> str:
        spot = f":{self.position.line}:{self.position.column}" if self.position else ""
        lines = [f"{self.file or 'template'}{spot}: {self.severity}: {self.message} [{self.rule}]"]
        if self.quote.strip():
            lines.append(f"    {self.quote.strip()}")
        if self.todo:
            lines.append(f"    {self.todo}")
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """The finding as plain data."""
        return {
            "rule": self.rule, "severity": self.severity, "message": self.message, "path": self.path,
            "file": self.file or None, "line": self.position.line if self.position else None,
            "column": self.position.column if self.position else None, "quote": self.quote, "todo": self.todo,
        }  # fmt: skip


class Findings:
    """Findings in the order of the text, errors first on a line; empty is false."""

    def __init__(self, found: Iterable[Finding]) -> None:
        nowhere = Position(0, 0)
        self.list = sorted(found, key=lambda f: (f.file, f.position or nowhere, SEVERITIES.index(f.severity), f.rule))

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.list)

    def __len__(self) -> int:
        return len(self.list)

    def __getitem__(self, place: int) -> Finding:
        return self.list[place]

    @property
    def rules(self) -> list[str]:
        """The rules that found something, in order."""
        return [finding.rule for finding in self.list]

    @property
    def errors(self) -> list[Finding]:
        """What Heat refuses."""
        return [finding for finding in self.list if finding.severity == "error"]

    def to_dict(self) -> list[dict[str, Any]]:
        """All findings as plain data."""
        return [finding.to_dict() for finding in self.list]

    def to_sarif(self) -> dict[str, Any]:
        """All findings in SARIF 2.1.0, for code review tools."""
        rules = sorted(set(self.rules))
        return {
            "$schema": SARIF, "version": "2.1.0",
            "runs": [{
                "tool": {"driver": {"name": "kit stack lint", "rules": [{"id": rule} for rule in rules]}},
                "results": [_result(finding, rules) for finding in self.list],
            }],
        }  # fmt: skip

    def __repr__(self) -> str:
        return "\n".join(map(str, self.list)) or "nothing found"

    def _repr_html_(self) -> str:
        if not self.list:
            return "<p>✓ nothing found</p>"
        return f"<ul>{''.join(map(_item, self.list))}</ul>"


def _result(finding: Finding, rules: list[str]) -> dict[str, Any]:
    place: dict[str, Any] = {"artifactLocation": {"uri": finding.file or "template"}}
    if finding.position:
        place["region"] = {"startLine": finding.position.line, "startColumn": finding.position.column}
    text = f"{finding.message} {finding.todo}".strip()
    return {
        "ruleId": finding.rule, "ruleIndex": rules.index(finding.rule), "level": finding.severity,
        "message": {"text": text}, "locations": [{"physicalLocation": place}],
    }  # fmt: skip


def _item(finding: Finding) -> str:
    sign, colour = _SIGNS[finding.severity]
    spot = f"line {finding.position.line}: " if finding.position else ""
    mark = f'<span style="color:{colour}"><span aria-hidden="true">{sign}</span> {finding.severity}</span>'
    quoted = f"<pre>{escape(finding.quote.strip())}</pre>" if finding.quote.strip() else ""
    return f"<li>{mark} {spot}{_marked(finding.message)} <code>{escape(finding.rule)}</code>{quoted}{_marked(finding.todo)}</li>"


def _marked(text: str) -> str:
    """A sentence with what stands in backquotes as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))
