"""The panel at the top of a lab: where am I, how far, how long still."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape


@dataclass(frozen=True)
class Line:
    """One step in the panel."""

    name: str
    title: str
    minutes: int
    state: str  # `done`, `open`, or `solution shown`

    @property
    def done(self) -> bool:
        """Whether nothing is left to do."""
        return self.state != "open"


@dataclass(frozen=True)
class Panel:
    """A lab's title and its steps."""

    title: str
    lines: list[Line]
    note: str = ""

    @property
    def summary(self) -> str:
        """`2 of 6 steps done, about 9 minutes left`."""
        done = sum(line.done for line in self.lines)
        left = sum(line.minutes for line in self.lines if not line.done)
        if done == len(self.lines):
            return f"all {len(self.lines)} steps done"
        return f"{done} of {len(self.lines)} steps done, about {left} minute{'' if left == 1 else 's'} left"

    def __repr__(self) -> str:
        wide = max((len(line.name) for line in self.lines), default=0)
        rows = [
            f"  {'✓' if line.done else '○'} {line.name.ljust(wide)}  {line.title} ({line.state})" for line in self.lines
        ]
        return "\n".join([f"{self.title} — {self.summary}", *rows, *([self.note] if self.note else [])])

    def _repr_html_(self) -> str:
        done = sum(line.done for line in self.lines)
        share = round(100 * done / len(self.lines)) if self.lines else 0
        here = next((line.name for line in self.lines if not line.done), "")
        rows = "".join(
            f'<li style="list-style:none;margin:.1em 0{";font-weight:600" if line.name == here else ""}">'
            f'<span aria-hidden="true" style="display:inline-block;width:1.4em">{"✓" if line.done else "○"}</span>'
            f"{escape(line.title)} <code>{escape(line.name)}</code> "
            f'<span style="opacity:.75">{line.minutes} min, {escape(line.state)}{", you are here" if line.name == here else ""}</span></li>'
            for line in self.lines
        )
        note = f'<p style="margin:.4em 0 0">{escape(self.note)}</p>' if self.note else ""
        return (
            '<section aria-label="Progress" style="border:1px solid var(--jp-border-color1, #8888);border-radius:6px;'
            'padding:.6em 1em;margin:.3em 0;max-width:46em">'
            f'<div style="display:flex;justify-content:space-between;gap:1em"><strong>{escape(self.title)}</strong>'
            f'<span style="white-space:nowrap">{escape(self.summary)}</span></div>'
            f'<div role="progressbar" aria-valuenow="{share}" aria-valuemin="0" aria-valuemax="100" '
            'style="height:6px;border-radius:3px;margin:.5em 0;background:var(--jp-border-color2, #8884)">'
            f'<div style="height:6px;border-radius:3px;width:{share}%;background:var(--jp-brand-color1, #1976d2)"></div></div>'
            f'<ul style="margin:0;padding:0">{rows}</ul>{note}</section>'
        )
