"""The job of a live migration in the model: made when libvirt is told to migrate, turned while it runs.

The record keeps the job; its course is computed from it whenever it is asked for, the same on every worker.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from kit.cloud.compute.live import checks, workload
from kit.cloud.compute.live.move import POSTCOPY, Move
from kit.cloud.compute.live.settings import link, read
from kit.migration import Turn
from kit.migration.course import Course, Job, Progress
from kit.migration.units import mib_s


def make(move: Move) -> Job:
    """The job as it begins: the guest's own workload, the source's nova.conf, the network between the two hosts."""
    source, destination = move.settings, read(move.tx, move.destination)
    knobs = source.knobs(move.paused, move.hypervisor(move.source).get("hypervisor_version") or 0)
    asked = move.live.get("knobs") or {}
    if "bandwidth" in asked:
        knobs = knobs.but(max_bandwidth_mib_s=float(asked["bandwidth"]))
    if "max_downtime" in asked:
        knobs = knobs.but(downtime_limit_ms=float(asked["max_downtime"]))
    copied = checks.copies(move, move.destination)
    return Job(
        workload.guest(move.server, move.paused), knobs, link(source, destination),
        disk_gib=tuple(workload.local_disks(move.server)) if copied else (),
        disk_used_gib=workload.disk_used_gib(move.server) if copied else 0.0,
    )  # fmt: skip


@lru_cache(maxsize=512)
def _course(job: str) -> Course:
    return Course(Job.from_dict(json.loads(job)))


def course(live: dict[str, Any]) -> Course | None:
    """The course of the job that a record keeps, or None before there is one."""
    return _course(json.dumps(live["job"], sort_keys=True)) if live.get("job") else None


def progress(live: dict[str, Any], elapsed_s: float) -> Progress | None:
    """How far the job of a record is; None before it has begun."""
    found = course(live)
    if found is None:
        return None
    if found.end_s is not None:
        elapsed_s = min(elapsed_s, found.end_s)
    return found.at(elapsed_s)


def begin(move: Move) -> None:
    """Tell libvirt to migrate."""
    job = make(move)
    move.note(started_at=move.tx.stamp, job=job.to_dict(), bandwidth=job.knobs.max_bandwidth_mib_s, plan=0)


def turn(move: Move, verb: str, by: str = "hand", delay_s: float = 0.0, **values: float) -> None:
    """Do something to the job now, or so many seconds from now, and plan what follows from it anew."""
    job = Job.from_dict(move.live["job"])
    move.note(job=job.turn(Turn(move.elapsed_s + delay_s, verb, values, by)).to_dict())
    plan(move)


def plan(move: Move) -> None:
    """Let the switch to post-copy and the end fall due when the model says; what was planned before counts no more."""
    found, number = course(move.live), move.live["plan"] + 1
    assert found is not None
    move.note(plan=number)
    if found.switch_s is not None and move.status != POSTCOPY:
        move.later(found.switch_s - move.elapsed_s, "switch", plan=number)
    if found.end_s is not None:
        move.later(found.end_s - move.elapsed_s, "ended", plan=number)


def limit(move: Move, share_mbps: float | None) -> None:
    """Give the job its share of the network, Mbit/s; None for all of it.

    The share bounds both phases; the operator's cap, or the one set by hand, is pre-copy's alone.
    """
    share, own = mib_s(share_mbps) if share_mbps else 0.0, move.live["bandwidth"]
    cap = min(own or share, share or own)
    if move.live.get("caps", [own, 0.0]) != [cap, share]:
        move.note(caps=[cap, share])
        turn(move, "set", "the network", max_bandwidth_mib_s=cap, max_postcopy_bandwidth_mib_s=share)
