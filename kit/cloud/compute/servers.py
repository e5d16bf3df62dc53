"""Servers: listed, shown, changed, deleted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.compute.common import DOMAIN_NAME, HOSTNAME, MAX_LIMIT, NAME, next_link, number, short, truth
from kit.cloud.compute.hosts import zones
from kit.cloud.compute.instance_actions import begin
from kit.cloud.compute.live.steps import cut
from kit.cloud.compute.models import servers
from kit.cloud.compute.serverlist import ORDER, listed
from kit.cloud.compute.serverview import STATUS, basic, details, status
from kit.cloud.compute.states import change, later
from kit.cloud.compute.validation import body, refuse
from kit.cloud.errors import BadRequest, Conflict, NotFound
from kit.cloud.network import servers as network
from kit.cloud.store import Row

_TEXT = {"type": ["string", "null"], "maxLength": 255}


def _schema(**more: Any) -> dict[str, Any]:
    fields = {
        "name": NAME, "OS-DCF:diskConfig": {"type": "string", "enum": ["AUTO", "MANUAL"]},
        "accessIPv4": {"type": "string", "format": "ipv4"}, "accessIPv6": {"type": "string", "format": "ipv6"}, **more,
    }  # fmt: skip
    inner = {"type": "object", "properties": fields, "additionalProperties": False}
    return {"type": "object", "properties": {"server": inner}, "required": ["server"], "additionalProperties": False}


UPDATE = _schema()
UPDATE_219 = _schema(description=_TEXT)
UPDATE_290 = _schema(description=_TEXT, hostname=HOSTNAME)
UPDATE_294 = _schema(description=_TEXT, hostname=DOMAIN_NAME)
UPDATE_2104 = _schema(
    description=_TEXT, hostname=DOMAIN_NAME,
    pinned_availability_zone={"type": ["string", "null"], "minLength": 1, "maxLength": 255},
)  # fmt: skip


def find(call: Call, server_id: str) -> Row:
    """The server that the caller sees.

    Raises
    ------
    NotFound
        When there is none of that id, it is another project's, or it is deleted.
    """
    row = call.tx.get(servers, server_id)
    if row is None or row["deleted_at"] or not (call.context.is_admin or row["project_id"] == call.context.project_id):
        raise NotFound(f"Instance {server_id} could not be found.")
    return row


def index(call: Call) -> dict[str, Any]:
    """List servers, shortly."""
    rows, marker = _select(call, _asked(call))
    return _answer(call, [basic(call, row) for row in rows], marker)


def detail(call: Call) -> Any:
    """List servers, whole."""
    asked = _asked(call)
    if not asked.sifted:
        found = listed(call, asked.equals, asked.absent)
        if found is not None:
            return Answer(200, found)
    rows, marker = _select(call, asked)
    return _answer(call, details(call, rows, listed=True), marker)


def _answer(call: Call, shown: list[dict[str, Any]], marker: str | None) -> dict[str, Any]:
    found: dict[str, Any] = {"servers": shown}
    if marker:
        found["servers_links"] = next_link(call, marker)
    return found


# Filters that are compared as they are, with their column.
_PLAIN = {
    "user_id": "user_id",
    "image": "image_id",
    "reservation_id": "reservation_id",
    "key_name": "key_name",
    "uuid": "id",
    "access_ip_v4": "access_ip_v4",
    "access_ip_v6": "access_ip_v6",
}
# Filters that only the administrator may use; from others they are ignored.
_OPERATOR = (
    "all_tenants",
    "host",
    "node",
    "user_id",
    "deleted",
    "tenant_id",
    "project_id",
    "vm_state",
    "task_state",
    "power_state",
)
_SORT = {
    "access_ip_v4", "access_ip_v6", "auto_disk_config", "availability_zone", "config_drive", "created_at", "display_description",
    "display_name", "host", "hostname", "image_ref", "instance_type_id", "key_name", "launch_index", "launched_at", "locked",
    "node", "power_state", "progress", "project_id", "root_device_name", "task_state", "terminated_at", "updated_at", "user_id",
    "uuid", "vm_state",
}  # fmt: skip
_COLUMN = {
    "uuid": "id",
    "display_name": "name",
    "display_description": "description",
    "image_ref": "image_id",
    "node": "host",
    "locked": "locked_by",
    "auto_disk_config": "disk_config",
    "instance_type_id": "number",
}


@dataclass(frozen=True)
class _Asked:
    """What a query asks for: conditions for the store, and what is looked at row by row."""

    query: dict[str, str]
    where: list[Any]
    equals: dict[str, Any]
    absent: tuple[str, ...]

    @property
    def sifted(self) -> bool:
        """Whether more than equalities and the order of creation is asked for."""
        known = {"limit", "marker", "all_tenants", "project_id", "tenant_id", "deleted", "host", "node", *_PLAIN}
        return bool(self.where) or not set(self.query) <= known


def _asked(call: Call) -> _Asked:
    query = {name: values[-1] for name, values in call.query.items() if values[-1] != "None"}
    admin = call.context.is_admin
    if "all_tenants" in query and query["all_tenants"].lower() not in ("0", "false", "no", "off", "f", "n"):
        if not admin:
            refuse(f"servers:{'detail' if call.path.endswith('/detail') else 'index'}:get_all_tenants")
        everywhere = True
    else:
        everywhere = False
    if not admin:
        query = {name: value for name, value in query.items() if name not in _OPERATOR}
    where: list[Any] = []
    equals: dict[str, Any] = {}
    absent: tuple[str, ...] = ()
    if not everywhere:
        equals["project_id"] = call.project_id
    elif "project_id" in query or "tenant_id" in query:
        equals["project_id"] = query.get("project_id") or query["tenant_id"]
    since = query.get("changes-since")
    if truth(query.get("deleted", "")):
        where.append(servers.c.deleted_at.is_not(None))
    elif not since and query.get("status", "").upper() != "DELETED":
        absent = ("deleted_at",)
    for name, column in _PLAIN.items():
        if name in query:
            equals[column] = query[name]
    if "host" in query or "node" in query:
        equals["host"] = query.get("host") or query["node"]
    return _Asked(query, where, equals, absent)


def _select(call: Call, asked: _Asked) -> tuple[list[Row], str | None]:
    """The page of servers that the query asks for, and the marker of the next page."""
    rows = call.tx.rows(servers, *asked.where, order=ORDER, absent=asked.absent, **asked.equals)
    rows = _sorted(call, _filtered(call, rows, asked.query))
    return _cut(call, rows)


def _filtered(call: Call, rows: list[Row], query: dict[str, str]) -> list[Row]:
    tests: list[Any] = []
    if "name" in query:
        try:
            pattern = re.compile(query["name"])
        except re.error:
            raise BadRequest(
                f"Invalid input for query parameters name. Value: {query['name']}. It is not a regular expression."
            ) from None
        tests.append(lambda row: pattern.search(row["name"]))
    if "status" in query:
        wanted = [value.upper() for value in call.query["status"]]
        known = {word for word, tasks in STATUS.values() for word in (word, *tasks.values())}
        if not any(value in known for value in wanted):
            return []
        tests.append(lambda row: status(row) in wanted)
    if "flavor" in query:
        tests.append(lambda row: row["flavor"]["id"] == query["flavor"])
    for name in ("vm_state", "task_state"):
        if name in query:
            tests.append(lambda row, name=name: row[name] == query[name])
    if "power_state" in query:
        tests.append(lambda row: str(row["power_state"]) == query["power_state"])
    if "locked" in query and call.at_least("2.73"):
        tests.append(lambda row: bool(row["locked_by"]) == truth(query["locked"]))
    if "availability_zone" in query:
        zone = zones(call.tx)
        tests.append(lambda row: zone.get(row["host"]) == query["availability_zone"])
    if "changes-since" in query:
        tests.append(lambda row: row["updated_at"][:19] >= _moment(query["changes-since"]))
    if "changes-before" in query and call.at_least("2.66"):
        tests.append(lambda row: row["updated_at"][:19] <= _moment(query["changes-before"]))
    if call.at_least("2.26"):
        tests += _tag_tests(query)
    found = [row for row in rows if all(test(row) for test in tests)]
    return _by_address(call, found, query)


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
    for name, version in (("ip", 4), ("ip6", 6)):
        if name in query and (name == "ip" or call.context.is_admin or call.at_least("2.5")):
            pattern = re.compile(query[name])
            addresses = network.addresses_of(call.tx, [row["id"] for row in rows])
            rows = [
                row for row in rows
                if any(item["version"] == version and pattern.search(item["addr"]) for found in addresses[row["id"]].values() for item in found)
            ]  # fmt: skip
    return rows


def _sorted(call: Call, rows: list[Row]) -> list[Row]:
    keys, directions = call.query.get("sort_key", []), call.query.get("sort_dir", [])
    for position in reversed(range(len(keys))):
        key = keys[position]
        if key not in _SORT:
            raise BadRequest(
                f"Invalid input for query parameters sort_key. Value: {key}. '{key}' is not one of {sorted(_SORT)}"
            )
        column = _COLUMN.get(key, key)
        down = (directions[position] if position < len(directions) else "desc") == "desc"
        rows = sorted(rows, key=lambda row: (row[column] is not None, row[column]), reverse=down)
    return rows


def _cut(call: Call, rows: list[Row]) -> tuple[list[Row], str | None]:
    marker = call.query.one("marker")
    if marker is not None:
        ids = [row["id"] for row in rows]
        if marker not in ids:
            raise BadRequest(f"marker [{marker}] not found")
        rows = rows[ids.index(marker) + 1 :]
    limit = min(number(call, "limit", MAX_LIMIT), MAX_LIMIT)
    page = rows[:limit]
    full = page and len(page) == limit and ("limit" in call.query or len(rows) > limit)
    return page, page[-1]["id"] if full else None


def show(call: Call, server_id: str) -> dict[str, Any]:
    """Show a server."""
    return {"server": details(call, [find(call, server_id)])[0]}


def update(call: Call, server_id: str) -> dict[str, Any]:
    """Change a server's name, description or access addresses."""
    newer = (("2.104", UPDATE_2104), ("2.94", UPDATE_294), ("2.90", UPDATE_290), ("2.19", UPDATE_219))
    schema = next((form for version, form in newer if call.at_least(version)), UPDATE)
    given = body(call, schema)["server"]
    row = find(call, server_id)
    if "accessIPv6" in given:
        given["accessIPv6"] = short(given["accessIPv6"])
    if "pinned_availability_zone" in given:
        _pinnable(call, row, given["pinned_availability_zone"])
    names = {
        "name": "name", "description": "description", "hostname": "hostname", "OS-DCF:diskConfig": "disk_config",
        "accessIPv4": "access_ip_v4", "accessIPv6": "access_ip_v6", "pinned_availability_zone": "availability_zone",
    }  # fmt: skip
    changed = change(call.tx, row, **{names[name]: value for name, value in given.items()})
    return {"server": details(call, [changed], changed=True)[0]}


