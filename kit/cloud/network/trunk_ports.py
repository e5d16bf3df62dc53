"""Ports as parts of trunks: what they show, when they may go, and how subports follow their parent."""

from __future__ import annotations

from typing import Any

from kit.cloud.network.errors import conflict
from kit.cloud.network.models import ports
from kit.cloud.network.models_extensions import subports, trunks
from kit.cloud.store import Row, Transaction

OWNER = "trunk:subport"


def below(tx: Transaction, ids: list[str]) -> dict[str, list[dict[str, Any]]]:
    """Trunk to its subports."""
    found: dict[str, list[dict[str, Any]]] = {id: [] for id in ids}
    for row in tx.rows(subports, trunk_id=ids, order=subports.c.id):
        names = ("port_id", "segmentation_type", "segmentation_id")
        found[row["trunk_id"]].append({name: row[name] for name in names})
    return found


def details(tx: Transaction, port_ids: list[str]) -> dict[str, dict[str, Any]]:
    """Parent port to what it shows of its trunk (`trunk_details`)."""
    rows = tx.rows(trunks, port_id=port_ids) if port_ids else []
    if not rows:
        return {}
    under = below(tx, [row["id"] for row in rows])
    ids = [item["port_id"] for found in under.values() for item in found]
    macs = {port["id"]: port["mac_address"] for port in tx.rows(ports, id=ids)}
    return {
        row["port_id"]: {
            "trunk_id": row["id"],
            "sub_ports": [{**item, "mac_address": macs[item["port_id"]]} for item in under[row["id"]]],
        }
        for row in rows
    }


def spare(tx: Transaction, port_id: str) -> None:
    """Refuse to delete a port that a trunk needs."""
    row = tx.first(subports, port_id=port_id)
    if row is not None:
        raise conflict("PortInUseAsSubPort", f"Port {port_id} is currently a subport for trunk {row['trunk_id']}.")
    row = tx.first(trunks, port_id=port_id)
    if row is not None:
        raise conflict("PortInUseAsTrunkParent", f"Port {port_id} is currently a parent port for trunk {row['id']}.")


def _change(tx: Transaction, port: Row, **fields: Any) -> None:
    fields |= {"updated_at": tx.stamp, "revision_number": port["revision_number"] + 1}
    tx.update(ports, port["id"], **fields)


def bind(tx: Transaction, parent: Row, port: Row) -> None:
    """A subport is where its parent is."""
    if parent["host_id"]:
        _change(
            tx,
            port,
            device_owner=OWNER,
            host_id=parent["host_id"],
            vif_type=parent["vif_type"],
            status=parent["status"],
        )


def release(tx: Transaction, port_id: str) -> None:
    """A subport is a plain port again."""
    port = tx.get(ports, port_id)
    if port is not None:
        _change(tx, port, device_owner="", host_id="", vif_type="unbound", status="DOWN")


def follow(tx: Transaction, parents: list[Row]) -> None:
    """Ports were bound, came up or went down: their trunks and subports do the same."""
    rows = tx.rows(trunks, port_id=[row["id"] for row in parents]) if parents else []
    if not rows:
        return
    of = {row["id"]: row for row in parents}
    under = below(tx, [row["id"] for row in rows])
    for row in rows:
        parent = of[row["port_id"]]
        tx.update(trunks, row["id"], status="ACTIVE" if parent["status"] == "ACTIVE" else "DOWN")
        for item in under[row["id"]]:
            port = tx.get(ports, item["port_id"])
            if port is not None and parent["host_id"]:
                bind(tx, parent, port)
            elif port is not None:
                release(tx, port["id"])
