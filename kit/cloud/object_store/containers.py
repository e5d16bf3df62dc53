"""Containers: made, described, listed, removed when empty."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from kit.cloud.call import Answer, Call
from kit.cloud.object_store import access, archives, bulk, listing, metadata, quotas, versions
from kit.cloud.object_store.access import enter, owns
from kit.cloud.object_store.errors import Refused, not_found
from kit.cloud.object_store.models import containers, objects
from kit.cloud.object_store.moments import http_date, timestamp
from kit.cloud.object_store.service import accepted, created
from kit.cloud.object_store.totals import count
from kit.cloud.store import Row, Transaction

# What a container keeps beside its metadata.
KEPT = (
    "x-container-read", "x-container-write", "x-container-sync-key", "x-container-sync-to",
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
    quotas.of_container(call)
    _synchronized(call)
    place = versions.asked(call)
    found = metadata.merged(call, "container", headers, KEPT)
    if place is not None:
        found = {name: value for name, value in found.items() if name not in versions.MODES} | place
    for name in ("x-container-read", "x-container-write"):
        if name in call.headers and name in found:
            found[name] = access.clean(name, found[name])
            if not found[name]:
                del found[name]
    return found


def _synchronized(call: Call) -> None:
    """Refuse to keep a container in step with another: no realm and no host is set up for it.

    Source: `swift.common.utils.validate_sync_to`.
    """
    value = call.headers.get("x-container-sync-to", "").rstrip("/")
    if not value:
        return
    target = urlsplit(value)
    trouble = ""
    if value.startswith("//"):
        realm = value.strip("/").split("/")
        trouble = f"No realm key for {realm[0].upper()!r}" if len(realm) == 4 else (
            f"Invalid X-Container-Sync-To format {value!r}"
        )  # fmt: skip
        trouble = trouble.replace(realm[0].upper(), realm[0])
    elif target.scheme not in ("http", "https"):
        trouble = f'Invalid scheme {target.scheme!r} in X-Container-Sync-To, must be "//", "http", or "https".'
    elif not target.path:
        trouble = "Path required in X-Container-Sync-To"
    elif target.query or target.fragment:
        trouble = "Params, queries, and fragments not allowed in X-Container-Sync-To"
    elif target.hostname != "127.0.0.1":
        trouble = f"Invalid host {target.hostname!r} in X-Container-Sync-To"
    if trouble:
        raise Refused(400, trouble, plain=False)


def make(call: Call, account: str, container: str, headers: dict[str, str]) -> Row:
    """Keep a new container.

    Raises
    ------
    Refused
        When its name is too long.
    """
    length = len(container.encode())
    if length > NAME_LENGTH:
        raise Refused(400, f"Container name length of {length} longer than {NAME_LENGTH}", plain=False)
    count(call.tx, account, containers=1)
    return call.tx.insert(
        containers, account=account, name=container, headers=headers, objects=0, bytes=0,
        created_at=call.tx.stamp, updated_at=call.tx.stamp,
    )  # fmt: skip


def create(call: Call, account: str, container: str) -> Answer:
    """Make a container: 201, or 202 when it is there; with an archive, fill it."""
    if archives.wanted(call):
        return archives.extract(call, account, container)
    enter(call, account, container)
    policy = call.headers.get("x-storage-policy")
    if policy and policy.lower() != POLICY.lower():
        raise Refused(400, f"Invalid X-Storage-Policy '{policy}'")
    row = call.tx.first(containers, account=account, name=container)
    if row is None:
        make(call, account, container, _kept(call, {}))
        return created()
    call.tx.update(containers, row["id"], headers=_kept(call, row["headers"]), updated_at=call.tx.stamp)
    return accepted()


def update(call: Call, account: str, container: str) -> Answer:
    """Set metadata and lists of who may come in."""
    if bulk.wanted(call):
        return bulk.delete(call, account)
    enter(call, account, container)
    row = find(call.tx, account, container)
    call.tx.update(containers, row["id"], headers=_kept(call, row["headers"]), updated_at=call.tx.stamp)
    return Answer(204)


def delete(call: Call, account: str, container: str) -> Answer:
    """Remove an empty container."""
    if bulk.wanted(call):
        return bulk.delete(call, account)
    enter(call, account, container)
    drop(call, account, container)
    return Answer(204)


def drop(call: Call, account: str, container: str) -> None:
    """Keep a container no longer, once it is empty."""
    row = find(call.tx, account, container)
    if row["objects"]:
        raise Refused(409)
    call.tx.delete(containers, id=row["id"])
    count(call.tx, account, containers=-1)


def _headers(call: Call, row: Row) -> dict[str, str]:
    return {
        "X-Container-Object-Count": str(row["objects"]), "X-Container-Bytes-Used": str(row["bytes"]),
        **metadata.shown(row["headers"], () if owns(call.context, row["account"]) else _SECRET),
        "X-Timestamp": timestamp(row["created_at"]), "Last-Modified": http_date(row["updated_at"]),
        "Accept-Ranges": "bytes", "X-Storage-Policy": POLICY,
        **({"X-Container-Sharding": "False"} if access.RESELLER in call.context.roles else {}),
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
        where = listing.between(name, low, high, wish.prefix)
        return call.tx.rows(
            objects, *where, container_id=row["id"], order=name.desc() if reverse else name, limit=limit
        )

    items = [_item(found) for found in listing.page(wish, fetch)]
    return listing.answer(call, kind, items, _headers(call, row), "container", container)


def _item(row: Row | str) -> dict[str, Any]:
    if isinstance(row, str):
        return {"subdir": row}
    shown = {
        "bytes": row["total"] if row["manifest"] is not None else row["size"], "hash": row["etag"], "name": row["name"],
        "content_type": row["content_type"], "last_modified": row["created_at"],
    }  # fmt: skip
    # Of a static large object, the hash is that of its manifest; its own is told beside.
    return shown | ({"slo_etag": f'"{row["headers"]["slo-etag"]}"'} if row["manifest"] is not None else {})
