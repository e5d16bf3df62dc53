"""Port forwarding: single ports of a floating IP lead to ports of different servers."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Call
from kit.cloud.network import address_checks as net_
from kit.cloud.network import checks as is_
from kit.cloud.network import floating_ips, listing, owning, ports, routers
from kit.cloud.network.attributes import OWNER, REQUIRED, UNSET, Field, Form
from kit.cloud.network.errors import bad_request, conflict, not_found
from kit.cloud.network.models import addresses
from kit.cloud.network.models import floating_ips as floating_table
from kit.cloud.network.models_extensions import port_forwardings
from kit.cloud.store import Row

_MOST = 65535


def _port(value: Any) -> int | None:
    if value is None:
        return None
    try:
        int(value)
    except (ValueError, TypeError):
        raise is_.Unfit(f"'{value}' is not an integer") from None
    return int(is_.whole(1, _MOST)(value))


def _range(value: Any) -> tuple[int, int] | None:
    """One port, or two with a colon between them."""
    if value is None:
        return None
    ends = str(value).split(":")
    if len(ends) > 2 or "" in ends:
        raise is_.Unfit("Port range must be two integers separated by a colon")
    for end in ends:
        if not end.isdigit() or int(end) > _MOST:
            raise is_.Unfit(f"Invalid port: {end}")
        if not int(end):
            raise is_.Unfit(f"Invalid port: {end}, the port must be in the range [1, {_MOST}]")
    if int(ends[0]) > int(ends[-1]):
        raise is_.Unfit("First port in a port range must be lower than the second port")
    return int(ends[0]), int(ends[-1])


FORM = Form("port_forwarding", (
    *OWNER,
    Field("description", is_.text(), ""),
    Field("external_port", _port, UNSET),
    Field("external_port_range", _range, UNSET),
    Field("internal_port", _port, UNSET),
    Field("internal_port_range", _range, UNSET),
    Field("internal_ip_address", net_.ip, REQUIRED),
    Field("internal_port_id", is_.uuid, REQUIRED),
    Field("protocol", is_.protocol, REQUIRED),
))  # fmt: skip


def document(row: Row) -> dict[str, Any]:
    """A forwarding as Neutron shows it."""
    return floating_ips.forwarding(row)


def _find(call: Call, floatingip_id: str, forwarding_id: str) -> Row:
    floating_ips.find(call, floatingip_id)
    row = call.tx.first(port_forwardings, id=forwarding_id, floatingip_id=floatingip_id)
    if row is None:
        error = not_found("Port Forwarding", forwarding_id)
        error.type = "PortForwardingNotFound"
        raise error
    return row


def index(call: Call, floatingip_id: str) -> dict[str, Any]:
    """List a floating IP's forwardings."""
    floating_ips.find(call, floatingip_id)
    rows = call.tx.rows(port_forwardings, floatingip_id=floatingip_id, order=port_forwardings.c.id)
    return listing.answer(call, "port_forwardings", rows, lambda found: [document(row) for row in found])


def _columns(values: dict[str, Any]) -> dict[str, Any]:
    """The columns that a body sets: every port is a range."""
    fields: dict[str, Any] = {
        name: values[name]
        for name in ("description", "internal_port_id", "internal_ip_address", "protocol")
        if name in values
    }
    for side in ("external", "internal"):
        given = values.get(f"{side}_port_range")
        if given is None and values.get(f"{side}_port") is not None:
            given = (values[f"{side}_port"],) * 2
        if given is not None:
            fields |= {f"{side}_low": given[0], f"{side}_high": given[1]}
    return fields


def create(call: Call, floatingip_id: str) -> dict[str, Any]:
    """Let ports of a floating IP lead to those of a server."""
    values = FORM.create(call, FORM.one(call))
    owning.of_parent(call, floating_table, floatingip_id, "create_floatingip_port_forwarding")
    floating = floating_ips.find(call, floatingip_id)
    fields = _columns(values)
    if "external_low" not in fields or "internal_low" not in fields:
        raise bad_request("Invalid input for operation: external_port and internal_port are required.", "InvalidInput")
    _sound(call, floating, fields)
    row = call.tx.insert(port_forwardings, id=call.tx.ids.uuid(), floatingip_id=floatingip_id, **fields)
    return {"port_forwarding": document(row)}


