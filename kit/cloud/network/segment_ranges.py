"""Ranges of segment numbers: which of them the networks of a project, or of all, are given."""

from __future__ import annotations

from itertools import chain
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from kit.cloud.call import Call
from kit.cloud.network import checks as is_
from kit.cloud.network import listing, owning
from kit.cloud.network.attributes import READ_ONLY, REQUIRED, UNSET, Field, Form, bulk
from kit.cloud.network.errors import bad_request, conflict, invalid_input, not_found
from kit.cloud.network.models import networks
from kit.cloud.network.models_extensions import segment_ranges, segments
from kit.cloud.store import Row

_TYPES = ("vlan", "vxlan", "gre", "geneve")
# What a configuration names as a rule. Beyond it this cloud goes on counting where Neutron would refuse.
_DEFAULTS = {"vxlan": (1, 2000), "gre": (1, 1000), "geneve": (1, 65536)}
_LARGEST = {"vlan": 4094, "vxlan": 2**24 - 1, "gre": 2**32 - 1, "geneve": 2**24 - 1}

FORM = Form("network_segment_range", (
    Field("project_id", is_.text(), put=False),
    Field("tenant_id", is_.text(), put=False),
    Field("description", is_.text(), ""),
    Field("name", is_.name, ""),
    Field("shared", is_.boolean, True, put=False),
    Field("minimum", is_.whole(1, 2**32 - 1), REQUIRED),
    Field("maximum", is_.whole(1, 2**32 - 1), REQUIRED),
    Field("network_type", is_.one_of(*_TYPES), REQUIRED, put=False),
    Field("physical_network", is_.none_or(is_.text(64)), UNSET, put=False),
), (*READ_ONLY, "default", "used", "available"), many=True)  # fmt: skip


def _first(call: Call) -> list[Row]:
    """The ranges that a cloud begins with."""
    empty: Row = dict.fromkeys(segment_ranges.c.keys())
    moment = call.tx.stamp
    return [
        empty | {
            "id": str(uuid5(NAMESPACE_OID, f"default range of {kind}")), "name": "", "description": "", "shared": True,
            "network_type": kind, "physical_network": "", "minimum": low, "maximum": high, "default": True, "tags": [],
            "revision_number": 0, "created_at": moment, "updated_at": moment,
        }
        for kind, (low, high) in _DEFAULTS.items()
    ]  # fmt: skip


def find(call: Call, range_id: str) -> Row:
    """A range, for the administrator."""
    row = call.tx.get(segment_ranges, range_id) or next((row for row in _first(call) if row["id"] == range_id), None)
    return owning.hidden(call, row, not_found("Network Segment Range", range_id))


def _users(call: Call, row: Row) -> dict[int, str]:
    """Number to project, of those numbers of a range that networks have."""
    where = {"network_type": row["network_type"]}
    if row["network_type"] == "vlan":
        where["physical_network"] = row["physical_network"]
    found = call.tx.rows(networks, order=networks.c.segmentation_id, **where)
    inside = (one for one in found if row["minimum"] <= (one["segmentation_id"] or 0) <= row["maximum"])
    return {one["segmentation_id"]: one["project_id"] for one in inside}


def _document(call: Call, row: Row) -> dict[str, Any]:
    names = (
        "id", "name", "default", "shared", "network_type", "physical_network", "minimum", "maximum", "project_id",
    )  # fmt: skip
    used = _users(call, row)
    free = [number for number in range(row["minimum"], row["maximum"] + 1) if number not in used]
    return {
        **listing.standard(row), **{name: row[name] for name in names}, "default": bool(row["default"]),
        "used": {str(number): project for number, project in used.items()}, "available": free,
    }  # fmt: skip


def index(call: Call) -> dict[str, Any]:
    """List ranges; nobody but the administrator sees any."""
    own = call.tx.rows(segment_ranges, order=[segment_ranges.c.created_at, segment_ranges.c.id])
    rows = [*_first(call), *own] if call.context.is_admin else []
    return listing.answer(call, "network_segment_ranges", rows, lambda found: [_document(call, row) for row in found])


@bulk(FORM)
def create(call: Call) -> dict[str, Any]:
    """Set numbers aside for a project, or for all of them."""
    values = FORM.create(call, FORM.one(call))
    owning.operator(call, "create_network_segment_range")
    if values["network_type"] == "vlan" and not values.get("physical_network"):
        raise bad_request(
            "Bad network_segment_range request: Network type vlan requires 'physical_network' to be specified while "
            "creating new range.",
            "BadRequest",
        )
    if values["network_type"] != "vlan":
        values["physical_network"] = ""
    if values["shared"]:
        values["project_id"] = None
    _sound(call, values)
    row = call.tx.insert(segment_ranges, **values, default=False, **listing.new(call, 0))
    return {"network_segment_range": _document(call, row)}


