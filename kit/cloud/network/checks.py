"""Checks of attribute values, in the words of neutron_lib.api.validators.

A check takes a value and returns it as it is stored; it raises `Unfit` with Neutron's reason.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from typing import Any

Check = Callable[[Any], Any]

_UUID = re.compile(r"^[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$")
_MAC = re.compile(r"^([0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}$")
_TRUE, _FALSE = ("true", "1", "on", "yes", "t", "y"), ("false", "0", "off", "no", "f", "n")


class Unfit(Exception):
    """A value does not fit; the text is the reason."""


def text(limit: int = 255) -> Check:
    """Text of at most `limit` characters."""

    def check(value: Any) -> str:
        if not isinstance(value, str):
            raise Unfit(f"'{value}' is not a valid string")
        if len(value) > limit:
            raise Unfit(f"'{value}' exceeds maximum length of {limit}")
        return value

    return check


def boolean(value: Any) -> bool:
    """A boolean, also as a word."""
    if isinstance(value, bool):
        return value
    word = str(value).lower()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise Unfit(f"'{value}' cannot be converted to boolean")


def whole(low: int | None = None, high: int | None = None) -> Check:
    """A whole number in a range."""

    def check(value: Any) -> int:
        if isinstance(value, bool) or not re.fullmatch(r"-?\d+", str(value)):
            raise Unfit(f"'{value}' is not an integer")
        number = int(value)
        if low is not None and number < low:
            raise Unfit(f"'{value}' is too small - must be at least '{low}'")
        if high is not None and number > high:
            raise Unfit(f"'{value}' is too large - must be no larger than '{high}'")
        return number

    return check


def uuid(value: Any) -> str:
    """A UUID."""
    if not isinstance(value, str) or not _UUID.match(value):
        raise Unfit(f"'{value}' is not a valid UUID")
    return value


def one_of(*choices: Any) -> Check:
    """One of these values."""

    def check(value: Any) -> Any:
        if value not in choices:
            raise Unfit(f"'{value}' is not in {list(choices)}")
        return value

    return check


def none_or(inner: Check) -> Check:
    """Nothing, or what fits `inner`."""
    return lambda value: None if value is None else inner(value)


def ip(value: Any) -> str:
    """An address, in its shortest form."""
    try:
        return str(ipaddress.ip_address(value))
    except (ValueError, TypeError):
        raise Unfit(f"'{value}' is not a valid IP address") from None


def cidr(value: Any) -> str:
    """A network in CIDR form; host bits are dropped, as Neutron drops them."""
    try:
        network = ipaddress.ip_network(value, strict=False)
    except (ValueError, TypeError):
        raise Unfit(f"'{value}' is not a valid IP subnet") from None
    if "/" not in str(value):
        raise Unfit(f"'{value}' is not a valid IP subnet")
    return str(network)


def route(value: Any) -> str:
    """Where a route leads: a network in CIDR form without host bits, and not the machine itself."""
    try:
        network = ipaddress.ip_network(value)
    except (ValueError, TypeError):
        raise Unfit(f"'{value}' is not a valid CIDR") from None
    if "/" not in str(value):
        raise Unfit(f"'{value}' is not a valid CIDR")
    if network.is_loopback:
        raise Unfit(f"'{value}' is not a routable CIDR")
    return str(network)


def mac(value: Any) -> str:
    """A MAC address, in lower case with colons."""
    if not isinstance(value, str) or not _MAC.match(value):
        raise Unfit(f"'{value}' is not a valid MAC address")
    return value.lower().replace("-", ":")


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
        found = [inner(item) for item in value]
        for position, item in enumerate(found):
            if item in found[:position]:
                raise Unfit(f"Duplicate items in the list: '{item}'")
        return found

    return check


def record(required: list[str], **fields: Check) -> Check:
    """A dictionary with these keys only."""

    def check(value: Any) -> dict[str, Any]:
        mapping(value)
        strange = sorted(set(value) - set(fields))
        if strange:
            raise Unfit(f"Unexpected keys supplied: {', '.join(strange)}")
        missing = [name for name in required if name not in value]
        if missing:
            raise Unfit(f"Expected keys not found: {', '.join(missing)}")
        return {name: fields[name](item) for name, item in value.items()}

    return check
