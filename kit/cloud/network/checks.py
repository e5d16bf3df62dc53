"""Checks of attribute values, in the words of neutron_lib.api.validators and neutron_lib.api.converters.

A check takes a value and returns it as it is stored. A value that Neutron converts first and cannot
(a boolean, a number) is an `InvalidInput` of its own; what a validator refuses raises `Unfit` with the
reason, and the attribute's name comes to it where the check is used.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection
from typing import Any
from uuid import UUID

from kit.cloud.network.errors import invalid_input

Check = Callable[[Any], Any]

_TRUE, _FALSE = ("true", "1", "on", "yes", "t", "y"), ("false", "0", "off", "no", "f", "n")


class Unfit(Exception):
    """A value does not fit; the text is the reason."""


def text(limit: int | None = 255) -> Check:
    """Text of at most `limit` characters."""

    def check(value: Any) -> str:
        if not isinstance(value, str):
            raise Unfit(f"'{value}' is not a valid string")
        if limit is not None and len(value) > limit:
            raise Unfit(f"'{value}' exceeds maximum length of {limit}")
        return value

    return check


def name(value: Any) -> str:
    """A name: text that can be printed, without blanks around it."""
    found: str = text()(value)
    kinds = [unicodedata.category(letter) for letter in found]
    blank_outside = bool(kinds) and "Zs" in (kinds[0], kinds[-1])
    if blank_outside or any(kind[0] == "C" or kind in ("Zl", "Zp") for kind in kinds):
        raise Unfit(f"'{value}' is not a valid string")
    return found


def filled_name(value: Any) -> str:
    """A name that is not empty."""
    if isinstance(value, str) and not value.strip():
        raise Unfit(f"'{value}' Blank strings are not permitted")
    return name(value)


def lower(inner: Check) -> Check:
    """What fits `inner` in lower case."""

    def check(value: Any) -> Any:
        if not isinstance(value, str):
            raise invalid_input(f"Input value {value} must be string type")
        return inner(value.lower())

    return check


def boolean(value: Any) -> bool:
    """A boolean, also as a word or as 1 and 0."""
    word = str(value).strip().lower()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise invalid_input(f"'{value}' cannot be converted to boolean")


def number(value: Any) -> int:
    """What Python's `int` makes a whole number of."""
    try:
        return int(value)
    except (ValueError, TypeError, OverflowError):
        raise invalid_input(f"'{value}' is not an integer") from None


def whole(low: int | None = None, high: int | None = None) -> Check:
    """A whole number in a range."""

    def check(value: Any) -> int:
        found = number(value)
        if low is not None and found < low:
            raise Unfit(f"'{found}' is too small - must be at least '{low}'")
        if high is not None and found > high:
            raise Unfit(f"'{found}' is too large - must be no larger than '{high}'")
        return found

    return check


def ip_version(value: Any) -> int:
    """4 or 6."""
    return int(one_of(4, 6)(number(value)))


def natural(value: Any) -> int:
    """A whole number that is not negative."""
    found = number(value)
    if found < 0:
        raise Unfit(f"'{found}' should be non-negative")
    return found


def uuid(value: Any) -> str:
    """A UUID, with or without its dashes."""
    try:
        plain = value.replace("urn:", "").replace("uuid:", "").strip("{}").replace("-", "").lower()
        alike = UUID(value).hex == plain
    except (ValueError, AttributeError, TypeError):
        alike = False
    if not alike:
        raise Unfit(f"'{value}' is not a valid UUID")
    return str(value)


def one_of(*choices: Any) -> Check:
    """One of these values."""

    def check(value: Any) -> Any:
        if value not in choices:
            raise Unfit(f"{value} is not in valid_values")
        return value

    return check


# The protocols that packet filters know by name (neutron_lib.constants.IPTABLES_PROTOCOL_MAP).
PROTOCOLS = ("dccp", "icmp", "ipv6-icmp", "sctp", "tcp", "udp")


def protocol(value: Any) -> str:
    """One of those protocols; a number is a protocol, and none of them."""
    if not isinstance(value, str):
        raise invalid_input(f"Input value {value} must be string type")
    known = value.lower() in PROTOCOLS or (value.strip().isdigit() and int(value) <= 255)
    if not known:
        raise invalid_input(
            f"IP protocol '{value}' is not supported. Only protocol names and their integer representation (0 to 255) "
            "are supported"
        )
    return str(one_of(*PROTOCOLS)(value))


def none_or(inner: Check) -> Check:
    """Nothing, or what fits `inner`."""
    return lambda value: None if value is None else inner(value)


def none_as(instead: Callable[[], Any], inner: Check) -> Check:
    """What fits `inner`; nothing is what `instead` makes, an empty list as a rule."""
    return lambda value: inner(instead() if value is None else value)


def mapping(value: Any) -> dict[str, Any]:
    """A dictionary."""
    if not isinstance(value, dict):
        raise Unfit(f"'{value}' is not a dictionary")
    return value


def list_of(inner: Check) -> Check:
    """A list whose items fit `inner`; no item twice."""

    def check(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise Unfit(f"'{value}' is not a list")
        twice: list[Any] = []
        for position, item in enumerate(value):
            if item in value[:position] and item not in twice:
                twice.append(item)
        if twice:
            raise Unfit(f"Duplicate items in the list: '{', '.join(map(str, twice))}'")
        return [inner(item) for item in value]

    return check


def record(required: list[str], **fields: Check) -> Check:
    """A dictionary with these keys only."""

    def check(value: Any) -> dict[str, Any]:
        mapping(value)
        if not set(required) <= set(value):
            raise Unfit(keys_differ(required, value))
        strange = [name for name in value if name not in fields]
        if strange:
            raise Unfit(f"Unexpected keys supplied: {', '.join(strange)}")
        return {name: inner(value[name]) for name, inner in fields.items() if name in value}

    return check


def keys_differ(expected: Collection[str], given: Any) -> str:
    """The reason when a dictionary does not have the keys that it must; of sets, since it compares sets."""
    return f"Validation of dictionary's keys failed. Expected keys: {as_set(expected)} Provided keys: {as_set(given)}"


def as_set(names: Collection[str]) -> str:
    """Names as Python writes a set of them, in a fixed order."""
    return "{" + ", ".join(map(repr, sorted(names))) + "}" if names else "set()"
