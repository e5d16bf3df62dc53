"""What can be done to a server: power, pause, rescue, shelve, lock, passwords, consoles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.compute import console
from kit.cloud.compute.instance_actions import begin
from kit.cloud.compute.models import servers
from kit.cloud.compute.quotas import limits
from kit.cloud.compute.servers import unlocked
from kit.cloud.compute.states import PAUSED, RUNNING, SHUTDOWN, SUSPENDED, change, later, remove
from kit.cloud.compute.validation import check, refuse
from kit.cloud.errors import ApiError, BadRequest, Conflict, Forbidden, NotFound
from kit.cloud.image.images import visible
from kit.cloud.image.models import images
from kit.cloud.image.snapshots import begin as begin_image
from kit.cloud.network import servers as network
from kit.cloud.network.models import ports
from kit.cloud.store import Row

Function = Callable[[Call, Row, Any], Answer]


@dataclass(frozen=True)
class Action:
    """One action: its name in the body, and what does it.

    Attributes
    ----------
    schema : dict or None
        What the body holds under the name; None takes anything.
    admin : str
        The policy rule, when only the administrator may.
    since, until : str
        The microversions in which it exists.
    """

    run: Function
    schema: dict[str, Any] | None = None
    admin: str = ""
    since: str = ""
    until: str = ""


ACTIONS: dict[str, Action] = {}


def action(name: str, schema: dict[str, Any] | None = None, **options: Any) -> Callable[[Function], Function]:
    """Register a function as an action."""

    def keep(run: Function) -> Function:
        ACTIONS[name] = Action(run, schema, **options)
        return run

    return keep


def perform(call: Call, server_id: str) -> Answer:
    """Do what the body names to a server."""
    data = call.json()
    if not isinstance(data, dict) or not data:
        raise BadRequest("Malformed request body")
    name = next(iter(data))
    found = ACTIONS.get(name)
    if (
        found is None
        or (found.until and call.at_least(found.until))
        or (found.since and not call.at_least(found.since))
    ):
        raise BadRequest(f"There is no such action: {name}")
    row = call.tx.get(servers, server_id)
    mine = row is not None and (call.context.is_admin or row["project_id"] == call.context.project_id)
    if row is None:
        raise NotFound(f"Instance {server_id} has no mapping to a cell.")
    if not mine or row["deleted_at"]:
        raise NotFound(f"Instance {server_id} could not be found.")
    if found.admin and not call.context.is_admin:
        refuse(found.admin)
    if found.schema is not None:
        check(data[name], found.schema)
    return found.run(call, row, data[name])


def in_state(row: Row, name: str, vm_states: tuple[str, ...], task: tuple[str | None, ...] = (None,)) -> None:
    """Refuse an action in another state (nova.compute.api.check_instance_state)."""
    if row["vm_state"] not in vm_states:
        raise Conflict(f"Cannot '{name}' instance {row['id']} while it is in vm_state {row['vm_state']}")
    if row["task_state"] not in task:
        raise Conflict(f"Cannot '{name}' instance {row['id']} while it is in task_state {row['task_state']}")


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


def _step(step: Step) -> Function:
    def run(call: Call, row: Row, given: Any) -> Answer:
        unlocked(call, row, step.name)
        in_state(row, step.name, step.states)
        begin(call, row, step.name, (f"compute_{step.name}_instance",))
        change(call.tx, row, task_state=step.task)
        later(call, row, step.duration, "set", task_state=step.task, fields=step.fields)
        return Answer(202)

    return run


for _name, _one in STEPS.items():
    ACTIONS[_name] = Action(_step(_one))

_REBOOT = {
    "type": "object", "required": ["type"], "additionalProperties": False,
    "properties": {"type": {"type": "string", "enum": ["HARD", "Hard", "hard", "SOFT", "Soft", "soft"]}},
}  # fmt: skip


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


_RESCUE = {
    "type": ["object", "null"], "additionalProperties": False,
    "properties": {"adminPass": {"type": "string"}, "rescue_image_ref": {"type": "string"}},
}  # fmt: skip


@action("rescue", _RESCUE)
def rescue(call: Call, row: Row, given: Any) -> Answer:
    """Boot a server from another image, to mend its disk."""
    unlocked(call, row, "rescue")
    in_state(row, "rescue", ("active", "stopped", "error"))
    ref = (given or {}).get("rescue_image_ref")
    if ref and visible(call.tx, call.context, ref) is None:
        raise BadRequest(f"Image {ref} could not be found.")
    password = (given or {}).get("adminPass") or call.tx.ids.secret(9)
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


@action("lock")
def lock(call: Call, row: Row, given: Any) -> Answer:
    """Let nobody but the administrator touch a server (from 2.73 on, with a reason)."""
    reason = None
    if call.at_least("2.73") and isinstance(given, dict):
        schema = {
            "type": "object",
            "properties": {"locked_reason": {"type": "string", "minLength": 1, "maxLength": 255}},
            "additionalProperties": False,
        }
        check(given, schema)
        reason = given.get("locked_reason")
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


_PASSWORD = {
    "type": "object", "required": ["adminPass"], "additionalProperties": False, "properties": {"adminPass": {"type": "string"}},
}  # fmt: skip


@action("changePassword", _PASSWORD)
def change_password(call: Call, row: Row, given: Any) -> Answer:
    """Set the administrator's password inside the server."""
    unlocked(call, row, "change password")
    in_state(row, "set_admin_password", ("active",))
    begin(call, row, "changePassword", ("compute_set_admin_password",))
    change(call.tx, row, task_state="updating_password")
    later(call, row, "password", "set", task_state="updating_password", fields={"admin_pass": given["adminPass"]})
    return Answer(202)


