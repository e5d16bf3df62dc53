"""What is done to a live migration while it is under way: abort (2.24, 2.65), force_complete (2.22), and turned knobs.

`kit:set` is this cloud's extension, what the summit's speakers wished for and Nova never got:
`POST /servers/{id}/migrations/{id}/action` with `{"kit:set": {"bandwidth": 100, "max_downtime": 1000}}` (MiB/s, ms).
"""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.compute.actions import named
from kit.cloud.compute.instance_actions import begin as note
from kit.cloud.compute.live import jobs, pool, steps
from kit.cloud.compute.live.move import LIVE, Move
from kit.cloud.compute.live.request import KNOBS
from kit.cloud.compute.live.settings import read
from kit.cloud.compute.models import migrations, servers
from kit.cloud.compute.servers import unlocked
from kit.cloud.compute.validation import check, require_admin, require_manager
from kit.cloud.errors import ApiError, BadRequest, Conflict, NotFound
from kit.cloud.store import Row

_FORCE = {
    "type": "object", "properties": {"force_complete": {"type": "null"}}, "required": ["force_complete"],
    "additionalProperties": False,
}  # fmt: skip
_SET = {
    "type": "object", "required": ["kit:set"], "additionalProperties": False,
    "properties": {
        "kit:set": {"type": "object", "properties": KNOBS, "minProperties": 1, "additionalProperties": False}
    },
}  # fmt: skip


def server_of(call: Call, server_id: str) -> Row:
    """The server that the administrator names.

    Raises
    ------
    NotFound
        When there is none of that id (any more).
    """
    row = call.tx.get(servers, server_id)
    mine = row is not None and (call.context.is_admin or row["project_id"] == call.context.project_id)
    if row is None or row["deleted_at"] or not mine:
        raise NotFound(f"Instance {server_id} could not be found.")
    return row


def record(call: Call, server: Row, migration_id: str, missing: type[ApiError] = NotFound) -> Row:
    """A migration of a server by its number.

    Raises
    ------
    ApiError
        `missing`, when the server has none of that number.
    """
    number = int(migration_id) if migration_id.isdigit() and len(migration_id) < 18 else None
    row = call.tx.get(migrations, number) if number is not None else None
    if row is None or row["server_id"] != server["id"]:
        raise missing(f"Migration {migration_id} not found for instance {server['id']}")
    return row


def _migrating(server: Row, name: str, states: tuple[str, ...] = ()) -> None:
    """Refuse a server that is not on its way, in the words of Nova's API."""
    for attr, value, fine in (
        ("vm_state", server["vm_state"], not states or server["vm_state"] in states),
        ("task_state", server["task_state"], server["task_state"] == "migrating"),
    ):
        if not fine:
            raise Conflict(f"Cannot '{name}' instance {server['id']} while it is in {attr} {value}")


def _in_status(row: Row, method: str, allowed: tuple[str, ...]) -> None:
    if row["status"] not in allowed or row["migration_type"] != LIVE:
        raise BadRequest(
            f"Migration {row['id']} state of instance {row['server_id']} is {row['status']}. Cannot {method} while the "
            "migration is in this state."
        )


def abort(call: Call, server_id: str, migration_id: str) -> Answer:
    """Let a live migration come to nothing (2.24); from 2.65 on also one that is queued or prepared."""
    server = server_of(call, server_id)
    require_manager(call, "servers:migrations:delete", server["project_id"])
    unlocked(call, server, "abort live migration")
    _migrating(server, "abort live migration")
    row = record(call, server, migration_id)
    early = ("queued", "preparing") if call.at_least("2.65") else ()
    _in_status(row, "abort live migration", ("running", *early))
    note(call, server, "live_migration_cancel", ("compute_live_migration_abort",))
    move = Move(call.cloud, call.tx, row, server)
    if row["status"] == "queued":
        steps.back(move, "cancelled")
    elif row["status"] == "preparing":
        move.note(aborted=True)  # noticed when the destination is ready
    elif not move.live.get("over"):
        jobs.turn(move, "abort")
    return Answer(202)


def act(call: Call, server_id: str, migration_id: str) -> Answer:
    """Do what the body names to a live migration: `force_complete` (2.22), or this cloud's `kit:set`."""
    name, data = named(call)
    if name == "kit:set" and read(call.tx).extension:
        return _set(call, server_id, migration_id, data)
    if name != "force_complete":
        raise BadRequest(f"There is no such action: {name}")
    return force_complete(call, server_id, migration_id)


def force_complete(call: Call, server_id: str, migration_id: str) -> Answer:
    """Let a live migration end soon: by post-copy where that is permitted, else by a pause of the guest (2.22)."""
    check(call.json(), _FORCE)
    server = server_of(call, server_id)
    require_manager(call, "servers:migrations:force_complete", server["project_id"])
    unlocked(call, server, "force_complete")
    _migrating(server, "force_complete", ("active",))
    row = record(call, server, migration_id, BadRequest)
    _in_status(row, "force complete", ("running",))
    note(call, server, "live_migration_force_complete", ("compute_live_migration_force_complete",))
    move = Move(call.cloud, call.tx, row, server)
    if not move.live.get("over"):
        jobs.turn(move, "force_complete")
    return Answer(202)


def _set(call: Call, server_id: str, migration_id: str, data: dict[str, Any]) -> Answer:
    """Turn bandwidth or maximum downtime of a running migration."""
    check(data, _SET)
    require_admin(call, "servers:migrations:force_complete")
    server = server_of(call, server_id)
    _migrating(server, "kit:set")
    row = record(call, server, migration_id, BadRequest)
    _in_status(row, "set knobs", ("running", "running (post-copy)"))
    note(call, server, "kit:live_migration_set")
    move, given = Move(call.cloud, call.tx, row, server), data["kit:set"]
    if move.live.get("over"):
        return Answer(202)
    if "max_downtime" in given:
        jobs.turn(move, "set", downtime_limit_ms=float(given["max_downtime"]))
    if "bandwidth" in given:
        move.note(bandwidth=float(given["bandwidth"]), caps=[])
        pool.share(call.cloud, call.tx)
    return Answer(202)
