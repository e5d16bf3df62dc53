"""Projects, and domains: a domain is a project that acts as one."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Call
from kit.cloud.errors import BadRequest, Conflict, Forbidden
from kit.cloud.identity import tokens
from kit.cloud.identity.assignments import ancestors, direct
from kit.cloud.identity.common import (
    FLAG,
    ID,
    IMMUTABLE,
    NAME,
    TAGS,
    TEXT,
    body,
    changes,
    domain_of,
    duplicate,
    extras,
    fetch,
    listing,
    meant_domain,
    missing,
    mutable,
    require_admin,
    require_reader,
    schema,
    self_link,
    within,
)  # fmt: skip
from kit.cloud.identity.models import assignments, projects, users
from kit.cloud.store import Row

_FIELDS = {"description": TEXT, "enabled": FLAG, "options": IMMUTABLE, "tags": TAGS, "name": {**NAME, "maxLength": 64}}
_NULL_ID = {**ID, "type": ["string", "null"]}
CREATE = schema(["name"], domain_id=_NULL_ID, parent_id=_NULL_ID, is_domain=FLAG, **_FIELDS)
UPDATE = schema([], domain_id=_NULL_ID, **_FIELDS)
DOMAIN_CREATE = schema(["name"], **_FIELDS)
DOMAIN_UPDATE = changes(**_FIELDS)


def show_row(call: Call, row: Row) -> dict[str, Any]:
    """A project as Keystone shows it."""
    return {
        **(row["extra"] or {}),
        "id": row["id"], "name": row["name"], "domain_id": row["domain_id"], "description": row["description"],
        "enabled": row["enabled"], "parent_id": row["parent_id"], "is_domain": row["is_domain"],
        "tags": row["tags"] or [], "options": row["options"] or {},
        "links": self_link(call, f"projects/{row['id']}"),
    }  # fmt: skip


def domain_row(call: Call, row: Row) -> dict[str, Any]:
    """A domain as Keystone shows it."""
    return {
        **(row["extra"] or {}),
        "id": row["id"], "name": row["name"], "description": row["description"], "enabled": row["enabled"],
        "tags": row["tags"] or [], "options": row["options"] or {}, "links": self_link(call, f"domains/{row['id']}"),
    }  # fmt: skip


def find(call: Call, project_id: str) -> Row:
    """The project's row."""
    return fetch(call, projects, "project", project_id)


def index(call: Call) -> dict[str, Any]:
    """List projects; domains only when asked for with `is_domain`."""
    require_reader(call, "list_projects")
    wanted = "is_domain" in call.query
    rows = call.tx.rows(projects, order=projects.c.name)
    shown = [row for row in rows if (wanted or not row["is_domain"]) and _tagged(call, row) and within(call, row)]
    return listing(call, "projects", (show_row(call, row) for row in shown))


def _tagged(call: Call, row: Row) -> bool:
    """Whether a project has the tags that the query asks for (API-SIG's four tag filters)."""
    have = set(row["tags"] or [])
    for name, holds in (
        ("tags", lambda want: want <= have), ("tags-any", lambda want: bool(want & have)),
        ("not-tags", lambda want: not want <= have), ("not-tags-any", lambda want: not want & have),
    ):  # fmt: skip
        value = call.query.one(name)
        if value is not None and not holds(set(value.split(","))):
            return False
    return True


def create(call: Call) -> dict[str, Any]:
    """Create a project."""
    require_admin(call, "create_project", meant_domain(call, "project"))
    given = body(call, "project", CREATE)
    if given.get("is_domain"):
        return {"project": show_row(call, _new_domain(call, given))}
    parent_id = given.get("parent_id")
    domain_id = given.get("domain_id")
    domain_id = domain_id or call.context.domain_id or call.context.user_domain_id or "default"
    _within(call, domain_id, parent_id)
    row = _insert(call, given, domain_id=domain_id, parent_id=parent_id or domain_id, is_domain=False)
    return {"project": show_row(call, row)}


def _within(call: Call, domain_id: str, parent_id: str | None) -> None:
    """Refuse a domain or a parent that is not there, and a parent of another domain."""
    domain = call.tx.get(projects, domain_id)
    if domain is None or not domain["is_domain"]:
        raise BadRequest(f"Could not find domain: {domain_id}.")
    if parent_id is None:
        return
    parent = call.tx.get(projects, parent_id)
    if parent is None:
        raise BadRequest(f"Could not find project: {parent_id}.")
    found = parent["id"] if parent["is_domain"] else parent["domain_id"]
    if found != domain_id:
        raise BadRequest(
            f"Cannot create project, since it specifies its domain_id {domain_id}, but specifies a parent in a "
            f"different domain ({found})."
        )


