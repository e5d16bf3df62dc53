"""Networks."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from kit.cloud.call import Call
from kit.cloud.network import (
    agents,
    listing,
    multi_provider,
    qos_policies,
    quotas,
    security_groups,
    segment_ranges,
    segments,
    sharing,
)
from kit.cloud.network import checks as is_
from kit.cloud.network import dns_checks as dns_
from kit.cloud.network.attributes import ADMIN_STATE, COMMON, READ_ONLY, UNSET, Field, Form
from kit.cloud.network.errors import conflict, invalid_input, not_allowed, not_found
from kit.cloud.network.models import floating_ips, networks, ports, routers, subnet_pools, subnets
from kit.cloud.network.models_extensions import rbac_policies
from kit.cloud.store import Row

# What a frame holds, less what each kind of tunnel adds (ML2's `global_physnet_mtu` of 1500).
MTUS = {"flat": 1500, "vlan": 1500, "local": 1500, "vxlan": 1450, "gre": 1458, "geneve": 1450}
# What a subnet needs (RFC 791, RFC 8200).
LEAST_MTU = {4: 68, 6: 1280}
# Ports that Neutron makes for itself go with their network.
AUTO_DELETE = ("network:dhcp", "network:floatingip_agent_gateway", "network:distributed")

FORM = Form("network", (
    *COMMON,
    Field("name", is_.name, ""),
    ADMIN_STATE,
    Field("shared", is_.boolean, False, admin=True),
    Field("router:external", is_.boolean, False, admin=True),
    Field("is_default", is_.boolean, False, admin=True),
    Field("mtu", is_.natural, 0, ruled=True),
    Field("port_security_enabled", is_.boolean, True, ruled=True),
    Field("dns_domain", dns_.domain, ""),
    Field("availability_zone_hints", agents.hints, [], put=False),
    Field("ha", is_.boolean, UNSET, put=False),
    Field("provider:network_type", is_.text(32), None, admin=True),
    Field("provider:physical_network", is_.text(64), None, admin=True),
    Field("provider:segmentation_id", is_.number, None, admin=True),
    Field("segments", multi_provider.check, None, admin=True),
    Field("qos_policy_id", is_.none_or(is_.uuid), None, ruled=True),
), (*READ_ONLY, "subnets", "ipv4_address_scope", "ipv6_address_scope", "l2_adjacency", "availability_zones"), many=True)  # fmt: skip

_COLUMNS = {
    "router:external": "external", "provider:network_type": "network_type",
    "provider:physical_network": "physical_network", "provider:segmentation_id": "segmentation_id",
}  # fmt: skip


def visible(call: Call) -> list[Any]:
    """The condition for the networks that the caller sees: own, shared and external ones."""
    if call.context.is_admin:
        return []
    outside = sharing.outside_condition(networks, call.context.project_id)
    return [sa.or_(*sharing.visible(call, networks), outside)]


def find(call: Call, network_id: str) -> Row:
    """A network that the caller sees.

    Raises
    ------
    NotFound
        When there is none of that id, or it is another project's.
    """
    row = call.tx.get(networks, network_id)
    if row is None or not (_own(call, row) or sharing.outside(call, row) or sharing.sees(call, row)):
        raise not_found("Network", network_id)
    return row


def _own(call: Call, row: Row) -> bool:
    return bool(call.context.is_admin or row["project_id"] == call.context.project_id)


def documents(call: Call, rows: list[Row]) -> list[dict[str, Any]]:
    """Networks as Neutron shows them."""
    below: dict[str, list[Row]] = {row["id"]: [] for row in rows}
    for subnet in call.tx.rows(subnets, network_id=list(below), order=subnets.c.created_at):
        below[subnet["network_id"]].append(subnet)
    shared = sharing.shared_with(call, rows)
    lying = multi_provider.parts(call, rows) if call.context.is_admin else {}
    scopes = _scopes(call, [subnet for found in below.values() for subnet in found])
    return [
        _document(call, row, below[row["id"]], row["id"] in shared)
        | lying.get(row["id"], {})
        | {f"ipv{version}_address_scope": scopes.get((row["id"], version)) for version in (4, 6)}
        for row in rows
    ]


def _scopes(call: Call, found: list[Row]) -> dict[tuple[str, int], str]:
    """Network and IP version to the address scope of the pools that its subnets were cut from."""
    ids = {subnet["subnetpool_id"] for subnet in found if subnet["subnetpool_id"]}
    of = {pool["id"]: pool["address_scope_id"] for pool in call.tx.rows(subnet_pools, id=ids)} if ids else {}
    return {
        (subnet["network_id"], subnet["ip_version"]): of[subnet["subnetpool_id"]]
        for subnet in found
        if of.get(subnet["subnetpool_id"])
    }


def _document(call: Call, row: Row, below: list[Row], shared: bool) -> dict[str, Any]:
    shown = {
        "id": row["id"], "name": row["name"], "admin_state_up": row["admin_state_up"], "mtu": row["mtu"],
        "status": "ACTIVE", "subnets": [subnet["id"] for subnet in below],
        "shared": shared,
        "port_security_enabled": row["port_security_enabled"], "qos_policy_id": row["qos_policy_id"],
        "dns_domain": row["dns_domain"], "router:external": row["external"],
        "availability_zone_hints": row["availability_zone_hints"] or [],
        "availability_zones": [agents.ZONE] if any(subnet["enable_dhcp"] for subnet in below) else [],
        "l2_adjacency": not any(subnet["segment_id"] for subnet in below), **listing.standard(row),
    }  # fmt: skip
    if row["external"] or call.method == "POST":
        shown["is_default"] = row["is_default"]
    return shown


def index(call: Call) -> dict[str, Any]:
    """List networks."""
    rows = listing.fetch(call, networks, visible(call), [networks.c.created_at, networks.c.id])
    return listing.answer(call, "networks", rows, lambda found: documents(call, found), find)


def create(call: Call) -> dict[str, Any]:
    """Create one network, or several at once."""
    given = FORM.body(call)
    if isinstance(given, list):
        made = [_create(call, one) for one in given]
        return {"networks": documents(call, made)}
    return {"network": documents(call, [_create(call, given)])[0]}


def _create(call: Call, given: dict[str, Any]) -> Row:
    values = {_COLUMNS.get(name, name): value for name, value in FORM.create(call, given).items()}
    quotas.reserve(call, "network", values["project_id"])
    security_groups.default(call, values["project_id"])
    values.pop("ha", None)  # of networks that HA routers make for themselves
    others = multi_provider.split(values)
    kind, physical, number = (values[name] for name in ("network_type", "physical_network", "segmentation_id"))
    if kind is not None:
        if kind not in MTUS:
            raise invalid_input(f"network_type value '{kind}' not supported")
        segment_ranges.reserve(call, kind, physical, number)
    elif physical is not None or number is not None:
        raise invalid_input("network_type required")
    else:
        values["network_type"] = "vxlan"
    if values["network_type"] in ("vlan", "vxlan", "gre", "geneve") and values["segmentation_id"] is None:
        values["segmentation_id"] = segment_ranges.allocate(
            call, values["network_type"], values["physical_network"], values["project_id"]
        )
    values["mtu"] = _mtu(values["mtu"], values["network_type"], *(one["network_type"] for one in others))
    agents.known_zones(values["availability_zone_hints"])
    values["qos_policy_id"] = values["qos_policy_id"] or qos_policies.standard(call, values["project_id"])
    qos_policies.usable(call, values["qos_policy_id"])
    values["is_default"] = _default(call, values)
    row = call.tx.insert(networks, **values, **listing.new(call, 1))
    multi_provider.add(call, row, others)
    sharing.follow(call, "network", row, values, new=True)
    return row


def _default(call: Call, values: dict[str, Any], network_id: str = "") -> bool:
    """Whether a network is the one that projects' own topologies lead out by: one external network at most."""
    wanted = bool(values["is_default"] and values["external"])
    other = call.tx.first(networks, external=True, is_default=True) if wanted else None
    if other is not None and other["id"] != network_id:
        raise conflict("DefaultExternalNetworkExists", f"A default external network already exists: {other['id']}.")
    return wanted


