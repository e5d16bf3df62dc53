"""Listings of accounts and containers: a page of names, cut at a delimiter, in three forms."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from kit.cloud.call import Answer, Call
from kit.cloud.object_store import accept
from kit.cloud.object_store.errors import Refused
from kit.cloud.object_store.service import LISTING_LIMIT
from kit.cloud.store import Row

TOP = "\U0010ffff"  # sorts after every name
_BATCH = 1000
_FORMATS = {"plain": "text/plain", "json": "application/json", "xml": "application/xml"}

# Gives rows by name: those above one and below another, in either direction, at most so many.
Fetch = Callable[[str, str, bool, int], list[Row]]


@dataclass(frozen=True)
class Wish:
    """What of a listing is asked for."""

    prefix: str
    delimiter: str
    marker: str
    end_marker: str
    limit: int
    reverse: bool
    path: bool  # whether only what lies right below a pseudo directory is meant


_TEXTS = ("delimiter", "end_marker", "marker", "path", "prefix")


def read(call: Call, *, folders: bool = True) -> Wish:
    """The wish in a query string.

    Parameters
    ----------
    folders : bool
        Whether `path` counts: an account's list knows none.

    Raises
    ------
    Refused
        When a text is not UTF-8, or more is wanted than a page has.
    """
    query = call.query
    for name in _TEXTS:
        if "\ufffd" in (query.one(name) or ""):
            raise Refused(400, f'"{name}" parameter not valid UTF-8')
    text = query.one("limit") or ""
    limit = int(text) if text.isdecimal() else LISTING_LIMIT
    if limit > LISTING_LIMIT:
        raise Refused(412, f"Maximum limit is {LISTING_LIMIT}", plain=False)
    prefix, delimiter = query.one("prefix") or "", query.one("delimiter") or ""
    path = query.one("path") if folders else None
    if path is not None:
        prefix, delimiter = f"{path.rstrip('/')}/" if path else "", "/"
    reverse = (query.one("reverse") or "").lower() in ("true", "1", "yes", "on", "t", "y")
    return Wish(
        prefix, delimiter, query.one("marker") or "", query.one("end_marker") or "", limit, reverse, path is not None
    )


def page(wish: Wish, fetch: Fetch) -> list[Row | str]:
    """The rows of a page, and the common beginnings of those that a delimiter folds together."""
    low, high = (wish.end_marker, wish.marker) if wish.reverse else (wish.marker, wish.end_marker)
    found: list[Row | str] = []
    while len(found) < wish.limit:
        rows = fetch(low, high, wish.reverse, min(wish.limit - len(found) + 1, _BATCH))
        jumped = False
        for row in rows:
            name = row["name"]
            folder = _folder(wish, name)
            if folder is None:
                if not wish.path or name != wish.prefix:
                    found.append(row)
            elif not wish.path and folder != wish.marker:
                found.append(folder)
            if folder is not None:
                # Past all that has the same beginning.
                low, high = (low, folder) if wish.reverse else (f"{folder}{TOP}", high)
                jumped = True
                break
            low, high = (low, name) if wish.reverse else (name, high)
            if len(found) == wish.limit:
                break
        if not rows or (not jumped and len(rows) < min(wish.limit, _BATCH)):
            break
    return found


def _folder(wish: Wish, name: str) -> str | None:
    if not wish.delimiter:
        return None
    end = name.find(wish.delimiter, len(wish.prefix))
    folder = name[: end + len(wish.delimiter)]
    # A pseudo directory right below a path is an object of it.
    return None if end < 0 or (wish.path and folder == name) else folder


def between(name: Any, low: str, high: str, prefix: str) -> list[Any]:
    """Conditions on a name: above one, below another, with a beginning."""
    where = []
    if low:
        where.append(name > low)
    if high:
        where.append(name < high)
    if prefix:
        where += [name >= prefix, name < prefix + TOP]
    return where


def form(call: Call) -> str:
    """The media type of the answer: `format`, or what the client accepts."""
    asked = call.query.one("format")
    if asked is not None:
        return _FORMATS.get(asked.lower(), "text/plain")
    try:
        found = accept.best(call.headers.get("accept", ""))
    except ValueError:
        raise Refused(400, "Invalid Accept header", plain=False) from None
    if found is None:
        raise Refused(406)
    return found


def headed(call: Call, headers: dict[str, str]) -> Answer:
    """The answer to HEAD."""
    vary = {} if "format" in call.query else {"Vary": "Accept"}
    return Answer(204, None, {**headers, **vary, "Content-Length": "0"}, f"{form(call)}; charset=utf-8")


def answer(call: Call, kind: str, items: list[dict[str, Any]], headers: dict[str, str], tag: str, name: str) -> Answer:
    """The listing, in its form; an empty one in plain text is 204."""
    if "format" not in call.query:
        headers["Vary"] = "Accept"
    if kind == "application/json":
        body = json.dumps(items)
    elif kind.endswith("/xml"):
        body = _xml(items, tag, name)
    else:
        body = "".join(f"{item.get('name', item.get('subdir'))}\n" for item in items)
    return Answer(200 if body else 204, body.encode(), headers, f"{kind}; charset=utf-8")


_FIELDS = ("name", "hash", "count", "bytes", "content_type", "last_modified", "storage_policy")


def _xml(items: list[dict[str, Any]], tag: str, name: str) -> str:
    inner = "container" if tag == "account" else "object"
    parts = []
    for item in items:
        if "subdir" in item:
            text = escape(item["subdir"])
            parts.append(f'<subdir name="{escape(item["subdir"], {chr(34): "&quot;"})}"><name>{text}</name></subdir>')
            continue
        shown = {key: item[key] for key in _FIELDS if key in item}
        fields = "".join(f"<{key}>{escape(str(value))}</{key}>" for key, value in shown.items())
        parts.append(f"<{inner}>{fields}</{inner}>")
    quoted = escape(name, {'"': "&quot;"})
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    between = "\n" if tag == "account" else ""
    if not parts and tag == "container":
        return f'{head}<{tag} name="{quoted}" />'
    return f'{head}<{tag} name="{quoted}">{between}{"".join(part + between for part in parts)}</{tag}>'
