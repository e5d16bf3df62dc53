"""Who sees another project's resource: everybody, or the projects that an RBAC policy names."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from kit.cloud.call import Call
from kit.cloud.network.models_extensions import rbac_policies
from kit.cloud.network.owning import derived, owns
from kit.cloud.store import Row
from kit.cloud.tables import Table

SHARED, EXTERNAL = "access_as_shared", "access_as_external"
EVERYBODY = "*"


def _targets(project_id: str | None) -> list[str]:
    return [EVERYBODY, project_id] if project_id else [EVERYBODY]


def granted(project_id: str | None, action: str = SHARED) -> Any:
    """The ids of the resources that policies let a project use, as a subquery."""
    table = rbac_policies.c
    targets = _targets(project_id)
    return sa.select(table.object_id).where(table.action == action, table.target_project.in_(targets))


def visible(call: Call, table: Table) -> list[Any]:
    """The condition for a list of resources that may be shared: own ones, and those shared with the caller."""
    if call.context.is_admin:
        return []
    ways = [table.c.project_id == call.context.project_id, table.c.id.in_(granted(call.context.project_id))]
    if "shared" in table.c:
        ways.append(table.c.shared.is_(True))
    return [sa.or_(*ways)]


def shared_with(call: Call, rows: list[Row], project_id: str | None = None) -> set[str]:
    """The ids of those resources that a project (default the caller's) may use though they may not be its own."""
    found = {row["id"] for row in rows if row.get("shared")}
    asked = [row["id"] for row in rows if row["id"] not in found]
    if asked:
        targets = _targets(project_id or call.context.project_id)
        policies = call.tx.rows(rbac_policies, object_id=asked, action=SHARED, target_project=targets)
        found |= {policy["object_id"] for policy in policies}
    return found


def sees(call: Call, row: Row) -> bool:
    """Whether the caller sees a resource that may be shared."""
    return owns(call, row) or bool(shared_with(call, [row]))


def outside(call: Call, row: Row, project_id: str | None = None) -> bool:
    """Whether a project (default the caller's) may use an external network as such."""
    if not row["external"]:
        return False
    policies = call.tx.rows(rbac_policies, object_id=row["id"], action=EXTERNAL)
    # A network that no policy is about is everybody's.
    targets = _targets(project_id or call.context.project_id)
    return not policies or any(policy["target_project"] in targets for policy in policies)


def outside_condition(networks: Table, project_id: str | None) -> Any:
    """The condition for the external networks that a project may use."""
    table = rbac_policies.c
    any_policy = sa.select(table.object_id).where(table.action == EXTERNAL)
    free = sa.or_(networks.c.id.in_(granted(project_id, EXTERNAL)), networks.c.id.not_in(any_policy))
    return sa.and_(networks.c.external.is_(True), free)


def follow(call: Call, kind: str, row: Row, fields: dict[str, Any], *, new: bool = False) -> None:
    """Keep the policy for everybody in step with `shared` (and `external`), which a request may set at once.

    Parameters
    ----------
    fields : dict
        The columns that the request sets.
    """
    for column, action in (("shared", SHARED), ("external", EXTERNAL)):
        if column not in fields or (new and not fields[column]) or (not new and fields[column] == row[column]):
            continue
        if fields[column]:
            if not call.tx.first(rbac_policies, object_id=row["id"], action=action, target_project=EVERYBODY):
                call.tx.insert(
                    rbac_policies, id=derived(row["id"], action), object_type=kind, object_id=row["id"],
                    action=action, target_project=EVERYBODY, project_id=row["project_id"],
                )  # fmt: skip
        elif action == EXTERNAL:
            forget(call, row["id"], action=EXTERNAL)
        else:
            forget(call, row["id"], action=SHARED, target_project=EVERYBODY)


def forget(call: Call, object_id: str, **equals: Any) -> None:
    """Drop the policies of a resource that is gone, or those that are no longer true."""
    call.tx.delete(rbac_policies, object_id=object_id, **equals)
