"""What needed a new microversion and got none, between two notes of facts.

A fact is named by what it is of: `error_code`, `status`, `header` or `headers`, `member` or `members`, `type`,
`meaning`, `values`, `media_type`, `url` or `urls`, `version`, `minimum`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from kit.guidelines.changes.change import Change
from kit.guidelines.lexicon import lexicon
from kit.guidelines.rule import Found, judges
from kit.guidelines.version import number
from kit.guidelines.words import tokens

_FULLY = re.compile(
    r"\b(full(y)?|complete(ly)?|entire(ly)?)\b.*\bremov"
    r"|\bremov\w+ (for good|from every|entirely|completely|fully)",
    re.IGNORECASE,
)
# What alone warrants another first number. Source: microversion_specification, "Versioning".
_WHOLE = re.compile(
    r"\b(endpoints?|urls?|resources?|whole|entire)\b.*\b(replac|redesign|rewr)|\bdrastic|\bworkflow\b", re.I
)
_BOUND = lexicon("fact values") | {"size", "items", "characters", "count"}
_KINDS = ("minimum", "version", "status", "media", "header", "url", "values", "type", "meaning", "query", "member")


def kind_of(name: str, value: Any) -> str:
    """What a fact is of, by its name and value; '' when it is not known."""
    words = set(tokens(name))
    if "code" in words:
        return "status" if isinstance(value, int) or (isinstance(value, str) and value.isdigit()) else "error_code"
    if {"content", "type"} <= words:
        return "media"
    if (
        words & lexicon("fact version")
        and number(str(value)) is None
        and (words & _BOUND or isinstance(value, int | float))
    ):
        return "values"  # maximum_length, and a maximum that is no X.Y
    return next((kind for kind in _KINDS if words & lexicon(f"fact {kind}")), "")


def _as_set(value: Any) -> set[str]:
    if value is None:
        return set()
    if isinstance(value, list | tuple):
        return {str(each) for each in value}
    return set(map(str, value)) if isinstance(value, dict) else {str(value)}


_ALL = (
    "IO-01",
    "IO-02",
    "IO-03",
    "IO-04",
    "IO-05",
    "IO-06",
    "IO-07",
    "IO-10",
    "IO-11",
    "IO-12",
    "IO-13",
    "ER-09",
    "MV-01",
)


@judges("versions", *_ALL)
def facts(change: Change) -> Iterator[Found]:
    """Facts that differ."""
    if change.facts is None:
        return
    before, after = change.facts
    removed = False
    for name in list(before) + [name for name in after if name not in before]:
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        kind = kind_of(name, old if old is not None else new)
        found = list(_differ(change, kind, str(name), old, new))
        removed |= kind in ("url", "member", "query", "header") and bool(_as_set(old) - _as_set(new))
        yield from found
    removed |= _FULLY.search(change.words) is not None
    lows = [next((each.get(n) for n in each if kind_of(n, each[n]) == "minimum"), None) for each in (before, after)]
    if removed and lows[0] is not None and lows[0] == lows[1]:
        yield Found("IO-12", "minimum", f"Something is removed, and the minimum stays {lows[1]}.")


def _differ(change: Change, kind: str, name: str, old: Any, new: Any) -> Iterator[Found]:
    told = f"`{name}` was {old}, and is {new}"
    sets = _as_set(old), _as_set(new)
    if kind == "header":  # a header's name has no case
        sets = {each.lower() for each in sets[0]}, {each.lower() for each in sets[1]}
    added, gone = sorted(sets[1] - sets[0]), sorted(sets[0] - sets[1])
    without = ", without a new version."
    if kind in ("version", "minimum"):
        yield from _version(kind, name, old, new, change.words)
    elif kind == "status":
        yield from _status(change, name, old, new)
    elif kind == "url":
        if gone:
            yield Found("IO-11", name, f"{', '.join(gone)} is gone.", advice=change.needs_none)
        if added and not change.needs_none:
            yield Found("IO-01", name, f"{', '.join(added)} is new{without}")
    elif change.needs_none:
        return
    elif kind == "error_code":
        yield Found("ER-09", name, told + without)
    elif kind == "header":
        if _named(old) == _named(new) != set():
            yield Found("IO-07", name, told + without)
        elif gone or [each for each in added if each != "link"]:
            yield Found("IO-03", name, told + without)
    elif kind == "media":
        yield Found("IO-07", name, told + without)
    elif kind == "member":
        both = isinstance(old, dict) and isinstance(new, dict)
        if both and not added and not gone:
            yield Found("IO-05", name, told + without)
        else:
            yield Found("IO-04", name, told + without)
    elif kind in ("type", "meaning"):
        yield Found("IO-05", name, told + without)
    elif kind == "values":
        yield Found("IO-06", name, told + without)
    elif kind == "query":
        yield Found("IO-13", name, told + without)


def _named(value: Any) -> set[str]:
    """The names of headers that are noted with their values: `Content-Type: text/plain`, or a map."""
    if isinstance(value, dict):
        return {str(name).lower() for name in value}
    rows = [str(each).partition(":") for each in (value if isinstance(value, list | tuple) else [value])]
    return {name.strip().lower() for name, sign, _ in rows} if all(sign for _, sign, _ in rows) else set()


def _version(kind: str, name: str, old: Any, new: Any, words: str) -> Iterator[Found]:
    if kind == "minimum" or isinstance(old, list) or isinstance(new, list):
        pairs = [number(str(each)) for each in (new if isinstance(new, list) else [new])]
        if any(pair is None for pair in pairs) and kind == "version":
            yield Found("MV-01", name, f"{new} is not X.Y.")
        return
    before, after = number(str(old)), number(str(new))
    told = f"{old} becomes {new}"
    if after is None and new is not None:
        yield Found("MV-01", name, f"{new} is not X.Y.")
    elif before is not None and after is not None and after <= before:
        yield Found("MV-01", name, f"The version does not rise: {told}.")
    elif before is not None and after is not None and after[0] > before[0] and not _WHOLE.search(words):
        yield Found("MV-01", name, f"The first number rises: {told}.", advice=True)


def _status(change: Change, name: str, old: Any, new: Any) -> Iterator[Found]:
    before, after = _as_set(old), _as_set(new)
    gone, added = before - after, after - before
    told = f"{', '.join(sorted(gone)) or 'nothing'} becomes {', '.join(sorted(added)) or 'nothing'}"
    if (
        any(c.startswith("2") for c in gone)
        and not any(c.startswith("2") for c in added)
        and any(c.startswith("4") for c in added)
    ):
        yield Found("IO-10", name, f"{told}: what succeeded fails.", advice=True)
    if change.needs_none or (gone and all(code.startswith("5") for code in gone)):
        return  # IO-08: a mended 5xx needs no version
    if gone or added:
        yield Found("IO-02", name, f"{told}, without a new version.")
