"""What the operations of the policy service share: who may, which policy, what was sent."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Call
from kit.cloud.errors import Forbidden
from kit.cloud.policy.errors import bad, not_found, refusal
from kit.cloud.policy.models import policies
from kit.cloud.store import Row


def only_admin(call: Call, action: str) -> None:
    """Congress lets only administrators in.

    Raises
    ------
    Forbidden
        For everybody else.
    """
    if not call.context.is_admin:
        raise Forbidden(f"Policy doesn't allow {action} to be performed.")


def policy(call: Call, name: str) -> Row:
    """The policy of that name or id.

    Raises
    ------
    PolicyApiError
        404 when there is none.
    """
    row = call.tx.first(policies, name=name) or call.tx.get(policies, name)
    if row is None:
        raise refusal("policy_not_exist", f"There is no policy `{name}`.")
    return row


def body(call: Call) -> dict[str, Any]:
    """The request's JSON object.

    Raises
    ------
    PolicyApiError
        400 when it is none.
    """
    try:
        found = call.json()
    except Exception as error:
        raise bad(f"Failed to parse body as application/json: {error}") from None
    if not isinstance(found, dict):
        raise bad("Failed to parse body as application/json: an object was expected")
    return found


def truth(call: Call, name: str) -> bool:
    """A parameter of the query string that is true or false."""
    return (call.query.one(name) or "").lower() in ("true", "1")


def text(item: dict[str, Any], name: str, default: str | None = None) -> str | None:
    """A member that is a text, or missing.

    Raises
    ------
    PolicyApiError
        400 when it is of another type.
    """
    found = item.get(name, default)
    if found is not None and not isinstance(found, str):
        raise bad(f"'{name}' must be a string")
    return found


def missing(found: Row | None) -> Row:
    """A row, or 404.

    Raises
    ------
    PolicyApiError
        404 when there is none.
    """
    if found is None:
        raise not_found()
    return found
