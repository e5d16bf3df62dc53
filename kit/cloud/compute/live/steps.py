"""The steps of a live migration on the cloud's clock, each with what follows when it fails.

    accepted --check--> queued --(a free place)--> preparing --> running [--> running (post-copy)] --> completed

A step that fails ends the record as `kit.migration.workflow` tells it. Up to the end of the copy all is taken back
and the server stays where it is; after that nothing is, and it is on the destination, in ERROR. As in Nova, the
record stays `running` while the source is cleaned up: `post-migrating` is a resize's status.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from kit.cloud.block_storage import servers as storage
from kit.cloud.compute.live import checks, jobs, pool
from kit.cloud.compute.live.checks import Refused
from kit.cloud.compute.live.move import EVENT, POSTCOPY, Move
from kit.cloud.compute.models import servers
from kit.cloud.compute.states import PAUSED, fail
from kit.cloud.network import port_bindings
from kit.cloud.network.servers import interfaces
from kit.cloud.store import Row, Transaction
from kit.migration.workflow import failure

if TYPE_CHECKING:
    from kit.cloud.cloud import Cloud
    from kit.cloud.events import Event
    from kit.cloud.service import Service

# How often it is seen whether a dead source is back; an evacuation, or a state set by hand, ends it before.
REVIVAL_S = 30.0
# Nova's exceptions that count as the caller's mistake (nova.exception.Invalid).
_INVALID = frozenset((
    "InstanceInvalidState", "UnableToMigrateToSelf", "InvalidHypervisorType", "DestinationHypervisorTooOld",
    "InvalidCPUInfo",
))  # fmt: skip


def due(cloud: Cloud, tx: Transaction, event: Event) -> None:
    """Do the step that has fallen due, unless the migration is over, or was planned anew since."""
    move = Move.find(cloud, tx, event.subject)
    payload = event.payload
    if move is None or payload.get("plan", move.live.get("plan")) != move.live.get("plan"):
        return
    if move.server["deleted_at"] or move.server["task_state"] != "migrating":
        cut(cloud, tx, move.server)
        return
    if payload["do"] != "check" and move.dead(move.source):
        move.later(REVIVAL_S, "revive")  # nobody is there to do the work
        return
    STEPS[payload["do"]](move)


def check(move: Move) -> None:
    """The conductor's part in the background: the refusal is in the record and the action log."""
    try:
        begin(move)
    except Refused as refused:
        refuse(move, refused)


def begin(move: Move) -> None:
    """Find the destination and bind the ports there; the migration is queued at the source.

    Raises
    ------
    Refused
        When no host may take the server.
    """
    name = checks.choose(move)
    host = move.hypervisor(name)
    move.save(dest_host=name, status="queued")
    move.note(dest_node=host["hypervisor_hostname"])
    port_bindings.bind(move.tx, move.server["id"], name)
    move.change(task_state="migrating")
    move.tell(checks.CONDUCTOR_EVENT)
    move.after("live_queue", "queue")


def refuse(move: Move, refused: Refused) -> None:
    """The conductor gives up: the record is in error, the server as it was, with a fault that tells why."""
    told = f"{refused.error}: {refused.message}" + (f"\n{refused.details}" if refused.details else "")
    move.tell(checks.CONDUCTOR_EVENT, told)
    move.release()
    code = 400 if refused.error in _INVALID else 500
    fault = {"code": code, "created": move.tx.stamp[:19] + "Z", "message": refused.message, "details": told}
    move.close("error", fault=fault)
    if move.live["forced"]:
        move.save(dest_host=move.live["host"])


def queue(move: Move) -> None:
    """The source's compute service has it in its pool."""
    fault = move.broken("queue")
    if fault:
        move.tell("compute_live_migration", fault.message or "The migration was dropped from the queue.")
        back(move, failure("queue").migration[-1])
        return
    move.note(ready=True)
    fill(move.cloud, move.tx, move.source)


