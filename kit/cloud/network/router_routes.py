"""A router's interfaces, and the extra routes that lead on from them."""

from __future__ import annotations

import ipaddress

from kit.cloud.call import Call
from kit.cloud.network import address_checks as net_
from kit.cloud.network import checks as is_
from kit.cloud.network import quotas
from kit.cloud.network.errors import bad_request, conflict, over_quota
from kit.cloud.network.models import addresses
from kit.cloud.network.models import ports as port_table
from kit.cloud.network.models import subnets as subnet_table
from kit.cloud.network.router_gateways import GATEWAY
from kit.cloud.store import Row

INTERFACE = "network:router_interface"
ROUTES = is_.none_as(list, net_.host_routes)


def interfaces(call: Call, router_id: str, with_gateway: bool = False) -> list[tuple[Row, Row]]:
    """The router's (port, subnet) pairs."""
    owners = (INTERFACE, GATEWAY) if with_gateway else (INTERFACE,)
    found = []
    for port in call.tx.rows(port_table, device_id=router_id, order=[port_table.c.created_at, port_table.c.id]):
        if port["device_owner"] in owners:
            for address in call.tx.rows(addresses, port_id=port["id"], order=addresses.c.id):
                subnet = call.tx.get(subnet_table, address["subnet_id"])
                if subnet is not None:
                    found.append((port, subnet))
    return found


def reachable(call: Call, row: Row, routes: list[dict[str, str]]) -> None:
    """Refuse a route whose next hop is on none of the router's networks."""
    limit = quotas.limits(call, row["project_id"])["router_route"]
    if 0 <= limit < len(routes):
        raise over_quota("router_route")
    own = {
        address["ip_address"]
        for port, _ in interfaces(call, row["id"], with_gateway=True)
        for address in call.tx.rows(addresses, port_id=port["id"])
    }
    nets = [ipaddress.ip_network(subnet["cidr"]) for _, subnet in interfaces(call, row["id"], with_gateway=True)]
    for route in routes:
        if not any(ipaddress.ip_address(route["nexthop"]) in net for net in nets):
            raise bad_request(
                f"Invalid format for routes: {routes}, the nexthop is not connected with router", "InvalidRoutes"
            )
        if route["nexthop"] in own:
            raise bad_request(f"Invalid format for routes: {routes}, the nexthop is used by router", "InvalidRoutes")


def unrouted(row: Row, subnet: Row) -> None:
    """Refuse to take a router off a subnet that one of its routes leads through."""
    net = ipaddress.ip_network(subnet["cidr"])
    if any(ipaddress.ip_address(route["nexthop"]) in net for route in row["routes"] or []):
        raise conflict(
            "RouterInterfaceInUseByRoute",
            f"Router interface for subnet {subnet['id']} on router {row['id']} cannot be deleted, as it is required by one "
            "or more routes.",
        )
