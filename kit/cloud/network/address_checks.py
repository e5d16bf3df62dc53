"""Checks of addresses, ranges and what is made of them, in the words of neutron_lib.api.validators."""

from __future__ import annotations

import ipaddress
import re
from typing import Any

from kit.cloud.network.checks import Unfit, keys_differ, uuid
from kit.cloud.network.errors import bad_request, invalid_input

_MAC = re.compile(r"^[0-9a-fA-F]{2}(([:-])[0-9a-fA-F]{2})(\2[0-9a-fA-F]{2}){4}$")
_NO_MAC = "00:00:00:00:00:00"
# neutron.conf: the most that a port may have.
MOST_PAIRS = 10


def _ip(value: Any) -> Any:
    """An address; IPv4 with leading zeros is read as decimal, to say what would be right."""
    if not isinstance(value, str) or re.search(r"\s", value):
        raise Unfit(f"'{value}' is not a valid IP address")
    plain = re.sub(r"(?<![0-9])0+(?=[0-9])", "", value) if value.count(".") == 3 and ":" not in value else value
    try:
        found = ipaddress.ip_address(plain)
    except ValueError:
        raise Unfit(f"'{value}' is not a valid IP address") from None
    if plain != value:
        raise Unfit(f"'{value}' is not an accepted IP address, '{plain}' is recommended")
    return found


def ip(value: Any) -> str:
    """An address, in its shortest form."""
    return str(_ip(value))


def _net(value: Any) -> Any:
    """A network in CIDR form with the host bits that it was given."""
    if not isinstance(value, str) or "/" not in value or re.search(r"\s", value):
        raise ValueError(value)
    return ipaddress.ip_interface(value)


def subnet(value: Any) -> str:
    """A range in CIDR form; host bits stay."""
    try:
        net = _net(value)
        # A mask for a length, or an address that is written otherwise, is not what Neutron calls a subnet.
        if net.version == 4 and str(net) != value:
            raise ValueError(value)
    except ValueError:
        raise Unfit(f"'{value}' is not a valid IP subnet") from None
    return str(net)


def cidr(value: Any) -> str:
    """A range in CIDR form; host bits are dropped."""
    return str(ipaddress.ip_network(subnet(value), strict=False))


def own_cidr(value: Any) -> str:
    """The range of a subnet: what is no network at all is refused before it is looked at closer."""
    try:
        return str(ipaddress.ip_interface(value.strip() if isinstance(value, str) else value))
    except (ValueError, TypeError):
        raise invalid_input(f"{value} is not in a CIDR format") from None


def route(value: Any) -> str:
    """Where a route leads: a network in CIDR form without host bits, and not the machine itself."""
    try:
        net = _net(value)
        if net.network.network_address != net.ip:
            raise ValueError(value)
    except ValueError:
        raise Unfit(f"'{value}' is not a valid CIDR") from None
    if net.network.is_loopback:
        raise Unfit(f"'{value}' is not a routable CIDR")
    return str(net)


def mac(value: Any) -> str:
    """A MAC address, in lower case with colons."""
    if not isinstance(value, str) or not _MAC.match(value) or value.replace("-", ":") == _NO_MAC:
        raise Unfit(f"'{value}' is not a valid MAC address")
    return value.lower().replace("-", ":")


def nameservers(value: Any) -> list[str]:
    """Addresses of name servers, none twice."""
    if not hasattr(value, "__iter__"):
        raise Unfit(f"Invalid data format for nameserver: '{value}'")
    found: list[str] = []
    for host in value:
        try:
            address = ip(host)
        except Unfit as reason:
            raise Unfit(f"'{host}' is not a valid nameserver. {reason}") from None
        if address in found:
            raise Unfit(f"Duplicate nameserver '{host}'")
        found.append(address)
    return found


def _with_keys(item: Any, keys: tuple[str, ...]) -> None:
    if not isinstance(item, dict):
        raise Unfit(f"Invalid input. '{item}' must be a dictionary with keys: {list(keys)}")
    if set(item) != set(keys):
        raise Unfit(keys_differ(keys, item))


