"""Compute nodes: claims, moves, audits; and a cloud of them."""

from __future__ import annotations

import pytest

from kit.scheduling import ClaimError, ComputeCloud, ComputeNode, Options, PciPool, Service

from .builders import NFV, cells, flavor, host, request


def named(server: str, **fields: object):  # type: ignore[no-untyped-def]
    return request(**fields).changed(servers=(server,))


def test_a_claim_shows_in_the_report_and_goes_with_the_server() -> None:
    node = ComputeNode(
        host(numa_topology=cells(2, pinned=True), pcpus=8, pci_pools=(PciPool("8086", "154d", 2, 0),)), Options(NFV)
    )
    before = node.host
    node.claim("a", request(specs={"hw:cpu_policy": "dedicated", "pci_passthrough:alias": "nic:1"}))
    after = node.host
    assert (after.instance_pcpus, after.instance_memory_mb, after.num_instances, after.pci_pools[0].count) == (
        2,
        2048,
        1,
        1,
    )
    assert after.numa_topology and len(after.numa_topology.cells[0].pinned_cpus) == 2
    node.drop("a")
    assert node.host == before


def test_today_a_claim_tests_cells_and_devices_alone() -> None:
    node = ComputeNode(host(numa_topology=cells(1, pinned=True), memory_mb=1024), Options(NFV))
    node.claim("big", request(memory_mb=9999))  # memory was Placement's
    with pytest.raises(ClaimError, match="dedicated CPUs asked"):
        node.claim("wide", request(vcpus=5, specs={"hw:cpu_policy": "dedicated"}))
    with pytest.raises(ClaimError, match="has not the PCI devices"):
        node.claim("nic", request(specs={"pci_passthrough:alias": "nic:1"}))
    with pytest.raises(ClaimError, match="already"):
        node.claim("big", request())


def test_liberty_tests_memory_and_disk_against_the_limits_of_its_filters() -> None:
    node = ComputeNode(host(memory_mb=4096, local_gb=40), Options(era="liberty"))
    with pytest.raises(ClaimError, match="asks 6000 MB; 6144 - 512 = 5632 MB are free"):
        node.claim("a", request(memory_mb=6000))
    with pytest.raises(ClaimError, match="GB of disk"):
        node.claim("a", request(root_gb=41))
    node.claim("a", request(vcpus=99))  # CoreFilter is not among Liberty's defaults, so CPUs have no limit
    counted = Options({"filter_scheduler.enabled_filters": ["CoreFilter"]}, era="liberty")
    with pytest.raises(ClaimError, match="vCPUs"):
        ComputeNode(host(vcpus=1), counted).claim("a", request(vcpus=17))


def test_an_audit_finds_what_drifted_and_mends_it() -> None:
    node = ComputeNode(host())
    node.claim("gone", request())
    assert (
        repr(node.audit({"unknown"}, mend=False))
        == "c1 counts gone, which is not here\nc1 does not count unknown, which is here"
    )
    node.audit(set())
    assert not node.audit(set()) and node.host.num_instances == 0


def test_a_build_that_fails_goes_to_an_alternate_and_is_counted() -> None:
    cloud = ComputeCloud([host("c1"), host("c2")])
    assert cloud.build(named("a"), fails_on=["c1"]).chosen == ["c1"]
    assert cloud.servers["a"].node == "c2" and cloud.nodes["c1"].failed_builds == 1
    assert cloud.placement.usages("c1") == {} and not cloud.drift()


def test_a_build_that_fails_everywhere_leaves_nothing() -> None:
    cloud = ComputeCloud([host("c1"), host("c2")])
    cloud.build(named("a"), fails_on=["c1", "c2"])
    assert cloud.servers == {} and cloud.placement.consumers == {} and not cloud.drift()


