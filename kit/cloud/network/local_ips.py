"""Local IPs: one address that on every host leads to the port there which was put under it."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Call
from kit.cloud.errors import NotFound
from kit.cloud.network import address_checks as net_
from kit.cloud.network import checks as is_
from kit.cloud.network import listing, networks, owning, ports
from kit.cloud.network.attributes import NEW_OWNER, READ_ONLY, REQUIRED, UNSET, Field, Form, bulk
from kit.cloud.network.errors import bad_request, conflict, not_found
from kit.cloud.network.models import addresses, subnets
from kit.cloud.network.models import ports as port_table
from kit.cloud.network.models_extensions import local_ip_ports, local_ips
from kit.cloud.store import Row

HOLDER = "network:local_ip"

FORM = Form("local_ip", (
    *NEW_OWNER,
    Field("description", is_.text(), ""),
    Field("name", is_.name, ""),
    Field("local_port_id", is_.uuid, UNSET, put=False),
    Field("network_id", is_.uuid, UNSET, put=False),
    Field("local_ip_address", is_.none_or(net_.ip), UNSET, put=False, ruled=True),
    Field("ip_mode", is_.one_of("translate", "passthrough"), "translate", put=False),
), many=True)  # fmt: skip
ASSOCIATION = Form("port_association", (
    *NEW_OWNER,
    Field("fixed_port_id", is_.uuid, REQUIRED, put=False),
    Field("fixed_ip", is_.none_or(net_.ip), None, put=False),
), (*READ_ONLY, "local_ip_id", "local_ip_address", "host"))  # fmt: skip


def find(call: Call, local_ip_id: str) -> Row:
    """A local IP that the caller sees."""
    row = call.tx.get(local_ips, local_ip_id)
    if row is None or not owning.owns(call, row):
        error = not_found("Local IP", local_ip_id)
        error.type = "LocalIPNotFound"
        raise error
    return row


def _document(row: Row) -> dict[str, Any]:
    shown = {name: row[name] for name in ("id", "name", "local_port_id", "network_id", "local_ip_address", "ip_mode")}
    shown |= listing.standard(row)
    shown.pop("tags")
    return shown


def index(call: Call) -> dict[str, Any]:
    """List local IPs."""
    rows = listing.fetch(call, local_ips, owning.mine(call, local_ips), [local_ips.c.created_at, local_ips.c.id])
    return listing.answer(call, "local_ips", rows, lambda found: [_document(row) for row in found])


@bulk(FORM)
def create(call: Call) -> dict[str, Any]:
    """Make an address local: one that a port has, or a free one of a network."""
    values = FORM.create(call, FORM.one(call))
    wanted = values.pop("local_ip_address", None)
    if values.get("local_port_id"):
        port = call.tx.get(port_table, values["local_port_id"])
        if port is None or not owning.owns(call, port):
            raise bad_request(f"Bad local_ip request: Port {values['local_port_id']} not found.", "BadRequest")
        address = _address(call, port, wanted)
    elif values.get("network_id"):
        port = _holder(call, values["project_id"], values["network_id"], wanted)
        address = ports.require_address(call.tx.rows(addresses, port_id=port["id"]), port["id"])["ip_address"]
    else:
        raise bad_request(
            "Either Port ID or Network ID must be specified for Local IP create.", "LocalIPPortOrNetworkRequired"
        )
    fields = {"local_port_id": port["id"], "network_id": port["network_id"], "local_ip_address": address}
    row = call.tx.insert(local_ips, **{**values, **fields}, **listing.new(call, 0))
    if port["device_owner"] == HOLDER:
        call.tx.update(port_table, port["id"], device_id=row["id"])
    return {"local_ip": _document(row)}


def _holder(call: Call, project_id: str, network_id: str, wanted: str | None) -> Row:
    """A port of the project that holds a free address of a network."""
    network = networks.find(call, network_id)
    if not call.tx.first(subnets, network_id=network_id, ip_version=4):
        raise bad_request(
            f"Bad local_ip request: Network {network_id} does not contain any IPv4 subnet.", "BadRequest"
        )  # fmt: skip
    values: dict[str, Any] = {"project_id": project_id, "device_owner": HOLDER, "status": "N/A"}
    if wanted:
        values["fixed_ips"] = [{"ip_address": wanted}]
    return ports.make(call, network, values)


def _address(call: Call, port: Row, wanted: str | None) -> str:
    """The address of a port that is meant."""
    have = [item["ip_address"] for item in call.tx.rows(addresses, port_id=port["id"], order=addresses.c.id)]
    if not have:
        raise bad_request(f"Specified Port {port['id']} has no fixed IPs configured.", "LocalIPNoIP")
    if wanted and wanted not in have:
        raise bad_request(
            f"Specified Port {port['id']} does not have requested IP address: {wanted}.", "LocalIPRequestedIPNotFound"
        )
    if not wanted and len(have) > 1:
        raise bad_request(
            f"Specified Port {port['id']} has several IPs, should specify exact IP address to use for Local IP.",
            "LocalIPNoRequestedIP",
        )
    return wanted or str(have[0])


def show(call: Call, local_ip_id: str) -> dict[str, Any]:
    """Show a local IP."""
    return {"local_ip": listing.pick(call, _document(find(call, local_ip_id)))}


def update(call: Call, local_ip_id: str) -> dict[str, Any]:
    """Change a local IP's name or description."""
    row = find(call, local_ip_id)
    return {"local_ip": _document(listing.change(call, local_ips, row, FORM.update(call, FORM.one(call))))}


