"""Trunks: a port that carries the traffic of other ports, told apart by VLAN."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Call
from kit.cloud.network import checks as is_
from kit.cloud.network import listing, owning, ports, quotas
from kit.cloud.network.attributes import ADMIN_STATE, COMMON, REQUIRED, Field, Form
from kit.cloud.network.errors import bad_request, conflict, invalid_input, not_found
from kit.cloud.network.models import networks
from kit.cloud.network.models import ports as port_table
from kit.cloud.network.models_extensions import subports, trunks
from kit.cloud.network.trunk_ports import below, bind, release
from kit.cloud.store import Row


def _subports(value: Any) -> list[dict[str, Any]]:
    """Subports, no port and no segment of them twice (neutron_lib.api.validators.validate_subports)."""
    if not isinstance(value, list):
        raise is_.Unfit(f"Invalid data format for subports: '{value}' is not a list")
    ids: list[str] = []
    segments: list[tuple[Any, Any]] = []
    for item in value:
        if not isinstance(item, dict):
            raise is_.Unfit(f"Invalid data format for subport: '{item}' is not a dict")
        _port_once(item, ids)
        kind, number = item.get("segmentation_type"), item.get("segmentation_id")
        if kind == "inherit":
            break
        if (not kind or number is None) and len(item) > 1:
            raise is_.Unfit(
                f"Invalid subport details '{item}': missing segmentation information. Must specify both segmentation_id "
                "and segmentation_type"
            )
        if number is not None and (kind, number) in segments:
            raise is_.Unfit(f"Segmentation ID '{number}' for '{item['port_id']}' is not unique")
        segments.append((kind, number))
    return value


def _port_once(item: dict[str, Any], ids: list[str]) -> None:
    if "port_id" not in item:
        raise is_.Unfit("A valid port UUID must be specified")
    try:
        is_.uuid(item["port_id"])
    except is_.Unfit:
        raise is_.Unfit(f"Invalid UUID for subport: '{item['port_id']}'") from None
    if item["port_id"] in ids:
        raise is_.Unfit(f"Non unique UUID for subport: '{item['port_id']}'")
    ids.append(item["port_id"])


FORM = Form("trunk", (
    *COMMON,
    Field("name", is_.name, ""),
    ADMIN_STATE,
    Field("port_id", is_.uuid, REQUIRED, put=False),
    Field("sub_ports", _subports, [], put=False, ruled=True),
))  # fmt: skip


def find(call: Call, trunk_id: str) -> Row:
    """A trunk that the caller sees."""
    return owning.one(call, trunks, trunk_id, "Trunk")


def documents(call: Call, rows: list[Row]) -> list[dict[str, Any]]:
    """Trunks as Neutron shows them."""
    under = below(call.tx, [row["id"] for row in rows])
    return [
        {
            **{name: row[name] for name in ("id", "name", "port_id", "admin_state_up", "status")},
            "sub_ports": under[row["id"]], **listing.standard(row),
        }
        for row in rows
    ]  # fmt: skip


def index(call: Call) -> dict[str, Any]:
    """List trunks."""
    rows = listing.fetch(call, trunks, owning.mine(call, trunks), [trunks.c.created_at, trunks.c.id])
    return listing.answer(call, "trunks", rows, lambda found: documents(call, found))


def create(call: Call) -> dict[str, Any]:
    """Make a port the parent of others."""
    values = FORM.create(call, FORM.one(call))
    wanted = values.pop("sub_ports") or []
    for item in wanted:
        if item.get("segmentation_type") != "inherit":
            _segment(item, None)
    port = ports.find(call, values["port_id"])
    if call.tx.first(subports, port_id=port["id"]):
        raise conflict("TrunkPortInUse", f"Port {port['id']} is in use by another trunk.")
    if call.tx.first(trunks, port_id=port["id"]):
        raise _parent_in_use(port["id"])
    quotas.reserve(call, "trunk", values["project_id"])
    status = "ACTIVE" if port["status"] == "ACTIVE" else "DOWN"
    row = call.tx.insert(trunks, **values, status=status, **listing.new(call, 0))
    _attach(call, row, wanted)
    return {"trunk": documents(call, [row])[0]}


def _parent_in_use(port_id: str) -> Exception:
    return conflict(
        "ParentPortInUse", f"Port {port_id} is currently in use and is not eligible for use as a parent port."
    )


def show(call: Call, trunk_id: str) -> dict[str, Any]:
    """Show a trunk."""
    return {"trunk": listing.pick(call, documents(call, [find(call, trunk_id)])[0])}


def update(call: Call, trunk_id: str) -> dict[str, Any]:
    """Change a trunk's name, description or state."""
    row = find(call, trunk_id)
    return {"trunk": documents(call, [listing.change(call, trunks, row, FORM.update(call, FORM.one(call)))])[0]}


