"""Objects written, described and removed."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.object_store import archives, bulk, containers, copying, large, versions, writing
from kit.cloud.object_store.access import enter
from kit.cloud.object_store.errors import Refused, not_found, page
from kit.cloud.object_store.models import objects
from kit.cloud.object_store.reading import find, full
from kit.cloud.object_store.service import HTML, accepted
from kit.cloud.store import Row

NAME_LENGTH = 1024


def create(call: Call, account: str, container: str, name: str) -> Answer:
    """Write an object: the body, a copy of another one, a manifest of segments, or the files of an archive."""
    name = full(call, name)
    if archives.wanted(call):
        return archives.extract(call, account, f"{container}/{name}")
    enter(call, account, container, name)
    holder = containers.find(call.tx, account, container)
    if len(name.encode()) > NAME_LENGTH:
        raise Refused(400, f"Object name length of {len(name.encode())} longer than {NAME_LENGTH}")
    if call.headers.get("x-copy-from"):
        return copying.from_header(call, account, holder, name)
    length = call.headers.get("content-length")
    if length is None and call.headers.get("transfer-encoding") != "chunked":
        manifest = call.query.one("multipart-manifest") == "put"
        raise Refused(411) if manifest else Refused(411, "Missing Content-Length header.")
    _unmatched(call, holder, name)
    headers, delete_at = writing.kept(call), writing.delete_at(call)
    if call.query.one("multipart-manifest") == "put":
        return large.put(call, account, holder, name, headers, delete_at)
    wanted = call.headers.get("etag", "").strip('"')
    if wanted and wanted != writing.md5(call.body):
        raise Refused(422)
    kind, size = writing.media(call, name), int(length or 0)
    row = versions.write(
        call, holder, name, call.body, size=size, content_type=kind, headers=headers, delete_at=delete_at
    )
    return writing.written(row)


def _unmatched(call: Call, holder: Row, name: str) -> None:
    """Refuse to write over an object where the client wants none to be there."""
    wanted = call.headers.get("if-none-match")
    if wanted is None:
        return
    if wanted.strip() != "*":
        raise Refused(400, "If-None-Match only supports *")
    if call.tx.first(objects, container_id=holder["id"], name=name):
        raise Refused(412)


def update(call: Call, account: str, container: str, name: str) -> Answer:
    """Describe an object anew: what it kept before is forgotten, all but its type."""
    if bulk.wanted(call):
        return bulk.delete(call, account)
    name = full(call, name)
    enter(call, account, container, name)
    row = find(call, account, container, name)
    headers = writing.kept(call)
    fields: dict[str, Any] = {"delete_at": writing.delete_at(call)}
    if "slo-etag" in row["headers"]:
        headers["slo-etag"] = row["headers"]["slo-etag"]
    if call.headers.get("content-type"):
        fields["content_type"] = call.headers["content-type"]
    call.tx.update(objects, row["id"], headers=headers, created_at=call.tx.stamp, **fields)
    writing.expire_later(call, row | fields)
    return accepted()


def delete(call: Call, account: str, container: str, name: str) -> Answer:
    """Remove an object; of a large one, on request, the segments too."""
    if bulk.wanted(call):
        return bulk.delete(call, account)
    name = full(call, name)
    enter(call, account, container, name)
    if call.query.one("multipart-manifest") == "delete":
        return large.delete(call, account, container, name)
    try:
        drop(call, account, container, name)
    except Refused as refused:
        if refused.status != 404:
            raise
        # Told, not raised: a history has kept that it was deleted once more.
        return Answer(404, page(404).encode(), type=HTML)
    return Answer(204)


def drop(call: Call, account: str, container: str, name: str) -> None:
    """Keep an object no longer; where versions are kept, let the one before come back, or put it aside.

    Raises
    ------
    Refused
        404 when there is none.
    """
    holder = call.tx.first(containers.containers, account=account, name=container)
    if holder is None:
        raise not_found()
    if not versions.delete(call, holder, name):
        writing.remove(call, account, container, name)
