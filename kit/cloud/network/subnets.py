"""Subnets: ranges of addresses on a network."""

from __future__ import annotations

import ipaddress
from typing import Any

import sqlalchemy as sa

from kit.cloud.call import Call
from kit.cloud.network import checks as is_
from kit.cloud.network import listing, networks, quotas, sharing, subnet_pools
from kit.cloud.network.attributes import COMMON, READ_ONLY, REQUIRED, UNSET, Field, Form
from kit.cloud.network.errors import bad_request, conflict, invalid_input, not_allowed, not_found
from kit.cloud.network.models import addresses, ports, subnets
from kit.cloud.network.models import networks as network_table
from kit.cloud.network.models import subnet_pools as pools
from kit.cloud.store import Row

_MODES = ("dhcpv6-stateful", "dhcpv6-stateless", "slaac")
_POOLS = is_.list_of(is_.record(["start", "end"], start=is_.ip, end=is_.ip))
_ROUTES = is_.list_of(is_.record(["destination", "nexthop"], destination=is_.route, nexthop=is_.ip))

FORM = Form("subnet", (
    *COMMON,
    Field("network_id", is_.uuid, REQUIRED, put=False),
    Field("name", is_.text(), ""),
    Field("ip_version", is_.one_of(4, 6, "4", "6"), REQUIRED, put=False),
    Field("cidr", is_.none_or(is_.cidr), None, put=False),
    Field("prefixlen", is_.none_or(is_.whole(0, 128)), None, put=False),
    Field("use_default_subnetpool", is_.boolean, False, put=False),
    Field("gateway_ip", is_.none_or(is_.ip), UNSET),
    Field("enable_dhcp", is_.boolean, True),
    Field("allocation_pools", _POOLS, UNSET),
    Field("dns_nameservers", is_.none_or(is_.list_of(is_.ip)), []),
    Field("host_routes", is_.none_or(_ROUTES), []),
    Field("ipv6_ra_mode", is_.none_or(is_.one_of(*_MODES)), None, put=False),
    Field("ipv6_address_mode", is_.none_or(is_.one_of(*_MODES)), None, put=False),
    Field("service_types", is_.list_of(is_.text()), []),
    Field("subnetpool_id", is_.none_or(is_.uuid), None, put=False),
    Field("segment_id", is_.none_or(is_.uuid), UNSET, admin=True),
), (*READ_ONLY, "shared", "router:external"))  # fmt: skip

AUTO_MODES = ("slaac", "dhcpv6-stateless")


def is_auto(row: Row) -> bool:
    """Whether hosts make their own address in the subnet (SLAAC)."""
    return row["ipv6_address_mode"] in AUTO_MODES


def find(call: Call, subnet_id: str) -> Row:
    """A subnet that the caller sees: own ones, and those of shared networks."""
    row = call.tx.get(subnets, subnet_id)
    if row is None or not (call.context.is_admin or row["project_id"] == call.context.project_id or _shared(call, row)):
        raise not_found("Subnet", subnet_id)
    return row


def _shared(call: Call, row: Row) -> bool:
    network = call.tx.get(network_table, row["network_id"])
    return bool(network and (sharing.sees(call, network) or sharing.outside(call, network)))


def documents(call: Call, rows: list[Row]) -> list[dict[str, Any]]:
    """Subnets as Neutron shows them."""
    external = {row["id"] for row in call.tx.rows(network_table, external=True)} if rows else set()
    return [_document(call, row, row["network_id"] in external) for row in rows]


def _document(call: Call, row: Row, external: bool) -> dict[str, Any]:
    names = (
        "id", "name", "network_id", "ip_version", "subnetpool_id", "enable_dhcp", "ipv6_ra_mode", "ipv6_address_mode",
        "gateway_ip", "cidr", "allocation_pools", "host_routes", "dns_nameservers", "service_types",
    )  # fmt: skip
    shown = {name: row[name] for name in names}
    shown |= {"router:external": external, **listing.standard(row)}
    if call.context.is_admin:
        shown["segment_id"] = row["segment_id"]
    return shown


def index(call: Call) -> dict[str, Any]:
    """List subnets."""
    where = []
    if not call.context.is_admin:
        open_ = sa.select(network_table.c.id).where(*networks.visible(call))
        where = [sa.or_(subnets.c.project_id == call.project_id, subnets.c.network_id.in_(open_))]
    rows = listing.fetch(call, subnets, where, [subnets.c.created_at, subnets.c.id])
    if "shared" in call.query:  # not shown: it is the network's
        wanted = {listing.truth(value) for value in call.query.pop("shared")}
        above = call.tx.rows(network_table, id={row["network_id"] for row in rows})
        shared = sharing.shared_with(call, above)
        rows = [row for row in rows if (row["network_id"] in shared) in wanted]
    return listing.answer(call, "subnets", rows, lambda found: documents(call, found))


