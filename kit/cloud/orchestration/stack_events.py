"""Events of stacks: in order, in pages, filtered, with those of stacks inside."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Call
from kit.cloud.orchestration.common import by_identity, number, stack_of
from kit.cloud.orchestration.errors import HeatError, bad_request, not_found
from kit.cloud.orchestration.models import events, stacks
from kit.cloud.orchestration.stack_views import event
from kit.cloud.store import Row

FILTERS = {
    "resource_name": lambda row: row["resource_name"], "resource_type": lambda row: row["resource_type"],
    "resource_action": lambda row: row["action"], "uuid": lambda row: row["id"],
    "resource_status": lambda row: row["status"],
}  # fmt: skip
SORTS = {"event_time": "number", "created_at": "number", "resource_type": "resource_type"}


def index(call: Call, tenant: str, stack_name: str, stack_id: str, resource_name: str | None = None) -> dict[str, Any]:
    """List the events of a stack, or of one resource of it."""
    row = by_identity(call, tenant, stack_name, stack_id, True)
    depth = number(call, "nested_depth")
    around = _within(call, row, depth or 0)
    found = call.tx.rows(events, stack_id=list(around), order=events.c.number)
    if resource_name is not None:
        found = [each for each in found if each["resource_name"] == resource_name]
    for name, values in call.query.items():
        if name in FILTERS:
            wanted = {each for value in values for each in value.split(",")}
            found = [each for each in found if FILTERS[name](each) in wanted or _state(each) in wanted]
    shown = _page(call, _sorted(call, found))
    if not shown and resource_name is not None and not call.query.get("marker"):
        raise HeatError(404, f"No events found for resource {resource_name}.", "HTTPNotFound")
    return {"events": [event(call, each, around[each["stack_id"]], root=bool(depth)) for each in shown]}


def _state(row: Row) -> str:
    return f"{row['action']}_{row['status']}"


def _within(call: Call, row: Row, depth: int) -> dict[str, Row]:
    """The rows of a stack and of those inside it, as deep as asked, by id; also those that are gone."""
    found = {row["id"]: row}
    level = [row["id"]]
    for _ in range(depth):
        level = [each["id"] for each in call.tx.rows(stacks, parent_id=level)] if level else []
        found |= {id: inside for id in level if (inside := call.tx.get(stacks, id)) is not None}
    return found


def _sorted(call: Call, rows: list[Row]) -> list[Row]:
    direction = call.query.one("sort_dir", "asc")
    if direction not in ("asc", "desc"):
        raise bad_request(f"Invalid sort_dir: {direction}. Must be asc or desc.")
    keys = [SORTS[name] for value in call.query.get("sort_keys", []) for name in value.split(",") if name in SORTS]
    for key in reversed(keys or ["number"]):
        rows = sorted(rows, key=lambda row: row[key], reverse=direction == "desc")
    return rows


def _page(call: Call, rows: list[Row]) -> list[Row]:
    marker, limit = call.query.one("marker"), number(call, "limit")
    if marker:
        places = [place for place, row in enumerate(rows) if row["id"] == marker]
        if not places and call.tx.first(events, id=marker) is None:
            raise not_found("Event", marker)
        rows = rows[places[0] + 1 :] if places else []
    return rows if limit is None else rows[:limit]


def show(
    call: Call, tenant: str, stack_name: str, stack_id: str, resource_name: str, event_id: str
) -> dict[str, Any]:  # fmt: skip
    """One event, with the properties that the resource has."""
    row = by_identity(call, tenant, stack_name, stack_id, True)
    found = call.tx.first(events, id=event_id)
    if found is None or found["stack_id"] != row["id"] or found["resource_name"] != resource_name:
        raise HeatError(404, f"No event {event_id} found", "HTTPNotFound")
    told = event(call, found, row) | {"resource_type": found["resource_type"], "resource_properties": {}}
    try:
        each = stack_of(call, row).resources.get(resource_name)
    except HeatError:
        each = None
    if each is not None:
        told["resource_properties"] = each.frozen.get("properties") or {}
    return {"event": told}
