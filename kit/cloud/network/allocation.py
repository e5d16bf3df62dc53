"""Which address a port gets: the next free one of a pool, or the one asked for."""

from __future__ import annotations

import ipaddress
from typing import Any

from kit.cloud.call import Call
from kit.cloud.network import subnets
from kit.cloud.network.errors import bad_request, conflict, invalid_input, not_found
from kit.cloud.network.models import addresses
from kit.cloud.network.models import subnets as subnet_table
from kit.cloud.store import Row

Pair = tuple[str, str]  # (subnet id, address)


def taken(call: Call, subnet_id: str, address: str) -> bool:
    """Whether a port has the address."""
    return call.tx.first(addresses, subnet_id=subnet_id, ip_address=address) is not None


def give(call: Call, port_id: str, pairs: list[Pair]) -> None:
    """Write the addresses of a port down."""
    for subnet_id, address in pairs:
        call.tx.insert(addresses, port_id=port_id, subnet_id=subnet_id, ip_address=address)


def next_free(call: Call, subnet: Row) -> str | None:
    """The next address of the subnet's pools that nobody has, or None.

    Real Neutron draws one of the next few at random; here they go up one by one, so that the same steps
    give the same addresses.
    """
    pools = [(ipaddress.ip_address(p["start"]), ipaddress.ip_address(p["end"])) for p in subnet["allocation_pools"]]
    hint = int(subnet["next_ip"]) if subnet["next_ip"] else 0
    for low_limit in (hint, 0):
        for start, end in pools:
            for number in range(max(int(start), low_limit), int(end) + 1):
                address = str(type(start)(number))
                if address != subnet["gateway_ip"] and not taken(call, subnet["id"], address):
                    call.tx.update(subnet_table, subnet["id"], next_ip=str(number + 1))
                    subnet["next_ip"] = str(number + 1)
                    return address
        if not hint:
            break
    return None


def holds(subnet: Row, address: str) -> bool:
    """Whether a host may have the address in the subnet: not the first and the last of IPv4 (neutron.ipam.utils)."""
    net, one = ipaddress.ip_network(subnet["cidr"]), ipaddress.ip_address(address)
    return one in net and not (net.version == 4 and one in (net.network_address, net.broadcast_address))


def by_mac(subnet: Row, mac: str) -> str:
    """The address that a host makes of its MAC address (RFC 4291, modified EUI-64)."""
    parts = [int(part, 16) for part in mac.split(":")]
    parts = [parts[0] ^ 2, parts[1], parts[2], 0xFF, 0xFE, *parts[3:]]
    suffix = int.from_bytes(bytes(parts), "big")
    return str(ipaddress.ip_network(subnet["cidr"]).network_address + suffix)


def choose(
    call: Call, network_id: str, wanted: list[dict[str, Any]] | None, mac: str, owner: str,
    below: list[Row] | None = None,
) -> list[Pair]:  # fmt: skip
    """The addresses for a port.

    Parameters
    ----------
    wanted : list of dict or None
        What the request's `fixed_ips` say; None when it says nothing.
    below : list of dict, optional
        The network's subnets, oldest first.

    Raises
    ------
    BadRequest, Conflict
        An address outside the network, taken, or no address left.
    """
    if below is None:
        below = call.tx.rows(subnet_table, network_id=network_id, order=[subnet_table.c.created_at, subnet_table.c.id])
    if wanted is None:
        return _any(call, network_id, below, mac, owner)
    found: list[Pair] = []
    for item in wanted:
        found.append(_asked(call, network_id, below, item, mac, found))
    return found


def _any(call: Call, network_id: str, below: list[Row], mac: str, owner: str) -> list[Pair]:
    """One address of each IP version, and one in every subnet where hosts make their own."""
    # A subnet with service types is for ports of those owners only.
    fit = [subnet for subnet in below if not subnet["service_types"] or owner in subnet["service_types"]]
    found: list[Pair] = [(subnet["id"], by_mac(subnet, mac)) for subnet in fit if subnets.is_auto(subnet)]
    for version in (4, 6):
        candidates = [s for s in fit if s["ip_version"] == version and not subnets.is_auto(s)]
        if not candidates:
            continue
        for subnet in candidates:
            address = next_free(call, subnet)
            if address is not None:
                found.append((subnet["id"], address))
                break
        else:
            raise _exhausted(network_id)
    return found


def _exhausted(network_id: str) -> Exception:
    return conflict("IpAddressGenerationFailure", f"No more IP addresses available on network {network_id}.")


def _asked(call: Call, network_id: str, below: list[Row], item: dict[str, Any], mac: str, found: list[Pair]) -> Pair:
    address, subnet_id = item.get("ip_address"), item.get("subnet_id")
    if subnet_id is not None:
        subnet = next((row for row in below if row["id"] == subnet_id), None)
        if subnet is None and call.tx.get(subnet_table, subnet_id) is None:
            raise not_found("Subnet", subnet_id)
        if subnet is None:
            raise invalid_input(
                f"Failed to create port on network {network_id}, because fixed_ips included invalid subnet {subnet_id}"
            )
        if address is None:
            if subnets.is_auto(subnet):
                return subnet["id"], by_mac(subnet, mac)
            free = next_free(call, subnet)
            if free is None:
                raise _exhausted(network_id)
            return subnet["id"], free
        if not holds(subnet, address):
            raise bad_request(f"IP address {address} is not a valid IP for the specified subnet.", "InvalidIpForSubnet")
    else:
        if address is None:
            raise invalid_input("IP allocation requires subnet_id or ip_address")
        subnet = next((row for row in below if holds(row, address)), None)
        if subnet is None:
            raise bad_request(
                f"IP address {address} is not a valid IP for any of the subnets on the specified network.",
                "InvalidIpForNetwork",
            )
    return _claim(call, subnet, address, found)


def _claim(call: Call, subnet: Row, address: str, found: list[Pair]) -> Pair:
    if taken(call, subnet["id"], address) or (subnet["id"], address) in found:
        raise conflict("IpAddressAlreadyAllocated", f"IP address {address} already allocated in subnet {subnet['id']}")
    return subnet["id"], address
