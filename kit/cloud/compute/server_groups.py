"""Server groups: which servers share a host, or never do."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Call
from kit.cloud.compute.common import number
from kit.cloud.compute.forms import NAME, POSITIVE, Form, body_of, fields
from kit.cloud.compute.models import server_groups, servers
from kit.cloud.compute.quotas import limits
from kit.cloud.compute.validation import body
from kit.cloud.errors import BadRequest, Forbidden, NotFound
from kit.cloud.store import Row

_HARD = ["anti-affinity", "affinity"]
_ALL = [*_HARD, "soft-anti-affinity", "soft-affinity"]


def _policies(words: list[str]) -> Form:
    policies = {
        "type": "array",
        "items": {"type": "string", "enum": words},
        "uniqueItems": True,
        "minItems": 1,
        "maxItems": 1,
    }
    return body_of("server_group", fields({"name": NAME, "policies": policies}, "name", "policies"))


CREATE = _policies(_HARD)
CREATE_215 = _policies(_ALL)
_RULES = fields({"max_server_per_host": POSITIVE})
CREATE_264 = body_of(
    "server_group",
    fields({"name": NAME, "policy": {"type": "string", "enum": _ALL}, "rules": _RULES}, "name", "policy"),
)


def find(call: Call, group_id: str) -> Row | None:
    """The caller's group of that id."""
    row = call.tx.get(server_groups, group_id)
    mine = row is not None and (call.context.is_admin or row["project_id"] == call.context.project_id)
    return row if mine else None


def members(call: Call, group_id: str) -> list[str]:
    """The ids of the servers in a group."""
    rows = call.tx.rows(servers, servers.c.deleted_at.is_(None), server_group_id=group_id, order=servers.c.number)
    return [row["id"] for row in rows]


def document(call: Call, row: Row) -> dict[str, Any]:
    """A group as Nova shows it at the request's microversion."""
    shown: dict[str, Any] = {"id": row["id"], "name": row["name"], "members": members(call, row["id"])}
    if call.at_least("2.64"):
        shown |= {"policy": row["policy"], "rules": row["rules"] or {}}
    else:
        shown |= {"policies": [row["policy"]], "metadata": {}}
    if call.at_least("2.13"):
        shown |= {"project_id": row["project_id"], "user_id": row["user_id"]}
    return shown


def index(call: Call) -> dict[str, Any]:
    """List groups."""
    everything = "all_projects" in call.query and call.context.is_admin
    where = [] if everything else [server_groups.c.project_id == call.project_id]
    rows = call.tx.rows(server_groups, *where, order=[server_groups.c.created_at, server_groups.c.id])
    start, limit = number(call, "offset", 0), number(call, "limit", 1000)
    return {"server_groups": [document(call, row) for row in rows[start : start + limit]]}


def create(call: Call) -> dict[str, Any]:
    """Create a group."""
    schema = CREATE_264 if call.at_least("2.64") else CREATE_215 if call.at_least("2.15") else CREATE
    given = body(call, schema)["server_group"]
    policy = given.get("policy") or given["policies"][0]
    rules = {key: int(value) for key, value in (given.get("rules") or {}).items()}
    if rules and policy != "anti-affinity":
        raise BadRequest("Only anti-affinity policy supports rules.")
    limit = limits(call, call.project_id)["server_groups"]
    if 0 <= limit <= call.tx.count(server_groups, project_id=call.project_id):
        raise Forbidden("Quota exceeded, too many server groups.")
    row = call.tx.insert(
        server_groups, id=call.tx.ids.uuid(), name=given["name"], user_id=call.context.user_id, project_id=call.project_id,
        policy=policy, rules=rules, created_at=call.tx.stamp,
    )  # fmt: skip
    return {"server_group": document(call, row)}


def _one(call: Call, group_id: str) -> Row:
    row = find(call, group_id)
    if row is None:
        raise NotFound(f"Instance group {group_id} could not be found.")
    return row


def show(call: Call, group_id: str) -> dict[str, Any]:
    """Show a group."""
    return {"server_group": document(call, _one(call, group_id))}


def delete(call: Call, group_id: str) -> None:
    """Delete a group; its servers stay."""
    row = _one(call, group_id)
    for server in call.tx.rows(servers, server_group_id=row["id"]):
        call.tx.update(servers, server["id"], server_group_id=None)
    call.tx.delete(server_groups, id=row["id"])
