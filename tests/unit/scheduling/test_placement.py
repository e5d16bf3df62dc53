"""Placement: capacity, traits, candidates, claims and generations."""

import pytest

from kit.scheduling import (
    Aggregate,
    CapacityExceeded,
    ConcurrentUpdate,
    Inventory,
    InventoryError,
    Options,
    Placement,
    Provider,
    RequestGroup,
    ResourceQuery,
    Service,
    UnknownProvider,
    resources_of,
)
from kit.scheduling.candidates import Candidates
from kit.scheduling.prefilters import Refused, query_for

from .builders import host, request


def query(**resources: int) -> ResourceQuery:
    return ResourceQuery({"": RequestGroup(resources)})


@pytest.mark.parametrize(
    ("inventory", "asked", "used", "why"),
    [
        (Inventory(8192, 512, 1.5), 4096, 8000, "asks 4096 MB; (8192 - 512) x 1.5 - 8000 = 3520 MB are free"),
        (Inventory(8192, 512), 2048, 5632, ""),
        (Inventory(8192, 512), 2048, 5633, "asks 2048 MB; (8192 - 512) x 1 - 5633 = 2047 MB are free"),
        (Inventory(8, 0, 4.0), 12, 0, "asks 12 MB at once; one server may have at most 8 MB (max_unit)"),
        (Inventory(8, min_unit=4), 2, 0, "asks 2 MB; at least 4 MB must be taken (min_unit)"),
        (Inventory(64, step_size=8), 12, 0, "asks 12 MB; it is given in steps of 8 MB (step_size)"),
    ],
)
def test_capacity_rules_tell_the_figures(inventory: Inventory, asked: int, used: int, why: str) -> None:
    assert inventory.refuses(asked, used, "MEMORY_MB") == why


@pytest.mark.parametrize("amount", [1, 2, 4, 5, 8, 9, 10, 12, 16, 17])
def test_units_and_steps_count_for_all_providers_at_once(amount: int) -> None:
    placement = Placement(
        [Provider("c1", {"VCPU": Inventory(16, allocation_ratio=2.0, min_unit=2, max_unit=10, step_size=2)})]
    )
    assert Candidates(placement).find(query(VCPU=amount)) == placement.candidates(query(VCPU=amount))


@pytest.mark.parametrize(
    "numbers", [{"total": 0}, {"total": 4, "reserved": 5}, {"total": 4, "step_size": 0}, {"total": 4, "reserved": -1}]
)
def test_an_inventory_without_sense_is_refused(numbers: dict[str, int]) -> None:
    with pytest.raises(InventoryError):
        Inventory(**numbers)


def test_overcommit_never_lets_one_server_exceed_the_host() -> None:
    placement = Placement.from_hosts([host(vcpus=8)])
    with pytest.raises(CapacityExceeded, match="max_unit"):
        placement.claim("s", {"c1": {"VCPU": 12}})


def test_a_claim_is_whole_or_not_at_all() -> None:
    placement = Placement.from_hosts([host("c1"), host("c2", vcpus=1)])
    with pytest.raises(CapacityExceeded):
        placement.claim("s", {"c1": {"VCPU": 2}, "c2": {"VCPU": 2}})
    assert placement.usages("c1") == {} and placement.allocations("s") == {}


def test_a_claim_replaces_what_the_consumer_held() -> None:
    placement = Placement.from_hosts([host("c1", cpu_allocation_ratio=1.0), host("c2")])
    placement.claim("s", {"c1": {"VCPU": 16}})
    placement.claim("s", {"c1": {"VCPU": 10}, "c2": {"VCPU": 1}})
    assert (placement.usages("c1"), placement.usages("c2")) == ({"VCPU": 10}, {"VCPU": 1})
    placement.release("s")
    assert placement.usages("c1") == {} and "s" not in placement.consumers


