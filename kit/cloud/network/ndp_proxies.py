"""NDP proxies: single IPv6 addresses behind a router that the outside reaches without NAT."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Call
from kit.cloud.network import address_checks as net_
from kit.cloud.network import checks as is_
from kit.cloud.network import listing, ndp, owning, ports, routers
from kit.cloud.network.attributes import NEW_OWNER, REQUIRED, Field, Form
from kit.cloud.network.errors import bad_request, conflict, not_found
from kit.cloud.network.models import addresses
from kit.cloud.network.models import ports as port_table
from kit.cloud.network.models_extensions import ndp_proxies
from kit.cloud.network.router_routes import INTERFACE
from kit.cloud.store import Row

FORM = Form("ndp_proxy", (
    *NEW_OWNER,
    Field("description", is_.text(), ""),
    Field("name", is_.name, ""),
    Field("router_id", is_.uuid, REQUIRED, put=False),
    Field("port_id", is_.uuid, REQUIRED, put=False),
    Field("ip_address", is_.none_or(net_.ip), None, put=False),
), plural="ndp_proxies")  # fmt: skip


def find(call: Call, proxy_id: str) -> Row:
    """A proxy that the caller sees."""
    row = call.tx.get(ndp_proxies, proxy_id)
    if row is None or not owning.owns(call, row):
        error = not_found("Ndp proxy", proxy_id)
        error.type = "NDPProxyNotFound"
        raise error
    return row


def _document(row: Row) -> dict[str, Any]:
    shown = {name: row[name] for name in ("id", "name", "router_id", "port_id", "ip_address")}
    shown |= listing.standard(row)
    shown.pop("tags")
    return shown


def index(call: Call) -> dict[str, Any]:
    """List NDP proxies."""
    rows = listing.fetch(
        call, ndp_proxies, owning.mine(call, ndp_proxies), [ndp_proxies.c.created_at, ndp_proxies.c.id]
    )
    return listing.answer(call, "ndp_proxies", rows, lambda found: [_document(row) for row in found])


def create(call: Call) -> dict[str, Any]:
    """Let a router answer for an address of a port behind it."""
    values = FORM.create(call, FORM.one(call))
    port = ports.find(call, values["port_id"])
    router = routers.find(call, values["router_id"])
    interfaces = call.tx.rows(
        port_table, device_id=router["id"], device_owner=INTERFACE, network_id=port["network_id"]
    )  # fmt: skip
    unreachable = conflict(
        "PortUnreachableRouter", f"The port {port['id']} cannot reach the router {router['id']} by IPv6 subnet."
    )
    if not interfaces:
        raise unreachable
    if not (router["enable_ndp_proxy"] and router["gateway_port_id"]):
        raise conflict(
            "RouterNDPProxyNotEnable",
            f"The enable_ndp_proxy parameter of router {router['id']} must be set as True while create ndp proxy entry on it.",
        )
    mine = [
        item for item in call.tx.rows(addresses, port_id=port["id"], order=addresses.c.id) if ":" in item["ip_address"]
    ]
    if not mine:
        raise bad_request(
            f"Bad ndp_proxy request: Requested port {port['id']} must allocate one IPv6 address at least.", "BadRequest"
        )
    ids = [one["id"] for one in interfaces]
    reached = {item["subnet_id"] for item in call.tx.rows(addresses, port_id=ids) if ":" in item["ip_address"]}
    wanted = values["ip_address"]
    fit = [item for item in mine if item["ip_address"] == wanted] if wanted else mine
    if wanted and not fit:
        raise _invalid(wanted, f"This address not belong to the port {port['id']}")
    fit = [item for item in fit if item["subnet_id"] in reached]
    if not fit:
        raise _invalid(wanted, f"This address cannot reach the router {router['id']}") if wanted else unreachable
    outside, inside = ndp.scope(call, router["gateway_network_id"]), ndp.scope(call, port["network_id"])
    if outside != inside:
        raise conflict(
            "AddressScopeConflict",
            f"The IPv6 address scope {outside} of external network conflict with internal network's IPv6 address scope "
            f"{inside}.",
        )
    row = call.tx.insert(ndp_proxies, **{**values, "ip_address": fit[0]["ip_address"]}, **listing.new(call, 0))
    return {"ndp_proxy": _document(row)}


def _invalid(address: str, reason: str) -> Exception:
    return bad_request(f"The address {address} is invalid, reason: {reason}.", "InvalidAddress")


def show(call: Call, proxy_id: str) -> dict[str, Any]:
    """Show an NDP proxy."""
    return {"ndp_proxy": listing.pick(call, _document(find(call, proxy_id)))}


def update(call: Call, proxy_id: str) -> dict[str, Any]:
    """Change an NDP proxy's name or description."""
    row = find(call, proxy_id)
    return {"ndp_proxy": _document(listing.change(call, ndp_proxies, row, FORM.update(call, FORM.one(call))))}


def delete(call: Call, proxy_id: str) -> None:
    """Let a router answer for an address no more."""
    listing.match(call, find(call, proxy_id))
    call.tx.delete(ndp_proxies, id=proxy_id)
