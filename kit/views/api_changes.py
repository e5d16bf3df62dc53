"""From one microversion of Nova to another: what a client must change, by kind and by release."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from kit.scheduling.microversions import Change, Changes, history, microversion
from kit.views.parts import table

# In the order of the trouble that they make.
KINDS = {
    "remove": "gone", "change": "changed", "validation": "checked more strictly", "status": "another status",
    "error": "another error", "header": "another header", "uri": "another URI", "type": "another type",
    "semantics": "another meaning", "filter": "another filter", "add": "new", "baseline": "the beginning",
}  # fmt: skip


def releases() -> dict[str, tuple[str, str]]:
    """Each release of Nova with its first own microversion and its last."""
    found, first = {}, ""
    for each in history():
        first = first or each.version
        if each.maximum_in:
            found[each.maximum_in], first = (first, each.version), ""
    return found


def release_of(version: str) -> str:
    """The release that brought a microversion."""
    at = microversion(version)
    return next((name for name, (_, last) in releases().items() if at <= microversion(last)), "later")


def by_release(found: Iterable[Change]) -> dict[str, list[Change]]:
    """Changes by the release that brought them, in order."""
    grouped: dict[str, list[Change]] = {}
    for each in found:
        grouped.setdefault(release_of(each.version), []).append(each)
    return grouped


def summary(found: Changes, start: str, end: str) -> str:
    """How much there is, in a sentence."""
    heed, count = len(found.breaking), len(found)
    way = "Going back" if found.backwards else "Going"
    if not count:
        return f"Nothing changes from {start} to {end}."
    what = "loses" if found.backwards else "meets"
    return f"{way} from {start} to {end} a client {what} {count} change{'s' * (count != 1)}; {heed} of them it may have to heed."


def grid(found: Changes) -> str:
    """Kinds of changes against releases, with the versions in the cells."""
    columns = by_release(found)
    rows = []
    for kind, told in KINDS.items():
        cells = [
            " ".join(each.version for each in some if kind in each.kinds) for some in columns.values()
        ]  # fmt: skip
        if any(cells):
            sign = "+" if kind in ("add", "baseline") else "!"
            rows.append((f"<strong>{sign}</strong> {escape(told)}", *cells))
    shown = table(("kind", *columns), rows, "Nothing changes.")
    return f'<div style="line-height:1.35">{shown}</div>'


def details(found: Changes) -> str:
    """Every change in words, release by release."""
    shown = []
    for release, some in by_release(found).items():
        first, last = releases().get(release, ("", ""))
        heading = (
            f"{escape(release)} <span style='font-weight:400'>({first} to {last})</span>" if first else escape(release)
        )
        rows = [
            (
                _wide(each.version),
                _wide("<strong>! heed</strong>" if each.breaking else "+ new"),
                escape(", ".join(KINDS.get(kind, kind) for kind in each.kinds)),
                escape(", ".join(each.parts)),
                escape(each.meaning),
            )
            for each in sorted(some, key=lambda each: (not each.breaking, microversion(each.version)))
        ]
        shown.append(
            f'<h3 style="margin:.7em 0 .1em;font-size:1.05em">{heading}</h3>'
            + table(("version", "client", "kind", "part", "what"), rows, "")
        )
    return f'<div style="line-height:1.35">{"".join(shown)}</div>'


def _wide(html: str) -> str:
    """A cell that is not broken."""
    return f'<span style="display:inline-block;min-width:4em;white-space:nowrap">{html}</span>'
