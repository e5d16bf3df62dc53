"""Servers: listed, shown, changed, deleted."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.compute.building import plugged
from kit.cloud.compute.common import next_link, short
from kit.cloud.compute.forms import (
    DESCRIPTION,
    DISK_CONFIG,
    DOMAIN_NAME,
    HOSTNAME,
    IPV4,
    IPV6,
    NAME,
    body_of,
    fields,
)  # fmt: skip
from kit.cloud.compute.hosts import DEFAULT_ZONE, zones
from kit.cloud.compute.instance_actions import begin
from kit.cloud.compute.live.steps import cut
from kit.cloud.compute.models import servers
from kit.cloud.compute.server_filters import asked, select
from kit.cloud.compute.serverlist import listed
from kit.cloud.compute.serverview import basic, details
from kit.cloud.compute.states import change, later
from kit.cloud.compute.validation import body
from kit.cloud.errors import Conflict, NotFound
from kit.cloud.network import servers as network
from kit.cloud.store import Row

_UPDATE = {"name": NAME, "OS-DCF:diskConfig": DISK_CONFIG, "accessIPv4": IPV4, "accessIPv6": IPV6}
_TO_ZONE = {"oneOf": [{"type": "string", "minLength": 1, "maxLength": 255}, {"type": "null"}]}
UPDATE = body_of("server", fields(_UPDATE))
UPDATE_219 = body_of("server", fields({**_UPDATE, "description": DESCRIPTION}))
UPDATE_290 = body_of("server", fields({**_UPDATE, "description": DESCRIPTION, "hostname": HOSTNAME}))
_UPDATE_294 = {**_UPDATE, "description": DESCRIPTION, "hostname": DOMAIN_NAME}
UPDATE_294 = body_of("server", fields(_UPDATE_294))
UPDATE_2104 = body_of("server", fields({**_UPDATE_294, "pinned_availability_zone": _TO_ZONE}))


def find(call: Call, server_id: str) -> Row:
    """The server that the caller sees.

    Raises
    ------
    NotFound
        When there is none of that id, it is another project's, or it is deleted.
    """
    row = call.tx.get(servers, server_id)
    if row is None or row["deleted_at"] or not (call.context.is_admin or row["project_id"] == call.context.project_id):
        raise NotFound(f"Instance {server_id} could not be found.")
    return row


def index(call: Call) -> dict[str, Any]:
    """List servers, shortly."""
    rows, marker = select(call, asked(call))
    return _answer(call, [basic(call, row) for row in rows], marker)


def detail(call: Call) -> Any:
    """List servers, whole."""
    wanted = asked(call)
    if not wanted.sifted:
        found = listed(call, wanted.equals, wanted.absent)
        if found is not None:
            return Answer(200, found)
    rows, marker = select(call, wanted)
    return _answer(call, details(call, rows, listed=True), marker)


def _answer(call: Call, shown: list[dict[str, Any]], marker: str | None) -> dict[str, Any]:
    found: dict[str, Any] = {"servers": shown}
    if marker:
        found["servers_links"] = next_link(call, marker)
    return found


def show(call: Call, server_id: str) -> dict[str, Any]:
    """Show a server."""
    return {"server": details(call, [find(call, server_id)])[0]}


def update(call: Call, server_id: str) -> dict[str, Any]:
    """Change a server's name, description or access addresses."""
    newer = (("2.104", UPDATE_2104), ("2.94", UPDATE_294), ("2.90", UPDATE_290), ("2.19", UPDATE_219))
    schema = next((form for version, form in newer if call.at_least(version)), UPDATE)
    given = body(call, schema)["server"]
    row = find(call, server_id)
    if "accessIPv6" in given:
        given["accessIPv6"] = short(given["accessIPv6"])
    if "pinned_availability_zone" in given:
        _pinnable(call, row, given["pinned_availability_zone"])
    names = {
        "name": "name", "description": "description", "hostname": "hostname", "OS-DCF:diskConfig": "disk_config",
        "accessIPv4": "access_ip_v4", "accessIPv6": "access_ip_v6", "pinned_availability_zone": "availability_zone",
    }  # fmt: skip
    changed = change(call.tx, row, **{names[name]: value for name, value in given.items()})
    return {"server": details(call, [changed], changed=True)[0]}


def _pinnable(call: Call, row: Row, zone: str | None) -> None:
    """Refuse to pin a server to another zone than the one it is in, or is pinned to (2.104)."""
    if zone is None:
        return
    pinned = (row["availability_zone"] or "").partition(":")[0]
    if pinned:
        if zone != pinned:
            raise Conflict(
                "Cannot change pinned availability zone directly. Unpin first by setting pinned_availability_zone to null."
            )
        return
    present = zones(call.tx).get(row["host"], DEFAULT_ZONE)
    if zone != present:
        raise Conflict(
            f"Server can only be pinned to its current availability zone '{present}', but '{zone}' was requested."
        )


def delete(call: Call, server_id: str) -> None:
    """Delete a server: it is gone a moment later."""
    row = find(call, server_id)
    unlocked(call, row, "delete")
    begin(call, row, "delete", ("compute_terminate_instance",))
    call.cloud.events.cancel(call.tx, server_id)
    cut(call.cloud, call.tx, row)
    change(call.tx, row, task_state="deleting")
    later(call, row, "delete", "deleted", task_state="deleting")


def unlocked(call: Call, row: Row, action: str) -> None:
    """Refuse who may not touch a locked server; an administrator may."""
    if row["locked_by"] and not call.context.is_admin:
        raise Conflict(f"Instance {row['id']} is locked")


def address_index(call: Call, server_id: str) -> dict[str, Any]:
    """A server's addresses by network."""
    return {"addresses": {name: _plain(found) for name, found in _addresses(call, server_id).items()}}


def _addresses(call: Call, server_id: str) -> dict[str, list[dict[str, Any]]]:
    row = find(call, server_id)
    return network.addresses_of(call.tx, [row["id"]])[row["id"]] if plugged(call, row) else {}


def _plain(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"version": item["version"], "addr": item["addr"]} for item in found]


def address_show(call: Call, server_id: str, label: str) -> dict[str, Any]:
    """A server's addresses on one network."""
    found = _addresses(call, server_id)
    if label not in found:
        raise NotFound("Instance is not a member of specified network")
    return {label: _plain(found[label])}
