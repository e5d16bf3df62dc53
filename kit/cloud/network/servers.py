"""What Nova asks of the network service, in its own transaction."""

from __future__ import annotations

import ipaddress
from typing import Any

import sqlalchemy as sa

from kit.cloud.call import Call
from kit.cloud.network import listing, ports, sharing, trunk_ports
from kit.cloud.network.errors import bad_request, conflict, not_found
from kit.cloud.network.models import floating_ips, networks, rules, security_groups
from kit.cloud.network.models import ports as port_table
from kit.cloud.network.models import subnets as subnet_table
from kit.cloud.network.security_groups import default
from kit.cloud.store import Row, Transaction


def choose(call: Call, project_id: str) -> list[Row]:
    """The networks that a server without a wish may be on: own and shared ones that have a subnet."""
    lent = networks.c.id.in_(sharing.granted(project_id))
    mine = sa.or_(networks.c.project_id == project_id, networks.c.shared.is_(True), lent)
    below = sa.select(subnet_table.c.network_id)
    where = [mine, networks.c.id.in_(below), networks.c.external.is_(False)]
    return call.tx.rows(networks, *where, order=[networks.c.created_at, networks.c.id])


def plug(
    call: Call, *, project_id: str, server_id: str, host: str, zone: str, network: Row | None = None,
    port_id: str | None = None, fixed_ip: str | None = None, group_ids: list[str] | None = None,
) -> Row:  # fmt: skip
    """Connect a server: by a new port on a network, or by one that is there.

    Raises
    ------
    ApiError
        Neutron's own refusal, with its type (`NetworkNotFound`, `PortInUse`, `OverQuota`, ...).
    """
    owner = f"compute:{zone}"
    if port_id is not None:
        port = call.tx.get(port_table, port_id)
        if port is None or not (call.context.is_admin or port["project_id"] == project_id):
            raise not_found("Port", port_id)
        if port["device_id"]:
            raise conflict("PortInUse", f"Port {port_id} is still in use.")
        fields = {"device_id": server_id, "device_owner": owner, "host_id": host, "vif_type": "ovs"}
        return listing.change(call, port_table, port, fields)
    assert network is not None
    below = call.tx.rows(
        subnet_table, network_id=network["id"], order=[subnet_table.c.created_at, subnet_table.c.id]
    )  # fmt: skip
    if not below:
        raise bad_request(
            f"Network {network['id']} requires a subnet in order to boot instances on.", "NetworkRequiresSubnet"
        )
    values: dict[str, Any] = {
        "project_id": project_id, "device_id": server_id, "device_owner": owner, "host_id": host, "made_by_nova": True,
    }  # fmt: skip
    if fixed_ip is not None:
        values["fixed_ips"] = [{"ip_address": str(ipaddress.ip_address(fixed_ip))}]
    if group_ids is not None and network["port_security_enabled"]:
        values["security_groups"] = group_ids
    return ports.make(call, network, values, below)


def visible_network(call: Call, project_id: str, network_id: str) -> Row:
    """A network that a project's servers may be on.

    Raises
    ------
    NotFound
        When there is none of that id, or it is another project's.
    """
    network = call.tx.get(networks, network_id)
    if network is None or not (
        call.context.is_admin
        or network["project_id"] == project_id
        or sharing.shared_with(call, [network], project_id)
        or sharing.outside(call, network, project_id)
    ):
        raise not_found("Network", network_id)
    return network


def activate(tx: Transaction, server_id: str) -> None:
    """The server runs: its ports carry traffic, and so do the floating IPs on them."""
    rows = tx.rows(port_table, device_id=server_id)
    trunk_ports.follow(tx, [{**row, "status": "ACTIVE"} for row in rows])
    for port in rows:
        tx.update(
            port_table, port["id"], status="ACTIVE", updated_at=tx.stamp, revision_number=port["revision_number"] + 1
        )
        for floating in tx.rows(floating_ips, port_id=port["id"]):
            tx.update(floating_ips, floating["id"], status="ACTIVE")


def rebind(tx: Transaction, server_id: str, host: str) -> None:
    """The server is on another host."""
    for port in tx.rows(port_table, device_id=server_id):
        tx.update(port_table, port["id"], host_id=host, updated_at=tx.stamp)


def unplug(tx: Transaction, server_id: str, port_id: str | None = None) -> None:
    """Disconnect a server: ports that Nova made go, those that the user brought become free."""
    for port in tx.rows(port_table, device_id=server_id):
        if port_id not in (None, port["id"]):
            continue
        trunk_ports.follow(tx, [{**port, "status": "DOWN", "host_id": ""}])
        if port["made_by_nova"]:
            ports.remove(tx, port["id"])
        else:
            tx.update(
                port_table, port["id"], device_id="", device_owner="", host_id="", vif_type="unbound", status="DOWN",
                updated_at=tx.stamp, revision_number=port["revision_number"] + 1,
            )  # fmt: skip


