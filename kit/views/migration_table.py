"""Several migrations beside each other: what each takes, and what it costs the guest, the wire and the hosts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from kit.migration import Result

HEAD = (
    "",
    "outcome",
    "total (s)",
    "pause (ms)",
    "QEMU says (ms)",
    "lost work (s)",
    "on the wire (MiB)",
    "source's CPU (s)",
)


@dataclass(frozen=True)
class MigrationTable:
    """A table of results; an endless migration shows no figures of its end.

    Parameters
    ----------
    results : mapping of name to Result
        In the order of the rows.
    """

    results: Mapping[str, Result]

    def rows(self) -> list[tuple[str, ...]]:
        """The rows as texts, in the order of HEAD."""
        return [_row(name, result) for name, result in self.results.items()]

    def __repr__(self) -> str:
        lines = [HEAD, *self.rows()]
        wide = [max(len(line[place]) for line in lines) for place in range(len(HEAD))]
        return "\n".join(
            "  ".join(text.ljust(w) if i < 2 else text.rjust(w) for i, (text, w) in enumerate(zip(line, wide, strict=True))).rstrip()
            for line in lines
        )  # fmt: skip

    def _repr_html_(self) -> str:
        # Notebooks put cells to the right by themselves; the two first columns are words.
        left = ' style="text-align:left"'

        def cell(tag: str, place: int, text: str) -> str:
            return f"<{tag}{left if place < 2 else ''}>{escape(text)}</{tag.split()[0]}>"

        top = "".join(cell('th scope="col"', place, name) for place, name in enumerate(HEAD))
        body = "".join(
            "<tr>"
            + cell('th scope="row"', 0, row[0])
            + "".join(cell("td", i, text) for i, text in enumerate(row[1:], 1))
            + "</tr>"
            for row in self.rows()
        )
        return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def _row(name: str, result: Result) -> tuple[str, ...]:
    outcome = "✗ never ends" if result.never else ("✓ " if result.completed else "✗ ") + result.status
    cpu = f"{result.cpu_s:.1f}"
    if not result.completed:
        return (name, outcome, "", "", "", "", "", "")
    reported = "" if result.downtime_reported_ms is None else f"{result.downtime_reported_ms:.0f}"
    return (
        name, outcome, f"{result.total_s:.1f}", f"{result.downtime_ms:.0f}", reported, f"{result.guest_loss_s:.2f}",
        f"{result.wire_bytes / 2**20:.0f}", cpu,
    )  # fmt: skip
