"""What differs between two schemas: members, types, values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from kit.guidelines.description.schema import Schema

_BOUNDS = (
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength", "pattern", "minItems",
    "maxItems", "minProperties", "maxProperties", "multipleOf", "uniqueItems",
)  # fmt: skip
_DEEPEST = 60


class Difference(NamedTuple):
    """One difference: `member`, `type`, `meaning`, `values` or `required`; where; what.

    Attributes
    ----------
    path : tuple of str
        The names down to it.
    place : str
        A pointer into the later version, or into the earlier one for what is gone.
    """

    kind: str
    path: tuple[str, ...]
    place: str
    why: str


def differences(
    before: Schema, after: Schema, path: tuple[str, ...] = (), seen: frozenset[tuple[int, int]] = frozenset()
) -> Iterator[Difference]:
    """What differs between two schemas, from the top down."""
    pair = (id(before.data), id(after.data))
    if pair in seen or len(path) > _DEEPEST:
        return
    seen = seen | {pair}
    name = ".".join(path) or "the body"
    old_types, new_types = before.types, after.types
    if old_types and new_types and old_types != new_types:
        why = f"`{name}` was {_or(old_types)}, and is {_or(new_types)}."
        yield Difference("type", path, after.place, why)
        return
    if _nullable(before) != _nullable(after) and old_types and new_types:
        told = "may be null now" if _nullable(after) else "may be null no more"
        yield Difference("type", path, after.place, f"`{name}` {told}.")
    yield from _values(before, after, path, name)
    old, new = before.members, after.members
    for each in new:
        if each not in old:
            yield Difference("member", (*path, each), new[each].place, f"`{'.'.join((*path, each))}` is added.")
    for each in old:
        if each not in new:
            yield Difference("member", (*path, each), old[each].place, f"`{'.'.join((*path, each))}` is gone.")
    for each in sorted((after.required ^ before.required) & old.keys() & new.keys()):
        told = "must be sent now" if each in after.required else "may be left out now"
        yield Difference("required", (*path, each), new[each].place, f"`{'.'.join((*path, each))}` {told}.")
    for each in old:
        if each in new:
            yield from differences(old[each], new[each], (*path, each), seen)
    if before.items is not None and after.items is not None:
        yield from differences(before.items, after.items, (*path, "[]"), seen)
    inner = before.get("additionalProperties"), after.get("additionalProperties")
    if isinstance(inner[0], dict) and isinstance(inner[1], dict):
        from kit.guidelines.description.schema import at

        old_map = at(before.document, inner[0], f"{before.place}/additionalProperties")
        new_map = at(after.document, inner[1], f"{after.place}/additionalProperties")
        yield from differences(old_map, new_map, (*path, "*"), seen)
    elif (inner[0] is False) != (inner[1] is False) and old and new:
        told = "refuses other members now" if inner[1] is False else "takes other members now"
        yield Difference("values", path, after.place, f"`{name}` {told}.")


def _or(types: set[str]) -> str:
    return " or ".join(sorted(types))


def _nullable(schema: Schema) -> bool:
    named = schema.get("type")
    return schema.get("nullable") is True or (isinstance(named, list) and "null" in named)


def _values(before: Schema, after: Schema, path: tuple[str, ...], name: str) -> Iterator[Difference]:
    old, new = _names(before.closed_values), _names(after.closed_values)
    if set(old) != set(new):
        added = [value for value in new if value not in old] if old else []
        gone = [value for value in old if value not in new] if new else []
        told = [f"takes {', '.join(added)} too"] if added else []
        told += [f"takes {', '.join(gone)} no more"] if gone else []
        told = told or ["takes any value now" if old else "takes certain values only now"]
        yield Difference("values", path, after.place, f"`{name}` {' and '.join(told)}.")
    for word in _BOUNDS:
        if before.get(word) != after.get(word):
            why = f"{word} of `{name}` was {before.get(word)}, and is {after.get(word)}."
            yield Difference("values", path, after.place, why)
    for word in ("format", "default"):
        if before.get(word) != after.get(word):
            why = f"{word} of `{name}` was {before.get(word)}, and is {after.get(word)}."
            yield Difference("meaning", path, after.place, why)


def _names(values: list[Any]) -> list[str]:
    return [str(value) for value in values]
