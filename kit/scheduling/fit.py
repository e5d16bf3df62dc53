"""Guest cells onto host cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import permutations

from kit.scheduling.cpus import show_cpus
from kit.scheduling.guest import ANY, LARGE, SMALL, GuestCell, GuestTopology
from kit.scheduling.numa import Cell, NumaTopology, Pages
from kit.scheduling.pci import PciRequest, supported
from kit.scheduling.pci_pool import PciPool
from kit.scheduling.pinning import pack


@dataclass(frozen=True, slots=True)
class Limits:
    """Overcommit on the cells of a host; without limits, shared CPUs and memory are not counted."""

    cpu_allocation_ratio: float
    ram_allocation_ratio: float


class Refusal(str):
    """Why a guest cell does not go onto a host cell, with the figures."""


def fit(
    host: NumaTopology,
    guest: GuestTopology,
    *,
    limits: Limits | None = None,
    pci_requests: Sequence[PciRequest] = (),
    pools: Sequence[PciPool] = (),
    pack_cells: bool = False,
) -> GuestTopology | Refusal:
    """The guest with its cells on distinct cells of the host, or why there is no way.

    Cells are tried in an order that spreads: free memory, then free CPUs, then PCI devices (cells with devices
    first when some are asked for, last when not). `pack_cells` turns the first two round.

    Source: nova/virt/hardware.py, numa_fit_instance_to_host, Nova 34. As there, a cell that found its page size
    keeps it for the cells tried after, and pairs already tried are remembered by the ids that cells have then.
    """
    if len(host) < len(guest):
        return Refusal(f"asks {len(guest)} NUMA cells; the host has {len(host)}")
    order = _order(host.cells, guest, pools, bool(pci_requests), pack_cells) if len(host) > len(guest) else host.cells
    cells = list(guest.cells)  # changed in place while pairs are tried
    fits: set[tuple[int, int]] = set()
    fails: dict[tuple[int, int], str] = {}
    why: dict[str, None] = {}
    for chosen in permutations(order, len(cells)):
        for place, target in enumerate(chosen):
            pair = (target.id, cells[place].id)
            if pair in fails:
                break
            kept = 1 if guest.emulator_threads_isolated and place == 0 else 0
            if pair in fits:
                again = pack(target, cells[place], kept) if cells[place].pinned else None
                cells[place] = again or cells[place].changed(id=target.id)
                continue
            cells[place], refusal = _fit_cell(target, cells[place], limits, kept)
            if refusal:
                fails[pair] = refusal
                why[f"cell {target.id}: {refusal}"] = None
                break
            fits.add(pair)
        else:
            if pci_requests and not supported(pools, pci_requests, [cell.id for cell in cells], host):
                ids = ", ".join(str(cell.id) for cell in chosen)
                why[f"cell{'s' if len(chosen) > 1 else ''} {ids}: the PCI devices asked for are not near"] = None
                continue
            return replace(guest, cells=tuple(cells))
    return Refusal("; ".join(why))


def _order(
    cells: Sequence[Cell], guest: GuestTopology, pools: Sequence[PciPool], wants_pci: bool, pack_cells: bool
) -> list[Cell]:
    """Cells in the order in which they are tried; later sorts weigh more."""
    found = sorted(cells, key=lambda cell: cell.avail_memory, reverse=not pack_cells)
    if guest.cells[0].pinned:
        found.sort(key=lambda cell: len(cell.free_pcpus), reverse=not pack_cells)
    else:
        found.sort(key=lambda cell: cell.cpu_usage, reverse=pack_cells)
    devices: dict[int | None, int] = {}
    for pool in pools:
        devices[pool.numa_node] = devices.get(pool.numa_node, 0) + pool.count
    found.sort(key=lambda cell: devices.get(cell.id, 0), reverse=wants_pci)
    return found


def _fit_cell(host: Cell, guest: GuestCell, limits: Limits | None, kept: int) -> tuple[GuestCell, str]:
    """The guest cell on a host cell, and an empty text; or the cell as it is now, and why not."""
    guest, refusal = _memory(host, guest)
    if refusal:
        return guest, refusal
    if guest.pinned:
        wanted = len(guest.pcpuset) + kept
        if wanted > len(host.pcpuset):
            return guest, f"{wanted} dedicated CPUs asked, it has {len(host.pcpuset)}"
    if guest.shared and len(guest.cpuset) > len(host.cpuset):
        return guest, f"{len(guest.cpuset)} shared CPUs asked, it has {len(host.cpuset)}"
    if guest.pinned:
        free = host.free_pcpus
        if wanted > len(free):
            return guest, f"{wanted} dedicated CPUs asked, {len(free)} of {len(host.pcpuset)} free ({show_cpus(free)})"
        packed = pack(host, guest, kept)
        if packed is None:
            policy = guest.cpu_thread_policy or "prefer"
            return guest, f"the free CPUs {show_cpus(free)} do not keep thread policy {policy}"
        guest = packed
    if guest.shared and limits:
        cpus, cpu_limit = host.cpu_usage + len(guest.cpuset), len(host.cpuset) * limits.cpu_allocation_ratio
        if cpus > cpu_limit:
            return guest, f"{host.cpu_usage} + {len(guest.cpuset)} shared CPUs are over {cpu_limit:g}"
        memory, memory_limit = host.memory_usage + guest.memory, host.memory * limits.ram_allocation_ratio
        if memory > memory_limit:
            return guest, f"{host.memory_usage} + {guest.memory} MB are over {memory_limit:g} MB"
    return guest.changed(id=host.id), ""


def _memory(host: Cell, guest: GuestCell) -> tuple[GuestCell, str]:
    """Whether memory and pages suffice; the guest's page size once it is found."""
    if guest.pagesize:
        for size in _sizes(host, guest.pagesize):
            if _pages_fit(host, size, guest.memory, free=True):
                return guest.changed(pagesize=size), ""
        words = {SMALL: "small", LARGE: "large", ANY: "any size"}
        asked = words.get(int(guest.pagesize), f"{guest.pagesize:g} KiB")
        free = ", ".join(f"{each.free_kb // 1024} MB in {each.size_kb} KiB" for each in host.mempages)
        return guest, f"{guest.memory} MB in pages ({asked}) asked, free are {free or 'none'}"
    if host.mempages:
        smallest = min(each.size_kb for each in host.mempages)
        if not _pages_fit(host, smallest, guest.memory, free=guest.pinned):
            pages = next(each for each in host.mempages if each.size_kb == smallest)
            have = (pages.free_kb if guest.pinned else pages.total * pages.size_kb) // 1024
            return guest, f"{guest.memory} MB asked, {have} MB in pages of {smallest} KiB"
        return guest, ""
    have = host.avail_memory if guest.pinned else host.memory
    return guest, f"{guest.memory} MB asked, {have} MB there" if have < guest.memory else ""


