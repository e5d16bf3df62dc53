"""Constraints on the values of parameters and properties: length, range, modulo, allowed values, pattern, custom.

Source: Heat 27. A constraint gives the sentence that Heat gives, or the template author's own `description`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from kit.hot.custom import CUSTOM, LOOKUPS
from kit.hot.errors import HotError

TEXTS, NUMBERS, LISTS, MAPS, BOOLEANS = "string", "number", "list", "map", "boolean"
TRUE = frozenset({"1", "t", "true", "on", "y", "yes"})
FALSE = frozenset({"0", "f", "false", "off", "n", "no"})


class SchemaFault(HotError):
    """A constraint is declared wrongly."""


def to_number(value: Any) -> int | float:
    """A number, also from text.

    Raises
    ------
    ValueError, TypeError
        It is none.
    """
    if isinstance(value, int | float):
        return value
    try:
        return int(value)
    except ValueError:
        return float(value)


def to_boolean(value: Any) -> bool:
    """A boolean, also from the words of both; Heat's parameters know y, on, t, 1 and their opposites.

    Raises
    ------
    ValueError
        It is none.
    """
    word = str(value).strip().lower()
    if word in TRUE:
        return True
    if word in FALSE:
        return False
    known = ", ".join(f"'{word}'" for word in sorted(TRUE | FALSE))
    raise ValueError(f"Unrecognized value '{value}', acceptable values are: {known}")


def convert(kind: str, value: Any) -> Any:
    """A value as its kind has it, for comparing with allowed values."""
    try:
        if kind in ("number", "integer"):
            number = to_number(value)
            if kind == "integer" and isinstance(number, float):
                raise ValueError
            return number
        if kind == "string":
            return str(value)
        return to_boolean(value) if kind == "boolean" else value
    except ValueError:
        raise ValueError(f'Value "{value}" is invalid for data type "{kind.capitalize()}".') from None


@dataclass(frozen=True)
class Constraint:
    """One constraint.

    Attributes
    ----------
    name : str
        As HOT writes it: `length`, `range`, `modulo`, `allowed_values`, `allowed_pattern`, `custom_constraint`.
    value : object
        What it demands.
    description : str or None
        The author's own sentence for a value that breaks it.
    """

    name: str
    value: Any
    description: str | None = None

    def suits(self, kind: str) -> bool:
        """Whether a parameter of a kind may have it."""
        kind = NUMBERS if kind == "integer" else kind
        return kind in _SUITS[self.name]

    def broken(self, value: Any, kind: str) -> str | None:
        """Why a value breaks it, or None."""
        try:
            said = _CHECKS[self.name](self.value, value, kind)
        except (TypeError, ValueError, AttributeError) as error:
            said = str(error)
        return (self.description or said) if said is not None else None


def _out_of_range(bounds: Mapping[str, Any], value: Any, number: Any, told: str) -> str | None:
    low, high = bounds.get("min"), bounds.get("max")
    if (low is not None and number < low) or (high is not None and number > high):
        return f"{told} is out of range (min: {low}, max: {high})"
    return None


def _range(bounds: Any, value: Any, kind: str) -> str | None:
    return _out_of_range(bounds, value, to_number(value), str(value))


def _length(bounds: Any, value: Any, kind: str) -> str | None:
    size = len(value)
    return _out_of_range(bounds, value, size, f"length ({size})")


def _modulo(rule: Any, value: Any, kind: str) -> str | None:
    step, offset = int(rule["step"]), int(rule["offset"])
    if to_number(value) % step == offset % step:
        return None
    return f"{value} is not a multiple of {step} with an offset of {offset}"


def _allowed(values: Any, value: Any, kind: str) -> str | None:
    if isinstance(value, list):
        if all(item in values for item in value):
            return None
    elif convert(kind, value) in [convert(kind, item) for item in values]:
        return None
    return f"{json.dumps(value)} is not an allowed value [{', '.join(json.dumps(item) for item in values)}]"


def _pattern(pattern: Any, value: Any, kind: str) -> str | None:
    text = value if isinstance(value, str) else str(value)
    found = re.compile(pattern).match(text)
    return None if found and found.end() == len(text) else f'"{text}" does not match pattern "{pattern}"'


Lookup = Callable[[str, Any], str | None]
"""A custom constraint and a value to why the value is wrong, or None."""

_cloud: ContextVar[Lookup | None] = ContextVar("cloud", default=None)


@contextmanager
def asking(lookup: Lookup) -> Iterator[None]:
    """Let the custom constraints that look something up ask a cloud meanwhile; otherwise they accept every value."""
    token = _cloud.set(lookup)
    try:
        yield
    finally:
        _cloud.reset(token)


def _custom(name: Any, value: Any, kind: str) -> str | None:
    check = CUSTOM.get(name)
    if check is None:
        if name in LOOKUPS:
            ask = _cloud.get()
            said = ask(name, value) if ask is not None else None
            return None if said is None else f"Error validating value '{value}': {said}"
        return f'"{value}" does not validate {name} (constraint not found)'
    said = check(value)
    if said is None:
        return None
    return f"Error validating value '{value}': {said}" if said else f"Error validating value '{value}'"


_CHECKS: Mapping[str, Callable[[Any, Any, str], str | None]] = {
    "range": _range, "length": _length, "modulo": _modulo, "allowed_values": _allowed,
    "allowed_pattern": _pattern, "custom_constraint": _custom,
}  # fmt: skip
_SUITS = {
    "range": {NUMBERS}, "modulo": {NUMBERS}, "length": {TEXTS, LISTS, MAPS}, "allowed_pattern": {TEXTS},
    "allowed_values": {TEXTS, NUMBERS, BOOLEANS, LISTS}, "custom_constraint": {TEXTS, NUMBERS, BOOLEANS, LISTS},
}  # fmt: skip
CLASSES = {
    "range": "Range", "modulo": "Modulo", "length": "Length", "allowed_pattern": "AllowedPattern",
    "allowed_values": "AllowedValues", "custom_constraint": "CustomConstraint",
}  # fmt: skip
_ORDER = ("modulo", "range", "length", "allowed_values", "allowed_pattern", "custom_constraint")


def from_declaration(declared: Mapping[str, Any], modulo: bool = True) -> Constraint:
    """A constraint as a template or a type declares it.

    Raises
    ------
    SchemaFault
        The declaration is wrong; the sentence is Heat's.
    """
    description = declared.get("description")
    for name in _ORDER:
        if name in declared and (modulo or name != "modulo"):
            return Constraint(name, _demand(name, declared[name]), description)
    raise SchemaFault("No constraint expressed")


def _demand(name: str, value: Any) -> Any:
    if name in ("range", "length"):
        return _bounds(name, value)
    if name == "modulo":
        return _step(value)
    if name == "allowed_values" and not isinstance(value, list | tuple):
        raise SchemaFault("AllowedValues must be a list")
    if name == "allowed_pattern":
        if not isinstance(value, str):
            raise SchemaFault("AllowedPattern must be a string")
        try:
            re.compile(value)
        except (re.error, RecursionError, OverflowError) as error:
            raise SchemaFault(f"AllowedPattern is not a regular expression: {error}") from None
    return value


def _number(value: Any, what: str) -> Any:
    try:
        return None if value is None else to_number(value)
    except (TypeError, ValueError):
        raise SchemaFault(what) from None


def _only(value: Any, keys: set[str], entity: str) -> None:
    if not isinstance(value, dict):
        raise SchemaFault(f"Invalid {entity}, expected a mapping")
    for key in value:
        if key not in keys:
            raise SchemaFault(f"Invalid key '{key}' for {entity}")


def _bounds(name: str, value: Any) -> dict[str, Any]:
    _only(value, {"min", "max"}, f"{name} constraint")
    found = {key: _number(value.get(key), "min/max must be numeric") for key in ("min", "max")}
    if found["min"] is found["max"] is None:
        raise SchemaFault(f"A {name} constraint must have a min value and/or a max value specified.")
    if name == "length" and any(isinstance(number, float) for number in found.values()):
        raise SchemaFault("min/max length must be integral")
    return found


def _step(value: Any) -> dict[str, int]:
    _only(value, {"step", "offset"}, "modulo constraint")
    found = {key: _number(value.get(key), "step/offset must be numeric") for key in ("step", "offset")}
    if None in found.values():
        raise SchemaFault("A modulo constraint must have a step value and an offset value specified.")
    if any(int(number) != number for number in found.values()):
        raise SchemaFault("step/offset must be integer")
    step, offset = int(found["step"]), int(found["offset"])
    if step == 0:
        raise SchemaFault("step cannot be 0.")
    if abs(offset) >= abs(step):
        raise SchemaFault("offset must be smaller (by absolute value) than step.")
    if step * offset < 0:
        raise SchemaFault("step and offset must be both positive or both negative.")
    return {"step": step, "offset": offset}
