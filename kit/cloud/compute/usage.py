"""What projects have used: hours of servers, weighed by their size."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from kit.cloud.call import Call
from kit.cloud.clock import parse, stamp
from kit.cloud.compute.models import servers
from kit.cloud.compute.validation import refuse, require_admin
from kit.cloud.errors import BadRequest
from kit.cloud.store import Row


def _period(call: Call) -> tuple[datetime, datetime]:
    now = call.tx.now
    start, end = call.query.one("start"), call.query.one("end")
    first = _moment(start) if start else now - timedelta(microseconds=13)
    last = _moment(end) if end else now
    if first >= last:
        raise BadRequest("Invalid start time. The start time cannot occur after the end time.")
    return first, last


def _moment(text: str) -> datetime:
    for form in ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f", "%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d"):
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    raise BadRequest("Datetime is in invalid format")


def _server(call: Call, row: Row, first: datetime, last: datetime) -> dict[str, Any] | None:
    """One server's share of the period, or None when it did not run in it."""
    launched = row["launched_at"]
    if launched is None or parse(launched) > last:
        return None
    ended = row["terminated_at"]
    if ended and parse(ended) < first:
        return None
    stop = min(parse(ended), last) if ended else last
    hours = max((stop - max(parse(launched), first)).total_seconds(), 0) / 3600
    flavor = row["flavor"]
    return {
        "hours": hours, "flavor": flavor["name"], "instance_id": row["id"], "name": row["name"],
        "tenant_id": row["project_id"], "memory_mb": flavor["ram"], "local_gb": flavor["disk"] + flavor["ephemeral"],
        "vcpus": flavor["vcpus"], "started_at": launched, "ended_at": ended,
        "state": "terminated" if ended else row["vm_state"],
        "uptime": int(((parse(ended) if ended else call.tx.now) - parse(launched)).total_seconds()),
    }  # fmt: skip


def _usage(call: Call, project_id: str, rows: list[Row], detailed: bool) -> dict[str, Any]:
    first, last = _period(call)
    found = [share for share in (_server(call, row, first, last) for row in rows) if share is not None]
    total = {
        name: sum((share[weight] if weight else 1) * share["hours"] for share in found)
        for name, weight in (
            ("total_local_gb_usage", "local_gb"), ("total_vcpus_usage", "vcpus"), ("total_memory_mb_usage", "memory_mb"),
            ("total_hours", ""),
        )
    }  # fmt: skip
    shown: dict[str, Any] = {"tenant_id": project_id, **total, "start": stamp(first), "stop": stamp(last)}
    if detailed:
        shown["server_usages"] = found
    return shown


def index(call: Call) -> dict[str, Any]:
    """The usage of all projects."""
    require_admin(call, "os-simple-tenant-usage:list")
    by_project: dict[str, list[Row]] = {}
    for row in call.tx.rows(servers, order=servers.c.number):
        by_project.setdefault(row["project_id"], []).append(row)
    detailed = call.query.one("detailed") == "1"
    found = [_usage(call, id, rows, detailed) for id, rows in sorted(by_project.items())]
    return {"tenant_usages": [usage for usage in found if usage["total_hours"]]}


def show(call: Call, project_id: str) -> dict[str, Any]:
    """The usage of one project."""
    if not call.context.is_admin and project_id != call.context.project_id:
        refuse("os-simple-tenant-usage:show")
    rows = call.tx.rows(servers, project_id=project_id, order=servers.c.number)
    usage = _usage(call, project_id, rows, True)
    return {"tenant_usage": usage if usage["server_usages"] else {}}
