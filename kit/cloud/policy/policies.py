"""Policies: made, alone or from the library or with their rules, shown, deleted."""

from __future__ import annotations

import re
from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.policy import library, rules
from kit.cloud.policy.common import body, missing, only_admin, policy, text
from kit.cloud.policy.drivers import KINDS, SYSTEM
from kit.cloud.policy.errors import not_found, refusal
from kit.cloud.policy.models import policies
from kit.cloud.policy.standing import of
from kit.cloud.store import Row

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")


def document(row: Row) -> dict[str, Any]:
    """A policy as Congress shows it."""
    return {name: row[name] for name in ("id", "name", "abbreviation", "description", "owner_id", "kind")}


def index(call: Call) -> dict[str, Any]:
    """List the policies; those of data sources are listed as data sources."""
    only_admin(call, "get_policies")
    return {
        "results": [document(row) for row in call.tx.rows(policies, order=[policies.c.created_at, policies.c.name])]
    }


def show(call: Call, policy_id: str) -> dict[str, Any]:
    """Show one, by name or id."""
    only_admin(call, "get_policies")
    return document(policy(call, policy_id))


def create(call: Call) -> Answer:
    """Make one: empty, from the library (`?library_policy=NAME`), or with the rules of the body."""
    only_admin(call, "create_policies")
    chosen = call.query.one("library_policy")
    item: dict[str, Any] = {}
    if chosen:
        item = dict(library.document(missing(library.find(call.tx, chosen)), rules=True))
        item.pop("id")
    item.update(body(call) if call.body else {})
    if "id" in item:
        raise refusal("policy_id_must_not_be_provided")
    row = _made(call, item)
    given = item.get("rules") or []
    # Congress takes no id for a rule, and makes all of them or none.
    for rule in given:
        rules.add(call, row, rule if isinstance(rule, dict) else {"rule": rule}, many=True)
    of(call.cloud).runtime.current(call.tx, ())
    shown = document(row)
    if given:
        shown["rules"] = rules.documents(call, row)
    return Answer(201, shown, {"Location": f"{call.url}/{row['id']}"})


def _made(call: Call, item: dict[str, Any]) -> Row:
    name = text(item, "name")
    if not name:
        raise refusal("policy_name_must_be_provided")
    short = item.get("abbreviation")
    if short and (not isinstance(short, str) or len(short) > 5):
        raise refusal("policy_abbreviation_error")
    kind = text(item, "kind") or "nonrecursive"
    if kind not in KINDS:
        raise refusal("failed_to_create_policy", f"Unknown kind of policy: {kind}", join=": ")
    if not _NAME.fullmatch(name):
        raise refusal("failed_to_create_policy", f"Policy name {name} is not a valid tablename", join=": ")
    if name in of(call.cloud).runtime.current(call.tx, ()).policies:
        raise refusal("failed_to_create_policy", f"A policy with name {name} already exists", join=": ")
    return call.tx.insert(
        policies, id=call.tx.ids.uuid(), name=name, abbreviation=short or name[:5], kind=kind, owner_id="user",
        description=text(item, "description") or "", created_at=call.tx.stamp,
    )  # fmt: skip


def delete(call: Call, policy_id: str) -> dict[str, Any]:
    """Delete one with its rules."""
    only_admin(call, "delete_policies")
    row = policy(call, policy_id)
    if row["name"] in SYSTEM:
        raise not_found(f"Cannot delete system-maintained policy {row['name']}")
    call.tx.delete(policies, id=row["id"])
    return document(row)