def _insert(call: Call, given: dict[str, Any], **fields: Any) -> Row:
    _unique(call, given["name"], fields["domain_id"])
    return call.tx.insert(
        projects, id=call.tx.ids.hex(), name=given["name"], description=given.get("description") or "",
        enabled=given.get("enabled", True), tags=given.get("tags") or [], options=given.get("options") or {},
        extra=extras(given, projects), **fields,
    )  # fmt: skip


def _unique(call: Call, name: str, domain_id: str | None) -> None:
    other = call.tx.rows(
        projects, projects.c.domain_id.is_(None) if domain_id is None else projects.c.domain_id == domain_id, name=name
    )
    if other:
        raise duplicate(
            "project",
            "it is not permitted to have two projects with either the same name or same id in the same domain: "
            f"name is {name}, project id {other[0]['id']}",
        )


def look(call: Call, project_id: str, operation: str) -> None:
    """Refuse whoever may not look; they are not told whether there is anything to see."""
    if not call.context.is_admin and project_id != call.context.project_id:
        require_reader(call, operation, domain_of(call, projects, project_id))


def show(call: Call, project_id: str) -> dict[str, Any]:
    """Show a project; its members may look too."""
    look(call, project_id, "get_project")
    row = find(call, project_id)
    for what in ("parents", "subtree"):
        if {f"{what}_as_list", f"{what}_as_ids"} <= call.query.keys():
            raise BadRequest(f"Cannot use {what}_as_list and {what}_as_ids query params at the same time.")
    shown = show_row(call, row)
    if "parents_as_list" in call.query:
        above = [call.tx.get(projects, id) for id in ancestors(call.tx, project_id)]
        shown["parents"] = [{"project": show_row(call, up)} for up in above if up is not None and _open_to(call, up)]
    if "parents_as_ids" in call.query:
        nested: Any = None
        for id in reversed(ancestors(call.tx, project_id)):
            nested = {id: nested}
        shown["parents"] = nested
    if "subtree_as_list" in call.query:
        shown["subtree"] = [
            {"project": show_row(call, below)} for below in _subtree(call, project_id) if _open_to(call, below)
        ]
    if "subtree_as_ids" in call.query:
        shown["subtree"] = _subtree_ids(call, project_id)
    return {"project": shown}


def _open_to(call: Call, row: Row) -> bool:
    """Whether the caller has a role there: lists of relatives show no others."""
    return not row["is_domain"] and bool(direct(call.tx, call.context.user_id, project_id=row["id"]))


def _children(call: Call, project_id: str) -> list[Row]:
    return call.tx.rows(projects, parent_id=project_id, order=projects.c.name)


def _subtree(call: Call, project_id: str) -> list[Row]:
    found: list[Row] = []
    for child in _children(call, project_id):
        found += [child, *_subtree(call, child["id"])]
    return found


def _subtree_ids(call: Call, project_id: str) -> Any:
    return {child["id"]: _subtree_ids(call, child["id"]) for child in _children(call, project_id)} or None


def _change(call: Call, row: Row, given: dict[str, Any]) -> Row:
    if "name" in given and given["name"] != row["name"]:
        _unique(call, given["name"], row["domain_id"])
    names = ("name", "description", "enabled", "tags", "options")
    fields: dict[str, Any] = {key: given[key] for key in names if key in given}
    fields["extra"] = {**(row["extra"] or {}), **extras(given, projects)}
    call.tx.update(projects, row["id"], **fields)
    if fields.get("enabled") is False:
        tokens.revoke(call.tx, project_id=row["id"])
    return {**row, **fields}


def update(call: Call, project_id: str) -> dict[str, Any]:
    """Change a project; a disabled one's tokens end."""
    require_admin(call, "update_project", domain_of(call, projects, project_id))
    row = find(call, project_id)
    given = body(call, "project", UPDATE)
    if given.get("domain_id", row["domain_id"]) != row["domain_id"]:
        raise BadRequest("Cannot change Domain ID")
    if given.get("parent_id", row["parent_id"]) != row["parent_id"]:
        raise Forbidden("Update of `parent_id` is not allowed.")
    if given.get("is_domain", row["is_domain"]) != row["is_domain"]:
        raise BadRequest("Update of `is_domain` is not allowed.")
    mutable(row, given, "project")
    if given.get("enabled") is False and any(below["enabled"] for below in _subtree(call, project_id)):
        raise Forbidden(f"Cannot disable project {project_id} since its subtree contains enabled projects.")
    changed = _change(call, row, given)
    return {"project": {**show_row(call, changed), "extra": changed["extra"]}}


def delete(call: Call, project_id: str) -> None:
    """Delete a project that has no children."""
    require_admin(call, "delete_project", domain_of(call, projects, project_id))
    row = find(call, project_id)
    mutable(row, None, "project")
    if row["is_domain"] and row["enabled"]:
        raise Forbidden(
            f"cannot delete an enabled project acting as a domain. Please disable the project {project_id} first."
        )
    if _children(call, project_id):
        raise Forbidden(
            f"Cannot delete the project {project_id} since it is not a leaf in the hierarchy. Use the cascade option if "
            "you want to delete a whole subtree."
        )
    _remove(call, project_id)


