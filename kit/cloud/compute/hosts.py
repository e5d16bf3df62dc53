"""Compute hosts: Nova's services, hypervisors, availability zones and aggregates."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from kit.cloud.call import Call
from kit.cloud.compute.common import next_link, page, truth
from kit.cloud.compute.forms import BOOLEAN, HOST, UUID, fields
from kit.cloud.compute.models import aggregates, hypervisors, servers, services
from kit.cloud.compute.validation import body, require_admin
from kit.cloud.errors import BadRequest, Conflict, NotFound
from kit.cloud.placement import servers as placement
from kit.cloud.store import Row, Transaction

if TYPE_CHECKING:
    from kit.cloud.cloud import Cloud

DEFAULT_ZONE, INTERNAL_ZONE = "nova", "internal"
_CLASSES = {"vcpus": "VCPU", "ram": "MEMORY_MB", "disk": "DISK_GB"}


def zones(tx: Transaction) -> dict[str, str]:
    """Host to availability zone: that of its aggregate, or `nova`."""
    found: dict[str, str] = {row["host"]: DEFAULT_ZONE for row in tx.rows(hypervisors)}
    for aggregate in tx.rows(aggregates, order=aggregates.c.id):
        zone = (aggregate["metadata"] or {}).get("availability_zone")
        for host in aggregate["hosts"] or [] if zone else []:
            found[host] = str(zone)
    return found


def up(cloud: Cloud, service: Row) -> bool:
    """Whether a service reports: it does unless its host is dead or it is forced down."""
    return not service["forced_down"] and not cloud.faults.dead(service["host"])


def usage(tx: Transaction) -> dict[str, dict[str, int]]:
    """Host to what is allocated on it: vcpus, memory (MiB), disk (GiB); and the number of its servers."""
    number = sa.select(servers.c.host, sa.func.count()).where(servers.c.deleted_at.is_(None)).group_by(servers.c.host)
    count = {row[0]: row[1] for row in tx.connection.execute(number)}
    found: dict[str, dict[str, int]] = {}
    for host, provider in placement.by_host(tx, tx.rows(hypervisors)).items():
        used = {name: provider["used"].get(key, 0) for name, key in _CLASSES.items()}
        used["vcpus"] += provider["used"].get("PCPU", 0)
        found[host] = {**used, "servers": count.get(host, 0)}
    return found


# Services


def _service(call: Call, row: Row, zone: dict[str, str]) -> dict[str, Any]:
    state = "up" if up(call.cloud, row) else "down"
    moment = call.tx.stamp if state == "up" else row["updated_at"]
    shown = {
        "binary": row["binary"], "host": row["host"], "id": row["id"] if call.at_least("2.53") else row["number"],
        "zone": zone.get(row["host"], DEFAULT_ZONE) if row["binary"] == "nova-compute" else INTERNAL_ZONE,
        "status": "disabled" if row["disabled"] else "enabled", "state": state, "updated_at": moment,
        "disabled_reason": row["disabled_reason"],
    }  # fmt: skip
    if call.at_least("2.11"):
        shown["forced_down"] = row["forced_down"]
    return shown


def service_index(call: Call) -> dict[str, Any]:
    """List Nova's services."""
    require_admin(call, "os-services:list")
    host, binary = call.query.one("host"), call.query.one("binary")
    rows = call.tx.rows(services, order=services.c.number)
    shown = [row for row in rows if host in (None, row["host"]) and binary in (None, row["binary"])]
    found = zones(call.tx)
    return {"services": [_service(call, row, found) for row in shown]}


_STATE = fields({
    "status": {"type": "string", "enum": ["enabled", "disabled"]},
    "disabled_reason": {"type": "string", "minLength": 1, "maxLength": 255}, "forced_down": BOOLEAN,
})  # fmt: skip
_VERB = {
    "host": HOST, "binary": {"type": "string", "minLength": 1, "maxLength": 255},
    "disabled_reason": {"type": "string", "minLength": 1, "maxLength": 255},
}  # fmt: skip
VERB = fields(_VERB, "host", "binary")
VERB_211 = fields({**_VERB, "forced_down": BOOLEAN}, "host", "binary")