_NAMED = {
    "type": "object", "required": ["name"], "additionalProperties": False,
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 255},
        "metadata": {"type": "object", "additionalProperties": {"type": "string", "maxLength": 255}},
    },
}  # fmt: skip


@action("createImage", _NAMED)
def create_image(call: Call, row: Row, given: Any) -> Answer:
    """Make an image of a server's disk."""
    in_state(row, "createImage", ("active", "stopped", "paused", "suspended"))
    image = _snapshot(call, row, given["name"], given.get("metadata") or {})
    begin(call, row, "createImage", ("compute_snapshot_instance",))
    change(call.tx, row, task_state="image_snapshot")
    later(call, row, "snapshot", "snapshotted", task_state="image_snapshot", image_id=image["id"])
    headers = {"Location": f"{call.base}/image/v2/images/{image['id']}"}
    if call.at_least("2.45"):
        return Answer(202, {"image_id": image["id"]})
    return Answer(202, None, headers)


def _snapshot(call: Call, row: Row, name: str, metadata: dict[str, Any]) -> Row:
    """The queued image of a server's disk, with the properties Nova writes on it."""
    limit = limits(call, row["project_id"])["metadata_items"]
    if 0 <= limit < len(metadata):
        raise Forbidden(f"Image property limit exceeded: {limit}")
    properties = {
        **metadata, "base_image_ref": row["image_id"], "image_type": "snapshot", "instance_uuid": row["id"],
        "owner_id": row["project_id"], "user_id": row["user_id"],
    }  # fmt: skip
    return begin_image(call, name, properties, min_disk=row["flavor"]["disk"], owner=row["project_id"])


_BACKUP = {
    "type": "object", "required": ["name", "backup_type", "rotation"], "additionalProperties": False,
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 255}, "backup_type": {"type": "string"},
        "rotation": {"type": ["integer", "string"], "pattern": "^[0-9]+$", "minimum": 0}, "metadata": {"type": "object"},
    },
}  # fmt: skip


@action("createBackup", _BACKUP)
def create_backup(call: Call, row: Row, given: Any) -> Answer:
    """Make an image of a server's disk, and keep only the last few of its kind."""
    answer = create_image(
        call,
        row,
        {"name": given["name"], "metadata": {**(given.get("metadata") or {}), "backup_type": given["backup_type"]}},
    )
    mine = [
        image for image in call.tx.rows(images, order=images.c.created_at.desc())
        if (image["properties"] or {}).get("instance_uuid") == row["id"]
        and (image["properties"] or {}).get("backup_type") == given["backup_type"]
    ]  # fmt: skip
    for image in mine[max(int(given["rotation"]), 1) :]:
        call.tx.delete(images, id=image["id"])
    return answer


@action("shelve")
def shelve(call: Call, row: Row, given: Any) -> Answer:
    """Keep a server as an image and give its host's room back."""
    unlocked(call, row, "shelve")
    in_state(row, "shelve", ("active", "stopped", "paused", "suspended"))
    image = _snapshot(call, row, f"{row['name']}-shelved", {})
    begin(call, row, "shelve", ("compute_shelve_instance",))
    change(
        call.tx,
        row,
        task_state="shelving",
        system_metadata={**(row["system_metadata"] or {}), "shelved_image_id": image["id"]},
    )
    later(call, row, "shelve", "shelved", task_state="shelving", image_id=image["id"], offload=True)
    return Answer(202)


