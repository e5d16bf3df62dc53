"""Lists as Neutron answers them: filters on every attribute, fields, sorting, pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa

from kit.cloud.call import Call
from kit.cloud.errors import BadRequest
from kit.cloud.network.checks import boolean
from kit.cloud.network.errors import bad_request, conflict
from kit.cloud.network.query_keys import EMULATED, KEYS, UNSORTED
from kit.cloud.store import Row
from kit.cloud.tables import Table

_CONTROL = {"fields", "limit", "marker", "page_reverse", "sort_key", "sort_dir"}
_TAGS = {"tags", "tags-any", "not-tags", "not-tags-any"}
# Attributes whose column has another name.
_COLUMNS = {"tenant_id": "project_id", "router:external": "external", "binding:host_id": "host_id"}
_MOMENT = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z?$")
Show = Callable[[list[Row]], list[dict[str, Any]]]
Find = Callable[[Call, str], Row]


def when(moment: str) -> str:
    """A stamp as Neutron shows it: whole seconds and a Z."""
    return moment[:19] + "Z"


def standard(row: Row) -> dict[str, Any]:
    """The attributes that every resource has."""
    return {
        "description": row["description"], "tags": row["tags"] or [], "created_at": when(row["created_at"]),
        "updated_at": when(row["updated_at"]), "revision_number": row["revision_number"],
        "project_id": row["project_id"], "tenant_id": row["project_id"],
    }  # fmt: skip


def new(call: Call, revision: int = 0) -> dict[str, Any]:
    """The standard attributes of a resource that is being made."""
    return {"id": call.tx.ids.uuid(), "tags": [], "revision_number": revision, **stamps(call)}


def stamps(call: Call) -> dict[str, Any]:
    """The moments of creation and change, now."""
    return {"created_at": call.tx.stamp, "updated_at": call.tx.stamp}


def change(call: Call, table: Table, row: Row, fields: dict[str, Any]) -> Row:
    """Store a resource's changed columns; its revision goes up.

    Raises
    ------
    Conflict
        When the request's `If-Match` names another revision.
    """
    match(call, row)
    if all(row.get(name) == value for name, value in fields.items()):
        return row  # what changes nothing is no change
    fields = {**fields, "updated_at": call.tx.stamp, "revision_number": row["revision_number"] + 1}
    call.tx.update(table, row["id"], **fields)
    return {**row, **fields}


def touch(call: Call, table: Table, row: Row) -> Row:
    """Let a resource's revision go up though none of its columns changed.

    Raises
    ------
    Conflict
        As `change` does.
    """
    match(call, row)
    bump(call, table, row)
    return {**row, "updated_at": call.tx.stamp, "revision_number": row["revision_number"] + 1}


def bump(call: Call, table: Table, row: Row) -> None:
    """Let a resource's revision go up because something below it changed; `If-Match` is not about that one."""
    call.tx.update(table, row["id"], updated_at=call.tx.stamp, revision_number=row["revision_number"] + 1)


def match(call: Call, row: Row) -> None:
    """Refuse a request whose `If-Match: revision_number=N` is not the present revision."""
    wanted = call.headers.get("if-match", "").strip('"').removeprefix("revision_number=")
    if wanted.isdigit() and wanted != str(row["revision_number"]):
        error = conflict(
            "RevisionNumberConstraintFailed",
            f"Constrained to {wanted}, but current revision is {row['revision_number']}",
        )
        error.status = 412
        raise error


def fetch(call: Call, table: Table, where: list[Any], default: Any) -> list[Row]:
    """The rows of a list: visible ones, narrowed by those filters that are columns."""
    conditions = list(where)
    for name, values in call.query.items():
        column = table.c.get(_COLUMNS.get(name, name))
        if column is None or name in _CONTROL or name in _TAGS or column.type.__class__.__name__ == "JSON":
            continue
        kind = column.type.python_type
        try:
            fits = column.in_([_cast(kind, value) for value in values])
        except BadRequest:
            continue  # refused once it is known whether the list has such a filter
        # An empty value is that of a column which has none (extension `empty-string-filtering`).
        conditions.append(sa.or_(fits, column.is_(None)) if "" in values and kind is str else fits)
    return call.tx.rows(table, *conditions, order=default)


def truth(value: str) -> bool:
    """A filter's value as true or false.

    Raises
    ------
    BadRequest
        When it is neither. Source: neutron_lib.api.converters.convert_to_boolean.
    """
    return boolean(value)


def _cast(kind: type, value: str) -> Any:
    if kind is bool:
        return truth(value)
    if kind is int:
        try:
            return int(value)
        except ValueError:
            raise bad_request(f"Invalid input for operation: '{value}' is not an integer.", "InvalidInput") from None
    return value


def answer(call: Call, key: str, rows: list[Row], show: Show, find: Find | None = None) -> dict[str, Any]:
    """A collection: the documents of the rows, filtered, sorted and cut into a page.

    `find` refuses a marker that is not there; Neutron asks so for networks, ports and routers, and begins
    at the beginning elsewhere.
    """
    _known(call, key)
    items = [item for item in show(rows) if _wanted(call, item)]
    items = _sort(call, key, items)
    items, links = _page(call, key, items, find)
    return {key: [pick(call, item) for item in items], **links}


