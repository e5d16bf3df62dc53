"""Cells, pages and PCI devices: what servers hold of them, and give back."""

from typing import Any

import pytest
from openstack import exceptions

from kit.cloud import Cloud
from kit.cloud.compute.models import claims
from kit.errors import SeedError

CELL = {"cpus": "0-3", "dedicated": "4-7", "memory_mb": 8192, "pages": {2048: 1024}, "threads": [[4, 6], [5, 7]]}
GPU = {"vendor_id": "10de", "product_id": "1eb8", "count": 2, "numa_node": 1}
HOSTS = [
    {
        "name": name, "local_gb": 200, "numa": [CELL, {**CELL, "cpus": "8-11", "dedicated": "12-15", "threads": []}],
        "pci": [GPU], "traits": ["CUSTOM_FAST"],
    }
    for name in ("a", "b")
]  # fmt: skip
SPECS = {
    "pinned": {"hw:cpu_policy": "dedicated"},
    "two": {"hw:numa_nodes": 2},
    "paged": {"hw:mem_page_size": "2MB"},
    "gpu": {"pci_passthrough:alias": "gpu:1"},
    "plain": {},
}
SEED: dict[str, Any] = {
    "users": [{"name": "u", "roles": {"admin": "member"}}], "hosts": HOSTS, "images": [{"name": "i"}],
    "flavors": [{"name": name, "vcpus": 2, "ram": 1024, "disk": 1, "extra_specs": specs} for name, specs in SPECS.items()],
    "quotas": [{"project": "admin", "compute": {"instances": -1, "cores": -1, "ram": -1}}],
    "scheduler": {"pci": {"alias": [{"name": "gpu", "vendor_id": "10de", "product_id": "1eb8"}]}},
}  # fmt: skip


@pytest.fixture
def pinned_cloud() -> Any:
    cloud = Cloud.from_seed(SEED, random_seed=1, clock="manual")
    yield cloud
    cloud.close()


def boot(conn: Any, flavor: str, name: str = "s", **more: Any) -> Any:
    image, size = conn.get_image("i").id, conn.get_flavor(flavor).id
    return conn.compute.create_server(name=name, image_id=image, flavor_id=size, networks="none", **more)


def settle(cloud: Cloud) -> None:
    cloud.clock.advance(60)
    cloud.settle()


def held(cloud: Cloud) -> list[tuple[str, Any, Any]]:
    """Host, host CPUs and devices of every claim."""
    with cloud.read() as tx:
        return [
            (
                row["host"],
                sorted(cpu for cell in (row["numa"] or {"cells": []})["cells"] for _, cpu in cell["cpu_pinning"]),
                sum(each["count"] for each in row["pci"]),
            )
            for row in tx.rows(claims, order=claims.c.id)
        ]


def topology(conn: Any, server: Any) -> Any:
    return conn.compute.get(f"/servers/{server.id}/topology", microversion="2.78").json()


def test_dedicated_cpus_are_pinned_and_counted(pinned_cloud: Cloud) -> None:
    conn = pinned_cloud.connect()
    server = boot(conn, "pinned")
    assert topology(conn, server) == {
        "nodes": [{"vcpu_set": [0, 1], "siblings": [[0, 1]], "memory_mb": 1024, "host_node": 0, "cpu_pinning": {"0": 4, "1": 6}}],
        "pagesize_kb": None,
    }  # fmt: skip
    (there,) = conn.placement.get(f"/allocations/{server.id}").json()["allocations"].values()
    assert there["resources"] == {"PCPU": 2, "MEMORY_MB": 1024, "DISK_GB": 1}
    conn.compute.delete_server(server)
    settle(pinned_cloud)
    assert held(pinned_cloud) == []


def test_cells_and_pages(pinned_cloud: Cloud) -> None:
    conn = pinned_cloud.connect()
    assert [node["host_node"] for node in topology(conn, boot(conn, "two"))["nodes"]] == [0, 1]
    assert topology(conn, boot(conn, "paged"))["pagesize_kb"] == 2048
    assert topology(conn, boot(conn, "plain")) == {"nodes": [], "pagesize_kb": None}


def test_a_member_sees_no_host_in_the_topology(pinned_cloud: Cloud) -> None:
    server = boot(pinned_cloud.connect(), "pinned")
    shown = topology(pinned_cloud.connect("u", "admin"), server)
    assert shown["nodes"] == [{"vcpu_set": [0, 1], "siblings": [[0, 1]], "memory_mb": 1024}]


@pytest.mark.parametrize("flavor", ["pinned", "paged", "gpu"])
def test_what_is_full_says_so(pinned_cloud: Cloud, flavor: str) -> None:
    conn = pinned_cloud.connect()
    fits = {"pinned": 8, "paged": 8, "gpu": 4}[flavor]
    for number in range(fits + 1):
        boot(conn, flavor, f"s{number}")
    settle(pinned_cloud)
    states = sorted(server.status for server in conn.compute.servers())
    assert states == ["ACTIVE"] * fits + ["ERROR"]
    fault = next(server.fault for server in conn.compute.servers() if server.status == "ERROR")
    words = {"pinned": "dedicated CPUs asked", "paged": "in pages (2048 KiB) asked", "gpu": "asks 1 of gpu"}
    assert fault["code"] == 500 and words[flavor] in fault["details"]
    assert fault["message"] == "No valid host was found. There are not enough hosts available."


