"""Builtins that check values of configuration options: an empty text, or what is wrong."""

from __future__ import annotations

import re


def _bound(limit: str | int | float) -> str | int | float | None:
    return None if limit == "" else limit


def _number(kind: type[int] | type[float], low: object, high: object, value: object) -> str:
    try:
        least, most = _bound(low), _bound(high)  # type: ignore[arg-type]
        if least is not None and most is not None and most < least:  # type: ignore[operator]
            raise ValueError("Max value is less than min value")
        if not isinstance(value, kind):
            if not str(value).strip():
                return ""
            value = kind(value)  # type: ignore[call-overload, arg-type, unused-ignore]
        if least is not None and value < least:  # type: ignore[operator]
            raise ValueError(f"Should be greater than or equal to {least:g}")
        if most is not None and value > most:  # type: ignore[operator]
            raise ValueError(f"Should be less than or equal to {most:g}")
    except (ValueError, TypeError) as e:
        return str(e)
    return ""


def validate_int(low: object, high: object, value: object) -> str:
    """Check a whole number against bounds; an empty bound is none."""
    return _number(int, low, high, value)


def validate_float(low: object, high: object, value: object) -> str:
    """Check a number against bounds; an empty bound is none."""
    return _number(float, low, high, value)


def validate_string(regex: str, longest: int | str, quotes: object, ignore_case: object, value: object) -> str:
    """Check a text against a pattern and a length; both may be empty."""
    text = str(value)
    try:
        pattern = re.compile(regex, re.IGNORECASE if ignore_case else 0) if regex != "" else None
        if quotes and text and text[0] in "\"'":
            if len(text) == 1 or text[-1] != text[0]:
                raise ValueError(f"Non-closed quote: {text}")
            text = text[1:-1]
        limit = longest or 0
        if limit > 0 and len(text) > limit:  # type: ignore[operator]
            raise ValueError(f"Value {text!r} exceeds maximum length {limit}")
        if pattern and not pattern.search(text):
            raise ValueError(f"Value {text!r} doesn't match regex {pattern.pattern!r}")
    except (ValueError, TypeError) as e:
        return str(e)
    return ""
