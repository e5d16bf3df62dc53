"""Segments: the layer-2 pieces that a network consists of; every network has one of its own."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Call
from kit.cloud.network import checks as is_
from kit.cloud.network import listing, owning, segment_ranges
from kit.cloud.network.attributes import OWNER, REQUIRED, UNSET, Field, Form
from kit.cloud.network.errors import conflict, invalid_input, not_found
from kit.cloud.network.models import networks, subnets
from kit.cloud.network.models_extensions import segments
from kit.cloud.store import Row

_TYPES = ("flat", "geneve", "gre", "local", "vlan", "vxlan")
FORM = Form("segment", (
    *OWNER,
    Field("network_id", is_.uuid, REQUIRED, put=False),
    Field("network_type", is_.text(32), REQUIRED, put=False),
    Field("physical_network", is_.none_or(is_.text()), None, put=False),
    Field("segmentation_id", is_.none_or(is_.whole(0)), UNSET, put=False),
    Field("name", is_.none_or(is_.text()), None),
    Field("description", is_.none_or(is_.text()), ""),
))  # fmt: skip


def own_id(network_id: str) -> str:
    """The id of the segment that a network has of itself."""
    return owning.derived(network_id, "segment")


def _rows(call: Call) -> list[Row]:
    """All segments: those of the networks as they are, and those that were added."""
    kept = {row["id"]: row for row in call.tx.rows(segments, order=[segments.c.created_at, segments.c.id])}
    found = []
    for network in call.tx.rows(networks, order=[networks.c.created_at, networks.c.id]):
        id = own_id(network["id"])
        names = ("network_type", "physical_network", "segmentation_id", "created_at", "updated_at")
        own = {"name": None, "description": None, "removed": False, "revision_number": 0, **kept.pop(id, {})}
        if not own["removed"]:
            found.append({**own, "id": id, "network_id": network["id"], **{name: network[name] for name in names}})
    return found + list(kept.values())


def _document(row: Row) -> dict[str, Any]:
    names = (
        "id", "network_id", "network_type", "physical_network", "segmentation_id", "name", "description",
        "revision_number",
    )  # fmt: skip
    moments = {name: listing.when(row[name]) for name in ("created_at", "updated_at")}
    return {**{name: row[name] for name in names}, **moments}


def find(call: Call, segment_id: str) -> Row:
    """A segment, for the administrator."""
    row = next((row for row in _rows(call) if row["id"] == segment_id), None)
    return owning.hidden(call, row, not_found("Segment", segment_id))


def index(call: Call) -> dict[str, Any]:
    """List segments; nobody but the administrator sees any."""
    rows = _rows(call) if call.context.is_admin else []
    return listing.answer(call, "segments", rows, lambda found: [_document(row) for row in found])


def create(call: Call) -> dict[str, Any]:
    """Add a segment to a network."""
    values = FORM.create(call, FORM.one(call))
    owning.operator(call, "create_segment")
    values.pop("project_id")
    if call.tx.get(networks, values["network_id"]) is None:
        raise not_found("Network", values["network_id"])
    kind, number = values["network_type"], values.get("segmentation_id")
    if kind not in _TYPES:
        raise invalid_input(f"network_type value '{kind}' not supported")
    segment_ranges.reserve(call, kind, values["physical_network"], number)
    taken = {row["segmentation_id"] for row in _rows(call) if row["network_type"] == kind}
    if number is None and kind not in ("flat", "local"):
        values["segmentation_id"] = next(free for free in range(1, 2**24) if free not in taken)
    new = {key: value for key, value in listing.new(call).items() if key != "tags"}
    return {"segment": _document(call.tx.insert(segments, **values, **new, removed=False))}


def renumber(call: Call, network: Row, values: dict[str, Any]) -> None:
    """Let an update change the number of a VLAN, and nothing else of what a provider network is.

    Parameters
    ----------
    values : dict
        The update; what changes nothing is taken out of it.

    Raises
    ------
    BadRequest
        Where ML2 does not change a network.
    Conflict
        When the number is in use.
    """
    for name in ("network_type", "physical_network"):
        if values.pop(name, None) not in (None, network[name]):
            raise invalid_input(
                "Plugin does not support updating the following provider network attributes: "
                "provider:network_type, provider:physical_network"
            )
    number = values.pop("segmentation_id", None)
    if not number:
        return
    if any(row["id"] != own_id(network["id"]) for row in call.tx.rows(segments, network_id=network["id"])):
        raise invalid_input(
            "Provider network attributes can be updated only in provider networks with a single segment."
        )
    if network["network_type"] != "vlan":
        raise invalid_input("Only VLAN type networks can be updated.")
    segment_ranges.reserve(call, "vlan", network["physical_network"], number)
    values["segmentation_id"] = number


def show(call: Call, segment_id: str) -> dict[str, Any]:
    """Show a segment."""
    return {"segment": listing.pick(call, _document(find(call, segment_id)))}


def update(call: Call, segment_id: str) -> dict[str, Any]:
    """Change a segment's name or description."""
    row = find(call, segment_id)
    listing.match(call, row)
    values = FORM.update(call, FORM.one(call))
    changed = _keep(call, row, {**values, "revision_number": row["revision_number"] + 1, "updated_at": call.tx.stamp})
    return {"segment": _document(changed)}


def _keep(call: Call, row: Row, values: dict[str, Any]) -> Row:
    changed = {**row, **values}
    if not call.tx.update(segments, row["id"], **values):
        call.tx.insert(segments, **changed)
    return changed


def delete(call: Call, segment_id: str) -> None:
    """Delete a segment that no subnet is on."""
    row = find(call, segment_id)
    listing.match(call, row)
    users = call.tx.rows(subnets, segment_id=segment_id)
    if users:
        raise conflict(
            "SegmentInUse", f"Segment '{segment_id}' cannot be deleted: The segment is still associated with subnet(s) "
            f"{', '.join(user['id'] for user in users)}.",
        )  # fmt: skip
    if segment_id == own_id(row["network_id"]):
        _keep(call, row, {"removed": True})
    else:
        call.tx.delete(segments, id=segment_id)