def test_who_comes_second_with_an_old_consumer_generation_loses() -> None:
    placement = Placement.from_hosts([host()])
    placement.claim("s", {"c1": {"VCPU": 1}}, generation=0)
    with pytest.raises(ConcurrentUpdate) as caught:
        placement.claim("s", {"c1": {"VCPU": 2}}, generation=0)
    assert (caught.value.status, caught.value.code) == (409, "placement.concurrent_update")
    assert placement.usages("c1") == {"VCPU": 1}


def test_every_claim_raises_the_generation_of_the_provider() -> None:
    placement = Placement.from_hosts([host()])
    read = placement.provider("c1").generation
    placement.claim("s", {"c1": {"VCPU": 1}})
    with pytest.raises(ConcurrentUpdate):
        placement.set_inventory("c1", {"VCPU": Inventory(4)}, generation=read)


def test_a_class_in_use_cannot_go_but_may_shrink() -> None:
    placement = Placement.from_hosts([host()])
    placement.claim("s", {"c1": {"VCPU": 8}})
    with pytest.raises(InventoryError, match="VCPU is in use"):
        placement.set_inventory("c1", {"MEMORY_MB": Inventory(1)})
    placement.set_inventory("c1", {"VCPU": Inventory(4)})
    placement.claim("s", {"c1": {"VCPU": 8}})  # what is held may stay
    with pytest.raises(CapacityExceeded):
        placement.claim("t", {"c1": {"VCPU": 1}})


def test_an_unknown_provider_is_404() -> None:
    with pytest.raises(UnknownProvider) as caught:
        Placement().usages("c9")
    assert caught.value.status == 404


def test_a_host_reports_what_it_has_and_that_it_is_disabled() -> None:
    provider = Provider.from_host(host(pcpus=4, extra_inventory={"CUSTOM_A": 2}, service=Service(disabled=True)))
    assert set(provider.inventories) == {"VCPU", "PCPU", "MEMORY_MB", "DISK_GB", "CUSTOM_A"}
    assert provider.inventories["MEMORY_MB"].reserved == 512 and provider.traits == {"COMPUTE_STATUS_DISABLED"}


def test_a_class_that_a_host_has_none_of_is_not_in_its_inventory() -> None:
    assert Provider.from_host(host(vcpus=0)).refuses(query(VCPU=1)) == "has no VCPU"


@pytest.mark.parametrize(
    ("specs", "text"),
    [
        ({"resources:VCPU": "0"}, "resources=DISK_GB:20,MEMORY_MB:2048"),
        ({"resources:CUSTOM_A": "1"}, "resources=CUSTOM_A:1,DISK_GB:20,MEMORY_MB:2048,VCPU:2"),
        ({"resources:BOGUS": "1", "resources:CUSTOM_A": "x"}, "resources=DISK_GB:20,MEMORY_MB:2048,VCPU:2"),
        ({"trait:A": "required", "trait:B": "forbidden"}, "required=A,!B&resources=DISK_GB:20,MEMORY_MB:2048,VCPU:2"),
        ({"hw:cpu_policy": "dedicated"}, "resources=DISK_GB:20,MEMORY_MB:2048,PCPU:2"),
        ({"hw:cpu_policy": "mixed", "hw:cpu_dedicated_mask": "0"}, "resources=DISK_GB:20,MEMORY_MB:2048,PCPU:1,VCPU:1"),
        (
            {"hw:cpu_policy": "dedicated", "hw:cpu_thread_policy": "isolate", "hw:emulator_threads_policy": "isolate"},
            "required=!HW_CPU_HYPERTHREADING&resources=DISK_GB:20,MEMORY_MB:2048,PCPU:3",
        ),
        ({"resources1:VGPU": "1", "trait1:X": "required"}, "required1=X&resources=DISK_GB:20,MEMORY_MB:2048,VCPU:2&resources1=VGPU:1"),
        ({"hw:mem_encryption": "true"}, "required=HW_CPU_X86_AMD_SEV&resources=DISK_GB:20,MEMORY_MB:2048,MEM_ENCRYPTION_CONTEXT:1,VCPU:2"),
    ],
)  # fmt: skip
def test_extra_specs_become_a_query(specs: dict[str, str], text: str) -> None:
    assert str(resources_of(request(specs=specs), limit=None)) == text


