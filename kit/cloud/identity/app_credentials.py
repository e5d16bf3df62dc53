"""Application credentials: a password of its own for a program, in one project."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.clock import stamp
from kit.cloud.errors import BadRequest, Forbidden
from kit.cloud.identity import access_rules, tokens
from kit.cloud.identity.common import NAME, TEXT, body, duplicate, fetch, forbid, listing, missing, schema, self_link
from kit.cloud.identity.models import app_credentials, digest
from kit.cloud.store import Row

CREATE = schema(
    ["name"],
    name=NAME, description=TEXT, secret={"type": ["string", "null"]}, expires_at={"type": ["string", "null"]},
    roles={"type": "array", "items": {"type": "object"}}, unrestricted={"type": ["boolean", "null"]},
    access_rules={"type": "array", "items": access_rules.FORM},
)  # fmt: skip


def show_row(call: Call, row: Row) -> dict[str, Any]:
    """An application credential as Keystone shows it, without its secret."""
    return {
        "id": row["id"], "name": row["name"], "description": row["description"], "project_id": row["project_id"],
        "user_id": row["user_id"], "unrestricted": row["unrestricted"], "expires_at": row["expires_at"],
        "roles": [{"id": id, "name": name, "domain_id": None} for id, name in row["roles"]],
        "access_rules": row["access_rules"] or [],
        "system": None,
        "links": self_link(call, f"users/{row['user_id']}/application_credentials/{row['id']}"),
    }  # fmt: skip


def _may(call: Call, user_id: str, operation: str) -> None:
    if user_id != call.context.user_id and not call.context.is_admin:
        raise forbid(operation)


def _unrestricted(call: Call) -> None:
    """Refuse a token that comes from a restricted application credential: it may make no others."""
    if call.context.token.get("restricted"):
        raise Forbidden(
            "Using method 'application_credential' is not allowed for managing additional application credentials."
        )


def index(call: Call, user_id: str) -> dict[str, Any]:
    """List a user's application credentials."""
    _may(call, user_id, "list_application_credentials")
    rows = call.tx.rows(app_credentials, user_id=user_id, order=app_credentials.c.name)
    return listing(call, "application_credentials", (show_row(call, row) for row in rows))


def create(call: Call, user_id: str) -> Answer:
    """Make an application credential for the token's project; the secret is shown this once."""
    if user_id != call.context.user_id:
        raise forbid("create_application_credential")
    _unrestricted(call)
    given = body(call, "application_credential", CREATE)
    if call.context.project_id is None:
        raise BadRequest("Application credentials can only be made with a project-scoped token.")
    if call.tx.first(app_credentials, name=given["name"], user_id=user_id):
        raise duplicate("application_credential", f"Duplicate entry found with name {given['name']}")
    secret = given.get("secret") or call.tx.ids.secret(64)
    row = call.tx.insert(
        app_credentials, id=call.tx.ids.hex(), name=given["name"], user_id=user_id,
        project_id=call.context.project_id, description=given.get("description"),
        secret_hash=digest(secret, call.tx.ids.secret(9)), expires_at=_moment(call, given.get("expires_at")),
        roles=_roles(call, given.get("roles")), unrestricted=bool(given.get("unrestricted")),
        access_rules=access_rules.keep(call, user_id, given.get("access_rules") or []),
    )  # fmt: skip
    return Answer(201, {"application_credential": {**show_row(call, row), "secret": secret}})


def _moment(call: Call, text: str | None) -> str | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text.removesuffix("Z"))
    except ValueError:
        raise BadRequest(
            f"Invalid input for field 'expires_at': {text!r} is not an ISO 8601 time, such as 2030-01-31T12:00:00Z."
        ) from None
    if stamp(moment) <= call.tx.stamp:
        raise BadRequest("Invalid input for field 'expires_at': it lies in the past.")
    return stamp(moment)


def _roles(call: Call, wanted: list[dict[str, Any]] | None) -> list[list[str]]:
    """The roles that the credential carries: those named, which the token must have, or all of the token's."""
    held = call.context.token["roles"]
    if not wanted:
        return list(held)
    found = []
    for role in wanted:
        match = [pair for pair in held if role.get("id") == pair[0] or role.get("name") == pair[1]]
        if not match:
            raise missing("role assignment with role", role.get("id") or role.get("name"))
        found += match
    return found


def _one(call: Call, user_id: str, id: str) -> Row:
    return fetch(call, app_credentials, "application credential", id, user_id=user_id)


def show(call: Call, user_id: str, id: str) -> dict[str, Any]:
    """Show one."""
    _may(call, user_id, "get_application_credential")
    return {"application_credential": show_row(call, _one(call, user_id, id))}


def delete(call: Call, user_id: str, id: str) -> None:
    """Delete one; the tokens made with it end."""
    _may(call, user_id, "delete_application_credential")
    _unrestricted(call)
    _one(call, user_id, id)
    tokens.revoke(call.tx, app_credential_id=id)
    call.tx.delete(app_credentials, id=id)