def readdress(call: Call, port: Row, wanted: list[dict[str, Any]]) -> None:
    """Give a server's port other addresses; those that it keeps stay as they are."""
    ports.readdress(call, port, wanted)
    listing.touch(call, port_table, port)


def interfaces(tx: Transaction, server_id: str) -> list[tuple[Row, list[Row]]]:
    """The server's ports with their addresses."""
    rows = tx.rows(port_table, device_id=server_id, order=[port_table.c.created_at, port_table.c.id])
    given = ports.addresses_of(tx, rows)
    return [(row, given[row["id"]]) for row in rows]


def _ports_of(tx: Transaction, server_ids: list[str]) -> list[Row]:
    return tx.rows(port_table, device_id=server_ids, order=[port_table.c.created_at, port_table.c.id])


Addresses = dict[str, dict[str, list[dict[str, Any]]]]  # server to network name to addresses


def seen_of(tx: Transaction, server_ids: list[str]) -> tuple[Addresses, dict[str, list[str]]]:
    """Addresses and names of security groups, of one look at the ports."""
    rows = _ports_of(tx, server_ids)
    return _addresses_of(tx, server_ids, rows), _groups_of(tx, server_ids, rows)


def addresses_of(tx: Transaction, server_ids: list[str]) -> Addresses:
    """Server to network name to addresses, fixed and floating, as Nova shows them."""
    return _addresses_of(tx, server_ids, _ports_of(tx, server_ids))


def _addresses_of(tx: Transaction, server_ids: list[str], rows: list[Row]) -> Addresses:
    found: Addresses = {id: {} for id in server_ids}
    if not rows:
        return found
    given = ports.addresses_of(tx, rows)
    ids = {row["network_id"] for row in rows}
    names = {row["id"]: row["name"] for row in tx.rows(networks, id=ids)}
    floating: dict[tuple[str, str], str] = {}
    for row in tx.rows(floating_ips, port_id=list(given)):
        floating[row["port_id"], row["fixed_ip_address"]] = row["floating_ip_address"]
    for port in rows:
        shown = found[port["device_id"]].setdefault(names[port["network_id"]], [])
        for address in given[port["id"]]:
            fixed = address["ip_address"]
            shown.append(_address(fixed, "fixed", port))
            if (port["id"], fixed) in floating:
                shown.append(_address(floating[port["id"], fixed], "floating", port))
    return found


def _address(address: str, kind: str, port: Row) -> dict[str, Any]:
    return {
        "version": 6 if ":" in address else 4, "addr": address, "OS-EXT-IPS:type": kind,
        "OS-EXT-IPS-MAC:mac_addr": port["mac_address"],
    }  # fmt: skip


def _groups_of(tx: Transaction, server_ids: list[str], rows: list[Row]) -> dict[str, list[str]]:
    """Server to the names of its ports' security groups."""
    found: dict[str, list[str]] = {id: [] for id in server_ids}
    ids = {group for row in rows for group in row["security_groups"] or []}
    names = {row["id"]: row["name"] for row in tx.rows(security_groups, id=ids)} if ids else {}
    for row in rows:
        for group in row["security_groups"] or []:
            found[row["device_id"]].append(names.get(group, group))
    return found


def resolve_groups(call: Call, project_id: str, wanted: list[str]) -> list[str]:
    """The ids of security groups given by name or id.

    Raises
    ------
    BadRequest, Conflict
        When there is none, or more than one, as Nova reports it.
    """
    default(call, project_id)
    rows = call.tx.rows(security_groups, project_id=project_id, order=security_groups.c.created_at)
    found: list[str] = []
    for name in wanted:
        match = [row["id"] for row in rows if row["id"] == name] or [row["id"] for row in rows if row["name"] == name]
        if not match:
            raise bad_request(f"Security group {name} not found for project {project_id}.", "SecurityGroupNotFound")
        if len(match) > 1:
            raise conflict(
                "NoUniqueMatch", f"Multiple security groups found matching '{name}'. Use an ID to be more specific."
            )
        found.append(match[0])
    return list(dict.fromkeys(found))


def group_documents(tx: Transaction, server_id: str) -> list[tuple[Row, list[Row]]]:
    """The security groups on a server's ports, each with its rules."""
    ids = {group for row in _ports_of(tx, [server_id]) for group in row["security_groups"] or []}
    rows = tx.rows(security_groups, id=ids, order=security_groups.c.name)
    return [(row, tx.rows(rules, security_group_id=row["id"], order=rules.c.number)) for row in rows]
