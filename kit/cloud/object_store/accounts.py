"""Accounts: one a project, there from the first look."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.object_store import bulk, listing, metadata
from kit.cloud.object_store.access import enter, owns
from kit.cloud.object_store.errors import Refused
from kit.cloud.object_store.models import accounts, containers
from kit.cloud.object_store.moments import timestamp
from kit.cloud.store import Row, Transaction

_SECRET = ("x-account-meta-temp-url-key", "x-account-meta-temp-url-key-2")


def ensure(tx: Transaction, account: str) -> Row:
    """The account, made when it is first written to."""
    return tx.get(accounts, account) or tx.insert(
        accounts, name=account, headers={}, containers=0, objects=0, bytes=0, created_at=tx.stamp
    )


def count(tx: Transaction, account: str, *, containers: int = 0, objects: int = 0, size: int = 0) -> None:
    """Let an account have more of something, or less."""
    row = ensure(tx, account)
    tx.update(
        accounts, account, containers=row["containers"] + containers, objects=row["objects"] + objects,
        bytes=row["bytes"] + size,
    )  # fmt: skip


def _headers(call: Call, account: str) -> dict[str, str]:
    row = call.tx.get(accounts, account)
    kinds = {"Container-Count": "containers", "Object-Count": "objects", "Bytes-Used": "bytes"}
    numbers = {name: row[column] if row else 0 for name, column in kinds.items()}
    found = {f"X-Account-{name}": str(number) for name, number in numbers.items()}
    if row is not None:
        found |= {f"X-Account-Storage-Policy-Policy-0-{name}": str(number) for name, number in numbers.items()}
        found |= metadata.shown(row["headers"], () if owns(call.context, account) else _SECRET)
    found["X-Timestamp"] = timestamp(row["created_at"] if row else call.tx.stamp)
    return found | {"Accept-Ranges": "bytes"}


def head(call: Call, account: str) -> Answer:
    """Totals and metadata."""
    enter(call, account)
    return listing.headed(call, _headers(call, account))


def show(call: Call, account: str) -> Answer:
    """List the containers."""
    enter(call, account)
    kind, wish = listing.form(call), listing.read(call)

    def fetch(low: str, high: str, reverse: bool, limit: int) -> list[Row]:
        name = containers.c.name
        where = between(name, low, high, wish.prefix)
        return call.tx.rows(containers, *where, account=account, order=name.desc() if reverse else name, limit=limit)

    items: list[dict[str, Any]] = [
        {"subdir": row} if isinstance(row, str) else {
            "name": row["name"], "count": row["objects"], "bytes": row["bytes"], "last_modified": row["updated_at"],
            "storage_policy": "Policy-0",
        }
        for row in listing.page(wish, fetch)
    ]  # fmt: skip
    return listing.answer(call, kind, items, _headers(call, account), "account", account)


def between(name: Any, low: str, high: str, prefix: str) -> list[Any]:
    """Conditions on a name: above one, below another, with a beginning."""
    where = []
    if low:
        where.append(name > low)
    if high:
        where.append(name < high)
    if prefix:
        where += [name >= prefix, name < prefix + listing.TOP]
    return where


def update(call: Call, account: str) -> Answer:
    """Set metadata, or delete many objects at once."""
    if "bulk-delete" in call.query:
        return bulk.delete(call, account)
    row = ensure(call.tx, account)
    call.tx.update(accounts, account, headers=metadata.merged(call, "account", row["headers"]))
    return Answer(204)


def remove(call: Call, account: str) -> Answer:
    """Delete many objects at once; the account itself is nobody's to delete."""
    if "bulk-delete" in call.query:
        return bulk.delete(call, account)
    raise Refused(405, headers={"Allow": "POST, GET, OPTIONS, HEAD"})