def _service_row(call: Call, service_id: str, lost: str = "could not be found") -> Row:
    if call.at_least("2.53"):
        if not re.match(UUID["pattern"], service_id):
            raise BadRequest(f"Invalid uuid {service_id}")
        row = call.tx.get(services, service_id)
    else:
        if not service_id.isdigit():
            raise BadRequest("Invalid input received: id must be an integer")
        row = call.tx.first(services, number=int(service_id))
    if row is None:
        raise NotFound(f"Service {service_id} {lost}.")
    return row


def service_update(call: Call, service_id: str) -> dict[str, Any]:
    """Enable, disable or force down a service (2.53)."""
    given = body(call, _STATE)
    require_admin(call, "os-services:update")
    row = _service_row(call, service_id)
    if row["binary"] != "nova-compute":
        raise BadRequest(
            f"Updating a {row['binary']} service is not supported. Only nova-compute services can be updated."
        )
    if "status" not in given and "forced_down" not in given:
        raise BadRequest("No updates were requested. Fields 'status' or 'forced_down' should be specified.")
    if "disabled_reason" in given and given.get("status") == "enabled":
        raise BadRequest("Specifying 'disabled_reason' with status 'enabled' is invalid.")
    fields: dict[str, Any] = {}
    if "status" in given:
        disabled = given["status"] == "disabled"
        fields |= {"disabled": disabled, "disabled_reason": given.get("disabled_reason") if disabled else None}
    if "forced_down" in given:
        fields["forced_down"] = truth(given["forced_down"])
    change_service(call.tx, row, fields)
    return {"service": _service(call, {**row, **fields}, zones(call.tx))}


def change_service(tx: Transaction, row: Row, fields: dict[str, Any]) -> None:
    """Store a service's changed columns; Placement is told whether its host takes new servers."""
    tx.update(services, row["id"], **fields, updated_at=tx.stamp)
    if "disabled" in fields and row["binary"] == "nova-compute":
        placement.set_disabled(tx, tx.first(hypervisors, host=row["host"]), fields["disabled"])


def service_verb(call: Call, verb: str) -> dict[str, Any]:
    """Enable, disable or force down a service by host and binary (until 2.52)."""
    data = body(call, VERB_211 if call.at_least("2.11") else VERB)
    require_admin(call, "os-services:update")
    if verb == "disable-log-reason" and not data.get("disabled_reason"):
        raise BadRequest("Missing disabled reason field")
    if verb not in ("enable", "disable", "disable-log-reason", *(("force-down",) if call.at_least("2.11") else ())):
        raise NotFound("Unknown action")
    if verb == "force-down" and "forced_down" not in data:
        raise BadRequest("Missing forced_down field")
    if call.tx.count(services, host=data["host"]) == 0:
        raise NotFound(f"Host '{data['host']}' is not mapped to any cell")
    row = call.tx.first(services, host=data["host"], binary=data["binary"])
    if row is None:
        raise NotFound(f"Could not find binary {data['binary']} on host {data['host']}.")
    fields: dict[str, Any]
    shown: dict[str, Any] = {"host": row["host"], "binary": row["binary"]}
    if verb in ("enable", "disable", "disable-log-reason"):
        reason = data.get("disabled_reason") if verb == "disable-log-reason" else None
        fields = {"disabled": verb != "enable", "disabled_reason": reason}
        shown["status"] = "enabled" if verb == "enable" else "disabled"
        if reason:
            shown["disabled_reason"] = reason
    else:
        fields = {"forced_down": truth(data["forced_down"])}
        shown["forced_down"] = fields["forced_down"]
    change_service(call.tx, row, fields)
    return {"service": shown}


def service_delete(call: Call, service_id: str) -> None:
    """Remove a service whose host has no servers; its hypervisor goes with it."""
    require_admin(call, "os-services:delete")
    row = _service_row(call, service_id, "not found")
    if row["binary"] == "nova-compute":
        if call.tx.count(servers, servers.c.deleted_at.is_(None), host=row["host"]):
            raise Conflict(
                "Unable to delete compute service that is hosting instances. Migrate or delete the instances first."
            )
        placement.remove_hosts(call.tx, call.tx.rows(hypervisors, host=row["host"]))
        call.tx.delete(hypervisors, host=row["host"])
    call.tx.delete(services, id=row["id"])


# Hypervisors


