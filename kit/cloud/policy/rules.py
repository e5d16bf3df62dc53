"""Rules of a policy: one a call, checked by the engine before it is kept."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.policy.common import body, missing, only_admin, policy, text
from kit.cloud.policy.errors import of_engine, refusal
from kit.cloud.policy.models import rules
from kit.cloud.policy.standing import of
from kit.cloud.store import Row
from kit.errors import PolicyError
from kit.policy.parser import parse


def document(row: Row) -> dict[str, Any]:
    """A rule as Congress shows it."""
    return {name: row[name] for name in ("id", "rule", "name", "comment")}


def documents(call: Call, owner: Row) -> list[dict[str, Any]]:
    """The rules of a policy, in the order in which they came."""
    return [document(row) for row in call.tx.rows(rules, policy_id=owner["id"], order=rules.c.number)]


def index(call: Call, policy_id: str) -> dict[str, Any]:
    """List a policy's rules."""
    only_admin(call, "get_rules")
    return {"results": documents(call, policy(call, policy_id))}


def show(call: Call, policy_id: str, rule_id: str) -> dict[str, Any]:
    """Show one rule."""
    only_admin(call, "get_rules")
    return document(_find(call, policy_id, rule_id))


def _find(call: Call, policy_id: str, rule_id: str) -> Row:
    return missing(call.tx.first(rules, id=rule_id, policy_id=policy(call, policy_id)["id"]))


def create(call: Call, policy_id: str) -> Answer:
    """Add one rule."""
    only_admin(call, "create_rules")
    engine = of(call.cloud).runtime.current(call.tx, ())
    known = engine.policies.get(policy_id)
    if known is not None and known.kind == "datasource":
        raise refusal("rule_not_permitted")
    item = body(call)
    if "id" in item:
        raise refusal("add_item_id")
    row = add(call, policy(call, policy_id), item)
    return Answer(201, document(row), {"Location": f"{call.url}/{row['id']}"})


def add(call: Call, owner: Row, item: dict[str, Any], *, many: bool = False) -> Row:
    """Check a rule and keep it.

    Parameters
    ----------
    many : bool
        It is one of several that are kept together: tables that a later one defines are not missed.

    Raises
    ------
    PolicyApiError
        1002 for a rule that the engine refuses, 1003 for several, 1008 for one that is there.
    """
    source = text(item, "rule")
    if not source:
        raise refusal("rule_syntax", "No rule was given.")
    try:
        found = parse(source)
        if len(found) != 1:
            detail = f" Received multiple rules: {'; '.join(str(rule) for rule in found)}"
            raise refusal("multiple_rules" if found else "rule_syntax", detail if found else "No rule was given.")
        engine = of(call.cloud).runtime.current(call.tx, ())
        here = call.tx.rows(rules, policy_id=owner["id"])
        if any(parse(row["rule"])[0].identity() == found[0].identity() for row in here):
            raise refusal("rule_already_exists")
        if not many or owner["name"] in engine.policies:
            errors = engine.check(source, owner["name"])
            if errors:
                errors[0].others = errors[1:]
                raise errors[0]
        row = call.tx.insert(
            rules, id=call.tx.ids.uuid(), policy_id=owner["id"], rule=source, name=text(item, "name"),
            comment=text(item, "comment"),
        )  # fmt: skip
        of(call.cloud).runtime.current(call.tx, ())  # what only the whole shows: a recursion
    except PolicyError as error:
        raise of_engine(error) from error
    return row


def delete(call: Call, policy_id: str, rule_id: str) -> dict[str, Any]:
    """Delete one rule and give it."""
    only_admin(call, "delete_rules")
    row = _find(call, policy_id, rule_id)
    call.tx.delete(rules, number=row["number"])
    return document(row)
