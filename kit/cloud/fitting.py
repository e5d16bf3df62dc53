"""A quick look at whether a body fits its schema, before jsonschema is asked for the reasons.

Nearly every request fits, and walking a schema anew for each costs more than the rest of a small request.
So a schema (draft 4) is turned into functions once. Whatever they do not know they leave to jsonschema:
to it goes every body of which they do not say that it fits.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

Check = Callable[[Any], bool]

_TYPES: dict[str, Check] = {
    "object": lambda value: isinstance(value, dict), "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str), "null": lambda value: value is None,
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
}  # fmt: skip
# Keywords that say nothing about a value.
_SILENT = frozenset(("description", "title", "default", "$schema", "id", "readOnly", "example", "examples"))


def compiled(schema: dict[str, Any], formats: Any) -> Check:
    """A function that tells whether a value surely fits.

    Parameters
    ----------
    formats : jsonschema.FormatChecker
        What `format` means.
    """
    known = set(schema) - _SILENT
    if known & _TOGETHER:
        known = known - _TOGETHER | {"properties"}
    if not known <= _MAKERS.keys():
        return lambda value: False
    checks = [_MAKERS[name](schema, formats) for name in sorted(known)]
    if len(checks) == 1:
        return checks[0]
    return lambda value: all(check(value) for check in checks)


def _type(schema: dict[str, Any], formats: Any) -> Check:
    words = schema["type"]
    kinds = [_TYPES[word] for word in ([words] if isinstance(words, str) else words)]
    return kinds[0] if len(kinds) == 1 else lambda value: any(kind(value) for kind in kinds)


def _object(schema: dict[str, Any], formats: Any) -> Check:
    """Properties of all three sorts: by name, by pattern, and all others."""
    named = {name: compiled(inner, formats) for name, inner in schema.get("properties", {}).items()}
    patterns = [
        (re.compile(pattern), compiled(inner, formats))
        for pattern, inner in schema.get("patternProperties", {}).items()
    ]
    others = schema.get("additionalProperties", True)
    rest = compiled(others, formats) if isinstance(others, dict) else None

    def check(value: Any) -> bool:
        if not isinstance(value, dict):
            return True
        for name, item in value.items():
            looked = named.get(name)
            if looked is not None and not looked(item):
                return False
            matching = [inner for pattern, inner in patterns if pattern.search(name)]
            if not all(inner(item) for inner in matching):
                return False
            if looked is None and not matching and not (rest(item) if rest is not None else others):
                return False
        return True

    return check


def _required(schema: dict[str, Any], formats: Any) -> Check:
    names = tuple(schema["required"])
    return lambda value: not isinstance(value, dict) or all(name in value for name in names)


def _pattern(schema: dict[str, Any], formats: Any) -> Check:
    search = re.compile(schema["pattern"]).search
    return lambda value: not isinstance(value, str) or search(value) is not None


def _size(name: str, kind: Any, low: bool) -> Callable[[dict[str, Any], Any], Check]:
    def make(schema: dict[str, Any], formats: Any) -> Check:
        limit = schema[name]
        if low:
            return lambda value: not isinstance(value, kind) or len(value) >= limit
        return lambda value: not isinstance(value, kind) or len(value) <= limit

    return make


def _bound(name: str, low: bool) -> Callable[[dict[str, Any], Any], Check]:
    def make(schema: dict[str, Any], formats: Any) -> Check:
        limit, number, text = schema[name], _TYPES["number"], "string" in schema.get("type", ())

        def check(value: Any) -> bool:
            if text and isinstance(value, str):
                return False  # a number as text has its limits, too; jsonschema says which
            return not number(value) or (value >= limit if low else value <= limit)

        return check

    return make


def _enum(schema: dict[str, Any], formats: Any) -> Check:
    # True is 1 to Python, and not to JSON.
    choices = [(type(item) is bool, item) for item in schema["enum"]]
    return lambda value: (type(value) is bool, value) in choices


def _items(schema: dict[str, Any], formats: Any) -> Check:
    if not isinstance(schema["items"], dict):
        return lambda value: False
    inner = compiled(schema["items"], formats)
    return lambda value: not isinstance(value, list) or all(inner(item) for item in value)


def _unique(schema: dict[str, Any], formats: Any) -> Check:
    if not schema["uniqueItems"]:
        return lambda value: True
    return lambda value: (
        not isinstance(value, list) or all(item not in value[:place] for place, item in enumerate(value))
    )


def _format(schema: dict[str, Any], formats: Any) -> Check:
    conforms, name = formats.conforms, schema["format"]
    return lambda value: conforms(value, name)


def _some(name: str, enough: Callable[[int, int], bool]) -> Callable[[dict[str, Any], Any], Check]:
    def make(schema: dict[str, Any], formats: Any) -> Check:
        ways = [compiled(inner, formats) for inner in schema[name]]
        return lambda value: enough(sum(way(value) for way in ways), len(ways))

    return make


def _one_of(schema: dict[str, Any], formats: Any) -> Check:
    """Exactly one way; a way that is not known could be a second one, so then nothing is known."""
    if not all(_is_known(inner) for inner in schema["oneOf"]):
        return lambda value: False
    return _some("oneOf", lambda fit, ways: fit == 1)(schema, formats)


def _is_known(schema: Any) -> bool:
    """Whether every keyword of a schema, at any depth, is one of those here."""
    if not isinstance(schema, dict) or set(schema) - _SILENT - _MAKERS.keys() - _TOGETHER:
        return False
    maps = [*schema.get("properties", {}).values(), *schema.get("patternProperties", {}).values()]
    lists = [inner for name in ("oneOf", "anyOf", "allOf") for inner in schema.get(name, [])]
    single = [
        schema[name] for name in ("items", "additionalProperties") if not isinstance(schema.get(name, True), bool)
    ]
    return all(_is_known(inner) for inner in (*maps, *lists, *single))


_MAKERS: dict[str, Callable[[dict[str, Any], Any], Check]] = {
    "type": _type, "properties": _object, "required": _required, "pattern": _pattern, "enum": _enum, "items": _items,
    "uniqueItems": _unique, "format": _format, "oneOf": _one_of,
    "anyOf": _some("anyOf", lambda fit, ways: fit > 0), "allOf": _some("allOf", lambda fit, ways: fit == ways),
    "minLength": _size("minLength", str, True), "maxLength": _size("maxLength", str, False),
    "minItems": _size("minItems", list, True), "maxItems": _size("maxItems", list, False),
    "minProperties": _size("minProperties", dict, True), "maxProperties": _size("maxProperties", dict, False),
    "minimum": _bound("minimum", True), "maximum": _bound("maximum", False),
}  # fmt: skip
# Looked at together with `properties`.
_TOGETHER = frozenset(("patternProperties", "additionalProperties"))
