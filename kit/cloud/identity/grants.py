"""Grants: who has which role on what; and the list of all role assignments."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Call
from kit.cloud.errors import BadRequest, Forbidden, NotFound
from kit.cloud.identity import tokens
from kit.cloud.identity.assignments import SYSTEM, grant, implied
from kit.cloud.identity.common import domain_of, fetch, listing, require_admin, require_reader, truth
from kit.cloud.identity.models import assignments, group_members, groups, projects, roles, users
from kit.cloud.identity.roles import role, show_row
from kit.cloud.store import Row

# The words of the path and of the table.
_TABLES = {
    "project": (projects, "project"),
    "domain": (projects, "domain"),
    "user": (users, "user"),
    "group": (groups, "group"),
}


def _ends(call: Call, given: dict[str, str]) -> tuple[tuple[str, str], tuple[str, str]]:
    """Actor and target that a path names, once both are known to be there."""
    found: dict[str, tuple[str, str]] = {}
    for kind, (table, word) in _TABLES.items():
        if f"{kind}_id" in given:
            fetch(call, table, word, given[f"{kind}_id"])
            found[kind] = (kind, given[f"{kind}_id"])
    actor = found.get("user") or found["group"]
    return actor, found.get("project") or found.get("domain") or (SYSTEM, SYSTEM)


def _refresh(call: Call, actor: tuple[str, str]) -> None:
    kind, id = actor
    ids = [id] if kind == "user" else [row["user_id"] for row in call.tx.rows(group_members, group_id=id)]
    for user_id in ids:
        tokens.refresh(call.tx, user_id)


def _rows(call: Call, given: dict[str, str], inherited: bool) -> list[Row]:
    actor, target = _ends(call, given)
    equals: dict[str, Any] = {
        "actor_type": actor[0],
        "actor_id": actor[1],
        "target_type": target[0],
        "target_id": target[1],
    }
    return call.tx.rows(assignments, inherited=inherited, order=assignments.c.id, **equals)


def _inherited(call: Call) -> bool:
    return call.path.endswith("/inherited_to_projects")


# The roles that a domain's manager may give and take (`domain_managed_target_role`).
_MANAGERS_GIFTS = ("manager", "member", "reader")


def _rule(call: Call, verb: str, noun: str, given: dict[str, str]) -> tuple[str, list[str | None]]:
    """The rule that a grant falls under, and the domains that actor and target are in."""
    (kind, actor_id), (target_kind, target_id) = _ends(call, given)
    if target_kind == SYSTEM:
        return f"{verb}_system_{noun}_for_{kind}", [None]
    domain = target_id if target_kind == "domain" else domain_of(call, projects, target_id)
    return f"{verb}_{noun}", [domain_of(call, _TABLES[kind][0], actor_id), domain]


def _may_change(call: Call, verb: str, given_role: Row, given: dict[str, str]) -> None:
    rule, domains = _rule(call, verb, "grant", given)
    gift = given_role["name"] in _MANAGERS_GIFTS and given_role["domain_id"] is None
    require_admin(call, rule, *domains, *([] if gift else [None]))


def index(call: Call, **given: str) -> dict[str, Any]:
    """The roles an actor has directly on a target."""
    rule, domains = _rule(call, "list", "grants", given)
    require_reader(call, rule, *domains)
    found = (call.tx.get(roles, row["role_id"]) for row in _rows(call, given, _inherited(call)))
    return listing(call, "roles", (show_row(call, row) for row in found if row is not None))


def put(call: Call, role_id: str, **given: str) -> None:
    """Give a role."""
    given_role = role(call, role_id)
    _may_change(call, "create", given_role, given)
    actor, target = _ends(call, given)
    if target[0] == "project" and given_role["domain_id"]:
        project = fetch(call, projects, "project", target[1])
        if project["domain_id"] != given_role["domain_id"]:
            raise Forbidden(f"Project {target[1]} must be in the same domain as the role {role_id} being assigned.")
    grant(call.tx, actor, target, role_id, inherited=_inherited(call))
    _refresh(call, actor)


def check(call: Call, role_id: str, **given: str) -> None:
    """Whether the actor has the role there."""
    rule, domains = _rule(call, "check", "grant", given)
    own = role(call, role_id)["domain_id"]
    require_reader(call, rule, *domains, *([own] if own else []))
    if not any(row["role_id"] == role_id for row in _rows(call, given, _inherited(call))):
        actor, target = _ends(call, given)
        raise NotFound(
            f"Could not find role assignment with role: {role_id}, user or group: {actor[1]}, "
            f"project, domain, or system: {target[1]}."
        )


def revoke(call: Call, role_id: str, **given: str) -> None:
    """Take a role away."""
    _may_change(call, "revoke", role(call, role_id), given)
    check(call, role_id, **given)
    for row in _rows(call, given, _inherited(call)):
        if row["role_id"] == role_id:
            call.tx.delete(assignments, id=row["id"])
    _refresh(call, _ends(call, given)[0])


def assignment_index(call: Call) -> dict[str, Any]:
    """All role assignments; `effective` works out groups, inheritance and implied roles."""
    query = call.query
    scope = query.one("scope.project.id")
    context = call.context
    if not (scope and scope == context.project_id and context.is_admin):
        tree = "include_subtree" in query and truth(query.one("include_subtree") or "true")
        if tree and scope:
            require_reader(call, "list_role_assignments_for_tree", domain_of(call, projects, scope))
        else:
            require_reader(call, "list_role_assignments")
    effective = "effective" in query and truth(query.one("effective") or "true")
    if effective and query.one("group.id"):
        raise BadRequest("Combining effective and group filter will always result in an empty list.")
    subtree = _subtree(call, scope)
    rows = [row for row in call.tx.rows(assignments, order=assignments.c.id) if _of_domain(call, row)]
    found = [item for row in rows for item in (_effective(call, row) if effective else [_plain(row)])]
    names = "include_names" in query and truth(query.one("include_names") or "true")
    shown = [_document(call, item, names) for item in found if _wanted(call, item, subtree)]
    unique = [item for position, item in enumerate(shown) if item not in shown[:position]]
    return listing(call, "role_assignments", unique, filtered=False)


def _of_domain(call: Call, row: Row) -> bool:
    """Whether a domain's token sees the assignment: those on the domain and on its projects."""
    own = call.context.domain_id
    if own is None or row["target_id"] == own:
        return True
    project = call.tx.get(projects, row["target_id"]) if row["target_type"] == "project" else None
    return project is not None and project["domain_id"] == own


