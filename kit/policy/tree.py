"""Trees for the notebook: nested `<details>`, coloured by the theme, each colour beside a word and a sign."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from html import escape

from kit import ink

DEEPEST = 100_000

_TONES = {
    "good": ("✓", ink.tone("success")),
    "bad": ("✗", ink.tone("error")),
    "warn": ("!", ink.tone("warn")),
    "plain": ("·", "var(--jp-content-font-color2, inherit)"),
}


def label(word: str, tone: str) -> str:
    """A word with the sign and the colour of its tone: `good`, `bad`, `warn` or `plain`."""
    sign, colour = _TONES[tone]
    return f'<span style="color:{colour}"><span aria-hidden="true">{sign}</span> {escape(word)}</span>'


def code(text: str) -> str:
    """A piece of the language."""
    return f'<code style="white-space:pre-wrap">{escape(text)}</code>'


def prose(text: str) -> str:
    """A sentence, in which what stands in backquotes is a piece of the language."""
    return "".join(code(part) if place % 2 else escape(part) for place, part in enumerate(text.split("`")))


def node(head: str, inner: Sequence[str] = (), *, shown: bool = True) -> str:
    """A node of a tree: its line, and what opens below it."""
    margin = 'style="margin-left:1.2em"'
    if not inner:
        return f"<div {margin}>{head}</div>"
    return f"<details{' open' if shown else ''} {margin}><summary>{head}</summary>{''.join(inner)}</details>"


def tree(title: str, inner: Sequence[str]) -> str:
    """A whole tree under a title that a screen reader tells."""
    return f'<div role="group" aria-label="{escape(title)}" style="line-height:1.5">{"".join(inner)}</div>'


@contextmanager
def deep() -> Iterator[None]:
    """Let functions call themselves as deep as a long proof is."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, DEEPEST))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
