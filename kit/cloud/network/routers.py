"""Routers: interfaces on subnets, a gateway to an external network."""

from __future__ import annotations

import ipaddress
from typing import Any

from kit.cloud.call import Call
from kit.cloud.network import (
    agents,
    flavors,
    listing,
    ndp,
    owning,
    ports,
    quotas,
    router_gateways,
    router_routes,
    sharing,
    subnets,
)
from kit.cloud.network import checks as is_
from kit.cloud.network.attributes import ADMIN_STATE, COMMON, PARTS, READ_ONLY, UNSET, Field, Form, decoded
from kit.cloud.network.errors import bad_request, conflict, invalid_input, not_found
from kit.cloud.network.models import addresses, floating_ips, routers
from kit.cloud.network.models import networks as network_table
from kit.cloud.network.models import ports as port_table
from kit.cloud.network.models import subnets as subnet_table
from kit.cloud.network.models_extensions import conntrack_helpers
from kit.cloud.store import Row

FORM = Form("router", (
    *COMMON,
    Field("name", is_.name, ""),
    ADMIN_STATE,
    Field("external_gateway_info", router_gateways.gateway, None, ruled=PARTS),
    Field("enable_ndp_proxy", is_.none_or(is_.boolean), UNSET),
    Field("enable_default_route_bfd", is_.none_or(is_.boolean), UNSET),
    Field("enable_default_route_ecmp", is_.none_or(is_.boolean), UNSET),
    Field("routes", router_routes.ROUTES, [], post=False),
    Field("distributed", is_.none_or(is_.boolean), UNSET, admin=True),
    Field("ha", is_.none_or(is_.boolean), UNSET, admin=True),
    Field("flavor_id", str, None, put=False, ruled=True),
    Field("availability_zone_hints", agents.hints, [], put=False),
), (*READ_ONLY, "availability_zones", "conntrack_helpers", "external_gateways"))  # fmt: skip


def find(call: Call, router_id: str) -> Row:
    """A router that the caller sees."""
    row = call.tx.get(routers, router_id)
    if row is None or not (call.context.is_admin or row["project_id"] == call.context.project_id):
        raise not_found("Router", router_id)
    return row


def documents(call: Call, rows: list[Row]) -> list[dict[str, Any]]:
    """Routers as Neutron shows them."""
    return [_document(call, row) for row in rows]


def _document(call: Call, row: Row) -> dict[str, Any]:
    gateway = None
    if row["gateway_port_id"]:
        given = call.tx.rows(addresses, port_id=row["gateway_port_id"], order=addresses.c.id)
        fixed = [{"subnet_id": item["subnet_id"], "ip_address": item["ip_address"]} for item in given]
        gateway = {
            "network_id": row["gateway_network_id"],
            "external_fixed_ips": fixed,
            "enable_snat": row["enable_snat"],
            "qos_policy_id": row["gateway_qos_policy_id"],
        }
    shown = {
        "id": row["id"], "name": row["name"], "admin_state_up": row["admin_state_up"], "status": row["status"],
        "external_gateway_info": gateway, "availability_zones": [agents.ZONE] if _scheduled(call, row) else [],
        "availability_zone_hints": row["availability_zone_hints"] or [], "routes": row["routes"] or [],
        "external_gateways": router_gateways.listed(call, row), "enable_ndp_proxy": bool(gateway and row["enable_ndp_proxy"]),
        **{name: bool(row[name]) for name in ("enable_default_route_bfd", "enable_default_route_ecmp")},
        "flavor_id": row["flavor_id"], "conntrack_helpers": _helpers(call, row["id"]), **listing.standard(row),
    }  # fmt: skip
    if call.context.is_admin:
        shown |= {"distributed": bool(row["distributed"]), "ha": bool(row["ha"])}
    return shown


def _helpers(call: Call, router_id: str) -> list[dict[str, Any]]:
    rows = call.tx.rows(conntrack_helpers, router_id=router_id, order=conntrack_helpers.c.id)
    return [{name: row[name] for name in ("protocol", "port", "helper")} for row in rows]


def _scheduled(call: Call, row: Row) -> bool:
    """Whether the router leads anywhere, so that an agent hosts it."""
    return bool(
        row["gateway_port_id"] or call.tx.first(port_table, device_id=row["id"], device_owner=router_routes.INTERFACE)
    )


def index(call: Call) -> dict[str, Any]:
    """List routers."""
    where = [] if call.context.is_admin else [routers.c.project_id == call.project_id]
    rows = listing.fetch(call, routers, where, [routers.c.created_at, routers.c.id])
    return listing.answer(call, "routers", rows, lambda found: documents(call, found), find)


