"""NUMA cells and PCI devices of hosts and servers: as a seed writes them, as the store keeps them, as the engine has them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from kit.scheduling.cpus import parse_cpus
from kit.scheduling.guest import GuestCell, GuestTopology
from kit.scheduling.numa import NumaTopology
from kit.scheduling.pci_pool import PciPool

# KiB of an ordinary page, and such pages in a MiB.
PAGE, PAGES = 4, 256


def cpus_of(given: Any) -> list[int]:
    """CPUs from a list, a number or a text like `0-3,^2`.

    Raises
    ------
    RequestError
        The text names none.
    """
    if given is None:
        return []
    found = parse_cpus(str(given)) if isinstance(given, (str, int)) else frozenset(given)
    return sorted(found)


def host_cells(given: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A host's cells in the form in which the store keeps them.

    Parameters
    ----------
    given : list of mappings
        A cell each: `cpus` (shared), `dedicated` (sets of CPUs), `memory_mb`, and as wanted `pages` (size in KiB
        to number of pages; pages of 4 KiB fill what is left), `threads` (lists of sibling CPUs), `socket`.

    Raises
    ------
    ValueError
        A CPU is in two cells, or a cell's pages are more than its memory.
    """
    found, taken = [], set[int]()
    for number, cell in enumerate(given):
        shared, dedicated = cpus_of(cell.get("cpus")), cpus_of(cell.get("dedicated"))
        own = {*shared, *dedicated}
        if own & taken:
            raise ValueError(f"CPU {min(own & taken)} is in two cells")
        taken |= own
        pages = {int(size): int(count) for size, count in (cell.get("pages") or {}).items()}
        left = cell["memory_mb"] * 1024 - sum(size * count for size, count in pages.items())
        if left < 0:
            raise ValueError(f"the pages of cell {number} are {-left // 1024} MiB more than its memory")
        pages = {PAGE: left // PAGE, **pages} if PAGE not in pages else pages
        found.append({
            "cpuset": shared, "pcpuset": dedicated, "memory_mb": cell["memory_mb"], "socket": cell.get("socket"),
            "pages": [{"size_kb": size, "total": count} for size, count in sorted(pages.items())],
            "siblings": [sorted(core) for core in cell.get("threads") or ()] or [[cpu] for cpu in sorted(own)],
        })  # fmt: skip
    return found


@lru_cache(maxsize=1024)
def topology(cells: str, vcpus: int, memory_mb: int) -> NumaTopology:
    """The cells of a host from the store's text; one cell of everything where it says nothing.

    The same text gives the same object, so that a filter looks at equal hosts once.
    """
    data = json.loads(cells) if cells else [{
        "cpuset": range(vcpus), "memory_mb": memory_mb, "pages": [{"size_kb": PAGE, "total": memory_mb * PAGES}],
    }]  # fmt: skip
    found = NumaTopology.from_list(data)
    assert found is not None
    return found


@lru_cache(maxsize=1024)
def pools(text: str) -> tuple[PciPool, ...]:
    """The devices of a host from the store's text."""
    return PciPool.from_list(json.loads(text)) if text else ()


def guest_to_json(guest: GuestTopology) -> dict[str, Any]:
    """A server's placed cells as plain data."""
    return {
        "emulator_threads_policy": guest.emulator_threads_policy,
        "cells": [
            {
                "id": cell.id, "cpuset": sorted(cell.cpuset), "pcpuset": sorted(cell.pcpuset), "memory": cell.memory,
                "pagesize": cell.pagesize, "cpu_policy": cell.cpu_policy, "cpu_thread_policy": cell.cpu_thread_policy,
                "cpu_pinning": sorted(cell.cpu_pinning.items()), "cpuset_reserved": sorted(cell.cpuset_reserved),
            }
            for cell in guest.cells
        ],
    }  # fmt: skip


def guest_from_json(data: Mapping[str, Any]) -> GuestTopology:
    """A server's placed cells."""
    cells = [
        GuestCell(
            id=cell["id"], cpuset=frozenset(cell["cpuset"]), pcpuset=frozenset(cell["pcpuset"]), memory=cell["memory"],
            pagesize=cell["pagesize"], cpu_policy=cell["cpu_policy"], cpu_thread_policy=cell["cpu_thread_policy"],
            cpu_pinning=dict(cell["cpu_pinning"]), cpuset_reserved=frozenset(cell["cpuset_reserved"]),
        )
        for cell in data["cells"]
    ]  # fmt: skip
    return GuestTopology(tuple(cells), data["emulator_threads_policy"])


def pool_to_json(pool: PciPool, count: int) -> dict[str, Any]:
    """So many devices of a pool as plain data."""
    return {
        "vendor_id": pool.vendor_id, "product_id": pool.product_id, "numa_node": pool.numa_node,
        "dev_type": pool.dev_type, "tags": dict(pool.tags), "count": count,
    }  # fmt: skip


def key_of(pool: PciPool) -> tuple[Any, ...]:
    """What makes devices alike."""
    return (pool.vendor_id, pool.product_id, pool.numa_node, pool.dev_type, tuple(sorted(pool.tags.items())))


def less(there: Sequence[PciPool], taken: Iterable[Mapping[str, Any]]) -> tuple[PciPool, ...]:
    """Pools without the devices that claims hold; empty ones go."""
    left: dict[tuple[Any, ...], int] = {}
    for one in taken:
        key = key_of(PciPool(**{name: value for name, value in one.items() if name != "alias"}))
        left[key] = left.get(key, 0) + one["count"]
    found = []
    for pool in there:
        used = min(pool.count, left.get(key_of(pool), 0))
        if used:
            left[key_of(pool)] -= used
        if pool.count > used:
            found.append(pool.less(used) if used else pool)
    return tuple(found)
