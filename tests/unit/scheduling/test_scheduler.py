"""Decisions: candidates, filters, weights, claims; several servers; both eras; both ways of computing."""

from __future__ import annotations

import random
from typing import Any

import pytest

from kit.scheduling import Aggregate, Options, Placement, RequestError, Scheduler, ServerGroup, Service

from .builders import NFV, cells, host, request

WAYS = pytest.mark.parametrize("vectorised", [False, True], ids=["one by one", "together"])


def hosts(*ram_used: int, **fields: Any) -> list[Any]:
    return [host(f"c{number + 1}", instance_memory_mb=used, **fields) for number, used in enumerate(ram_used)]


@WAYS
def test_spreading_is_the_default(vectorised: bool) -> None:
    assert Scheduler(hosts(30000, 10000, 20000), vectorised=vectorised).select(request()).chosen == ["c2"]


@WAYS
def test_equals_stay_in_the_order_in_which_they_came(vectorised: bool) -> None:
    weighed = Scheduler(hosts(0, 0, 0), vectorised=vectorised).select(request()).steps[0].weighed
    assert [each.host for each in weighed] == ["c1", "c2", "c3"]


@WAYS
def test_without_a_candidate_no_filter_is_run(vectorised: bool) -> None:
    decision = Scheduler(hosts(64000, 65000), vectorised=vectorised).select(request())
    assert (decision.outcome, decision.steps, decision.chosen) == ("NoValidHost", [], [])
    assert decision.placement[0].fallen["c1"] == "asks 2048 MB; (65536 - 512) x 1 - 64000 = 1024 MB are free"


@WAYS
def test_once_no_host_is_left_the_other_filters_are_not_run(vectorised: bool) -> None:
    decision = Scheduler(hosts(0, service=Service(forced_down=True)), vectorised=vectorised).select(request())
    assert [each.name for each in decision.steps[0].filters] == ["ComputeFilter"]
    assert decision.reason == "new-1: ComputeFilter left none of 1"
    assert decision.fault == "No valid host was found. There are not enough hosts available."


@WAYS
def test_a_disabled_host_is_no_candidate_at_all(vectorised: bool) -> None:
    decision = Scheduler([host("c1", service=Service(disabled=True)), host("c2")], vectorised=vectorised).select(
        request()
    )
    assert decision.placement[0].fallen == {"c1": "has the trait COMPUTE_STATUS_DISABLED, which is forbidden"}


@WAYS
def test_each_server_consumes_so_that_the_next_goes_elsewhere(vectorised: bool) -> None:
    decision = Scheduler(hosts(0, 0, 0), vectorised=vectorised).select(request(3, memory_mb=8192))
    assert decision.chosen == ["c1", "c2", "c3"]
    assert [step.hosts for step in decision.steps] == [["c1", "c2", "c3"], ["c1", "c2", "c3"], ["c2", "c3", "c1"]]
    assert [each.name for each in decision.steps[1].filters] == [
        "ServerGroupAntiAffinityFilter",
        "ServerGroupAffinityFilter",
    ]


@WAYS
def test_a_chosen_host_is_weighed_with_the_server_on_it(vectorised: bool) -> None:
    second = Scheduler(hosts(0, 0), vectorised=vectorised).select(request(2, ephemeral_gb=10)).steps[1].weighed
    raw = {name: one.raw for name, one in second[1].contributions.items()}
    assert (second[1].host, raw["CPUWeigher"], raw["RAMWeigher"], raw["DiskWeigher"]) == (
        "c1",
        62.0,
        62976.0,
        970 * 1024.0,
    )
    assert (raw["IoOpsWeigher"], raw["NumInstancesWeigher"]) == (1.0, 1.0)


@WAYS
def test_several_servers_fail_as_a_whole_and_leave_no_claim(vectorised: bool) -> None:
    scheduler = Scheduler(hosts(0, 0), vectorised=vectorised)
    group = ServerGroup(policy="anti-affinity", members=("new-1", "new-2", "new-3"))
    decision = scheduler.select(request(3, group=group, hints={"group": "g"}))
    assert (decision.ok, decision.chosen, decision.claimed) == (False, [], {})
    assert scheduler.placement.consumers == {}
    assert [step.chosen for step in decision.steps] == ["c1", "c2", None]


@WAYS
def test_affinity_follows_the_first_server(vectorised: bool) -> None:
    group = ServerGroup(policy="affinity", members=("new-1", "new-2"))
    assert Scheduler(hosts(0, 0), vectorised=vectorised).select(request(2, group=group)).chosen == ["c1", "c1"]


