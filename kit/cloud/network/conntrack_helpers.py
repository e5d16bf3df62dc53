"""Conntrack helpers: protocols that open ports of their own, which a router is to follow."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Call
from kit.cloud.network import checks as is_
from kit.cloud.network import listing, owning, routers
from kit.cloud.network.attributes import OWNER, REQUIRED, Field, Form
from kit.cloud.network.errors import bad_request, not_found
from kit.cloud.network.models import routers as router_table
from kit.cloud.network.models_extensions import conntrack_helpers
from kit.cloud.store import Row

# Helper to the protocols that it knows.
PROTOCOLS = {
    "amanda": ("tcp",), "ftp": ("tcp",), "h323": ("udp",), "irc": ("tcp",), "netbios-ns": ("udp",), "pptp": ("tcp",),
    "sane": ("tcp",), "sip": ("tcp", "udp"), "snmp": ("udp",), "tftp": ("udp",),
}  # fmt: skip

FORM = Form("conntrack_helper", (
    *OWNER,
    Field("protocol", is_.protocol, REQUIRED),
    Field("port", is_.whole(1, 65535), REQUIRED),
    Field("helper", lambda value: is_.text(64)(value if value is None else str(value)), REQUIRED),
))  # fmt: skip


def _document(row: Row) -> dict[str, Any]:
    return {name: row[name] for name in ("id", "protocol", "port", "helper")}


def _find(call: Call, router_id: str, helper_id: str) -> Row:
    routers.find(call, router_id)
    row = call.tx.first(conntrack_helpers, id=helper_id, router_id=router_id)
    if row is None:
        error = not_found("Conntrack Helper", helper_id)
        error.type = "ConntrackHelperNotFound"
        raise error
    return row


def _sound(call: Call, router_id: str, values: dict[str, Any], own: str | None = None) -> None:
    helper, protocol = values["helper"], values["protocol"]
    if helper not in PROTOCOLS:
        raise bad_request(f"Conntrack Helper {helper} is not allowed.", "ConntrackHelperNotAllowed")
    if protocol not in PROTOCOLS[helper]:
        raise bad_request(
            f"Conntrack Helper {helper} does not support: {protocol}. Supported protocols are: "
            f"{', '.join(PROTOCOLS[helper])}",
            "InvalidProtocolForHelper",
        )
    same = {name: values[name] for name in ("protocol", "port", "helper")}
    other = call.tx.first(conntrack_helpers, router_id=router_id, **same)
    if other is not None and other["id"] != own:
        raise bad_request(
            "Bad conntrack_helper request: A duplicate conntrack helper entry with same attributes already exists, "
            f"conflicting values are { {'router_id': router_id} | same }.",
            "BadRequest",
        )


def index(call: Call, router_id: str) -> dict[str, Any]:
    """List a router's helpers."""
    routers.find(call, router_id)
    rows = call.tx.rows(conntrack_helpers, router_id=router_id, order=conntrack_helpers.c.id)
    return listing.answer(call, "conntrack_helpers", rows, lambda found: [_document(row) for row in found])


def create(call: Call, router_id: str) -> dict[str, Any]:
    """Let a router follow one more protocol."""
    values = FORM.create(call, FORM.one(call))
    owning.of_parent(call, router_table, router_id, "create_router_conntrack_helper")
    routers.find(call, router_id)
    values.pop("project_id")
    _sound(call, router_id, values)
    row = call.tx.insert(conntrack_helpers, id=call.tx.ids.uuid(), router_id=router_id, **values)
    return {"conntrack_helper": _document(row)}


def show(call: Call, router_id: str, helper_id: str) -> dict[str, Any]:
    """Show a helper."""
    return {"conntrack_helper": listing.pick(call, _document(_find(call, router_id, helper_id)))}


def update(call: Call, router_id: str, helper_id: str) -> dict[str, Any]:
    """Change a helper."""
    row = _find(call, router_id, helper_id)
    values = FORM.update(call, FORM.one(call))
    _sound(call, router_id, {**row, **values}, helper_id)
    call.tx.update(conntrack_helpers, helper_id, **values)
    return {"conntrack_helper": _document({**row, **values})}


def delete(call: Call, router_id: str, helper_id: str) -> None:
    """Let a router follow a protocol no more."""
    _find(call, router_id, helper_id)
    call.tx.delete(conntrack_helpers, id=helper_id)
