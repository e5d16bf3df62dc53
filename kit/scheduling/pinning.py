"""Dedicated guest CPUs onto the threads of a host cell."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

from kit.scheduling.guest import GuestCell
from kit.scheduling.numa import Cell

Pairs = list[tuple[int, int]]


def pack(host: Cell, guest: GuestCell, kept: int = 0) -> GuestCell | None:
    """The guest cell pinned to host CPUs; None when its thread policy cannot be kept.

    Cores with most free threads are used first, and equally many threads of each, so that a guest sees whole
    cores. `isolate` uses one thread of cores that are wholly free; `require` uses cores with two free threads or
    more; all others fall back to any free threads.

    Parameters
    ----------
    kept : int
        Host CPUs to keep for the emulator's threads.

    Source: nova/virt/hardware.py, _pack_instance_onto_cores, Nova 34.
    """
    threads = max(map(len, host.siblings), default=0) or 1
    free = [sorted(core & host.free_pcpus) for core in host.siblings]
    by_threads = {
        number: [core for core in free if len(core) >= number]
        for number in range(1, max(map(len, free), default=0) + 1)
    }
    if guest.cpu_thread_policy == "isolate":
        found = _isolated(host, guest, by_threads, threads, kept)
    else:
        found = _together(guest, by_threads, threads, kept)
    if found is None:
        return None
    pairs, reserved = found
    return guest.changed(id=host.id, cpu_pinning=dict(pairs), cpuset_reserved=reserved)


Found = tuple[Pairs, frozenset[int]] | None


def _isolated(host: Cell, guest: GuestCell, by_threads: dict[int, list[list[int]]], threads: int, kept: int) -> Found:
    if threads not in by_threads:
        return None
    # A host that keeps one list of CPUs for both kinds may block the other threads; others must have none.
    if threads != 1 and host.pcpuset != host.cpuset:
        return None
    pairs = _pairs(1, by_threads[threads], guest.pcpuset)
    if not pairs:
        return None
    reserved = _reserve(by_threads[1], pairs, kept, whole_cores=True)
    return None if kept and not reserved else (pairs, reserved)


def _together(guest: GuestCell, by_threads: dict[int, list[list[int]]], threads: int, kept: int) -> Found:
    require = guest.cpu_thread_policy == "require"
    if require and threads <= 1:
        return None
    pairs: Pairs | None = None
    reserved: frozenset[int] = frozenset()
    number = 1
    for number in sorted(by_threads, reverse=True):
        if require and number <= 1:
            continue
        pairs = _pairs(number, by_threads[number], guest.pcpuset)
        reserved = _reserve(by_threads[1], pairs or [], kept)
        if pairs is not None and not (kept and not reserved):
            break
    if not require and not pairs:
        single = [[cpu] for cpu in chain.from_iterable(by_threads.get(1, []))]
        pairs = _pairs(number, single, guest.pcpuset)
        reserved = _reserve(single, pairs or [], kept)
    return None if pairs is None or (kept and not reserved) else (pairs, reserved)


def _pairs(number: int, cores: list[list[int]], guests: Iterable[int]) -> Pairs | None:
    """Guest CPUs with host CPUs, so many threads of each core; None when that is too few."""
    wanted = sorted(guests)
    if number * len(cores) < len(wanted):
        return None
    return list(zip(wanted, chain.from_iterable(core[:number] for core in cores), strict=False))


def _reserve(cores: list[list[int]], pairs: Pairs, kept: int, *, whole_cores: bool = False) -> frozenset[int]:
    """Host CPUs for the emulator, beside those that are pinned."""
    if not kept or not pairs:
        return frozenset()
    taken = {host for _, host in pairs}
    left = [
        [] if whole_cores and taken & set(core) else [cpu for cpu in core if cpu not in taken] for core in cores
    ]  # fmt: skip
    return frozenset(list(chain.from_iterable(left))[:kept])
