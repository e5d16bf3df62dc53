"""Who has which role where: assignments, groups, inheritance and implied roles worked out."""

from __future__ import annotations

from kit.cloud.identity.models import assignments, group_members, implied_roles, projects, roles
from kit.cloud.store import Row, Transaction

SYSTEM = "system"


def actors(tx: Transaction, user_id: str) -> list[tuple[str, str]]:
    """The user and the groups the user is in, as (actor type, id)."""
    found = tx.rows(group_members, user_id=user_id, order=group_members.c.id)
    return [("user", user_id), *(("group", row["group_id"]) for row in found)]


def ancestors(tx: Transaction, project_id: str | None) -> list[str]:
    """The projects above a project, nearest first, its domain last."""
    found: list[str] = []
    row = tx.get(projects, project_id)
    while row is not None and not row["is_domain"]:
        above = row["parent_id"] or row["domain_id"]
        if above in found:
            break
        found.append(above)
        row = tx.get(projects, above)
    return found


def direct(tx: Transaction, user_id: str, *, project_id: str | None = None, domain_id: str | None = None) -> list[Row]:
    """The assignments that give a user something on a project, a domain, or (neither given) the system."""
    found: list[Row] = []
    for kind, actor in actors(tx, user_id):
        for row in tx.rows(assignments, actor_type=kind, actor_id=actor, order=assignments.c.id):
            target = (row["target_type"], row["target_id"])
            if project_id is not None:
                applies = target == ("project", project_id) and not row["inherited"]
                if row["inherited"] and row["target_type"] in ("project", "domain"):
                    applies = row["target_id"] in ancestors(tx, project_id)
            elif domain_id is not None:
                applies = target == ("domain", domain_id) and not row["inherited"]
            else:
                applies = row["target_type"] == SYSTEM
            if applies:
                found.append(row)
    return found


def implied(tx: Transaction, role_id: str) -> list[str]:
    """The role and all that it implies, itself first."""
    found = [role_id]
    for known in found:  # grows while it is walked
        rows = tx.rows(implied_roles, prior_role_id=known, order=implied_roles.c.id)
        found += [row["implied_role_id"] for row in rows if row["implied_role_id"] not in found]
    return found


def effective_roles(
    tx: Transaction, user_id: str, *, project_id: str | None = None, domain_id: str | None = None
) -> list[list[str]]:
    """The [id, name] of every role a user has on a target, implied ones included; neither given: the system."""
    wanted: list[str] = []
    for row in direct(tx, user_id, project_id=project_id, domain_id=domain_id):
        wanted += [role_id for role_id in implied(tx, row["role_id"]) if role_id not in wanted]
    found = {row["id"]: row for row in tx.rows(roles, id=wanted)} if wanted else {}
    return [[id, found[id]["name"]] for id in wanted if id in found and found[id]["domain_id"] is None]


def grant(
    tx: Transaction, actor: tuple[str, str], target: tuple[str, str], role_id: str, *, inherited: bool = False
) -> None:
    """Give an actor (`("user", id)`) a role on a target (`("project", id)`); twice is once."""
    values = {
        "actor_type": actor[0], "actor_id": actor[1], "target_type": target[0], "target_id": target[1],
        "role_id": role_id, "inherited": inherited,
    }  # fmt: skip
    if tx.first(assignments, **values) is None:
        tx.insert(assignments, **values)
