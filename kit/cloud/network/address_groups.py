"""Address groups: sets of ranges that security group rules name in one word."""

from __future__ import annotations

import ipaddress
from typing import Any

from kit.cloud.call import Call
from kit.cloud.network import address_checks as net_
from kit.cloud.network import checks as is_
from kit.cloud.network import listing, owning, sharing
from kit.cloud.network.attributes import NEW_OWNER, READ_ONLY, Field, Form, bulk
from kit.cloud.network.errors import bad_request, conflict, not_found
from kit.cloud.network.models import address_groups, rules
from kit.cloud.store import Row


def _net(value: Any) -> str:
    try:
        return str(ipaddress.ip_network(value, strict=False))
    except (ValueError, TypeError):
        raise is_.Unfit(f"'{value}' is not a valid IP subnet") from None


_RANGES = is_.none_as(list, is_.list_of(net_.cidr))
FORM = Form("address_group", (
    *NEW_OWNER,
    Field("description", is_.text(1024), ""),
    Field("name", is_.name, ""),
    Field("addresses", _RANGES, [], put=False),
), (*READ_ONLY, "shared"), many=True)  # fmt: skip


def find(call: Call, group_id: str) -> Row:
    """An address group that the caller sees."""
    row = call.tx.get(address_groups, group_id)
    if row is None or not sharing.sees(call, row):
        raise not_found("Address group", group_id)
    return row


def documents(call: Call, rows: list[Row]) -> list[dict[str, Any]]:
    """Address groups as Neutron shows them."""
    shown = [
        {"id": row["id"], "name": row["name"], "addresses": row["addresses"] or [], **listing.standard(row)}
        for row in rows
    ]
    return [{name: value for name, value in one.items() if name != "tags"} for one in shown]


def index(call: Call) -> dict[str, Any]:
    """List address groups."""
    rows = listing.fetch(
        call, address_groups, sharing.visible(call, address_groups), [address_groups.c.created_at, address_groups.c.id]
    )
    return listing.answer(call, "address_groups", rows, lambda found: documents(call, found))


@bulk(FORM)
def create(call: Call) -> dict[str, Any]:
    """Create an address group."""
    values = FORM.create(call, FORM.one(call))
    return {"address_group": documents(call, [call.tx.insert(address_groups, **values, **listing.new(call, 0))])[0]}


def show(call: Call, group_id: str) -> dict[str, Any]:
    """Show an address group."""
    return {"address_group": listing.pick(call, documents(call, [find(call, group_id)])[0])}


def _changeable(call: Call, group_id: str, rule: str) -> Row:
    row = find(call, group_id)
    if not owning.owns(call, row):
        raise owning.foreign()
    return row


def update(call: Call, group_id: str) -> dict[str, Any]:
    """Change an address group's name or description."""
    row = _changeable(call, group_id, "update_address_group")
    changed = listing.change(call, address_groups, row, FORM.update(call, FORM.one(call)))
    return {"address_group": documents(call, [changed])[0]}


def delete(call: Call, group_id: str) -> None:
    """Delete an address group that no rule names."""
    row = _changeable(call, group_id, "delete_address_group")
    if call.tx.first(rules, remote_address_group_id=group_id):
        raise conflict("AddressGroupInUse", f"Address group {group_id} is in use on one or more security group rules.")
    listing.match(call, row)
    sharing.forget(call, group_id)
    call.tx.delete(address_groups, id=group_id)


def _given(call: Call) -> list[str]:
    data = call.json()
    # The addresses stand alone, as clients send them, or below the group.
    found = data["addresses"] if isinstance(data, dict) and "addresses" in data else FORM.one(call).get("addresses")
    if not isinstance(found, list | str):
        raise bad_request(f"Invalid input for addresses. Reason: '{found}' is not a list.")
    ranges = []
    for one in found:
        try:
            ranges.append(_net(one))  # a plain address does here
        except is_.Unfit:
            raise bad_request(f"invalid IPNetwork {one}", "AddrFormatError") from None
    return sorted(set(ranges))


def add_addresses(call: Call, group_id: str) -> dict[str, Any]:
    """Add ranges that the group does not have yet."""
    row, given = _changeable(call, group_id, "add_addresses"), _given(call)
    there = [one for one in given if one in row["addresses"]]
    if there:
        raise bad_request(f"Addresses {there} already exist in the address group {group_id}.", "AddressesAlreadyExist")
    changed = listing.change(call, address_groups, row, {"addresses": [*row["addresses"], *given]})
    return {"address_group": documents(call, [changed])[0]}


def remove_addresses(call: Call, group_id: str) -> dict[str, Any]:
    """Take ranges away that the group has."""
    row, given = _changeable(call, group_id, "remove_addresses"), _given(call)
    absent = [one for one in given if one not in row["addresses"]]
    if absent:
        error = not_found("Address group", group_id)
        error.type = "AddressesNotFound"
        error.message = f"Addresses {absent} not found in the address group {group_id}."
        raise error
    left = [one for one in row["addresses"] if one not in given]
    return {"address_group": documents(call, [listing.change(call, address_groups, row, {"addresses": left})])[0]}
