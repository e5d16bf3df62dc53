"""How the object store keeps an object: what of a request it keeps, within which quotas, until when."""

from __future__ import annotations

import hashlib
import mimetypes
from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.object_store import metadata
from kit.cloud.object_store.errors import Refused, not_found
from kit.cloud.object_store.models import PART, containers, objects, parts
from kit.cloud.object_store.moments import http_date, seconds
from kit.cloud.object_store.service import created
from kit.cloud.object_store.totals import count as count_account
from kit.cloud.store import Row, Transaction

# What an object keeps beside its metadata.
KEPT = (
    "content-encoding", "content-disposition", "content-language", "cache-control", "expires", "x-object-manifest",
    "x-robots-tag",
)  # fmt: skip


RESERVED = (
    "X-Static-Large-Object is a reserved header. To create a static large object add query param "
    "multipart-manifest=put."
)
# Swift counts no further, in seconds since 1970.
LATEST = 9999999999


def md5(data: bytes) -> str:
    """The hash by which Swift tells data."""
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def kept(call: Call) -> dict[str, str]:
    """The headers of a request that an object keeps."""
    found = metadata.given(call, "object")
    found |= {name: call.headers[name] for name in KEPT if name in call.headers}
    manifest = found.get("x-object-manifest")
    if manifest is not None and (not all(manifest.partition("/")) or "?" in manifest or "&" in manifest):
        raise Refused(400, "X-Object-Manifest must be in the format container/prefix", plain=False)
    if true(call.headers.get("x-static-large-object", "")) and call.query.one("multipart-manifest") != "put":
        raise Refused(400, RESERVED, plain=False)
    return found


def media(call: Call, name: str) -> str:
    """The content type given, or what the name's ending says."""
    given = call.headers.get("content-type", "")
    if given and not true(call.headers.get("x-detect-content-type", "")):
        return given
    return guessed(name)


def true(text: str) -> bool:
    """Whether a header says yes, as `swift.common.utils.config_true_value` reads it."""
    return text.lower() in ("true", "1", "yes", "on", "t", "y")


def guessed(name: str) -> str:
    """The content type that a name's ending says."""
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
    """Keep an object, instead of the one that has its name."""
    tx = call.tx
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


def written(row: Row, **more: str) -> Answer:
    """What a client is told of an object that it has written."""
    return created({"Etag": row["etag"], "Last-Modified": http_date(row["created_at"]), **more})
