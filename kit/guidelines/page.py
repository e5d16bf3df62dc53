"""Findings and rules as HTML for the notebook, coloured by the theme, each colour beside a word and a sign."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from kit import ink

if TYPE_CHECKING:
    from kit.guidelines.finding import Finding, Findings
    from kit.guidelines.rule import Rule

_TONES = {
    "error": ("✗", ink.tone("error")),
    "warning": ("!", ink.tone("warn")),
    "advice": ("·", "var(--jp-content-font-color2, inherit)"),
    "good": ("✓", ink.tone("success")),
}
_SHOWN = 500


def label(word: str, tone: str) -> str:
    """A word with the sign and the colour of its tone."""
    sign, colour = _TONES[tone]
    return f'<span style="color:{colour}"><span aria-hidden="true">{sign}</span> {escape(word)}</span>'


def _code(text: str) -> str:
    return f'<code style="white-space:pre-wrap;overflow-wrap:anywhere">{escape(text)}</code>'


def _row(cells: Sequence[str], tag: str = "td") -> str:
    style = 'style="text-align:left;vertical-align:top"'
    scope = ' scope="col"' if tag == "th" else ""
    return "<tr>" + "".join(f"<{tag} {style}{scope}>{cell}</{tag}>" for cell in cells) + "</tr>"


def findings_page(found: Findings) -> str:
    """A table of findings, the gravest first."""
    title = escape(f"{found.source}: {found.summary}" if found.source else found.summary)
    if not found:
        return f"<p>{label(found.summary, 'good')}</p>"
    rows = [_finding(finding) for finding in found.list[:_SHOWN]]
    more = len(found) - _SHOWN
    rest = f"<p>{more} more are not shown.</p>" if more > 0 else ""
    head = _row(("Severity", "Rule", "Place", "Why, and what to do"), "th")
    return f"<table><caption>{title}</caption><thead>{head}</thead><tbody>{''.join(rows)}</tbody></table>{rest}"


def _finding(finding: Finding) -> str:
    from kit.guidelines.rule import RULES

    rule = RULES[finding.rule]
    link = f'<a href="{escape(rule.url)}" title="{escape(rule.statement)}">{escape(finding.rule)}</a> {finding.level}'
    often = f" ({finding.times} times)" if finding.times > 1 else ""
    why = f"{escape(finding.why)}{often}<br>{escape(finding.fix)}"
    return _row((label(finding.severity, finding.severity), link, _code(finding.place), why))


def rule_page(rule: Rule) -> str:
    """One rule."""
    judged = ", ".join(rule.sides) or "people"
    link = f'<a href="{escape(rule.url)}">{escape(rule.document)}</a>'
    return (
        f"<p><strong>{escape(rule.id)}</strong> {rule.level} ({link}; judged by {judged})<br>"
        f"{escape(rule.statement)}<br>{escape(rule.fix)}</p>"
    )