def test_cells_can_still_be_raced_for_on_the_node() -> None:
    """The scheduler sees no cells without its filter; the node refuses, and an alternate takes the server."""
    cloud = ComputeCloud([host("c1", numa_topology=cells(1, 2)), host("c2", numa_topology=cells(1, 4))])
    cloud.build(named("a", vcpus=4, specs={"hw:numa_nodes": 1}))
    assert cloud.servers["a"].node == "c2" and not cloud.drift()


def test_a_resize_holds_both_until_it_is_confirmed_or_reverted() -> None:
    cloud = ComputeCloud([host("c1"), host("c2")])
    cloud.build(named("a"))
    cloud.resize("a", flavor(vcpus=4))
    assert (cloud.placement.usages("c1")["VCPU"], cloud.placement.usages("c2")["VCPU"]) == (2, 4)
    cloud.revert("a")
    assert (cloud.servers["a"].node, cloud.placement.usages("c2")) == ("c1", {})
    cloud.resize("a", flavor(vcpus=4))
    cloud.confirm("a")
    assert (cloud.servers["a"].node, cloud.placement.usages("c1"), cloud.nodes["c1"].host.num_instances) == (
        "c2",
        {},
        0,
    )
    assert not cloud.drift()


def test_a_resize_on_its_own_host_needs_room_for_both() -> None:
    cloud = ComputeCloud([host("c1", memory_mb=8704)])  # 8192 for servers
    cloud.build(named("a", memory_mb=4096))
    assert not cloud.resize("a", flavor(memory_mb=5000), same_host=True).ok
    assert cloud.resize("a", flavor(memory_mb=4000), same_host=True).ok
    assert cloud.placement.usages("c1")["MEMORY_MB"] == 8096
    cloud.confirm("a")
    assert cloud.placement.usages("c1")["MEMORY_MB"] == 4000 and not cloud.drift()


def test_a_server_can_be_resized_on_its_own_host_again_and_again() -> None:
    cloud = ComputeCloud([host("c1")])
    cloud.build(named("a"))
    for vcpus in (4, 1, 3):
        assert cloud.resize("a", flavor(vcpus=vcpus), same_host=True).ok
        assert cloud.servers["a"].state == "resized"
        cloud.confirm("a")
    assert (cloud.placement.usages("c1")["VCPU"], cloud.nodes["c1"].host.instance_vcpus) == (3, 3) and not cloud.drift()


def test_a_resize_that_finds_no_host_leaves_the_server_as_it_was() -> None:
    cloud = ComputeCloud([host("c1"), host("c2")])
    cloud.build(named("a"))
    assert not cloud.resize("a", flavor(memory_mb=99999)).ok
    assert (cloud.servers["a"].state, cloud.placement.usages("c1")["MEMORY_MB"]) == (
        "active",
        2048,
    ) and not cloud.drift()


def test_a_migration_moves_all() -> None:
    cloud = ComputeCloud([host("c1"), host("c2"), host("c3")])
    cloud.build(named("a"))
    assert cloud.migrate("a", "c3").chosen == ["c3"] and cloud.servers["a"].state == "active"
    assert cloud.placement.usages("c1") == {} and not cloud.drift()


def test_a_dead_host_holds_what_it_held_until_it_is_back() -> None:
    cloud = ComputeCloud([host("c1"), host("c2")])
    cloud.build(named("a"))
    cloud.fail("c1")
    assert cloud.evacuate("a").chosen == ["c2"]
    assert cloud.placement.usages("c1")["VCPU"] == 2
    assert repr(cloud.recover("c1")) == "c1 still carried a, which is on c2 now"
    assert cloud.placement.usages("c1") == {} and not cloud.drift()
    assert cloud.nodes["c1"].host.service == Service()


def test_drift_is_seen() -> None:
    cloud = ComputeCloud([host("c1")])
    cloud.build(named("a"))
    cloud.placement.claim("ghost", {"c1": {"VCPU": 1}})
    cloud.nodes["c1"].drop("a")
    assert [line.split()[0] for line in cloud.drift().found] == ["c1", "Placement", "Placement"]