def _known(call: Call, key: str) -> None:
    """Refuse filters on what the resource cannot be filtered by (extension `filter-validation`)."""
    known = KEYS.get(key)
    if known is not None:
        since = call.query.get("changed_since", ["2000-01-01T00:00:00"])[-1]
        strange = [
            name for name in call.query
            if (name not in known.filters or (name == "changed_since" and not _MOMENT.match(since))) and name not in _CONTROL
        ]  # fmt: skip
        if strange:
            raise bad_request(f"{strange} is invalid attribute for filtering")


def _wanted(call: Call, item: dict[str, Any]) -> bool:
    """Whether a document satisfies the filters that no column could decide."""
    for name, values in call.query.items():
        if name in _CONTROL:
            continue
        if name in _TAGS:
            have, want = set(item.get("tags", [])), set(values[-1].split(","))
            holds = {
                "tags": want <= have,
                "tags-any": bool(want & have),
                "not-tags": not want <= have,
                "not-tags-any": not want & have,
            }
            if not holds[name]:
                return False
        elif name == "changed_since":
            if stamp_of(item) < values[-1]:
                return False
        elif name in item and not _equal(name, item[name], values):
            return False
    return True


def stamp_of(item: dict[str, Any]) -> str:
    """A document's last change."""
    return str(item.get("updated_at", ""))


def _equal(name: str, value: Any, wanted: list[str]) -> bool:
    if isinstance(value, bool):
        return any(truth(word) == value for word in wanted)
    if isinstance(value, list):
        if value and isinstance(value[0], dict):
            return all(any(str(item.get(k)) == v for item in value) for k, _, v in (w.partition("=") for w in wanted))
        return any(word in map(str, value) for word in wanted) or (not value and wanted == [""])
    if isinstance(value, int) and name != "revision_number":
        return value in [_cast(int, word) for word in wanted]
    return ("" if value is None else str(value)) in wanted


def _sort(call: Call, key: str, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if key in UNSORTED:
        return items
    names = [name for name in call.query.get("sort_key", []) if name]
    directions = [way for way in call.query.get("sort_dir", []) if way]
    if len(names) != len(directions):
        raise bad_request("The number of sort_keys and sort_dirs must be same")
    known = KEYS.get(key)
    absent = [name for name in names if not (known is None or name in known.sorts)]
    if absent:
        raise bad_request(f"{absent} is invalid attribute for sort_keys")
    strange = [way for way in directions if way not in ("asc", "desc")]
    if strange:
        raise bad_request(f"{strange} is invalid value for sort_dirs, valid value is 'asc' and 'desc'")
    for name, way in reversed(list(zip(names, directions, strict=True))):
        items = sorted(items, key=lambda item: _place(item.get(name)), reverse=way == "desc")
    return items


def _place(value: Any) -> tuple[bool, Any]:
    """What an attribute is sorted by: nothing before something, a list or a mapping as its text."""
    if value is None:
        return False, 0
    return True, str(value) if isinstance(value, list | dict) else value


def _page(
    call: Call, key: str, items: list[dict[str, Any]], find: Find | None
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    text = call.query.one("limit") if "limit" in call.query else "0"
    if not (text or "").isdigit():
        raise bad_request(f"Bad limit request: Limit must be an integer 0 or greater and not '{text}'.", "BadRequest")
    limit = int(text or 0)
    if not limit:
        return items, {}  # without a limit there are no pages, and a marker means nothing
    back = (call.query.one("page_reverse") or "").lower() == "true"
    items = _beyond(call, key, items, find, back)
    page = items[-limit:] if back else items[:limit]
    links = []
    full = len(page) >= limit
    if full or back:
        links.append({"rel": "next", "href": _href(call, page[-1:], False)})
    if full or not back:
        links.append({"rel": "previous", "href": _href(call, page[:1], True)})
    return page, {f"{key}_links": links} if links else {}


def _beyond(
    call: Call, key: str, items: list[dict[str, Any]], find: Find | None, back: bool
) -> list[dict[str, Any]]:  # fmt: skip
    """The items after the marker, or before it."""
    marker = call.query.one("marker")
    if not marker:
        return items
    ids = [item.get("id") for item in items]  # not everything that is listed has one
    if marker in ids:
        place = ids.index(marker)
        return items[:place] if back else items[place + 1 :]
    if find is not None:
        find(call, marker)
    return [] if key in EMULATED else items


def _href(call: Call, edge: list[dict[str, Any]], back: bool) -> str:
    """The link to the page beyond the edge: the item that this page begins or ends with, if it has any."""
    pairs = [
        (name, value)
        for name, values in call.query.items()
        if name not in ("marker", "page_reverse")
        for value in values
    ]
    pairs += [("marker", item["id"]) for item in edge if "id" in item]  # not everything that is listed has one
    if back:
        pairs.append(("page_reverse", "True"))
    return f"{call.url}?{urlencode(pairs)}"


def pick(call: Call, item: dict[str, Any]) -> dict[str, Any]:
    """Only the `fields` that the query names; a client may send them as one Python list."""
    wanted = {word.strip("[]' \"") for value in call.query.get("fields", []) for word in value.split(",")} - {""}
    return {name: value for name, value in item.items() if name in wanted} if wanted else item
