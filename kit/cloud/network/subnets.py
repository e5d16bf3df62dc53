"""Subnets: ranges of addresses on a network."""

from __future__ import annotations

import ipaddress
from typing import Any

import sqlalchemy as sa

from kit.cloud.call import Call
from kit.cloud.network import address_checks as net_
from kit.cloud.network import checks as is_
from kit.cloud.network import listing, networks, owning, quotas, sharing, subnet_pools, subnet_shape
from kit.cloud.network.attributes import COMMON, READ_ONLY, REQUIRED, UNSET, Field, Form
from kit.cloud.network.errors import bad_request, conflict, invalid_input, not_allowed, not_found
from kit.cloud.network.models import addresses, ports, subnets
from kit.cloud.network.models import networks as network_table
from kit.cloud.network.models import subnet_pools as pools
from kit.cloud.store import Row

_MODES = ("dhcpv6-stateful", "dhcpv6-stateless", "slaac")
# What a subnet whose range a router is to ask for has as its pool.
DELEGATED = "prefix_delegation"


def _pool(value: Any) -> str | None:
    return DELEGATED if value == DELEGATED else is_.none_or(is_.uuid)(value)


FORM = Form("subnet", (
    *COMMON,
    Field("ip_version", is_.ip_version, REQUIRED, put=False),
    Field("network_id", is_.uuid, REQUIRED, put=False),
    Field("name", is_.name, ""),
    Field("cidr", is_.none_or(net_.own_cidr), None, put=False),
    Field("prefixlen", is_.natural, None, put=False),
    Field("use_default_subnetpool", is_.boolean, False, put=False),
    Field("gateway_ip", is_.none_or(net_.ip), UNSET),
    Field("enable_dhcp", is_.boolean, True),
    Field("allocation_pools", net_.pools, UNSET),
    Field("dns_nameservers", is_.none_as(list, net_.nameservers), []),
    Field("host_routes", is_.none_as(list, net_.host_routes), []),
    Field("ipv6_ra_mode", is_.none_or(is_.one_of(*_MODES)), None, put=False),
    Field("ipv6_address_mode", is_.none_or(is_.one_of(*_MODES)), None, put=False),
    Field("service_types", subnet_shape.service_types, []),
    Field("subnetpool_id", _pool, None, put=False),
    Field("segment_id", is_.none_or(is_.uuid), None),
), (*READ_ONLY, "shared", "router:external"), many=True)  # fmt: skip


def is_auto(row: Row) -> bool:
    """Whether hosts make their own address in the subnet (SLAAC)."""
    return row["ipv6_address_mode"] in subnet_shape.AUTO_MODES


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
    owning.of_parent(call, network_table, values["network_id"], "create_subnet")
    network = networks.find(call, values["network_id"])
    quotas.reserve(call, "subnet", values["project_id"])
    net = _from_pool(call, values)
    _one_pool(call, values)
    networks.room_for(network, network["mtu"], values["ip_version"])
    _no_overlap(call, network["id"], net)
    if "gateway_ip" not in values:
        # Of IPv6 the first address is that of the subnet's routers (RFC 4291, section 2.6.1).
        values["gateway_ip"] = str(net[1]) if net.version == 4 and net.num_addresses > 1 else str(net[0])
    wanted = values.get("allocation_pools")
    values["allocation_pools"] = (
        subnet_shape.pools(wanted, net, values["gateway_ip"]) if wanted
        else subnet_shape.default_pools(net, values["gateway_ip"])
    )  # fmt: skip
    row = call.tx.insert(subnets, **values, **listing.new(call, 0))
    listing.bump(call, network_table, network)
    return row