def delete(call: Call, trunk_id: str) -> None:
    """Delete a trunk that no server uses; its subports are plain ports again."""
    row = find(call, trunk_id)
    _enabled(row)
    parent = call.tx.get(port_table, row["port_id"])
    if parent and parent["host_id"]:
        raise conflict("TrunkInUse", f"Trunk {trunk_id} is currently in use.")
    for item in below(call.tx, [trunk_id])[trunk_id]:
        release(call.tx, item["port_id"])
    listing.match(call, row)
    call.tx.delete(trunks, id=trunk_id)


def _enabled(row: Row) -> None:
    if not row["admin_state_up"]:
        raise conflict("TrunkDisabled", f"Trunk {row['id']} is currently disabled.")


def _given(call: Call) -> list[dict[str, Any]]:
    data = call.json()
    if not isinstance(data, dict) or "sub_ports" not in data:
        raise bad_request("Unable to find 'sub_ports' in request body")
    try:
        found: list[dict[str, Any]] = _subports(data["sub_ports"])
    except is_.Unfit as reason:
        raise invalid_input(str(reason)) from None
    return found


def _answer(call: Call, row: Row) -> dict[str, Any]:
    return documents(call, [listing.touch(call, trunks, row)])[0]


def get_subports(call: Call, trunk_id: str) -> dict[str, Any]:
    """The subports of a trunk."""
    row = find(call, trunk_id)
    return {"sub_ports": below(call.tx, [row["id"]])[row["id"]]}


def add_subports(call: Call, trunk_id: str) -> dict[str, Any]:
    """Put ports under the trunk."""
    row = find(call, trunk_id)
    wanted = _given(call)
    _enabled(row)
    _attach(call, row, wanted)
    return _answer(call, row)


def remove_subports(call: Call, trunk_id: str) -> dict[str, Any]:
    """Take ports out again."""
    row = find(call, trunk_id)
    wanted = _given(call)
    _enabled(row)
    for item in wanted:
        if not call.tx.delete(subports, trunk_id=trunk_id, port_id=item["port_id"]):
            error = not_found("SubPort", item["port_id"])
            error.type = "SubPortNotFound"
            error.message = f"SubPort {item['port_id']} on trunk {trunk_id} could not be found."
            raise error
        release(call.tx, item["port_id"])
    return _answer(call, row)


def _attach(call: Call, row: Row, wanted: list[dict[str, Any]]) -> None:
    parent = call.tx.get(port_table, row["port_id"])
    assert parent is not None
    network = call.tx.get(networks, parent["network_id"])
    taken = {(item["segmentation_type"], item["segmentation_id"]) for item in below(call.tx, [row["id"]])[row["id"]]}
    for item in wanted:
        port = ports.find(call, item["port_id"])
        other = call.tx.get(networks, port["network_id"])
        kind, number = _segment(item, other)
        if port["id"] == row["port_id"] or call.tx.first(trunks, port_id=port["id"]):
            raise _parent_in_use(port["id"])
        if call.tx.first(subports, port_id=port["id"]):
            raise conflict("TrunkPortInUse", f"Port {port['id']} is in use by another trunk.")
        if port["device_id"]:
            raise conflict(
                "PortInUse",
                f"Unable to complete operation on port {port['id']} for network {port['network_id']}. Port already has "
                f"an attached device {port['device_id']}.",
            )
        if network and other and other["mtu"] > network["mtu"]:
            raise conflict(
                "SubPortMtuGreaterThanTrunkPortMtu",
                f"MTU {other['mtu']} of subport {port['id']} cannot be greater than MTU {network['mtu']} of trunk "
                f"{row['port_id']}.",
            )
        if (kind, number) in taken:
            raise conflict(
                "DuplicateSubPort",
                f"segmentation_type {kind} and segmentation_id {number} already in use on trunk {row['id']}.",
            )
        taken.add((kind, number))
        call.tx.insert(subports, trunk_id=row["id"], port_id=port["id"], segmentation_type=kind, segmentation_id=number)
        bind(call.tx, parent, port)


def _segment(item: dict[str, Any], network: Row | None) -> tuple[str, int]:
    """How the subport's traffic is told apart; `inherit` takes its network's own VLAN."""
    if item.get("segmentation_type") == "inherit" and network:
        item = {**item, "segmentation_type": network["network_type"], "segmentation_id": network["segmentation_id"]}
    if item.get("segmentation_type") is None or item.get("segmentation_id") is None:
        raise invalid_input(
            f"Invalid subport details '{item}': missing segmentation information. Must specify both segmentation_id "
            "and segmentation_type"
        )
    kind, number = item["segmentation_type"], is_.number(item["segmentation_id"])
    if kind != "vlan":
        raise invalid_input(f"Unknown segmentation_type '{kind}'")
    if not 1 <= number <= 4094:
        raise invalid_input(f"Segmentation ID '{number}' is not in range")
    return kind, number