def host_routes(value: Any) -> list[dict[str, str]]:
    """Routes, each a destination and a next hop, none twice."""
    if not isinstance(value, list):
        raise Unfit(f"Invalid data format for hostroute: '{value}'")
    found: list[dict[str, str]] = []
    for item in value:
        _with_keys(item, ("destination", "nexthop"))
        one = {"destination": route(item["destination"]), "nexthop": ip(item["nexthop"])}
        if one in found:
            raise Unfit(f"Duplicate hostroute '{item}'")
        found.append(one)
    return found


def pools(value: Any) -> list[dict[str, str]]:
    """Ranges that addresses are given out of."""
    if not value and (value is None or hasattr(value, "__iter__")):
        return []
    if not hasattr(value, "__iter__") or not all(isinstance(item, dict) for item in value):
        raise invalid_input("Invalid data format for allocation pools")
    if not isinstance(value, list):
        raise Unfit(f"Invalid data format for IP pool: '{value}'")
    for item in value:
        _with_keys(item, ("start", "end"))
    return [{"start": ip(item["start"]), "end": ip(item["end"])} for item in value]


def fixed_ips(value: Any) -> list[dict[str, Any]]:
    """What a port asks for: addresses, subnets, or one in the other; no address twice."""
    if not isinstance(value, list):
        raise Unfit(f"Invalid data format for fixed IP: '{value}'")
    seen: list[str] = []
    found = []
    for item in value:
        if not isinstance(item, dict):
            raise Unfit(f"Invalid data format for fixed IP: '{item}'")
        one = dict(item)
        if "ip_address" in item:
            if item["ip_address"] in seen:
                raise Unfit(f"Duplicate IP address '{item['ip_address']}'")
            one["ip_address"] = ip(item["ip_address"])
            seen.append(item["ip_address"])
        if "subnet_id" in item:
            one["subnet_id"] = uuid(item["subnet_id"])
        found.append(one)
    return found


def address_pairs(value: Any) -> list[dict[str, Any]]:
    """Further addresses that a port may send from (neutron_lib.api.validators.allowedaddresspairs)."""
    if not isinstance(value, list):
        raise bad_request("Allowed address pairs must be a list.")
    if len(value) > MOST_PAIRS:
        raise bad_request(
            f"The number of allowed address pair exceeds the maximum {MOST_PAIRS}.", "AllowedAddressPairExhausted"
        )
    seen: list[tuple[Any, Any]] = []
    for pair in value:
        if not isinstance(pair, dict):
            raise Unfit(f"'{pair}' is not a dictionary")
        try:
            _pair(pair, seen)
        except Unfit as reason:
            raise bad_request(str(reason)) from None
    return [dict(pair) for pair in value]


def _pair(pair: dict[str, Any], seen: list[tuple[Any, Any]]) -> None:
    if "mac_address" in pair:
        mac(pair["mac_address"])
    if "ip_address" not in pair:
        raise bad_request("AllowedAddressPair must contain ip_address", "AllowedAddressPairsMissingIP")
    own, address = pair.get("mac_address"), pair["ip_address"]
    if (own, address) in seen:
        raise bad_request(
            f"Request contains duplicate address pair: mac_address {own} ip_address {address}.",
            "DuplicateAddressPairInRequest",
        )
    seen.append((own, address))
    strange = sorted(set(pair) - {"mac_address", "ip_address"})
    if strange:
        raise Unfit(f"Unrecognized attribute(s) '{', '.join(strange)}'")
    ranged = "/" in str(address)
    (subnet if ranged else ip)(address)
    _to_one(ipaddress.ip_interface(address).network, address, ranged)
    if own is not None and int(own[:2], 16) & 1:
        raise Unfit(f"MAC address {own} is a multicast address, which is not supported.")


def _to_one(net: Any, address: str, ranged: bool) -> None:
    """Refuse addresses of groups of hosts; everything is not meant to be them."""
    many = ipaddress.ip_network("224.0.0.0/4" if net.version == 4 else "ff00::/8")
    if str(net) == "0.0.0.0/0" or not net.overlaps(many):
        return
    if not ranged:
        raise Unfit(f"IP {address} is a multicast address, which is not supported.")
    raise Unfit(f"Subnet {address} overlaps with multicast range {many}, which is not supported.")
