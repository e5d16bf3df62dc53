"""Claims on a compute host: the cells, pages and PCI devices that servers hold there, beside Placement.

A server's claims follow from its row, as its allocations do: wherever it is, or is going to be.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from kit.cloud.compute import asking
from kit.cloud.compute.cells import (
    guest_from_json,
    guest_to_json,
    key_of,
    less,
    pool_to_json,
    pools,
    topology,
)
from kit.cloud.compute.models import claims, hypervisors
from kit.cloud.compute.settings import scheduler_options
from kit.cloud.store import Row, Transaction
from kit.scheduling.constraints import guest_topology
from kit.scheduling.errors import ClaimError, SchedulingError
from kit.scheduling.filters.nfv import limits_of
from kit.scheduling.fit import Refusal, fit, use
from kit.scheduling.guest import GuestTopology
from kit.scheduling.host import Host
from kit.scheduling.options import Options
from kit.scheduling.pci import apply, pci_requests
from kit.scheduling.pci_pool import PciPool
from kit.scheduling.request import Request

Place = tuple[str, Row]  # a host, and the flavor that the server has there


def asks(request: Request, options: Options) -> bool:
    """Whether a request asks for cells or devices at all.

    Raises
    ------
    RequestError
        It contradicts itself, or names no alias of PCI devices that there is.
    """
    return guest_topology(request) is not None or bool(pci_requests(request, options))


def claim(host: Host, request: Request, options: Options) -> tuple[Host, GuestTopology | None, list[dict[str, Any]]]:
    """Claim a request's cells and devices on a host: the host with them taken, the cells as placed, the devices.

    Raises
    ------
    ClaimError
        They do not fit.

    Source: nova/compute/claims.py, Nova 34.
    """
    numa, wanted = guest_topology(request), pci_requests(request, options)
    there = host.numa_topology
    if numa is not None and there is not None:
        placed = fit(
            there, numa, limits=limits_of(host), pci_requests=wanted, pools=host.pci_pools,
            pack_cells=options["compute.packing_host_numa_cells_allocation_strategy"],
        )  # fmt: skip
        if isinstance(placed, Refusal):
            raise ClaimError(f"Requested instance NUMA topology cannot fit the given host NUMA topology: {placed}")
        numa, there = placed, use(there, placed)
    cells = [cell.id for cell in numa.cells] if numa else None
    left: tuple[PciPool, ...] = host.pci_pools
    devices: list[dict[str, Any]] = []
    for each in wanted:
        after = apply(left, [each], cells, host.numa_topology)
        if after is None:
            raise ClaimError(f"Insufficient compute resources: Claim pci failed: {each.count} of {each.alias}")
        devices += _taken(left, after, each.alias)
        left = after
    return host.changed(numa_topology=there, pci_pools=left), numa, devices


def _taken(before: Iterable[PciPool], after: Iterable[PciPool], alias: str) -> list[dict[str, Any]]:
    counts: dict[tuple[Any, ...], int] = {}
    for pool in after:
        counts[key_of(pool)] = counts.get(key_of(pool), 0) + pool.count
    found = []
    for pool in before:
        kept = min(pool.count, counts.get(key_of(pool), 0))
        counts[key_of(pool)] = counts.get(key_of(pool), 0) - kept
        if pool.count > kept:
            found.append({**pool_to_json(pool, pool.count - kept), "alias": alias})
    return found


def with_claims(host: Host, rows: Iterable[Row]) -> Host:
    """A host with what servers hold of its cells and devices."""
    there, devices = host.numa_topology, list[dict[str, Any]]()
    for row in rows:
        if row["numa"] and there is not None:
            there = use(there, guest_from_json(row["numa"]))
        devices += row["pci"] or ()
    return host.changed(numa_topology=there, pci_pools=less(host.pci_pools, devices) if devices else host.pci_pools)


def follow(tx: Transaction, server: Row, places: list[Place]) -> bool:
    """Let a server hold the cells and devices that it asks for at each of its places, and nothing else.

    What is held already stays as it was placed. Where it does not fit (a host that was forced), nothing is held.

    Returns
    -------
    bool
        Whether it holds any.
    """
    options = scheduler_options(tx)
    left = tx.rows(claims, server_id=server["id"], order=[claims.c.id])
    held, missing = len(left), list[tuple[str, str, Request]]()
    for host, flavor in places:
        request = asking.request_of(server, flavor)
        try:
            if not asks(request, options):
                continue
        except SchedulingError:
            continue
        digest = _digest(request)
        found = next((row for row in left if row["host"] == host and row["asked"] == digest), None)
        if found is not None:
            left.remove(found)
        else:
            missing.append((host, digest, request))
    for row in left:
        tx.delete(claims, id=row["id"])
    made = sum(_place(tx, server["id"], *one, options) for one in missing)
    return held - len(left) + made > 0


def _place(tx: Transaction, server_id: str, name: str, digest: str, request: Request, options: Options) -> bool:
    row = tx.first(hypervisors, host=name)
    if row is None:
        return False
    host = with_claims(bare(row), tx.rows(claims, host=name, order=[claims.c.id]))
    try:
        _, numa, devices = claim(host, request, options)
    except ClaimError:
        return False
    tx.insert(
        claims, server_id=server_id, host=name, asked=digest, numa=guest_to_json(numa) if numa else None, pci=devices
    )
    return True


def bare(row: Row) -> Host:
    """A hypervisor with its cells and devices, nothing of them in use."""
    cells, devices = row["numa_cells"], row["pci_pools"]
    return Host(
        name=row["host"], vcpus=row["vcpus"], memory_mb=row["memory_mb"],
        cpu_allocation_ratio=row["cpu_allocation_ratio"], ram_allocation_ratio=row["ram_allocation_ratio"],
        numa_topology=topology(json.dumps(cells) if cells else "", row["vcpus"], row["memory_mb"]),
        pci_pools=pools(json.dumps(devices)) if devices else (),
    )  # fmt: skip


def _digest(request: Request) -> str:
    flavor = request.flavor
    text = json.dumps(
        [flavor.vcpus, flavor.memory_mb, dict(flavor.extra_specs), dict(request.image.given)], sort_keys=True
    )
    return hashlib.sha256(text.encode()).hexdigest()[:16]
