"""Actions on stacks: suspend, resume, check, cancel; snapshots and going back to them."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.orchestration.common import body, both, by_identity, engine, keep
from kit.cloud.orchestration.deploying import when
from kit.cloud.orchestration.errors import HeatError, bad_request, not_found
from kit.cloud.orchestration.models import snapshots
from kit.cloud.store import Row
from kit.hot import Stack
from kit.hot.snapshots import forget

ACTIONS = ("suspend", "resume", "check", "cancel_update", "cancel_without_rollback")


def act(call: Call, tenant: str, stack_name: str, stack_id: str) -> Answer:
    """Do one thing to a stack."""
    given = body(call)
    if not given:
        raise bad_request("No action specified")
    if len(given) > 1:
        raise bad_request("Multiple actions specified")
    action = next(iter(given))
    if action not in ACTIONS:
        raise bad_request(f"Invalid action {action} specified")
    row = by_identity(call, tenant, stack_name, stack_id)
    root, stack = both(call, row)
    with engine(call, stack):
        if action == "cancel_update":
            if stack.state != "UPDATE_IN_PROGRESS":
                told = f"Cancelling update when stack is {stack.action, stack.status}"
                raise HeatError(400, f"{told} is not supported.", "NotSupported")
            stack.cancel()
        elif action == "cancel_without_rollback":
            stack.cancel(False)
        else:
            idle(stack)
            stack.begin_action(action.upper())
    keep(call, root)
    return Answer(200, None)


def idle(stack: Stack) -> None:
    """Refuse a stack that is busy.

    Raises
    ------
    HeatError
        409.
    """
    if stack.task is not None and not stack.task.drained:
        told = f"Stack {stack.name} already has an action ({stack.action}) in progress."
        raise HeatError(409, told, "ActionInProgress")


def _document(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"], "name": row["name"], "action": "CREATE", "status": row["status"], "status_reason": row["reason"],
        "creation_time": when(row["created_at"]), "data": row["data"],
    }  # fmt: skip


def snapshot(call: Call, tenant: str, stack_name: str, stack_id: str) -> dict[str, Any]:
    """Take a snapshot."""
    row = by_identity(call, tenant, stack_name, stack_id)
    root, stack = both(call, row)
    idle(stack)
    held = call.tx.insert(
        snapshots, id=call.tx.ids.uuid(), stack_id=row["id"], name=body(call).get("name"), status="IN_PROGRESS",
        reason=None, data=None, created_at=call.tx.stamp,
    )  # fmt: skip
    with engine(call, stack):
        stack.begin_action("SNAPSHOT")
    keep(call, root)
    return _document(call.tx.get(snapshots, held["id"]) or held)


def snapshot_index(call: Call, tenant: str, stack_name: str, stack_id: str) -> dict[str, Any]:
    """List the snapshots."""
    row = by_identity(call, tenant, stack_name, stack_id)
    found = call.tx.rows(snapshots, stack_id=row["id"], order=[snapshots.c.created_at, snapshots.c.id])
    return {"snapshots": [_document(each) for each in found]}


def _held(call: Call, row: Row, id: str) -> Row:
    found = call.tx.get(snapshots, id)
    if found is None or found["stack_id"] != row["id"]:
        told = f"The Snapshot ({id}) for Stack ({row['name']}) could not be found."
        raise HeatError(404, told, "SnapshotNotFound")
    return found


def snapshot_show(call: Call, tenant: str, stack_name: str, stack_id: str, snapshot_id: str) -> dict[str, Any]:
    """Show a snapshot."""
    row = by_identity(call, tenant, stack_name, stack_id)
    return {"snapshot": _document(_held(call, row, snapshot_id))}


def snapshot_delete(call: Call, tenant: str, stack_name: str, stack_id: str, snapshot_id: str) -> None:
    """Delete a snapshot with what the resources have saved for it."""
    row = by_identity(call, tenant, stack_name, stack_id)
    found = _held(call, row, snapshot_id)
    if found["status"] == "IN_PROGRESS":
        raise bad_request("Deleting in-progress snapshot is not supported.", "NotSupported")
    root, stack = both(call, row)
    with engine(call, stack):
        forget(stack, found["data"] or {})
    call.tx.delete(snapshots, id=snapshot_id)
    keep(call, root)


def restore(call: Call, tenant: str, stack_name: str, stack_id: str, snapshot_id: str) -> Answer:
    """Go back to a snapshot."""
    row = by_identity(call, tenant, stack_name, stack_id)
    found = _held(call, row, snapshot_id)
    if found["status"] != "COMPLETE":
        raise not_found("Snapshot", snapshot_id)
    root, stack = both(call, row)
    idle(stack)
    with engine(call, stack):
        stack.begin_restore(found["data"])
    keep(call, root)
    return Answer(202, None)
