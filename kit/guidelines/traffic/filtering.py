"""Filters as the guidelines read them: what a query should give, worked out over the items that are stored."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from kit.guidelines.filters import OPERATORS, RESERVED, TAG_FILTERS
from kit.guidelines.words import ISO, names_a_time

_OPERATOR = re.compile(rf"({'|'.join((*OPERATORS, 'ge', 'le'))}):(.*)", re.DOTALL)


class Filter(NamedTuple):
    """One filter of a query: the field, the operator ('' for equality), the values, and whether any was quoted."""

    field: str
    operator: str
    values: tuple[str, ...]
    quoted: bool


def split_values(text: str) -> tuple[tuple[str, ...], bool]:
    """The values of a list with commas, quoted ones unwrapped, and whether one was quoted.

    Source: pagination_filter_sort, "Filtering": quoted as in CSV, a quote or a backslash inside by a backslash.
    """
    values: list[str] = []
    quoted, place = False, 0
    while place <= len(text):
        if place < len(text) and text[place] == '"':
            match = re.compile(r'"((?:[^"\\]|\\.)*)"').match(text, place)
            if match is not None and (match.end() == len(text) or text[match.end()] == ","):
                inner = match[1].replace("\\n", "\n").replace("\\r", "\r")
                values.append(re.sub(r"\\(.)", r"\1", inner))
                quoted, place = True, match.end() + 1
                continue
        end = text.find(",", place)
        end = len(text) if end < 0 else end
        values.append(text[place:end])
        place = end + 1
    return tuple(values), quoted


def parse_filter(field: str, text: str) -> Filter:
    """A filter of a query parameter."""
    match = _OPERATOR.fullmatch(text)
    if match is not None:
        operator = {"ge": "gte", "le": "lte"}.get(match[1], match[1])
        values, quoted = split_values(match[2])
        if operator not in ("in", "nin"):
            values = values if quoted and len(values) == 1 else (match[2],)
        return Filter(field, operator, values, quoted)
    values, quoted = split_values(text)
    return Filter(field, "", values if quoted and len(values) == 1 else (text,), quoted and len(values) == 1)


def moment(text: Any) -> datetime | None:
    """A time in UTC; None when it is no whole ISO 8601 time."""
    if not isinstance(text, str):
        return None
    text = re.sub(r" (?=\d\d:?\d\d$)", "+", text.strip())  # a plus sign that the query made a space
    if ISO.fullmatch(text) is None:
        return None
    try:
        found = datetime.fromisoformat(text.upper().replace(",", "."))
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _pair(value: Any, text: str) -> tuple[Any, Any] | None:
    """A stored value and an asked one in a form that compares."""
    if isinstance(value, bool):
        return str(value).lower(), text.lower()
    if isinstance(value, int | float):
        try:
            return float(value), float(text)
        except (ValueError, OverflowError):
            return None
    when, asked = moment(value), moment(text)
    if when is not None and asked is not None:
        return when, asked
    return (value, text) if isinstance(value, str) else None


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "gt": lambda a, b: a > b, "gte": lambda a, b: a >= b, "lt": lambda a, b: a < b, "lte": lambda a, b: a <= b,
}  # fmt: skip


def passes(item: Any, filter: Filter) -> bool:
    """Whether an item satisfies a filter."""
    value = item.get(filter.field) if isinstance(item, dict) else None

    def equal(text: str) -> bool:
        pair = _pair(value, text)
        return pair is not None and pair[0] == pair[1]

    if filter.operator == "in":
        return any(map(equal, filter.values))
    if filter.operator == "nin":
        return not any(map(equal, filter.values))
    if filter.operator == "neq":
        return not equal(filter.values[0])
    if filter.operator:
        pair = _pair(value, filter.values[0])
        return pair is not None and _COMPARE[filter.operator](*pair)
    if filter.values[0] in ("null", "None", "") and value is None:
        return True
    return equal(filter.values[0])


def passes_tags(item: Any, name: str, text: str) -> bool:
    """Whether an item satisfies a tag filter.

    Source: tags, "Filtering and Searching by Tags".
    """
    wanted = set(text.split(",")) - {""}
    own = item.get("tags") if isinstance(item, dict) else None
    tags = set(map(str, own)) if isinstance(own, list) else set()
    if name == "tags":
        return wanted <= tags
    if name == "tags-any":
        return bool(wanted & tags)
    return not wanted & tags if name == "not-tags" else not wanted <= tags


def contradicts(asked: dict[str, str]) -> bool:
    """Whether tag filters can be satisfied by nothing."""
    sets = {name: set(asked.get(name, "").split(",")) - {""} for name in TAG_FILTERS}
    every, some, none, lacking = (sets[name] for name in TAG_FILTERS)
    return bool(every & none or (lacking and lacking <= every) or (some and some <= none))


def filters_of(query: Sequence[tuple[str, str]]) -> list[Filter]:
    """The filters on fields in a query."""
    return [parse_filter(name, value) for name, value in query if name not in RESERVED]


def expected(items: Sequence[Any], query: Sequence[tuple[str, str]]) -> list[str] | None:
    """The ids of the items that satisfy a query; None when a field is unknown to all items."""
    filters = filters_of(query)
    tags = [(name, value) for name, value in query if name in TAG_FILTERS]
    if not filters and not tags:
        return None
    for each in filters:
        if not any(isinstance(item, dict) and each.field in item for item in items):
            return None
    kept = [
        item
        for item in items
        if all(passes(item, each) for each in filters) and all(passes_tags(item, *each) for each in tags)
    ]
    return [str(item["id"]) for item in kept if isinstance(item, dict) and "id" in item]


def rule_of(query: Sequence[tuple[str, str]], items: Sequence[Any] = ()) -> str:
    """The rule that a wrong answer to a query breaks: the most special thing that it asks.

    A field is of time by its name, or by what the items hold in it.
    """
    filters = filters_of(query)
    if any(each.quoted or '"' in "".join(each.values) for each in filters):
        return "FI-04"
    rows = [item for item in items[:50] if isinstance(item, dict)]
    times = [f for f in filters if names_a_time(f.field) or any(moment(row.get(f.field)) for row in rows)]
    if any(foreign_zone(value) for each in times for value in each.values):
        return "TI-03"
    if any(each.operator or each.values[0] in ("null", "None") for each in times):
        return "FI-05"
    if any(each.operator for each in filters):
        return "FI-03"
    if any(name in TAG_FILTERS for name, _ in query):
        return "TG-08"
    return "FI-02" if len(filters) > 1 else "FI-01"


def foreign_zone(text: str) -> bool:
    """Whether a time is in another zone than UTC."""
    match = ISO.fullmatch(re.sub(r" (?=\d\d:?\d\d$)", "+", text))
    return bool(match and match["zone"] and match["zone"] not in ("Z", "z", "+00:00", "+0000", "+00", "-00:00"))
