"""Application credentials: a password of its own for a program, in one project."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.errors import BadRequest, Forbidden, NotFound
from kit.cloud.identity import access_rules, tokens
from kit.cloud.identity.assignments import implied
from kit.cloud.identity.common import (
    ID,
    NAME,
    TEXT,
    body,
    duplicate,
    fetch,
    forbid,
    listing,
    no_domain,
    overlooks,
    schema,
    self_link,
)
from kit.cloud.identity.models import app_credentials, digest
from kit.cloud.identity.models import roles as role_table
from kit.cloud.identity.trusts import moment
from kit.cloud.store import Row

_ROLE = {
    "type": "object", "properties": {"id": ID, "name": NAME}, "minProperties": 1, "maxProperties": 1,
    "additionalProperties": False,
}  # fmt: skip

CREATE = schema(
    ["name"],
    name=NAME, description=TEXT, secret={"type": ["string", "null"]}, expires_at={"type": ["string", "null"]},
    roles={"type": "array", "items": _ROLE}, unrestricted={"type": ["boolean", "null"]},
    access_rules={"type": "array", "items": access_rules.FORM},
)  # fmt: skip


def show_row(call: Call, row: Row) -> dict[str, Any]:
    """An application credential as Keystone shows it, without its secret."""
    shown = {
        "id": row["id"], "name": row["name"], "description": row["description"], "project_id": row["project_id"],
        "user_id": row["user_id"], "unrestricted": row["unrestricted"], "expires_at": row["expires_at"],
        "roles": _carried(call, row["roles"]), "system": None,
        "links": self_link(call, f"application_credentials/{row['id']}"),
    }  # fmt: skip
    return {**shown, "access_rules": row["access_rules"]} if row["access_rules"] else shown


def _carried(call: Call, pairs: list[list[str]]) -> list[dict[str, Any]]:
    """The roles of a credential; one that is gone is still told by id and name."""
    there = {row["id"]: row for row in call.tx.rows(role_table, id=[id for id, _ in pairs])}
    plain: dict[str, Any] = {"description": None, "options": {}}
    return [
        {"id": id, "name": name, "domain_id": None, **{key: there.get(id, plain)[key] or plain[key] for key in plain}}
        for id, name in pairs
    ]


def _may(call: Call, user_id: str, operation: str) -> None:
    no_domain(call, operation)
    looks = operation.startswith(("get_", "list_")) and overlooks(call.context)
    if user_id != call.context.user_id and not call.context.is_admin and not looks:
        raise forbid(operation)


def _unrestricted(call: Call) -> None:
    """Refuse a token that comes from a restricted application credential: it may make no others."""
    if call.context.token.get("restricted"):
        raise Forbidden(
            "You are not authorized to perform the requested action: Using method 'application_credential' is not "
            "allowed for managing additional application credentials.."
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
        secret_hash=digest(secret, call.tx.ids.secret(9)), expires_at=moment(call, given.get("expires_at") or None),
        roles=_roles(call, given.get("roles")), unrestricted=bool(given.get("unrestricted")),
        access_rules=access_rules.keep(call, user_id, given.get("access_rules") or []),
    )  # fmt: skip
    return Answer(201, {"application_credential": {**show_row(call, row), "secret": secret}})


def _roles(call: Call, wanted: list[dict[str, Any]] | None) -> list[list[str]]:
    """The roles that the credential carries: those named with what they imply, or all of the token's.

    Raises
    ------
    NotFound
        When no role has that name.
    BadRequest
        When the token does not have one of them.
    """
    held = call.context.token["roles"]
    if not wanted:
        return list(held)
    found: list[str] = []
    for role in wanted:
        named = [role] if "id" in role else call.tx.rows(role_table, name=role["name"], absent=("domain_id",))
        if not named:
            raise NotFound(f"Role {role['name']} is not defined")
        found += [id for id in implied(call.tx, named[0]["id"]) if id not in found]
    names = dict(held)
    if not names.keys() >= set(found):
        raise BadRequest("Invalid application credential: Cannot create an application credential with unassigned role")
    return [[id, names[id]] for id in found]


def _one(call: Call, user_id: str, id: str) -> Row:
    return fetch(call, app_credentials, "Application Credential", id, user_id=user_id)


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