def create(call: Call) -> dict[str, Any]:
    """Create one subnet, or several at once."""
    given = FORM.body(call)
    if isinstance(given, list):
        return {"subnets": documents(call, [_create(call, one) for one in given])}
    return {"subnet": documents(call, [_create(call, given)])[0]}


def _create(call: Call, given: dict[str, Any]) -> Row:
    values = FORM.create(call, given)
    network = networks.find(call, values["network_id"])
    if not call.context.is_admin and network["project_id"] != call.context.project_id:
        raise not_found("Network", network["id"])
    quotas.reserve(call, "subnet", values["project_id"])
    values["ip_version"] = int(values["ip_version"])
    networks.room_for(network, network["mtu"], values["ip_version"])
    _from_pool(call, values)
    net = ipaddress.ip_network(values["cidr"])
    _shape(values, net)
    _no_overlap(call, network["id"], net)
    if "gateway_ip" not in values:
        values["gateway_ip"] = str(net[1]) if net.num_addresses > 1 else str(net[0])
    pools = values.get("allocation_pools")
    values["allocation_pools"] = (
        default_pools(net, values["gateway_ip"]) if pools is None else _pools(pools, net, values["gateway_ip"])
    )
    values["dns_nameservers"] = values["dns_nameservers"] or []
    values["host_routes"] = values["host_routes"] or []
    row = call.tx.insert(subnets, **values, **listing.new(call, 0))
    listing.bump(call, network_table, network)
    return row


def _from_pool(call: Call, values: dict[str, Any]) -> None:
    """Settle the range of a new subnet: what the body says, or what a pool gives."""
    length, default = values.pop("prefixlen"), values.pop("use_default_subnetpool")
    if default and not values["subnetpool_id"]:
        pool = call.tx.first(pools, is_default=True, ip_version=values["ip_version"])
        if pool is None:
            raise bad_request(f"No default subnetpool found for IPv{values['ip_version']}.", "NoDefaultSubnetpoolFound")
        values["subnetpool_id"] = pool["id"]
    if values["subnetpool_id"]:
        if values["cidr"] and length is not None:
            raise bad_request("Bad subnets request: cidr and prefixlen must not be supplied together.", "BadRequest")
        values["cidr"] = subnet_pools.cut(call, values["subnetpool_id"], values["cidr"], length, values["ip_version"])
    elif values["cidr"] is None:
        raise bad_request("Bad subnets request: a subnetpool must be specified in the absence of a cidr.", "BadRequest")
    elif length is not None:
        raise bad_request(
            "Bad subnets request: a subnetpool must be specified in order to use a prefixlen.", "BadRequest"
        )


def _shape(values: dict[str, Any], net: Any) -> None:
    """Refuse what contradicts itself."""
    if net.version != values["ip_version"]:
        raise invalid_input(f"cidr {values['cidr']} does not match the ip_version '{values['ip_version']}'")
    if net.prefixlen == 0:
        raise bad_request(
            f"Invalid input for operation: Invalid CIDR {values['cidr']} given as IP prefix.", "InvalidInput"
        )
    gateway = values.get("gateway_ip")
    if gateway is not None:
        if ipaddress.ip_address(gateway).version != net.version:
            raise invalid_input(f"gateway_ip '{gateway}' does not match the ip_version '{net.version}'")
        if (
            ipaddress.ip_address(gateway) in net
            and gateway in (str(net.network_address), str(net.broadcast_address))
            and net.version == 4
            and net.prefixlen < 31
        ):
            raise invalid_input(f"Gateway IP {gateway} is not valid on subnet {values['cidr']}")
    modes = [values["ipv6_ra_mode"], values["ipv6_address_mode"]]
    if any(modes):
        if net.version == 4:
            raise invalid_input("ipv6_ra_mode and ipv6_address_mode are not valid with an IPv4 subnet")
        if all(modes) and modes[0] != modes[1]:
            raise invalid_input(
                f"ipv6_ra_mode set to '{modes[0]}' with ipv6_address_mode set to '{modes[1]}' is not valid. "
                "If both attributes are set, they must be the same value"
            )
        if not values["enable_dhcp"]:
            raise invalid_input("ipv6_ra_mode or ipv6_address_mode cannot be set when enable_dhcp is set to False")
        if values["ipv6_address_mode"] in AUTO_MODES and net.prefixlen != 64:
            raise invalid_input(
                f"Invalid CIDR {values['cidr']} for IPv6 address mode. OpenStack uses the EUI-64 address format, which requires the prefix to be /64"
            )


