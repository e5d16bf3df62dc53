"""Clusters: one service, many nodes."""

from __future__ import annotations

from kit.scheduling import Scheduler, cluster

from .builders import host, request


def half_full():  # type: ignore[no-untyped-def]
    return cluster("vc", [host(name, memory_mb=8192, instance_memory_mb=4096) for name in ("n1", "n2", "n3")])


def test_nodes_keep_their_names_under_one_host() -> None:
    assert [(each.name, each.node) for each in half_full().nodes] == [("vc", "n1"), ("vc", "n2"), ("vc", "n3")]


def test_total_free_is_not_what_one_server_may_get() -> None:
    found = half_full()
    assert (found.total_free["MEMORY_MB"], found.largest["MEMORY_MB"]) == (3 * 3584, 3584)
    promise = found.promise(request(memory_mb=6000))
    assert promise.broken and promise.as_one == "" and len(promise.nodes) == 3
    assert not found.promise(request(memory_mb=3584)).broken
    assert not found.promise(request(memory_mb=99999)).broken, "a cluster that refuses breaks no promise"


def test_the_scheduler_believes_a_cluster_shown_as_one_node() -> None:
    asked = request(memory_mb=6000)
    assert Scheduler([half_full().as_one]).select(asked).ok
    assert not Scheduler(half_full().nodes).select(asked).ok


def test_even_overcommit_leaves_a_node_its_largest_server() -> None:
    found = cluster("vc", [host(name, vcpus=4) for name in ("n1", "n2")])
    assert (found.total_free["VCPU"], found.largest["VCPU"]) == (32, 4)
