"""Operators in extra specs: `>= 8`, `s== text`, `<in> part`, `<or> a <or> b`."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from kit.scheduling.errors import RequestError


def _numbers(compare: Callable[[float, float], bool]) -> Callable[[str, str], bool]:
    return lambda value, wanted: compare(float(value), float(wanted))


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": _numbers(operator.ge),  # "at least", by tradition
    "==": _numbers(operator.eq),
    "!=": _numbers(operator.ne),
    ">=": _numbers(operator.ge),
    "<=": _numbers(operator.le),
    "s==": operator.eq,
    "s!=": operator.ne,
    "s<": operator.lt,
    "s<=": operator.le,
    "s>": operator.gt,
    "s>=": operator.ge,
    "<in>": lambda value, wanted: wanted in value,
}


def match(value: str, wanted: str) -> bool:
    """Whether a value is as an extra spec wants it; without an operator, texts must be equal.

    Raises
    ------
    RequestError
        An operator for numbers meets what is none.

    Source: nova/scheduler/filters/extra_specs_ops.py, Nova 34.

    Examples
    --------
    >>> match("10", ">= 9"), match("r3", "<or> r1 <or> r3"), match("9", "s< 10")
    (True, True, False)
    """
    words = wanted.split()
    name, rest = (words[0], words[1:]) if words else ("", [])
    if name == "<or>":
        return value in rest[::2]
    if name == "<all-in>":
        return bool(rest) and all(word in value for word in rest)
    if name not in _OPERATORS:
        return value == wanted
    if not rest:
        return False
    try:
        return _OPERATORS[name](value, rest[0])
    except ValueError:
        raise RequestError(
            f"{value!r} {name} {rest[0]!r} compares no numbers", todo=f"Use s{name} for texts."
        ) from None