def fill(cloud: Cloud, tx: Transaction, host: str) -> None:
    """Let those begin that have a place in the pool of a host."""
    for row in pool.waiting(tx, host):
        move = Move.find(cloud, tx, row["uuid"])
        if move is not None and cloud.faults.dead(host):
            move.later(REVIVAL_S, "revive")
        elif move is not None:
            prepare(move)


def prepare(move: Move) -> None:
    """pre_live_migration: the destination attaches volumes and plugs interfaces."""
    move.save(status="preparing")
    made = {}
    for device in move.server["block_devices"] or []:
        beside = storage.attach_beside(move.tx, device["attachment_id"], move.destination)
        if beside is not None:
            made[device["attachment_id"]] = beside
    move.note(attachments=made)
    move.after("live_prepare", "prepared")


def prepared(move: Move) -> None:
    """The destination is ready, or was not; an abort meanwhile is noticed now."""
    if move.live.get("aborted"):
        move.tell("compute_pre_live_migration", host=move.destination)
        back(move, "cancelled")
        return
    fault = move.broken("prepare")
    if fault or move.dead(move.destination):
        text = (fault and fault.message) or f"Pre live migration failed at {move.destination}"
        _rolled_back(move, "prepare", "compute_pre_live_migration", text)
        return
    move.tell("compute_pre_live_migration", host=move.destination)
    fault = move.broken("wait for ports")
    own = move.settings
    ports = interfaces(move.tx, move.server["id"])
    if fault and ports and own["live_migration_wait_for_vif_plug"]:
        move.note(waits=fault.message or f"Timed out waiting for events of network-vif-plugged on {move.destination}.")
        move.later(own["vif_plugging_timeout"], "unplugged")
        return
    run(move)


def unplugged(move: Move) -> None:
    """No network-vif-plugged came in time; by default that ends it."""
    if move.settings["vif_plugging_is_fatal"]:
        _rolled_back(move, "wait for ports", "compute_live_migration", f"Migration error: {move.live['waits']}")
    elif move.live.get("aborted"):
        back(move, "cancelled")
    else:
        run(move)


def run(move: Move) -> None:
    """libvirt copies."""
    try:
        jobs.begin(move)
    except Refused as refused:  # the workload was changed since the checks
        _rolled_back(move, "prepare", "compute_live_migration", refused.message)
        return
    move.save(status="running")
    jobs.plan(move)
    pool.share(move.cloud, move.tx)
    fault = move.broken("copy")
    if fault:
        move.note(cause=fault.message)
        jobs.turn(move, "cut", "a fault", fault.latency)
    fault = move.broken("driver")
    if fault:
        move.note(driver=fault.message or "internal error: client socket is closed")
        move.later(fault.latency, "raised")


def switch(move: Move) -> None:
    """The guest runs at the destination, and the rest of its memory follows."""
    move.save(status=POSTCOPY)
    _activate(move)
    fault = move.broken("post-copy")
    if fault:
        move.note(cause=fault.message)
        jobs.turn(move, "cut", "a fault", fault.latency)


def raised(move: Move) -> None:
    """An exception out of the driver: nothing is taken back; bindings and attachments stay behind."""
    move.tell("compute_live_migration", move.live["driver"])
    move.cloud.events.cancel(move.tx, move.row["uuid"], EVENT)
    move.save(status="error")
    move.server = fail(move.tx, move.server, move.live["driver"])
    _left(move)


def ended(move: Move) -> None:
    """libvirt's job is over."""
    found = jobs.course(move.live)
    assert found is not None
    lost = move.dead(move.destination)
    if found.status == "postcopy-paused" or (lost and move.status == POSTCOPY):
        _guest_lost(move)
    elif found.status == "completed" and not lost:
        move.note(over=True)
        _activate(move)
        pool.share(move.cloud, move.tx)
        move.after("live_clean", "clean")
    elif found.status == "cancelled":
        move.tell("compute_live_migration")
        back(move, "cancelled")
    else:
        text = move.live.get("cause") or f"operation failed: migration to {move.destination} failed"
        _rolled_back(move, "copy", "compute_live_migration", text)