def _hypervisor(call: Call, row: Row, whole: bool, used: dict[str, dict[str, int]]) -> dict[str, Any]:
    service = call.tx.first(services, host=row["host"], binary="nova-compute")
    uuids = call.at_least("2.53")
    alive = service is not None and up(call.cloud, service)
    shown: dict[str, Any] = {
        "id": row["id"] if uuids else row["number"], "hypervisor_hostname": row["hypervisor_hostname"],
        "state": "up" if alive else "down", "status": "disabled" if service and service["disabled"] else "enabled",
    }  # fmt: skip
    if whole:
        shown |= {
            "hypervisor_type": row["hypervisor_type"], "hypervisor_version": row["hypervisor_version"],
            "host_ip": row["host_ip"], "service": {
                "id": (service["id"] if uuids else service["number"]) if service else None, "host": row["host"],
                "disabled_reason": service["disabled_reason"] if service else None,
            },
        }  # fmt: skip
        if call.at_least("2.88"):
            shown["uptime"] = _uptime(call, row) if alive else None
        else:
            shown |= _resources(call, row, used.get(row["host"], {}))
    if uuids and truth(call.query.one("with_servers") or ""):
        here = call.tx.rows(servers, servers.c.deleted_at.is_(None), host=row["host"], order=servers.c.number)
        if here or call.at_least("2.75"):
            shown["servers"] = [{"name": server["name"], "uuid": server["id"]} for server in here]
    return shown


def _resources(call: Call, row: Row, used: dict[str, int]) -> dict[str, Any]:
    ram = row["reserved_memory_mb"] + used.get("ram", 0)
    disk = used.get("disk", 0)
    topology = {"cells": len(row["numa_cells"] or [0]), "sockets": 1, "cores": row["vcpus"], "threads": 1}
    cpu = {"topology": topology, **(row["cpu_info"] or {})}
    # Before 2.28 the answer held the driver's text.
    info = cpu if call.at_least("2.28") else json.dumps(cpu)
    return {
        "vcpus": row["vcpus"], "vcpus_used": used.get("vcpus", 0), "memory_mb": row["memory_mb"], "memory_mb_used": ram,
        "free_ram_mb": row["memory_mb"] - ram, "local_gb": row["local_gb"], "local_gb_used": disk,
        "free_disk_gb": row["local_gb"] - disk, "disk_available_least": row["local_gb"] - disk,
        "running_vms": used.get("servers", 0), "current_workload": 0, "cpu_info": info,
    }  # fmt: skip


def _uptime(call: Call, row: Row) -> str:
    return f" {call.tx.stamp[11:19]} up 1 day,  0:00,  0 users,  load average: 0.00, 0.00, 0.00"


def _hypervisors(call: Call, whole: bool) -> dict[str, Any]:
    require_admin(call, f"os-hypervisors:{'list-detail' if whole else 'list'}")
    rows = call.tx.rows(hypervisors, order=hypervisors.c.number)
    pattern = call.query.one("hypervisor_hostname_pattern")
    if pattern and call.at_least("2.53"):
        rows = [row for row in rows if pattern in row["hypervisor_hostname"]]
        if not rows:
            raise NotFound(f"No hypervisor matching '{pattern}' could be found.")
    marker = None
    if call.at_least("2.33"):
        rows, marker = page(call, rows, "id" if call.at_least("2.53") else "number")
    used = usage(call.tx)
    found: dict[str, Any] = {"hypervisors": [_hypervisor(call, row, whole, used) for row in rows]}
    if marker:
        found["hypervisors_links"] = next_link(call, marker)
    return found


def hypervisor_index(call: Call) -> dict[str, Any]:
    """List hypervisors, shortly."""
    return _hypervisors(call, False)


def hypervisor_detail(call: Call) -> dict[str, Any]:
    """List hypervisors, whole."""
    return _hypervisors(call, True)


def _one(call: Call, hypervisor_id: str, verb: str) -> Row:
    require_admin(call, f"os-hypervisors:{verb}")
    if call.at_least("2.53"):
        row = call.tx.get(hypervisors, hypervisor_id)
    else:
        row = call.tx.first(hypervisors, number=int(hypervisor_id)) if hypervisor_id.isdigit() else None
    if row is None:
        raise NotFound(f"Hypervisor with ID '{hypervisor_id}' could not be found.")
    return row


