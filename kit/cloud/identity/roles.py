"""Roles, and which role implies which."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.errors import BadRequest, Forbidden, NotFound
from kit.cloud.identity import tokens
from kit.cloud.identity.common import (
    ID,
    IMMUTABLE,
    NAME,
    TEXT,
    body,
    changes,
    duplicate,
    extras,
    fetch,
    listing,
    mutable,
    require_admin,
    require_reader,
    schema,
    self_link,
)  # fmt: skip
from kit.cloud.identity.models import assignments, implied_roles, roles
from kit.cloud.store import Row

_FIELDS = {"name": NAME, "description": TEXT, "domain_id": {**ID, "type": ["string", "null"]}, "options": IMMUTABLE}
CREATE = schema(["name"], **_FIELDS)
UPDATE = changes(**_FIELDS)
# Keystone's `[assignment] prohibited_implied_role`: nobody becomes an administrator by the way.
PROHIBITED = ("admin",)


def show_row(call: Call, row: Row) -> dict[str, Any]:
    """A role as Keystone shows it."""
    return {
        **(row["extra"] or {}),
        "id": row["id"], "name": row["name"], "domain_id": row["domain_id"], "description": row["description"],
        "options": row["options"] or {}, "links": self_link(call, f"roles/{row['id']}"),
    }  # fmt: skip


def role(call: Call, role_id: str) -> Row:
    """The role's row."""
    return fetch(call, roles, "role", role_id)


def _unique(call: Call, name: str, domain_id: str | None) -> None:
    rows = call.tx.rows(roles, name=name)
    if any(row["domain_id"] == domain_id for row in rows):
        raise duplicate("role", f"Duplicate entry found with name {name}")


def index(call: Call) -> dict[str, Any]:
    """List roles; those of a domain only when the query names it."""
    domain = call.query.one("domain_id")
    if domain or not ("manager" in call.context.roles and call.context.domain_id):
        require_reader(call, "list_domain_roles" if domain else "list_roles")
    rows = [row for row in call.tx.rows(roles, order=roles.c.name) if row["domain_id"] == domain]
    return listing(call, "roles", (show_row(call, row) for row in rows))


def create(call: Call) -> dict[str, Any]:
    """Create a role."""
    require_admin(call, "create_role")
    given = body(call, "role", CREATE)
    _unique(call, given["name"], given.get("domain_id"))
    row = call.tx.insert(
        roles, id=call.tx.ids.hex(), name=given["name"], domain_id=given.get("domain_id"),
        description=given.get("description"), options=given.get("options") or {}, extra=extras(given, roles),
    )  # fmt: skip
    return {"role": show_row(call, row)}


# The roles that a domain's manager may give (Keystone's rule `domain_managed_target_role`).
_MANAGED = ("manager", "member", "reader")


def _of_kind(verb: str, row: Row) -> str:
    return f"{verb}_role" if row["domain_id"] is None else f"{verb}_domain_role"


def show(call: Call, role_id: str) -> dict[str, Any]:
    """Show a role."""
    row = role(call, role_id)
    of_domain = row["domain_id"] is not None
    if of_domain or row["name"] not in _MANAGED or "manager" not in call.context.roles:
        require_reader(call, "get_domain_role" if of_domain else "get_role")
    return {"role": show_row(call, row)}


def update(call: Call, role_id: str) -> dict[str, Any]:
    """Change a role."""
    row = role(call, role_id)
    require_admin(call, _of_kind("update", row))
    given = body(call, "role", UPDATE)
    mutable(row, given, "role")
    if given.get("domain_id", row["domain_id"]) != row["domain_id"]:
        raise BadRequest("Update of `domain_id` is not allowed.")
    if "name" in given and given["name"] != row["name"]:
        _unique(call, given["name"], row["domain_id"])
    fields: dict[str, Any] = {key: given[key] for key in ("name", "description") if key in given}
    if "options" in given:
        fields["options"] = {**(row["options"] or {}), **given["options"]}
    fields["extra"] = {**(row["extra"] or {}), **extras(given, roles)}
    call.tx.update(roles, role_id, **fields)
    return {"role": show_row(call, {**row, **fields})}


def delete(call: Call, role_id: str) -> None:
    """Delete a role, and all assignments of it."""
    row = role(call, role_id)
    require_admin(call, _of_kind("delete", row))
    mutable(row, None, "role")
    users = {row["actor_id"] for row in call.tx.rows(assignments, role_id=role_id)}
    call.tx.delete(roles, id=role_id)
    for user_id in sorted(users):
        tokens.refresh(call.tx, user_id)


# One role implying another


def _short(call: Call, row: Row) -> dict[str, Any]:
    return {"id": row["id"], "name": row["name"], "links": self_link(call, f"roles/{row['id']}")}


def inference_index(call: Call) -> dict[str, Any]:
    """All roles that imply others."""
    require_reader(call, "list_role_inference_rules")
    found = []
    for prior in call.tx.rows(roles, order=roles.c.name):
        implied = _implied(call, prior["id"])
        if implied:
            found.append({"prior_role": _short(call, prior), "implies": [_short(call, row) for row in implied]})
    return {"role_inferences": found}


def _implied(call: Call, role_id: str) -> list[Row]:
    rules = call.tx.rows(implied_roles, prior_role_id=role_id, order=implied_roles.c.id)
    found = (call.tx.get(roles, rule["implied_role_id"]) for rule in rules)
    return [row for row in found if row is not None]


def implied_index(call: Call, role_id: str) -> dict[str, Any]:
    """What one role implies."""
    require_reader(call, "list_implied_roles")
    prior = role(call, role_id)
    implies = [_short(call, row) for row in _implied(call, role_id)]
    return {"role_inference": {"prior_role": _short(call, prior), "implies": implies}, "links": {"self": call.url}}


def _rule(call: Call, role_id: str, implied_id: str) -> dict[str, Any]:
    prior, implied = role(call, role_id), role(call, implied_id)
    inference = {"prior_role": _short(call, prior), "implies": _short(call, implied)}
    return {"role_inference": inference, "links": {"self": call.url}}


def implied_create(call: Call, role_id: str, implied_id: str) -> Answer:
    """Let one role imply another."""
    require_admin(call, "create_implied_role")
    shown = _rule(call, role_id, implied_id)
    prior, implied = role(call, role_id), role(call, implied_id)
    if implied["name"] in PROHIBITED or (prior["domain_id"] is None and implied["domain_id"] is not None):
        raise Forbidden(f"{implied_id} cannot be an implied roles.")
    if call.tx.first(implied_roles, prior_role_id=role_id, implied_role_id=implied_id):
        raise duplicate("implied_role", "Duplicate entry")
    call.tx.insert(implied_roles, prior_role_id=role_id, implied_role_id=implied_id)
    return Answer(201, shown)


def implied_show(call: Call, role_id: str, implied_id: str) -> dict[str, Any]:
    """Whether one role implies another."""
    require_reader(call, "get_implied_role")
    shown = _rule(call, role_id, implied_id)
    if call.tx.first(implied_roles, prior_role_id=role_id, implied_role_id=implied_id) is None:
        raise NotFound(f"{role_id} does not imply {implied_id}.")
    return shown


def implied_check(call: Call, role_id: str, implied_id: str) -> None:
    """Whether one role implies another, without a body."""
    implied_show(call, role_id, implied_id)


def implied_delete(call: Call, role_id: str, implied_id: str) -> None:
    """Let one role no longer imply another."""
    require_admin(call, "delete_implied_role")
    implied_show(call, role_id, implied_id)
    call.tx.delete(implied_roles, prior_role_id=role_id, implied_role_id=implied_id)
