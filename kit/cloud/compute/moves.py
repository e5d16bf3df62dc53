"""Actions that change where or how large a server is: resize, migrate, evacuate; and the migrations."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.compute import flavors, quotas
from kit.cloud.compute.actions import action, in_state
from kit.cloud.compute.hosts import up
from kit.cloud.compute.instance_actions import begin
from kit.cloud.compute.models import hypervisors, migrations, servers, services
from kit.cloud.compute.scheduling import Request, choose_host, group_of
from kit.cloud.compute.server_create import NO_HOST
from kit.cloud.compute.servers import unlocked
from kit.cloud.compute.states import RUNNING, SHUTDOWN, change, close_migration, later
from kit.cloud.compute.validation import require_admin
from kit.cloud.errors import BadRequest, NotFound
from kit.cloud.store import Row


def request_for(call: Call, row: Row, flavor: Row, *avoid: str, host: str = "") -> Request:
    zone = (row["availability_zone"] or "").partition(":")[0]
    return Request(flavor, zone, host, group_of(call.tx, row), {}, avoid, on_volume=not row["image_id"])


def _migration(call: Call, row: Row, kind: str, dest: str, new_flavor: str | None = None) -> None:
    """Write a migration down (os-migrations)."""
    call.tx.insert(
        migrations, uuid=call.tx.ids.uuid(), server_id=row["id"], migration_type=kind, status="running",
        source_host=row["host"], dest_host=dest, old_flavor_id=row["flavor"]["id"],
        new_flavor_id=new_flavor or row["flavor"]["id"], user_id=call.context.user_id, project_id=row["project_id"],
        created_at=call.tx.stamp, updated_at=call.tx.stamp,
    )  # fmt: skip


_DISK_CONFIG = {"type": "string", "enum": ["AUTO", "MANUAL"]}
_RESIZE = {
    "type": "object", "required": ["flavorRef"], "additionalProperties": False,
    "properties": {"flavorRef": {"type": ["string", "integer"], "minLength": 1}, "OS-DCF:diskConfig": _DISK_CONFIG},
}  # fmt: skip


@action("resize", _RESIZE)
def resize(call: Call, row: Row, given: Any) -> Answer:
    """Give a server another flavor; it waits in VERIFY_RESIZE for a yes or no."""
    unlocked(call, row, "resize")
    flavor = flavors.usable(call, str(given["flavorRef"]))
    if flavor is None:
        raise BadRequest(f"Flavor {given['flavorRef']} could not be found.")
    if flavor["id"] == row["flavor"]["id"]:
        raise BadRequest("When resizing, instances must change flavor!")
    in_state(row, "resize", ("active", "stopped"))
    old = row["flavor"]
    if flavor["disk"] == 0 and old["disk"] != 0:
        raise BadRequest("Resize to flavor with zero disk is not allowed.")
    more = {key: max(flavor[column] - old[column], 0) for key, column in (("cores", "vcpus"), ("ram", "ram"))}
    quotas.reserve(call, row["project_id"], **more)
    if "OS-DCF:diskConfig" in given:
        row = change(call.tx, row, disk_config=given["OS-DCF:diskConfig"])
    return _cold(call, row, flavor, "resize")


def _cold(call: Call, row: Row, flavor: Row, kind: str, host: str = "") -> Answer:
    """Move a server by stopping it, with the same flavor or another."""
    # Nova prefers another host, and takes the same one only where that is allowed; a lone host must do.
    dest = choose_host(call.cloud, call.tx, request_for(call, row, flavor, row["host"] or "", host=host))
    if dest is None and kind == "resize":
        dest = choose_host(call.cloud, call.tx, request_for(call, row, flavor))
    if dest is None:
        raise BadRequest("No valid host was found. No valid host found for resize" if kind == "resize" else
                         "No valid host was found. No valid host found for cold migrate")  # fmt: skip
    begin(
        call,
        row,
        "resize" if kind == "resize" else "migrate",
        ("compute_prep_resize", "compute_resize_instance", "compute_finish_resize"),
    )
    _migration(call, row, "resize" if kind == "resize" else "migration", dest, flavor["id"])
    state = {"power_state": row["power_state"]}
    change(
        call.tx, row, task_state="resize_prep", old_flavor=row["flavor"], flavor=flavor, old_host=row["host"], host=dest
    )
    later(call, row, "resize", "resized", task_state="resize_prep", **state)
    return Answer(202)


@action("confirmResize")
def confirm_resize(call: Call, row: Row, given: Any) -> Answer:
    """Keep the new flavor."""
    unlocked(call, row, "confirmResize")
    in_state(row, "confirmResize", ("resized",))
    begin(call, row, "confirmResize", ("compute_confirm_resize",))
    state = "stopped" if row["power_state"] == SHUTDOWN else "active"
    change(call.tx, row, vm_state=state, old_flavor=None, old_host=None)
    close_migration(call.tx, row["id"], "confirmed")
    return Answer(204)


@action("revertResize")
def revert_resize(call: Call, row: Row, given: Any) -> Answer:
    """Go back to the old flavor and host."""
    unlocked(call, row, "revertResize")
    in_state(row, "revertResize", ("resized",))
    begin(call, row, "revertResize", ("compute_revert_resize", "compute_finish_revert_resize"))
    change(call.tx, row, task_state="resize_reverting")
    later(call, row, "revert", "reverted", task_state="resize_reverting", power_state=row["power_state"])
    return Answer(202)


@action("migrate", admin="os-migrate-server:migrate")
def migrate(call: Call, row: Row, given: Any) -> Answer:
    """Move a server to another host by stopping it (from 2.56 on, to the one named)."""
    in_state(row, "migrate", ("active", "stopped"))
    host = (given or {}).get("host") or "" if call.at_least("2.56") else ""
    if host:
        known_host(call, host)
        if host == row["host"]:
            raise BadRequest("No valid host was found: the server is on that host.")
    return _cold(call, row, row["flavor"], "migration", host)


def known_host(call: Call, host: str) -> Row:
    row = call.tx.first(hypervisors, host=host)
    if row is None:
        raise BadRequest(f"Compute host {host} could not be found.")
    return row


_LIVE = {
    "type": "object",
    "required": ["host"],
    "properties": {
        "host": {"type": ["string", "null"]},
        "block_migration": {"type": ["boolean", "string"]},
        "disk_over_commit": {"type": ["boolean", "string"]},
        "force": {"type": ["boolean", "string"]},
    },
    "additionalProperties": False,
}


@action("os-migrateLive", _LIVE, admin="os-migrate-server:migrate_live")
def live_migrate(call: Call, row: Row, given: Any) -> Answer:
    """Move a running server to another host."""
    in_state(row, "os-migrateLive", ("active", "paused"))
    wanted = given["host"] or ""
    if wanted:
        known_host(call, wanted)
        if wanted == row["host"]:
            raise BadRequest(f"Unable to migrate instance ({row['id']}) to current host ({wanted}).")
    dest = choose_host(call.cloud, call.tx, request_for(call, row, row["flavor"], row["host"] or "", host=wanted))
    if dest is None:
        raise BadRequest(NO_HOST)
    begin(call, row, "live-migration", ("compute_check_can_live_migrate_destination", "compute_live_migration"))
    _migration(call, row, "live-migration", dest)
    change(call.tx, row, task_state="migrating")
    later(call, row, "migrate", "migrated", task_state="migrating", host=dest)
    return Answer(202)


_EVACUATE = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "host": {"type": "string"},
        "onSharedStorage": {"type": ["boolean", "string"]},
        "adminPass": {"type": "string"},
        "force": {"type": ["boolean", "string"]},
    },
}


@action("evacuate", _EVACUATE, admin="os-evacuate")
def evacuate(call: Call, row: Row, given: Any) -> Answer:
    """Rebuild a server of a dead host on another one."""
    in_state(row, "evacuate", ("active", "stopped", "error"), (None, row["task_state"]))
    service = call.tx.first(services, host=row["host"], binary="nova-compute")
    if service is not None and up(call.cloud, service):
        raise BadRequest(f"Compute service of {row['host']} is still in use.")
    wanted = given.get("host") or ""
    if wanted:
        known_host(call, wanted)
        if wanted == row["host"]:
            raise BadRequest("The target host can't be the same one.")
    dest = choose_host(call.cloud, call.tx, request_for(call, row, row["flavor"], row["host"] or "", host=wanted))
    if dest is None:
        raise BadRequest(NO_HOST)
    begin(call, row, "evacuate", ("rebuild_server", "compute_rebuild_instance"))
    _migration(call, row, "evacuation", dest)
    call.cloud.events.cancel(call.tx, row["id"])
    stopped = row["vm_state"] == "stopped"
    change(call.tx, row, task_state="rebuilding", host=dest)
    state = {"vm_state": "stopped" if stopped else "active", "power_state": SHUTDOWN if stopped else RUNNING}
    later(call, row, "evacuate", "evacuated", task_state="rebuilding", **state)
    if call.at_least("2.14"):
        return Answer(200)
    return Answer(200, {"adminPass": given.get("adminPass") or call.tx.ids.secret(9)})


def migration_index(call: Call) -> dict[str, Any]:
    """All migrations, latest first."""
    require_admin(call, "os-migrations:index")
    rows = call.tx.rows(migrations, order=migrations.c.id.desc())
    filters = {"status": "status", "host": "", "migration_type": "migration_type", "instance_uuid": "server_id"}
    for name, column in filters.items():
        value = call.query.one(name)
        if value:
            rows = [
                row
                for row in rows
                if value in ((row["source_host"], row["dest_host"]) if name == "host" else (row[column],))
            ]
    return {"migrations": [_shown(call, row) for row in rows]}


def _shown(call: Call, row: Row) -> dict[str, Any]:
    shown = {
        "id": row["id"], "status": row["status"], "instance_uuid": row["server_id"], "source_node": row["source_host"],
        "source_compute": row["source_host"], "dest_node": row["dest_host"], "dest_compute": row["dest_host"], "dest_host": None,
        "old_instance_type_id": 1, "new_instance_type_id": 1, "created_at": row["created_at"], "updated_at": row["updated_at"],
    }  # fmt: skip
    if call.at_least("2.23"):
        shown["migration_type"] = row["migration_type"]
    if call.at_least("2.59"):
        shown["uuid"] = row["uuid"]
    if call.at_least("2.80"):
        shown |= {"user_id": row["user_id"], "project_id": row["project_id"]}
    return shown


def server_migrations(call: Call, server_id: str) -> dict[str, Any]:
    """The live migrations of a server that are under way."""
    require_admin(call, "servers:migrations:index")
    row = call.tx.get(servers, server_id)
    if row is None:
        raise NotFound(f"Instance {server_id} could not be found.")
    rows = call.tx.rows(migrations, server_id=server_id, status="running", migration_type="live-migration")
    return {"migrations": [_shown(call, found) | {"server_uuid": server_id} for found in rows]}


def _one(call: Call, server_id: str, migration_id: str) -> Row:
    """A live migration of a server that is under way.

    Raises
    ------
    NotFound
        When there is no such server or migration, or it is over, or of another kind.
    """
    server = call.tx.get(servers, server_id)
    if server is None or server["deleted_at"]:
        raise NotFound(f"Instance {server_id} could not be found.")
    row = call.tx.get(migrations, int(migration_id)) if migration_id.isdigit() else None
    if row is None or row["server_id"] != server_id:
        raise NotFound(f"Migration {migration_id} not found for instance {server_id}")
    return row


def _live(row: Row) -> bool:
    return row["status"] == "running" and row["migration_type"] == "live-migration"


def server_migration(call: Call, server_id: str, migration_id: str) -> dict[str, Any]:
    """One live migration of a server that is under way (2.23)."""
    require_admin(call, "servers:migrations:show")
    row = _one(call, server_id, migration_id)
    if row["migration_type"] != "live-migration":
        raise NotFound(f"Migration {migration_id} for server {server_id} is not live-migration.")
    if row["status"] != "running":
        raise NotFound(f"Migration {migration_id} for server {server_id} is not in progress.")
    return {"migration": _shown(call, row) | {"server_uuid": server_id}}


def abort(call: Call, server_id: str, migration_id: str) -> Answer:
    """Let a live migration come to nothing (2.24)."""
    require_admin(call, "servers:migrations:delete")
    row = _one(call, server_id, migration_id)
    server = call.tx.get(servers, server_id)
    if not _live(row) or server is None or server["task_state"] != "migrating":
        raise BadRequest(
            f"Migration {migration_id} state of instance {server_id} is {row['status']}. Cannot abort while the "
            "migration is in this state."
        )
    call.cloud.events.cancel(call.tx, server_id)
    begin(call, server, "live_migration_cancel")
    change(call.tx, server, task_state=None)
    close_migration(call.tx, server_id, "cancelled")
    return Answer(202)


def force_complete(call: Call, server_id: str, migration_id: str) -> Answer:
    """Let a live migration end at once, at the price of a pause (2.22)."""
    require_admin(call, "servers:migrations:force_complete")
    data = call.json()
    if not isinstance(data, dict) or list(data) != ["force_complete"]:
        raise BadRequest(f"There is no such action: {next(iter(data), '') if isinstance(data, dict) else data}")
    row = _one(call, server_id, migration_id)
    server = call.tx.get(servers, server_id)
    if not _live(row) or server is None:
        raise BadRequest(
            f"Migration {migration_id} state of instance {server_id} is {row['status']}. Cannot force_complete while "
            "the migration is in this state."
        )
    call.cloud.events.cancel(call.tx, server_id)
    begin(call, server, "force_live_migration_complete")
    call.later(0, "compute.done", server_id, then="migrated", task_state="migrating", host=row["dest_host"])
    return Answer(202)
