"""What operators used before hypervisors and services: hosts (until 2.42), usage audits; and external events."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.compute.forms import UUID, Form, body_of, fields
from kit.cloud.compute.hosts import DEFAULT_ZONE, INTERNAL_ZONE, change_service, usage, zones
from kit.cloud.compute.models import hypervisors, servers, services
from kit.cloud.compute.validation import body, refuse, require_admin
from kit.cloud.errors import ApiError, BadRequest, NotFound


def host_index(call: Call) -> dict[str, Any]:
    """List hosts: one entry for each of Nova's services."""
    require_admin(call, "os-hosts:list")
    of, wanted = zones(call.tx), call.query.one("zone")
    found = []
    for row in call.tx.rows(services, order=services.c.number):
        zone = of.get(row["host"], DEFAULT_ZONE) if row["binary"] == "nova-compute" else INTERNAL_ZONE
        if not wanted or zone == wanted:
            found.append({"host_name": row["host"], "service": row["binary"].removeprefix("nova-"), "zone": zone})
    return {"hosts": found}


def _known(call: Call, host: str) -> dict[str, Any]:
    row = call.tx.first(hypervisors, host=host)
    if row is None:
        raise NotFound(f"Host '{host}' is not mapped to any cell")
    return row


def host_show(call: Call, host: str) -> dict[str, Any]:
    """What a host has, what is used of it, and by which projects."""
    require_admin(call, "os-hosts:show")
    row = _known(call, host)
    used = usage(call.tx).get(host, {"vcpus": 0, "ram": 0, "disk": 0})
    here = call.tx.rows(servers, servers.c.deleted_at.is_(None), host=host, order=servers.c.number)
    found = [
        _resource(host, "(total)", row["vcpus"], row["memory_mb"], row["local_gb"]),
        _resource(host, "(used_now)", used["vcpus"], used["ram"] + row["reserved_memory_mb"], used["disk"]),
        _resource(host, "(used_max)", used["vcpus"], used["ram"], used["disk"]),
    ]
    for project in sorted({server["project_id"] for server in here}):
        sizes = [server["flavor"] for server in here if server["project_id"] == project]
        cpu, ram = sum(one["vcpus"] for one in sizes), sum(one["ram"] for one in sizes)
        found.append(_resource(host, project, cpu, ram, sum(one["disk"] + one["ephemeral"] for one in sizes)))
    return {"host": [{"resource": resource} for resource in found]}


def _resource(host: str, project: str, cpu: int, memory: int, disk: int) -> dict[str, Any]:
    return {"host": host, "project": project, "cpu": cpu, "memory_mb": memory, "disk_gb": disk}


_SWITCH = {"type": "string", "enum": ["enable", "disable", "Enable", "Disable", "ENABLE", "DISABLE"]}
_UPDATE = fields(
    {"status": _SWITCH, "maintenance_mode": _SWITCH},
    anyOf=[{"required": ["status"]}, {"required": ["maintenance_mode"]}],
)


def host_update(call: Call, host: str) -> dict[str, Any]:
    """Enable or disable a host; maintenance is nothing that its driver knows."""
    given = body(call, _UPDATE)
    require_admin(call, "os-hosts:update")
    _known(call, host)
    if "maintenance_mode" in given:
        raise _unimplemented("Virt driver does not implement host maintenance mode.")
    word = given["status"].lower() + "d"
    service = call.tx.first(services, host=host, binary="nova-compute")
    if service is not None:
        change_service(call.tx, service, {"disabled": word == "disabled"})
    return {"host": host, "status": word}


def host_power(call: Call, host: str) -> dict[str, Any]:
    """Start up, shut down or reboot a host, which no driver of today can."""
    verb = call.path.rsplit("/", 1)[-1]
    require_admin(call, f"os-hosts:{verb}")
    _known(call, host)
    raise _unimplemented("Virt driver does not implement host power management.")


def _unimplemented(text: str) -> ApiError:
    return ApiError(text, status=501)


# Usage audits


def audit_index(call: Call) -> dict[str, Any]:
    """The last period's audit of usage."""
    require_admin(call, "os-instance-usage-audit-log:list")
    return {"instance_usage_audit_logs": _audit(call, call.tx.now)}


def audit_show(call: Call, before: str) -> dict[str, Any]:
    """The audit of the period before a moment."""
    require_admin(call, "os-instance-usage-audit-log:show")
    text = before.replace("%20", " ").replace("%3A", ":")
    try:
        moment = datetime.strptime(text.partition(".")[0], "%Y-%m-%d %H:%M:%S")
    except ValueError:
        raise BadRequest(f"Invalid timestamp for date {before}") from None
    return {"instance_usage_audit_log": _audit(call, moment)}


def _audit(call: Call, before: datetime) -> dict[str, Any]:
    """No audit task runs here. Nova looks for hosts in its cell 0, where there are none: all of them have reported."""
    end = before.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    start = (end - timedelta(days=1)).replace(day=1)
    form = "%Y-%m-%d %H:%M:%S"
    return {
        "period_beginning": start.strftime(form), "period_ending": end.strftime(form), "num_hosts": 0,
        "num_hosts_done": 0, "num_hosts_running": 0, "num_hosts_not_run": 0, "hosts_not_run": [],
        "total_instances": 0, "total_errors": 0, "overall_status": "ALL hosts done. 0 errors.", "log": {},
    }  # fmt: skip


# Events that other services report

_NAMES = ("network-changed", "network-vif-plugged", "network-vif-unplugged", "network-vif-deleted")


def _events(*names: str) -> Form:
    event = fields(
        {
            "name": {"type": "string", "enum": [*_NAMES, *names]}, "server_uuid": UUID,
            "status": {"type": "string", "enum": ["failed", "completed", "in-progress"]},
            "tag": {"type": "string", "maxLength": 255},
        },
        "name", "server_uuid",
    )  # fmt: skip
    return body_of("events", {"type": "array", "minItems": 1, "items": event})


EVENTS = _events()
EVENTS_251 = _events("volume-extended")
EVENTS_276 = _events("volume-extended", "power-update")
EVENTS_282 = _events("volume-extended", "power-update", "accelerator-request-bound")
EVENTS_293 = _events("volume-extended", "power-update", "accelerator-request-bound", "volume-reimaged")
_BY_VERSION = (("2.93", EVENTS_293), ("2.82", EVENTS_282), ("2.76", EVENTS_276), ("2.51", EVENTS_251))


def external_events(call: Call) -> Answer:
    """Hear what the network or volume service says of servers; 207 when some of it cannot be placed."""
    schema = next((form for version, form in _BY_VERSION if call.at_least(version)), EVENTS)
    given = body(call, schema)["events"]
    if not (call.context.is_admin or "service" in call.context.roles):
        refuse("os-server-external-events:create")
    found, codes = [], set()
    for event in given:
        row = call.tx.get(servers, event["server_uuid"])
        code, status = 200, event.get("status", "completed")
        if row is None or row["deleted_at"]:
            code, status = 404, "failed"
        elif not row["host"]:
            code, status = 422, "failed"
        codes.add(code)
        found.append({**event, "status": status, "code": code})
    return Answer(200 if codes == {200} else 207, {"events": found})
