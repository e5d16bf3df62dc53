"""Manifests of static large objects, as clients put them."""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import Any

from kit.cloud.call import Call
from kit.cloud.object_store.errors import Refused
from kit.cloud.store import Row

_MOST_SEGMENTS = 1000
_KEYS = {"data": set[str](), "path": {"range", "etag", "size_bytes"}}


def span(text: str | None, size: int) -> tuple[int | None, str]:
    """How long a range of a segment is, and the range as it is kept."""
    if not text:
        return size, ""
    first, _, last = text.partition("-")
    low = int(first) if first else max(size - int(last), 0)
    high = min(int(last) + 1, size) if first and last else size
    if low >= high:
        return None, ""
    return high - low, "" if (low, high) == (0, size) else f"{low}-{high - 1}"


def length(size: int, text: str | None) -> int:
    """How many bytes of a segment a manifest takes, by the range that it keeps."""
    if not text:
        return size
    first, _, last = text.partition("-")
    return int(last) - int(first) + 1


def parse(call: Call, holder: Row, name: str) -> list[dict[str, Any]]:
    """The segments that a body lists.

    Raises
    ------
    Refused
        With all that is wrong with them.
    """
    try:
        items = json.loads(call.body)
    except (ValueError, RecursionError):
        raise Refused(400, "Manifest must be valid JSON.\n", plain=False) from None
    if not isinstance(items, list):
        raise Refused(400, "Manifest must be a list.\n", plain=False)
    own = f"{holder['name']}/{name}"
    troubles = [(place, trouble) for place, item in enumerate(items) if (trouble := _trouble(item, place, items, own))]
    text = "".join(f"Index {place}: {trouble}\n" for place, trouble in troubles)
    if items and all(isinstance(item, dict) and "data" in item for item in items):
        text += "Inline data segments require at least one object-backed segment.\n"
    if text:
        raise Refused(400, text)
    if sum("path" in item for item in items) > _MOST_SEGMENTS:
        raise Refused(413, f"Number of object-backed segments must be <= {_MOST_SEGMENTS}", plain=False)
    return items


def _trouble(item: Any, place: int, items: list[Any], own: str) -> str:
    if not isinstance(item, dict):
        return "not a JSON object"
    kind = next((key for key in _KEYS if key in item), None)
    if kind is None:
        return "expected keys to include one of 'data' or 'path'"
    more = sorted(key for key in item if key not in _KEYS[kind] | {kind})
    if more:
        return f"extraneous keys {', '.join(json.dumps(key) for key in more)}"
    if kind == "data":
        try:
            data = base64.b64decode(item["data"], validate=True)
        except (ValueError, TypeError, binascii.Error):
            return "data must be valid base64"
        return "" if data else "too small; each segment must be at least 1 byte."
    path, size = item["path"], item.get("size_bytes")
    if not isinstance(path, str):
        return '"path" must be a string'
    if not isinstance(item.get("etag"), str | None):
        return '"etag" must be a string or null (if provided)'
    if "/" not in path.strip("/"):
        return "path does not refer to an object. Path must be of the form /container/object."
    if size is not None:
        try:
            item["size_bytes"] = size = int(size)
        except (TypeError, ValueError):
            return "invalid size_bytes"
        if size < 1 and place != len(items) - 1:
            return "too small; each segment must be at least 1 byte."
    if path.lstrip("/") == own:
        return "manifest must not include itself as a segment"
    wanted = item.get("range")
    if wanted and not re.fullmatch(r"\d+-\d*|-\d+", str(wanted)):
        return "multiple ranges (only one allowed)" if "," in str(wanted) else "invalid range"
    if wanted:
        item["range"] = wanted = str(wanted)
    if wanted and size is not None and span(wanted, size)[0] is None:
        return "unsatisfiable range"
    return ""