def _mtu(wanted: int | None, *kinds: str) -> int:
    """The MTU of a network: the most that all of its segments carry, unless it is to be less."""
    most = min(MTUS[kind] for kind in kinds)
    if (wanted or 0) > most:
        raise invalid_input(f"Requested MTU is too big, maximum is {most}")
    return wanted or most


def room_for(network: Row, mtu: int | None, version: int) -> None:
    """Refuse a subnet on a network, or a network's MTU, when packets of that IP version do not fit."""
    if mtu and mtu < LEAST_MTU[version]:
        raise conflict(
            "NetworkMTUSubnetConflict", f"MTU of {LEAST_MTU[version]} must be specified for network {network['id']}."
        )


def show(call: Call, network_id: str) -> dict[str, Any]:
    """Show a network."""
    return {"network": listing.pick(call, documents(call, [find(call, network_id)])[0])}


def _changeable(call: Call, network_id: str, rule: str) -> Row:
    row = find(call, network_id)
    if not _own(call, row):
        raise not_allowed(rule)
    return row


def update(call: Call, network_id: str) -> dict[str, Any]:
    """Change a network."""
    row = _changeable(call, network_id, "update_network")
    values = {_COLUMNS.get(name, name): value for name, value in FORM.update(call, FORM.one(call)).items()}
    if values.get("external") is False and row["external"] and _serves(call, network_id):
        raise conflict(
            "ExternalNetworkInUse",
            f"External network {network_id} cannot be updated to be made non-external, since it has existing gateway ports.",
        )
    if values.get("shared") is False and row["shared"]:
        others = call.tx.rows(ports, ports.c.project_id != row["project_id"], network_id=network_id)
        lent = {policy["target_project"] for policy in call.tx.rows(rbac_policies, object_id=network_id)} - {"*"}
        if any(port["device_owner"] != "network:dhcp" and port["project_id"] not in lent | {""} for port in others):
            raise conflict(
                "InvalidSharedSetting",
                f"Unable to reconfigure sharing settings for network {row['name']}. Multiple projects are using it.",
            )
    if "mtu" in values:
        values["mtu"] = _mtu(values["mtu"], row["network_type"])
        for subnet in call.tx.rows(subnets, network_id=network_id):
            room_for(row, values["mtu"], subnet["ip_version"])
    values.pop("segments", None)  # ML2 takes them and changes nothing
    if "is_default" in values:
        values["is_default"] = _default(call, {**row, **values}, network_id)
    segments.renumber(call, row, values)
    qos_policies.usable(call, values.get("qos_policy_id"))
    changed = listing.change(call, networks, row, values)
    sharing.follow(call, "network", row, values)
    return {"network": documents(call, [changed])[0]}


def _serves(call: Call, network_id: str) -> bool:
    """Whether a router or a floating IP rests on the external network."""
    return bool(
        call.tx.first(routers, gateway_network_id=network_id)
        or call.tx.first(floating_ips, floating_network_id=network_id)
    )


def delete(call: Call, network_id: str) -> None:
    """Delete a network that nothing is on; its subnets, and floating IPs that are on no port, go with it."""
    row = _changeable(call, network_id, "delete_network")
    for floating in call.tx.rows(floating_ips, floating_ips.c.port_id.is_(None), floating_network_id=network_id):
        call.tx.delete(ports, id=floating["floating_port_id"])
        call.tx.delete(floating_ips, id=floating["id"])
    used = call.tx.rows(ports, network_id=network_id, order=ports.c.created_at)
    blocking = [port["id"] for port in used if port["device_owner"] not in AUTO_DELETE]
    if blocking:
        raise conflict(
            "NetworkInUse",
            f"Unable to complete operation on network {network_id}. There are one or more ports still in use on the "
            f"network, id for these ports is: {','.join(blocking)}.",
        )
    listing.match(call, row)
    call.tx.delete(ports, network_id=network_id)
    sharing.forget(call, network_id)
    call.tx.delete(networks, id=network_id)
