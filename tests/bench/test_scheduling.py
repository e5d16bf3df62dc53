"""How long the scheduler takes; measured, never passed or failed."""

from __future__ import annotations

import random
from typing import Any

import pytest

from kit.scheduling import Cell, Flavor, Host, NumaTopology, Pages, PciPool, Request, Scheduler
from kit.scheduling.options import DEFAULT_FILTERS

UNLIMITED = {"scheduler.max_placement_results": 1_000_000}
NFV = UNLIMITED | {
    "filter_scheduler.enabled_filters": [*DEFAULT_FILTERS, "NUMATopologyFilter", "PciPassthroughFilter"],
    "pci.alias": [{"name": "nic", "vendor_id": "8086", "product_id": "154d"}],
}
GUESTS = {
    "two cells": {"hw:numa_nodes": "2", "pci_passthrough:alias": "nic:1"},
    "pinned": {"hw:cpu_policy": "dedicated", "pci_passthrough:alias": "nic:1"},
    "pages": {"hw:mem_page_size": "large", "hw:numa_nodes": "2", "pci_passthrough:alias": "nic:1"},
}


def hosts(count: int, *, nfv: bool = False) -> list[Host]:
    """Hosts that differ in all that is weighed; each with cells and devices of its own where `nfv`."""
    chance = random.Random(count)
    return [
        Host(
            name=f"c{number}", vcpus=32, memory_mb=131072, local_gb=2000, pcpus=16 if nfv else 0,
            instance_vcpus=chance.randrange(100), instance_memory_mb=chance.randrange(100_000),
            instance_disk_mb=chance.randrange(1000) * 1024, num_io_ops=chance.randrange(8),
            num_instances=chance.randrange(40), failed_builds=chance.randrange(2),
            hypervisor_version=chance.choice([8002000, 7000000]), supported_instances=(("x86_64", "kvm", "hvm"),),
            numa_topology=NumaTopology(tuple(cell(number, chance) for number in range(2))) if nfv else None,
            pci_pools=(PciPool("8086", "154d", chance.randrange(1, 5), chance.randrange(2)),) if nfv else (),
        )
        for number in range(count)
    ]  # fmt: skip


def cell(number: int, chance: random.Random) -> Cell:
    pinned = range(16 + number * 8, 24 + number * 8)
    return Cell(
        id=number, cpuset=frozenset(range(number * 8, number * 8 + 8)), pcpuset=frozenset(pinned), memory=32768,
        memory_usage=chance.randrange(16_000), pinned_cpus=frozenset(cpu for cpu in pinned if chance.random() < 0.3),
        siblings=tuple(frozenset((cpu, cpu + 4)) for cpu in pinned[:4]),
        mempages=(Pages(4, 6291456), Pages(2048, 4096, chance.randrange(2000))),
    )  # fmt: skip


def decide(scheduler: Scheduler, request: Request) -> Any:
    decision = scheduler.select(request)
    for server in request.servers:
        scheduler.placement.release(server)
    return decision


@pytest.mark.parametrize("count", [100, 1_000, 10_000])
def test_default_filters_and_all_weighers(benchmark: Any, count: int) -> None:
    """A scheduler that stays: its view is read once."""
    scheduler = Scheduler(hosts(count), options=UNLIMITED)
    found = benchmark(decide, scheduler, Request(flavor=Flavor(vcpus=2, memory_mb=2048, root_gb=20)))
    benchmark.extra_info["passed"] = len(found.steps[0].weighed)


@pytest.mark.parametrize("count", [1_000, 10_000])
def test_default_filters_from_a_fresh_view(benchmark: Any, count: int) -> None:
    """Providers and columns are made anew for one decision."""
    found, request = hosts(count), Request(flavor=Flavor(vcpus=2, memory_mb=2048, root_gb=20))
    benchmark.pedantic(lambda: Scheduler(found, options=UNLIMITED).select(request), rounds=5, warmup_rounds=1)


@pytest.mark.parametrize("count", [1_000, 10_000])
def test_default_filters_with_the_whole_record_as_data(benchmark: Any, count: int) -> None:
    scheduler = Scheduler(hosts(count), options=UNLIMITED)
    request = Request(flavor=Flavor(vcpus=2, memory_mb=2048, root_gb=20))
    benchmark.pedantic(lambda: decide(scheduler, request).to_dict(), rounds=5, warmup_rounds=1)


@pytest.mark.parametrize("count", [1_000, 10_000])
def test_default_filters_one_host_at_a_time(benchmark: Any, count: int) -> None:
    scheduler = Scheduler(hosts(count), options=UNLIMITED, vectorised=False)
    request = Request(flavor=Flavor(vcpus=2, memory_mb=2048, root_gb=20))
    benchmark.pedantic(decide, (scheduler, request), rounds=5, warmup_rounds=1)


@pytest.mark.parametrize("guest", GUESTS)
@pytest.mark.parametrize("count", [1_000])
def test_numa_and_pci(benchmark: Any, count: int, guest: str) -> None:
    scheduler = Scheduler(hosts(count, nfv=True), options=NFV)
    request = Request(flavor=Flavor(vcpus=4, memory_mb=4096, root_gb=20, extra_specs=GUESTS[guest]))
    found = benchmark.pedantic(decide, (scheduler, request), rounds=5, warmup_rounds=1)
    benchmark.extra_info["passed"] = len(found.steps[0].weighed)


def test_ten_servers_at_once(benchmark: Any) -> None:
    scheduler = Scheduler(hosts(1_000), options=UNLIMITED)
    servers = tuple(f"s{number}" for number in range(10))
    request = Request(flavor=Flavor(vcpus=2, memory_mb=2048, root_gb=20), servers=servers)
    benchmark.pedantic(decide, (scheduler, request), rounds=5, warmup_rounds=1)
