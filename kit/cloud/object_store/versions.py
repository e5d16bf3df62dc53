"""Versioned writes: what is written over is kept in the container that `X-Versions-Location` names.

Source: Swift's `versioned_writes` middleware in its stack mode: a delete brings the last version back.
"""

from __future__ import annotations

from urllib.parse import unquote

from kit.cloud.call import Call
from kit.cloud.object_store import writing
from kit.cloud.object_store.errors import Refused
from kit.cloud.object_store.models import containers, objects
from kit.cloud.object_store.moments import seconds
from kit.cloud.store import Row

STEP = 0.00001  # seconds; the least that two versions are apart


def _place(call: Call, holder: Row) -> Row | None:
    """The container of versions; None where none is named.

    Raises
    ------
    Refused
        412 when it is named and not there.
    """
    named = holder["headers"].get("x-versions-location")
    if not named:
        return None
    found = call.tx.first(containers, account=holder["account"], name=unquote(named))
    if found is None:
        raise Refused(412, "The versions container does not exist", plain=False)
    return found


def _move(call: Call, row: Row, source: Row, target: Row, name: str) -> None:
    call.tx.update(objects, row["id"], container_id=target["id"], name=name)
    if source["id"] != target["id"]:
        writing.count(call.tx, source, -1, -row["size"])
        writing.count(call.tx, target, 1, row["size"])


def archive(call: Call, holder: Row, name: str) -> None:
    """Put aside what is about to be written over."""
    place = _place(call, holder)
    row = call.tx.first(objects, container_id=holder["id"], name=name) if place is not None else None
    if place is None or row is None:
        return
    moment = seconds(row["created_at"])
    while call.tx.first(objects, container_id=place["id"], name=_name(name, moment)):
        moment += STEP
    _move(call, row, holder, place, _name(name, moment))


def _name(name: str, moment: float) -> str:
    return f"{len(name):03x}{name}/{moment:016.5f}"


def bring_back(call: Call, account: str, container: str, name: str) -> None:
    """Let the last version be the object again, which is gone."""
    holder = call.tx.first(containers, account=account, name=container)
    place = _place(call, holder) if holder is not None else None
    if holder is None or place is None:
        return
    prefix = f"{len(name):03x}{name}/"
    there = [row for row in call.tx.rows(objects, container_id=place["id"]) if row["name"].startswith(prefix)]
    if there:
        _move(call, max(there, key=lambda row: str(row["name"])), place, holder, name)