@WAYS
def test_who_loses_a_claim_takes_the_next_host(vectorised: bool) -> None:
    scheduler = Scheduler([host("c1"), host("c2", instance_memory_mb=60000)], vectorised=vectorised)
    choice = scheduler.begin(request())
    scheduler.placement.claim("other", {"c1": {"MEMORY_MB": 65000}})
    decision = choice.finish()
    assert decision.chosen == ["c2"]
    assert decision.steps[0].refused == {"c1": "asks 2048 MB; (65536 - 512) x 1 - 65000 = 24 MB are free"}
    assert "claim was lost" in decision.why_not("c1")


@WAYS
def test_when_every_claim_is_lost_there_is_no_valid_host(vectorised: bool) -> None:
    scheduler = Scheduler([host("c1")], vectorised=vectorised)
    choice = scheduler.begin(request())
    scheduler.placement.claim("other", {"c1": {"MEMORY_MB": 65000}})
    assert choice.finish().reason == "the claim was lost on every host that passed"


def test_alternates_are_hosts_of_the_cell_that_no_server_got() -> None:
    many = [host("c1"), host("c2"), host("c3"), host("c4", cell_uuid="cell2"), host("c5")]
    assert Scheduler(many).select(request(), alternates=True).alternates == [["c2", "c3"]]
    assert Scheduler(many).select(request(2), alternates=True).alternates == [["c3", "c5"], ["c3", "c5"]]
    one = Scheduler(many, options={"scheduler.max_attempts": 1}).select(request(), alternates=True)
    assert one.alternates == [[]]


def test_forced_hosts_run_no_filter_but_must_have_room() -> None:
    down = [host("c1", service=Service(forced_down=True)), host("c2")]
    decision = Scheduler(down).select(request(force_hosts=("c1",)))
    assert (decision.chosen, decision.steps[0].filters, decision.steps[0].forced) == (["c1"], [], True)
    full = Scheduler([host("c1", instance_memory_mb=65000), host("c2")]).select(request(force_hosts=("c1",)))
    assert not full.ok and full.placement[0].fallen["c2"] == "is not the host asked for, c1"


def test_a_destination_goes_through_the_filters() -> None:
    decision = Scheduler([host("c1", service=Service(forced_down=True)), host("c2")]).select(
        request(destination_host="c1")
    )
    assert decision.reason == "new-1: ComputeFilter left none of 1"


def test_ignored_hosts_are_left_out_before_the_filters() -> None:
    decision = Scheduler([host("C1"), host("c2"), host("c3")]).select(request(ignore_hosts=("c1", "C2")))
    assert decision.steps[0].hosts == ["c3"]
    assert "left out before the filters" in decision.why_not("C1")


def test_an_unknown_host_is_no_valid_host_without_a_query() -> None:
    decision = Scheduler([host()]).select(request(force_hosts=("c9",)))
    assert (decision.ok, decision.placement, decision.reason) == (False, [], "there is no host c9")


def test_a_service_with_many_nodes_is_one_host_to_choose_and_many_to_look_at() -> None:
    nodes = [host("vc", nodename="n1", instance_memory_mb=9000), host("vc", nodename="n2")]
    decision = Scheduler(nodes).select(request(destination_host="vc"))
    assert decision.chosen == ["vc/n2"] and "limit" not in decision.placement[0].query
    assert Scheduler(nodes).select(request(destination_host="vc", destination_node="n1")).chosen == ["vc/n1"]


@WAYS
def test_dedicated_cpus_ask_twice_and_claim_what_the_host_has(vectorised: bool) -> None:
    both = [
        host("c1", vcpus=8, numa_topology=cells(2)),
        host("c2", vcpus=0, pcpus=8, numa_topology=cells(2, pinned=True)),
    ]
    decision = Scheduler(both, options=NFV, vectorised=vectorised).select(request(specs={"hw:cpu_policy": "dedicated"}))
    assert [step.candidates for step in decision.placement] == [["c2"], ["c1"]]
    assert decision.claimed == {"c2": {"PCPU": 2, "MEMORY_MB": 2048, "DISK_GB": 20}}
    off = NFV | {"workarounds.disable_fallback_pcpu_query": True}
    assert (
        len(
            Scheduler(both, options=off, vectorised=vectorised)
            .select(request(specs={"hw:cpu_policy": "dedicated"}))
            .placement
        )
        == 1
    )