def _sound(call: Call, values: Row) -> None:
    """Refuse numbers that the kind of network does not have, or that another range has."""
    kind, low, high = values["network_type"], values["minimum"], values["maximum"]
    what, type = ("VLAN", "NetworkVlanRangeError") if kind == "vlan" else ("tunnel", "NetworkTunnelRangeError")
    for number in (low, high):
        if number > _LARGEST[kind]:
            text = f"{number} is not a valid {'VLAN tag' if kind == 'vlan' else f'{kind} identifier'}"
            raise bad_request(f"Invalid network {what} range: '{low}:{high}' - '{text}'.", type)
    if high < low:
        text = f"End of {what} range is less than start of {what} range"
        raise bad_request(f"Invalid network {what} range: '{low}:{high}' - '{text}'.", type)
    same = {"network_type": kind, "physical_network": values["physical_network"]}
    others = [row for row in call.tx.rows(segment_ranges, **same) if row["id"] != values.get("id")]
    met = [row["id"] for row in others if low <= row["maximum"] and high >= row["minimum"]]
    if met:
        raise conflict(
            "NetworkSegmentRangeOverlaps", f"Network segment range overlaps with range(s) with id {', '.join(met)}"
        )


def show(call: Call, range_id: str) -> dict[str, Any]:
    """Show a range, with the numbers that are taken and those that are free."""
    return {"network_segment_range": listing.pick(call, _document(call, find(call, range_id)))}


def _own(call: Call, range_id: str) -> Row:
    row = find(call, range_id)
    if row["default"]:
        raise bad_request(
            f"Network Segment Range {range_id} is a default segment range which could not be updated or deleted.",
            "NetworkSegmentRangeDefaultReadOnly",
        )
    return row


def _referenced(range_id: str) -> Exception:
    return conflict(
        "NetworkSegmentRangeReferencedByProject",
        f"Network Segment Range {range_id} is referenced by one or more project networks.",
    )


def update(call: Call, range_id: str) -> dict[str, Any]:
    """Rename a range, widen it, or narrow it to what is in use."""
    row = _own(call, range_id)
    values = FORM.update(call, FORM.one(call))
    used, changed = _users(call, row), {**row, **values}
    if used and (changed["minimum"] > min(used) or changed["maximum"] < max(used)):
        raise _referenced(range_id)
    _sound(call, changed)
    return {"network_segment_range": _document(call, listing.change(call, segment_ranges, row, values))}


def delete(call: Call, range_id: str) -> None:
    """Give back numbers that no network has."""
    row = _own(call, range_id)
    if _users(call, row):
        raise _referenced(range_id)
    listing.match(call, row)
    call.tx.delete(segment_ranges, id=range_id)


def allocate(call: Call, kind: str, physical: str | None, project_id: str) -> int:
    """The number of a new network: the lowest free one of the project's ranges, of shared ones, of all.

    Raises
    ------
    Conflict
        When the physical network has no VLAN left.
    """
    physical = physical if kind == "vlan" else None
    where: dict[str, Any] = {"network_type": kind, **({"physical_network": physical} if physical else {})}
    taken = {row["segmentation_id"] for table in (networks, segments) for row in call.tx.rows(table, **where)}
    ranges = call.tx.rows(
        segment_ranges, network_type=kind, physical_network=physical or "", order=segment_ranges.c.minimum
    )
    for mine in (True, False):
        for row in ranges:
            if (row["project_id"] == project_id) if mine else row["shared"]:
                for number in range(row["minimum"], row["maximum"] + 1):
                    if number not in taken:
                        return number
    aside = [(row["minimum"], row["maximum"]) for row in ranges if not row["shared"]]
    for number in chain((1 + len(taken),), range(1, _LARGEST[kind] + 1)):
        if number not in taken and not any(low <= number <= high for low, high in aside):
            return number
    raise conflict("NoNetworkAvailable", "Unable to create the network. No tenant network is available for allocation.")


def reserve(call: Call, kind: str, physical: str | None, number: int | None) -> None:
    """Refuse a network's segment that its kind does not have, or that another network has.

    As `reserve_provider_segment` of Neutron's drivers of types; any name is that of a physical network here.

    Raises
    ------
    BadRequest
        For a part that is missing, prohibited or out of range.
    Conflict
        When the physical network, the VLAN or the tunnel is in use.
    """
    if kind in ("flat", "vlan") and not physical:
        raise invalid_input(f"physical_network required for {kind} provider network")
    if kind in ("vxlan", "gre", "geneve") and physical:
        raise invalid_input(f"provider:physical_network specified for {kind} network")
    if kind == "local" and physical:
        raise invalid_input("physical_network prohibited for local provider network")
    if kind in ("flat", "local") and number:
        raise invalid_input(f"segmentation_id prohibited for {kind} provider network")
    if kind == "vlan" and number is not None and not 1 <= number <= _LARGEST[kind]:
        raise invalid_input(f"segmentation_id out of range (1 through {_LARGEST[kind]})")
    where: dict[str, Any] = {"network_type": kind}
    if kind in ("flat", "vlan"):
        where["physical_network"] = physical
    if kind != "flat":
        where["segmentation_id"] = number
    if kind == "local" or (kind != "flat" and number is None):
        return
    if call.tx.first(networks, **where) or call.tx.first(segments, **where, removed=False):
        if kind == "flat":
            raise conflict(
                "FlatNetworkInUse", f"Unable to create the flat network. Physical network {physical} is in use."
            )
        which = f"VLAN {number} on physical network {physical}" if kind == "vlan" else f"tunnel ID {number}"
        type = "VlanIdInUse" if kind == "vlan" else "TunnelIdInUse"
        raise conflict(type, f"Unable to create the network. The {which} is in use.")