def _no_overlap(call: Call, network_id: str, net: Any) -> None:
    for row in call.tx.rows(subnets, network_id=network_id):
        if ipaddress.ip_network(row["cidr"]).overlaps(net):
            raise invalid_input(
                f"Requested subnet with cidr: {net} for network: {network_id} overlaps with another subnet"
            )


def default_pools(net: Any, gateway: str | None) -> list[dict[str, str]]:
    """All host addresses but the gateway's, as one or two ranges (neutron.ipam.utils.generate_pools)."""
    first, last = int(net.network_address), int(net.broadcast_address)
    if net.version == 4 and net.prefixlen < 31:
        first, last = first + 1, last - 1
    elif net.version == 6 and net.prefixlen < 127:
        first += 1
    ranges = [(first, last)]
    if gateway is not None:
        place = int(ipaddress.ip_address(gateway))
        if first <= place <= last:
            ranges = [(first, place - 1), (place + 1, last)]
    kind = ipaddress.IPv4Address if net.version == 4 else ipaddress.IPv6Address
    return [{"start": str(kind(low)), "end": str(kind(high))} for low, high in ranges if low <= high]


def _pools(pools: list[dict[str, str]], net: Any, gateway: str | None) -> list[dict[str, str]]:
    """Pools as given, once they lie in the subnet, do not overlap and spare the gateway."""
    found: list[tuple[int, int]] = []
    for pool in pools:
        start, end = ipaddress.ip_address(pool["start"]), ipaddress.ip_address(pool["end"])
        if start.version != net.version or end.version != net.version or int(start) > int(end):
            raise bad_request(
                f"The allocation pool {pool['start']}-{pool['end']} is not valid.", "InvalidAllocationPool"
            )
        if start not in net or end not in net:
            raise bad_request(
                f"The allocation pool {pool['start']}-{pool['end']} spans beyond the subnet cidr {net}.",
                "OutOfBoundsAllocationPool",
            )
        if any(int(start) <= high and low <= int(end) for low, high in found):
            raise conflict(
                "OverlappingAllocationPools",
                f"Found overlapping allocation pools: {pool['start']}-{pool['end']} for subnet {net}.",
            )
        if gateway is not None and int(start) <= int(ipaddress.ip_address(gateway)) <= int(end):
            raise conflict(
                "GatewayConflictWithAllocationPools",
                f"Gateway ip {gateway} conflicts with allocation pool {pool['start']}-{pool['end']}.",
            )
        found.append((int(start), int(end)))
    return [{"start": pool["start"], "end": pool["end"]} for pool in pools]


def show(call: Call, subnet_id: str) -> dict[str, Any]:
    """Show a subnet."""
    return {"subnet": listing.pick(call, documents(call, [find(call, subnet_id)])[0])}


def _changeable(call: Call, subnet_id: str, rule: str) -> Row:
    row = find(call, subnet_id)
    if not (call.context.is_admin or row["project_id"] == call.context.project_id):
        raise not_allowed(rule)
    return row


def update(call: Call, subnet_id: str) -> dict[str, Any]:
    """Change a subnet."""
    row = _changeable(call, subnet_id, "update_subnet")
    values = FORM.update(call, FORM.one(call))
    net = ipaddress.ip_network(row["cidr"])
    gateway = values.get("gateway_ip", row["gateway_ip"])
    if "gateway_ip" in values and gateway != row["gateway_ip"]:
        used = call.tx.first(addresses, subnet_id=subnet_id, ip_address=row["gateway_ip"])
        port = call.tx.get(ports, used["port_id"]) if used else None
        if port and port["device_owner"].startswith("network:router"):
            raise conflict(
                "GatewayIpInUse",
                f"Current gateway ip {row['gateway_ip']} already in use by port {port['id']}. Unable to update.",
            )
    if "allocation_pools" in values:
        values["allocation_pools"] = _pools(values["allocation_pools"], net, gateway)
    elif "gateway_ip" in values and gateway is not None:
        _pools(row["allocation_pools"], net, gateway)
    return {"subnet": documents(call, [listing.change(call, subnets, row, values)])[0]}


def delete(call: Call, subnet_id: str) -> None:
    """Delete a subnet that no port has an address in."""
    row = _changeable(call, subnet_id, "delete_subnet")
    listing.match(call, row)
    for address in call.tx.rows(addresses, subnet_id=subnet_id):
        port = call.tx.get(ports, address["port_id"])
        if port and port["device_owner"] not in networks.AUTO_DELETE:
            raise conflict(
                "SubnetInUse",
                f"Unable to complete operation on subnet {subnet_id}: One or more ports have an IP allocation from "
                "this subnet.",
            )
    call.tx.delete(addresses, subnet_id=subnet_id)
    call.tx.delete(subnets, id=subnet_id)
    network = call.tx.get(network_table, row["network_id"])
    if network is not None:
        listing.bump(call, network_table, network)
