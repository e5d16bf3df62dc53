"""An object read: its headers, its data or a range of it, and conditions on both."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from math import ceil

from kit.cloud.call import Answer, Call
from kit.cloud.object_store import large, metadata
from kit.cloud.object_store.access import enter
from kit.cloud.object_store.errors import Refused, not_found, page
from kit.cloud.object_store.models import PART, containers, objects, parts
from kit.cloud.object_store.moments import http_date, seconds, timestamp
from kit.cloud.object_store.service import HTML
from kit.cloud.store import Row, Transaction

Range = tuple[int, int]  # the first byte and the one after the last


def find(call: Call, account: str, container: str, name: str) -> Row:
    """The object of that name, while it lasts."""
    holder = call.tx.first(containers, account=account, name=container)
    row = call.tx.first(objects, container_id=holder["id"], name=name) if holder else None
    if row is None or (row["delete_at"] is not None and row["delete_at"] <= seconds(call.tx.stamp)):
        raise not_found()
    return row


def full(call: Call, name: str) -> str:
    """The object's name, with the slash at its end that the path has lost."""
    return f"{name}/" if call.slash else name


def load(tx: Transaction, row: Row, low: int, high: int) -> bytes:
    """The bytes from `low` to before `high` of the data that an object keeps itself."""
    if "inline" in row:
        return bytes(row["inline"][low:high])
    if low >= high:
        return b""
    first = low // PART
    numbers = list(range(first, (high - 1) // PART + 1))
    rows = tx.rows(parts, object_id=row["id"], number=numbers, order=parts.c.number)
    data = b"".join(part["data"] for part in rows)
    return data[low - first * PART : high - first * PART]


class Content:
    """What an object is to whoever reads it: of a large one, the segments in a row."""

    def __init__(self, call: Call, account: str, row: Row) -> None:
        self.tx = call.tx
        raw = call.query.one("multipart-manifest") == "get"
        self.headers = {name: value for name, value in row["headers"].items() if name != "slo-etag"}
        self.type, self.etag, self.modified = row["content_type"], row["etag"], row["created_at"]
        self.delete_at = row["delete_at"]
        self.static = row["manifest"] is not None
        self.segments: list[tuple[Row, int, int]] = [(row, 0, row["size"])]
        if self.static and raw:
            if call.query.one("format") == "raw":
                self.data: bytes | None = large.raw(row)
            else:
                self.type, self.data = "application/json; charset=utf-8", large.shown(row)
        else:
            self.data = None
        self.manifest_etag = row["etag"] if self.static and not raw else ""
        if not raw and self.static:
            self.etag = f'"{row["headers"]["slo-etag"]}"'
            self.segments = large.static_segments(call, account, row)
        elif not raw and "x-object-manifest" in row["headers"]:
            self.segments = large.dynamic_segments(call, account, row)
            self.etag = large.dynamic_etag([segment for segment, _, _ in self.segments])
        self.size = len(self.data) if self.data is not None else sum(high - low for _, low, high in self.segments)

    def read(self, low: int, high: int) -> bytes:
        """The bytes from `low` to before `high`."""
        if self.data is not None:
            return self.data[low:high]
        return b"".join(self._pieces(low, high))

    def _pieces(self, low: int, high: int) -> Iterator[bytes]:
        place = 0
        for row, start, end in self.segments:
            size = end - start
            if place < high and place + size > low:
                yield load(self.tx, row, start + max(low - place, 0), start + min(high - place, size))
            place += size

    def shown(self) -> dict[str, str]:
        """The headers of an answer about the object."""
        found = {
            "Etag": self.etag, **metadata.shown(self.headers), "Last-Modified": http_date(self.modified),
            "X-Timestamp": timestamp(self.modified), "Accept-Ranges": "bytes",
        }  # fmt: skip
        if self.static:
            found["X-Static-Large-Object"] = "True"
        if self.manifest_etag:
            found["X-Manifest-Etag"] = self.manifest_etag
        if self.delete_at is not None:
            found["X-Delete-At"] = str(self.delete_at)
        return found


def show(call: Call, account: str, container: str, name: str) -> Answer:
    """The object, or its headers alone for HEAD."""
    name = full(call, name)
    enter(call, account, container, name)
    try:
        content = Content(call, account, find(call, account, container, name))
    except Refused as refused:
        if refused.status == 404 and "*" in _tags(call.headers.get("if-match", "")):
            return Answer(412, b"", type=HTML)
        raise
    headers = content.shown()
    if "temp_url_sig" in call.query and not call.context.user_id:
        headers = _public(call, headers, name)
    status = _condition(call, content)
    if status == 412:
        return Answer(412, b"", headers, HTML)
    # The type goes as a header, too: an empty object has one all the same.
    headers["content-type"] = content.type
    if status:
        return Answer(status, None, headers)
    if call.method == "HEAD":
        return Answer(200, b"", headers | {"Content-Length": str(content.size)}, content.type)
    ranges = byte_ranges(call, content)
    if ranges is None:
        return Answer(200, content.read(0, content.size), headers, content.type)
    if not ranges:
        return Answer(416, page(416).encode(), headers | {"Content-Range": f"bytes */{content.size}"}, content.type)
    if len(ranges) == 1:
        low, high = ranges[0]
        headers["Content-Range"] = f"bytes {low}-{high - 1}/{content.size}"
        return Answer(206, content.read(low, high), headers, content.type)
    return _multipart(call, content, ranges, headers)


def _public(call: Call, headers: dict[str, str], name: str) -> dict[str, str]:
    """The headers for whoever comes with a signed URL: no metadata, and a name to save the file under."""
    kept = {key: value for key, value in headers.items() if not key.startswith("X-Object-Meta-")}
    if "inline" in call.query:
        return kept | {"Content-Disposition": "inline"}
    wanted = call.query.one("filename") or name.rstrip("/").rpartition("/")[2]
    return kept | {"Content-Disposition": f'attachment; filename="{wanted}"'}


def _tags(text: str) -> set[str]:
    return {part.strip().strip('"') for part in text.split(",")}


def _condition(call: Call, content: Content) -> int:
    """The status that a request's conditions come to; 0 for none, as Swift weighs them."""
    etag = content.etag.strip('"')
    unlike, like = call.headers.get("if-none-match"), call.headers.get("if-match")
    if unlike and _tags(unlike) & {etag, "*"}:
        return 304
    if like and not _tags(like) & {etag, "*"}:
        return 412
    changed = ceil(seconds(content.modified))
    since, until = _date(call, "if-modified-since"), _date(call, "if-unmodified-since")
    if since is not None and changed <= since:
        return 304
    return 412 if until is not None and changed > until else 0


def _date(call: Call, name: str) -> float | None:
    text = call.headers.get(name)
    try:
        return parsedate_to_datetime(text).timestamp() if text else None
    except (ValueError, OverflowError):
        return None


def byte_ranges(call: Call, content: Content) -> list[Range] | None:
    """The parts asked for that there are, or None for the whole; what is no range is as if it were not there."""
    text = call.headers.get("range", "").strip()
    if not re.fullmatch(r"bytes=\s*(\d+-\d*|-\d+)(\s*,\s*(\d+-\d*|-\d+))*", text):
        return None
    found: list[Range] = []
    for part in text.removeprefix("bytes=").split(","):
        first, _, last = part.strip().partition("-")
        if first and last and int(last) < int(first):
            return None
        low = int(first) if first else max(content.size - int(last), 0)
        high = min(int(last) + 1, content.size) if first and last else content.size
        if low < high:
            found.append((low, high))
    return found


def _multipart(call: Call, content: Content, ranges: list[Range], headers: dict[str, str]) -> Answer:
    boundary = call.request_id.removeprefix("req-").replace("-", "")
    body = b""
    for low, high in ranges:
        head = f"--{boundary}\r\nContent-Type: {content.type}\r\nContent-Range: bytes {low}-{high - 1}/{content.size}\r\n\r\n"
        body += head.encode() + content.read(low, high) + b"\r\n"
    body += f"--{boundary}--".encode()
    kind = f"multipart/byteranges;boundary={boundary}"
    return Answer(206, body, headers | {"content-type": kind}, kind)