def _sizes(host: Cell, asked: float) -> list[float]:
    sizes: list[float] = sorted((each.size_kb for each in host.mempages), reverse=True)
    if asked == SMALL:
        return sizes[-1:]
    if asked == LARGE:
        return sizes[:-1]
    return sizes if asked == ANY else [asked]


def _pages_fit(host: Cell, size: float, memory: int, *, free: bool) -> bool:
    for pages in host.mempages:
        if pages.size_kb == size:
            have = pages.free_kb if free else pages.total * pages.size_kb
            return memory * 1024 <= have and memory * 1024 % pages.size_kb == 0
    return False


def use(host: NumaTopology, guest: GuestTopology, *, free: bool = False) -> NumaTopology:
    """The host's cells with a placed guest on them, or taken off.

    Raises
    ------
    ClaimError
        A CPU to be pinned is taken already.

    Source: nova/virt/hardware.py, numa_usage_from_instance_numa, Nova 34.
    """
    sign = -1 if free else 1
    cells = []
    for cell in host.cells:
        memory, cpus = cell.memory_usage, cell.cpu_usage
        for each in guest.cells:
            if each.id != cell.id:
                continue
            cell = replace(cell, mempages=_use_pages(cell.mempages, each, sign))
            memory += sign * each.memory
            cpus += sign * len(each.cpuset)
            if each.pinned:
                pinned = frozenset(each.cpu_pinning.values()) | each.cpuset_reserved
                cell = cell.pin(pinned, with_siblings=each.cpu_thread_policy == "isolate", free=free)
        cells.append(replace(cell, memory_usage=max(0, memory), cpu_usage=max(0, cpus)))
    return NumaTopology(tuple(cells))


def _use_pages(pages: tuple[Pages, ...], guest: GuestCell, sign: int) -> tuple[Pages, ...]:
    if not pages:
        return pages
    size = guest.pagesize or min(each.size_kb for each in pages)
    return tuple(
        replace(each, used=max(0, int(each.used + guest.memory * 1024 / each.size_kb * sign)))
        if each.size_kb == size
        else each
        for each in pages
    )
