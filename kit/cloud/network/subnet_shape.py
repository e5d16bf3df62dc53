"""What a subnet must look like: its range, its gateway, what it hands out, all of them of one IP version.

Source: neutron.db.db_base_plugin_v2._validate_subnet and neutron.db.ipam_backend_mixin.
"""

from __future__ import annotations

import ipaddress
from typing import Any

from kit.cloud.network.errors import bad_request, conflict, invalid_input
from kit.cloud.store import Row

# neutron.conf: the most of each that a subnet may have.
MOST_SERVERS, MOST_ROUTES = 5, 20
AUTO_MODES = ("slaac", "dhcpv6-stateless")
# Neutron takes the word `compute:` apart, and so every type that begins with one of its letters is one.
_OWNERS = ("network:", "neutron:", *"compute:")


def service_types(value: Any) -> list[str]:
    """The owners of ports that a subnet is for."""
    if not value:
        return []
    if not isinstance(value, list):
        raise bad_request("Subnet service types must be a list.")
    for owner in value:
        if not isinstance(owner, str):
            raise bad_request(f"Subnet service type {owner} is not a string.", "InvalidInputSubnetServiceType")
        if not owner.startswith(_OWNERS):
            raise bad_request(
                f"Subnet service type {owner} does not correspond to a valid device owner.", "InvalidSubnetServiceType"
            )
    return value


def _of_version(name: str, value: str, version: int) -> None:
    if ipaddress.ip_interface(value).version != version:
        raise invalid_input(f"{name} '{value}' does not match the ip_version '{version}'")


def sound(values: dict[str, Any], net: Any, version: int, old: Row | None = None) -> None:
    """Refuse a subnet that contradicts itself.

    Parameters
    ----------
    values : dict
        What the request sets.
    net : ip_network or None
        The range; None before a pool gives it.
    old : dict, optional
        The subnet that is being changed.
    """
    if net is not None:
        _range(values, net, version, bool(old and old["enable_dhcp"]))
    gateway = values.get("gateway_ip")
    if gateway:
        _of_version("gateway_ip", gateway, version)
        if net is not None and version == 4 and ipaddress.ip_address(gateway) in (net[0], net[-1]):
            raise invalid_input("Gateway is not valid on subnet")
    servers, routes = values.get("dns_nameservers") or [], values.get("host_routes") or []
    whole = old["id"] if old else "new subnet"
    for found, most, words in ((servers, MOST_SERVERS, "DNS nameservers"), (routes, MOST_ROUTES, "host routes")):
        if len(found) > most:
            type = "DNSNameServersExhausted" if found is servers else "HostRoutesExhausted"
            raise bad_request(
                f"Unable to complete operation for {whole}. The number of {words} exceeds the limit {most}.", type
            )
    for server in servers:
        _of_version("dns_nameserver", server, version)
    for route in routes:
        for name in ("nexthop", "destination"):
            _of_version(name, route[name], version)
    if old is None:
        _modes(values, net, version)


def _range(values: dict[str, Any], net: Any, version: int, served: bool) -> None:
    if net.version != version:
        raise invalid_input(f"cidr '{net}' does not match the ip_version '{version}'")
    if version == 6 and int(net.network_address) == 0:
        raise invalid_input("IPv6 subnet '::' is not supported")
    if not values.get("enable_dhcp") or served:
        return
    if net.prefixlen > (30 if version == 4 else 126):
        raise invalid_input("Subnet has a prefix length that is incompatible with DHCP service enabled")
    for kind in ("multicast", "loopback"):
        if getattr(net, f"is_{kind}"):
            raise invalid_input(f"{kind.title()} IP subnet is not supported if enable_dhcp is True")
    if version == 4 and int(net.network_address) == 0:
        raise invalid_input("First IP '0.0.0.0' of network is not supported if enable_dhcp is True.")


