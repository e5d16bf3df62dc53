"""Bindings of a port to hosts: one is active, others wait while a server is on its way (extension `binding-extended`).

The active binding is the port's own `binding:*` attributes; a table holds the inactive ones.
"""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.errors import NotFound
from kit.cloud.network import owning
from kit.cloud.network.errors import bad_request, conflict, not_allowed
from kit.cloud.network.models import ports
from kit.cloud.network.models_extensions import port_bindings
from kit.cloud.network.ports import find
from kit.cloud.store import Row, Transaction

ACTIVE, INACTIVE = "ACTIVE", "INACTIVE"
# Whose ports may be bound to more hosts than one.
_MOVING = ("compute:", "manila:share")


def _document(host: str, status: str, row: Row) -> dict[str, Any]:
    kind = row["vif_type"] or "ovs"
    return {
        "host": host, "vif_type": kind, "vif_details": {"port_filter": True} if kind == "ovs" else {},
        "vnic_type": row["vnic_type"] or "normal", "profile": row["profile"] or {}, "status": status,
    }  # fmt: skip


def _may(call: Call) -> bool:
    return call.context.is_admin or "service" in call.context.roles


def _port(call: Call, port_id: str, verb: str) -> Row:
    if verb != "get" and not _may(call):
        raise not_allowed(f"{verb}_port_binding")
    port = find(call, port_id)
    if not port["device_owner"].startswith(_MOVING):
        raise bad_request(
            f"Bad port request: Invalid port {port_id}. Operation only valid on compute and shared filesystem ports.",
            "BadRequest",
        )
    return port


def _missing(port_id: str, host: str) -> NotFound:
    return NotFound(f"Binding for port {port_id} for host {host} could not be found.", type="PortBindingNotFound")


def _documents(tx: Transaction, port: Row) -> list[dict[str, Any]]:
    found = [_document(port["host_id"], ACTIVE, port)] if port["host_id"] else []
    rows = tx.rows(port_bindings, port_id=port["id"], order=port_bindings.c.id)
    return found + [_document(row["host"], INACTIVE, row) for row in rows]


def index(call: Call, port_id: str) -> dict[str, Any]:
    """A port's bindings, the active one first."""
    found = _documents(call.tx, _port(call, port_id, "get"))
    shown = found if _may(call) else []
    return {"bindings": [item for item in shown if call.query.one("host") in (None, item["host"])]}


def show(call: Call, port_id: str, host: str) -> dict[str, Any]:
    """One binding of a port."""
    for item in _documents(call.tx, _port(call, port_id, "get")):
        if item["host"] == host:
            if not _may(call):
                raise owning.foreign()
            return {"binding": item}
    raise _missing(port_id, host)


def create(call: Call, port_id: str) -> dict[str, Any]:
    """Bind a port to one more host; the binding waits until it is activated, unless it is the first."""
    port = _port(call, port_id, "create")
    data = call.json()
    given = data.get("binding") if isinstance(data, dict) else None
    unknown = sorted(set(given) - {"host", "vnic_type", "profile"}) if isinstance(given, dict) else []
    if not isinstance(given, dict) or not isinstance(given.get("host"), str) or not given["host"] or unknown:
        what = f"Unrecognized attribute(s) '{', '.join(unknown)}'" if unknown else "'host' must be a non-empty string."
        raise bad_request(f"Invalid input for operation: {what}", "HTTPBadRequest")
    host = given["host"]
    if host == port["host_id"] or call.tx.first(port_bindings, port_id=port_id, host=host):
        raise conflict("PortBindingAlreadyExists", f"Binding for port {port_id} on host {host} already exists.")
    values = {"vif_type": "ovs", "vnic_type": given.get("vnic_type", "normal"), "profile": given.get("profile", {})}
    if not port["host_id"]:
        call.tx.update(ports, port_id, host_id=host, **values)
        return {"binding": _document(host, ACTIVE, values)}
    return {"binding": _document(host, INACTIVE, call.tx.insert(port_bindings, port_id=port_id, host=host, **values))}


def make_active(call: Call, port_id: str, host: str) -> dict[str, Any]:
    """Let a waiting binding be the active one; the one that was waits then."""
    port = _port(call, port_id, "activate")
    if host == port["host_id"]:
        raise conflict("PortBindingAlreadyActive", f"Binding for port {port_id} on host {host} is already active.")
    row = call.tx.first(port_bindings, port_id=port_id, host=host)
    if row is None:
        raise _missing(port_id, host)
    _swap(call.tx, port, row)
    return _document(host, ACTIVE, row)


def delete(call: Call, port_id: str, host: str) -> Answer:
    """Take a binding away."""
    port = _port(call, port_id, "delete")
    if call.tx.delete(port_bindings, port_id=port_id, host=host):
        return Answer(204)
    if host != port["host_id"]:
        raise _missing(port_id, host)
    call.tx.update(ports, port_id, host_id="", vif_type="unbound", status="DOWN", updated_at=call.tx.stamp)
    return Answer(204)


def _swap(tx: Transaction, port: Row, row: Row) -> None:
    names = ("vif_type", "vnic_type", "profile")
    tx.update(ports, port["id"], host_id=row["host"], updated_at=tx.stamp, **{name: row[name] for name in names})
    tx.update(port_bindings, row["id"], host=port["host_id"], **{name: port[name] for name in names})


# What the compute service asks of this one, in its own transaction.


def bind(tx: Transaction, server_id: str, host: str) -> None:
    """Bind a server's ports to the host that it goes to; the bindings wait."""
    for port in tx.rows(ports, device_id=server_id):
        if tx.first(port_bindings, port_id=port["id"], host=host) is None and port["host_id"] != host:
            tx.insert(
                port_bindings, port_id=port["id"], host=host, vif_type="ovs", vnic_type=port["vnic_type"],
                profile=port["profile"] or {},
            )  # fmt: skip


def activate(tx: Transaction, server_id: str, host: str) -> None:
    """Let the waiting bindings of a server's ports to a host be the active ones."""
    for port in tx.rows(ports, device_id=server_id):
        row = tx.first(port_bindings, port_id=port["id"], host=host)
        if row is not None:
            _swap(tx, port, row)


def drop(tx: Transaction, server_id: str) -> None:
    """Forget the bindings of a server's ports that are not active."""
    ids = [port["id"] for port in tx.rows(ports, device_id=server_id)]
    if ids:
        tx.delete(port_bindings, port_id=ids)