def test_a_resize_holds_both_until_it_is_settled(pinned_cloud: Cloud) -> None:
    conn = pinned_cloud.connect()
    server = boot(conn, "pinned")
    settle(pinned_cloud)
    conn.compute.resize_server(server, conn.get_flavor("gpu").id)
    assert held(pinned_cloud) == [("a", [4, 6], 0), ("b", [], 1)]
    settle(pinned_cloud)
    conn.compute.revert_server_resize(server)
    settle(pinned_cloud)
    assert held(pinned_cloud) == [("a", [4, 6], 0)]
    conn.compute.resize_server(server, conn.get_flavor("gpu").id)
    settle(pinned_cloud)
    conn.compute.confirm_server_resize(server)
    assert held(pinned_cloud) == [("b", [], 1)]


def test_a_shelved_server_gives_back_and_takes_again(pinned_cloud: Cloud) -> None:
    conn = pinned_cloud.connect()
    server = boot(conn, "gpu")
    settle(pinned_cloud)
    conn.compute.shelve_server(server)
    settle(pinned_cloud)
    assert held(pinned_cloud) == []
    conn.compute.unshelve_server(server)
    settle(pinned_cloud)
    assert [row[2] for row in held(pinned_cloud)] == [1]


def test_a_cold_migration_pins_anew(pinned_cloud: Cloud) -> None:
    conn = pinned_cloud.connect()
    server = boot(conn, "pinned")
    settle(pinned_cloud)
    conn.compute.migrate_server(server)
    settle(pinned_cloud)
    conn.compute.confirm_server_resize(server)
    assert held(pinned_cloud) == [("b", [4, 6], 0)]


def test_without_the_filter_the_compute_host_refuses(pinned_cloud: Cloud) -> None:
    from kit.cloud.compute.settings import change

    change(pinned_cloud, scheduler={"filter_scheduler.enabled_filters": ["ComputeFilter"]})
    conn = pinned_cloud.connect()
    conn.compute.create_flavor_extra_specs(conn.get_flavor("two").id, {"hw:numa_nodes": "3", "hw:numa_cpus.0": "0"})
    with pytest.raises(exceptions.BadRequestException, match="CPUs and memory must both be written"):
        boot(conn, "two")
    conn.compute.create_flavor(name="wide", vcpus=3, ram=768, disk=1)
    conn.compute.create_flavor_extra_specs(conn.get_flavor("wide").id, {"hw:numa_nodes": "3"})
    boot(conn, "wide")
    settle(pinned_cloud)
    (server,) = conn.compute.servers()
    assert server.fault["message"].startswith("Exceeded maximum number of retries.")
    assert "asks 3 NUMA cells; the host has 2" in server.fault["details"]


def test_an_alias_that_is_none_is_refused(pinned_cloud: Cloud) -> None:
    conn = pinned_cloud.connect()
    conn.compute.create_flavor_extra_specs(conn.get_flavor("plain").id, {"pci_passthrough:alias": "nic:1"})
    with pytest.raises(exceptions.BadRequestException, match="no PCI alias 'nic'"):
        boot(conn, "plain")


@pytest.mark.parametrize(
    ("hosts", "words"),
    [
        ([{"name": "a", "numa": [{"cpus": "0-3", "memory_mb": 64, "pages": {2048: 64}}]}], "64 MiB more than its memory"),
        ([{"name": "a", "numa": [CELL, CELL]}], "CPU 0 is in two cells"),
        ([{"name": "a", "numa": [{"cpus": "3-0", "memory_mb": 64}]}], "names no CPUs"),
        ([{"name": "a", "traits": ["FAST"]}], "no trait 'FAST'"),
        ([{"name": "a", "inventory": {"GPU": 1}}], "no resource class 'GPU'"),
    ],
)  # fmt: skip
def test_a_host_that_makes_no_sense_is_told_with_its_place(hosts: Any, words: str) -> None:
    with pytest.raises(SeedError, match=words) as error:
        Cloud.from_seed({"hosts": hosts})
    assert "hosts[0]" in str(error.value)


def test_options_that_are_none_are_told(pinned_cloud: Cloud) -> None:
    with pytest.raises(SeedError, match=r"no option 'filter_scheduler\.ram_weight'"):
        Cloud.from_seed({"scheduler": {"filter_scheduler.ram_weight": 1}})
    with pytest.raises(SeedError, match="no filter 'RamFilter'; Liberty had it"):
        Cloud.from_seed({"scheduler": {"filter_scheduler": {"enabled_filters": ["RamFilter"]}}})


def test_a_store_of_before_learns_of_cells(tmp_path: Any) -> None:
    store = f"sqlite:///{tmp_path}/cloud.db"
    Cloud.from_seed(SEED, store=store).close()
    cloud = Cloud(store=store)
    assert [node["host_node"] for node in topology(cloud.connect(), boot(cloud.connect(), "two"))["nodes"]] == [0, 1]
    again = Cloud()
    again.restore(cloud.snapshot())
    assert held(again) == held(cloud) != []
    cloud.close()
