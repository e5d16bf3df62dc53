"""Actions that change where or how large a server is: resize, migrate, evacuate. Live migration has a room of its own."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.compute import flavors, quotas
from kit.cloud.compute.actions import action, in_state
from kit.cloud.compute.asking import properties_of
from kit.cloud.compute.common import new_password, truth
from kit.cloud.compute.forms import BOOLEAN, DISK_CONFIG, HOST, HOST_OR_NONE, fields
from kit.cloud.compute.hosts import up
from kit.cloud.compute.instance_actions import begin
from kit.cloud.compute.live.steps import cut
from kit.cloud.compute.models import hypervisors, migrations, services
from kit.cloud.compute.scheduling import NO_HOST, Request, check_flavor, choose_host, group_of
from kit.cloud.compute.server_shares import unshared
from kit.cloud.compute.servers import unlocked
from kit.cloud.compute.states import RUNNING, SHUTDOWN, change, close_migration, later
from kit.cloud.compute.validation import require_admin
from kit.cloud.errors import BadRequest
from kit.cloud.store import Row


def request_for(call: Call, row: Row, flavor: Row, *avoid: str, host: str = "") -> Request:
    zone = (row["availability_zone"] or "").partition(":")[0]
    hints = row["scheduler_hints"] or {}
    group = group_of(call.tx, row)
    return Request(flavor, zone, host, group, hints, avoid, on_volume=not row["image_id"], server=row)


def _migration(call: Call, row: Row, kind: str, dest: str, new_flavor: str | None = None) -> None:
    """Write a migration down (os-migrations)."""
    call.tx.insert(
        migrations, uuid=call.tx.ids.uuid(), server_id=row["id"], migration_type=kind, status="running",
        source_host=row["host"], dest_host=dest, old_flavor_id=row["flavor"]["id"],
        new_flavor_id=new_flavor or row["flavor"]["id"], user_id=call.context.user_id, project_id=row["project_id"],
        created_at=call.tx.stamp, updated_at=call.tx.stamp,
    )  # fmt: skip


_RESIZE = fields(
    {"flavorRef": {"type": ["string", "integer"], "minLength": 1}, "OS-DCF:diskConfig": DISK_CONFIG}, "flavorRef"
)  # fmt: skip


@action("resize", _RESIZE)
def resize(call: Call, row: Row, given: Any) -> Answer:
    """Give a server another flavor; it waits in VERIFY_RESIZE for a yes or no."""
    unlocked(call, row, "resize")
    in_state(row, "resize", ("active", "stopped"))
    flavor = flavors.usable(call, str(given["flavorRef"]))
    if flavor is None:
        raise BadRequest(f"Flavor {given['flavorRef']} could not be found.")
    if flavor["id"] == row["flavor"]["id"]:
        raise BadRequest("When resizing, instances must change flavor!")
    old = row["flavor"]
    if flavor["disk"] == 0 and old["disk"] != 0:
        raise BadRequest("Resize to flavor with zero disk is not allowed.")
    check_flavor(call.tx, flavor, properties_of(row))
    more = {key: max(flavor[column] - old[column], 0) for key, column in (("cores", "vcpus"), ("ram", "ram"))}
    quotas.reserve(call, row["project_id"], **more)
    return _cold(call, row, flavor, "resize", disk_config=given.get("OS-DCF:diskConfig", "MANUAL"))


def _cold(call: Call, row: Row, flavor: Row, kind: str, host: str = "", disk_config: str = "MANUAL") -> Answer:
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
        call.tx, row, task_state="resize_prep", old_flavor=row["flavor"], flavor=flavor, old_host=row["host"], host=dest,
        disk_config=disk_config,
    )  # fmt: skip
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


_MIGRATE = fields({"host": HOST_OR_NONE}) | {"type": ["object", "null"]}


@action("migrate", None, ("2.56", _MIGRATE), admin="os-migrate-server:migrate", manager=True)
def migrate(call: Call, row: Row, given: Any) -> Answer:
    """Move a server to another host by stopping it (from 2.56 on, to the one named)."""
    host = (given or {}).get("host") or "" if call.at_least("2.56") else ""
    if host:
        require_admin(call, "os-migrate-server:migrate:host")
    in_state(row, "migrate", ("active", "stopped"))
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


_TARGET = {"host": HOST, "adminPass": {"type": "string"}}
_EVACUATE = fields({"host": HOST, "onSharedStorage": BOOLEAN, "adminPass": {"type": "string"}}, "onSharedStorage")


@action(
    "evacuate", _EVACUATE, ("2.14", fields(_TARGET)), ("2.29", fields({**_TARGET, "force": BOOLEAN})),
    ("2.68", fields(_TARGET)), admin="os-evacuate",
)  # fmt: skip
def evacuate(call: Call, row: Row, given: Any) -> Answer:
    """Rebuild a server of a dead host on another one."""
    unshared(call, row)
    in_state(row, "evacuate", ("active", "stopped", "error"), (None, row["task_state"]))
    service = call.tx.first(services, host=row["host"], binary="nova-compute")
    if service is not None and up(call.cloud, service):
        raise BadRequest(f"Compute service of {row['host']} is still in use.")
    wanted = given.get("host") or ""
    if wanted:
        known_host(call, wanted)
        if wanted == row["host"]:
            raise BadRequest("The target host can't be the same one.")
    request = request_for(call, row, row["flavor"], row["host"] or "", host=wanted)
    # Before 2.29 a host that was named was taken as it was; until 2.67 it could be.
    unchecked = not call.at_least("2.29") or (truth(given.get("force", False)) and not call.at_least("2.68"))
    request.forced = bool(wanted) and unchecked
    dest = choose_host(call.cloud, call.tx, request)
    if dest is None:
        raise BadRequest(NO_HOST)
    begin(call, row, "evacuate", ("rebuild_server", "compute_rebuild_instance"))
    cut(call.cloud, call.tx, row)
    _migration(call, row, "evacuation", dest)
    call.cloud.events.cancel(call.tx, row["id"])
    stopped = row["vm_state"] == "stopped"
    change(call.tx, row, task_state="rebuilding", host=dest)
    state = {"vm_state": "stopped" if stopped else "active", "power_state": SHUTDOWN if stopped else RUNNING}
    later(call, row, "evacuate", "evacuated", task_state="rebuilding", **state)
    if call.at_least("2.14"):
        return Answer(200)
    return Answer(200, {"adminPass": given.get("adminPass") or new_password(call)})
