"""An object read: its headers, its data or a range of it, and conditions on both."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from math import ceil

from kit.cloud.call import Answer, Call
from kit.cloud.object_store import large, metadata, signed
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
        self.dynamic = not raw and not self.static and "x-object-manifest" in row["headers"]
        self.lengths: list[int] = []  # of each segment of a static large object
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
            self.lengths = large.lengths(row)
            if call.method != "HEAD":
                self.segments = large.static_segments(call, account, row)
        elif self.dynamic:
            self.segments = large.dynamic_segments(call, account, row)
            self.etag = large.dynamic_etag([segment for segment, _, _ in self.segments])
        self.size = row["total"] if self.lengths else sum(high - low for _, low, high in self.segments)
        if self.data is not None:
            self.size = len(self.data)

    def part(self, call: Call) -> Range | None:
        """Where the segment of a static large object lies that `part-number` asks for; None of any other object.

        Raises
        ------
        Refused
            When it is no number, or there is no such part.
        """
        text = call.query.one("part-number")
        if text is None or not self.lengths:
            return None
        if not text.isdecimal() or not int(text):
            raise Refused(400, "Part number must be an integer greater than 0", plain=False)
        number = int(text)
        if number > len(self.lengths):
            parts = {"X-Parts-Count": str(len(self.lengths)), "Content-Range": f"bytes */{self.size}"}
            raise Refused(416, "The requested part number is not satisfiable", plain=False, headers=parts)
        low = sum(self.lengths[: number - 1])
        return low, low + self.lengths[number - 1]

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
    refused_answer = unmet(call, content)
    if refused_answer is not None:
        return refused_answer
    headers = signed.dressed(call, content.shown(), name)
    # The type goes as a header, too: an empty object has one all the same.
    headers["content-type"] = content.type
    part = content.part(call)
    if part is not None:
        headers["X-Parts-Count"] = str(len(content.lengths))
    if call.method == "HEAD" and part is None:
        return Answer(200, b"", headers | {"Content-Length": str(content.size)}, content.type)
    ranges = [part] if part is not None else byte_ranges(call, content)
    if ranges is not None and len(ranges) > 1 and content.dynamic:
        ranges = None  # Swift gives the whole: it cannot tell where a part of the parts is
    if ranges is None:
        return Answer(200, content.read(0, content.size), headers, content.type)
    if not ranges:
        return unsatisfiable(content)
    if len(ranges) > 1:
        return _multipart(call, content, ranges, headers)
    low, high = ranges[0]
    headers["Content-Range"] = f"bytes {low}-{high - 1}/{content.size}"
    if call.method == "HEAD":
        return Answer(206, b"", headers | {"Content-Length": str(high - low)}, content.type)
    return Answer(206, content.read(low, high), headers, content.type)


def unmet(call: Call, content: Content) -> Answer | None:
    """The answer that a request's conditions come to, where they do not hold."""
    status = _condition(call, content)
    headers = signed.bare(call, content.shown())
    if status == 412:
        del headers["Accept-Ranges"]
        return Answer(412, b"", headers, HTML)
    return Answer(status, None, headers | {"content-type": content.type}) if status else None


def unsatisfiable(content: Content) -> Answer:
    """The answer to a range that lies beyond the end."""
    ranges = {"Content-Range": f"bytes */{content.size}"}
    if content.dynamic:
        return Answer(416, page(416).encode(), ranges | {"Accept-Ranges": "bytes"}, HTML)
    headers = content.shown() | {"content-type": content.type} | ranges
    return Answer(416, page(416).encode(), headers, content.type)


def _tags(text: str) -> set[str]:
    return {part.strip().strip('"') for part in text.split(",")}


def _condition(call: Call, content: Content) -> int:
    """The status that a request's conditions come to; 0 for none, as Swift weighs them."""
    etag = content.etag.strip('"')
    unlike, like = call.headers.get("if-none-match"), call.headers.get("if-match")
    if unlike and _tags(unlike) & {etag, "*"}:
        return 304
    if like is not None and not _tags(like) & {etag, "*"}:
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


_MOST_RANGES, _MOST_OVERLAPS, _MOST_UNSORTED = 50, 2, 7  # swift.common.swob


def byte_ranges(call: Call, content: Content) -> list[Range] | None:
    """The parts asked for that there are, or None for the whole; what is no range is as if it were not there."""
    text = call.headers.get("range", "").replace(" ", "")
    if not re.fullmatch(r"bytes=(\d+-\d*|-\d+)(,(\d+-\d*|-\d+))*", text, re.I):
        return None
    found: list[Range] = []
    for part in text[len("bytes=") :].split(","):
        first, _, last = part.partition("-")
        if first and last and int(last) < int(first):
            return None
        low = int(first) if first else max(content.size - int(last), 0)
        high = min(int(last) + 1, content.size) if first and last else content.size
        if low < high or (not first and int(last) and not content.size):
            found.append((low, high))
    if found == [(0, 0)]:
        return None
    return [] if _abuses(found) else found


def _abuses(ranges: list[Range]) -> bool:
    """Whether ranges are too many, overlap too often, or are many out of order."""
    pairs = itertools.combinations(ranges, 2)
    overlaps = sum(a < c < b or a < d < b or c < a < d or c < b < d for (a, b), (c, d) in pairs)
    most = _MOST_RANGES if ranges == sorted(ranges) else _MOST_UNSORTED
    return len(ranges) > most or overlaps > _MOST_OVERLAPS


def _multipart(call: Call, content: Content, ranges: list[Range], headers: dict[str, str]) -> Answer:
    boundary = call.request_id.removeprefix("req-").replace("-", "")
    body = b""
    for low, high in ranges:
        head = f"--{boundary}\r\nContent-Type: {content.type}\r\nContent-Range: bytes {low}-{high - 1}/{content.size}\r\n\r\n"
        body += head.encode() + content.read(low, high) + b"\r\n"
    body += f"--{boundary}--".encode()
    kind = f"multipart/byteranges;boundary={boundary}"
    return Answer(206, body, headers | {"content-type": kind}, kind)
