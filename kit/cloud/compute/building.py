"""How far a server that is being built has come: what Nova's scheduler and compute host would be at.

The work is one event at the end of the build. In between nothing changes in the store, so that the step is read
off the clock: scheduling, then networking, then block devices where the server has some, then spawning.
"""

from __future__ import annotations

from kit.cloud.call import Call
from kit.cloud.clock import parse
from kit.cloud.compute.states import DURATIONS
from kit.cloud.store import Row

# The part of a build after which each step is over.
SCHEDULING, NETWORKING, BLOCK_DEVICES = 0.1, 0.3, 0.5


def step(call: Call, row: Row) -> str | None:
    """The task state of a server as it is seen now."""
    if row["task_state"] != "spawning" or row["vm_state"] != "building":
        return row["task_state"]
    seconds = call.cloud.duration("compute.build", DURATIONS["build"])
    passed = (call.tx.now - parse(row["created_at"])).total_seconds() / seconds if seconds else 1.0
    if passed < SCHEDULING:
        return "scheduling"
    if passed < NETWORKING:
        return "networking"
    return "block_device_mapping" if row["block_devices"] and passed < BLOCK_DEVICES else "spawning"


def placed(row: Row, task: str | None) -> bool:
    """Whether a server's host is known to Nova's API yet."""
    return not (task == "scheduling" and row["vm_state"] == "building")


def addressed(row: Row, task: str | None) -> bool:
    """Whether a server's addresses are known to Nova's API yet (its network info cache), and what is on its ports."""
    return not (task in ("scheduling", "networking") and row["vm_state"] == "building")


def plugged(call: Call, row: Row) -> bool:
    """Whether a server has its ports by now, as seen from Nova's API."""
    return addressed(row, step(call, row))