def _remove(call: Call, project_id: str) -> None:
    call.tx.delete(assignments, target_type="project", target_id=project_id)
    tokens.revoke(call.tx, project_id=project_id)
    for user in call.tx.rows(users, default_project_id=project_id):
        call.tx.update(users, user["id"], default_project_id=None)
    call.tx.delete(projects, id=project_id)


# Domains


def domain_index(call: Call) -> dict[str, Any]:
    """List domains."""
    require_reader(call, "list_domains")
    rows = call.tx.rows(projects, is_domain=True, order=projects.c.name)
    own = call.context.domain_id
    return listing(call, "domains", (domain_row(call, row) for row in rows if own in (None, row["id"])))


def _taken(name: str) -> Conflict:
    return duplicate(
        "project", f"it is not permitted to have two projects acting as domains with the same name: {name}"
    )


def _new_domain(call: Call, given: dict[str, Any]) -> Row:
    return _insert(call, given, domain_id=None, parent_id=None, is_domain=True)


def domain_create(call: Call) -> dict[str, Any]:
    """Create a domain."""
    require_admin(call, "create_domain")
    given = body(call, "domain", DOMAIN_CREATE)
    if call.tx.first(projects, name=given["name"], is_domain=True):
        raise _taken(given["name"])
    return {"domain": domain_row(call, _new_domain(call, given))}


def _domain(call: Call, domain_id: str) -> Row:
    return fetch(call, projects, "domain", domain_id, is_domain=True)


def domain_show(call: Call, domain_id: str) -> dict[str, Any]:
    """Show a domain; who is scoped to it may look."""
    context = call.context
    own = domain_id in (context.domain_id,)
    if context.project_id is not None:
        project = call.tx.get(projects, context.project_id)
        own = own or (project is not None and project["domain_id"] == domain_id)
    if not own:
        require_reader(call, "get_domain")
    return {"domain": domain_row(call, _domain(call, domain_id))}


def domain_update(call: Call, domain_id: str) -> dict[str, Any]:
    """Change a domain."""
    row = _domain(call, domain_id)
    require_admin(call, "update_domain")
    given = body(call, "domain", DOMAIN_UPDATE)
    mutable(row, given, "domain")
    changed = _change(call, row, given)
    return {"domain": domain_row(call, changed)}


def domain_delete(call: Call, domain_id: str) -> None:
    """Delete a disabled domain and all that is in it."""
    row = _domain(call, domain_id)
    require_admin(call, "delete_domain")
    mutable(row, None, "domain")
    if row["enabled"]:
        raise Forbidden("Cannot delete a domain that is enabled, please disable it first.")
    for project in call.tx.rows(projects, domain_id=domain_id):
        _remove(call, project["id"])
    for user in call.tx.rows(users, domain_id=domain_id):
        tokens.revoke(call.tx, user_id=user["id"])
        call.tx.delete(assignments, actor_type="user", actor_id=user["id"])
    call.tx.delete(assignments, target_type="domain", target_id=domain_id)
    tokens.revoke(call.tx, domain_id=domain_id)
    call.tx.delete(projects, id=domain_id)


# What a caller may work in


def of_user(call: Call, user_id: str) -> dict[str, Any]:
    """The projects a user has a role in."""
    if user_id != call.context.user_id:
        require_reader(call, "list_user_projects", domain_of(call, users, user_id))
    if call.tx.get(users, user_id) is None:
        raise missing("user", user_id)
    return listing(call, "projects", _with_role(call, user_id))


def _with_role(call: Call, user_id: str) -> list[dict[str, Any]]:
    rows = call.tx.rows(projects, is_domain=False, enabled=True, order=projects.c.name)
    return [show_row(call, row) for row in rows if direct(call.tx, user_id, project_id=row["id"])]


def auth_projects(call: Call) -> dict[str, Any]:
    """The projects the caller may scope a token to."""
    return listing(call, "projects", _with_role(call, call.context.user_id))


def auth_domains(call: Call) -> dict[str, Any]:
    """The domains the caller may scope a token to."""
    rows = call.tx.rows(projects, is_domain=True, enabled=True, order=projects.c.name)
    found = [domain_row(call, row) for row in rows if direct(call.tx, call.context.user_id, domain_id=row["id"])]
    return listing(call, "domains", found)


def auth_system(call: Call) -> dict[str, Any]:
    """Whether the caller may scope a token to the system."""
    found = direct(call.tx, call.context.user_id)
    return {"system": [{"all": True}] if found else [], "links": {"self": call.url}}
