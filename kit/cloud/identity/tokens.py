"""Tokens: what one says, who it speaks for, and when it ends."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from kit.cloud.call import Context
from kit.cloud.identity.assignments import effective_roles
from kit.cloud.identity.models import tokens
from kit.cloud.store import Row, Transaction

# Keystone's default, `[token] expiration`.
LIFETIME = 3600
# How long the row of a token that has ended stays: Keystone's `[token] allow_expired_window`.
KEPT = 2 * 86400
# An end that few tokens have, and with the same seed the same ones.
_ONE_IN_4096 = "kk"


def issue(tx: Transaction, user: Row, scope: dict[str, Any], methods: list[str], **fields: Any) -> Row:
    """Make a token for a user row.

    Parameters
    ----------
    scope : dict
        Columns of the scope: `project_id` and `project_name`, or `domain_id`, or `system`; empty for none.
    fields
        Further columns: `roles`, `expires_at`, `app_credential_id`.
    """
    values = {
        "system": False, "restricted": False, "roles": [], "expires_at": end(tx),
        "audit_ids": [tx.ids.secret(16)], **scope, **fields,
    }  # fmt: skip
    token = "gAAAAAB" + tx.ids.secret(129, f"{user['id']} {scope}")
    if token.endswith(_ONE_IN_4096):  # a cloud that is served for weeks is not to keep every login
        tx.delete(tokens, tokens.c.expires_at < _stamp_after(tx, -KEPT))
    return tx.insert(
        tokens, id=token, user_id=user["id"], user_name=user["name"],
        user_domain_id=user["domain_id"], methods=methods, issued_at=_stamp_after(tx, 0), **values,
    )  # fmt: skip


def end(tx: Transaction) -> str:
    """When a token that is issued now ends at the latest."""
    return _stamp_after(tx, LIFETIME)


def _stamp_after(tx: Transaction, seconds: float) -> str:
    moment = tx.now + timedelta(seconds=seconds)
    # Fernet tokens carry whole seconds: Keystone's stamps end in .000000.
    return moment.replace(microsecond=0).isoformat(timespec="microseconds")


def find(tx: Transaction, token_id: str | None) -> Row | None:
    """The token's row while it is valid, or None."""
    row = tx.get(tokens, token_id) if token_id else None
    return row if row is not None and row["expires_at"] > tx.stamp else None


def context(tx: Transaction, token_id: str) -> Context | None:
    """Who the token speaks for, or None when it is not valid (any more)."""
    row = find(tx, token_id)
    if row is None:
        return None
    return Context(
        user_id=row["user_id"], user_name=row["user_name"], user_domain_id=row["user_domain_id"],
        project_id=row["project_id"], project_name=row["project_name"], domain_id=row["domain_id"],
        system=row["system"], roles=frozenset(name for _, name in row["roles"]), token=row,
    )  # fmt: skip


def revoke(tx: Transaction, **equals: Any) -> None:
    """End all tokens whose columns have these values: `user_id=...`, `project_id=...`, `id=...`."""
    tx.delete(tokens, **equals)


def refresh(tx: Transaction, user_id: str) -> None:
    """Give a user's scoped tokens the roles that the assignments say now; without any left they end."""
    for row in tx.rows(tokens, user_id=user_id):
        if not (row["project_id"] or row["domain_id"] or row["system"]) or row["app_credential_id"]:
            continue
        if row["trust_id"]:  # what a trust gives is looked at when it is used
            continue
        found = effective_roles(tx, user_id, project_id=row["project_id"], domain_id=row["domain_id"])
        if found:
            tx.update(tokens, row["id"], roles=found)
        else:
            revoke(tx, id=row["id"])
