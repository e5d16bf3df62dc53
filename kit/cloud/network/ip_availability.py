"""How many addresses of every network are given out."""

from __future__ import annotations

import ipaddress
from typing import Any

from kit.cloud.call import Call
from kit.cloud.network import listing, owning
from kit.cloud.network.errors import not_found
from kit.cloud.network.models import addresses, networks, subnets
from kit.cloud.store import Row

_COUNTS = ("total_ips_in_subnet", "total_ips_in_allocation_pool", "used_ips_in_subnet", "used_ips_in_allocation_pool")


def _total(subnet: Row) -> int:
    pools = subnet["allocation_pools"]
    if not pools:
        return int(ipaddress.ip_network(subnet["cidr"]).num_addresses)
    return sum(int(ipaddress.ip_address(pool["end"])) - int(ipaddress.ip_address(pool["start"])) + 1 for pool in pools)


def _details(subnet: Row, given: list[Any]) -> dict[str, int]:
    """The counts in the whole of a subnet, and in its pools (extension `network-ip-availability-details`)."""
    net = ipaddress.ip_network(subnet["cidr"])
    ends = 2 if net.version == 4 and net.prefixlen < 31 else 0
    pools = [
        (ipaddress.ip_address(pool["start"]), ipaddress.ip_address(pool["end"])) for pool in subnet["allocation_pools"]
    ]
    return {
        "total_ips_in_subnet": net.num_addresses - ends, "total_ips_in_allocation_pool": _total(subnet),
        "used_ips_in_subnet": len(given),
        "used_ips_in_allocation_pool": sum(any(low <= one <= high for low, high in pools) for one in given),
    }  # fmt: skip


def _documents(call: Call, rows: list[Row]) -> list[dict[str, Any]]:
    versions = [int(text) for text in call.query.get("ip_version", []) if text.isdigit()]
    used: dict[str, list[Any]] = {}
    for row in call.tx.rows(addresses):
        used.setdefault(row["subnet_id"], []).append(ipaddress.ip_address(row["ip_address"]))
    below: dict[str, list[dict[str, Any]]] = {row["id"]: [] for row in rows}
    for subnet in call.tx.rows(subnets, order=[subnets.c.created_at, subnets.c.id]):
        if subnet["network_id"] in below and (not versions or subnet["ip_version"] in versions):
            below[subnet["network_id"]].append({
                "subnet_id": subnet["id"], "subnet_name": subnet["name"], "cidr": subnet["cidr"],
                "ip_version": subnet["ip_version"], "total_ips": _total(subnet), "used_ips": len(used.get(subnet["id"], [])),
                "ip_availability_details": _details(subnet, used.get(subnet["id"], [])),
            })  # fmt: skip
    return [
        {
            "network_id": row["id"], "network_name": row["name"], "project_id": row["project_id"],
            "tenant_id": row["project_id"], "total_ips": sum(item["total_ips"] for item in below[row["id"]]),
            "used_ips": sum(item["used_ips"] for item in below[row["id"]]), "subnet_ip_availability": below[row["id"]],
            "ip_availability_details": {
                name: sum(item["ip_availability_details"][name] for item in below[row["id"]]) for name in _COUNTS
            },
        }
        for row in rows
        if below[row["id"]] or not versions
    ]  # fmt: skip


def index(call: Call) -> dict[str, Any]:
    """List the networks with their counts; nobody but the administrator sees any."""
    rows = call.tx.rows(networks, order=[networks.c.created_at, networks.c.id]) if call.context.is_admin else []
    found = _documents(call, rows)
    call.query.pop("ip_version", None)
    return listing.answer(call, "network_ip_availabilities", found, lambda shown: shown)


def show(call: Call, network_id: str) -> dict[str, Any]:
    """Show the counts of one network."""
    row = owning.hidden(call, call.tx.get(networks, network_id), not_found("Network", network_id))
    call.query.pop("ip_version", None)  # a filter of lists only
    return {"network_ip_availability": listing.pick(call, _documents(call, [row])[0])}
