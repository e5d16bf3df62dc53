"""What a list of images is asked for: filters, order, page (glance.api.v2.images, glance.db.sqlalchemy.api)."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from kit.cloud.call import Query
from kit.cloud.image.models import images
from kit.cloud.image.service import bad_request
from kit.cloud.store import Row

SORTABLE = ("name", "status", "container_format", "disk_format", "size", "id", "created_at", "updated_at")
_CONTROL = frozenset(("limit", "marker", "sort_key", "sort_dir", "sort", "member_status", "visibility", "tag"))
_DEFAULT_LIMIT, _MOST = 25, 1000
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "gt": operator.gt, "gte": operator.ge, "lt": operator.lt, "lte": operator.le, "eq": operator.eq, "neq": operator.ne,
}  # fmt: skip
_WORDS = frozenset(("name", "id", "status", "container_format", "disk_format"))
_MOMENTS = frozenset(("created_at", "updated_at"))
_ATTRIBUTES = frozenset(column.name for column in images.c) - {"tags", "properties"}
# glance.common.utils.split_filter_value_for_quotes
_PARTS = re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)",?|([^,]+),?|,')

Test = Callable[[Row], bool]


@dataclass
class Asked:
    """A list's query, read.

    Attributes
    ----------
    tests : list of function
        What an image must pass, each one.
    order : list of (str, bool)
        Attributes to sort by, and whether downwards.
    """

    visibility: str | None = None
    member_status: str = "accepted"
    marker: str | None = None
    limit: int = _DEFAULT_LIMIT
    tests: list[Test] = field(default_factory=list)
    order: list[tuple[str, bool]] = field(default_factory=list)

    @classmethod
    def of(cls, query: Query) -> Asked:
        """Read a query.

        Raises
        ------
        BadRequest
            In Glance's words, when it makes no sense.
        """
        asked = cls(visibility=query.one("visibility") or None, marker=query.one("marker"))
        if asked.visibility not in (None, "community", "public", "private", "shared", "all"):
            raise bad_request(f"Invalid visibility value: {asked.visibility}")
        if query.one("changes-since"):
            raise bad_request('The "changes-since" filter is no longer available on v2.')
        asked.member_status = query.one("member_status") or "accepted"
        if "member_status" in query and query.one("member_status") not in ("pending", "accepted", "rejected", "all"):
            raise bad_request(f"Invalid status: {query.one('member_status')}")
        if "limit" in query:
            asked.limit = min(limit(query.one("limit") or ""), _MOST)
        asked.order = _order(query)
        asked.tests = list(_tests(query))
        return asked

    def wants(self, row: Row) -> bool:
        """Whether the filters let the image through."""
        return all(test(row) for test in self.tests)

    def page(self, rows: list[Row], marker: Row | None) -> list[Row]:
        """The rows in order, those after the marker, as many as the limit allows."""
        if marker is not None and all(row["id"] != marker["id"] for row in rows):
            rows = [*rows, marker]
        for name, down in reversed(self.order):
            rows = sorted(rows, key=lambda row: (row[name] is not None, row[name]), reverse=down)
        if marker is not None:
            rows = rows[[row["id"] for row in rows].index(marker["id"]) + 1 :]
        return rows[: self.limit]


def limit(text: str) -> int:
    """How many a page may have.

    Raises
    ------
    BadRequest
        When it is no whole number, or below zero.
    """
    try:
        number = int(text)
    except ValueError:
        raise bad_request("limit param must be an integer") from None
    if number < 0:
        raise bad_request("limit param must be positive")
    return number


def _order(query: Query) -> list[tuple[str, bool]]:
    if "sort" in query:
        if "sort_key" in query or "sort_dir" in query:
            raise bad_request("Old and new sorting syntax cannot be combined")
        pairs = [part.partition(":") for part in (query.one("sort") or "").strip().split(",")]
        keys, directions = [pair[0].strip() for pair in pairs], [(pair[2] or "desc").strip() for pair in pairs]
    else:
        # WebOb takes the last of them first
        keys = [text.strip() for text in query.get("sort_key", [])]
        directions = [text.strip() for text in query.get("sort_dir", [])]
    for key in keys:
        if key not in SORTABLE:
            raise bad_request(f"Invalid sort key: {key}. It must be one of the following: {', '.join(SORTABLE)}.")
    for direction in directions:
        if direction not in ("asc", "desc"):
            raise bad_request(f"Invalid sort direction: {direction}")
    if len(directions) > 1 and len(directions) != len(keys):
        raise bad_request("Number of sort dirs does not match the number of sort keys")
    keys, directions = keys or ["created_at"], directions or ["desc"]
    usual = directions[0] if len(directions) == 1 else "desc"
    directions = directions * len(keys) if len(directions) == 1 else directions
    for key in ("created_at", "id"):
        if key not in keys:
            keys, directions = [*keys, key], [*directions, usual]
    return [(key, direction == "desc") for key, direction in zip(keys, directions, strict=True)]


def _tests(query: Query) -> list[Test]:
    tests: list[Test] = [_flag("os_hidden", (query.one("os_hidden") or "false").lower())]
    if query.one("os_hidden") == "":
        tests = [_flag("os_hidden", "")]
    wanted = {text.strip() for text in query.get("tag", [])}
    if wanted:
        tests.append(lambda row: wanted <= set(row["tags"] or []))
    if "protected" in query:
        tests.append(_flag("protected", query.one("protected") or ""))
    for name, values in query.items():
        if name not in _CONTROL and name not in ("os_hidden", "protected"):
            tests.append(_test(name, values[-1]))
    return tests


def _flag(name: str, text: str) -> Test:
    if text not in ("true", "false"):
        raise bad_request(f"Invalid value '{text}' for '{name}' filter. Valid values are 'true' or 'false'.")
    return lambda row: bool(row[name]) == (text == "true")


def _test(name: str, text: str) -> Test:
    """The test of one filter: a range, a moment, a word with an operator, an attribute or a property."""
    if name.endswith(("_min", "_max")):
        return _range(name, text)
    if name in _MOMENTS:
        compare, moment = _moment(name, text)
        return lambda row: compare(datetime.fromisoformat(row[name][:19]), moment)
    if name in _WORDS:
        sign, wanted = split(text)
        if sign == "in":
            _check_quotes(wanted)
            words = [quoted or plain for quoted, plain in _PARTS.findall(wanted)]
            return lambda row: row[name] in words
        if sign != "eq":
            raise bad_request(f"Unable to filter by unknown operator '{sign}'.")
        return lambda row: row[name] == wanted
    if name in _ATTRIBUTES:
        return lambda row: row[name] is not None and str(row[name]) == text
    return lambda row: (row["properties"] or {}).get(name) == text


def _range(name: str, text: str) -> Test:
    try:
        bound = int(text)
    except ValueError:
        raise bad_request("Unable to filter on a range with a non-numeric value.") from None
    attribute, low = name[:-4], name.endswith("_min")

    def test(row: Row) -> bool:
        value = row.get(attribute)
        return isinstance(value, int) and (value >= bound if low else value <= bound)

    return test


def _moment(name: str, text: str) -> tuple[Callable[[Any, Any], bool], datetime]:
    sign, moment = split(text)
    try:
        found = datetime.fromisoformat(moment)
    except ValueError:
        raise bad_request(f'Bad "{name}" query filter format. Use ISO 8601 DateTime notation.') from None
    if sign not in _COMPARE:
        raise bad_request(f"Unable to filter by unknown operator '{sign}'.")
    return _COMPARE[sign], found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo else found


def split(text: str) -> tuple[str, str]:
    """`gt:5` is ("gt", "5"); a moment's own colons are no operator's."""
    sign, colon, rest = text.partition(":")
    if not colon:
        return "eq", text
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return sign, rest
    return "eq", text


def _check_quotes(text: str) -> None:
    opening = True
    for place, letter in enumerate(text):
        if letter != '"' or (place and text[place - 1] == "\\"):
            continue
        if opening and place and text[place - 1] != ",":
            raise bad_request(f"Invalid filter value {text}. There is no comma before opening quotation mark.")
        if not opening and place + 1 != len(text) and text[place + 1] != ",":
            raise bad_request(f"Invalid filter value {text}. There is no comma after closing quotation mark.")
        opening = not opening
    if not opening:
        raise bad_request(f"Invalid filter value {text}. The quote is not closed.")
