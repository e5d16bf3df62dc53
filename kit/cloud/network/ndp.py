"""When a router may answer for the IPv6 addresses behind it, and what stands against changing that (`enable_ndp_proxy`)."""

from __future__ import annotations

import ipaddress
from typing import Any

from kit.cloud.call import Call
from kit.cloud.network.errors import conflict
from kit.cloud.network.models import addresses, subnet_pools, subnets
from kit.cloud.network.models_extensions import ndp_proxies
from kit.cloud.store import Row


def scope(call: Call, network_id: str) -> str | None:
    """The IPv6 address scope of a network: that of the pool which one of its subnets was cut from."""
    for subnet in call.tx.rows(subnets, network_id=network_id, ip_version=6):
        pool = call.tx.get(subnet_pools, subnet["subnetpool_id"]) if subnet["subnetpool_id"] else None
        if pool and pool["address_scope_id"]:
            return str(pool["address_scope_id"])
    return None


def not_valid(row: Row, reason: str) -> Exception:
    """The router's gateway does not let it answer for others."""
    return conflict("RouterGatewayNotValid", f"Can not enable ndp proxy on router {row['id']}, {reason}.")


def may_enable(call: Call, row: Row, wanted: bool | None) -> None:
    """Refuse unless the gateway has an IPv6 address, and its network an address scope."""
    if not wanted:
        return
    if not row["gateway_port_id"]:
        raise not_valid(row, "The request body not contain external gateway information")
    given = call.tx.rows(addresses, port_id=row["gateway_port_id"])
    if not any(":" in item["ip_address"] for item in given) or scope(call, row["gateway_network_id"]) is None:
        raise not_valid(
            row,
            "The router has no external gateway or the external gateway port has no IPv6 address or IPv6 address scope",
        )


def may_change(call: Call, row: Row, gateway: dict[str, Any] | None) -> None:
    """Refuse to take the gateway away that proxies need."""
    if gateway is None and row["gateway_port_id"]:
        spare(call, row)


def spare(call: Call, row: Row) -> None:
    """Refuse when the router answers for an address."""
    if call.tx.first(ndp_proxies, router_id=row["id"]):
        raise conflict(
            "RouterGatewayInUseByNDPProxy",
            f"Unable to unset external gateway of router {row['id']}, There are one or more ndp proxies still in use on the "
            "router.",
        )


def leaves(call: Call, row: Row, subnet: Row) -> None:
    """Refuse to take a router off a subnet in which it answers for an address."""
    net = ipaddress.ip_network(subnet["cidr"])
    for proxy in call.tx.rows(ndp_proxies, router_id=row["id"]):
        if ipaddress.ip_address(proxy["ip_address"]) in net:
            raise conflict(
                "RouterInterfaceInUseByNDPProxy",
                f"Unable to remove subnet {subnet['id']} from router {row['id']}, There are one or more ndp proxies still in "
                "use on the subnet.",
            )
