"""Trusts: one user lets another act in a project, with some of the first one's roles."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.clock import stamp
from kit.cloud.errors import BadRequest, Forbidden
from kit.cloud.identity import tokens
from kit.cloud.identity.assignments import effective_roles
from kit.cloud.identity.common import (
    FLAG,
    ID,
    body,
    fetch,
    forbid,
    links,
    listing,
    missing,
    no_domain,
    overlooks,
    schema,
    self_link,
)
from kit.cloud.identity.models import projects, trusts, users
from kit.cloud.identity.models import roles as role_table
from kit.cloud.identity.roles import show_row as role_document
from kit.cloud.store import Row, Transaction

_CLIENT_ERROR = (
    "The server could not comply with the request since it is either malformed or otherwise incorrect. "
    "The client is assumed to be in error."
)
CREATE = schema(
    ["trustee_user_id", "trustor_user_id", "impersonation"],
    trustee_user_id=ID, trustor_user_id=ID, impersonation=FLAG, project_id={**ID, "type": ["string", "null"]},
    expires_at={"type": ["null", "string"]}, remaining_uses={"type": ["integer", "null"], "minimum": 1},
    allow_redelegation={"type": ["boolean", "null"]}, redelegation_count={"type": ["integer", "null"], "minimum": 0},
    roles={
        "type": "array",
        "items": {"type": "object", "properties": {"id": ID, "name": {"type": "string", "minLength": 1}}},
    },
)  # fmt: skip


def moment(call: Call, text: str | None) -> str | None:
    """A body's `expires_at` as a stamp.

    Raises
    ------
    BadRequest
        When it is no ISO 8601 time, or lies in the past.
    """
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text.removesuffix("Z"))
        if found.tzinfo is not None:  # Keystone adds a Z to whatever has none
            raise ValueError(text)
    except ValueError:
        raise BadRequest(f"Timestamp not in expected format. {_CLIENT_ERROR}") from None
    if stamp(found) < call.tx.stamp:
        raise BadRequest(f"The 'expires_at' must not be before now. {_CLIENT_ERROR}")
    return stamp(found)


def valid(tx: Transaction, trust_id: str) -> Row | None:
    """The trust of that id while it has neither ended nor been used up."""
    row = tx.get(trusts, trust_id)
    ended = row is not None and row["expires_at"] is not None and row["expires_at"] <= tx.stamp
    return None if row is None or ended or row["remaining_uses"] == 0 else row


def find(call: Call, trust_id: str) -> Row:
    """The trust of that id.

    Raises
    ------
    NotFound
        When there is none, or it has ended.
    """
    row = valid(call.tx, trust_id)
    if row is None:
        raise missing("trust", trust_id)
    return row


def _summary(call: Call, row: Row) -> dict[str, Any]:
    names = (
        "id", "trustor_user_id", "trustee_user_id", "project_id", "impersonation", "remaining_uses",
        "redelegation_count", "redelegated_trust_id",
    )  # fmt: skip
    shown = {name: row[name] for name in names}
    expires = row["expires_at"] + "Z" if row["expires_at"] else None
    return {
        **shown,
        "expires_at": expires,
        "deleted_at": None,
        "links": self_link(call, f"OS-TRUST/trusts/{row['id']}"),
    }


def show_row(call: Call, row: Row) -> dict[str, Any]:
    """A trust as Keystone shows it, roles included."""
    path = f"{call.root}/v3/{row['id']}/roles"  # so does Keystone
    role_links = {"self": path, "next": None, "previous": None}
    return {**_summary(call, row), "roles": _roles(call, row), "roles_links": role_links}


def _roles(call: Call, row: Row) -> list[dict[str, Any]]:
    found = (call.tx.get(role_table, id) for id, _ in row["roles"])
    return [role_document(call, role) for role in found if role is not None]


def _party(call: Call, row: Row, operation: str = "get_trust") -> None:
    """Refuse whoever is neither a party of the trust nor somebody who may look at all."""
    context = call.context
    no_domain(call, operation)
    if not (context.user_id in (row["trustor_user_id"], row["trustee_user_id"]) or overlooks(context)):
        raise forbid(operation)


def index(call: Call) -> dict[str, Any]:
    """List trusts: all for the administrator; as trustor or as trustee for everyone."""
    trustor, trustee = call.query.one("trustor_user_id"), call.query.one("trustee_user_id")
    context = call.context
    rule = "list_trusts_for_trustee" if trustee else "list_trusts_for_trustor" if trustor else "list_trusts"
    no_domain(call, rule)
    if not overlooks(context):
        mine = {id for id in (trustor, trustee) if id is not None}
        if mine != {context.user_id}:
            raise forbid(rule)
    rows = [row for row in call.tx.rows(trusts, order=trusts.c.id) if valid(call.tx, row["id"])]
    return listing(call, "trusts", (_summary(call, row) for row in rows))


def create(call: Call) -> Answer:
    """Make a trust; only the trustor may."""
    given = body(call, "trust", CREATE)
    if call.context.user_id != given["trustor_user_id"] or call.context.system:
        raise forbid("create_trust")
    no_domain(call, "create_trust")
    if call.context.token.get("restricted"):
        raise Forbidden("Using method 'application_credential' is not allowed for managing trusts.")
    if given.get("project_id") and not given.get("roles"):
        raise Forbidden(
            "You are not authorized to perform the requested action: At least one role should be specified."
        )
    fetch(call, users, "user", given["trustee_user_id"])
    if given.get("project_id"):
        fetch(call, projects, "project", given["project_id"])
    parent = valid(call.tx, call.context.token.get("trust_id") or "")
    if parent is not None and not parent["redelegation_count"]:
        raise Forbidden("Redelegation allowed for delegated by trust only")
    row = call.tx.insert(
        trusts, id=call.tx.ids.hex(), trustor_user_id=given["trustor_user_id"],
        trustee_user_id=given["trustee_user_id"], project_id=given.get("project_id"),
        impersonation=given["impersonation"], remaining_uses=given.get("remaining_uses"),
        expires_at=moment(call, given.get("expires_at")), roles=_delegated(call, given),
        redelegation_count=(given.get("redelegation_count") or 3) if given.get("allow_redelegation") else 0,
        redelegated_trust_id=parent["id"] if parent else None,
    )  # fmt: skip
    return Answer(201, {"trust": show_row(call, row)})


def _delegated(call: Call, given: dict[str, Any]) -> list[list[str]]:
    """The [id, name] of the roles of a new trust, each of which the trustor has in the project."""
    held = effective_roles(call.tx, given["trustor_user_id"], project_id=given.get("project_id"))
    found: list[list[str]] = []
    for role in given.get("roles") or []:
        if not ("id" in role or "name" in role):
            raise BadRequest(f"At least one of roles' id or name must be specified. {_CLIENT_ERROR}")
        match = [pair for pair in held if role.get("id", pair[0]) == pair[0] and role.get("name", pair[1]) == pair[1]]
        if not match:
            raise missing("role", role.get("id") or role.get("name"))
        found += match
    return found


def show(call: Call, trust_id: str) -> dict[str, Any]:
    """Show a trust to its parties."""
    row = find(call, trust_id)
    _party(call, row)
    return {"trust": show_row(call, row)}


def delete(call: Call, trust_id: str) -> None:
    """End a trust, what was delegated further by it, and the tokens made with it."""
    row = find(call, trust_id)
    if not (call.context.is_admin or call.context.user_id == row["trustor_user_id"]):
        raise Forbidden("Only admin or trustor can delete a trust")
    _end(call.tx, trust_id)


def _end(tx: Transaction, trust_id: str) -> None:
    for below in tx.rows(trusts, redelegated_trust_id=trust_id):
        _end(tx, below["id"])
    tokens.revoke(tx, trust_id=trust_id)
    tx.delete(trusts, id=trust_id)


def end_of_user(tx: Transaction, user_id: str) -> None:
    """End all trusts that a user is a party of."""
    for row in tx.rows(trusts, (trusts.c.trustor_user_id == user_id) | (trusts.c.trustee_user_id == user_id)):
        _end(tx, row["id"])


def role_index(call: Call, trust_id: str) -> dict[str, Any]:
    """The roles that a trust delegates."""
    row = find(call, trust_id)
    _party(call, row, "list_roles_for_trust")
    return {"roles": _roles(call, row), "links": links(call)}


def role_show(call: Call, trust_id: str, role_id: str) -> dict[str, Any]:
    """One of the roles that a trust delegates."""
    row = find(call, trust_id)
    _party(call, row, "get_role_for_trust")
    for role in _roles(call, row):
        if role["id"] == role_id:
            return {"role": role}
    raise missing("role", role_id)


def scope(call: Call, trust_id: str, user: Row) -> tuple[dict[str, Any], list[list[str]], Row]:
    """What a token scoped to a trust may do, and the user that it speaks for.

    Raises
    ------
    Forbidden
        When the caller is not the trustee, or the trustor has lost a role that the trust delegates.
    """
    row = find(call, trust_id)
    if row["trustee_user_id"] != user["id"]:
        raise Forbidden("User is not a trustee.")
    trustor = call.tx.get(users, row["trustor_user_id"])
    project = call.tx.get(projects, row["project_id"]) if row["project_id"] else None
    if trustor is None or not trustor["enabled"] or (row["project_id"] and not (project and project["enabled"])):
        raise Forbidden("Trustor is disabled.")
    held = effective_roles(call.tx, trustor["id"], project_id=row["project_id"])
    if any(pair not in held for pair in row["roles"]):
        raise Forbidden("You are not authorized to perform the requested action.")
    if row["remaining_uses"]:
        call.tx.update(trusts, trust_id, remaining_uses=row["remaining_uses"] - 1)
    fields: dict[str, Any] = {"trust_id": trust_id, "restricted": True}
    if project:
        fields |= {"project_id": project["id"], "project_name": project["name"]}
    if row["expires_at"]:
        fields["expires_at"] = min(row["expires_at"], tokens.end(call.tx))
    return fields, row["roles"], trustor if row["impersonation"] else user
