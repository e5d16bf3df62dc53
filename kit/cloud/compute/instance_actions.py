"""The log of what was done to a server."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Call
from kit.cloud.compute.common import next_link, page
from kit.cloud.compute.models import actions, servers
from kit.cloud.compute.serverview import host_id
from kit.cloud.errors import NotFound
from kit.cloud.store import Row


def begin(call: Call, row: Row, action: str, events: tuple[str, ...] = ()) -> None:
    """Note an action on a server, with the events of the compute host that it leads to."""
    found = [
        {"event": name, "start_time": call.tx.stamp, "finish_time": None, "result": None, "traceback": None}
        for name in events
    ]
    call.tx.insert(
        actions, server_id=row["id"], action=action, request_id=call.request_id, user_id=call.context.user_id,
        project_id=call.context.project_id, start_time=call.tx.stamp, updated_at=call.tx.stamp, message=None, events=found,
    )  # fmt: skip


def find(call: Call, server_id: str) -> Row:
    """The server that the caller sees; from 2.21 on, a deleted one too."""
    row = call.tx.get(servers, server_id)
    mine = row is not None and (call.context.is_admin or row["project_id"] == call.context.project_id)
    if row is None or not mine or (row["deleted_at"] and not call.at_least("2.21")):
        raise NotFound(f"Instance {server_id} could not be found.")
    return row


def _document(call: Call, action: Row) -> dict[str, Any]:
    names = ("action", "request_id", "user_id", "project_id", "start_time", "message")
    shown = {name: action[name] for name in names} | {"instance_uuid": action["server_id"]}
    if call.at_least("2.58"):
        shown["updated_at"] = action["updated_at"]
    return shown


def index(call: Call, server_id: str) -> dict[str, Any]:
    """The actions on a server, latest first."""
    find(call, server_id)
    rows = call.tx.rows(actions, server_id=server_id, order=actions.c.id.desc())
    marker = None
    if call.at_least("2.58"):
        since, before = call.query.one("changes-since"), call.query.one("changes-before")
        rows = [
            row
            for row in rows
            if (not since or row["updated_at"][:19] >= since[:19])
            and (not before or row["updated_at"][:19] <= before[:19])
        ]
        rows, marker = page(call, rows, "request_id")
    found: dict[str, Any] = {"instanceActions": [_document(call, row) for row in rows]}
    if marker:
        found["links"] = next_link(call, marker)
    return found


def show(call: Call, server_id: str, request_id: str) -> dict[str, Any]:
    """One action with its events."""
    server = find(call, server_id)
    row = call.tx.first(actions, server_id=server_id, request_id=request_id)
    if row is None:
        raise NotFound(f"Action {request_id} not found")
    shown = _document(call, row)
    if call.context.is_admin or call.at_least("2.51"):
        events = []
        for event in row["events"] or []:
            item = {name: event[name] for name in ("event", "start_time", "finish_time", "result")}
            if call.context.is_admin:
                item["traceback"] = event["traceback"]
                if call.at_least("2.62"):
                    item["host"] = event.get("host") or server["host"]
            if call.at_least("2.62"):
                item["hostId"] = host_id({**server, "host": event.get("host") or server["host"]})
            if call.context.is_admin and call.at_least("2.84"):
                item["details"] = event.get("details")
            events.append(item)
        shown["events"] = events
    return {"instanceAction": shown}
