"""Policies and OAuth consumers: what Keystone keeps for other services and programs."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Call
from kit.cloud.errors import NotFound
from kit.cloud.identity.common import (
    TEXT,
    extras,
    fetch,
    fits,
    listing,
    require_admin,
    require_reader,
    schema,
    self_link,
)
from kit.cloud.identity.models import consumers, policies
from kit.cloud.store import Row

_POLICY = {"blob": {"type": "string"}, "type": {"type": "string", "maxLength": 255}}
POLICY_CREATE = schema(["blob", "type"], **_POLICY)
POLICY_UPDATE = {**schema([], **_POLICY), "minProperties": 1}
CONSUMER_CREATE = schema([], description=TEXT)
CONSUMER_UPDATE = {
    **schema([], description=TEXT), "minProperties": 1,
    "not": {"required": ["secret"]},
}  # fmt: skip


def _given(call: Call, key: str, form: dict[str, Any]) -> Any:
    data = call.json()
    return fits((data.get(key) if isinstance(data, dict) else None) or {}, form)


def policy_row(call: Call, row: Row) -> dict[str, Any]:
    """A policy as Keystone shows it."""
    return {
        **(row["extra"] or {}), "id": row["id"], "blob": row["blob"], "type": row["type"],
        "links": self_link(call, f"policies/{row['id']}"),
    }  # fmt: skip


def policy_index(call: Call) -> dict[str, Any]:
    """List policies."""
    require_reader(call, "list_policies")
    return listing(call, "policies", (policy_row(call, row) for row in call.tx.rows(policies, order=policies.c.id)))


def policy_create(call: Call) -> dict[str, Any]:
    """Keep a policy."""
    require_admin(call, "create_policy")
    given = _given(call, "policy", POLICY_CREATE)
    row = call.tx.insert(
        policies, id=call.tx.ids.hex(), blob=given["blob"], type=given["type"], extra=extras(given, policies)
    )
    return {"policy": policy_row(call, row)}


def policy_show(call: Call, policy_id: str) -> dict[str, Any]:
    """Show a policy."""
    require_reader(call, "get_policy")
    return {"policy": policy_row(call, fetch(call, policies, "policy", policy_id))}


def policy_update(call: Call, policy_id: str) -> dict[str, Any]:
    """Change a policy."""
    require_admin(call, "update_policy")
    row = fetch(call, policies, "policy", policy_id)
    given = _given(call, "policy", POLICY_UPDATE)
    fields: dict[str, Any] = {key: given[key] for key in ("blob", "type") if key in given}
    fields["extra"] = {**(row["extra"] or {}), **extras(given, policies)}
    call.tx.update(policies, policy_id, **fields)
    return {"policy": policy_row(call, {**row, **fields})}


def policy_delete(call: Call, policy_id: str) -> None:
    """Delete a policy."""
    require_admin(call, "delete_policy")
    fetch(call, policies, "policy", policy_id)
    call.tx.delete(policies, id=policy_id)


def consumer_row(call: Call, row: Row) -> dict[str, Any]:
    """A consumer as Keystone shows it; its secret is shown once, when it is made."""
    return {
        **(row["extra"] or {}), "id": row["id"], "description": row["description"],
        "links": self_link(call, f"OS-OAUTH1/consumers/{row['id']}"),
    }  # fmt: skip


def _consumer(call: Call, consumer_id: str) -> Row:
    row = call.tx.get(consumers, consumer_id)
    if row is None:
        raise NotFound("Consumer not found")
    return row


def consumer_index(call: Call) -> dict[str, Any]:
    """List consumers."""
    require_reader(call, "list_consumers")
    rows = call.tx.rows(consumers, order=consumers.c.id)
    return listing(call, "consumers", (consumer_row(call, row) for row in rows))


def consumer_create(call: Call) -> dict[str, Any]:
    """Make a consumer and its secret."""
    require_admin(call, "create_consumer")
    given = _given(call, "consumer", CONSUMER_CREATE)
    row = call.tx.insert(
        consumers, id=call.tx.ids.hex(), secret=call.tx.ids.hex(), description=given.get("description"),
        extra=extras(given, consumers),
    )  # fmt: skip
    return {"consumer": {**consumer_row(call, row), "secret": row["secret"]}}


def consumer_show(call: Call, consumer_id: str) -> dict[str, Any]:
    """Show a consumer."""
    require_reader(call, "get_consumer")
    return {"consumer": consumer_row(call, _consumer(call, consumer_id))}


def consumer_update(call: Call, consumer_id: str) -> dict[str, Any]:
    """Change a consumer's description; its secret never changes."""
    require_admin(call, "update_consumer")
    row = _consumer(call, consumer_id)
    given = _given(call, "consumer", CONSUMER_UPDATE)
    fields: dict[str, Any] = {"description": given["description"]} if "description" in given else {}
    fields["extra"] = {**(row["extra"] or {}), **extras(given, consumers)}
    call.tx.update(consumers, consumer_id, **fields)
    return {"consumer": consumer_row(call, {**row, **fields})}


def consumer_delete(call: Call, consumer_id: str) -> None:
    """Delete a consumer."""
    require_admin(call, "delete_consumer")
    _consumer(call, consumer_id)
    call.tx.delete(consumers, id=consumer_id)
