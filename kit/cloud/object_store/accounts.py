"""Accounts: one a project, there from the first look."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.errors import MethodNotAllowed
from kit.cloud.object_store import archives, bulk, listing, metadata, quotas, totals
from kit.cloud.object_store.access import enter, owns
from kit.cloud.object_store.models import accounts, containers
from kit.cloud.object_store.moments import timestamp
from kit.cloud.object_store.service import allowed
from kit.cloud.store import Row

_SECRET = ("x-account-meta-temp-url-key", "x-account-meta-temp-url-key-2")


def _headers(call: Call, account: str) -> dict[str, str]:
    row = call.tx.get(accounts, account)
    kinds = {"Container-Count": "containers", "Object-Count": "objects", "Bytes-Used": "bytes"}
    numbers = {name: row[column] if row else 0 for name, column in kinds.items()}
    found = {f"X-Account-{name}": str(number) for name, number in numbers.items()}
    now = timestamp(call.tx.stamp)
    if row is None:
        return found | {"X-Timestamp": now, "X-Put-Timestamp": now}
    if row["containers"]:
        found |= {f"X-Account-Storage-Policy-Policy-0-{name}": str(number) for name, number in numbers.items()}
    found |= metadata.shown(row["headers"], () if owns(call.context, account) else _SECRET)
    return found | {"X-Timestamp": timestamp(row["created_at"]), "Accept-Ranges": "bytes"}


def head(call: Call, account: str) -> Answer:
    """Totals and metadata."""
    enter(call, account)
    answer = listing.headed(call, _headers(call, account))
    # An account that nothing was written to is made up for the answer, and made up with another status.
    answer.status = 204 if call.tx.get(accounts, account) else 200
    return answer


def show(call: Call, account: str) -> Answer:
    """List the containers."""
    enter(call, account)
    kind, wish = listing.form(call), listing.read(call, folders=False)

    def fetch(low: str, high: str, reverse: bool, limit: int) -> list[Row]:
        name = containers.c.name
        where = listing.between(name, low, high, wish.prefix)
        return call.tx.rows(containers, *where, account=account, order=name.desc() if reverse else name, limit=limit)

    items: list[dict[str, Any]] = [
        {"subdir": row} if isinstance(row, str) else {
            "name": row["name"], "count": row["objects"], "bytes": row["bytes"], "last_modified": row["updated_at"],
            "storage_policy": "Policy-0",
        }
        for row in listing.page(wish, fetch)
    ]  # fmt: skip
    return listing.answer(call, kind, items, _headers(call, account), "account", account)


def update(call: Call, account: str) -> Answer:
    """Set metadata, or delete many objects at once."""
    if bulk.wanted(call):
        return bulk.delete(call, account)
    enter(call, account)
    limits = quotas.of_account(call)
    headers = metadata.merged(call, "account", totals.ensure(call.tx, account)["headers"])
    for name, value in limits.items():
        headers[name] = value
        headers.pop(name, None) if not value else None
    call.tx.update(accounts, account, headers=headers)
    return Answer(204)


def remove(call: Call, account: str) -> Answer:
    """Delete many objects at once; the account itself is nobody's to delete."""
    if bulk.wanted(call):
        return bulk.delete(call, account)
    raise MethodNotAllowed(headers={"Allow": allowed(call)})


def create(call: Call, account: str) -> Answer:
    """Write the files of an archive; an account is made by itself."""
    if archives.wanted(call):
        return archives.extract(call, account)
    raise MethodNotAllowed(headers={"Allow": allowed(call)})
