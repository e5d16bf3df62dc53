"""Unified limits: what a service registers by default, and what a project has instead."""

from __future__ import annotations

from typing import Any

from sqlalchemy import UniqueConstraint

from kit.cloud.call import Answer, Call
from kit.cloud.errors import BadRequest, Forbidden, NotFound
from kit.cloud.identity.common import (
    ID,
    TEXT,
    domain_of,
    duplicate,
    fetch,
    forbid,
    listing,
    overlooks,
    require_admin,
    schema,
    self_link,
    whole_body,
)  # fmt: skip
from kit.cloud.identity.common import body as one_body
from kit.cloud.identity.models import projects, services
from kit.cloud.store import Row
from kit.cloud.tables import Table, integer, key, metadata, string, text

registered = Table(
    "registered_limits", metadata, key(), string("service_id", index=True), string("region_id"),
    string("resource_name", null=False), integer("default_limit", nullable=False), text("description"),
    UniqueConstraint("service_id", "region_id", "resource_name"),
)  # fmt: skip

limits = Table(
    "identity_limits", metadata, key(), string("project_id", index=True), string("domain_id"), string("service_id"),
    string("region_id"), string("resource_name", null=False), integer("resource_limit", nullable=False),
    text("description"),
)  # fmt: skip

_NUMBER = {"type": "integer", "minimum": -1, "maximum": 0x7FFFFFFF}
_COMMON = {
    "service_id": ID,
    "region_id": {"type": ["string", "null"]},
    "description": TEXT,
    "resource_name": {"type": "string", "minLength": 1, "maxLength": 255},
}
REGISTERED = schema(["service_id", "resource_name", "default_limit"], default_limit=_NUMBER, **_COMMON)
REGISTERED_UPDATE = schema([], default_limit=_NUMBER, **_COMMON)
LIMIT = {
    **schema(["service_id", "resource_name", "resource_limit"], resource_limit=_NUMBER, **_COMMON),
    "oneOf": [
        {"required": ["service_id", "resource_name", "resource_limit", whose]} for whose in ("domain_id", "project_id")
    ],
}
LIMIT_UPDATE = schema([], resource_limit=_NUMBER, description=TEXT)


def _many(key: str, form: dict[str, Any]) -> dict[str, Any]:
    """The schema of a body that holds several."""
    several = {"type": "array", "items": form, "minItems": 1}
    return {"type": "object", "properties": {key: several}, "required": [key], "additionalProperties": False}


REGISTERED_LIMITS, LIMITS = _many("registered_limits", REGISTERED), _many("limits", LIMIT)


def _there(call: Call, table: Table, kind: str, id: str) -> Row:
    row = call.tx.get(table, id)
    if row is None:
        raise NotFound(f"Could not find {kind} for {id}.")
    return row


def _registered(call: Call, row: Row) -> dict[str, Any]:
    return {**row, "links": self_link(call, f"registered_limits/{row['id']}")}


def _limit(call: Call, row: Row) -> dict[str, Any]:
    return {**row, "links": self_link(call, f"limits/{row['id']}")}


def model(call: Call) -> dict[str, Any]:
    """How limits are enforced: flat, without regard to the tree of projects."""
    return {
        "model": {
            "name": "flat",
            "description": "Limit enforcement and validation does not take project hierarchy into consideration.",
        }
    }


def registered_index(call: Call) -> dict[str, Any]:
    """List registered limits; everyone may."""
    rows = call.tx.rows(registered, order=registered.c.resource_name)
    return listing(call, "registered_limits", (_registered(call, row) for row in rows))


def registered_create(call: Call) -> Answer:
    """Register limits."""
    require_admin(call, "create_registered_limits")
    made = []
    for given in whole_body(call, REGISTERED_LIMITS)["registered_limits"]:
        fetch(call, services, "service", given["service_id"])
        keys = {name: given.get(name) for name in ("service_id", "region_id", "resource_name")}
        if any(all(row[k] == v for k, v in keys.items()) for row in call.tx.rows(registered)):
            raise duplicate("registered_limit", "Duplicate entry")
        values = {"default_limit": given["default_limit"], "description": given.get("description")}
        made.append(call.tx.insert(registered, id=call.tx.ids.hex(), **keys, **values))
    return Answer(201, {"registered_limits": [_registered(call, row) for row in made]})


