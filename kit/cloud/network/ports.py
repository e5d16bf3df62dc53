"""Ports: what connects a device to a network."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from kit.cloud.call import Call
from kit.cloud.network import address_checks as net_
from kit.cloud.network import (
    allocation,
    listing,
    networks,
    port_options,
    port_resources,
    qos_policies,
    quotas,
    security_groups,
    sharing,
    trunk_ports,
)
from kit.cloud.network import checks as is_
from kit.cloud.network import dns_checks as dns_
from kit.cloud.network.attributes import ADMIN_STATE, COMMON, REQUIRED, UNSET, Field, Form
from kit.cloud.network.errors import bad_request, conflict, not_allowed, not_found
from kit.cloud.network.models import addresses, floating_ips, ports, subnets
from kit.cloud.network.models import networks as network_table
from kit.cloud.network.models_extensions import local_ips, port_forwardings
from kit.cloud.store import Row

FORM = Form("port", (
    *COMMON,
    Field("network_id", is_.uuid, REQUIRED, put=False),
    Field("name", is_.name, ""),
    ADMIN_STATE,
    Field("mac_address", is_.none_or(net_.mac), UNSET, ruled=True),
    Field("fixed_ips", net_.fixed_ips, UNSET, ruled=True),
    Field("device_id", is_.text(), "", ruled=True),
    Field("device_owner", is_.text(), "", ruled=True),
    Field("security_groups", is_.none_as(list, is_.list_of(is_.uuid)), UNSET),
    Field("allowed_address_pairs", is_.none_as(list, net_.address_pairs), [], ruled=True),
    Field("extra_dhcp_opts", port_options.dhcp_options, []),
    Field("port_security_enabled", is_.boolean, UNSET, ruled=True),
    Field("dns_name", dns_.host_name, ""),
    Field("binding:host_id", lambda value: "" if value is None else is_.text()(value), "", admin=True),
    Field("binding:vnic_type", is_.one_of(*port_options.VNICS), "normal", ruled=True),
    Field("binding:profile", is_.none_or(is_.mapping), {}, admin=True),
    Field("qos_policy_id", is_.none_or(is_.uuid), None, ruled=True),
    *port_options.FIELDS,
), (
    "id", "status", "created_at", "updated_at", "revision_number", "dns_assignment", "ip_allocation", "resource_request",
    "binding:vif_type", "binding:vif_details", "qos_network_policy_id", "trunk_details",
), many=True)  # fmt: skip

_COLUMNS = {"binding:host_id": "host_id", "binding:vnic_type": "vnic_type", "binding:profile": "profile"}
# What Open vSwitch says of a port that it carries, and who did.
_DETAILS = {"port_filter": True, "bound_drivers": {"0": "openvswitch"}}
# Whose ports their project does not delete: the service that they work for does (neutron.conf.policies.port).
_SERVERS = ("compute:", "baremetal:", "manila:")
# A port of a router, a floating IP or an agent is managed by what it belongs to.
_MANAGED = (
    "network:router_interface", "network:router_gateway", "network:floatingip",
    "network:router_interface_distributed", "network:ha_router_replicated_interface",
)  # fmt: skip
# Whose IPv4 addresses do not change while the router stands (L3RouterPlugin.IP_UPDATE_NOT_ALLOWED_LIST).
_KEEPS_ADDRESS = (
    "network:router_interface", "network:router_ha_interface", "network:router_interface_distributed",
    "network:ha_router_replicated_interface", "network:router_centralized_snat",
)  # fmt: skip


def find(call: Call, port_id: str) -> Row:
    """A port that the caller sees: own ones, and those on own networks."""
    row = call.tx.get(ports, port_id)
    if row is None or not (call.context.is_admin or row["project_id"] == call.context.project_id or _on_own(call, row)):
        raise not_found("Port", port_id)
    return row


def _on_own(call: Call, row: Row) -> bool:
    network = call.tx.get(network_table, row["network_id"])
    return bool(network and network["project_id"] == call.context.project_id)


def addresses_of(tx: Any, rows: list[Row]) -> dict[str, list[Row]]:
    """The addresses of ports, in the order in which they were given."""
    found: dict[str, list[Row]] = {row["id"]: [] for row in rows}
    for row in tx.rows(addresses, port_id=list(found), order=addresses.c.id):
        found[row["port_id"]].append(row)
    return found


def documents(call: Call, rows: list[Row]) -> list[dict[str, Any]]:
    """Ports as Neutron shows them."""
    given = addresses_of(call.tx, rows)
    above = {row["id"]: row for row in _networks(call, rows)}
    needed = port_resources.requests(call, rows, above) if call.context.is_admin else {}
    parents = trunk_ports.details(call.tx, list(given))
    found = []
    for row in rows:
        shown = _document(call, row, given[row["id"]])
        shown["qos_network_policy_id"] = above[row["network_id"]]["qos_policy_id"]
        if row["id"] in needed:
            shown["resource_request"] = needed[row["id"]]
        if row["id"] in parents:
            shown["trunk_details"] = parents[row["id"]]
        found.append(shown)
    return found


def _networks(call: Call, rows: list[Row]) -> list[Row]:
    return call.tx.rows(network_table, id={row["network_id"] for row in rows})


def _document(call: Call, row: Row, given: list[Row]) -> dict[str, Any]:
    dns = []
    for address in given:
        given_name = (row["dns_name"] or "").removesuffix(".").removesuffix(".openstacklocal")
        host = given_name or "host-" + address["ip_address"].replace(".", "-").replace(":", "-")
        dns.append({"ip_address": address["ip_address"], "hostname": host, "fqdn": f"{host}.openstacklocal."})
    shown = {
        "id": row["id"], "name": row["name"], "network_id": row["network_id"], "mac_address": row["mac_address"],
        "admin_state_up": row["admin_state_up"], "status": row["status"], "device_id": row["device_id"],
        "device_owner": row["device_owner"],
        "fixed_ips": [{"subnet_id": item["subnet_id"], "ip_address": item["ip_address"]} for item in given],
        "allowed_address_pairs": row["allowed_address_pairs"] or [], "extra_dhcp_opts": row["extra_dhcp_opts"] or [],
        "security_groups": row["security_groups"] or [], "binding:vnic_type": row["vnic_type"],
        "port_security_enabled": row["port_security_enabled"], "qos_policy_id": row["qos_policy_id"],
        "qos_network_policy_id": None, "dns_name": row["dns_name"], "dns_assignment": dns,
        "ip_allocation": "immediate" if given else "none", **port_options.show(call, row), **listing.standard(row),
    }  # fmt: skip
    if call.context.is_admin:
        shown |= {
            "binding:profile": port_options.profile(row), "binding:host_id": row["host_id"],
            "binding:vif_type": row["vif_type"], "resource_request": None,
            "binding:vif_details": _DETAILS if row["vif_type"] == "ovs" else {},
        }  # fmt: skip
    return shown


def index(call: Call) -> dict[str, Any]:
    """List ports; `fixed_ips=ip_address=A` finds the port of an address."""
    where: list[Any] = []
    if not call.context.is_admin:
        own = sa.select(network_table.c.id).where(network_table.c.project_id == call.project_id)
        where = [sa.or_(ports.c.project_id == call.project_id, ports.c.network_id.in_(own))]
    rows = listing.fetch(call, ports, where, [ports.c.created_at, ports.c.id])
    if "fixed_ips" in call.query:
        given = addresses_of(call.tx, rows)
        rows = [row for row in rows if _has(given[row["id"]], call.query["fixed_ips"])]
        call.query.pop("fixed_ips")
    if "security_groups" in call.query:
        wanted = set(call.query.pop("security_groups"))
        rows = [row for row in rows if wanted & set(row["security_groups"] or [])]
    return listing.answer(call, "ports", rows, lambda found: documents(call, found), find)


def _has(given: list[Row], wanted: list[str]) -> bool:
    """Whether one of the addresses satisfies each filter `name=value` (`ip_address_substr` too)."""
    for text in wanted:
        name, _, value = text.partition("=")
        if name == "ip_address_substr":
            if not any(value in row["ip_address"] for row in given):
                return False
        elif not any(row.get(name) == value for row in given):
            return False
    return True


def create(call: Call) -> dict[str, Any]:
    """Create one port, or several at once."""
    given = FORM.body(call)
    if isinstance(given, list):
        return {"ports": documents(call, [_create(call, one) for one in given])}
    return {"port": documents(call, [_create(call, given)])[0]}


def _create(call: Call, given: dict[str, Any]) -> Row:
    values = {_COLUMNS.get(name, name): value for name, value in FORM.create(call, given).items()}
    network = networks.find(call, values["network_id"])
    if not sharing.sees(call, network):
        raise not_found("Network", network["id"])
    port_options.permit(call, network, {name: values[name] for name in given if name in values}, "create")
    values = port_options.pack(values)
    qos_policies.usable(call, values["qos_policy_id"])
    return make(call, network, values)


def make(call: Call, network: Row, values: dict[str, Any], below: list[Row] | None = None) -> Row:
    """A port on a network, with its address and groups.

    Parameters
    ----------
    values : dict
        Columns, `project_id` among them, and `fixed_ips` where the caller wants certain ones.
    below : list of dict, optional
        The network's subnets, where the caller has looked at them.
    """
    project_id = values["project_id"]
    quotas.reserve(call, "port", project_id)
    wanted = values.pop("fixed_ips", None)
    mac = values.get("mac_address")
    if mac is None:
        mac = _new_mac(call, network["id"])
    elif call.tx.first(ports, network_id=network["id"], mac_address=mac):
        raise conflict(
            "MacAddressInUse",
            f"Unable to complete operation for network {network['id']}. The mac address {mac} is in use.",
        )
    secured = values.get("port_security_enabled")
    if secured is None:  # what a network function does is trusted (neutron_lib.utils.net.is_port_trusted)
        trusted = (values.get("device_owner") or "").startswith(("network:", "neutron:"))
        secured = network["port_security_enabled"] and not trusted
    groups = _groups(call, values.get("security_groups"), project_id, secured, values.get("device_owner") or "")
    pairs = allocation.choose(call, network["id"], wanted, mac, values.get("device_owner") or "", below)
    defaults = {
        "name": "", "description": "", "admin_state_up": True, "device_id": "", "device_owner": "",
        "allowed_address_pairs": [], "extra_dhcp_opts": [], "dns_name": "", "host_id": "", "vnic_type": "normal",
        "profile": {}, "status": "DOWN", "made_by_nova": False,
    }  # fmt: skip
    fields = {**defaults, **values, "mac_address": mac, "security_groups": groups, "port_security_enabled": secured}
    fields["vif_type"] = "ovs" if fields["host_id"] else "unbound"
    if fields["allowed_address_pairs"] and not secured:
        raise _pairs_need_security()
    if fields["allowed_address_pairs"]:
        fields["allowed_address_pairs"] = [{"mac_address": mac, **pair} for pair in fields["allowed_address_pairs"]]
    row = call.tx.insert(ports, **{**listing.new(call, 1), **fields, "network_id": network["id"]})
    allocation.give(call, row["id"], pairs)
    return row


def _pairs_need_security() -> Exception:
    return conflict(
        "AddressPairAndPortSecurityRequired",
        "Port Security must be enabled in order to have allowed address pairs on a port.",
    )


def _new_mac(call: Call, network_id: str) -> str:
    while True:
        mac = call.tx.ids.mac()
        if call.tx.first(ports, network_id=network_id, mac_address=mac) is None:
            return mac


def _groups(call: Call, wanted: list[str] | None, project_id: str, secured: bool, owner: str) -> list[str]:
    """The port's groups: those given, or the project's default; a port of Neutron's own has none."""
    if wanted and not secured:
        raise bad_request(
            "Port security must be enabled and port must have an IP address in order to use security groups.",
            "PortSecurityAndIPRequiredForSecurityGroups",
        )
    if wanted is not None:
        found = [security_groups.find(call, group_id) for group_id in wanted]
        if len({bool(group["stateful"]) for group in found}) > 1:
            raise conflict(
                "SecurityGroupConflict",
                "Error Cannot apply both stateful and stateless security groups on the same port while attempting the "
                "operation.",
            )
        return list(wanted)
    if not secured or owner.startswith("network:"):
        return []
    return [security_groups.default(call, project_id)["id"]]