def delete(call: Call, local_ip_id: str) -> None:
    """Delete a local IP that no port is under."""
    row = find(call, local_ip_id)
    if call.tx.first(local_ip_ports, local_ip_id=local_ip_id):
        raise conflict("LocalIPInUse", f"Local IP {local_ip_id} is still associated with one or more ports.")
    listing.match(call, row)
    call.tx.delete(local_ips, id=local_ip_id)
    port = call.tx.get(port_table, row["local_port_id"])
    if port is not None and port["device_owner"] == HOLDER:
        ports.remove(call.tx, port["id"])


# Ports under a local IP


def _association(call: Call, local: Row, row: Row) -> dict[str, Any]:
    port = call.tx.get(port_table, row["fixed_port_id"])
    return {
        "local_ip_id": local["id"], "local_ip_address": local["local_ip_address"], "fixed_port_id": row["fixed_port_id"],
        "fixed_ip": row["fixed_ip"], "host": port["host_id"] if port else "",
    }  # fmt: skip


def _one(call: Call, local: Row, port_id: str) -> Row:
    row = call.tx.first(local_ip_ports, local_ip_id=local["id"], fixed_port_id=port_id)
    if row is None:
        raise _unassociated(local["id"], port_id)
    return row


def _unassociated(local_ip_id: str, port_id: str) -> NotFound:
    return NotFound(
        f"Local IP {local_ip_id} association with port {port_id} could not be found.", type="LocalIPAssociationNotFound"
    )


def association_index(call: Call, local_ip_id: str) -> dict[str, Any]:
    """The ports under a local IP."""
    local = call.tx.get(local_ips, local_ip_id)
    # Whoever has no such local IP sees no ports under it.
    seen = local is not None and owning.owns(call, local)
    rows = call.tx.rows(local_ip_ports, local_ip_id=local_ip_id, order=local_ip_ports.c.id) if seen else []
    return listing.answer(
        call, "port_associations", rows, lambda found: [_association(call, local, row) for row in found if local]
    )  # fmt: skip


def association_create(call: Call, local_ip_id: str) -> dict[str, Any]:
    """Put a port under a local IP."""
    local = find(call, local_ip_id)
    values = ASSOCIATION.create(call, ASSOCIATION.one(call))
    port = call.tx.get(port_table, values["fixed_port_id"])
    if port is None or not owning.owns(call, port):
        raise bad_request(
            f"Bad local_ip_port_association request: Port {values['fixed_port_id']} not found.", "BadRequest"
        )  # fmt: skip
    address = _address(call, port, values["fixed_ip"])
    same = {"local_ip_id": local_ip_id, "fixed_port_id": port["id"]}
    if call.tx.first(local_ip_ports, **same):
        raise conflict("Conflict", f"Local IP {local_ip_id} is already associated with port {port['id']}.")
    return {"port_association": _association(call, local, call.tx.insert(local_ip_ports, **same, fixed_ip=address))}


def association_show(call: Call, local_ip_id: str, port_id: str) -> dict[str, Any]:
    """Show a port under a local IP."""
    local = call.tx.get(local_ips, local_ip_id)
    if local is None or not owning.owns(call, local):
        raise _unassociated(local_ip_id, port_id)
    return {"port_association": listing.pick(call, _association(call, local, _one(call, local, port_id)))}


def association_delete(call: Call, local_ip_id: str, port_id: str) -> None:
    """Take a port from under a local IP."""
    row = _one(call, find(call, local_ip_id), port_id)
    call.tx.delete(local_ip_ports, id=row["id"])