def hypervisor_show(call: Call, hypervisor_id: str) -> dict[str, Any]:
    """Show a hypervisor."""
    if call.at_least("2.53") and call.context.is_admin and not re.match(UUID["pattern"], hypervisor_id):
        raise BadRequest(f"Invalid uuid {hypervisor_id}")
    return {"hypervisor": _hypervisor(call, _one(call, hypervisor_id, "show"), True, usage(call.tx))}


def hypervisor_uptime(call: Call, hypervisor_id: str) -> dict[str, Any]:
    """How long a host has been up (until 2.87)."""
    row = _one(call, hypervisor_id, "uptime")
    service = call.tx.first(services, host=row["host"], binary="nova-compute")
    if service is None or not up(call.cloud, service):
        raise BadRequest(f"Compute service of {row['host']} is unavailable at this time.")
    return {"hypervisor": {**_hypervisor(call, row, False, {}), "uptime": _uptime(call, row)}}


def hypervisor_statistics(call: Call) -> dict[str, Any]:
    """The sum over all hypervisors (until 2.87)."""
    require_admin(call, "os-hypervisors:statistics")
    used = usage(call.tx)
    rows = [_resources(call, row, used.get(row["host"], {})) for row in call.tx.rows(hypervisors)]
    keys = [key for key in (rows[0] if rows else {}) if key != "cpu_info"]
    return {"hypervisor_statistics": {"count": len(rows), **{key: sum(row[key] for row in rows) for key in keys}}}


def hypervisor_search(call: Call, pattern: str) -> dict[str, Any]:
    """Hypervisors whose host name holds the pattern (until 2.52)."""
    require_admin(call, "os-hypervisors:search")
    rows = [
        row for row in call.tx.rows(hypervisors, order=hypervisors.c.number) if pattern in row["hypervisor_hostname"]
    ]
    if not rows:
        raise NotFound(f"No hypervisor matching '{pattern}' could be found.")
    return {"hypervisors": [_hypervisor(call, row, False, {}) for row in rows]}


def hypervisor_servers(call: Call, hypervisor_id: str) -> dict[str, Any]:
    """The servers on the hypervisors whose host name holds the pattern (until 2.52)."""
    require_admin(call, "os-hypervisors:servers")
    rows = [
        row
        for row in call.tx.rows(hypervisors, order=hypervisors.c.number)
        if hypervisor_id in row["hypervisor_hostname"]
    ]
    if not rows:
        raise NotFound(f"No hypervisor matching '{hypervisor_id}' could be found.")
    found = []
    for row in rows:
        shown = _hypervisor(call, row, False, {})
        here = call.tx.rows(servers, servers.c.deleted_at.is_(None), host=row["host"], order=servers.c.number)
        if here:
            shown["servers"] = [{"name": server["name"], "uuid": server["id"]} for server in here]
        found.append(shown)
    return {"hypervisors": found}


# Availability zones


def open_zones(tx: Transaction) -> set[str]:
    """The zones with a compute host whose service is enabled."""
    of = zones(tx)
    return {of.get(row["host"], DEFAULT_ZONE) for row in tx.rows(services, binary="nova-compute", disabled=False)}


def zone_index(call: Call) -> dict[str, Any]:
    """The zones that have a compute host."""
    available = open_zones(call.tx)
    names = sorted(set(zones(call.tx).values()))
    return {"availabilityZoneInfo": [_zone(name, None, name in available) for name in names]}


def zone_detail(call: Call) -> dict[str, Any]:
    """The zones with their hosts and services."""
    require_admin(call, "os-availability-zone:detail")
    of, found = zones(call.tx), dict[str, dict[str, Any]]()
    shut = set(of.values()) - open_zones(call.tx)
    for row in call.tx.rows(services, order=services.c.number, disabled=False):
        zone = of.get(row["host"], DEFAULT_ZONE) if row["binary"] == "nova-compute" else INTERNAL_ZONE
        alive = up(call.cloud, row)
        state = {
            "available": alive,
            "active": not row["disabled"],
            "updated_at": call.tx.stamp if alive else row["updated_at"],
        }
        found.setdefault(zone, {}).setdefault(row["host"], {})[row["binary"]] = state
    shown = [_zone(name, hosts, True) for name, hosts in sorted(found.items())]
    return {"availabilityZoneInfo": shown + [_zone(name, None, False) for name in sorted(shut)]}


def _zone(name: str, below: Any, available: bool) -> dict[str, Any]:
    return {"zoneName": name, "zoneState": {"available": available}, "hosts": below}