def create(call: Call) -> dict[str, Any]:
    """Create a router."""
    values = FORM.create(call, FORM.one(call))
    if router_gateways.operators(call, values["external_gateway_info"]):
        raise FORM.refusal("create", values)
    quotas.reserve(call, "router", values["project_id"])
    gateway = values.pop("external_gateway_info")
    agents.known_zones(values["availability_zone_hints"])
    flavors.usable(call, values["flavor_id"])
    if values["flavor_id"] and (values.get("distributed") or values.get("ha")):
        raise invalid_input(f"Router with flavor {values['flavor_id']} cannot be asked to be distributed or HA as well")
    row = call.tx.insert(
        routers, **{"status": "ACTIVE", "enable_snat": True, "routes": [], **values}, **listing.new(call, 1)
    )
    if gateway:
        row = router_gateways.connect(call, row, gateway)
    ndp.may_enable(call, row, values.get("enable_ndp_proxy"))
    return {"router": _document(call, row)}


def show(call: Call, router_id: str) -> dict[str, Any]:
    """Show a router."""
    return {"router": listing.pick(call, _document(call, find(call, router_id)))}


def update(call: Call, router_id: str) -> dict[str, Any]:
    """Change a router, its gateway or its routes."""
    row = find(call, router_id)
    values = FORM.update(call, FORM.one(call))
    if router_gateways.operators(call, values.get("external_gateway_info")):
        raise FORM.refusal("update", values)
    if values.get("distributed", bool(row["distributed"])) != bool(row["distributed"]) and (
        row["admin_state_up"] and values.get("admin_state_up", True)
    ):
        way = "upgrade" if values["distributed"] else "downgrade"
        raise bad_request(
            f"Bad router request: Cannot change the 'distributed' attribute of active routers. Please set router "
            f"admin_state_up to False prior to {way}.",
            "BadRequest",
        )
    if values.get("enable_ndp_proxy") and values.get("external_gateway_info", True) is None:
        raise ndp.not_valid(row, "The router's external gateway will be unset")
    if "external_gateway_info" in values:
        row = router_gateways.connect(call, row, values.pop("external_gateway_info"))
    ndp.may_enable(call, row, values.get("enable_ndp_proxy"))
    if "routes" in values:
        values["routes"] = values["routes"] or []
        router_routes.reachable(call, row, values["routes"])
    return {"router": _document(call, listing.change(call, routers, row, values))}


def delete(call: Call, router_id: str) -> None:
    """Delete a router without interfaces."""
    row = find(call, router_id)
    attached = [port["id"] for port, _ in router_routes.interfaces(call, router_id)]
    if attached:
        raise conflict(
            "RouterInUse", f"Router {router_id} has ports still attached: {', '.join(dict.fromkeys(attached))}"
        )
    ndp.spare(call, row)
    listing.match(call, row)
    router_gateways.drop(call, row)
    call.tx.delete(routers, id=router_id)


def _given(call: Call) -> tuple[str | None, str | None]:
    data = decoded(call, "")
    if data == "":
        raise bad_request("Body contains invalid data")
    if not isinstance(data, dict) or not ("subnet_id" in data or "port_id" in data):
        raise _bad("Either subnet_id or port_id must be specified")
    for name in ("subnet_id", "port_id"):
        try:
            if name in data:
                is_.uuid(data[name])
        except is_.Unfit as reason:
            raise _bad(str(reason)) from None
    return data.get("subnet_id"), data.get("port_id")


def _bad(reason: str) -> Exception:
    return bad_request(f"Bad router request: {reason}.", "BadRequest")


def add_interface(call: Call, router_id: str) -> dict[str, Any]:
    """Put the router on a subnet (at its gateway address), or on a port."""
    row = find(call, router_id)
    subnet_id, port_id = _given(call)
    if subnet_id and port_id:
        raise bad_request("Bad router request: Cannot specify both subnet-id and port-id.", "BadRequest")
    if port_id:
        port, subnet = _port_for_interface(call, router_id, port_id)
    else:
        subnet = subnets.find(call, str(subnet_id))
        if not subnet["gateway_ip"]:
            raise _bad("Subnet for router interface must have a gateway IP")
        above = call.tx.get(network_table, subnet["network_id"])
        if not (owning.owns(call, subnet) or (above and sharing.sees(call, above))):
            raise _bad(
                f"Cannot add interface to router because subnet {subnet['id']} is not owned by project making the request"
            )
        _no_overlap(call, row, subnet)
        values = {
            "project_id": row["project_id"], "device_id": router_id, "device_owner": router_routes.INTERFACE, "status": "ACTIVE",
            "fixed_ips": [{"subnet_id": subnet["id"], "ip_address": subnet["gateway_ip"]}],
        }  # fmt: skip
        network = call.tx.get(network_table, subnet["network_id"])
        assert network is not None
        port = ports.make(call, network, values)
    listing.touch(call, routers, row)
    return _interface(row, port, subnet)