def show(call: Call, port_id: str) -> dict[str, Any]:
    """Show a port."""
    return {"port": listing.pick(call, documents(call, [find(call, port_id)])[0])}


def update(call: Call, port_id: str) -> dict[str, Any]:
    """Change a port."""
    row = find(call, port_id)
    values = {_COLUMNS.get(name, name): value for name, value in FORM.update(call, FORM.one(call)).items()}
    network = call.tx.get(network_table, row["network_id"])
    if network is not None:
        port_options.permit(call, network, values, "update")
    values = port_options.pack(values, row["options"])
    if "mac_address" in values and values["mac_address"] is None:
        values["mac_address"] = _new_mac(call, row["network_id"])
    qos_policies.usable(call, values.get("qos_policy_id"))
    if "fixed_ips" in values:
        readdress(call, row, values.pop("fixed_ips"))
    secured = bool(values.get("port_security_enabled", row["port_security_enabled"]))
    groups = values.get("security_groups", row["security_groups"])
    if "security_groups" in values:
        values["security_groups"] = _groups(
            call, values["security_groups"], row["project_id"], secured, row["device_owner"]
        )
    elif not secured and groups and "port_security_enabled" in values:
        raise conflict(
            "PortSecurityPortHasSecurityGroup",
            "Port has security group associated. Cannot disable port security or IP address until security "
            "group is removed.",
        )
    if not secured and values.get("allowed_address_pairs", row["allowed_address_pairs"]):
        raise _pairs_need_security()
    if "mac_address" in values and values["mac_address"] != row["mac_address"]:
        if row["host_id"]:
            raise conflict(
                "PortBound",
                f"Unable to complete operation on port {port_id}, port is already bound, port type: "
                f"{row['vif_type']}, old_mac {row['mac_address']}, new_mac {values['mac_address']}.",
            )
        if call.tx.first(ports, network_id=row["network_id"], mac_address=values["mac_address"]):
            raise conflict(
                "MacAddressInUse",
                f"Unable to complete operation for network {row['network_id']}. The mac address {values['mac_address']} is in use.",
            )
    if "allowed_address_pairs" in values:
        mac = values.get("mac_address", row["mac_address"])
        values["allowed_address_pairs"] = [{"mac_address": mac, **pair} for pair in values["allowed_address_pairs"]]
    if "host_id" in values:
        values["vif_type"] = "ovs" if values["host_id"] else "unbound"
        if not values["host_id"]:
            values["status"] = "DOWN"
    return {"port": documents(call, [listing.change(call, ports, row, values)])[0]}


