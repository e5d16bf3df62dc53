"""Traffic from a HAR file, as browsers and proxies write it, and from a record of the kit's cloud."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from kit.guidelines.description.document import mapping, parse, read_file
from kit.guidelines.errors import DescriptionError, TrafficError
from kit.guidelines.traffic.exchange import Context, Exchange, Session, body_of, make_exchange
from kit.guidelines.words import CODE_NAMES, SERVICE_TYPES, plural

LIMIT = 256 * 1024 * 1024
# What a page loads beside the API.
_ASSETS = ("text/html", "text/css", "image/", "font/", "audio/", "video/", "application/javascript", "text/javascript")


def is_har(data: Any) -> bool:
    """Whether data is a HAR: an object `log` with `entries`."""
    return isinstance(data, dict) and isinstance(mapping(data.get("log")).get("entries"), list)


def read_har(path: Path) -> list[Session]:
    """The sessions of a HAR file, one for each host.

    Raises
    ------
    TrafficError
        It cannot be read, or is no HAR.
    """
    try:
        data = parse(read_file(path, LIMIT), str(path))
    except DescriptionError as error:
        raise TrafficError(error.what, where=error.where, todo=error.todo) from None
    return har_sessions(data, str(path))


def har_sessions(data: Any, where: str = "") -> list[Session]:
    """The sessions of a parsed HAR, one for each host; what a page loads beside the API is passed over.

    Raises
    ------
    TrafficError
        It is no HAR.
    """
    if not is_har(data):
        raise TrafficError(
            "It is no HAR: it has no log with entries.", where=where, todo="Export the network log again."
        )
    found: list[Exchange] = []
    for number, entry in enumerate(data["log"]["entries"], 1):
        exchange = _entry(number, mapping(entry), where)
        if exchange is not None:
            found.append(exchange)
    return sessions_by(found, lambda exchange: exchange.split[0])


def _entry(number: int, entry: dict[str, Any], where: str) -> Exchange | None:
    asked, answered = mapping(entry.get("request")), mapping(entry.get("response"))
    if answered.get("status") == 0:  # the browser gave up before an answer
        return None
    content = mapping(answered.get("content"))
    kind = str(content.get("mimeType") or "")
    status = answered.get("status")
    if kind.startswith(_ASSETS) and isinstance(status, int) and status < 400:
        return None
    text = content.get("text")
    if content.get("encoding") == "base64" and isinstance(text, str):
        try:
            text = base64.b64decode(text, validate=False).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            text = ""
    data = {
        "request": {
            "method": asked.get("method"), "uri": asked.get("url"), "headers": _headers(asked),
            "body": body_of(mapping(asked.get("postData")).get("text")),
        },
        "response": {"status": status, "headers": _headers(answered), "body": body_of(text)},
    }  # fmt: skip
    if not isinstance(data["request"]["method"], str) or not isinstance(data["request"]["uri"], str):
        raise TrafficError(f"Entry {number} has no request.", where=where, todo="Export the network log again.")
    return make_exchange(number, data, where)


def _headers(message: dict[str, Any]) -> list[tuple[str, str]]:
    rows = message.get("headers")
    return [
        (str(row["name"]), str(row.get("value", "")))
        for row in (rows if isinstance(rows, list) else ())
        if isinstance(row, dict) and "name" in row and not str(row["name"]).startswith(":")
    ]


def sessions_by(exchanges: Iterable[Exchange], key: Any) -> list[Session]:
    """Sessions of exchanges, one for each key, in the order of their first."""
    found: dict[str, list[Exchange]] = {}
    for exchange in exchanges:
        found.setdefault(key(exchange), []).append(exchange)
    return [Session(group) for group in found.values()]


def recorded(exchanges: Iterable[Any], where: str = "") -> list[Session]:
    """The sessions of what a kit cloud recorded, one for each of its services.

    Parameters
    ----------
    exchanges : iterable
        Objects with `to_json()`, or what that gives; `cloud.exchanges`, say.

    Raises
    ------
    TrafficError
        One is of another form.
    """
    found: dict[str, list[Exchange]] = {}
    for number, each in enumerate(exchanges, 1):
        data = each.to_json() if hasattr(each, "to_json") else each
        if not isinstance(data, dict):
            raise TrafficError(f"Exchange {number} is no object.", where=where, todo="Give a record of exchanges.")
        exchange = make_exchange(number, data, where)
        exchange.base = _base(exchange)
        found.setdefault(str(data.get("service", "")), []).append(exchange)
    return [Session(group, Context()) for group in found.values()]


def _base(exchange: Exchange) -> str:
    """The endpoint of a service at a subpath named for it, '' where there is none."""
    first = exchange.split[1].lstrip("/").split("/")[0]
    return f"/{first}" if first in SERVICE_TYPES | CODE_NAMES.keys() and not plural(first) else ""