def _interface(row: Row, port: Row, subnet: Row) -> dict[str, Any]:
    return {
        "id": row["id"], "project_id": row["project_id"], "port_id": port["id"], "network_id": port["network_id"],
        "subnet_id": subnet["id"], "subnet_ids": [subnet["id"]],
    }  # fmt: skip


def _no_overlap(call: Call, row: Row, subnet: Row) -> None:
    net = ipaddress.ip_network(subnet["cidr"])
    for _, other in router_routes.interfaces(call, row["id"], with_gateway=True):
        if other["id"] == subnet["id"]:
            raise bad_request(f"Bad router request: Router already has a port on subnet {subnet['id']}.", "BadRequest")
        if ipaddress.ip_network(other["cidr"]).overlaps(net):
            raise bad_request(
                f"Bad router request: Cidr {subnet['cidr']} of subnet {subnet['id']} overlaps with cidr {other['cidr']} "
                f"of subnet {other['id']}.",
                "BadRequest",
            )


def _port_for_interface(call: Call, router_id: str, port_id: str) -> tuple[Row, Row]:
    port = ports.find(call, port_id)
    if port["device_id"]:
        raise conflict(
            "PortInUse",
            f"Unable to complete operation on port {port_id} for network {port['network_id']}. "
            f"Port already has an attached device {port['device_id']}.",
        )
    given = call.tx.rows(addresses, port_id=port_id, order=addresses.c.id)
    if not given:
        raise bad_request("Bad router request: Router port must have at least one fixed IP.", "BadRequest")
    subnet = call.tx.get(subnet_table, given[0]["subnet_id"])
    assert subnet is not None
    _no_overlap(call, {"id": router_id}, subnet)
    fields = {
        "device_id": router_id,
        "device_owner": router_routes.INTERFACE,
        "status": "ACTIVE",
    }
    return listing.change(call, port_table, port, fields), subnet


def remove_interface(call: Call, router_id: str) -> dict[str, Any]:
    """Take the router off a subnet, or off a port."""
    row = find(call, router_id)
    subnet_id, port_id = _given(call)
    if subnet_id:
        subnets.find(call, subnet_id)
    for port, subnet in router_routes.interfaces(call, router_id):
        if port["id"] == port_id and subnet_id not in (None, subnet["id"]):
            raise bad_request(
                f"Subnet on port {port_id} does not match the requested subnet {subnet_id}.", "SubnetMismatchForPort"
            )
        if (port_id in (None, port["id"])) and (subnet_id in (None, subnet["id"])):
            break
    else:
        what = f"subnet {subnet_id}" if subnet_id else f"port {port_id}"
        error = not_found("Router", router_id)
        error.type = "RouterInterfaceNotFoundForSubnet" if subnet_id else "RouterInterfaceNotFound"
        error.message = (
            f"Router {router_id} has no interface on {what}" if subnet_id
            else f"Router {router_id} does not have an interface with id {port_id}"
        )  # fmt: skip
        raise error
    _not_needed(call, router_id, subnet)
    router_routes.unrouted(row, subnet)
    ndp.leaves(call, row, subnet)
    ports.remove(call.tx, port["id"])
    listing.touch(call, routers, row)
    return _interface(row, port, subnet)


def _not_needed(call: Call, router_id: str, subnet: Row) -> None:
    """Refuse when a floating IP leads through the interface."""
    for floating in call.tx.rows(floating_ips, router_id=router_id):
        given = call.tx.rows(addresses, port_id=floating["port_id"]) if floating["port_id"] else []
        if any(item["subnet_id"] == subnet["id"] for item in given):
            raise conflict(
                "RouterInterfaceInUseByFloatingIP",
                f"Router interface for subnet {subnet['id']} on router {router_id} cannot be deleted, as it is required "
                "by one or more floating IPs.",
            )


def between(call: Call, subnet_id: str, network_id: str) -> Row | None:
    """The router that connects a subnet with an external network, or None."""
    for address in call.tx.rows(addresses, subnet_id=subnet_id, order=addresses.c.id):
        port = call.tx.get(port_table, address["port_id"])
        if port and port["device_owner"] == router_routes.INTERFACE:
            row = call.tx.get(routers, port["device_id"])
            if row and row["gateway_network_id"] == network_id:
                return row
    return None
