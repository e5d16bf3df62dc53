"""Prefixes of subnet pools, added and removed; and a network's subnets taken into a pool."""

from __future__ import annotations

import ipaddress
from typing import Any

from kit.cloud.call import Call
from kit.cloud.network import address_scopes, listing, networks, subnet_pools
from kit.cloud.network.errors import bad_request, conflict, invalid_input
from kit.cloud.network.models import subnet_pools as pools
from kit.cloud.network.models import subnets
from kit.cloud.store import Row


def _given(call: Call) -> list[Any]:
    data = call.json()
    prefixes = data.get("prefixes") if isinstance(data, dict) else None
    if not prefixes or not isinstance(prefixes, list):
        raise bad_request("Request body contains invalid data")
    try:
        return [ipaddress.ip_network(text, strict=False) for text in prefixes]
    except ValueError:
        raise bad_request(f"invalid IPNetwork {prefixes[0]}", "AddrFormatError") from None


def _store(call: Call, row: Row, nets: list[Any]) -> list[str]:
    prefixes = [str(net) for net in ipaddress.collapse_addresses(nets)]
    address_scopes.admit(call, row["address_scope_id"], {**row, "prefixes": prefixes})
    listing.change(call, pools, row, {"prefixes": prefixes})
    return prefixes


def _version(row: Row, nets: list[Any]) -> None:
    if any(net.version != row["ip_version"] for net in nets):
        raise bad_request("Cannot mix IPv4 and IPv6 prefixes in a subnet pool.", "PrefixVersionMismatch")


def _have(row: Row) -> list[Any]:
    return [ipaddress.ip_network(text) for text in row["prefixes"]]


def add_prefixes(call: Call, subnetpool_id: str) -> dict[str, Any]:
    """Give a pool more to cut from."""
    row = subnet_pools.changeable(call, subnetpool_id, "add_prefixes")
    nets = _given(call)
    _version(row, nets)
    return {"prefixes": _store(call, row, [*_have(row), *nets])}


def remove_prefixes(call: Call, subnetpool_id: str) -> dict[str, Any]:
    """Take prefixes out of a pool that no subnet was cut from."""
    row = subnet_pools.changeable(call, subnetpool_id, "remove_prefixes")
    nets = _given(call)
    nets = [net for net in nets if net.version == row["ip_version"]]
    for subnet in call.tx.rows(subnets, subnetpool_id=subnetpool_id):
        if any(ipaddress.ip_network(subnet["cidr"]).overlaps(net) for net in nets):
            raise bad_request(
                "Illegal update to prefixes: One or more the prefixes to be removed is in use by a subnet.",
                "IllegalSubnetPoolPrefixUpdate",
            )
    left = _have(row)
    for net in nets:
        left = [piece for prefix in left for piece in _without(prefix, net)]
    return {"prefixes": _store(call, row, left)}


def _without(prefix: Any, net: Any) -> list[Any]:
    if not prefix.overlaps(net):
        return [prefix]
    return list(prefix.address_exclude(net)) if net != prefix and net.subnet_of(prefix) else []


def onboard(call: Call, subnetpool_id: str) -> dict[str, Any]:
    """Take the subnets of a network into a pool, as if they had been cut from it."""
    row = subnet_pools.changeable(call, subnetpool_id, "onboard_network_subnets")
    data = call.json()
    if not isinstance(data, dict) or "network_id" not in data:
        raise invalid_input("network_id must be specified.")
    network = networks.find(call, str(data["network_id"]))
    found = call.tx.rows(subnets, network_id=network["id"], order=subnets.c.created_at)
    here = [subnet for subnet in found if subnet["ip_version"] == row["ip_version"]]
    if not here:
        raise bad_request(
            f"Failed to onboard subnet: network {network['id']} has no IPv{row['ip_version']} subnets.",
            "IllegalSubnetPoolUpdate",
        )
    nets = [ipaddress.ip_network(subnet["cidr"]) for subnet in here]
    for subnet, net in zip(here, nets, strict=True):
        if subnet["subnetpool_id"] not in (None, subnetpool_id) or any(net.overlaps(other) for other in _have(row)):
            raise conflict(
                "IllegalSubnetPoolUpdate",
                f"Failed to onboard subnet {subnet['id']}: its range {net} belongs to a subnet pool already.",
            )
    _store(call, row, [*_have(row), *nets])
    for subnet in here:
        listing.change(call, subnets, subnet, {"subnetpool_id": subnetpool_id})
    return {"onboarded_network_subnets": [{"id": subnet["id"], "cidr": subnet["cidr"]} for subnet in here]}