def readdress(call: Call, row: Row, wanted: list[dict[str, Any]]) -> None:
    """Give a port other addresses; those it keeps stay as they are."""
    have = {(item["subnet_id"], item["ip_address"]): item for item in call.tx.rows(addresses, port_id=row["id"])}
    kept, asked = [], []
    for item in wanted:
        match = [
            p
            for p in have
            if p not in kept and item.get("ip_address", p[1]) == p[1] and item.get("subnet_id", p[0]) == p[0]
        ]
        if match:
            kept.append(match[0])
        else:
            asked.append(item)
    changed = [*asked, *({"ip_address": address} for _, address in have.keys() - set(kept))]
    if row["device_owner"] in _KEEPS_ADDRESS and any(_is_v4(call, item) for item in changed):
        raise bad_request(f"Bad ports request: IP updates for port {row['id']} are not allowed.", "BadRequest")
    for pair, item in have.items():
        if pair not in kept:
            call.tx.delete(addresses, id=item["id"])
    allocation.give(
        call, row["id"], allocation.choose(call, row["network_id"], asked, row["mac_address"], row["device_owner"])
    )


def _is_v4(call: Call, wanted: dict[str, Any]) -> bool:
    if wanted.get("ip_address"):
        return ":" not in wanted["ip_address"]
    subnet = call.tx.get(subnets, wanted.get("subnet_id"))
    return subnet is not None and subnet["ip_version"] == 4


