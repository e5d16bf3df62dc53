"""Actions on what surrounds a server: security groups, addresses, consoles, states set by hand."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.compute import console
from kit.cloud.compute.actions import Function, action, in_state
from kit.cloud.compute.forms import fields
from kit.cloud.compute.gone import gone
from kit.cloud.compute.instance_actions import begin
from kit.cloud.compute.live.steps import cut
from kit.cloud.compute.servers import unlocked
from kit.cloud.compute.states import change, remove
from kit.cloud.errors import ApiError, Conflict, NotFound
from kit.cloud.network import servers as network
from kit.cloud.network.models import ports
from kit.cloud.store import Row

_NAMED = fields({"name": {"type": "string", "minLength": 1}}, "name")


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
        if error.type == "SecurityGroupNotFound":
            raise NotFound(f"Security group {name} is not found for project {call.project_id}") from None
        raise Conflict(error.message) from None
    found = call.tx.rows(ports, device_id=row["id"])
    if add and not found:
        raise NotFound(f"instance_id {row['id']} could not be found as device id on any ports")
    if not add and not any(group in (port["security_groups"] or []) for port in found):
        raise NotFound(f"Security group {group} not associated with the instance {row['id']}")
    for port in found:
        groups = [other for other in port["security_groups"] or [] if other != group]
        call.tx.update(ports, port["id"], security_groups=[*groups, group] if add else groups, updated_at=call.tx.stamp)
    return Answer(202)


_LENGTH = fields({"length": {"type": ["integer", "string", "null"], "pattern": "^-?[0-9]+$", "minimum": -1}})


@action("os-getConsoleOutput", _LENGTH)
def console_output(call: Call, row: Row, given: Any) -> Answer:
    """The last lines of the server's console."""
    length = given.get("length")
    if not row["host"]:
        raise Conflict(f"Instance {row['id']} is not ready")
    return Answer(200, {"output": console.log(row, int(length) if length is not None else -1)})


def _remote(protocol: str) -> Function:
    def run(call: Call, row: Row, given: Any) -> Answer:
        console.check_kind(protocol, given["type"])
        console.refuse(row)
        return Answer(200, {"console": {"type": given["type"], "url": console.url(call, row, given["type"])}})

    return run


for _name, _protocol, *_kinds in (
    ("os-getVNCConsole", "vnc", "novnc", "xvpvnc"),
    ("os-getSPICEConsole", "spice", "spice-html5"),
    ("os-getRDPConsole", "rdp", "rdp-html5"),
    ("os-getSerialConsole", "serial", "serial"),
):
    _form = fields({"type": {"type": "string", "enum": _kinds}}, "type")
    action(_name, _form, until="2.6")(_remote(_protocol))

_STATE = fields({"state": {"type": "string", "enum": ["active", "error"]}}, "state")


@action("os-resetState", _STATE, admin="os-admin-actions:reset_state")
def reset_state(call: Call, row: Row, given: Any) -> Answer:
    """Declare a server active or in ERROR."""
    begin(call, row, "resetState")
    call.cloud.events.cancel(call.tx, row["id"])
    cut(call.cloud, call.tx, row)
    change(call.tx, row, vm_state=given["state"], task_state=None)
    return Answer(202)


@action("resetNetwork")
def reset_network(call: Call, row: Row, given: Any) -> Answer:
    """Set the network of a Xen guest anew: it went with Xen."""
    return gone(call)


@action("injectNetworkInfo", admin="os-admin-actions:inject_network_info")
def inject_network_info(call: Call, row: Row, given: Any) -> Answer:
    """Write the network's configuration into the server anew: nothing that is seen from here."""
    unlocked(call, row, "injectNetworkInfo")
    return Answer(202)


@action("forceDelete")
def force_delete(call: Call, row: Row, given: Any) -> Answer:
    """Delete a server at once."""
    unlocked(call, row, "delete")
    begin(call, row, "forceDelete", ("compute_terminate_instance",))
    call.cloud.events.cancel(call.tx, row["id"])
    cut(call.cloud, call.tx, row)
    remove(call.tx, row)
    return Answer(202)


@action("restore")
def restore(call: Call, row: Row, given: Any) -> Answer:
    """Bring a softly deleted server back; none is, since deletion is not deferred here."""
    raise Conflict(f"Cannot 'restore' instance {row['id']} while it is in vm_state {row['vm_state']}")


@action("trigger_crash_dump", {"type": "null"}, since="2.17")
def trigger_crash_dump(call: Call, row: Row, given: Any) -> Answer:
    """Send a non-maskable interrupt to a running server."""
    unlocked(call, row, "trigger_crash_dump")
    if not row["host"]:
        raise Conflict(f"Instance {row['id']} is not ready")
    in_state(row, "trigger_crash_dump", ("active", "paused", "rescued", "resized", "error"))
    begin(call, row, "trigger_crash_dump")
    return Answer(202)
