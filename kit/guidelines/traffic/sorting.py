"""Sorting, in traffic: a sort that is refused, or not obeyed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from kit.guidelines.rule import Found, judges
from kit.guidelines.traffic.exchange import Session

_SORT = re.compile(r"\bsort\b")
_NO_SORT = re.compile(
    r"\b(unknown|unsupported|unrecogni[sz]ed|unexpected|invalid|no such|not supported|not known|not allowed|additional)\b",
    re.I,
)


@judges("traffic", "SO-01")
def sorting(session: Session) -> Iterator[Found]:
    """A sort that is refused, or not obeyed."""
    for exchange in session.gets:
        text = exchange.asked.get("sort", "")
        if not re.fullmatch(r"\w+(:(asc|desc))?(,\w+(:(asc|desc))?)*", text):
            continue
        keys = [pair.partition(":")[::2] for pair in text.split(",")]
        items = exchange.listed[1] if exchange.listed else []
        known = {
            str(name) for item in [*items, *(session.context.all or ())] if isinstance(item, dict) for name in item
        }
        said = exchange.error_text
        unsupported = (
            _SORT.search(said) and _NO_SORT.search(said) and not any(re.search(rf"\b{key}\b", said) for key, _ in keys)
        )
        plain = all(key in known for key, _ in keys) and len(exchange.query) == 1
        if exchange.status == 400 and (plain or unsupported):
            yield Found("SO-01", exchange.place("query sort"), f"sort={text} was refused.")
        if not exchange.fine or session.context.order is not None:
            continue
        if not _in_order([item for item in items if isinstance(item, dict)], keys):
            yield Found("SO-01", exchange.place("body"), f"The items are not in the order of sort={text}.")


def _in_order(items: list[dict[str, Any]], keys: list[tuple[str, str]]) -> bool:
    """Whether items may be in the order of sort keys; a key without a direction may go either way."""
    if not keys or len(items) < 2:
        return True
    key, direction = keys[0]
    values = [item.get(key) for item in items]
    if len({type(value) for value in values}) != 1 or not isinstance(values[0], int | str):
        return True
    if isinstance(values[0], str):  # a service may fold case or collate; numbers leave no doubt
        values = [str(value).casefold() for value in values]
    up, down = values == sorted(values), values == sorted(values, reverse=True)  # type: ignore[type-var]
    if not (up if direction == "asc" else down if direction == "desc" else up or down):
        return False
    groups = [
        [item for item, _ in group] for _, group in groupby(zip(items, values, strict=True), lambda pair: pair[1])
    ]
    return all(_in_order(group, keys[1:]) for group in groups)
