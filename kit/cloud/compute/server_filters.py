"""Which servers a list asks for: what a query filters by, sorts by and begins after.

Source: nova/api/openstack/compute/servers.py (`_get_servers`), nova/db/main/api.py
(`instance_get_all_by_filters_sort`), Nova 34.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kit.cloud.call import Call
from kit.cloud.compute.common import MAX_LIMIT, number
from kit.cloud.compute.hosts import DEFAULT_ZONE, zones
from kit.cloud.compute.models import servers
from kit.cloud.compute.queries import known
from kit.cloud.compute.queries_servers import SORTED
from kit.cloud.compute.serverlist import ORDER
from kit.cloud.compute.serverview import STATUS
from kit.cloud.compute.validation import refuse
from kit.cloud.errors import BadRequest, Forbidden
from kit.cloud.network import servers as network
from kit.cloud.store import Row

_TAGS = ("tags", "tags-any", "not-tags", "not-tags-any")
# What anybody may filter by, from which microversion on; anything else of a user's is ignored.
_OPEN: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("2.1", ("reservation_id", "name", "status", "image", "flavor", "ip", "changes-since", "all_tenants")),
    ("2.5", ("ip6",)), ("2.26", _TAGS), ("2.66", ("changes-before",)), ("2.73", ("locked",)),
    ("2.83", ("availability_zone", "config_drive", "key_name", "created_at", "launched_at", "terminated_at", "power_state",
              "task_state", "vm_state", "progress", "user_id")),
    ("2.90", ("hostname",)),
)  # fmt: skip
_PAGING = ("sort_key", "sort_dir", "limit", "marker")
# Nova keeps these in tables of their own, which no list is filtered by.
_JOINED = (
    "block_device_mapping", "services", "metadata", "system_metadata", "info_cache", "security_groups", "pci_devices",
)  # fmt: skip
# Nova's column to ours, where the two differ.
_COLUMN = {
    "uuid": "id", "display_name": "name", "display_description": "description", "image_ref": "image_id", "node": "host",
    "locked": "locked_by", "auto_disk_config": "disk_config", "instance_type_id": "number", "memory_mb": "ram",
}  # fmt: skip
# Columns that are compared as they are.
_EXACT = ("user_id", "image_ref", "uuid", "host", "task_state", "vm_state")
# Columns that are matched by a regular expression.
_MATCHED = (
    "display_name", "display_description", "hostname", "key_name", "power_state", "node", "reservation_id", "launched_at",
    "terminated_at", "locked_by", "root_device_name", "config_drive", "access_ip_v4", "access_ip_v6", "progress",
    "created_at", "updated_at", "launch_index", "user_data", "memory_mb", "vcpus",
)  # fmt: skip
# Columns that hold nothing for a server of this cloud.
_EMPTY = ("kernel_id", "ramdisk_id", "os_type", "architecture", "vm_mode")
_WORDS = ("0", "1", "f", "false", "n", "no", "off", "on", "t", "true", "y", "yes")


@dataclass(frozen=True)
class Asked:
    """What a query asks for: conditions for the store, and what is looked at row by row.

    Attributes
    ----------
    query : dict
        The filters that count for the caller.
    equals, absent
        Columns with the values that they are to have, and columns that are to have none.
    """

    query: dict[str, str]
    where: list[Any]
    equals: dict[str, Any]
    absent: tuple[str, ...]
    sifted: bool


def asked(call: Call) -> Asked:
    """What the query of a request asks for.

    Raises
    ------
    BadRequest
        A filter makes no sense.
    Forbidden
        It is the administrator's.
    """
    heard = known(call, "servers.index")  # what the schema does not know is taken out of the query
    given = {
        name: values[-1] for name, values in call.query.items()
        if name not in _PAGING and values[-1] != "None" and (name in heard or name.startswith("_"))
    }  # fmt: skip
    admin = call.context.is_admin
    if not admin:
        open_to_all = {name for version, names in _OPEN if call.at_least(version) for name in names}
        given = {name: value for name, value in given.items() if name in open_to_all}
    for name in given:
        if name in _JOINED or name.startswith("_"):
            raise BadRequest(f"Invalid filter field: {name}.")
    query = {_COLUMNS_OF.get(name, name): value for name, value in given.items()}
    deleted = _deleted(call, query)
    everywhere = "all_tenants" in query and (not query["all_tenants"] or _boolean(query["all_tenants"]))
    query.pop("all_tenants", None)
    if "locked" in query:
        query["locked"] = str(_boolean(query["locked"]))
    if everywhere:
        if not admin:
            refuse(f"servers:{'detail' if call.path.endswith('/detail') else 'index'}:get_all_tenants")
    else:
        query["project_id"] = call.project_id
    _check_sorting(call)
    equals: dict[str, Any] = {
        _COLUMN.get(name, name): query.pop(name) for name in ("project_id", *_EXACT)
        if name in query and not (name in ("vm_state", "task_state") and "status" in query)
    }  # fmt: skip
    where = [servers.c.deleted_at.is_not(None)] if deleted else []
    sifted = bool(query or where or "sort_key" in call.query or "sort_dir" in call.query)
    return Asked(query, where, equals, ("deleted_at",) if deleted is False else (), sifted)


_COLUMNS_OF = {"image": "image_ref", "name": "display_name", "tenant_id": "project_id"}


def _boolean(text: str) -> bool:
    """A word for yes or no (oslo_utils.strutils.bool_from_string, strict)."""
    word = text.strip().lower()
    if word not in _WORDS:
        listed = ", ".join(f"'{each}'" for each in _WORDS)
        raise BadRequest(f"Unrecognized value '{text}', acceptable values are: {listed}")
    return word in ("1", "t", "true", "on", "y", "yes")


def _deleted(call: Call, query: dict[str, str]) -> bool | None:
    """Whether only deleted servers are asked for, or only others; None is both."""
    found: bool | None
    if "deleted" in query:
        found = query.pop("deleted").strip().lower() in ("1", "t", "true", "on", "y", "yes")
    else:
        found = None if "changes-since" in query or "changes-before" in query else False
    since, before = query.get("changes-since"), query.get("changes-before")
    if since and before and _moment(before) < _moment(since):
        raise BadRequest("The value of changes-since must be less than or equal to changes-before.")
    if "status" in query and {state for state, _ in _states(call)} == {"deleted"}:
        if not call.context.is_admin:
            raise Forbidden("Only administrators may list deleted instances")
        found = True
    return found


def _states(call: Call) -> list[tuple[str, str | None]]:
    """The pairs of VM state and task state that the query's statuses stand for; no task is the state's own word."""
    wanted = [value.upper() for value in call.query.get("status", [])]
    return [
        (state, task)
        for state, (word, tasks) in STATUS.items()
        for task, shown in ((None, word), *tasks.items())
        if shown in wanted
    ]


def _check_sorting(call: Call) -> None:
    for key in call.query.get("sort_key", []):
        if key in ("host", "node") and not call.context.is_admin:
            raise Forbidden(f"Only administrators can sort servers by {key}")
    if any(word not in ("asc", "desc") for word in call.query.get("sort_dir", [])):
        raise BadRequest("Invalid input received: Unknown sort direction, must be 'desc' or 'asc'")


def select(call: Call, asked: Asked) -> tuple[list[Row], str | None]:
    """The page of servers that the query asks for, and the marker of the next page."""
    marker = call.query.one("marker")
    start = call.tx.get(servers, marker) if marker is not None else None
    if marker is not None and start is None:
        raise BadRequest(f"marker [{marker}] not found")
    rows = call.tx.rows(servers, *asked.where, order=ORDER, absent=asked.absent, **asked.equals)
    rows = _filtered(call, rows, asked.query)
    if start is not None and all(row["id"] != marker for row in rows):
        rows.append(start)  # a page may begin after a server that the filters leave out
        rows.sort(key=lambda row: (row["created_at"], row["number"]), reverse=True)
    rows = _sorted(call, rows)
    if start is not None:
        rows = rows[[row["id"] for row in rows].index(start["id"]) + 1 :]
    limit = min(number(call, "limit", MAX_LIMIT), MAX_LIMIT)
    page = rows[:limit]
    full = page and len(page) == limit and ("limit" in call.query or len(rows) > limit)
    return page, page[-1]["id"] if full else None


def _filtered(call: Call, rows: list[Row], query: dict[str, str]) -> list[Row]:
    tests: list[Any] = []
    if "status" in query:
        states = _states(call)
        if not states:
            if call.at_least("2.38"):
                raise BadRequest("Invalid status value")
            return []
        vm_states, tasks = {state for state, _ in states}, {task for _, task in states}
        tests.append(lambda row: row["vm_state"] in vm_states and (None in tasks or row["task_state"] in tasks))
    if "flavor" in query:
        tests.append(lambda row: row["flavor"]["id"] == query["flavor"])
    if "locked" in query:
        tests.append(lambda row: str(bool(row["locked_by"])) == query["locked"])
    if "changes-since" in query:
        tests.append(lambda row: row["updated_at"][:19] >= _moment(query["changes-since"]))
    if "changes-before" in query:
        tests.append(lambda row: row["updated_at"][:19] <= _moment(query["changes-before"]))
    tests += _matches(call, query)
    if call.at_least("2.26"):
        tests += _tag_tests(query)
    found = [row for row in rows if all(test(row) for test in tests)]
    return _by_address(call, found, query)


def _matches(call: Call, query: dict[str, str]) -> list[Any]:
    """Tests of columns by regular expressions."""
    zone = zones(call.tx)
    tests: list[Callable[[Row], bool]] = []
    for name, text in query.items():
        if name in _EMPTY:
            tests.append(lambda row: False)
        elif name in _MATCHED or name in ("availability_zone", "auto_disk_config"):
            tests.append(_like(name, _pattern(name, text), zone))
    return tests


def _like(name: str, pattern: re.Pattern[str], zone: dict[str, str]) -> Callable[[Row], bool]:
    return lambda row: pattern.search(_text(row, name, zone)) is not None


def _pattern(name: str, text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error:
        raise BadRequest(
            f"Invalid input for query parameters {name}. Value: {text}. {text!r} is not a 'regex'"
        ) from None


def _text(row: Row, name: str, zone: dict[str, str]) -> str:
    """A column as the database compares it with a regular expression."""
    if name == "availability_zone":
        return str(zone.get(row["host"], DEFAULT_ZONE) if row["host"] else row["availability_zone"] or "")
    if name == "auto_disk_config":
        return "1" if row["disk_config"] == "AUTO" else "0"
    value = row[_COLUMN.get(name, name)]
    return "" if value is None else str(value).replace("T", " ") if name.endswith("_at") else str(value)


def _moment(text: str) -> str:
    found = re.match(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d:\d\d)?", text)
    if not found:
        raise BadRequest(
            f"Invalid input for query parameters changes-since. Value: {text}. '{text}' is not a 'date-time'"
        )
    return found[0].replace(" ", "T") if len(found[0]) > 10 else found[0] + "T00:00:00"


def _tag_tests(query: dict[str, str]) -> list[Any]:
    tests = []
    for name, holds in (
        ("tags", lambda want, have: want <= have), ("tags-any", lambda want, have: bool(want & have)),
        ("not-tags", lambda want, have: not want <= have), ("not-tags-any", lambda want, have: not want & have),
    ):  # fmt: skip
        if name in query:
            want = set(query[name].split(","))
            tests.append(lambda row, want=want, holds=holds: holds(want, set(row["tags"] or [])))
    return tests


def _by_address(call: Call, rows: list[Row], query: dict[str, str]) -> list[Row]:
    """Servers with a fixed address that holds the text: Neutron compares, not by a regular expression."""
    for name, version in (("ip", 4), ("ip6", 6)):
        if name in query:
            addresses = network.addresses_of(call.tx, [row["id"] for row in rows])
            rows = [
                row for row in rows
                if any(
                    item["version"] == version and query[name] in item["addr"]
                    for found in addresses[row["id"]].values() for item in found
                )
            ]  # fmt: skip
    return rows


def _sorted(call: Call, rows: list[Row]) -> list[Row]:
    keys, directions = call.query.get("sort_key", []), call.query.get("sort_dir", [])
    default = directions[0] if directions else "desc"
    keys = keys or ["created_at"]
    if default == "asc":  # ties, too, go as the first key goes
        rows = rows[::-1]
    for position in reversed(range(len(keys))):
        key = keys[position]
        if key not in SORTED and not (key == "locked" and call.at_least("2.73")):
            continue
        column = _COLUMN.get(key, key)
        down = (directions[position] if position < len(directions) else default) == "desc"
        rows = sorted(rows, key=lambda row: (row[column] is not None, row[column]), reverse=down)
    return rows