def registered_show(call: Call, id: str) -> dict[str, Any]:
    """Show a registered limit."""
    return {"registered_limit": _registered(call, _there(call, registered, "registered limit", id))}


def registered_update(call: Call, id: str) -> dict[str, Any]:
    """Change a registered limit."""
    require_admin(call, "update_registered_limit")
    row = _there(call, registered, "registered limit", id)
    given = one_body(call, "registered_limit", REGISTERED_UPDATE)
    if {"service_id", "region_id", "resource_name"} & given.keys():
        _unused(call, row)
    fields = {k: v for k, v in given.items() if k in registered.c and k != "id"}
    call.tx.update(registered, id, **fields)
    return {"registered_limit": _registered(call, {**row, **fields})}


def registered_delete(call: Call, id: str) -> None:
    """Delete a registered limit that no project's limit rests on."""
    require_admin(call, "delete_registered_limit")
    row = _there(call, registered, "registered limit", id)
    _unused(call, row)
    call.tx.delete(registered, id=id)


def _unused(call: Call, row: Row) -> None:
    if call.tx.count(limits, service_id=row["service_id"], resource_name=row["resource_name"]):
        raise Forbidden(
            f"Unable to update or delete registered limit {row['id']} because there are project limits associated "
            "with it."
        )


def index(call: Call) -> dict[str, Any]:
    """List limits: the caller's project's, or all for the administrator."""
    context = call.context
    rows = call.tx.rows(limits, order=limits.c.resource_name)
    if not (context.is_admin or context.system or "service" in context.roles):
        rows = [row for row in rows if _own(call, row)]
    return listing(call, "limits", (_limit(call, row) for row in rows))


def _own(call: Call, row: Row) -> bool:
    """Whether a limit is about the token's project, its domain, or a project of its domain."""
    context = call.context
    if context.domain_id is None:
        return row["project_id"] is not None and row["project_id"] == context.project_id
    return context.domain_id in (row["domain_id"], domain_of(call, projects, row["project_id"] or ""))


def create(call: Call) -> Answer:
    """Give projects limits of their own."""
    wanted = whole_body(call, LIMITS)["limits"]
    require_admin(call, "create_limits")
    made = []
    for given in wanted:
        for whose in ("project_id", "domain_id"):
            if given.get(whose) and call.tx.get(projects, given[whose]) is None:
                raise BadRequest(
                    f"Expecting to find {whose} in limit. The server could not comply with the request since it is "
                    "either malformed or otherwise incorrect. The client is assumed to be in error."
                )
        base = call.tx.rows(registered, service_id=given["service_id"], resource_name=given["resource_name"])
        if not base:
            raise Forbidden("Unable to create a limit that has no corresponding registered limit.")
        owner = ("service_id", "region_id", "resource_name", "project_id", "domain_id")
        if any(all(row[name] == given.get(name) for name in owner) for row in call.tx.rows(limits)):
            raise duplicate("limit", "Duplicate entry")
        values = {column.name: given.get(column.name) for column in limits.c if column.name != "id"}
        made.append(call.tx.insert(limits, id=call.tx.ids.hex(), **values))
    return Answer(201, {"limits": [_limit(call, row) for row in made]})


def show(call: Call, id: str) -> dict[str, Any]:
    """Show a limit."""
    row = call.tx.get(limits, id)
    if not overlooks(call.context) and (row is None or not _own(call, row)):
        raise forbid("get_limit")
    return {"limit": _limit(call, _there(call, limits, "limit", id))}


def update(call: Call, id: str) -> dict[str, Any]:
    """Change a limit."""
    row = _there(call, limits, "limit", id)
    require_admin(call, "update_limit")
    given = one_body(call, "limit", LIMIT_UPDATE)
    fields: dict[str, Any] = {k: given[k] for k in ("resource_limit", "description") if k in given}
    call.tx.update(limits, id, **fields)
    return {"limit": _limit(call, {**row, **fields})}


def delete(call: Call, id: str) -> None:
    """Delete a limit."""
    _there(call, limits, "limit", id)
    require_admin(call, "delete_limit")
    call.tx.delete(limits, id=id)