def test_a_zone_is_an_aggregate_and_a_disabled_host_is_forbidden() -> None:
    zone = Aggregate("z", frozenset({"c1"}), {"availability_zone": "az"})
    found = query_for(request(availability_zone="az"), Options(), [zone], [])
    assert "member_of=in:{z}" in str(found) and "root_required=!COMPUTE_STATUS_DISABLED" in str(found)


def test_tenants_and_traits_narrow_aggregates_where_options_say_so() -> None:
    kept = [
        Aggregate("red", metadata={"filter_tenant_id2": "p"}),
        Aggregate("fpga", metadata={"trait:FPGA": "required"}),
    ]
    options = Options(
        {"scheduler.limit_tenants_to_placement_aggregate": True, "scheduler.enable_isolated_aggregate_filtering": True}
    )
    assert "member_of=!in:{fpga}&member_of=in:{red}" in str(query_for(request(), options, kept, []))
    assert "!in" not in str(query_for(request(specs={"trait:FPGA": "required"}), options, kept, []))


def test_a_project_without_its_aggregate_is_refused_where_it_must_have_one() -> None:
    options = Options({
        "scheduler.limit_tenants_to_placement_aggregate": True, "scheduler.placement_aggregate_required_for_tenants": True,
    })  # fmt: skip
    with pytest.raises(Refused, match="project p"):
        query_for(request(), options, [], [])


def test_affinity_hints_lift_the_limit_and_a_named_host_is_the_only_tree() -> None:
    assert query_for(request(hints={"group": "g"}), Options(), [], []).limit is None
    assert query_for(request(force_hosts=("c1",)), Options(), [], [host()]).group().in_tree == "c1"
    with pytest.raises(Refused, match="no host c9"):
        query_for(request(destination_host="c9"), Options(), [], [host()])


def test_a_limit_cuts_the_candidates() -> None:
    placement = Placement.from_hosts([host(f"c{n}") for n in range(5)])
    found = ResourceQuery({"": RequestGroup({"VCPU": 1})}, limit=2)
    assert placement.candidates(found) == Candidates(placement).find(found) == ["c0", "c1"]


def test_groups_of_one_class_add_up_on_a_host_and_isolate_wants_a_host_each() -> None:
    placement = Placement.from_hosts([host(cpu_allocation_ratio=1.0)])
    both = ResourceQuery({"1": RequestGroup({"VCPU": 10}), "2": RequestGroup({"VCPU": 10})}, group_policy="none")
    assert placement.candidates(both) == Candidates(placement).find(both) == []
    small = ResourceQuery({"1": RequestGroup({"VCPU": 1}), "2": RequestGroup({"VCPU": 1})}, group_policy="isolate")
    assert placement.candidates(small) == Candidates(placement).find(small) == []


def test_candidates_see_claims_and_changes_at_once() -> None:
    placement = Placement.from_hosts([host("c1", cpu_allocation_ratio=1.0), host("c2")])
    finder = Candidates(placement)
    assert finder.find(query(VCPU=16)) == ["c1", "c2"]
    placement.claim("s", {"c1": {"VCPU": 1}})
    assert finder.find(query(VCPU=16)) == ["c2"]
    placement.set_inventory("c2", {"VCPU": Inventory(4)})
    assert finder.find(query(VCPU=16)) == []
    placement.set_traits("c2", {"T"}, {"agg"})
    wanted = ResourceQuery({"": RequestGroup({"VCPU": 1}, required={"T"}, member_of=[frozenset({"agg"})])})
    assert finder.find(wanted) == placement.candidates(wanted) == ["c2"]
