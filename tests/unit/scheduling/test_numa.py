"""NUMA: what a guest asks for, how it fits, how CPUs are pinned."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kit.scheduling import ClaimError, Image, Pages, PciPool, RequestError, fit, guest_topology
from kit.scheduling.cpus import parse_cpus, show_cpus
from kit.scheduling.fit import Limits, Refusal, use
from kit.scheduling.guest import GuestTopology
from kit.scheduling.numa import NumaTopology
from kit.scheduling.pci import PciRequest
from kit.scheduling.pinning import pack

from .builders import cells, request

LIMITS = Limits(4.0, 1.0)
HUGE = (Pages(4, 6291456), Pages(2048, 4096), Pages(1048576, 0))


def guest(**specs: Any) -> GuestTopology:
    own = {name: specs.pop(name) for name in ("vcpus", "memory_mb", "image") if name in specs}
    found = guest_topology(request(specs={f"hw:{name}": value for name, value in specs.items()}, **own))
    assert found is not None
    return found


def ids(found: GuestTopology | Refusal) -> list[int]:
    assert isinstance(found, GuestTopology), found
    return [cell.id for cell in found.cells]


def with_cell(host: NumaTopology, number: int, **fields: Any) -> NumaTopology:
    return NumaTopology(tuple(replace(cell, **fields) if cell.id == number else cell for cell in host.cells))


def test_nothing_asked_is_no_topology() -> None:
    assert guest_topology(request()) is None


def test_cells_share_cpus_and_memory_equally() -> None:
    assert [(sorted(c.cpuset), c.memory) for c in guest(numa_nodes=2, vcpus=4, memory_mb=4096).cells] == [
        ([0, 1], 2048),
        ([2, 3], 2048),
    ]


def test_cells_may_be_written_out() -> None:
    written = {"numa_nodes": 2, "numa_cpus.0": "0,1", "numa_cpus.1": "2-5", "numa_mem.0": 1024, "numa_mem.1": 3072}
    assert [(len(c.cpuset), c.memory) for c in guest(vcpus=6, memory_mb=4096, **written).cells] == [
        (2, 1024),
        (4, 3072),
    ]


@pytest.mark.parametrize(
    ("specs", "why"),
    [
        ({"numa_nodes": "two"}, "no number of NUMA nodes"),
        ({"numa_nodes": 3}, "cannot be split into 3"),
        ({"numa_nodes": 2, "numa_cpus.0": "0", "numa_cpus.1": "1"}, "must both be written"),
        ({"numa_nodes": 1, "numa_cpus.0": "0", "numa_mem.0": 2048}, "each of 2 must be in one"),
        ({"numa_nodes": 1, "numa_cpus.0": "0-1", "numa_mem.0": 1}, "the flavor 2048 MB"),
        ({"cpu_policy": "fixed"}, "Nova knows dedicated, shared, mixed"),
        ({"cpu_thread_policy": "isolate"}, "without dedicated CPUs"),
        ({"cpu_policy": "mixed"}, "mixed CPUs need"),
        ({"cpu_policy": "mixed", "cpu_dedicated_mask": "0-1"}, "some, not all"),
        ({"cpu_policy": "dedicated", "cpu_dedicated_mask": "0"}, "Say hw:cpu_policy=mixed"),
        ({"mem_page_size": "huge"}, "no page size"),
        ({"emulator_threads_policy": "isolate"}, "need dedicated CPUs"),
        ({"cpu_realtime": "yes", "cpu_policy": "dedicated"}, "must leave a CPU"),
    ],
)
def test_flavors_that_contradict_themselves_are_refused(specs: dict[str, Any], why: str) -> None:
    with pytest.raises(RequestError, match=why):
        guest_topology(request(specs={f"hw:{name}": value for name, value in specs.items()}))


@pytest.mark.parametrize(
    ("specs", "properties", "why"),
    [
        ({"hw:cpu_policy": "shared"}, {"hw_cpu_policy": "dedicated"}, "the image asks for dedicated"),
        ({"hw:numa_nodes": 1}, {"hw_numa_nodes": "1"}, "Leave one out"),
        ({}, {"hw_mem_page_size": "large"}, "Let it say any"),
        ({"hw:mem_page_size": "small"}, {"hw_mem_page_size": "large"}, "Let it say any"),
        ({"resources:PCPU": 3}, {}, "needs exactly 2"),
        ({"resources:PCPU": 2, "hw:cpu_policy": "dedicated"}, {}, "Use one or the other"),
    ],
)
def test_image_and_flavor_must_agree(specs: dict[str, Any], properties: dict[str, str], why: str) -> None:
    with pytest.raises(RequestError, match=why):
        guest_topology(request(specs=specs, image=Image(given=properties)))


@pytest.mark.parametrize(
    ("text", "size"), [("small", -1), ("large", -2), ("any", -3), ("2048", 2048), ("2MB", 2048), ("1GB", 1048576)]
)
def test_page_sizes(text: str, size: int) -> None:
    assert guest(mem_page_size=text).cells[0].pagesize == size


def test_counted_pcpus_are_dedicated_and_the_trait_is_a_thread_policy() -> None:
    found = guest_topology(request(specs={"resources:PCPU": 2, "trait:HW_CPU_HYPERTHREADING": "forbidden"}))
    assert found and (found.cells[0].cpu_policy, found.cells[0].cpu_thread_policy) == ("dedicated", "isolate")


def test_cpus_are_read_and_shown() -> None:
    assert (parse_cpus("0-3,^2, 6"), show_cpus({0, 1, 2, 6}), show_cpus([])) == ({0, 1, 3, 6}, "0-2,6", "none")
    with pytest.raises(RequestError):
        parse_cpus("3-1")


def test_guest_cells_go_onto_distinct_host_cells() -> None:
    assert ids(fit(cells(2), guest(numa_nodes=2, vcpus=8), limits=LIMITS)) == [0, 1]


def test_no_guest_cell_exceeds_a_host_cell_whatever_the_ratio() -> None:
    assert (
        fit(cells(2), guest(numa_nodes=1, vcpus=6), limits=LIMITS)
        == "cell 0: 6 shared CPUs asked, it has 4; cell 1: 6 shared CPUs asked, it has 4"
    )
    assert "40960 MB asked, 32768 MB in pages of 4 KiB" in fit(
        cells(1), guest(numa_nodes=1, memory_mb=40960), limits=LIMITS
    )


def test_limits_count_what_is_there_already() -> None:
    assert "15 + 2 shared CPUs are over 16" in fit(cells(1, cpu_usage=15), guest(numa_nodes=1), limits=LIMITS)
    assert ids(fit(cells(1, cpu_usage=15), guest(numa_nodes=1))) == [0]
    assert "31000 + 2048 MB are over 32768 MB" in fit(cells(1, memory_usage=31000), guest(numa_nodes=1), limits=LIMITS)


def test_the_emptier_cell_comes_first_unless_cells_are_packed() -> None:
    host = with_cell(cells(2), 0, cpu_usage=1, memory_usage=100)
    assert ids(fit(host, guest(numa_nodes=1), limits=LIMITS)) == [1]
    assert ids(fit(host, guest(numa_nodes=1), limits=LIMITS, pack_cells=True)) == [0]


def test_cells_with_devices_come_first_for_those_who_ask_and_last_for_others() -> None:
    pools, wanted = [PciPool("8086", "154d", 1, 1)], [PciRequest("nic", 1, ({"vendor_id": "8086"},), "preferred")]
    assert ids(fit(cells(3), guest(numa_nodes=1), pools=pools, pci_requests=wanted)) == [1]
    first = [PciPool("8086", "154d", 1, 0)]
    assert ids(fit(cells(3), guest(numa_nodes=1), pools=first)) == [1]


def test_fragmentation_shows_in_cells_not_in_totals() -> None:
    host = cells(2, pinned=True)
    host = with_cell(with_cell(host, 0, pinned_cpus=frozenset({0, 2})), 1, pinned_cpus=frozenset({4, 6}))
    assert "4 dedicated CPUs asked, 2 of 4 free (1,3)" in fit(host, guest(cpu_policy="dedicated", vcpus=4))
    assert ids(fit(host, guest(cpu_policy="dedicated", vcpus=4, numa_nodes=2))) == [0, 1]


@pytest.mark.parametrize(
    ("pages", "asked", "memory", "size"),
    [
        (HUGE, "2MB", 6144, 2048), (HUGE, "2MB", 8193, None), (HUGE, "large", 4096, 2048), (HUGE, "any", 20480, 4),
        (HUGE, "1GB", 1024, None), ((Pages(4, 8388608),), "large", 1024, None), (HUGE, "small", 1024, 4), (HUGE, "16384", 1024, None),
        ((Pages(4, 100), Pages(2048, 4096, used=4000, reserved=90)), "2048", 12, 2048),
        ((Pages(4, 100), Pages(2048, 4096, used=4000, reserved=90)), "2048", 14, None),
    ],
)  # fmt: skip
def test_pages(pages: tuple[Pages, ...], asked: str, memory: int, size: int | None) -> None:
    found = fit(cells(1, mempages=pages), guest(mem_page_size=asked, memory_mb=memory), limits=LIMITS)
    if size is None:
        assert isinstance(found, Refusal) and f"{memory} MB in pages" in found
    else:
        assert isinstance(found, GuestTopology) and found.cells[0].pagesize == size


@pytest.mark.parametrize(
    ("policy", "vcpus", "free", "pinned"),
    [
        ("prefer", 2, range(4), {0: 0, 1: 2}),
        ("prefer", 2, {0, 1}, {0: 0, 1: 1}),
        ("prefer", 3, {0, 1, 2}, {0: 0, 1: 2, 2: 1}),
        ("require", 2, range(4), {0: 0, 1: 2}),
        ("require", 2, {0, 1}, None),
        ("isolate", 2, range(4), None),
    ],
)
def test_threads_of_a_core_are_used_as_the_policy_says(
    policy: str, vcpus: int, free: Any, pinned: dict[int, int] | None
) -> None:
    cell = replace(cells(1, pinned=True, threads=True).cells[0], pinned_cpus=frozenset(range(4)) - frozenset(free))
    found = pack(cell, guest(cpu_policy="dedicated", cpu_thread_policy=policy, vcpus=vcpus).cells[0])
    assert (found and dict(found.cpu_pinning)) == pinned


def test_isolate_uses_whole_cores_of_a_host_with_one_list_of_cpus() -> None:
    cell = cells(1, pinned=True, threads=True).cells[0]
    old = replace(cell, cpuset=cell.pcpuset)
    asked = guest(cpu_policy="dedicated", cpu_thread_policy="isolate", vcpus=2)
    found = pack(old, asked.cells[0])
    assert found and dict(found.cpu_pinning) == {0: 0, 1: 1}
    used = use(NumaTopology((old,)), replace(asked, cells=(found,)))
    assert used.cells[0].pinned_cpus == {0, 1, 2, 3}, "the other threads of the cores are taken too"


def test_emulator_threads_take_one_more_cpu_beside_the_first_cell() -> None:
    asked = guest(cpu_policy="dedicated", emulator_threads_policy="isolate", vcpus=3)
    found = fit(cells(1, pinned=True), asked)
    assert isinstance(found, GuestTopology) and found.cells[0].cpuset_reserved == {3}
    assert "5 dedicated CPUs asked, it has 4" in fit(
        cells(1, pinned=True), guest(cpu_policy="dedicated", emulator_threads_policy="isolate", vcpus=4)
    )


def test_what_is_used_is_given_back_to_the_last_page() -> None:
    host = cells(2, pinned=True, mempages=HUGE)
    placed = fit(host, guest(cpu_policy="dedicated", mem_page_size="2MB", vcpus=4, numa_nodes=2))
    assert isinstance(placed, GuestTopology)
    used = use(host, placed)
    assert [(c.memory_usage, len(c.pinned_cpus), c.mempages[1].used) for c in used.cells] == [(1024, 2, 512)] * 2
    assert use(used, placed, free=True) == host


def test_a_cpu_is_pinned_once() -> None:
    host = cells(1, pinned=True)
    placed = fit(host, guest(cpu_policy="dedicated", vcpus=2))
    assert isinstance(placed, GuestTopology)
    with pytest.raises(ClaimError, match="cannot be pinned"):
        use(use(host, placed), placed)
