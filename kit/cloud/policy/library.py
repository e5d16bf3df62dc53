"""Policies of the library: ready to be copied into a policy of one's own."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

import yaml

from kit.cloud.call import Answer, Call
from kit.cloud.policy.common import body, missing, only_admin, text
from kit.cloud.policy.errors import bad, refusal
from kit.cloud.policy.models import library
from kit.cloud.store import Row, Transaction


@cache
def _shipped() -> list[dict[str, Any]]:
    found = resources.files("kit.cloud.policy").joinpath("library.yaml").read_text(encoding="utf-8")
    return list(yaml.load(found, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))


def prepare(tx: Transaction) -> None:
    """Put the policies that come with the kit into a new cloud's library."""
    tx.insert_many(library, [_row(tx, item) for item in _shipped()])


def _row(tx: Transaction, item: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": tx.ids.uuid(), "name": item["name"], "abbreviation": (item.get("abbreviation") or item["name"])[:5],
        "description": item.get("description") or "", "kind": item.get("kind") or "nonrecursive",
        "rules": item.get("rules") or [],
    }  # fmt: skip


def document(row: Row, *, rules: bool) -> dict[str, Any]:
    """A policy of the library as Congress shows it."""
    shown = {name: row[name] for name in ("id", "name", "abbreviation", "description", "kind")}
    if rules:
        shown["rules"] = row["rules"]
    return shown


def find(tx: Transaction, name: str) -> Row | None:
    """The policy of that id or name."""
    return tx.get(library, name) or tx.first(library, name=name)


def _with_rules(call: Call) -> bool:
    return (call.query.one("include_rules") or "true").lower() != "false"


def index(call: Call) -> dict[str, Any]:
    """List them, or the one of a name (`?name=`)."""
    only_admin(call, "get_librarypolicies")
    name = call.query.one("name")
    wanted: dict[str, Any] = {"name": name} if name else {}
    found = call.tx.rows(library, order=library.c.name, **wanted)
    return {"results": [document(row, rules=_with_rules(call)) for row in found]}


def show(call: Call, policy_id: str) -> dict[str, Any]:
    """Show one."""
    only_admin(call, "get_librarypolicies")
    return document(missing(call.tx.get(library, policy_id)), rules=_with_rules(call))


def _checked(item: dict[str, Any]) -> dict[str, Any]:
    if not text(item, "name"):
        raise refusal("policy_name_must_be_provided")
    given = item.get("rules") or []
    if not isinstance(given, list) or not all(isinstance(rule, dict) and rule.get("rule") for rule in given):
        raise bad("'rules' must be a list of objects with a 'rule'")
    return item


def create(call: Call) -> Answer:
    """Add one."""
    only_admin(call, "create_librarypolicies")
    item = _checked(body(call))
    if "id" in item:
        raise refusal("policy_id_must_not_be_provided")
    row = call.tx.insert(library, **_row(call.tx, item))
    return Answer(201, document(row, rules=True), {"Location": f"{call.url}/{row['id']}"})


def replace(call: Call, policy_id: str) -> dict[str, Any]:
    """Put another in its place."""
    only_admin(call, "update_librarypolicies")
    missing(call.tx.get(library, policy_id))
    fresh = {**_row(call.tx, _checked(body(call))), "id": policy_id}
    call.tx.update(library, policy_id, **{name: value for name, value in fresh.items() if name != "id"})
    return document(fresh, rules=True)


def delete(call: Call, policy_id: str) -> dict[str, Any]:
    """Remove one."""
    only_admin(call, "delete_librarypolicies")
    row = missing(call.tx.get(library, policy_id))
    call.tx.delete(library, id=policy_id)
    return document(row, rules=True)
