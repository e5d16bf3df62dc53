"""Migrations as Nova shows them: those of a server that are in progress, and all of them (`os-migrations`)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from kit.cloud.call import Call
from kit.cloud.clock import parse
from kit.cloud.compute.common import MAX_LIMIT, links, next_link, number
from kit.cloud.compute.live.move import LIVE
from kit.cloud.compute.live.progress import of, updated
from kit.cloud.compute.live.turning import server_of
from kit.cloud.compute.models import flavors, hypervisors, migrations
from kit.cloud.compute.validation import require_admin, require_manager
from kit.cloud.errors import BadRequest, NotFound
from kit.cloud.store import Row, Transaction

# nova.api.openstack.compute.server_migrations: what counts as in progress; post-copy does not, and so is not shown.
IN_PROGRESS = ("queued", "preparing", "running", "post-migrating")
FILTERS = ("hidden", "host", "instance_uuid", "source_compute", "status", "migration_type")


_PLACES = ("source_compute", "source_node", "dest_compute", "dest_node", "dest_host")


def _places(call: Call, row: Row, known: dict[str, Row]) -> dict[str, Any]:
    """The hosts of a migration, which only the administrator sees."""
    if not call.context.is_admin:
        return dict.fromkeys(_PLACES)
    source, dest = known.get(row["source_host"]) or {}, known.get(row["dest_host"]) or {}
    return {
        "source_compute": row["source_host"], "source_node": source.get("hypervisor_hostname", row["source_host"]),
        "dest_compute": row["dest_host"], "dest_node": dest.get("hypervisor_hostname", row["dest_host"]),
        "dest_host": dest.get("host_ip"),
    }  # fmt: skip


def _hosts(tx: Transaction) -> dict[str, Row]:
    return {row["host"]: row for row in tx.rows(hypervisors)}


def _newer(call: Call, row: Row) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    if call.at_least("2.59"):
        shown["uuid"] = row["uuid"]
    if call.at_least("2.80"):
        shown |= {"user_id": row["user_id"], "project_id": row["project_id"]}
    return shown


# Of a server


def _document(call: Call, row: Row, known: dict[str, Row]) -> dict[str, Any]:
    found = of(call.tx, row)
    shown = {
        "id": row["id"], "status": row["status"], "server_uuid": row["server_id"], **_places(call, row, known),
        "created_at": row["created_at"], "updated_at": updated(call.tx, row),
    }  # fmt: skip
    for what in ("memory", "disk"):
        for amount in ("total", "processed", "remaining"):
            shown[f"{what}_{amount}_bytes"] = getattr(found, f"{what}_{amount}") if found else None
    return shown | _newer(call, row)


def _plain(call: Call) -> None:
    if call.at_least("2.102") and call.query:
        raise BadRequest(f"Additional properties are not allowed ({_listed(sorted(call.query))} unexpected)")


def _listed(names: list[str]) -> str:
    return ", ".join(f"'{name}'" for name in names) + (" was" if len(names) == 1 else " were")


def server_index(call: Call, server_id: str) -> dict[str, Any]:
    """The live migrations of a server that are in progress (2.23)."""
    _plain(call)
    server = server_of(call, server_id)
    require_manager(call, "servers:migrations:index", server["project_id"])
    rows = call.tx.rows(migrations, order=migrations.c.id, server_id=server_id, migration_type=LIVE)
    known = _hosts(call.tx)
    return {"migrations": [_document(call, row, known) for row in rows if row["status"] in IN_PROGRESS]}


def server_show(call: Call, server_id: str, migration_id: str) -> dict[str, Any]:
    """One live migration of a server that is in progress (2.23)."""
    _plain(call)
    require_admin(call, "servers:migrations:show")
    server_of(call, server_id)
    digits = migration_id.isdigit() and len(migration_id) < 18
    row = call.tx.get(migrations, int(migration_id)) if digits else None
    if row is None or row["server_id"] != server_id:
        raise NotFound(f"In-progress live migration {migration_id} is not found for server {server_id}.")
    if row["migration_type"] != LIVE:
        raise NotFound(f"Migration {migration_id} for server {server_id} is not live-migration.")
    if row["status"] not in IN_PROGRESS:
        raise NotFound(f"Live migration {migration_id} for server {server_id} is not in progress.")
    return {"migration": _document(call, row, _hosts(call.tx))}


# All


def index(call: Call) -> dict[str, Any]:
    """All migrations; from 2.59 on in pages, latest first."""
    paged = call.at_least("2.59")
    since, before = _moments(call) if paged else (None, None)
    project_id = call.query.one("project_id") if call.at_least("2.80") else None
    require_manager(call, "os-migrations:index", call.context.project_id)
    if project_id is None or project_id != call.context.project_id:
        require_admin(call, "os-migrations:index:all_projects")
    rows = call.tx.rows(migrations, order=migrations.c.id)
    if paged:
        rows.sort(key=lambda row: (row["created_at"], row["id"]), reverse=True)
    found = [row for row in rows if _wanted(call, row)]
    if since or before:
        times = {row["id"]: parse(updated(call.tx, row)) for row in found}
        found = [
            row for row in found if (since or times[row["id"]]) <= times[row["id"]] <= (before or times[row["id"]])
        ]
    marker = None
    if paged:
        found, marker = _page(call, rows, found)
    known, numbers = _hosts(call.tx), _flavor_numbers(call.tx)
    answer: dict[str, Any] = {"migrations": [_line(call, row, known, numbers) for row in found]}
    if marker:
        answer["migrations_links"] = next_link(call, marker)
    return answer


def _wanted(call: Call, row: Row) -> bool:
    query = call.query
    statuses = query.get("status")
    if statuses and row["status"] not in statuses:
        return False
    if query.one("host"):
        if query.one("host") not in (row["source_host"], row["dest_host"]):
            return False
    elif query.one("source_compute") not in (None, row["source_host"]):
        return False
    if (query.one("hidden") or "").lower() in ("1", "true", "yes", "on"):
        return False  # only a cross-cell resize hides one
    columns = {"migration_type": "migration_type", "instance_uuid": "server_id"}
    if call.at_least("2.80"):
        columns |= {"user_id": "user_id", "project_id": "project_id"}
    return all(query.one(name) in (None, row[column]) for name, column in columns.items())


def _moments(call: Call) -> tuple[datetime | None, datetime | None]:
    """changes-since and changes-before; parameters that the microversion does not know are refused."""
    known = {*FILTERS, "limit", "marker", "changes-since"}
    if call.at_least("2.66"):
        known.add("changes-before")
    if call.at_least("2.80"):
        known |= {"user_id", "project_id"}
    unknown = sorted(set(call.query) - known)
    if unknown:
        raise BadRequest(f"Additional properties are not allowed ({_listed(unknown)} unexpected)")
    since, before = (_moment(call, name) for name in ("changes-since", "changes-before"))
    if since and before and before < since:
        raise BadRequest("The value of changes-since must be less than or equal to changes-before.")
    return since, before


def _moment(call: Call, name: str) -> datetime | None:
    text = call.query.one(name)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadRequest(
            f"Invalid input for query parameters {name}. Value: {text}. '{text}' is not a 'date-time'"
        ) from None
    return (moment - moment.utcoffset()).replace(tzinfo=None) if moment.utcoffset() is not None else moment  # type: ignore[operator]


def _page(call: Call, rows: list[Row], found: list[Row]) -> tuple[list[Row], str | None]:
    limit = min(number(call, "limit", MAX_LIMIT), MAX_LIMIT)
    marker = call.query.one("marker")
    if marker is not None:
        places = [row["uuid"] for row in rows]
        if marker not in places:
            raise BadRequest(f"Marker {marker} could not be found.")
        later = {row["id"] for row in rows[places.index(marker) + 1 :]}
        found = [row for row in found if row["id"] in later]
    shown = found[:limit]
    full = "limit" in call.query or len(found) > limit
    return shown, str(shown[-1]["uuid"]) if shown and full and len(shown) == limit else None


def _line(call: Call, row: Row, known: dict[str, Row], numbers: dict[str, int]) -> dict[str, Any]:
    shown = {
        "id": row["id"], "status": row["status"], "instance_uuid": row["server_id"], **_places(call, row, known),
        "old_instance_type_id": numbers.get(row["old_flavor_id"], 0), "created_at": row["created_at"],
        "new_instance_type_id": numbers.get(row["new_flavor_id"], 0), "updated_at": updated(call.tx, row),
    }  # fmt: skip
    if call.at_least("2.23"):
        shown["migration_type"] = row["migration_type"]
        if row["migration_type"] == LIVE and row["status"] in IN_PROGRESS:
            shown["links"] = links(call, f"servers/{row['server_id']}/migrations/{row['id']}")
    return shown | _newer(call, row)


def _flavor_numbers(tx: Transaction) -> dict[str, int]:
    """Flavor to its number in the database, which is nobody's id elsewhere."""
    return {row["id"]: place for place, row in enumerate(tx.rows(flavors), 1)}
