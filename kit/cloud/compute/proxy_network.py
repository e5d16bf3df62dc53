"""Nova's view of networks and floating IPs, kept for old clients (until 2.35; actions until 2.43)."""

from __future__ import annotations

import re
from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.compute.actions import action
from kit.cloud.compute.forms import ADDRESS, fields
from kit.cloud.compute.instance_actions import begin
from kit.cloud.compute.proxy import ask
from kit.cloud.compute.servers import unlocked
from kit.cloud.compute.validation import body
from kit.cloud.errors import ApiError, BadRequest, Conflict, NotFound
from kit.cloud.network import floating_ips, networks
from kit.cloud.network import servers as network
from kit.cloud.network.models import floating_ips as table
from kit.cloud.network.models import networks as network_table
from kit.cloud.network.models import ports as port_table
from kit.cloud.store import Row

_UUID = re.compile(r"^[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$")
# nova.conf `[neutron] default_floating_pool`, as DevStack sets it.
DEFAULT_POOL = "public"
# What every user saw of a network.
_OPEN = (
    "cidr", "netmask", "gateway", "broadcast", "dns1", "dns2", "cidr_v6", "gateway_v6", "netmask_v6",
)  # fmt: skip


def _network(call: Call, found: dict[str, Any]) -> dict[str, Any]:
    """A network as nova-network showed it: most attributes mean nothing any more, and many are the administrator's."""
    empty = (
        "bridge", "vpn_public_port", "dhcp_start", "bridge_interface", "updated_at", "cidr_v6", "deleted_at", "gateway",
        "rxtx_base", "priority", "project_id", "vpn_private_address", "deleted", "vlan", "broadcast", "netmask",
        "injected", "cidr", "vpn_public_address", "multi_host", "dns2", "created_at", "host", "gateway_v6",
        "netmask_v6", "dns1", "dhcp_server", "enable_dhcp", "share_address", "mtu",
    )  # fmt: skip
    shown = empty if call.context.is_admin else _OPEN
    return {**dict.fromkeys(shown), "id": found["id"], "label": found["name"]}


def network_index(call: Call) -> dict[str, Any]:
    """List networks."""
    return {"networks": [_network(call, found) for found in ask(call, networks.index)["networks"]]}


def network_show(call: Call, network_id: str) -> dict[str, Any]:
    """Show a network."""
    try:
        found = ask(call, networks.show, network_id=network_id)["network"]
    except NotFound:
        raise NotFound("Network not found") from None
    return {"network": _network(call, found)}


def tenant_index(call: Call) -> dict[str, Any]:
    """List the networks that a project sees."""
    return {"networks": [_tenant(found) for found in ask(call, networks.index)["networks"]]}


def _tenant(row: Row) -> dict[str, Any]:
    return {"id": row["id"], "cidr": "None", "label": row["name"]}


def tenant_show(call: Call, network_id: str) -> dict[str, Any]:
    """Show one of them."""
    try:
        return {"network": _tenant(network.visible_network(call, call.project_id, network_id))}
    except ApiError:
        raise NotFound("Network not found") from None


# Floating IPs


def pool_index(call: Call) -> dict[str, Any]:
    """The external networks: pools that floating IPs come from."""
    rows = call.tx.rows(network_table, external=True, order=[network_table.c.created_at, network_table.c.id])
    return {"floating_ip_pools": [{"name": row["name"]} for row in rows]}


def _document(call: Call, row: Row) -> dict[str, Any]:
    pool = call.tx.get(network_table, row["floating_network_id"])
    port = call.tx.get(port_table, row["port_id"]) if row["port_id"] else None
    return {
        "id": row["id"], "ip": row["floating_ip_address"], "pool": pool["name"] if pool else None,
        "fixed_ip": row["fixed_ip_address"], "instance_id": port["device_id"] or None if port else None,
    }  # fmt: skip


def _mine(call: Call) -> list[Row]:
    return call.tx.rows(table, project_id=call.project_id, order=[table.c.created_at, table.c.id])


def floating_index(call: Call) -> dict[str, Any]:
    """List the project's floating IPs."""
    return {"floating_ips": [_document(call, row) for row in _mine(call)]}


def _found(call: Call, floating_id: str) -> Row:
    if not _UUID.match(floating_id):
        raise BadRequest(f"Invalid ID received {floating_id}.")
    try:
        return floating_ips.find(call, floating_id)
    except ApiError:
        raise NotFound(f"Floating IP not found for ID {floating_id}") from None


def floating_show(call: Call, floating_id: str) -> dict[str, Any]:
    """Show a floating IP."""
    return {"floating_ip": _document(call, _found(call, floating_id))}