@action("shelveOffload", admin="os-shelve:shelve_offload")
def shelve_offload(call: Call, row: Row, given: Any) -> Answer:
    """Take a shelved server off its host."""
    in_state(row, "shelveOffload", ("shelved",))
    begin(call, row, "shelveOffload", ("compute_shelve_offload_instance",))
    change(call.tx, row, task_state="shelving_offloading")
    later(call, row, "offload", "offloaded", task_state="shelving_offloading")
    return Answer(202)


@action("addSecurityGroup", _NAMED)
def add_security_group(call: Call, row: Row, given: Any) -> Answer:
    """Put a security group on all ports of a server."""
    return _regroup(call, row, given["name"], True)


@action("removeSecurityGroup", _NAMED)
def remove_security_group(call: Call, row: Row, given: Any) -> Answer:
    """Take a security group off all ports of a server."""
    return _regroup(call, row, given["name"], False)


def _regroup(call: Call, row: Row, name: str, add: bool) -> Answer:
    try:
        group = network.resolve_groups(call, row["project_id"], [name])[0]
    except ApiError as error:
        raise NotFound(error.message) from None
    found = call.tx.rows(ports, device_id=row["id"])
    if not add and not any(group in (port["security_groups"] or []) for port in found):
        raise NotFound(f"Security group {group} not associated with the instance {row['id']}")
    for port in found:
        groups = [other for other in port["security_groups"] or [] if other != group]
        call.tx.update(ports, port["id"], security_groups=[*groups, group] if add else groups, updated_at=call.tx.stamp)
    return Answer(202)


@action("os-getConsoleOutput")
def console_output(call: Call, row: Row, given: Any) -> Answer:
    """The last lines of the server's console."""
    length = (given or {}).get("length") if isinstance(given, dict) else None
    if row["vm_state"] == "building":
        raise Conflict(f"Instance {row['id']} is not ready")
    if length is not None and not str(length).lstrip("-").isdigit():
        raise BadRequest(f"Invalid input for field/attribute length. Value: {length}. '{length}' is not an integer")
    return Answer(200, {"output": console.log(row, int(length) if length is not None else -1)})


def _remote(kind: str) -> Function:
    def run(call: Call, row: Row, given: Any) -> Answer:
        if row["vm_state"] in ("building", "deleted"):
            raise Conflict(f"Instance {row['id']} is not ready")
        return Answer(200, {"console": {"type": (given or {}).get("type", kind), "url": console.url(call, row)}})

    return run


for _name, _kind in (
    ("os-getVNCConsole", "novnc"),
    ("os-getSPICEConsole", "spice-html5"),
    ("os-getRDPConsole", "rdp-html5"),
    ("os-getSerialConsole", "serial"),
):
    ACTIONS[_name] = Action(_remote(_kind), until="2.6")

_STATE = {
    "type": "object", "required": ["state"], "additionalProperties": False,
    "properties": {"state": {"type": "string", "enum": ["active", "error"]}},
}  # fmt: skip


@action("os-resetState", _STATE, admin="os-admin-actions:reset_state")
def reset_state(call: Call, row: Row, given: Any) -> Answer:
    """Declare a server active or in ERROR."""
    call.cloud.events.cancel(call.tx, row["id"])
    change(call.tx, row, vm_state=given["state"], task_state=None)
    return Answer(202)


@action("forceDelete")
def force_delete(call: Call, row: Row, given: Any) -> Answer:
    """Delete a server at once."""
    unlocked(call, row, "delete")
    begin(call, row, "forceDelete", ("compute_terminate_instance",))
    call.cloud.events.cancel(call.tx, row["id"])
    remove(call.tx, row)
    return Answer(202)


@action("restore")
def restore(call: Call, row: Row, given: Any) -> Answer:
    """Bring a softly deleted server back; none is, since deletion is not deferred here."""
    raise Conflict(f"Cannot 'restore' instance {row['id']} while it is in vm_state {row['vm_state']}")


@action("trigger_crash_dump", since="2.17")
def trigger_crash_dump(call: Call, row: Row, given: Any) -> Answer:
    """Send a non-maskable interrupt to a running server."""
    in_state(row, "trigger_crash_dump", ("active", "paused", "rescued", "error"))
    begin(call, row, "trigger_crash_dump")
    return Answer(202)
