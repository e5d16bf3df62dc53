"""The NUMA topology of a server as it was placed (2.78)."""

from __future__ import annotations

import json
from typing import Any

from kit.cloud.call import Call
from kit.cloud.compute.cells import guest_from_json, topology
from kit.cloud.compute.models import claims, hypervisors
from kit.cloud.compute.servers import find
from kit.scheduling.guest import GuestCell


def show(call: Call, server_id: str) -> dict[str, Any]:
    """A server's cells: its CPUs and memory; to the administrator also the host's cell and CPUs.

    Source: nova/api/openstack/compute/server_topology.py, Nova 34.
    """
    row = find(call, server_id)
    held = call.tx.first(claims, server_id=row["id"], host=row["host"]) if row["host"] else None
    if held is None or not held["numa"]:
        return {"nodes": [], "pagesize_kb": None}
    guest = guest_from_json(held["numa"])
    cores = _cores(call, row["host"])
    sizes = [cell.pagesize for cell in guest.cells if cell.pagesize]
    nodes = [_node(call, cell, cores) for cell in guest.cells]
    return {"nodes": nodes, "pagesize_kb": int(sizes[-1]) if sizes else None}


def _node(call: Call, cell: GuestCell, cores: list[frozenset[int]]) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "vcpu_set": sorted(cell.cpuset | cell.pcpuset), "siblings": _siblings(cell, cores), "memory_mb": cell.memory,
    }  # fmt: skip
    if call.context.is_admin:
        pinning = {str(guest): host for guest, host in sorted(cell.cpu_pinning.items())}
        shown |= {"host_node": cell.id, "cpu_pinning": pinning}
    return shown


def _cores(call: Call, host: str) -> list[frozenset[int]]:
    row = call.tx.first(hypervisors, host=host)
    if row is None:
        return []
    text = json.dumps(row["numa_cells"]) if row["numa_cells"] else ""
    return [core for cell in topology(text, row["vcpus"], row["memory_mb"]).cells for core in cell.siblings]


def _siblings(cell: GuestCell, cores: list[frozenset[int]]) -> list[list[int]]:
    """Guest CPUs that are threads of one core of the host, where all of them are in groups of one size."""
    groups = [sorted(guest for guest, host in cell.cpu_pinning.items() if host in core) for core in cores]
    groups = sorted(group for group in groups if group)
    sizes = {len(group) for group in groups}
    return groups if len(sizes) == 1 and sizes != {1} else []
