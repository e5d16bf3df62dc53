"""What a check says: one of four outcomes, as plain text and for the browser."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import escape

from kit.ink import tone

PASSED, NOT_YET, NOT_ATTEMPTED, ERROR = "passed", "not yet", "not attempted", "error in your code"

_ICONS = {PASSED: "✓", NOT_YET: "✗", NOT_ATTEMPTED: "○", ERROR: "⚠"}
_COLOURS = {
    PASSED: tone("success"), NOT_YET: tone("warn"),
    NOT_ATTEMPTED: "var(--jp-ui-font-color2, #666)", ERROR: tone("error"),
}  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """The outcome of one check.

    Attributes
    ----------
    state : str
        `passed`, `not yet`, `not attempted` or `error in your code`.
    lines : list of str
        What was seen, what was expected, what to try next.
    footer : str
        How far the learner is.
    """

    step: str
    state: str
    lines: list[str] = field(default_factory=list)
    footer: str = ""

    @property
    def passed(self) -> bool:
        """Whether the answer was right."""
        return self.state == PASSED

    def __repr__(self) -> str:
        head = f"{_ICONS[self.state]} {self.step}: {self.state}"
        parts = [head, *(f"  {line}" for line in self.lines)]
        return "\n".join([*parts, f"  {self.footer}"] if self.footer else parts)

    def _repr_html_(self) -> str:
        colour = _COLOURS[self.state]
        body = "".join(f"<div>{_marked(line)}</div>" for line in self.lines)
        footer = (
            f'<div style="opacity:.75;font-size:.9em;margin-top:.3em">{escape(self.footer)}</div>'
            if self.footer
            else ""
        )
        return (
            f'<div role="status" style="border-left:4px solid {colour};padding:.4em .8em;margin:.2em 0">'
            f'<div><strong style="color:{colour}">{_ICONS[self.state]} {escape(self.state)}</strong> '
            f"<code>{escape(self.step)}</code></div>{body}{footer}</div>"
        )


@dataclass(frozen=True)
class Note:
    """A short text for the learner: a hint, a solution, a confirmation."""

    title: str
    text: str
    code: bool = False

    def __repr__(self) -> str:
        return f"{self.title}\n{self.text}" if self.text else self.title

    def _repr_html_(self) -> str:
        if self.code:
            body = f"<pre>{escape(self.text)}</pre>"
        else:
            body = f'<div style="white-space:pre-wrap">{_marked(self.text)}</div>'
        return (
            '<div role="note" style="border-left:4px solid var(--jp-info-color1, #0277bd);padding:.4em .8em;margin:.2em 0">'
            f"<strong>{escape(self.title)}</strong>{body if self.text else ''}</div>"
        )


def _marked(text: str) -> str:
    """The text as HTML, with what stands in backticks as code."""
    return re.sub(r"`([^`\n]+)`", r"<code>\1</code>", escape(text))
