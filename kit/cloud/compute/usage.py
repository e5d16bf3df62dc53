"""What projects have used: hours of servers, weighed by their size.

Source: nova/api/openstack/compute/simple_tenant_usage.py, Nova 34. From 2.40 on the servers come page by page,
and a project's totals are those of the page.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from kit.cloud.call import Call
from kit.cloud.clock import parse, stamp
from kit.cloud.compute.common import next_link, page
from kit.cloud.compute.models import servers
from kit.cloud.compute.validation import refuse, require_admin
from kit.cloud.errors import BadRequest

_WEIGHTS = {
    "total_local_gb_usage": "local_gb", "total_vcpus_usage": "vcpus", "total_memory_mb_usage": "memory_mb", "total_hours": "",
}  # fmt: skip
_FORMS = ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f", "%Y-%m-%d %H:%M:%S.%f")


def _period(call: Call) -> tuple[datetime, datetime]:
    now = call.tx.now
    start, end = call.query.one("start"), call.query.one("end")
    first = _moment(start) if start else now - timedelta(microseconds=13)
    last = _moment(end) if end else now
    if first >= last:
        raise BadRequest("Invalid start time. The start time cannot occur after the end time.")
    return first, min(last, now)


def _moment(text: str) -> datetime:
    for form in _FORMS:
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    raise BadRequest("Invalid datetime string: Datetime is in invalid format")


def _shares(call: Call, first: datetime, last: datetime, **whose: Any) -> list[dict[str, Any]]:
    """What each server that ran in the period has of it, ordered by project and id."""
    found = []
    for row in call.tx.rows(servers, order=[servers.c.project_id, servers.c.id], **whose):
        launched, ended = row["launched_at"], row["terminated_at"]
        if launched is None or parse(launched) >= last or (ended and parse(ended) <= first):
            continue
        begun, stopped = parse(launched), parse(ended) if ended else None
        flavor = row["flavor"]
        found.append({
            "hours": (min(stopped or last, last) - max(begun, first)).total_seconds() / 3600, "flavor": flavor["name"],
            "instance_id": row["id"], "name": row["name"], "tenant_id": row["project_id"], "memory_mb": flavor["ram"],
            "local_gb": flavor["disk"] + flavor["ephemeral"], "vcpus": flavor["vcpus"], "started_at": launched,
            "ended_at": ended, "state": "terminated" if ended else row["vm_state"],
            "uptime": int(((stopped or call.tx.now) - begun).total_seconds()),
        })  # fmt: skip
    return found


def _usages(call: Call, *, detailed: bool, **whose: Any) -> tuple[list[dict[str, Any]], str | None]:
    """The usage of each project, and the marker of the next page when there is one."""
    first, last = _period(call)
    shares, marker = _shares(call, first, last, **whose), None
    if call.at_least("2.40"):
        wanted = call.query.one("marker")
        if wanted is not None and wanted not in {share["instance_id"] for share in shares}:
            raise BadRequest(f"Marker {wanted} could not be found.")
        shares, marker = page(call, shares, "instance_id")
    by_project: dict[str, list[dict[str, Any]]] = {}
    for share in shares:
        by_project.setdefault(share["tenant_id"], []).append(share)
    usages = []
    for project_id, found in by_project.items():
        usage: dict[str, Any] = {"tenant_id": project_id, "start": stamp(first), "stop": stamp(last)}
        for name, weight in _WEIGHTS.items():
            usage[name] = sum((share[weight] if weight else 1) * share["hours"] for share in found)
        usages.append({**usage, "server_usages": found} if detailed else usage)
    return usages, marker


def index(call: Call) -> dict[str, Any]:
    """The usage of all projects."""
    require_admin(call, "os-simple-tenant-usage:list")
    usages, marker = _usages(call, detailed=call.query.one("detailed") == "1")
    return {"tenant_usages": usages} | ({"tenant_usages_links": next_link(call, marker)} if marker else {})


def show(call: Call, project_id: str) -> dict[str, Any]:
    """The usage of one project."""
    if not call.context.is_admin and project_id != call.context.project_id:
        refuse("os-simple-tenant-usage:show")
    usages, marker = _usages(call, detailed=True, project_id=project_id)
    found: dict[str, Any] = {"tenant_usage": usages[0] if usages else {}}
    return found | ({"tenant_usage_links": next_link(call, marker)} if marker else {})
