"""Builtins on addresses and networks, IPv4 and IPv6."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network


@lru_cache(maxsize=65536)
def order(address: str | int) -> tuple[int, int]:
    """What addresses are compared by: version, then number, so IPv4 comes before IPv6."""
    parsed = ip_address(address)
    return parsed.version, int(parsed)


@lru_cache(maxsize=65536)
def network(cidr: str) -> IPv4Network | IPv6Network:
    """Read a network; bits beyond the prefix are ignored."""
    if not isinstance(cidr, str):
        raise TypeError("a network is a text")
    return ip_network(cidr, strict=False)


def networks_equal(one: str, other: str) -> bool:
    """Whether two networks hold the same addresses."""
    return network(one) == network(other)


def networks_overlap(one: str, other: str) -> bool:
    """Whether two networks share an address, whichever is the larger."""
    first, second = network(one), network(other)
    return first.version == second.version and first.overlaps(second)


def ip_in_network(address: str, cidr: str) -> bool:
    """Whether a network holds an address."""
    return ip_address(address) in network(cidr)