def _subtree(call: Call, project_id: str | None) -> set[str]:
    """The projects that the scope means, once the query makes sense."""
    query = call.query
    below = "include_subtree" in query and truth(query.one("include_subtree") or "true")
    if below and not project_id:
        raise BadRequest("'scope.project.id' is a dependency of 'include_subtree'")
    if project_id and query.one("scope.domain.id"):
        raise BadRequest("Specify a domain or project, not both")
    if query.one("user.id") and query.one("group.id"):
        raise BadRequest("Specify a user or group, not both")
    if not project_id:
        return set()
    found = [project_id]
    for above in found if below else ():  # grows while it is walked
        found += [row["id"] for row in call.tx.rows(projects, parent_id=above)]
    return set(found)


def _plain(row: Row) -> dict[str, Any]:
    return {**row, "via": None, "prior": None}


def _effective(call: Call, row: Row) -> list[dict[str, Any]]:
    """What one assignment comes to: a user at a time, a project at a time, a role at a time."""
    if row["actor_type"] == "group":
        who = [member["user_id"] for member in call.tx.rows(group_members, group_id=row["actor_id"])]
    else:
        who = [row["actor_id"]]
    where = [(row["target_type"], row["target_id"])]
    if row["inherited"]:
        below = call.tx.rows(projects, is_domain=False)
        key = "domain_id" if row["target_type"] == "domain" else "parent_id"
        where = [("project", project["id"]) for project in below if project[key] == row["target_id"]]
    found = []
    for user_id in who:
        for kind, id in where:
            for role_id in implied(call.tx, row["role_id"]):
                given = call.tx.get(roles, role_id)
                if given is None or given["domain_id"]:  # a domain's role only stands for what it implies
                    continue
                found.append({
                    **row, "actor_type": "user", "actor_id": user_id, "target_type": kind, "target_id": id,
                    "role_id": role_id, "source": (row["target_type"], row["target_id"]),
                    "via": row["actor_id"] if row["actor_type"] == "group" else None,
                    "prior": row["role_id"] if role_id != row["role_id"] else None,
                })  # fmt: skip
    return found


