"""Lists as Cinder answers them: filters, sorting, pages, links (cinder.api.common)."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from kit.cloud.block_storage.errors import invalid_input
from kit.cloud.block_storage.validation import FALSE, TRUE, boolean
from kit.cloud.call import Call
from kit.cloud.errors import BadRequest, NotFound
from kit.cloud.store import Row

# Cinder's `osapi_max_limit`.
MAX_LIMIT = 1000

# etc/cinder/resource_filters.json: what others than the administrator may filter by, from 3.31 on.
FILTERS: dict[str, list[str]] = {
    "volume": [
        "name", "status", "metadata", "bootable", "migration_status", "availability_zone", "group_id", "size",
        "created_at", "updated_at", "consumes_quota",
    ],
    "backup": ["name", "status", "volume_id"],
    "snapshot": ["name", "status", "volume_id", "metadata", "availability_zone", "consumes_quota"],
    "group": ["name"],
    "group_snapshot": ["name", "status", "group_id"],
    "attachment": ["volume_id", "status", "instance_id", "attach_status"],
    "message": ["resource_uuid", "resource_type", "event_id", "request_id", "message_level"],
    "pool": ["name", "volume_type"],
    "volume_type": ["is_public", "extra_specs"],
}  # fmt: skip

_COMPARE: dict[str, Callable[[str, str], bool]] = {
    "gt": lambda a, b: a > b, "gte": lambda a, b: a >= b, "eq": lambda a, b: a == b, "neq": lambda a, b: a != b,
    "lt": lambda a, b: a < b, "lte": lambda a, b: a <= b,
}  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """How one kind of thing is listed.

    Attributes
    ----------
    columns : dict
        The names that a filter or a sort key may have, with their columns.
    old_filters : tuple of str, or None
        What others than the administrator may filter by before 3.31; the rest is ignored.
    since : dict
        Filters that came with a microversion; before it they are ignored.
    sort_since : dict
        Sort keys that came with a microversion; before it they are refused.
    booleans : tuple of str
        Filters whose value is a boolean.
    missing : callable
        The refusal of a marker that is not there.
    """

    resource: str
    columns: dict[str, str]
    missing: Callable[[str], NotFound]
    old_filters: tuple[str, ...] | None = ()
    since: dict[str, str] = field(default_factory=dict)
    sort_since: dict[str, str] = field(default_factory=dict)
    booleans: tuple[str, ...] = ()
    literals: bool = False  # whether `size=2` is compared as a number, `status=['a', 'b']` as a choice


def parameters(call: Call) -> dict[str, str]:
    """The query: the last value of every name."""
    return {name: values[-1] for name, values in call.query.items()}


def limit_of(query: dict[str, str]) -> int:
    """How many things the page may have."""
    text = query.get("limit", str(MAX_LIMIT))
    if not re.fullmatch(r"[+-]?\d+", text.strip()):
        raise BadRequest("limit param must be an integer")
    if int(text) < 0:
        raise BadRequest("limit param must be positive")
    return min(int(text), MAX_LIMIT)


def offset_of(query: dict[str, str]) -> int:
    """How many things the page leaves out before its first."""
    text = query.pop("offset", "0")
    if not re.fullmatch(r"-?\d+", text):
        raise BadRequest("offset must be an integer")
    if int(text) < 0:
        raise BadRequest(f"offset value {text} must be >= 0.")
    if int(text) > 2147483647:
        raise BadRequest(f"offset value {text} must be <= 2147483647.")
    return int(text)


def sorting(query: dict[str, str], default: str = "created_at") -> list[tuple[str, str]]:
    """Sort keys with their directions."""
    if "sort" in query and ("sort_key" in query or "sort_dir" in query):
        raise BadRequest(
            "The 'sort_key' and 'sort_dir' parameters are deprecated and cannot be used with the 'sort' parameter."
        )
    if "sort" in query:
        parts = [item.partition(":") for item in query.pop("sort").strip().split(",")]
        return [(name.strip(), (direction or "desc").strip()) for name, _, direction in parts]
    return [(query.pop("sort_key", default).strip(), query.pop("sort_dir", "desc").strip())]


@dataclass
class Page:
    """The rows of one page, and how many there are in all when the caller asked for that (`with_count`)."""

    rows: list[Row]
    count: int | None = None


def page(call: Call, kind: Kind, rows: list[Row], *, paged: bool = True, filtered: bool = True) -> Page:
    """The page of rows that the query asks for.

    Parameters
    ----------
    rows : list of Row
        Those that the caller sees.
    paged, filtered : bool
        Whether this microversion of the list has pages, and filters.
    """
    query = parameters(call)
    query.pop("all_tenants", None)
    limit = limit_of(query)
    query.pop("limit", None)
    marker, offset, order = query.pop("marker", None), offset_of(query), sorting(query)
    counted = call.at_least("3.45") and "with_count" in query and boolean(query, "with_count")
    if call.at_least("3.45"):
        query.pop("with_count", None)
    if filtered and query:
        fits = _fits(call, kind, query)
        found = [row for row in rows if fits(row)]
    else:
        found = rows
    count = len(found) if counted else None
    if not paged:
        return Page(_sorted(call, kind, found, [("created_at", "desc")]), count)
    found = _sorted(call, kind, found, order)
    if marker is not None:
        places = [str(row["id"]) for row in found]
        if marker not in places:
            raise kind.missing(marker)
        found = found[places.index(marker) + 1 :]
    return Page(found[offset : offset + limit], count)


def _sorted(call: Call, kind: Kind, rows: list[Row], order: list[tuple[str, str]]) -> list[Row]:
    if any(direction not in ("asc", "desc") for _, direction in order):
        raise invalid_input("Unknown sort direction, must be 'desc' or 'asc'.")
    for name, _ in order:
        if name not in kind.columns or (name in kind.sort_since and not call.at_least(kind.sort_since[name])):
            raise invalid_input("Invalid sort key")
    first = order[0][1] == "desc"
    rows = sorted(rows, key=lambda row: (row.get("created_at") or "", row.get("number") or 0), reverse=first)
    for name, direction in reversed(order):
        if name == "created_at":  # as far as the clock tells them apart; then the order they were made in
            rows = sorted(rows, key=lambda row: (row["created_at"] or "", row["number"]), reverse=direction == "desc")
            continue
        column = kind.columns[name]
        rows = sorted(rows, key=lambda row: (row[column] is not None, row[column]), reverse=direction == "desc")
    return rows


def _allowed(call: Call, kind: Kind, query: dict[str, str]) -> dict[str, str]:
    """The filters that count; what may not be asked is refused from 3.31 on, ignored before."""
    query = {name: value for name, value in query.items() if name not in kind.since or call.at_least(kind.since[name])}
    if not call.at_least("3.31"):
        query = {name: value for name, value in query.items() if not name.endswith("~")}
        older = kind.old_filters
        if call.context.is_admin or kind.resource not in FILTERS or older is None:
            return query
        return {name: value for name, value in query.items() if name in older}
    if not all(name.isascii() for name in query):
        raise BadRequest("Filter keys can only contain ASCII characters.")
    if call.context.is_admin or kind.resource not in FILTERS:
        return query
    known = set(FILTERS[kind.resource])
    # `name~` would have to be among the enabled ones itself; as delivered none is.
    bad = [name for name in query if name not in known]
    if bad:
        raise BadRequest(f"Invalid filters {','.join(bad)} are found in query options.")
    return query


def _fits(call: Call, kind: Kind, given: dict[str, str]) -> Callable[[Row], bool]:
    """The test that a row must pass."""
    tests: list[Callable[[Row], bool]] = []
    for name, value in _allowed(call, kind, given).items():
        like = name.endswith("~")
        name = name.removesuffix("~")
        column = kind.columns.get(name)
        if name in ("created_at", "updated_at"):
            tests.append(_moment_test(name, value))
        elif name in ("metadata", "glance_metadata", "extra_specs"):
            tests.append(_mapping_test("image_metadata" if name == "glance_metadata" else name, value))
        elif column is None:
            return lambda row: False
        elif like:
            tests.append(_like(column, value))
        elif name in kind.booleans:
            tests.append(_is(column, _boolean(call, name, value)))
        else:
            choices = _choices(value) if kind.literals and name not in ("name", "display_name") else [value]
            tests.append(_one_of(column, choices))
    return lambda row: all(test(row) for test in tests)


def _like(column: str, part: str) -> Callable[[Row], bool]:
    return lambda row: part.lower() in str(row[column] or "").lower()


def _is(column: str, wanted: bool) -> Callable[[Row], bool]:
    return lambda row: bool(row[column]) == wanted


def _one_of(column: str, choices: list[Any]) -> Callable[[Row], bool]:
    return lambda row: row[column] in choices or str(row[column]) in choices


def _boolean(call: Call, name: str, value: str) -> bool:
    if name in ("consumes_quota", "use_quota"):
        return boolean({name: value}, name)
    if call.at_least("3.2"):
        if value.lower() not in TRUE + FALSE:
            raise invalid_input(f"'{name} = {value}'")
        return value.lower() in TRUE
    return value not in ("False", "false", "FALSE", "")


def _choices(text: str) -> list[Any]:
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return [text]
    return list(value) if isinstance(value, list | tuple | set) else [value, str(value)]


def _mapping_test(column: str, text: str) -> Callable[[Row], bool]:
    try:
        wanted = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        wanted = None
    if not isinstance(wanted, dict):
        return lambda row: False
    return lambda row: wanted.items() <= {**(row.get("admin_metadata") or {}), **(row[column] or {})}.items()


def _moment_test(column: str, text: str) -> Callable[[Row], bool]:
    tests: list[tuple[Callable[[str, str], bool], str]] = []
    for part in text.split(","):
        word, _, moment = part.partition(":")
        if word not in _COMPARE:
            raise BadRequest(f"Invalid {word} operator")
        match = re.fullmatch(r"(\d{4}-\d\d-\d\d)[T ]?(\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?(Z|[+-]00:?00)?", moment)
        if match is None:
            raise BadRequest(f"Invalid {moment} value")
        tests.append((_COMPARE[word], f"{match[1]}T{match[2] or '00:00:00'}"))
    return lambda row: row[column] is not None and all(test(row[column][: len(to)], to) for test, to in tests)


# Links


def prefix(call: Call) -> str:
    """What comes before a collection in a link: with the project when the request had it."""
    project = call.context.project_id
    return f"/{project}" if project and f"/v3/{project}" in call.path else ""


def links(call: Call, collection: str, id: str) -> list[dict[str, str]]:
    """A resource's links: with the version, and without."""
    path = f"{prefix(call)}/{collection}/{id}"
    return [
        {"rel": "self", "href": f"{call.root}/v3{path}"}, {"rel": "bookmark", "href": f"{call.root}{path}"},
    ]  # fmt: skip


def more(call: Call, collection: str, rows: list[Row], count: int | None = None) -> list[dict[str, str]]:
    """The link to the next page, when this one is full."""
    query = parameters(call)
    if not rows or limit_of(query) > (count or len(rows)):
        return []
    query["marker"] = rows[-1]["id"]
    return [{"rel": "next", "href": f"{call.root}/v3{prefix(call)}/{collection}?{urlencode(query)}"}]


def answer(
    call: Call, key: str, collection: str, found: Page, shown: list[dict[str, Any]], links_key: str = ""
) -> dict[str, Any]:
    """A list's document: the things, the link to more, the count."""
    document: dict[str, Any] = {key: shown}
    if following := more(call, collection, found.rows, found.count):
        document[links_key or f"{key}_links"] = following
    if found.count is not None:
        document["count"] = found.count
    return document


def everywhere(call: Call, *, strict: bool = True) -> bool:
    """Whether the administrator asks for the things of all projects."""
    query = parameters(call)
    if "all_tenants" not in query:
        return False
    wanted = boolean(query, "all_tenants") if strict else query["all_tenants"].lower() in TRUE
    return wanted and call.context.is_admin
