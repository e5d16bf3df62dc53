"""Address groups: sets of ranges that security group rules name in one word."""

from __future__ import annotations

import ipaddress
from typing import Any

from kit.cloud.call import Call
from kit.cloud.network import checks as is_
from kit.cloud.network import listing, quotas
from kit.cloud.network.attributes import COMMON, Field, Form
from kit.cloud.network.errors import bad_request, conflict, not_found
from kit.cloud.network.models import address_groups, rules
from kit.cloud.store import Row


def _range(value: Any) -> str:
    """An address or a range, as a range without host bits."""
    try:
        return str(ipaddress.ip_network(value, strict=False))
    except (ValueError, TypeError):
        raise is_.Unfit(f"'{value}' is not a valid IP address or subnet") from None


_RANGES = is_.list_of(_range)
FORM = Form("address_group", (
    *COMMON,
    Field("name", is_.text(), ""),
    Field("addresses", _RANGES, [], put=False),
))  # fmt: skip


def find(call: Call, group_id: str) -> Row:
    """An address group that the caller sees."""
    row = call.tx.get(address_groups, group_id)
    if row is None or not (call.context.is_admin or row["project_id"] == call.context.project_id):
        raise not_found("Address group", group_id)
    return row


def documents(rows: list[Row]) -> list[dict[str, Any]]:
    """Address groups as Neutron shows them."""
    return [
        {
            "id": row["id"], "name": row["name"], "addresses": row["addresses"] or [], "shared": False,
            **listing.standard(row),
        }
        for row in rows
    ]  # fmt: skip


def index(call: Call) -> dict[str, Any]:
    """List address groups."""
    where = [] if call.context.is_admin else [address_groups.c.project_id == call.project_id]
    rows = listing.fetch(call, address_groups, where, [address_groups.c.created_at, address_groups.c.id])
    return listing.answer(call, "address_groups", rows, documents)


def create(call: Call) -> dict[str, Any]:
    """Create an address group."""
    values = FORM.create(call, FORM.body(call))
    quotas.reserve(call, "address_group", values["project_id"])
    return {"address_group": documents([call.tx.insert(address_groups, **values, **listing.new(call, 0))])[0]}


def show(call: Call, group_id: str) -> dict[str, Any]:
    """Show an address group."""
    return {"address_group": listing.pick(call, documents([find(call, group_id)])[0])}


def update(call: Call, group_id: str) -> dict[str, Any]:
    """Change an address group's name or description."""
    row = find(call, group_id)
    changed = listing.change(call, address_groups, row, FORM.update(call, FORM.body(call)))
    return {"address_group": documents([changed])[0]}


def delete(call: Call, group_id: str) -> None:
    """Delete an address group that no rule names."""
    row = find(call, group_id)
    listing.match(call, row)
    if call.tx.first(rules, remote_address_group_id=group_id):
        raise conflict("AddressGroupInUse", f"Address group {group_id} is in use on one or more security group rules.")
    call.tx.delete(address_groups, id=group_id)


def _given(call: Call) -> list[str]:
    found = FORM.body(call).get("addresses")
    try:
        ranges: list[str] = _RANGES(found)
    except is_.Unfit as reason:
        raise bad_request(f"Invalid input for addresses. Reason: {reason}.") from None
    return ranges


def add_addresses(call: Call, group_id: str) -> dict[str, Any]:
    """Add ranges that the group does not have yet."""
    row, given = find(call, group_id), _given(call)
    there = [one for one in given if one in row["addresses"]]
    if there:
        raise bad_request(
            f"Addresses {', '.join(there)} already exist in the address group {group_id}.", "AddressesAlreadyExist"
        )
    changed = listing.change(call, address_groups, row, {"addresses": [*row["addresses"], *given]})
    return {"address_group": documents([changed])[0]}


def remove_addresses(call: Call, group_id: str) -> dict[str, Any]:
    """Take ranges away that the group has."""
    row, given = find(call, group_id), _given(call)
    absent = [one for one in given if one not in row["addresses"]]
    if absent:
        error = not_found("Address group", group_id)
        error.type = "AddressesNotFound"
        error.message = f"Addresses {', '.join(absent)} not found in the address group {group_id}."
        raise error
    left = [one for one in row["addresses"] if one not in given]
    return {"address_group": documents([listing.change(call, address_groups, row, {"addresses": left})])[0]}
