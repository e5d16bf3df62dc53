"""Access rules: the requests that an application credential is good for. A user's rules outlive their credentials."""

from __future__ import annotations

import re
from typing import Any

from kit.cloud.call import Call
from kit.cloud.errors import Forbidden, Unauthorized
from kit.cloud.identity.common import forbid, listing, missing, no_domain, self_link
from kit.cloud.identity.models import access_rules, app_credentials
from kit.cloud.store import Row

FORM: dict[str, Any] = {
    "type": "object",
    "properties": {
        "id": {"type": "string"}, "path": {"type": "string", "minLength": 0, "maxLength": 128, "pattern": r"^/\.*"},
        "method": {"type": "string", "enum": ["DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"]},
        "service": {"type": "string", "minLength": 1, "maxLength": 255},
    },
    "additionalProperties": False,
}  # fmt: skip
_NAMES = ("path", "method", "service")


def document(row: Row) -> dict[str, Any]:
    """A rule as an application credential shows it."""
    return {"id": row["id"], **{name: row[name] for name in _NAMES}}


def keep(call: Call, user_id: str, wanted: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rules of a new credential: a rule that the user has already is used again.

    Raises
    ------
    NotFound
        When a rule is named by an id that the user has none of.
    """
    found = []
    for given in wanted:
        row = None
        if "id" in given and not any(name in given for name in _NAMES):
            row = call.tx.first(access_rules, id=given["id"], user_id=user_id)
            if row is None:
                raise missing("Access Rule", given["id"])
        content = {name: given.get(name) for name in _NAMES}
        row = row or call.tx.first(access_rules, user_id=user_id, **content)
        row = row or call.tx.insert(access_rules, id=call.tx.ids.hex(), user_id=user_id, **content)
        found.append(document(row))
    return found


def enforce(call: Call) -> None:
    """Refuse a request that the token's application credential is not good for; one without rules is for all.

    Raises
    ------
    Unauthorized
        As keystonemiddleware refuses: to the client the token is not valid there.
    """
    row = call.tx.get(app_credentials, call.context.token["app_credential_id"])
    rules = (row["access_rules"] if row else None) or []
    path = call.path.removeprefix(call.service.path)
    own = call.service.type == "identity" and call.method == "GET" and path == "/v3/auth/tokens"
    if not rules or own:
        return
    wanted = (call.method, call.service.type)
    if not any((rule["method"], rule["service"]) == wanted and _fits(rule["path"] or "", path) for rule in rules):
        raise Unauthorized("The request you have made requires authentication.")


_PART = re.compile(r"(\{[^}]*\}|\*(?!\*))|(\*\*)|(.)", re.DOTALL)


def _fits(pattern: str, path: str) -> bool:
    """Whether a path is one of a pattern's: `{tag}` and `*` stand for a word of it, `**` for any number."""
    parts = ("[^/]+" if m[1] else ".*" if m[2] else re.escape(m[3]) for m in _PART.finditer(pattern))
    return re.fullmatch("".join(parts), path) is not None


def _may(call: Call, user_id: str, operation: str) -> None:
    no_domain(call, operation)
    context = call.context
    role = "admin" if operation.startswith("delete") else "reader"
    if user_id != context.user_id and not (context.system and role in context.roles):
        raise forbid(operation)


def _shown(call: Call, row: Row) -> dict[str, Any]:
    return {**document(row), "links": self_link(call, f"access_rules/{row['id']}")}


def index(call: Call, user_id: str) -> dict[str, Any]:
    """List a user's access rules."""
    _may(call, user_id, "list_access_rules")
    rows = call.tx.rows(access_rules, user_id=user_id, order=access_rules.c.id)
    return listing(call, "access_rules", (_shown(call, row) for row in rows))


def _one(call: Call, user_id: str, rule_id: str) -> Row:
    row = call.tx.first(access_rules, id=rule_id, user_id=user_id)
    if row is None:
        raise missing("Access Rule", rule_id)
    return row


def show(call: Call, user_id: str, rule_id: str) -> dict[str, Any]:
    """Show one."""
    _may(call, user_id, "get_access_rule")
    return {"access_rule": _shown(call, _one(call, user_id, rule_id))}


def delete(call: Call, user_id: str, rule_id: str) -> None:
    """Delete one that no credential has."""
    _may(call, user_id, "delete_access_rule")
    _one(call, user_id, rule_id)
    held = call.tx.rows(app_credentials, user_id=user_id)
    if any(rule["id"] == rule_id for row in held for rule in row["access_rules"] or []):
        raise Forbidden("May not delete access rule in use")
    call.tx.delete(access_rules, id=rule_id)