def clean(move: Move) -> None:
    """_post_live_migration at the source."""
    fault = move.broken("clean source")
    if fault:
        _arrive(move, "error", fault.message or f"The source host {move.source} could not be cleaned up.")
        return
    move.after("live_finish", "finish")


def finish(move: Move) -> None:
    """post_live_migration_at_destination, and the end."""
    fault = move.broken("finish")
    if fault or move.dead(move.destination):
        text = (fault and fault.message) or f"Post live migration at destination {move.destination} failed"
        _arrive(move, "error", text)
        return
    move.tell("compute_post_live_migration_at_destination", host=move.destination)
    _arrive(move, "completed")


def revive(move: Move) -> None:
    """The source's compute service starts again, and finds servers that were on their way (_reset_live_migration)."""
    for row in pool.leaving(move.tx, move.source):
        other = Move.find(move.cloud, move.tx, row["uuid"])
        if other is not None:
            other.tell(
                "compute_live_migration", "Instance found in migrating state during startup. Resetting task_state"
            )
            other.release()
            other.close("error", progress=0)
    _left(move)


STEPS: dict[str, Callable[[Move], None]] = {
    "check": check, "queue": queue, "prepared": prepared, "unplugged": unplugged, "switch": switch, "ended": ended,
    "raised": raised, "revive": revive, "clean": clean, "finish": finish,
}  # fmt: skip


def _activate(move: Move) -> None:
    """Let the destination's bindings be the active ones, early; a failure is only logged, they are activated again."""
    fault = move.broken("activate ports")
    if fault:
        move.tell("compute_live_migration", fault.message or "Failed to activate bindings of the ports.")
    else:
        port_bindings.activate(move.tx, move.server["id"], move.destination)


def back(move: Move, status: str) -> None:
    """_rollback_live_migration: all that was made on the destination is gone, and the server is as it was."""
    move.tell("compute_rollback_live_migration_at_destination", host=move.destination)
    move.release()
    move.close(status, progress=0)
    _left(move)


def _rolled_back(move: Move, step: str, event: str, text: str) -> None:
    """A step failed while the guest was at the source."""
    move.tell(event, text)
    fault = {"code": 500, "created": move.tx.stamp[:19] + "Z", "message": text, "details": ""}
    move.tx.update(servers, move.server["id"], fault=fault)
    move.server = {**move.server, "fault": fault}
    back(move, failure(step).migration[-1])


def _guest_lost(move: Move) -> None:
    """The network was cut in post-copy: the records go back, but the guest's memory lies on two hosts."""
    text = move.live.get("cause") or "The network was cut during post-copy: the guest's memory lies on two hosts."
    move.tell("compute_live_migration", text)
    back(move, "failed")
    move.server = fail(move.tx, move.server, f"{text} Only a reboot helps.")
    move.change(power_state=PAUSED)


def _arrive(move: Move, status: str, error: str = "") -> None:
    """The server is on the destination: attachments and bindings of the source go, its record says so."""
    made = move.live.get("attachments", {})
    devices = [
        {**device, "attachment_id": made.get(device["attachment_id"], device["attachment_id"])}
        for device in move.server["block_devices"] or []
    ]
    for before in made:
        storage.disconnect(move.tx, before)
    port_bindings.activate(move.tx, move.server["id"], move.destination)
    port_bindings.drop(move.tx, move.server["id"])
    move.tell("compute_live_migration", error)
    move.close(status, host=move.destination, progress=0, block_devices=devices)
    if error:
        move.server = fail(move.tx, move.server, error)
    _left(move)


def _left(move: Move) -> None:
    """A place in the pool is free, and a share of the network."""
    pool.share(move.cloud, move.tx)
    fill(move.cloud, move.tx, move.source)


def cut(cloud: Cloud, tx: Transaction, server: Row) -> None:
    """End the migration of a server that is deleted, evacuated, or has had its state set by hand."""
    move = Move.of(cloud, tx, server)
    if move is None:
        return
    cloud.events.cancel(tx, move.row["uuid"], EVENT)
    move.release()
    move.save(status="error")
    _left(move)


def register(service: Service) -> None:
    """Let the due events of live migrations be handled here."""
    service.on(EVENT, due)