def _pinnable(call: Call, row: Row, zone: str | None) -> None:
    """Refuse to pin a server to another zone than the one it is in (2.104)."""
    if zone is None:
        return
    known = zones(call.tx)
    if zone not in known.values():
        raise BadRequest("The requested availability zone is not available")
    if row["host"] and known.get(row["host"]) != zone:
        raise Conflict(
            f"Cannot pin instance {row['id']} to availability zone {zone}: it is in {known.get(row['host'])}."
        )


def delete(call: Call, server_id: str) -> None:
    """Delete a server: it is gone a moment later."""
    row = find(call, server_id)
    unlocked(call, row, "delete")
    begin(call, row, "delete", ("compute_terminate_instance",))
    call.cloud.events.cancel(call.tx, server_id)
    cut(call.cloud, call.tx, row)
    change(call.tx, row, task_state="deleting")
    later(call, row, "delete", "deleted", task_state="deleting")


def unlocked(call: Call, row: Row, action: str) -> None:
    """Refuse who may not touch a locked server; an administrator may."""
    if row["locked_by"] and not call.context.is_admin:
        raise Conflict(f"Instance {row['id']} is locked")


def address_index(call: Call, server_id: str) -> dict[str, Any]:
    """A server's addresses by network."""
    row = find(call, server_id)
    return {
        "addresses": {
            name: _plain(found) for name, found in network.addresses_of(call.tx, [row["id"]])[row["id"]].items()
        }
    }


def _plain(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"version": item["version"], "addr": item["addr"]} for item in found]


def address_show(call: Call, server_id: str, label: str) -> dict[str, Any]:
    """A server's addresses on one network."""
    row = find(call, server_id)
    found = network.addresses_of(call.tx, [row["id"]])[row["id"]]
    if label not in found:
        raise NotFound("Network label is not found")
    return {label: _plain(found[label])}