def _modes(values: dict[str, Any], net: Any, version: int) -> None:
    """How hosts of an IPv6 subnet get their addresses, and what routers say about it."""
    given = {name: values[name] for name in ("ipv6_ra_mode", "ipv6_address_mode") if values.get(name)}
    if version == 4:
        for name in given:
            raise invalid_input(f"{name} is not valid when ip_version is 4")
        return
    if given and not values["enable_dhcp"]:
        raise invalid_input("ipv6_ra_mode or ipv6_address_mode cannot be set when enable_dhcp is set to False")
    if len(set(given.values())) > 1:
        raise invalid_input(
            f"ipv6_ra_mode set to '{given['ipv6_ra_mode']}' with ipv6_address_mode set to '{given['ipv6_address_mode']}' "
            "is not valid. If both attributes are set, they must be the same value"
        )
    automatic = any(mode in AUTO_MODES for mode in given.values())
    if net is not None and automatic and net.prefixlen != 64:
        raise invalid_input(
            f"Invalid CIDR {net} for IPv6 address mode. OpenStack uses the EUI-64 address format, which requires the "
            "prefix to be /64"
        )


def default_pools(net: Any, gateway: str | None) -> list[dict[str, str]]:
    """All host addresses but the gateway's, as one or two ranges (neutron.ipam.utils.generate_pools)."""
    first, last = int(net.network_address), int(net.broadcast_address)
    if net.num_addresses == 1:
        return [{"start": str(net[0]), "end": str(net[0])}]
    if net.version == 6:
        first += 1
    elif net.prefixlen <= 30:
        first, last = first + 1, last - 1
    ranges = [(first, last)]
    if gateway is not None:
        place = int(ipaddress.ip_address(gateway))
        if first <= place <= last:
            ranges = [(first, place - 1), (place + 1, last)]
    kind = ipaddress.IPv4Address if net.version == 4 else ipaddress.IPv6Address
    return [{"start": str(kind(low)), "end": str(kind(high))} for low, high in ranges if low <= high]


def pools(given: list[dict[str, str]], net: Any, gateway: str | None) -> list[dict[str, str]]:
    """Pools as given, once they lie in the subnet, do not overlap and spare the gateway."""
    found: list[tuple[Any, Any]] = []
    for pool in given:
        start, end = ipaddress.ip_address(pool["start"]), ipaddress.ip_address(pool["end"])
        if start.version != end.version or int(start) > int(end):
            raise bad_request(f"The allocation pool {pool} is not valid.", "InvalidAllocationPool")
        found.append((start, end))
    low, high = int(net.network_address), int(net.broadcast_address)
    if net.version == 6 or net.prefixlen <= 30:
        low, high = low + 1, high - (net.version == 4)
    for start, end in found:
        if start.version != net.version:
            raise bad_request(f"The allocation pool {start}-{end} is not valid.", "InvalidAllocationPool")
        if int(start) < low or int(end) > high:
            raise bad_request(
                f"The allocation pool {start}-{end} spans beyond the subnet cidr {net}.", "OutOfBoundsAllocationPool"
            )
    for place, one in enumerate(found):
        for other in found[place + 1 :]:
            if one[0] <= other[1] and other[0] <= one[1]:
                raise conflict(
                    "OverlappingAllocationPools",
                    f"Found overlapping allocation pools: {one[0]}-{one[1]} {other[0]}-{other[1]} for subnet {net}.",
                )
    spare(found, gateway)
    return [{"start": pool["start"], "end": pool["end"]} for pool in given]


def spare(found: list[tuple[Any, Any]], gateway: str | None) -> None:
    """Refuse a pool that the gateway lies in."""
    for start, end in found:
        if gateway is not None and int(start) <= int(ipaddress.ip_address(gateway)) <= int(end):
            raise conflict(
                "GatewayConflictWithAllocationPools",
                f"Gateway ip {gateway} conflicts with allocation pool {start}-{end}.",
            )
