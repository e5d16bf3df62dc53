"""What happens to servers over time: each due event ends one task.

A task that was overtaken (the server deleted, another state set by hand) does nothing; nothing
happens on a dead host.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kit.cloud.block_storage import servers as storage
from kit.cloud.compute.models import actions, console_tokens, migrations, servers, share_mappings
from kit.cloud.image.models import images
from kit.cloud.image.snapshots import finish
from kit.cloud.network import servers as network
from kit.cloud.placement import servers as placement
from kit.cloud.store import Row, Transaction

if TYPE_CHECKING:
    from kit.cloud.call import Call
    from kit.cloud.cloud import Cloud
    from kit.cloud.events import Event
    from kit.cloud.service import Service

NOSTATE, RUNNING, PAUSED, SHUTDOWN, CRASHED, SUSPENDED = 0, 1, 3, 4, 6, 7

# Seconds of cloud time, where the seed's `timings` say nothing.
DURATIONS = {
    "build": 4.0, "delete": 1.0, "stop": 2.0, "start": 2.0, "reboot": 3.0, "pause": 1.0, "unpause": 1.0, "suspend": 2.0,
    "resume": 2.0, "rescue": 3.0, "unrescue": 2.0, "shelve": 3.0, "offload": 1.0, "unshelve": 3.0, "resize": 5.0,
    "confirm": 1.0, "revert": 3.0, "rebuild": 4.0, "snapshot": 3.0, "evacuate": 4.0, "password": 1.0,
}  # fmt: skip


def later(call: Call, server: Row, task: str, then: str, **payload: Any) -> None:
    """Let a task of a server end after its duration.

    Parameters
    ----------
    task : str
        A key of `DURATIONS`; the seed's timing is `compute.` and the key.
    then : str
        A key of `ENDINGS`.
    payload
        What the ending needs; `task_state` is the state the server must still be in.
    """
    seconds = call.cloud.duration(f"compute.{task}", DURATIONS[task])
    call.later(seconds, "compute.done", server["id"], then=then, **payload)


def done(cloud: Cloud, tx: Transaction, event: Event) -> None:
    """End the task that the event is about."""
    row = tx.get(servers, event.subject)
    payload = dict(event.payload)
    then = payload.pop("then")
    expected = payload.pop("task_state", None)
    if row is None or row["deleted_at"] or row["task_state"] != expected:
        return
    # Nobody is there to do the work; deleting goes on, as Nova deletes locally when a host is down.
    if row["host"] and cloud.faults.dead(row["host"]) and then not in ("deleted", "failed"):
        return
    ENDINGS[then](tx, row, payload)
    _finish_action(tx, row["id"], payload.get("result", "Success"))


def _finish_action(tx: Transaction, server_id: str, result: str) -> None:
    rows = tx.rows(actions, server_id=server_id, order=actions.c.id.desc(), limit=1)
    if rows:
        events = [
            {**e, "finish_time": e["finish_time"] or tx.stamp, "result": e["result"] or result}
            for e in rows[0]["events"] or []
        ]
        tx.update(actions, rows[0]["id"], updated_at=tx.stamp, events=events)


# Columns of a server from which its allocations follow.
_PLACING = frozenset(("host", "flavor", "old_host", "old_flavor", "image_id", "deleted_at", "task_state"))


def change(tx: Transaction, row: Row, **fields: Any) -> Row:
    """Store a server's changed columns, now; what it holds in Placement follows them."""
    fields["updated_at"] = tx.stamp
    if fields.get("flavor"):
        fields |= {name: fields["flavor"][name] for name in ("vcpus", "ram")}
    tx.update(servers, row["id"], **fields)
    row = {**row, **fields}
    if not _PLACING.isdisjoint(fields):
        placement.follow(tx, row)
    return row


def fail(tx: Transaction, row: Row, message: str, code: int = 500, details: str = "") -> Row:
    """The server is in ERROR, and says why."""
    fault = {"code": code, "created": tx.stamp[:19] + "Z", "message": message, "details": details}
    return change(tx, row, vm_state="error", task_state=None, fault=fault)


def _built(tx: Transaction, row: Row, payload: dict[str, Any]) -> None:
    network.activate(tx, row["id"])
    storage.use(tx, row)
    change(
        tx, row, vm_state="active", task_state=None, power_state=RUNNING, launched_at=tx.stamp, progress=0, fault=None
    )


def _spawning(tx: Transaction, row: Row, payload: dict[str, Any]) -> None:
    change(tx, row, task_state="spawning")


