"""Tables of policies and of data sources, and their rows."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Call
from kit.cloud.policy.common import only_admin, policy, truth
from kit.cloud.policy.errors import not_found
from kit.cloud.policy.standing import of
from kit.errors import PolicyError
from kit.policy import Engine
from kit.policy.builtins import BUILTINS
from kit.policy.values import show as quoted


def names(engine: Engine, owner: str) -> list[str]:
    """The tables that a policy has, and those of its own that its rules name."""
    found = set(engine.tables(owner))
    for statement in engine.policies[owner].rules.values():
        found |= {
            literal.atom.table for literal in statement.literals
            if literal.atom.policy in (None, owner) and not literal.atom.modal and literal.atom.table not in BUILTINS
        }  # fmt: skip
    return sorted(found)


def index(call: Call, policy_id: str) -> dict[str, Any]:
    """List a policy's tables."""
    only_admin(call, "get_tables")
    owner = policy(call, policy_id)["name"]
    return {"results": [{"id": name} for name in names(of(call.cloud).runtime.current(call.tx, ()), owner)]}


def show(call: Call, policy_id: str, table: str) -> dict[str, Any]:
    """Whether there is such a table."""
    only_admin(call, "get_tables")
    owner = policy(call, policy_id)["name"]
    if table not in names(of(call.cloud).runtime.current(call.tx, ()), owner):
        raise not_found()
    return {"id": table}


def rows(call: Call, policy_id: str, table: str) -> dict[str, Any]:
    """The rows of a table; with `trace` the proof of each."""
    only_admin(call, "get_rows")
    owner = policy(call, policy_id)["name"]
    return answer(call, of(call.cloud).runtime.current(call.tx), owner, table)


def answer(call: Call, engine: Engine, owner: str, table: str) -> dict[str, Any]:
    """Rows as Congress shows them."""
    if table not in names(engine, owner):
        raise not_found()
    try:
        found = engine.rows(table, owner).list
    except PolicyError:
        found = []  # a table that rules name and nothing fills
    shown: dict[str, Any] = {"results": [{"data": list(row)} for row in found]}
    if truth(call, "trace"):
        proofs = [engine.why(f"{table}({', '.join(map(quoted, row))})", owner) for row in found]
        shown["trace"] = "\n\n".join(repr(proof) for proof in proofs if proof is not None) or "Not available"
    return shown
