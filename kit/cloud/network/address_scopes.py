"""Address scopes: subnet pools of one scope never overlap, so that their subnets are routed without NAT."""

from __future__ import annotations

import ipaddress
from typing import Any

from kit.cloud.call import Call
from kit.cloud.network import checks as is_
from kit.cloud.network import listing, sharing
from kit.cloud.network.attributes import OWNER, REQUIRED, Field, Form, bulk
from kit.cloud.network.errors import bad_request, conflict, not_allowed, not_found
from kit.cloud.network.models import address_scopes, subnet_pools
from kit.cloud.store import Row

FORM = Form("address_scope", (
    *OWNER,
    Field("name", is_.name, ""),
    Field("ip_version", is_.ip_version, REQUIRED, put=False),
    Field("shared", is_.boolean, False, admin=True),
), ("id",), many=True)  # fmt: skip


def find(call: Call, scope_id: str) -> Row:
    """A scope that the caller sees: own ones and shared ones."""
    row = call.tx.get(address_scopes, scope_id)
    if row is None or not sharing.sees(call, row):
        raise not_found("Address scope", scope_id)
    return row


def _documents(call: Call, rows: list[Row]) -> list[dict[str, Any]]:
    names, shared = ("id", "name", "ip_version", "project_id"), sharing.shared_with(call, rows)
    return [
        {**{name: row[name] for name in names}, "shared": row["id"] in shared, "tenant_id": row["project_id"]}
        for row in rows
    ]  # fmt: skip


def index(call: Call) -> dict[str, Any]:
    """List address scopes."""
    rows = listing.fetch(call, address_scopes, sharing.visible(call, address_scopes), address_scopes.c.id)
    return listing.answer(call, "address_scopes", rows, lambda found: _documents(call, found))


@bulk(FORM)
def create(call: Call) -> dict[str, Any]:
    """Create an address scope."""
    values = FORM.create(call, FORM.one(call))
    row = call.tx.insert(address_scopes, id=call.tx.ids.uuid(), **values)
    sharing.follow(call, "address_scope", row, values, new=True)
    return {"address_scope": _documents(call, [row])[0]}


def show(call: Call, scope_id: str) -> dict[str, Any]:
    """Show an address scope."""
    return {"address_scope": listing.pick(call, _documents(call, [find(call, scope_id)])[0])}


def _changeable(call: Call, scope_id: str, rule: str) -> Row:
    row = find(call, scope_id)
    if not (call.context.is_admin or row["project_id"] == call.context.project_id):
        raise not_allowed(rule)
    return row


def update(call: Call, scope_id: str) -> dict[str, Any]:
    """Change an address scope; what was shared stays so."""
    row = _changeable(call, scope_id, "update_address_scope")
    values = FORM.update(call, FORM.one(call))
    if row["shared"] and values.get("shared") is False:
        raise bad_request(
            f"Unable to update address scope {scope_id} : Shared address scope can't be unshared.",
            "AddressScopeUpdateError",
        )
    call.tx.update(address_scopes, scope_id, **values)
    sharing.follow(call, "address_scope", row, values)
    return {"address_scope": _documents(call, [{**row, **values}])[0]}


def delete(call: Call, scope_id: str) -> None:
    """Delete an address scope that no pool is in."""
    _changeable(call, scope_id, "delete_address_scope")
    if call.tx.first(subnet_pools, address_scope_id=scope_id):
        raise conflict(
            "AddressScopeInUse",
            f"Unable to complete operation on address scope {scope_id}. There are one or more subnet pools in use on "
            "the address scope.",
        )
    sharing.forget(call, scope_id)
    call.tx.delete(address_scopes, id=scope_id)


def admit(call: Call, scope_id: str | None, pool: dict[str, Any]) -> None:
    """Refuse a pool that does not fit into a scope: another IP version, or what another pool there has."""
    if scope_id is None:
        return
    scope = find(call, scope_id)
    if not (call.context.is_admin or scope["project_id"] == call.context.project_id or pool.get("id") is None):
        raise bad_request(
            "Illegal subnetpool update : subnetpool prefixes can only be changed by the owner of the address scope.",
            "IllegalSubnetPoolUpdate",
        )
    if scope["ip_version"] != pool["ip_version"]:
        raise bad_request(
            f"Illegal subnetpool association: subnetpool {pool.get('id')} cannot associate with address scope "
            f"{scope_id} because subnetpool ip_version is not {scope['ip_version']}.",
            "IllegalSubnetPoolIpVersionAssociationToAddressScope",
        )
    nets = [ipaddress.ip_network(text) for text in pool["prefixes"]]
    for other in call.tx.rows(subnet_pools, address_scope_id=scope_id):
        taken = [ipaddress.ip_network(text) for text in other["prefixes"]]
        if other["id"] != pool.get("id") and any(net.overlaps(one) for net in nets for one in taken):
            raise conflict(
                "AddressScopePrefixConflict",
                "Failed to associate address scope: subnetpools within an address scope must have unique prefixes.",
            )
