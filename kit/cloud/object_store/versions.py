"""Versioned writes: what is written over is kept in another container of the account.

Source: Swift's `versioned_writes.legacy`. In its stack mode (`X-Versions-Location`) a delete brings the last version
back; in its history mode (`X-History-Location`) a delete is kept, too, as a marker.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from kit.cloud.call import Call
from kit.cloud.object_store import quotas, writing
from kit.cloud.object_store.errors import Refused
from kit.cloud.object_store.models import containers, objects
from kit.cloud.object_store.moments import seconds
from kit.cloud.store import Row

STACK, HISTORY = MODES = ("x-versions-location", "x-history-location")
MARKER = "application/x-deleted;swift_versions_deleted=1"
STEP = 0.00001  # seconds; the least that two versions are apart


def asked(call: Call) -> dict[str, str] | None:
    """The container of versions that a request names, by its mode; {} for none, None where nothing is said.

    Raises
    ------
    Refused
        When both modes are asked for, or the name is none of a container.
    """
    given = {mode: call.headers[mode] for mode in MODES if mode in call.headers}
    if all(given.get(mode) for mode in MODES):
        raise Refused(400, f"Only one of {STACK} or {HISTORY} may be specified")
    named = {mode: unquote(value) for mode, value in given.items() if value}
    if any("/" in value.strip("/") for value in named.values()):
        raise Refused(412, "Container name cannot contain slashes", plain=False)
    if named:
        return {mode: given[mode] for mode in named}
    removed = any(call.headers.get(mode.replace("x-", "x-remove-", 1)) for mode in MODES)
    return {} if given or removed else None


def _mode(holder: Row) -> str | None:
    return next((mode for mode in MODES if holder["headers"].get(mode)), None)


def _place(call: Call, holder: Row, mode: str) -> Row | None:
    named = unquote(holder["headers"][mode]).split("/")[0]
    return call.tx.first(containers, account=holder["account"], name=named)


def write(call: Call, holder: Row, name: str, data: bytes, *, size: int | None = None, **fields: Any) -> Row:
    """Keep an object within the quotas, and put aside what it writes over.

    Parameters
    ----------
    size : int
        Bytes that count for the quotas, where they are not those of the data.
    """
    quotas.check(call, holder, len(data) if size is None else size)
    mode = _mode(holder)
    if mode is not None:
        _archive(call, holder, mode, name)
    return writing.write(call, holder, name, data, **fields)


def _move(call: Call, row: Row, source: Row, target: Row, name: str) -> None:
    call.tx.update(objects, row["id"], container_id=target["id"], name=name)
    if source["id"] != target["id"]:
        writing.count(call.tx, source, -1, -row["size"])
        writing.count(call.tx, target, 1, row["size"])


def _archive(call: Call, holder: Row, mode: str, name: str) -> bool:
    """Put aside what has the name; whether there was anything."""
    row = call.tx.first(objects, container_id=holder["id"], name=name)
    if row is None or "x-object-manifest" in row["headers"]:
        return False
    place = _place(call, holder, mode)
    if place is None:
        raise Refused(412)
    _move(call, row, holder, place, _free(call, place, name, seconds(row["created_at"])))
    return True


def _prefix(name: str) -> str:
    return f"{len(name):03x}{name}/"


def _free(call: Call, place: Row, name: str, moment: float) -> str:
    """A name for a version that no other has."""
    while call.tx.first(objects, container_id=place["id"], name=f"{_prefix(name)}{moment:016.5f}"):
        moment += STEP
    return f"{_prefix(name)}{moment:016.5f}"


def delete(call: Call, holder: Row, name: str) -> bool:
    """What comes before a delete; whether it has taken the place of it."""
    mode = _mode(holder)
    if mode == HISTORY:
        return _push(call, holder, name)
    return mode == STACK and _pop(call, holder, name)


def _push(call: Call, holder: Row, name: str) -> bool:
    moved = _archive(call, holder, HISTORY, name)
    place = _place(call, holder, HISTORY)
    if place is None:
        raise Refused(412)
    mark = _free(call, place, name, seconds(call.tx.stamp))
    writing.write(call, place, mark, b"", content_type=MARKER, headers={})
    return moved


def _pop(call: Call, holder: Row, name: str) -> bool:
    place = _place(call, holder, STACK)
    if place is None:
        return False
    start = _prefix(name)
    where = (objects.c.name >= start, objects.c.name < start + "\U0010ffff")
    kept = call.tx.rows(objects, *where, container_id=place["id"], order=objects.c.name.desc(), limit=2)
    if not kept:
        return False
    current = call.tx.first(objects, container_id=holder["id"], name=name)
    last, *older = kept
    if last["content_type"] == MARKER:
        if current is not None:
            return False
        writing.drop(call.tx, place, last)
        if not older or older[0]["content_type"] == MARKER:
            return True
        last = older[0]
    writing.drop(call.tx, holder, current)
    _move(call, last, place, holder, name)
    return True
