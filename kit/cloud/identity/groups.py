"""Groups of users."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Call
from kit.cloud.errors import BadRequest, NotFound
from kit.cloud.identity import tokens, users
from kit.cloud.identity.common import (
    ID,
    NAME,
    TEXT,
    body,
    changes,
    domain_of,
    duplicate,
    extras,
    fetch,
    listing,
    meant_domain,
    require_admin,
    require_reader,
    schema,
    self_link,
    within,
)  # fmt: skip
from kit.cloud.identity.models import assignments, group_members, groups, projects
from kit.cloud.identity.models import users as user_table
from kit.cloud.store import Row

_FIELDS = {"name": {**NAME, "maxLength": 64}, "description": TEXT, "domain_id": ID}
CREATE = schema(["name"], **_FIELDS)
UPDATE = changes(**_FIELDS)


def show_row(call: Call, row: Row) -> dict[str, Any]:
    """A group as Keystone shows it."""
    return {
        **(row["extra"] or {}),
        "id": row["id"], "name": row["name"], "domain_id": row["domain_id"], "description": row["description"],
        "links": self_link(call, f"groups/{row['id']}"),
    }  # fmt: skip


def _group(call: Call, group_id: str) -> Row:
    return fetch(call, groups, "group", group_id)


def _unique(call: Call, name: str, domain_id: str) -> None:
    if call.tx.first(groups, name=name, domain_id=domain_id):
        raise duplicate("group", f"Duplicate entry found with name {name} at domain ID {domain_id}")


def index(call: Call) -> dict[str, Any]:
    """List groups."""
    require_reader(call, "list_groups")
    rows = call.tx.rows(groups, order=groups.c.name)
    return listing(call, "groups", (show_row(call, row) for row in rows if within(call, row)))


def create(call: Call) -> dict[str, Any]:
    """Create a group."""
    require_admin(call, "create_group", meant_domain(call, "group"))
    given = body(call, "group", CREATE)
    domain_id = given.get("domain_id") or call.context.domain_id or call.context.user_domain_id
    fetch(call, projects, "domain", domain_id, is_domain=True)
    _unique(call, given["name"], domain_id)
    row = call.tx.insert(
        groups, id=call.tx.ids.hex(), name=given["name"], domain_id=domain_id,
        description=given.get("description") or "", extra=extras(given, groups),
    )  # fmt: skip
    return {"group": show_row(call, row)}


def show(call: Call, group_id: str) -> dict[str, Any]:
    """Show a group."""
    require_reader(call, "get_group", domain_of(call, groups, group_id))
    return {"group": show_row(call, _group(call, group_id))}


def update(call: Call, group_id: str) -> dict[str, Any]:
    """Change a group."""
    require_admin(call, "update_group", domain_of(call, groups, group_id))
    row = _group(call, group_id)
    given = body(call, "group", UPDATE)
    if given.get("domain_id", row["domain_id"]) != row["domain_id"]:
        raise BadRequest("Cannot change Domain ID")
    if "name" in given and given["name"] != row["name"]:
        _unique(call, given["name"], row["domain_id"])
    fields: dict[str, Any] = {key: given[key] for key in ("name", "description") if key in given}
    fields["extra"] = {**(row["extra"] or {}), **extras(given, groups)}
    call.tx.update(groups, group_id, **fields)
    return {"group": show_row(call, {**row, **fields})}


def delete(call: Call, group_id: str) -> None:
    """Delete a group; what its members had by it, they lose."""
    require_admin(call, "delete_group", _group(call, group_id)["domain_id"])
    members = call.tx.rows(group_members, group_id=group_id)
    call.tx.delete(assignments, actor_type="group", actor_id=group_id)
    call.tx.delete(groups, id=group_id)
    for member in members:
        tokens.refresh(call.tx, member["user_id"])


def members(call: Call, group_id: str) -> dict[str, Any]:
    """The users in a group."""
    require_reader(call, "list_users_in_group", domain_of(call, groups, group_id))
    _group(call, group_id)
    ids = {row["user_id"] for row in call.tx.rows(group_members, group_id=group_id)}
    rows = call.tx.rows(user_table, id=ids, order=user_table.c.name)
    return listing(call, "users", (users.show_row(call, row) for row in rows if within(call, row)))


def _both(call: Call, group_id: str, user_id: str) -> None:
    fetch(call, user_table, "user", user_id)
    _group(call, group_id)


def _domains(call: Call, group_id: str, user_id: str) -> tuple[str | None, str | None]:
    return domain_of(call, groups, group_id), domain_of(call, user_table, user_id)


def add_member(call: Call, group_id: str, user_id: str) -> None:
    """Put a user in a group."""
    require_admin(call, "add_user_to_group", *_domains(call, group_id, user_id))
    _both(call, group_id, user_id)
    if call.tx.first(group_members, group_id=group_id, user_id=user_id) is None:
        call.tx.insert(group_members, group_id=group_id, user_id=user_id)
        tokens.refresh(call.tx, user_id)


def check_member(call: Call, group_id: str, user_id: str) -> None:
    """Whether a user is in a group."""
    if user_id != call.context.user_id:
        require_reader(call, "check_user_in_group", *_domains(call, group_id, user_id))
    _both(call, group_id, user_id)
    if call.tx.first(group_members, group_id=group_id, user_id=user_id) is None:
        raise NotFound(f"User '{user_id}' not found in group '{group_id}'")


def remove_member(call: Call, group_id: str, user_id: str) -> None:
    """Take a user out of a group."""
    require_admin(call, "remove_user_from_group", *_domains(call, group_id, user_id))
    check_member(call, group_id, user_id)
    call.tx.delete(group_members, group_id=group_id, user_id=user_id)
    tokens.refresh(call.tx, user_id)
