"""Logs: which packets of security groups are written down."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kit.cloud.call import Call
from kit.cloud.errors import NotFound
from kit.cloud.network import checks as is_
from kit.cloud.network import listing, owning, ports, security_groups
from kit.cloud.network.attributes import NEW_OWNER, REQUIRED, Field, Form, bulk
from kit.cloud.network.errors import bad_request, not_found
from kit.cloud.network.models_extensions import logs
from kit.cloud.store import Row

# What can be logged.
TYPES = ("security_group",)

FORM = Form("log", (
    *NEW_OWNER,
    Field("description", is_.text(), ""),
    Field("name", is_.name, ""),
    Field("resource_type", is_.text(), REQUIRED, put=False),
    Field("event", is_.one_of("ALL", "ACCEPT", "DROP"), "ALL", put=False),
    Field("resource_id", is_.none_or(is_.uuid), None, put=False),
    Field("target_id", is_.none_or(is_.uuid), None, put=False),
    Field("enabled", is_.boolean, True),
), many=True)  # fmt: skip


def find(call: Call, log_id: str) -> Row:
    row = call.tx.get(logs, log_id)
    if row is None or not (owning.owns(call, row) and owning.manages(call)):
        error = not_found("Log resource", log_id)
        error.type = "LogResourceNotFound"
        raise error
    return row


def _document(row: Row) -> dict[str, Any]:
    names = ("id", "name", "resource_type", "event", "enabled", "resource_id", "target_id")
    shown = {**{name: row[name] for name in names}, **listing.standard(row)}
    shown.pop("tags")
    return shown


def types(call: Call) -> dict[str, Any]:
    """What can be logged; nobody but managers sees any of it."""
    rows: list[Row] = [{"type": type} for type in TYPES] if owning.manages(call) else []
    return listing.answer(call, "loggable_resources", rows, lambda found: found)


def index(call: Call) -> dict[str, Any]:
    """List logs."""
    order = [logs.c.created_at, logs.c.id]
    rows = listing.fetch(call, logs, owning.mine(call, logs), order) if owning.manages(call) else []
    return listing.answer(call, "logs", rows, lambda found: [_document(row) for row in found])


def _there(find_one: Callable[[Call, str], Row], call: Call, id: str, kind: str, type: str) -> Row:
    """What a log is about, or the refusal in the words of logs."""
    try:
        return find_one(call, id)
    except NotFound:
        raise NotFound(f"{kind} {id} could not be found.", type=type) from None


@bulk(FORM)
def create(call: Call) -> dict[str, Any]:
    """Write packets down from now on."""
    values = FORM.create(call, FORM.one(call))
    owning.manager(call, "create_log")
    if values["resource_type"] not in TYPES:
        raise bad_request(f"Invalid log resource_type: {values['resource_type']}.", "InvalidLogResourceType")
    if values["resource_id"]:
        _there(security_groups.find, call, values["resource_id"], "Resource", "ResourceNotFound")
    if values["target_id"]:
        port = _there(ports.find, call, values["target_id"], "Target resource", "TargetResourceNotFound")
        if values["resource_id"] and values["resource_id"] not in (port["security_groups"] or []):
            raise bad_request(
                f"Invalid resource constraint between resource (security_group {values['resource_id']}) and target "
                f"resource (port {values['target_id']}).",
                "InvalidResourceConstraint",
            )
    return {"log": _document(call.tx.insert(logs, **values, **listing.new(call, 0)))}


def show(call: Call, log_id: str) -> dict[str, Any]:
    """Show a log."""
    return {"log": listing.pick(call, _document(find(call, log_id)))}


def update(call: Call, log_id: str) -> dict[str, Any]:
    """Change a log, or halt it."""
    row = find(call, log_id)
    return {"log": _document(listing.change(call, logs, row, FORM.update(call, FORM.one(call))))}


def delete(call: Call, log_id: str) -> None:
    """Write no more down."""
    listing.match(call, find(call, log_id))
    call.tx.delete(logs, id=log_id)
