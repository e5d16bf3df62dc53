"""Large objects: segments that are read as one, listed in a manifest or found by the beginning of their names."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import quote, unquote

from kit.cloud.call import Answer, Call
from kit.cloud.object_store import access, bulk, manifests, versions, writing
from kit.cloud.object_store.errors import Refused, line, not_found
from kit.cloud.object_store.models import containers
from kit.cloud.object_store.models import objects as table
from kit.cloud.object_store.moments import http_date, seconds
from kit.cloud.object_store.reports import Report, Troubles, explained
from kit.cloud.store import Row

Segment = tuple[Row, int, int]  # an object, and from where to before where it is read

_LARGEST = 8 * 2**20  # bytes of a manifest


# Dynamic: whatever has a name that begins so, in order


def dynamic_segments(call: Call, account: str, row: Row) -> list[Segment]:
    """The segments of a dynamic large object."""
    container, _, prefix = unquote(row["headers"]["x-object-manifest"]).strip("/").partition("/")
    holder = call.tx.first(containers, account=account, name=container)
    if holder is None:
        raise not_found()
    where = [table.c.container_id == holder["id"], table.c.name >= prefix, table.c.name < prefix + "\U0010ffff"]
    found = [one for one in call.tx.rows(table, *where, order=table.c.name) if one["id"] != row["id"]]
    return [(one, 0, one["size"]) for one in found]


def dynamic_etag(rows: list[Row]) -> str:
    """The etag of a dynamic large object: of its segments' etags."""
    return f'"{writing.md5("".join(row["etag"] for row in rows).encode())}"'


# Static: a list of segments, checked when it is put


def static_segments(call: Call, account: str, row: Row) -> list[Segment]:
    """The segments of a static large object.

    Raises
    ------
    Refused
        When one is gone, or is not what it was.
    """
    found: list[Segment] = []
    for item in row["manifest"]:
        if "data" in item:
            data = base64.b64decode(item["data"])
            found.append(({"inline": data}, 0, len(data)))
            continue
        one = _object(call, account, item["name"])
        if one is None or one["etag"] != item["hash"]:
            raise Refused(409)
        low, high = 0, item["bytes"]
        if item.get("range"):
            first, _, last = item["range"].partition("-")
            low, high = int(first), int(last) + 1
        inner = static_segments(call, account, one) if item.get("sub_slo") else [(one, 0, one["size"])]
        found += _cut(inner, low, high)
    return found


def _cut(segments: list[Segment], low: int, high: int) -> list[Segment]:
    found, place = [], 0
    for row, start, end in segments:
        size = end - start
        if place < high and place + size > low:
            found.append((row, start + max(low - place, 0), start + min(high - place, size)))
        place += size
    return found


def _object(call: Call, account: str, path: str) -> Row | None:
    container, _, name = path.strip("/").partition("/") if not path.endswith("/") else path.lstrip("/").partition("/")
    holder = call.tx.first(containers, account=account, name=container)
    return call.tx.first(table, container_id=holder["id"], name=name) if holder else None


def shown(row: Row) -> bytes:
    """The manifest of a static large object, as it is kept."""
    return json.dumps(row["manifest"]).encode()


def raw(row: Row) -> bytes:
    """The manifest in the form in which it is put."""
    items = []
    for item in row["manifest"]:
        if "data" in item:
            items.append({"data": item["data"]})
            continue
        one = {"etag": item["hash"], "path": item["name"], "size_bytes": item["bytes"]}
        items.append(one | ({"range": item["range"]} if item.get("range") else {}))
    return json.dumps(items, sort_keys=True).encode()


def put(call: Call, account: str, holder: Row, name: str, headers: dict[str, str], delete_at: int | None) -> Answer:
    """Keep a manifest, once every segment is there and is what the manifest says."""
    if len(call.body) > _LARGEST:
        raise Refused(413, f"Manifest File > {_LARGEST} bytes", plain=False)
    items = manifests.parse(call, holder, name)
    kept, troubles, total = [], list[tuple[str, str]](), 0
    for place, item in enumerate(items):
        if "data" in item:
            kept.append({"data": item["data"]})
            total += len(base64.b64decode(item["data"]))
            continue
        one = _object(call, account, item["path"])
        if one is None:
            troubles.append((quote(item["path"]), line(404)))
            continue
        size = one["total"] if one["manifest"] is not None else one["size"]
        length, span = manifests.span(item.get("range"), size)
        if length is None:
            troubles.append((quote(item["path"]), "Unsatisfiable Range"))
            length = 0
        elif length < 1 and place < len(items) - 1:
            troubles.append((quote(item["path"]), "Too small; each segment must be at least 1 byte."))
        if item.get("size_bytes") is not None and item["size_bytes"] != size:
            troubles.append((quote(item["path"]), "Size Mismatch"))
        etag = one["headers"]["slo-etag"] if one["manifest"] is not None else one["etag"]
        if item.get("etag") is not None and item["etag"] != etag:
            troubles.append((quote(item["path"]), "Etag Mismatch"))
        total += length
        found = {
            "name": f"/{item['path'].lstrip('/')}", "bytes": size, "hash": one["etag"],
            "content_type": one["content_type"], "last_modified": one["created_at"],
        }  # fmt: skip
        found |= {"range": span} if span else {}
        kept.append(found | ({"sub_slo": True} if one["manifest"] is not None else {}))
    report, beats = Report(call, "upload"), writing.true(call.query.one("heartbeat") or "")
    if troubles and beats:
        data = {"Response Status": line(400), "Response Body": explained(400)}
        return _beaten(report, data, troubles)
    if troubles:
        answer = report.answer({}, troubles, 400)
        answer.type = report.form or "text/plain"
        return answer
    etag = writing.md5("".join(_share(item) for item in kept).encode())
    wanted = call.headers.get("etag", "").strip('"')
    if wanted and wanted != etag:
        raise Refused(422)
    row = keep(call, holder, name, kept, total, etag, writing.media(call, name), headers, delete_at)
    if beats:
        data = {
            "Response Status": "201 Created", "Etag": f'"{etag}"', "Last Modified": http_date(row["created_at"]),
            "Response Body": "",
        }  # fmt: skip
        return _beaten(report, data, [])
    return writing.written({**row, "etag": f'"{etag}"'})


