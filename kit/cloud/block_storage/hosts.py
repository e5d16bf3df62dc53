"""Hosts: the operator's older view of Cinder's services."""

from __future__ import annotations

from typing import Any

from kit.cloud.block_storage import backend
from kit.cloud.block_storage.errors import require_admin
from kit.cloud.block_storage.models import services, snapshots, volumes
from kit.cloud.call import Call
from kit.cloud.errors import NotFound
from kit.cloud.store import Row


def _listed(call: Call) -> list[Row]:
    zone = call.query.one("zone")
    rows = [row for row in call.tx.rows(services, order=services.c.number) if not row["disabled"]]
    return [row for row in rows if zone in (None, "", row["zone"])]


def index(call: Call) -> dict[str, Any]:
    """List hosts, one a service."""
    require_admin(call, "volume_extension:hosts")
    return {
        "hosts": [
            {
                "host_name": row["host"], "service": row["binary"], "zone": row["zone"],
                "service-status": "available" if backend.up(call.cloud, row) else "unavailable",
                "service-state": "enabled", "last-update": call.tx.stamp,
            }
            for row in _listed(call)
        ]
    }  # fmt: skip


def show(call: Call, host: str) -> dict[str, Any]:
    """How much is on a host, in all and by project."""
    require_admin(call, "volume_extension:hosts")
    found = [
        row
        for row in call.tx.rows(services, binary="cinder-volume")
        if host in (row["host"], row["host"].partition("@")[0])
    ]
    if not found:
        raise NotFound(f"Service cinder-volume could not be found on host {host}.")
    by_project: dict[str, list[int]] = {}
    for table, place in ((volumes, 0), (snapshots, 2)):
        for row in call.tx.rows(table):
            counts = by_project.setdefault(row["project_id"], [0, 0, 0, 0])
            counts[place] += 1
            counts[place + 1] += row["size"]
    total = [sum(counts[place] for counts in by_project.values()) for place in range(4)]
    names = ("volume_count", "total_volume_gb", "snapshot_count", "total_snapshot_gb")
    return {
        "host": [
            {"resource": {"host": host, "project": project, **dict(zip(names, map(str, counts), strict=True))}}
            for project, counts in (("(total)", total), *sorted(by_project.items()))
        ]
    }