_POOL = {"type": ["object", "null"], "properties": {"pool": {"type": ["string", "null"]}}}


def floating_create(call: Call) -> dict[str, Any]:
    """Allocate a floating IP from a pool."""
    name = (body(call, _POOL) or {}).get("pool") or DEFAULT_POOL
    pools = call.tx.rows(network_table, external=True)
    pool = next((row for row in pools if name in (row["name"], row["id"])), None)
    if pool is None:
        raise NotFound("Floating IP pool not found.")
    made = ask(call, floating_ips.create, body={"floatingip": {"floating_network_id": pool["id"]}})["floatingip"]
    return {"floating_ip": _document(call, _found(call, made["id"]))}


def floating_delete(call: Call, floating_id: str) -> Answer:
    """Give a floating IP back."""
    ask(call, floating_ips.delete, floatingip_id=_found(call, floating_id)["id"])
    return Answer(202)


def _by_address(call: Call, address: str) -> Row:
    for row in _mine(call):
        if row["floating_ip_address"] == address:
            return row
    raise NotFound("floating IP not found")


_ADD = fields({"address": ADDRESS, "fixed_address": ADDRESS}, "address")
_ONE = fields({"address": ADDRESS}, "address")


@action("addFloatingIp", _ADD, until="2.44")
def add_floating_ip(call: Call, row: Row, given: Any) -> Answer:
    """Put a floating IP on one of a server's addresses."""
    plugged = network.interfaces(call.tx, row["id"])
    if not plugged:
        raise BadRequest("Instance network is not ready yet")
    fixed = [(port, item) for port, items in plugged for item in items]
    fixed = [(port, item) for port, item in fixed if ":" not in item["ip_address"]]
    if not fixed:
        raise BadRequest("No fixed IPs associated to instance")
    wanted = given.get("fixed_address")
    match = [pair for pair in fixed if wanted in (None, pair[1]["ip_address"])]
    if not match:
        raise BadRequest("Specified fixed address not assigned to instance")
    floating = _by_address(call, given["address"])
    port, item = match[0]
    change = {"port_id": port["id"], "fixed_ip_address": item["ip_address"]}
    try:
        ask(call, floating_ips.update, body={"floatingip": change}, floatingip_id=floating["id"])
    except ApiError as error:
        raise BadRequest(error.message) from None
    return Answer(202)


@action("removeFloatingIp", _ONE, until="2.44")
def remove_floating_ip(call: Call, row: Row, given: Any) -> Answer:
    """Take a floating IP off a server."""
    floating = _by_address(call, given["address"])
    port = call.tx.get(port_table, floating["port_id"]) if floating["port_id"] else None
    if port is None or port["device_id"] != row["id"]:
        raise Conflict(f"Floating IP {given['address']} is not associated with instance {row['id']}.")
    ask(call, floating_ips.update, body={"floatingip": {"port_id": None}}, floatingip_id=floating["id"])
    return Answer(202)


# Fixed IPs

_ADD_FIXED = fields({"networkId": {"type": ["string", "number"], "minLength": 1, "maxLength": 36}}, "networkId")


@action("addFixedIp", _ADD_FIXED, until="2.44")
def add_fixed_ip(call: Call, row: Row, given: Any) -> Answer:
    """Give a server one more address on a network that it is on."""
    unlocked(call, row, "addFixedIp")
    for port, items in network.interfaces(call.tx, row["id"]):
        if port["network_id"] == str(given["networkId"]) and items:
            network.readdress(call, port, [*(_kept(item) for item in items), {"subnet_id": items[0]["subnet_id"]}])
            begin(call, row, "addFixedIp", ("compute_add_fixed_ip_to_instance",))
            return Answer(202)
    raise BadRequest(f"Network {given['networkId']} is not associated with instance {row['id']}.")


def _kept(item: Row) -> dict[str, str]:
    return {"subnet_id": item["subnet_id"], "ip_address": item["ip_address"]}


@action("removeFixedIp", _ONE, until="2.44")
def remove_fixed_ip(call: Call, row: Row, given: Any) -> Answer:
    """Take one address from a server."""
    unlocked(call, row, "removeFixedIp")
    for port, items in network.interfaces(call.tx, row["id"]):
        rest = [_kept(item) for item in items if item["ip_address"] != given["address"]]
        if len(rest) < len(items):
            network.readdress(call, port, rest)
            begin(call, row, "removeFixedIp", ("compute_remove_fixed_ip_from_instance",))
            return Answer(202)
    raise BadRequest(f"Fixed IP {given['address']} is not associated with instance {row['id']}.")