def _beaten(report: Report, data: dict[str, Any], troubles: Troubles) -> Answer:
    """An answer that has begun before it was known how it ends."""
    body = f" \r\n\r\n{report.body(data, troubles)}"
    return Answer(202, body.encode(), type=report.form or "text/plain")


def keep(
    call: Call, holder: Row, name: str, manifest: list[dict[str, Any]], total: int, etag: str, kind: str,
    headers: dict[str, str], delete_at: int | None,
) -> Row:  # fmt: skip
    """Write a static large object: what is kept is its manifest."""
    return versions.write(
        call, holder, name, json.dumps(manifest).encode(), content_type=kind, headers={**headers, "slo-etag": etag},
        manifest=manifest, total=total, delete_at=delete_at,
    )  # fmt: skip


def _share(item: dict[str, Any]) -> str:
    """What a segment adds to the etag of the whole."""
    if "data" in item:
        return writing.md5(base64.b64decode(item["data"]))
    return f"{item['hash']}:{item['range']};" if item.get("range") else str(item["hash"])


def delete(call: Call, account: str, container: str, name: str) -> Answer:
    """Remove a static large object with its segments; another object stays."""
    if writing.true(call.query.one("async") or ""):
        return _delete_later(call, account, container, name)
    row = _object(call, account, f"/{container}/{name}")
    names = [f"/{container}/{name}"]
    if row is not None and row["manifest"] is not None:
        names = [*_paths(call, account, row), *names]
    elif row is not None:
        data = {
            "Number Deleted": 0, "Number Not Found": 0, "Response Status": line(400), "Response Body": "",
        }  # fmt: skip
        return Report(call, "delete").answer(data, [(quote(names[0]), "Not an SLO manifest")])
    return bulk.run(call, account, names)


def _delete_later(call: Call, account: str, container: str, name: str) -> Answer:
    """Remove a static large object, and its segments with the next sweep of what has expired."""
    row = _object(call, account, f"/{container}/{name}")
    if row is None:
        raise Refused(404, "SLO manifest not found", plain=False)
    if row["manifest"] is None:
        raise Refused(400, "Not an SLO manifest", plain=False)
    segments = [item for item in row["manifest"] if "data" not in item]
    holders = {item["name"].lstrip("/").partition("/")[0] for item in segments}
    if len(holders) > 1:
        named = ", ".join(f'"{quote(holder)}"' for holder in sorted(holders))
        raise Refused(400, f"All segments must be in one container. Found segments in {named}", plain=False)
    if any(item.get("sub_slo") for item in segments):
        raise Refused(400, "No segments may be large objects.", plain=False)
    for holder in holders:
        access.check_as(call, "DELETE", account, holder, name)
    for item in segments:
        one = _object(call, account, item["name"])
        if one is not None:
            call.tx.update(table, one["id"], delete_at=int(seconds(call.tx.stamp)))
            call.later(0, "object_store.expired", str(one["id"]))
    writing.remove(call, account, container, name)
    return Answer(204)


def lengths(row: Row) -> list[int]:
    """How long each segment of a static large object is."""
    return [
        len(base64.b64decode(item["data"])) if "data" in item else manifests.length(item["bytes"], item.get("range"))
        for item in row["manifest"]
    ]


def _paths(call: Call, account: str, row: Row) -> list[str]:
    """The names of all segments, those of large segments before these."""
    found: list[str] = []
    for item in row["manifest"]:
        if "data" in item:
            continue
        one = _object(call, account, item["name"])
        if one is not None and one["manifest"] is not None:
            found += _paths(call, account, one)
        found.append(item["name"])
    return found
