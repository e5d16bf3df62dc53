"""How the object store keeps an object: what of a request it keeps, within which quotas, until when."""

from __future__ import annotations

import hashlib
import mimetypes
from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.object_store import metadata
from kit.cloud.object_store.accounts import count as count_account
from kit.cloud.object_store.errors import Refused, not_found
from kit.cloud.object_store.models import PART, accounts, containers, objects, parts
from kit.cloud.object_store.moments import http_date, seconds
from kit.cloud.object_store.service import created
from kit.cloud.store import Row, Transaction

# What an object keeps beside its metadata.
KEPT = (
    "content-encoding", "content-disposition", "content-language", "cache-control", "expires", "x-object-manifest",
    "x-robots-tag",
)  # fmt: skip


# Swift counts no further, in seconds since 1970.
LATEST = 9999999999


def md5(data: bytes) -> str:
    """The hash by which Swift tells data."""
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def kept(call: Call) -> dict[str, str]:
    """The headers of a request that an object keeps."""
    found = metadata.given(call, "object")
    found |= {name: call.headers[name] for name in KEPT if call.headers.get(name)}
    manifest = found.get("x-object-manifest")
    if manifest is not None and (not all(manifest.partition("/")) or "?" in manifest or "&" in manifest):
        raise Refused(400, "X-Object-Manifest must be in the format container/prefix", plain=False)
    return {name: value for name, value in found.items() if value}


def media(call: Call, name: str) -> str:
    """The content type given, or what the name's ending says."""
    given = call.headers.get("content-type", "")
    if given and call.headers.get("x-detect-content-type", "").lower() not in ("true", "1", "yes", "on", "t", "y"):
        return given
    return mimetypes.guess_type(name)[0] or "application/octet-stream"


def delete_at(call: Call) -> int | None:
    """When the object is to go: `X-Delete-After` counts before `X-Delete-At`."""
    now = seconds(call.tx.stamp)
    for name, base in (("X-Delete-After", now), ("X-Delete-At", 0.0)):
        text = call.headers.get(name.lower())
        if text is None:
            continue
        try:
            moment = int(base + int(text))
        except ValueError:
            raise Refused(400, f"Non-integer {name}") from None
        if moment <= now:
            raise Refused(400, f"{name} in past")
        return min(moment, LATEST)
    return None


def count(tx: Transaction, holder: Row, number: int, size: int) -> None:
    """Let a container have more objects and bytes, or fewer."""
    now = tx.get(containers, holder["id"])
    assert now is not None
    tx.update(containers, holder["id"], objects=now["objects"] + number, bytes=now["bytes"] + size)
    count_account(tx, holder["account"], objects=number, size=size)


def write(call: Call, holder: Row, name: str, data: bytes, **fields: Any) -> Row:
    """Keep an object, instead of the one that has its name.

    Raises
    ------
    Refused
        When a quota of the container or the account is full.
    """
    tx = call.tx
    _within_quota(call, holder, len(data))
    drop(tx, holder, tx.first(objects, container_id=holder["id"], name=name))
    values = {"etag": md5(data), "delete_at": None, "total": None, **fields}
    row = tx.insert(objects, container_id=holder["id"], name=name, size=len(data), created_at=tx.stamp, **values)
    for number, start in enumerate(range(0, len(data), PART)):
        tx.insert(parts, object_id=row["id"], number=number, data=data[start : start + PART])
    count(tx, holder, 1, len(data))
    expire_later(call, row)
    return row


def expire_later(call: Call, row: Row) -> None:
    """Let an object go when its time has come."""
    if row["delete_at"] is not None:
        call.later(row["delete_at"] - seconds(call.tx.stamp), "object_store.expired", str(row["id"]))


def drop(tx: Transaction, holder: Row, row: Row | None) -> None:
    """Keep an object no longer."""
    if row is not None:
        tx.delete(objects, id=row["id"])
        count(tx, holder, -1, -row["size"])


def remove(call: Call, account: str, container: str, name: str) -> None:
    """Keep no object of that name; not found when there is none."""
    holder = call.tx.first(containers, account=account, name=container)
    row = call.tx.first(objects, container_id=holder["id"], name=name) if holder else None
    if holder is None or row is None:
        raise not_found()
    expired = row["delete_at"] is not None and row["delete_at"] <= seconds(call.tx.stamp)
    drop(call.tx, holder, row)
    if expired:
        raise not_found()


def _within_quota(call: Call, holder: Row, size: int) -> None:
    def limit(headers: dict[str, str], name: str) -> float:
        text = headers.get(name, "")
        return int(text) if text.isdecimal() else float("inf")

    row = call.tx.get(containers, holder["id"]) or holder
    over = row["bytes"] + size > limit(row["headers"], "x-container-meta-quota-bytes")
    if over or row["objects"] + 1 > limit(row["headers"], "x-container-meta-quota-count"):
        raise Refused(413, "Upload exceeds quota.", plain=False)
    account = call.tx.get(accounts, holder["account"])
    most = limit(account["headers"] if account else {}, "x-account-meta-quota-bytes")
    if account is not None and account["bytes"] + size > most:
        raise Refused(413, "Upload exceeds quota.", plain=False)


def written(row: Row, **more: str) -> Answer:
    """What a client is told of an object that it has written."""
    return created({"Etag": row["etag"], "Last-Modified": http_date(row["created_at"]), **more})