def _sound(call: Call, floating: Row, fields: Row, own: str | None = None) -> None:
    """Refuse a forwarding that meets another one, leads nowhere, or is on an address that is taken."""
    wide, far = (fields[f"{side}_high"] - fields[f"{side}_low"] for side in ("internal", "external"))
    if wide not in (0, far):
        raise bad_request(
            "Bad port_forwarding request: Invalid ranges of internal and/or external ports. The relation between internal "
            "and external ports must be N-N or 1-N.",
            "BadRequest",
        )
    port = ports.find(call, fields["internal_port_id"])
    bound = call.tx.first(floating_table, port_id=port["id"])
    if bound is not None:
        raise conflict(
            "PortHasBindingFloatingIP",
            f"Cannot create port forwarding to floating IP {bound['floating_ip_address']} ({bound['id']}) with port "
            f"{port['id']} using fixed IP {fields['internal_ip_address']}, as that port already has a binding floating IP.",
        )
    if floating["port_id"]:
        raise conflict(
            "FloatingIPPortAlreadyAssociated",
            f"Cannot associate floating IP {floating['floating_ip_address']} ({floating['id']}) with port {port['id']} "
            f"using fixed IP {fields['internal_ip_address']}, as that fixed IP already has a floating IP on external "
            f"network {floating['floating_network_id']}.",
        )
    inner = call.tx.first(addresses, port_id=port["id"], ip_address=fields["internal_ip_address"])
    if inner is None:
        have = call.tx.rows(addresses, port_id=port["id"], order=addresses.c.id)
        fixed = [{"subnet_id": one["subnet_id"], "ip_address": one["ip_address"]} for one in have]
        raise bad_request(
            f"Bad port_forwarding request: Requested internal IP address {fields['internal_ip_address']} is not suitable "
            f"for internal neutron port {port['id']}, as its fixed_ips are {fixed}.",
            "BadRequest",
        )
    router = routers.between(call, inner["subnet_id"], floating["floating_network_id"])
    if router is None or floating["router_id"] not in (None, router["id"]):
        error = not_found("Router", "")
        error.type = "ExternalGatewayForFloatingIPNotFound"
        error.message = (
            f"External network {floating['floating_network_id']} is not reachable from subnet {inner['subnet_id']}.  "
            f"Therefore, cannot associate Port {port['id']} with a Floating IP."
        )
        raise error
    _apart(call, floating, fields, own)
    call.tx.update(floating_table, floating["id"], router_id=router["id"], status="ACTIVE")


def _apart(call: Call, floating: Row, fields: Row, own: str | None) -> None:
    for other in call.tx.rows(port_forwardings, floatingip_id=floating["id"], protocol=fields["protocol"]):
        meets = other["external_low"] <= fields["external_high"] and fields["external_low"] <= other["external_high"]
        inner = ("internal_port_id", "internal_ip_address")
        same = all(other[name] == fields[name] for name in inner) and (
            other["internal_low"] <= fields["internal_high"] and fields["internal_low"] <= other["internal_high"]
        )
        if other["id"] != own and (meets or same):
            side = "external" if meets else "internal"
            ranges = [f"{one[f'{side}_low']}:{one[f'{side}_high']}" for one in (other, fields)]
            raise bad_request(
                f"Bad port_forwarding request: There is a port collision with the {side}_port_range. The following ranges "
                f"collide: {ranges[0]} and {ranges[1]}.",
                "BadRequest",
            )


def show(call: Call, floatingip_id: str, forwarding_id: str) -> dict[str, Any]:
    """Show a forwarding."""
    return {"port_forwarding": listing.pick(call, document(_find(call, floatingip_id, forwarding_id)))}


def update(call: Call, floatingip_id: str, forwarding_id: str) -> dict[str, Any]:
    """Change a forwarding."""
    row = _find(call, floatingip_id, forwarding_id)
    fields = _columns(FORM.update(call, FORM.one(call)))
    changed = {**row, **fields}
    _sound(call, floating_ips.find(call, floatingip_id), changed, forwarding_id)
    call.tx.update(port_forwardings, forwarding_id, **fields)
    return {"port_forwarding": document(changed)}


def delete(call: Call, floatingip_id: str, forwarding_id: str) -> None:
    """Remove a forwarding; the last one frees the floating IP's router."""
    _find(call, floatingip_id, forwarding_id)
    call.tx.delete(port_forwardings, id=forwarding_id)
    if not call.tx.first(port_forwardings, floatingip_id=floatingip_id):
        call.tx.update(floating_table, floatingip_id, router_id=None, status="DOWN")