def _wanted(call: Call, item: dict[str, Any], subtree: set[str]) -> bool:
    query = call.query
    for name, kind in (("user.id", "user"), ("group.id", "group")):
        value = query.one(name)
        if value and (item["actor_type"], item["actor_id"]) != (kind, value):
            return False
    if subtree and (item["target_type"] != "project" or item["target_id"] not in subtree):
        return False
    domain = query.one("scope.domain.id")
    if domain and (item["target_type"], item["target_id"]) != ("domain", domain):
        return False
    asked = query.one("scope.system")
    if asked and item["target_type"] != SYSTEM:
        return False
    if item["target_type"] == SYSTEM and not asked and "source" in item:
        return False  # what roles come to is worked out for the system only when it is asked for
    wanted = query.one("role.id")
    inherited = query.one("scope.OS-INHERIT:inherited_to")
    # Keystone does not apply the last filter to the system.
    kept = not inherited or item["inherited"] or item["target_type"] == SYSTEM
    return bool(kept) and (not wanted or item["role_id"] == wanted)


def _document(call: Call, item: dict[str, Any], names: bool) -> dict[str, Any]:
    """An assignment, with the link to what it follows from (keystone.api.role_assignments)."""
    actor, target, role_id = item["actor_type"], item["target_type"], item["role_id"]
    above, above_id = item.get("source") or (target, item["target_id"])
    place = "system" if above == SYSTEM else f"{above}s/{above_id}"
    holder = f"groups/{item['via']}" if item["via"] else f"{actor}s/{item['actor_id']}"
    path = f"{place}/{holder}/roles/{item['prior'] or role_id}"
    scope: dict[str, Any] = {"system": {"all": True}} if target == SYSTEM else {target: {"id": item["target_id"]}}
    if item["inherited"]:
        scope["OS-INHERIT:inherited_to"] = "projects"
        path = f"OS-INHERIT/{path}/inherited_to_projects"
    shown: dict[str, Any] = {
        "links": {"assignment": f"{call.root}/v3/{path}"}, "role": {"id": role_id}, "scope": scope,
        actor: {"id": item["actor_id"]},
    }  # fmt: skip
    if item["via"]:
        shown["links"]["membership"] = f"{call.root}/v3/groups/{item['via']}/users/{item['actor_id']}"
    if item["prior"]:
        shown["links"]["prior_role"] = f"{call.root}/v3/prior_role/{role_id}/implies/{item['prior']}"
    if names:
        _name(call, shown, actor, target)
    return shown


def _name(call: Call, shown: dict[str, Any], actor: str, target: str) -> None:
    found = call.tx.get(roles, shown["role"]["id"])
    shown["role"]["name"] = found["name"] if found else ""
    if found and found["domain_id"]:
        domain = call.tx.get(projects, found["domain_id"])
        shown["role"]["domain"] = {"id": found["domain_id"], "name": domain["name"] if domain else ""}
    parts = [(shown[actor], users if actor == "user" else groups)]
    if target != SYSTEM:
        parts.append((shown["scope"][target], projects))
    for part, table in parts:
        row = call.tx.get(table, part["id"])
        if row is None:
            continue
        part["name"] = row["name"]
        if row["domain_id"]:
            domain = call.tx.get(projects, row["domain_id"])
            part["domain"] = {"id": row["domain_id"], "name": domain["name"] if domain else ""}