def _failed(tx: Transaction, row: Row, payload: dict[str, Any]) -> None:
    network.unplug(tx, row["id"])
    storage.release(tx, row)
    tx.update(servers, row["id"], block_devices=[])
    fail(tx, row, payload["message"], payload.get("code", 500), payload.get("details", ""))


def _set(tx: Transaction, row: Row, payload: dict[str, Any]) -> None:
    """The plain ending: these columns, no task any more."""
    change(tx, row, task_state=None, **payload["fields"])


def _deleted(tx: Transaction, row: Row, payload: dict[str, Any]) -> None:
    remove(tx, row)


def remove(tx: Transaction, row: Row) -> None:
    """The server is gone: its ports too; its row stays for the administrator's `deleted=true`."""
    network.unplug(tx, row["id"])
    storage.release(tx, row)
    tx.delete(share_mappings, server_id=row["id"])
    tx.delete(console_tokens, server_id=row["id"])
    change(
        tx, row, vm_state="deleted", task_state=None, power_state=NOSTATE, deleted_at=tx.stamp, terminated_at=tx.stamp,
        server_group_id=None, block_devices=[],
    )  # fmt: skip


def _snapshotted(tx: Transaction, row: Row, payload: dict[str, Any]) -> None:
    finish(tx, payload["image_id"], row["flavor"]["disk"])
    change(tx, row, task_state=None)


# On no host; nor, where an administrator reset the state in the midst of a resize, on the one before.
_NOWHERE: dict[str, Any] = {"host": None, "old_host": None, "old_flavor": None}


def _shelved(tx: Transaction, row: Row, payload: dict[str, Any]) -> None:
    finish(tx, payload["image_id"], row["flavor"]["disk"])
    fields = {"vm_state": "shelved", "power_state": SHUTDOWN}
    if payload["offload"]:
        fields = {"vm_state": "shelved_offloaded", "power_state": SHUTDOWN, **_NOWHERE}
        network.rebind(tx, row["id"], "")
    change(tx, row, task_state=None, **fields)


def _offloaded(tx: Transaction, row: Row, payload: dict[str, Any]) -> None:
    network.rebind(tx, row["id"], "")
    change(tx, row, task_state=None, vm_state="shelved_offloaded", power_state=SHUTDOWN, **_NOWHERE)


def _unshelved(tx: Transaction, row: Row, payload: dict[str, Any]) -> None:
    network.rebind(tx, row["id"], row["host"])
    network.activate(tx, row["id"])
    kept = dict(row["system_metadata"] or {})
    image_id = kept.pop("shelved_image_id", None)
    if image_id and payload.get("offloaded"):
        tx.delete(images, id=image_id)  # it has served its turn
    change(tx, row, task_state=None, vm_state="active", power_state=RUNNING, launched_at=tx.stamp, system_metadata=kept)


def _resized(tx: Transaction, row: Row, payload: dict[str, Any]) -> None:
    network.rebind(tx, row["id"], row["host"])
    change(tx, row, task_state=None, vm_state="resized", power_state=payload["power_state"], progress=0)
    close_migration(tx, row["id"], "finished")


def _reverted(tx: Transaction, row: Row, payload: dict[str, Any]) -> None:
    network.rebind(tx, row["id"], row["old_host"])
    state = "stopped" if payload["power_state"] == SHUTDOWN else "active"
    change(
        tx, row, task_state=None, vm_state=state, power_state=payload["power_state"], host=row["old_host"],
        flavor=row["old_flavor"], old_flavor=None, old_host=None,
    )  # fmt: skip
    close_migration(tx, row["id"], "reverted")


def _evacuated(tx: Transaction, row: Row, payload: dict[str, Any]) -> None:
    network.rebind(tx, row["id"], row["host"])
    network.activate(tx, row["id"])
    change(tx, row, task_state=None, vm_state=payload["vm_state"], power_state=payload["power_state"], fault=None)
    close_migration(tx, row["id"], "done")


def close_migration(tx: Transaction, server_id: str, status: str) -> None:
    """Close the server's latest migration."""
    rows = tx.rows(migrations, server_id=server_id, order=migrations.c.id.desc(), limit=1)
    if rows:
        tx.update(migrations, rows[0]["id"], status=status, updated_at=tx.stamp)


ENDINGS: dict[str, Callable[[Transaction, Row, dict[str, Any]], None]] = {
    "built": _built, "spawning": _spawning, "failed": _failed, "set": _set, "deleted": _deleted,
    "snapshotted": _snapshotted, "shelved": _shelved, "offloaded": _offloaded, "unshelved": _unshelved,
    "resized": _resized, "reverted": _reverted, "evacuated": _evacuated,
}  # fmt: skip


def register(service: Service) -> None:
    """Let the service's due events be handled here."""
    service.on("compute.done", done)