def delete(call: Call, port_id: str) -> None:
    """Delete a port that is nobody's interface; its floating IP becomes free."""
    row = find(call, port_id)
    working = row["device_owner"].startswith(_SERVERS) and "service" not in call.context.roles
    if working and not call.context.is_admin:
        raise not_allowed("delete_port")
    if row["device_owner"] in _MANAGED:
        raise conflict(
            "ServicePortInUse",
            f"Port {port_id} cannot be deleted directly via the port API: has device owner {row['device_owner']}.",
        )
    if call.tx.first(local_ips, local_port_id=port_id):
        raise conflict(
            "ServicePortInUse",
            f"Port {port_id} cannot be deleted directly via the port API: still referenced by Local IPs.",
        )
    trunk_ports.spare(call.tx, port_id)
    listing.match(call, row)
    remove(call.tx, port_id)


def remove(tx: Any, port_id: str) -> None:
    """Take a port away, whoever it belongs to; its floating IP becomes free."""
    for floating in tx.rows(floating_ips, port_id=port_id):
        tx.update(floating_ips, floating["id"], port_id=None, fixed_ip_address=None, router_id=None, status="DOWN")
    tx.delete(port_forwardings, internal_port_id=port_id)
    tx.delete(ports, id=port_id)


def require_address(fixed: list[Row], port_id: str) -> Row:
    """The first IPv4 address of a port.

    Raises
    ------
    BadRequest
        When it has none, so that no floating IP can be put on it.
    """
    for row in fixed:
        if ":" not in row["ip_address"]:
            return row
    raise bad_request(
        f"Bad floatingip request: Cannot add floating IP to port {port_id} that has no fixed IPv4 addresses.",
        "BadRequest",
    )
