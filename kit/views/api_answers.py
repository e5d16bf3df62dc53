"""Answers of an API as HTML: one with all that belongs to it, and several beside each other with what differs marked."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from http import HTTPStatus
from typing import Any

from kit import ink

# They differ at every request, or follow from the body.
_IDLE = {"date", "content-length", "x-openstack-request-id", "x-compute-request-id", "x-request-id"}
_MONO = "font-family:var(--jp-code-font-family, monospace);font-size:.88em;line-height:1.35"
_CONTEXT = 2


@dataclass(frozen=True)
class Answer:
    """One request and its answer.

    Attributes
    ----------
    label : str
        What sets it apart from the others: `2.47`, `legacy v2`.
    """

    label: str
    method: str
    url: str
    status: int
    sent: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    request: str = ""
    body: str = ""

    @property
    def ok(self) -> bool:
        """Whether the service did what was asked."""
        return self.status < 400

    @property
    def line(self) -> str:
        """The status in words: `400 Bad Request`."""
        known = {each.value: each.phrase for each in HTTPStatus}
        return f"{self.status} {known.get(self.status, '')}".strip()

    @property
    def lines(self) -> list[str]:
        """The body as lines; JSON is laid out."""
        return pretty(self.body).splitlines()

    @property
    def telling(self) -> list[str]:
        """Headers that say something, sorted."""
        return [
            f"{name}: {self.headers[name]}" for name in sorted(self.headers, key=str.lower) if name.lower() not in _IDLE
        ]


def pretty(text: str) -> str:
    """JSON laid out; other text as it is."""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except ValueError:
        return text


def status(answer: Answer) -> str:
    """The status with a sign and a colour."""
    sign, tone = ("✓", "success") if answer.ok else ("✗", "error")
    return f'<strong style="color:{ink.tone(tone)}">{sign} {escape(answer.line)}</strong>'


def whole(answer: Answer) -> str:
    """Request and answer with headers and bodies."""
    sent = [f"{answer.method} {answer.url}", *(f"{name}: {value}" for name, value in sorted(answer.sent.items()))]
    asked = _pre([*sent, *(["", *pretty(answer.request).splitlines()] if answer.request else [])])
    heads = _pre(
        [f"{name}: {value}" for name, value in sorted(answer.headers.items(), key=lambda pair: pair[0].lower())]
    )
    body = _pre(answer.lines or ["no body"])
    return (
        f"{_head('Request')}{asked}{_head('Answer')}<p style='margin:.2em 0'>{status(answer)}</p>"
        f"{heads}{_head('Body')}{body}"
    )


def beside(answers: Sequence[Answer], base: int = 0) -> str:
    """Answers in columns; lines that the one at place `base` has not, and those that it has alone, are marked.

    Equal stretches are folded.
    """
    columns = []
    for place, each in enumerate(answers):
        other = answers[base] if place != base else None
        columns.append(_column(each, other, answers, place == base))
    legend = f"− only in {escape(answers[base].label)}, + not there; equal stretches are folded."
    return (
        f'<p style="margin:0;opacity:.8">{legend}</p>'
        f'<div style="display:flex;flex-wrap:wrap;gap:0 1.5em">{"".join(columns)}</div>'
    )


def difference(one: Answer, two: Answer) -> str:
    """In a sentence, how two answers differ."""
    if one.line != two.line:
        return f"{one.label} answers {one.line}, {two.label} {two.line}."
    gone, come = _changed(one.lines, two.lines)
    told = []
    if gone or come:
        told.append(
            f"{len(gone)} line{'s' * (len(gone) != 1)} of the body only in {one.label}, {len(come)} only in {two.label}"
        )
    heads = set(one.telling) ^ set(two.telling)
    if heads:
        told.append("headers: " + ", ".join(sorted({each.partition(":")[0] for each in heads})))
    both = f"{one.label} and {two.label}"
    both += "" if one.ok else f" both answer {one.line}, and"
    return f"{both} differ: {'; '.join(told)}." if told else f"{both} do not differ."


def _column(answer: Answer, other: Answer | None, all: Sequence[Answer], is_base: bool) -> str:
    others = [each for each in all if each is not answer] if is_base else [other] if other else []
    sign = "−" if is_base else "+"
    body = _folded(answer.lines, _own(answer.lines, [each.lines for each in others]), sign)
    heads = _folded(answer.telling, _own(answer.telling, [each.telling for each in others]), sign, fold=False)
    return (
        f'<section aria-label="{escape(answer.label)}" style="flex:1 1 20em;min-width:0;max-width:100%">'
        f'<h3 style="margin:.4em 0 .1em;font-size:1.05em">{escape(answer.label)}</h3>'
        f'<div style="{_MONO};overflow-wrap:anywhere">{escape(answer.method)} {escape(answer.url)}</div>'
        f"<p style='margin:.3em 0'>{status(answer)}</p>{heads}{body}</section>"
    )


def _own(lines: list[str], others: list[list[str]]) -> set[int]:
    """Places of lines that none of the others has there."""
    own: set[int] = set()
    for other in others:
        own |= _places(lines, other)
    return own


def _places(lines: list[str], other: list[str]) -> set[int]:
    matcher = difflib.SequenceMatcher(None, other, lines, autojunk=False)
    return {
        place
        for kind, _, _, low, high in matcher.get_opcodes() if kind in ("replace", "insert")
        for place in range(low, high)
    }  # fmt: skip


def _changed(one: list[str], two: list[str]) -> tuple[set[int], set[int]]:
    return _places(one, two), _places(two, one)


def _folded(lines: list[str], own: set[int], sign: str, *, fold: bool = True) -> str:
    """Lines with marks; far from any mark they are counted instead of shown."""
    shown: list[str] = []
    hidden = 0
    near = {place + step for place in own for step in range(-_CONTEXT, _CONTEXT + 1)} | set(range(3))
    for place, line in enumerate(lines):
        if fold and place not in near and len(lines) > 24:
            hidden += 1
            continue
        if hidden:
            shown.append(_fold(hidden))
            hidden = 0
        shown.append(_line(line, sign if place in own else ""))
    if hidden:
        shown.append(_fold(hidden))
    return f'<pre style="{_MONO};white-space:pre-wrap;overflow-wrap:anywhere;margin:.3em 0;padding-left:6px">{"".join(shown)}</pre>'


def _fold(count: int) -> str:
    return f'<span style="opacity:.65">  ⋯ {count} more equal line{"s" * (count != 1)}</span>\n'


def _line(text: str, sign: str) -> str:
    if not sign:
        return f"  {escape(text)}\n"
    tone = "warn" if sign == "−" else "success"
    style = f"box-shadow:-4px 0 var(--jp-{tone}-color1, #888);background:var(--jp-layout-color2, #8882);font-weight:600"
    return f'<span style="{style};display:block">{sign} {escape(text)}</span>'


def _head(text: str) -> str:
    return f'<h3 style="margin:.6em 0 .1em;font-size:1.05em">{escape(text)}</h3>'


def _pre(lines: Sequence[str]) -> str:
    text = escape("\n".join(lines))
    return f'<pre style="{_MONO};white-space:pre-wrap;overflow-wrap:anywhere;margin:.2em 0">{text}</pre>'


def said(label: str, method: str, url: str, answered: Any, request: str = "") -> Answer:
    """What `requests` gives, as an answer to draw; of the headers sent only those of versions and types."""
    telling = ("openstack", "x-openstack", "content-type")
    sent = {name: str(value) for name, value in answered.request.headers.items() if name.lower().startswith(telling)}
    return Answer(label, method, url, answered.status_code, sent, dict(answered.headers), request, answered.text)