@WAYS
def test_servers_fill_cells_and_devices_one_after_the_other(vectorised: bool) -> None:
    from kit.scheduling import PciPool

    one = host(vcpus=0, pcpus=8, numa_topology=cells(2, pinned=True), pci_pools=(PciPool("8086", "154d", 2, 0),))
    wanted = {"hw:cpu_policy": "dedicated", "pci_passthrough:alias": "nic:1"}
    scheduler = Scheduler([one], options=NFV, vectorised=vectorised)
    assert scheduler.select(request(2, specs=wanted)).ok
    decision = Scheduler([one], options=NFV, vectorised=vectorised).select(request(3, specs=wanted))
    assert decision.reason == "new-3: NUMATopologyFilter left none of 1"


def test_a_rebuild_asks_no_placement_and_claims_nothing() -> None:
    scheduler = Scheduler([host(instance_memory_mb=65000)])
    decision = scheduler.select(request(rebuild=True, force_hosts=(), destination_host="c1"))
    assert (decision.chosen, decision.placement, scheduler.placement.consumers) == (["c1"], [], {})


def test_a_request_that_contradicts_itself_is_an_error_not_a_record() -> None:
    with pytest.raises(RequestError):
        Scheduler([host()]).select(request(specs={"hw:numa_nodes": 3}))


def test_a_subset_is_chosen_from_by_chance_and_equals_are_shuffled() -> None:
    options = {"filter_scheduler.host_subset_size": 3}
    taken = {
        Scheduler(hosts(0, 1, 2, 3), options=options, rng=random.Random(n)).select(request()).chosen[0]
        for n in range(30)
    }
    assert taken == {"c1", "c2", "c3"}
    shuffle = {"filter_scheduler.shuffle_best_same_weighed_hosts": True}
    taken = {
        Scheduler(hosts(0, 0, 5), options=shuffle, rng=random.Random(n)).select(request()).chosen[0] for n in range(30)
    }
    assert taken == {"c1", "c2"}


def test_aggregates_find_their_hosts() -> None:
    zone = [Aggregate("z", frozenset({"c2"}), {"availability_zone": "az2"})]
    assert Scheduler(hosts(0, 0), zone).select(request(availability_zone="az2")).chosen == ["c2"]


def test_two_schedulers_may_share_one_placement() -> None:
    both = hosts(0)
    placement = Placement.from_hosts(both)
    one, two = (Scheduler(both, placement=placement) for _ in range(2))
    assert one.select(request(servers=1, memory_mb=40000)).ok
    assert not two.select(request(memory_mb=40000).changed(servers=("other",))).ok


# Liberty

LIBERTY = Options(era="liberty")


@WAYS
def test_liberty_looks_at_all_hosts_and_claims_nothing(vectorised: bool) -> None:
    scheduler = Scheduler(hosts(0, 100), options=LIBERTY, vectorised=vectorised)
    decision = scheduler.select(request())
    assert (decision.placement, decision.chosen, scheduler.placement.consumers) == ([], ["c1"], {})
    assert [each.name for each in decision.steps[0].filters][:4] == [
        "RetryFilter",
        "AvailabilityZoneFilter",
        "RamFilter",
        "DiskFilter",
    ]


@WAYS
def test_the_two_eras_differ_on_one_request(vectorised: bool) -> None:
    """Overcommitted memory of 1.5, and one server larger than what is left without it."""
    full = [host(memory_mb=8192, instance_memory_mb=7000)]
    assert Scheduler(full, options=LIBERTY, vectorised=vectorised).select(request(memory_mb=4096)).ok
    today = Scheduler(full, vectorised=vectorised).select(request(memory_mb=4096))
    assert today.why_not("c1") == "c1 fell in Placement: asks 4096 MB; (8192 - 512) x 1 - 7000 = 680 MB are free"


def test_the_overcommit_formula_lets_a_server_in_that_the_host_cannot_run() -> None:
    """Ratio 2, 4 CPUs in all, 1 free, 4 asked: 4 x 2 - 3 = 5."""
    options = Options(
        {"filter_scheduler.enabled_filters": ["CoreFilter"], "DEFAULT.cpu_allocation_ratio": 2.0}, era="liberty"
    )
    one = [host(vcpus=4, instance_vcpus=3)]
    assert Scheduler(one, options=options).select(request(vcpus=4)).ok
    assert not Scheduler(one, options=options).select(request(vcpus=6)).ok


def test_liberty_keeps_the_order_of_hosts_between_servers() -> None:
    decision = Scheduler(hosts(0, 0, 0), options=LIBERTY).select(request(3, memory_mb=8192))
    assert [step.hosts for step in decision.steps] == [["c1", "c2", "c3"]] * 3
    assert decision.chosen == ["c1", "c2", "c3"]
