"""What the service can read (drivers), how policies and rules stand, and what is enforced."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Call
from kit.cloud.policy.common import body, missing, only_admin, policy
from kit.cloud.policy.drivers import DRIVERS
from kit.cloud.policy.errors import bad, not_found
from kit.cloud.policy.models import journal, rules, settings
from kit.cloud.policy.sources import PUSH
from kit.cloud.policy.standing import of
from kit.policy import SCHEMAS

_PUSH = "Datasource driver that accepts rows pushed to it."


def drivers(call: Call) -> dict[str, Any]:
    """List the drivers."""
    only_admin(call, "get_drivers")
    found = [{"id": name, "description": driver.description} for name, driver in DRIVERS.items()]
    return {"results": [*found, {"id": PUSH, "description": _PUSH}]}


def driver(call: Call, driver_id: str) -> dict[str, Any]:
    """Show one with its tables."""
    only_admin(call, "get_drivers")
    if driver_id not in DRIVERS and driver_id != PUSH:
        raise not_found(f"Driver not found: {driver_id}")
    description = DRIVERS[driver_id].description if driver_id in DRIVERS else _PUSH
    found = [
        {"table_id": table, "columns": [{"name": name, "description": "None"} for name in names]}
        for table, names in sorted(SCHEMAS.get(driver_id, {}).items())
    ]
    return {
        "id": driver_id, "description": description, "module": f"congress.datasources.{driver_id}_driver", "secret": [],
        "config": {}, "tables": found,
    }  # fmt: skip


def policy_status(call: Call, policy_id: str) -> dict[str, Any]:
    """How a policy stands."""
    only_admin(call, "get_policies")
    row = policy(call, policy_id)
    return {"name": row["name"], "id": row["id"]}


def rule_status(call: Call, policy_id: str, rule_id: str) -> dict[str, Any]:
    """How a rule stands."""
    only_admin(call, "get_rules")
    owner = policy(call, policy_id)
    row = missing(call.tx.first(rules, id=rule_id, policy_id=owner["id"]))
    return {"name": row["name"], "id": row["id"], "comment": row["comment"], "original_str": row["rule"]}


def enforcement(call: Call) -> dict[str, Any]:
    """What is enforced (the kit's own)."""
    only_admin(call, "get_enforcement")
    return of(call.cloud).settings(call.tx)


def enforce(call: Call) -> dict[str, Any]:
    """Set what is enforced: `{"deny": ["classification:error"], "react": true}`, either or both."""
    only_admin(call, "update_enforcement")
    item = body(call)
    unknown = sorted(set(item) - {"deny", "react"})
    if unknown:
        raise bad(f"Unknown setting: {', '.join(unknown)}. There are: deny, react")
    deny, react = item.get("deny", []), item.get("react", True)
    if not isinstance(deny, list) or not all(isinstance(name, str) and ":" in name for name in deny):
        raise bad("'deny' must be a list of tables, each with its policy: classification:error")
    if not isinstance(react, bool):
        raise bad("'react' must be true or false")
    for name in deny:
        policy(call, name.partition(":")[0])
    for name, value in item.items():
        call.tx.delete(settings, name=name)
        call.tx.insert(settings, name=name, value=value)
    return of(call.cloud).settings(call.tx)


def log(call: Call) -> dict[str, Any]:
    """What was done, denied, tried in vain or stopped, oldest first (the kit's own)."""
    only_admin(call, "get_enforcement")
    names = ("at", "kind", "policy", "what", "why", "result")
    return {"results": [{name: row[name] for name in names} for row in call.tx.rows(journal, order=journal.c.id)]}
