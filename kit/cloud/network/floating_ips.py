"""Floating IPs: an address of an external network, put on a port behind a router."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Call
from kit.cloud.errors import NotFound
from kit.cloud.network import address_checks as net_
from kit.cloud.network import checks as is_
from kit.cloud.network import dns_checks as dns_
from kit.cloud.network import listing, ports, qos_policies, quotas, routers, sharing
from kit.cloud.network.attributes import COMMON, READ_ONLY, REQUIRED, UNSET, Field, Form
from kit.cloud.network.errors import bad_request, conflict, not_found
from kit.cloud.network.models import addresses, floating_ips
from kit.cloud.network.models import networks as network_table
from kit.cloud.network.models import ports as port_table
from kit.cloud.network.models_extensions import port_forwardings
from kit.cloud.store import Row

OWNER = "network:floatingip"

FORM = Form("floatingip", (
    *COMMON,
    Field("floating_network_id", is_.uuid, REQUIRED, put=False),
    Field("floating_ip_address", is_.none_or(net_.ip), None, put=False, admin=True),
    Field("subnet_id", is_.none_or(is_.uuid), None, put=False),
    Field("port_id", is_.none_or(is_.uuid), UNSET),
    Field("fixed_ip_address", is_.none_or(net_.ip), UNSET),
    Field("router_id", is_.none_or(is_.uuid), UNSET),
    Field("dns_name", dns_.floating_name, "", put=False),
    Field("dns_domain", dns_.domain, "", put=False),
    Field("qos_policy_id", is_.none_or(is_.uuid), None, ruled=True),
), (*READ_ONLY, "port_details", "port_forwardings"))  # fmt: skip


def find(call: Call, floatingip_id: str) -> Row:
    """A floating IP that the caller sees."""
    row = call.tx.get(floating_ips, floatingip_id)
    if row is None or not (call.context.is_admin or row["project_id"] == call.context.project_id):
        raise not_found("Floating IP", floatingip_id)
    return row


def documents(call: Call, rows: list[Row]) -> list[dict[str, Any]]:
    """Floating IPs as Neutron shows them."""
    names = (
        "id", "floating_ip_address", "floating_network_id", "router_id", "port_id", "fixed_ip_address", "status",
        "qos_policy_id", "dns_domain", "dns_name",
    )  # fmt: skip
    found: list[dict[str, Any]] = []
    forwarded = forwardings(call, [row["id"] for row in rows])
    for row in rows:
        port = call.tx.get(port_table, row["port_id"]) if row["port_id"] else None
        details = None
        if port:
            shown = ("name", "network_id", "mac_address", "admin_state_up", "status", "device_id", "device_owner")
            details = {name: port[name] for name in shown}
        values = {name: row[name] for name in names}
        found.append(
            {**values, "port_details": details, "port_forwardings": forwarded[row["id"]], **listing.standard(row)}
        )
    return found


def forwarding(row: Row) -> dict[str, Any]:
    """What a port forwarding leads from and to; a single port also under its plain name."""
    shown = {name: row[name] for name in ("id", "protocol", "internal_ip_address", "internal_port_id", "description")}
    for side in ("external", "internal"):
        low, high = row[f"{side}_low"], row[f"{side}_high"]
        shown |= {f"{side}_port_range": f"{low}:{high}", **({f"{side}_port": low} if low == high else {})}
    return shown


def forwardings(call: Call, ids: list[str]) -> dict[str, list[dict[str, Any]]]:
    """Floating IP to what it shows of its port forwardings."""
    found: dict[str, list[dict[str, Any]]] = {id: [] for id in ids}
    names = ("id", "protocol", "internal_ip_address", "internal_port_id", "external_port", "internal_port")
    for row in call.tx.rows(port_forwardings, floatingip_id=ids, order=port_forwardings.c.id):
        whole = forwarding(row)
        found[row["floatingip_id"]].append({name: whole[name] for name in names if name in whole})
    return found


def index(call: Call) -> dict[str, Any]:
    """List floating IPs."""
    where = [] if call.context.is_admin else [floating_ips.c.project_id == call.project_id]
    rows = listing.fetch(call, floating_ips, where, [floating_ips.c.created_at, floating_ips.c.id])
    return listing.answer(call, "floatingips", rows, lambda found: documents(call, found))


def create(call: Call) -> dict[str, Any]:
    """Allocate an address of an external network, and put it on a port when one is given."""
    values = FORM.create(call, FORM.one(call))
    network = call.tx.get(network_table, values["floating_network_id"])
    if network is None or not (sharing.sees(call, network) or sharing.outside(call, network)):
        raise not_found("Network", values["floating_network_id"])
    if not network["external"]:
        raise bad_request(
            f"Bad floatingip request: Network {network['id']} is not a valid external network.", "BadRequest"
        )
    qos_policies.usable(call, values["qos_policy_id"])
    quotas.reserve(call, "floatingip", values["project_id"])
    asked: dict[str, Any] = {}
    if values["floating_ip_address"]:
        asked["ip_address"] = values["floating_ip_address"]
    if values["subnet_id"]:
        asked["subnet_id"] = values["subnet_id"]
    # The port that holds the address belongs to no project, so that nobody's port quota pays for it.
    fields: dict[str, Any] = {"project_id": "", "device_owner": OWNER, "status": "N/A"}
    if asked:
        fields["fixed_ips"] = [asked]
    holder = ports.make(call, network, fields)
    given = ports.require_address(call.tx.rows(addresses, port_id=holder["id"], order=addresses.c.id), holder["id"])
    port_id, fixed = values.pop("port_id", None), values.pop("fixed_ip_address", None)
    asked_router = values.pop("router_id", None)
    _with_port(port_id, fixed)
    values.pop("subnet_id")
    values |= {"floating_ip_address": given["ip_address"], "floating_port_id": holder["id"], "status": "DOWN"}
    row = call.tx.insert(floating_ips, **values, **listing.new(call, 0))
    call.tx.update(port_table, holder["id"], device_id=row["id"])
    if port_id:
        fields = _association(call, row, port_id, fixed, asked_router)
        call.tx.update(floating_ips, row["id"], **fields)
        row = {**row, **fields}
    return {"floatingip": documents(call, [row])[0]}


def _with_port(port_id: str | None, fixed: str | None) -> None:
    if fixed and not port_id:
        raise bad_request(
            "Bad floatingip request: fixed_ip_address cannot be specified without a port_id.", "BadRequest"
        )


def _association(
    call: Call, row: Row, port_id: str, fixed: str | None, asked_router: str | None
) -> dict[str, Any]:  # fmt: skip
    """The columns of a floating IP on a port, once a router leads there."""
    port = ports.find(call, port_id)
    if port["project_id"] != row["project_id"] and not call.context.is_admin:
        raise bad_request(
            f"Bad floatingip request: Cannot process floating IP association with Port {port_id}, since that port is owned "
            "by a different project.",
            "BadRequest",
        )
    given = call.tx.rows(addresses, port_id=port_id, order=addresses.c.id)
    if fixed is None:
        inner = ports.require_address(given, port_id)
    else:
        match = [item for item in given if item["ip_address"] == fixed]
        if not match:
            raise bad_request(f"Bad floatingip request: Port {port_id} does not have fixed ip {fixed}.", "BadRequest")
        inner = match[0]
    router = _router(call, row, port_id, inner["subnet_id"], asked_router)
    for other in call.tx.rows(floating_ips, port_id=port_id):
        if other["id"] != row["id"] and other["fixed_ip_address"] == inner["ip_address"]:
            raise conflict(
                "FloatingIPPortAlreadyAssociated",
                f"Cannot associate floating IP {row['floating_ip_address']} ({row['id']}) with port {port_id} using fixed "
                f"IP {inner['ip_address']}, as that fixed IP already has a floating IP on external network "
                f"{row['floating_network_id']}.",
            )
    # Without an L3 agent to say so, an address works once a server is bound to its port.
    status = "ACTIVE" if port["host_id"] else "DOWN"
    return {"port_id": port_id, "fixed_ip_address": inner["ip_address"], "router_id": router["id"], "status": status}


def _router(call: Call, row: Row, port_id: str, subnet_id: str, asked: str | None) -> Row:
    """The router that leads from the address to the port: the one asked for, or the one between their networks."""
    outside = row["floating_network_id"]
    if asked:
        router = routers.find(call, asked)
        if router["gateway_network_id"] != outside:
            raise conflict("Conflict", f"Router {asked} has no external gateway on network {outside}")
        return router
    found = routers.between(call, subnet_id, outside)
    if found is None:
        raise NotFound(
            f"External network {outside} is not reachable from subnet {subnet_id}.  Therefore, cannot associate Port "
            f"{port_id} with a Floating IP.",
            type="ExternalGatewayForFloatingIPNotFound",
        )
    return found


def _unforwarded(call: Call, floatingip_id: str) -> None:
    """Refuse when single ports of the address lead elsewhere."""
    if call.tx.first(port_forwardings, floatingip_id=floatingip_id):
        raise conflict("FipInUseByPortForwarding", f"Floating IP {floatingip_id} in use by Port Forwarding resources.")


def show(call: Call, floatingip_id: str) -> dict[str, Any]:
    """Show a floating IP."""
    return {"floatingip": listing.pick(call, documents(call, [find(call, floatingip_id)])[0])}


def update(call: Call, floatingip_id: str) -> dict[str, Any]:
    """Put a floating IP on a port, or take it off (`port_id` null)."""
    row = find(call, floatingip_id)
    values = FORM.update(call, FORM.one(call)) or {"port_id": None}  # as when the port was all it had
    fixed, asked_router = values.pop("fixed_ip_address", None), values.pop("router_id", None)
    _with_port(values.get("port_id"), fixed)
    qos_policies.usable(call, values.get("qos_policy_id"))
    if values.get("port_id"):
        _unforwarded(call, floatingip_id)
        if call.tx.first(port_forwardings, internal_port_id=values["port_id"]):
            raise bad_request(
                f"Cannot associate floating IP to port {values['port_id']} because it already has a Port Forwarding binding.",
                "PortHasPortForwarding",
            )
        values |= _association(call, row, values["port_id"], fixed, asked_router)
    elif "port_id" in values:
        values |= {"fixed_ip_address": None, "router_id": None, "status": "DOWN"}
    return {"floatingip": documents(call, [listing.change(call, floating_ips, row, values)])[0]}


def delete(call: Call, floatingip_id: str) -> None:
    """Give the address back."""
    row = find(call, floatingip_id)
    _unforwarded(call, floatingip_id)
    listing.match(call, row)
    ports.remove(call.tx, row["floating_port_id"])
    call.tx.delete(floating_ips, id=floatingip_id)
