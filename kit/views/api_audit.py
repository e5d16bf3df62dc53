"""The audit panel: paste a description, see what breaks the API guidelines, by rule or by place, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from html import escape

import ipywidgets as widgets

from kit.errors import GuidelineError
from kit.guidelines import Finding, Findings, audit, find_rule
from kit.guidelines.lines import lines_in
from kit.guidelines.page import label
from kit.views.parts import row, section, title

LEVELS = {"errors": "error", "and warnings": "warning", "and advice": "advice"}
GROUPS = {"by rule": "rule", "by place": "place"}
SIGNS = {"error": "✗", "warning": "!", "advice": "·"}
SHOWN = 40  # places of one rule
AROUND = 3  # lines of the description around a place
_LINK = "color:var(--jp-content-link-color, inherit);text-decoration:underline"
_BOX = "border:1px solid var(--jp-border-color1, #8888);border-radius:6px;padding:.4em .8em;margin:.3em 0"
_CODE = "white-space:pre;overflow-x:auto;margin:.3em 0;font:13px/1.35 var(--jp-code-font-family, monospace)"


STYLE = (
    "<style>.kit-code textarea, .kit-code select {font-family: var(--jp-code-font-family, monospace); font-size: 13px}"
    " .kit-code textarea {white-space: pre; overflow-x: auto}</style>"
)


class ApiAudit(widgets.VBox):
    """A live panel: a description on the left, what the auditor finds on the right.

    Parameters
    ----------
    samples : mapping of str to str
        Name to the text of a description in YAML or JSON; the first is there when the page opens.
    """

    def __init__(self, samples: Mapping[str, str]) -> None:
        super().__init__()
        self.samples = dict(samples)
        self.found = Findings([])
        self.text = widgets.Textarea(
            value=next(iter(self.samples.values()), ""), continuous_update=False, tooltip="An OpenAPI 3 description, YAML or JSON",
            layout=widgets.Layout(width="100%", height="54em"),
        )  # fmt: skip
        self.text.add_class("kit-code")
        self.sample = widgets.Dropdown(options=list(self.samples), description="sample")
        again = widgets.Button(
            description="Audit", tooltip="Judge the text as it is now", layout=widgets.Layout(width="auto")
        )
        self.level = widgets.ToggleButtons(
            options=LEVELS, value="advice", tooltips=("MUST", "SHOULD, too", "MAY, and what only judgement decides")
        )
        self.group = widgets.ToggleButtons(
            options=GROUPS, tooltips=("One line for each rule", "One line for each method and path")
        )
        for each in (self.level, self.group):
            each.style.button_width = "8em"
        self.list = widgets.Select(
            rows=12, layout=widgets.Layout(width="calc(100% - 4px)"), tooltip="Findings: choose one with the arrow keys"
        )
        self.list.add_class("kit-code")
        self.summary, self.detail = widgets.HTML(), widgets.HTML()
        self.sample.observe(lambda change: self._show_sample(change["new"]), "value")
        self.text.observe(lambda _: self._typed(), "value")
        again.on_click(lambda _: self.refresh())
        for each in (self.level, self.group):
            each.observe(lambda _: self._list(), "value")
        self.list.observe(lambda _: self._explain(), "value")
        self.children = (
            title("API audit", "Paste an OpenAPI description: which of the OpenStack API guidelines does it break, where, and what helps?"),
            widgets.HTML(STYLE),
            widgets.HBox([
                widgets.VBox([section("The description"), row(self.sample, again), self.text],
                             layout=widgets.Layout(flex="1 1 28em", padding="0 1.5em 0 0")),
                widgets.VBox([section("Findings"), self.summary, row(self.level, widgets.HTML("&emsp;"), self.group), self.list, self.detail],
                             layout=widgets.Layout(flex="1 1 36em", overflow="hidden")),
            ], layout=widgets.Layout(flex_flow="row wrap")),
        )  # fmt: skip
        self.refresh()

    def _show_sample(self, name: str | None) -> None:
        if name is not None:
            self.text.value = self.samples[name]

    def _typed(self) -> None:
        # A text of one's own is no sample: none is chosen, so that each can be chosen again.
        if self.samples.get(self.sample.value) != self.text.value:
            self.sample.value = None
        self.refresh()

    def refresh(self) -> None:
        """Judge the text, and show what was found; a broken document is told as such."""
        try:
            self.found = audit(self.text.value)
        except GuidelineError as error:
            self.found = Findings([])
            place = f"At <code>{escape(error.where)}</code>. " if error.where else ""
            told = f"{escape(error.what)} {place}{escape(error.todo)}"
            self.summary.value = (
                f'<div role="alert" style="{_BOX}">{label("It cannot be judged", "error")}: {told}</div>'
            )
        else:
            self.summary.value = self._summary()
        self._lines = lines_in(self.text.value, (finding.place for finding in self.found))
        self._list()

    def _summary(self) -> str:
        judged = f"{self.found.looked} operation{'' if self.found.looked == 1 else 's'} judged: "
        tone = next((severity for severity in SIGNS if self.found.count(severity)), "good")
        return f'<div role="status">{judged}{label(self.found.summary, tone)}</div>'

    @property
    def shown(self) -> Findings:
        """The findings of the chosen level and graver ones."""
        return self.found.at_least(self.level.value)

    def key(self, finding: Finding) -> str:
        """What a finding is listed under: its rule, or its method and path."""
        return finding.rule if self.group.value == "rule" else _at(finding)

    def _list(self) -> None:
        counts: dict[str, Counter[str]] = {}
        for finding in self.shown:
            counts.setdefault(self.key(finding), Counter())[finding.severity] += 1
        chosen = self.list.value
        self.list.options = [(self._line(key, count), key) for key, count in counts.items()]
        self.list.value = chosen if chosen in counts else next(iter(counts), None)
        self._explain()

    def _line(self, key: str, count: Counter[str]) -> str:
        signs = " ".join(
            f"{sign}{count[severity]:<2}" if count[severity] else "   " for severity, sign in SIGNS.items()
        )
        return f"{signs} {key:<8} {find_rule(key).statement}" if self.group.value == "rule" else f"{signs} {key}"

    def _explain(self) -> None:
        key = self.list.value
        found = [finding for finding in self.shown if self.key(finding) == key]
        if not found:
            self.detail.value = "<p>Nothing is as grave as that.</p>" if self.found else ""
            return
        if self.group.value == "rule":
            parts = [_rule(found[0].rule), *(self._place(finding) for finding in found[:SHOWN])]
        else:
            by_rule: dict[str, list[Finding]] = {}
            for finding in found:
                by_rule.setdefault(finding.rule, []).append(finding)
            parts = [_rule(rule) + "".join(map(self._place, own[:SHOWN])) for rule, own in by_rule.items()]
        more = len(found) - SHOWN
        rest = f"<p>{more} more are not shown.</p>" if self.group.value == "rule" and more > 0 else ""
        style = "max-height:34em;overflow:auto;line-height:1.45"
        inner = "".join(parts) + rest
        self.detail.value = f'<div tabindex="0" aria-label="The chosen findings" style="{style}">{inner}</div>'

    def _place(self, finding: Finding) -> str:
        line = self._lines.get(finding.place)
        at = escape(finding.target.removeprefix("* ") or finding.place or "the top")
        head = f"{label(finding.severity, finding.severity)} {f'line {line}, ' if line else ''}<code style='overflow-wrap:anywhere'>{at}</code>"
        return f'<div style="margin:.5em 0 0 .6em">{head}<br>{escape(finding.why)}{self._excerpt(line)}</div>'

    def _excerpt(self, line: int | None) -> str:
        """The lines around a place, the place's own marked by a sign."""
        if line is None:
            return ""
        lines = self.text.value.splitlines()
        first = max(0, line - 1 - AROUND // 2)
        shown = [
            f"{'▶' if number == line - 1 else ' '} {number + 1:>4}  {escape(lines[number][:120])}"
            for number in range(first, min(len(lines), first + AROUND))
        ]
        return f'<pre style="{_CODE}">{chr(10).join(shown)}</pre>'

    def __repr__(self) -> str:
        return "API audit"


def _at(finding: Finding) -> str:
    """The method and path of a finding, the path alone, or the component that holds it."""
    return finding.target.removeprefix("* ") or "/".join(finding.place.split("/")[:4]) or "the top"


def _rule(id: str) -> str:
    """What a rule asks, what helps, and where it is written."""
    rule = find_rule(id)
    source = f'<a style="{_LINK}" href="{escape(rule.url)}" target="_blank" rel="noopener">{escape(rule.document)}</a>'
    fix = f"<br><em>What helps:</em> {escape(rule.fix)}" if rule.fix else ""
    return f'<div style="{_BOX}"><strong>{escape(rule.id)}</strong> {rule.level}: {escape(rule.statement)}{fix}<br>Source: {source}</div>'
