"""Containers: made, described, listed, removed when empty."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.object_store import access, listing, metadata
from kit.cloud.object_store.access import enter, owns
from kit.cloud.object_store.accounts import between, count
from kit.cloud.object_store.errors import Refused, not_found
from kit.cloud.object_store.models import containers, objects
from kit.cloud.object_store.moments import http_date, timestamp
from kit.cloud.object_store.service import accepted, created
from kit.cloud.store import Row, Transaction

# What a container keeps beside its metadata.
KEPT = (
    "x-container-read", "x-container-write", "x-container-sync-key", "x-container-sync-to", "x-versions-enabled",
    "x-versions-location", "x-history-location",
)  # fmt: skip
_SECRET = (
    "x-container-read", "x-container-write", "x-container-sync-key", "x-container-sync-to",
    "x-container-meta-temp-url-key", "x-container-meta-temp-url-key-2",
)  # fmt: skip
NAME_LENGTH = 256
POLICY = "Policy-0"


def find(tx: Transaction, account: str, container: str) -> Row:
    """The container of that name."""
    row = tx.first(containers, account=account, name=container)
    if row is None:
        raise not_found()
    return row


def _kept(call: Call, headers: dict[str, str]) -> dict[str, str]:
    found = metadata.merged(call, "container", headers, KEPT)
    for name in ("x-container-read", "x-container-write"):
        if name in call.headers and name in found:
            found[name] = access.clean(name, found[name])
    return found


def create(call: Call, account: str, container: str) -> Answer:
    """Make a container: 201, or 202 when it is there."""
    if len(container.encode()) > NAME_LENGTH:
        length = len(container.encode())
        raise Refused(400, f"Container name length of {length} longer than {NAME_LENGTH}", plain=False)
    policy = call.headers.get("x-storage-policy")
    if policy and policy != POLICY:
        raise Refused(400, f"Invalid X-Storage-Policy '{policy}'")
    row = call.tx.first(containers, account=account, name=container)
    if row is not None:
        call.tx.update(containers, row["id"], headers=_kept(call, row["headers"]), updated_at=call.tx.stamp)
        return accepted()
    call.tx.insert(
        containers, account=account, name=container, headers=_kept(call, {}), objects=0, bytes=0,
        created_at=call.tx.stamp, updated_at=call.tx.stamp,
    )  # fmt: skip
    count(call.tx, account, containers=1)
    return created()


def update(call: Call, account: str, container: str) -> Answer:
    """Set metadata and lists of who may come in."""
    row = find(call.tx, account, container)
    call.tx.update(containers, row["id"], headers=_kept(call, row["headers"]), updated_at=call.tx.stamp)
    return Answer(204)


def delete(call: Call, account: str, container: str) -> Answer:
    """Remove an empty container."""
    row = find(call.tx, account, container)
    if row["objects"]:
        raise Refused(409)
    call.tx.delete(containers, id=row["id"])
    count(call.tx, account, containers=-1)
    return Answer(204)


def _headers(call: Call, row: Row) -> dict[str, str]:
    return {
        "X-Container-Object-Count": str(row["objects"]), "X-Container-Bytes-Used": str(row["bytes"]),
        **metadata.shown(row["headers"], () if owns(call.context, row["account"]) else _SECRET),
        "X-Timestamp": timestamp(row["created_at"]), "Last-Modified": http_date(row["updated_at"]),
        "Accept-Ranges": "bytes", "X-Storage-Policy": POLICY,
    }  # fmt: skip


def head(call: Call, account: str, container: str) -> Answer:
    """Totals and metadata."""
    enter(call, account, container)
    return listing.headed(call, _headers(call, find(call.tx, account, container)))


def show(call: Call, account: str, container: str) -> Answer:
    """List the objects."""
    enter(call, account, container)
    row = find(call.tx, account, container)
    kind, wish = listing.form(call), listing.read(call)

    def fetch(low: str, high: str, reverse: bool, limit: int) -> list[Row]:
        name = objects.c.name
        where = between(name, low, high, wish.prefix)
        return call.tx.rows(
            objects, *where, container_id=row["id"], order=name.desc() if reverse else name, limit=limit
        )

    items = [_item(found) for found in listing.page(wish, fetch)]
    return listing.answer(call, kind, items, _headers(call, row), "container", container)


def _item(row: Row | str) -> dict[str, Any]:
    if isinstance(row, str):
        return {"subdir": row}
    shown = {
        "name": row["name"], "hash": row["etag"], "bytes": row["total"] if row["manifest"] is not None else row["size"],
        "content_type": row["content_type"], "last_modified": row["created_at"],
    }  # fmt: skip
    # Of a static large object, the hash is that of its manifest; its own is told beside.
    return shown | ({"slo_etag": f'"{row["headers"]["slo-etag"]}"'} if row["manifest"] is not None else {})
