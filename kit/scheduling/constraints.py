"""From flavor and image to the NUMA cells that a server asks for."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

from kit.scheduling.cpu_policy import (
    both,
    counted,
    cpu_policy,
    dedicated_mask,
    emulator_policy,
    hyperthreading,
    realtime_mask,
    thread_policy,
)
from kit.scheduling.cpus import parse_cpus
from kit.scheduling.errors import RequestError
from kit.scheduling.guest import ANY, LARGE, PAGE_WORDS, GuestCell, GuestTopology
from kit.scheduling.request import Request

_SIZE = re.compile(r"([-+]?\d*\.?\d+)([KMGTPE]i?)?(b|bit|B)$")


def guest_topology(request: Request) -> GuestTopology | None:
    """The cells that a request asks for; None when nothing in it makes NUMA matter.

    Four things do: cells by number, dedicated CPUs, a page size, persistent memory.

    Raises
    ------
    RequestError
        Flavor and image contradict themselves or one another.

    Source: nova/virt/hardware.py, numa_get_constraints, Nova 34.
    """
    policy, threads, dedicated = _policies(request)
    nodes, size = _node_count(request), page_size(request)
    if not (nodes or size or request.extra_specs.get("hw:pmem") or policy in ("dedicated", "mixed")):
        return None
    every = frozenset(range(request.flavor.vcpus))
    pinned = every if policy == "dedicated" else dedicated
    cells = [
        GuestCell(
            id=number, cpuset=cpus - pinned, pcpuset=cpus & pinned, memory=memory, pagesize=size, cpu_policy=policy,
            cpu_thread_policy=threads,
        )
        for number, (cpus, memory) in enumerate(_shares(request, nodes or 1))
    ]  # fmt: skip
    return GuestTopology(tuple(cells), emulator_policy(request))


def _policies(request: Request) -> tuple[str | None, str | None, frozenset[int]]:
    """CPU policy, thread policy and dedicated CPUs, once all that may contradict them is looked at."""
    policy, threads = cpu_policy(request), thread_policy(request)
    realtime, dedicated = realtime_mask(request), dedicated_mask(request)
    emulator = emulator_policy(request)
    vcpus, pcpus = counted(request)
    if policy and (vcpus or pcpus):
        raise RequestError("resources:VCPU or resources:PCPU stand beside a CPU policy", todo="Use one or the other.")
    if vcpus and pcpus:
        raise RequestError("resources:VCPU and resources:PCPU stand together", todo="Use one or the other.")
    if pcpus:
        wanted = request.flavor.vcpus + (emulator == "isolate")
        if pcpus != wanted:
            raise RequestError(f"resources:PCPU is {pcpus}, the flavor needs exactly {wanted}")
        policy = "dedicated"
    elif vcpus:
        policy = "shared"
    trait = hyperthreading(request)
    if threads and trait:
        raise RequestError("the trait HW_CPU_HYPERTHREADING stands beside a thread policy", todo="Use one of them.")
    threads = {"forbidden": "isolate", "required": "require"}.get(trait or "", threads)
    if policy in ("shared", None):
        for found, name in ((threads, "a thread policy"), (dedicated, "a dedicated mask"), (realtime, "real time")):
            if found:
                raise RequestError(f"{name} is asked for without dedicated CPUs", todo="Say hw:cpu_policy=dedicated.")
        if emulator == "isolate":
            raise RequestError("isolated emulator threads need dedicated CPUs", todo="Say hw:cpu_policy=dedicated.")
    elif policy == "dedicated":
        if dedicated:
            raise RequestError("hw:cpu_dedicated_mask stands beside dedicated CPUs", todo="Say hw:cpu_policy=mixed.")
    elif bool(realtime) == bool(dedicated):
        raise RequestError("mixed CPUs need hw:cpu_dedicated_mask or hw:cpu_realtime_mask, and one of them only")
    return policy, threads, dedicated or realtime


def _node_count(request: Request) -> int:
    flavor, image = both(request, "numa_nodes")
    if flavor and image:
        raise RequestError("both flavor and image give a number of NUMA nodes", todo="Leave one out.")
    nodes = flavor or image
    if nodes is None:
        return 0
    if not str(nodes).isdigit() or int(nodes) < 1:
        raise RequestError(f"{nodes!r} is no number of NUMA nodes")
    return int(nodes)


def _shares(request: Request, nodes: int) -> list[tuple[frozenset[int], int]]:
    """CPUs and MiB of each cell: equal shares, or what is written for each."""
    flavor = request.flavor
    cpus = _per_cell(request, "numa_cpus", parse_cpus)
    memory = _per_cell(request, "numa_mem", int)
    if cpus is None and memory is None:
        if flavor.vcpus % nodes or flavor.memory_mb % nodes:
            raise RequestError(
                f"{flavor.vcpus} CPUs and {flavor.memory_mb} MB cannot be split into {nodes} equal cells",
                todo="Write hw:numa_cpus.N and hw:numa_mem.N for each.",
            )
        each = flavor.vcpus // nodes
        return [
            (frozenset(range(number * each, (number + 1) * each)), flavor.memory_mb // nodes)
            for number in range(nodes)
        ]  # fmt: skip
    if cpus is None or memory is None or len(cpus) != nodes or len(memory) != nodes:
        raise RequestError(f"CPUs and memory must both be written for each of {nodes} cells")
    taken = [cpu for cell in cpus for cpu in cell]
    if sorted(taken) != list(range(flavor.vcpus)):
        raise RequestError(f"the cells hold CPUs {sorted(taken)}; each of {flavor.vcpus} must be in one of them")
    if sum(memory) != flavor.memory_mb:
        raise RequestError(f"the cells hold {sum(memory)} MB, the flavor {flavor.memory_mb} MB")
    return list(zip(cpus, memory, strict=True))


def _per_cell(request: Request, key: str, read: Callable[[str], Any]) -> list[Any] | None:
    flavor: list[Any] = []
    while (text := request.extra_specs.get(f"hw:{key}.{len(flavor)}")) is not None:
        flavor.append(read(text))
    image = request.image.properties.get(f"hw_{key}")
    if flavor and image is not None:
        raise RequestError(f"both flavor and image give {key}", todo="Leave one out.")
    return flavor or image


def page_size(request: Request) -> float | None:
    """The page size in KiB, or one of -1 small, -2 large, -3 any; None when none is asked for.

    Raises
    ------
    RequestError
        It is no size, or the image asks for one that the flavor does not let it.

    Source: nova/virt/hardware.py, _get_numa_pagesize_constraint, Nova 34.
    """
    flavor, image = both(request, "mem_page_size")
    if not flavor:
        if image:
            raise RequestError(f"the image asks for pages of {image}, the flavor for none", todo="Let it say any.")
        return None
    size = _kib(flavor)
    if not image:
        return size
    if size not in (ANY, LARGE):
        raise RequestError(f"the image asks for pages of {image}, the flavor for {flavor}", todo="Let it say any.")
    return _kib(image)


def _kib(text: str) -> float:
    if text in PAGE_WORDS:
        return PAGE_WORDS[text]
    if text.isdigit():
        return int(text)
    match = _SIZE.match(text)
    if match is None:
        raise RequestError(f"{text!r} is no page size", todo="Write small, large, any, KiB, or 2MB.")
    power = "KMGTPE".index(match[2][0]) + 1 if match[2] else 0
    amount = float(match[1]) * 1024**power
    if match[3] in ("b", "bit"):
        amount /= 8
    return math.ceil(amount) / 1024