def _from_pool(call: Call, values: dict[str, Any]) -> Any:
    """Settle the range of a new subnet, what the body says or what a pool gives, and refuse what contradicts itself."""
    length, default = values.pop("prefixlen"), values.pop("use_default_subnetpool")
    version, wanted = values["ip_version"], values["cidr"]
    if wanted and length is not None:
        raise _bad("cidr and prefixlen must not be supplied together")
    if default and values["subnetpool_id"]:
        raise _bad("subnetpool_id and use_default_subnetpool cannot both be specified")
    net: Any = ipaddress.ip_network(wanted, strict=False) if wanted else None
    if default:
        version_of = net.version if net else version
        pool = call.tx.first(pools, is_default=True, ip_version=version_of)
        if pool is None:
            raise _bad(f"No default subnetpool found for IPv{version_of}")
        values["subnetpool_id"] = pool["id"]
    if not values["subnetpool_id"] and net is None:
        raise _bad("a subnetpool must be specified in the absence of a cidr")
    if values["subnetpool_id"] and net is None and values.get("allocation_pools"):
        raise _bad("allocation_pools allowed only for specific subnet requests.")
    subnet_shape.sound(values, net, version)
    if values["subnetpool_id"] == DELEGATED:
        if net is None:
            net = _provisional(values)
        else:  # a range of one's own is asked of no router
            values["subnetpool_id"] = None
    elif values["subnetpool_id"]:
        cut = subnet_pools.cut(call, values["subnetpool_id"], str(net) if net else None, length, version)
        net = ipaddress.ip_network(cut)
    values["cidr"] = str(net)
    return net


def _one_pool(call: Call, values: dict[str, Any]) -> None:
    """Refuse a subnet of another pool than that of the network's subnets of the same IP version."""
    same = call.tx.rows(subnets, network_id=values["network_id"], ip_version=values["ip_version"])
    others = {row["subnetpool_id"] for row in same if not row["service_types"]}
    if others - {values["subnetpool_id"]}:
        raise bad_request(
            "Subnets hosted on the same network must be allocated from the same subnet pool.",
            "NetworkSubnetPoolAffinityError",
        )


def _provisional(values: dict[str, Any]) -> Any:
    """The range of a subnet whose own range a router is to ask for (IPv6 prefix delegation)."""
    modes = ("slaac", "dhcpv6-stateless")
    if values["ip_version"] != 6:
        raise _bad("Prefix Delegation can only be used with IPv6 subnets.")
    if values["ipv6_ra_mode"] not in modes or values["ipv6_address_mode"] not in modes:
        raise _bad("IPv6 Prefix Delegation only supports SLAAC and Stateless DHCPv6")
    return ipaddress.ip_network("::/64")


def _bad(reason: str) -> Exception:
    return bad_request(f"Bad subnets request: {reason}.", "BadRequest")


def _no_overlap(call: Call, network_id: str, net: Any) -> None:
    for row in call.tx.rows(subnets, network_id=network_id):
        if ipaddress.ip_network(row["cidr"]).overlaps(net):
            raise invalid_input(
                f"Requested subnet with cidr: {net} for network: {network_id} overlaps with another subnet"
            )


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
    subnet_shape.sound(values, net, row["ip_version"], row)
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
        values["allocation_pools"] = subnet_shape.pools(values["allocation_pools"], net, gateway)
    elif gateway != row["gateway_ip"]:
        have = [(ipaddress.ip_address(p["start"]), ipaddress.ip_address(p["end"])) for p in row["allocation_pools"]]
        subnet_shape.spare(have, gateway)
    return {"subnet": documents(call, [listing.change(call, subnets, row, values)])[0]}


def delete(call: Call, subnet_id: str) -> None:
    """Delete a subnet that no port has an address in."""
    row = _changeable(call, subnet_id, "delete_subnet")
    for address in call.tx.rows(addresses, subnet_id=subnet_id):
        port = call.tx.get(ports, address["port_id"])
        if port and port["device_owner"] not in networks.AUTO_DELETE:
            raise conflict(
                "SubnetInUse",
                f"Unable to complete operation on subnet {subnet_id}: One or more ports have an IP allocation from "
                "this subnet.",
            )
    listing.match(call, row)
    call.tx.delete(addresses, subnet_id=subnet_id)
    call.tx.delete(subnets, id=subnet_id)
    network = call.tx.get(network_table, row["network_id"])
    if network is not None:
        listing.bump(call, network_table, network)
