"""Actions on a running server: power, pause, rescue, lock, password."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.compute.actions import Function, action, in_state
from kit.cloud.compute.common import new_password
from kit.cloud.compute.forms import UUID, fields
from kit.cloud.compute.instance_actions import begin
from kit.cloud.compute.models import servers
from kit.cloud.compute.server_shares import unshared
from kit.cloud.compute.servers import unlocked
from kit.cloud.compute.states import PAUSED, RUNNING, SHUTDOWN, SUSPENDED, change, later
from kit.cloud.compute.validation import refuse
from kit.cloud.errors import BadRequest, Conflict
from kit.cloud.image.images import visible
from kit.cloud.store import Row


@dataclass(frozen=True)
class Step:
    """An action that is one task: from some states, through a task, to another state."""

    name: str  # as in Nova's refusals and its log
    states: tuple[str, ...]
    task: str
    duration: str
    fields: dict[str, Any] = field(default_factory=dict)


STEPS = {
    "os-stop": Step("stop", ("active", "error"), "powering-off", "stop", {"vm_state": "stopped", "power_state": SHUTDOWN}),
    "os-start": Step("start", ("stopped",), "powering-on", "start", {"vm_state": "active", "power_state": RUNNING}),
    "pause": Step("pause", ("active",), "pausing", "pause", {"vm_state": "paused", "power_state": PAUSED}),
    "unpause": Step("unpause", ("paused",), "unpausing", "unpause", {"vm_state": "active", "power_state": RUNNING}),
    "suspend": Step("suspend", ("active",), "suspending", "suspend", {"vm_state": "suspended", "power_state": SUSPENDED}),
    "resume": Step("resume", ("suspended",), "resuming", "resume", {"vm_state": "active", "power_state": RUNNING}),
}  # fmt: skip


# Looked at before the state: whether there is a host to ask at all.
_HOSTED = ("stop", "start")


def _step(step: Step) -> Function:
    def run(call: Call, row: Row, given: Any) -> Answer:
        if step.name == "suspend":
            unshared(call, row)
        unlocked(call, row, step.name)
        if step.name in _HOSTED and not row["host"]:
            raise Conflict(f"Instance {row['id']} is not ready")
        in_state(row, step.name, step.states)
        begin(call, row, step.name, (f"compute_{step.name}_instance",))
        change(call.tx, row, task_state=step.task)
        later(call, row, step.duration, "set", task_state=step.task, fields=step.fields)
        return Answer(202)

    return run


for _name, _one in STEPS.items():
    action(_name)(_step(_one))

_REBOOT = fields({"type": {"type": "string", "enum": ["HARD", "Hard", "hard", "SOFT", "Soft", "soft"]}}, "type")


@action("reboot", _REBOOT)
def reboot(call: Call, row: Row, given: Any) -> Answer:
    """Restart a server; a hard reboot also mends one that is stopped or in ERROR."""
    unlocked(call, row, "reboot")
    hard = given["type"].upper() == "HARD"
    states = ("active", "stopped", "paused", "suspended", "error") if hard else ("active",)
    in_state(row, "reboot", states)
    task = "rebooting_hard" if hard else "rebooting"
    begin(call, row, "reboot", ("compute_reboot_instance",))
    change(call.tx, row, task_state=task)
    later(
        call,
        row,
        "reboot",
        "set",
        task_state=task,
        fields={"vm_state": "active", "power_state": RUNNING, "fault": None},
    )
    return Answer(202)


_RESCUE = fields({"adminPass": {"type": "string"}, "rescue_image_ref": UUID}) | {"type": ["object", "null"]}


@action("rescue", _RESCUE)
def rescue(call: Call, row: Row, given: Any) -> Answer:
    """Boot a server from another image, to mend its disk."""
    unlocked(call, row, "rescue")
    in_state(row, "rescue", ("active", "stopped", "error"))
    ref = (given or {}).get("rescue_image_ref")
    if ref and visible(call.tx, call.context, ref) is None:
        raise BadRequest(f"Image {ref} could not be found.")
    password = (given or {}).get("adminPass") or new_password(call)
    begin(call, row, "rescue", ("compute_rescue_instance",))
    change(call.tx, row, task_state="rescuing", rescue={"image": ref})
    later(call, row, "rescue", "set", task_state="rescuing", fields={"vm_state": "rescued", "power_state": RUNNING})
    return Answer(200, {"adminPass": password})


@action("unrescue")
def unrescue(call: Call, row: Row, given: Any) -> Answer:
    """Boot a server from its own disk again."""
    unlocked(call, row, "unrescue")
    in_state(row, "unrescue", ("rescued",))
    begin(call, row, "unrescue", ("compute_unrescue_instance",))
    change(call.tx, row, task_state="unrescuing", rescue=None)
    later(call, row, "unrescue", "set", task_state="unrescuing", fields={"vm_state": "active", "power_state": RUNNING})
    return Answer(202)


_LOCK = fields({"locked_reason": {"type": "string", "minLength": 1, "maxLength": 255}}) | {"type": ["object", "null"]}


@action("lock", None, ("2.73", _LOCK))
def lock(call: Call, row: Row, given: Any) -> Answer:
    """Let nobody but the administrator touch a server (from 2.73 on, with a reason)."""
    reason = (given or {}).get("locked_reason") if call.at_least("2.73") else None
    begin(call, row, "lock")
    by = "admin" if call.context.is_admin and row["project_id"] != call.context.project_id else "owner"
    call.tx.update(servers, row["id"], locked_by=by, locked_reason=reason)
    return Answer(202)


@action("unlock")
def unlock(call: Call, row: Row, given: Any) -> Answer:
    """Let its owner touch a server again; what the administrator locked, the administrator unlocks."""
    if row["locked_by"] == "admin" and not call.context.is_admin:
        refuse("os-lock-server:unlock:unlock_override")
    begin(call, row, "unlock")
    call.tx.update(servers, row["id"], locked_by=None, locked_reason=None)
    return Answer(202)


_PASSWORD = fields({"adminPass": {"type": "string"}}, "adminPass")


@action("changePassword", _PASSWORD)
def change_password(call: Call, row: Row, given: Any) -> Answer:
    """Set the administrator's password inside the server."""
    unlocked(call, row, "change password")
    in_state(row, "changePassword", ("active",))
    begin(call, row, "changePassword", ("compute_set_admin_password",))
    change(call.tx, row, task_state="updating_password")
    later(call, row, "password", "set", task_state="updating_password", fields={"admin_pass": given["adminPass"]})
    return Answer(202)
