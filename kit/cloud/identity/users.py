"""Users and their passwords."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Call
from kit.cloud.errors import BadRequest, Unauthorized
from kit.cloud.identity import tokens, trusts
from kit.cloud.identity.common import (
    FLAG,
    ID,
    NAME,
    TEXT,
    body,
    changes,
    domain_of,
    duplicate,
    extras,
    fetch,
    fits,
    forbid,
    listing,
    meant_domain,
    missing,
    require_admin,
    require_reader,
    schema,
    self_link,
    within,
)  # fmt: skip
from kit.cloud.identity.models import assignments, credentials, digest, group_members, groups, matches, projects, users
from kit.cloud.store import Row

_SWITCH = {"type": ["boolean", "null"]}
_OPTIONS = {
    "type": "object", "additionalProperties": False,
    "properties": {
        **dict.fromkeys((
            "ignore_change_password_upon_first_use", "ignore_password_expiry", "ignore_lockout_failure_attempts",
            "lock_password", "ignore_user_inactivity", "multi_factor_auth_enabled",
        ), _SWITCH),
        "multi_factor_auth_rules": {
            "type": ["array", "null"], "uniqueItems": True,
            "items": {"type": "array", "items": {"type": "string"}, "minItems": 1, "uniqueItems": True},
        },
    },
}  # fmt: skip
_FIELDS = {
    "default_project_id": {**ID, "type": ["string", "null"]}, "description": TEXT, "domain_id": ID, "enabled": FLAG,
    "name": NAME, "password": TEXT, "options": _OPTIONS,
}  # fmt: skip
CREATE = schema(["name"], **_FIELDS)
UPDATE = changes(**_FIELDS)
PASSWORD = {
    "type": "object",
    "properties": {"original_password": {"type": "string"}, "password": {"type": "string"}},
    "required": ["original_password", "password"],
    "additionalProperties": False,
}


def show_row(call: Call, row: Row) -> dict[str, Any]:
    """A user as Keystone shows it: extras first, a default project only where there is one."""
    shown = {
        **(row["extra"] or {}),
        "id": row["id"], "name": row["name"], "domain_id": row["domain_id"], "enabled": row["enabled"],
        "password_expires_at": row["password_expires_at"], "options": row["options"] or {},
        "links": self_link(call, f"users/{row['id']}"),
    }  # fmt: skip
    if row["default_project_id"]:
        shown["default_project_id"] = row["default_project_id"]
    return shown


def _user(call: Call, user_id: str) -> Row:
    return fetch(call, users, "user", user_id)


def index(call: Call) -> dict[str, Any]:
    """List users."""
    require_reader(call, "list_users")
    rows = call.tx.rows(users, order=users.c.name)
    return listing(call, "users", (show_row(call, row) for row in rows if within(call, row)))


def create(call: Call) -> dict[str, Any]:
    """Create a user."""
    require_admin(call, "create_user", meant_domain(call, "user"))
    given = body(call, "user", CREATE)
    domain_id = given.get("domain_id") or call.context.domain_id or call.context.user_domain_id
    fetch(call, projects, "domain", domain_id, is_domain=True)
    _unique(call, given["name"], domain_id)
    row = call.tx.insert(
        users, id=call.tx.ids.hex(), name=given["name"], domain_id=domain_id, enabled=given.get("enabled", True),
        default_project_id=given.get("default_project_id"), options=given.get("options") or {},
        password_hash=_hash(call, given.get("password")), extra=extras(given, users, "password", "federated"),
    )  # fmt: skip
    return {"user": show_row(call, row)}


def _hash(call: Call, password: str | None) -> str | None:
    return digest(password, call.tx.ids.secret(9)) if password else None


def _unique(call: Call, name: str, domain_id: str) -> None:
    if call.tx.first(users, name=name, domain_id=domain_id):
        raise duplicate("user", f"Duplicate entry found with name {name} at domain ID {domain_id}")


def show(call: Call, user_id: str) -> dict[str, Any]:
    """Show a user; everyone may look at themselves."""
    if user_id != call.context.user_id:
        require_reader(call, "get_user", domain_of(call, users, user_id))
    return {"user": show_row(call, _user(call, user_id))}


def update(call: Call, user_id: str) -> dict[str, Any]:
    """Change a user; a new password or a disabling ends the user's tokens."""
    require_admin(call, "update_user", domain_of(call, users, user_id))
    row = _user(call, user_id)
    given = body(call, "user", UPDATE)
    if "domain_id" in given and given["domain_id"] != row["domain_id"]:
        raise BadRequest("Cannot change Domain ID")
    if "name" in given and given["name"] != row["name"]:
        _unique(call, given["name"], row["domain_id"])
    names = ("name", "enabled", "default_project_id", "options")
    fields: dict[str, Any] = {key: given[key] for key in names if key in given}
    fields["extra"] = {**(row["extra"] or {}), **extras(given, users, "password", "federated")}
    if given.get("password"):
        fields["password_hash"] = _hash(call, given["password"])
    call.tx.update(users, user_id, **fields)
    if "password_hash" in fields or fields.get("enabled") is False:
        tokens.revoke(call.tx, user_id=user_id)
    return {"user": {**show_row(call, {**row, **fields}), "extra": fields["extra"]}}


def delete(call: Call, user_id: str) -> None:
    """Delete a user, and with it its tokens and assignments."""
    require_admin(call, "delete_user", domain_of(call, users, user_id))
    _user(call, user_id)
    tokens.revoke(call.tx, user_id=user_id)
    trusts.end_of_user(call.tx, user_id)
    call.tx.delete(credentials, user_id=user_id)
    call.tx.delete(assignments, actor_type="user", actor_id=user_id)
    call.tx.delete(users, id=user_id)


def change_password(call: Call, user_id: str) -> None:
    """Change one's own password, knowing the old one; all tokens of the user end."""
    data = call.json()
    given = fits(data.get("user", {}) if isinstance(data, dict) else {}, PASSWORD)
    if user_id != call.context.user_id and not call.context.is_admin:
        raise forbid("change_password")
    row = _user(call, user_id)
    if not matches(given["original_password"], row["password_hash"]):
        raise Unauthorized("The request you have made requires authentication.")
    call.tx.update(users, user_id, password_hash=_hash(call, given["password"]))
    tokens.revoke(call.tx, user_id=user_id)


def groups_of(call: Call, user_id: str) -> dict[str, Any]:
    """The groups a user is in."""
    from kit.cloud.identity.groups import show_row as group_row

    if user_id != call.context.user_id:
        require_reader(call, "list_groups_for_user", domain_of(call, users, user_id))
    if call.tx.get(users, user_id) is None:
        raise missing("user", user_id)
    mine = {row["group_id"] for row in call.tx.rows(group_members, user_id=user_id)}
    rows = call.tx.rows(groups, id=mine, order=groups.c.name)
    return listing(
        call, "groups", ({**group_row(call, row), "membership_expires_at": None} for row in rows if within(call, row))
    )
