"""Whatever happens to servers, nothing is given twice, nothing drifts; and the quick decision is the engine's."""

from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from kit.cloud import Cloud
from kit.cloud.compute import settings as configuration
from kit.cloud.compute.claims import bare, follow, with_claims
from kit.cloud.compute.fleet import view
from kit.cloud.compute.models import claims, flavors, hypervisors, servers
from kit.cloud.compute.quick import is_plain, quick
from kit.cloud.compute.scheduling import Request, decide
from kit.cloud.placement.models import allocations, providers

CALM = {
    "max_examples": 12, "deadline": None, "database": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large],
}  # fmt: skip
CELL = {"cpus": "0-1", "dedicated": "2-5", "memory_mb": 4096, "pages": {2048: 512}}
HOSTS = [
    {
        "name": name, "local_gb": 60, "numa": [CELL, {**CELL, "cpus": "6-7", "dedicated": "8-11"}],
        "pci": [{"vendor_id": "10de", "product_id": "1eb8", "count": 2}],
    }
    for name in ("a", "b", "c")
]  # fmt: skip
SPECS: dict[str, dict[str, Any]] = {
    "plain": {}, "pinned": {"hw:cpu_policy": "dedicated"}, "paged": {"hw:mem_page_size": "large"},
    "cells": {"hw:numa_nodes": 2}, "gpu": {"pci_passthrough:alias": "gpu:1"},
}  # fmt: skip
SEED: dict[str, Any] = {
    "hosts": HOSTS, "images": [{"name": "i"}],
    "flavors": [
        {"name": name, "id": name, "vcpus": 2, "ram": 512, "disk": 5, "extra_specs": specs} for name, specs in SPECS.items()
    ],
    "quotas": [{"project": "admin", "compute": {"instances": -1, "cores": -1, "ram": -1}}],
    "scheduler": {"pci.alias": [{"name": "gpu", "vendor_id": "10de", "product_id": "1eb8"}]},
}  # fmt: skip

CREATE = st.tuples(st.just("create"), st.sampled_from(sorted(SPECS)), st.integers(1, 3))
ACT = st.tuples(
    st.sampled_from((
        "confirmResize", "revertResize", "migrate", "shelve", "unshelve", "shelveOffload", "os-stop", "evacuate", "delete",
        "fail", "recover", "wait", "os-resetState",
    )),
    st.integers(0, 5), st.just(0),
)  # fmt: skip
RESIZE = st.tuples(st.just("resize"), st.sampled_from(sorted(SPECS)), st.integers(0, 5))


def act(cloud: Cloud, conn: Any, step: tuple[str, Any, int]) -> None:
    """Do one step; what Nova refuses is no matter."""
    verb, what, number = step
    living = sorted(row.name for row in conn.compute.servers())
    ids = {row.name: row.id for row in conn.compute.servers()}

    def post(path: str, body: Any) -> None:
        answer = conn.compute.post(path, json=body, microversion="2.56")
        assert answer.status_code < 500, answer.text

    if verb == "create":
        body = {"name": f"s{len(living)}", "flavorRef": what, "imageRef": conn.get_image("i").id, "networks": "none"}
        post("/servers", {"server": {**body, "min_count": number}})
    elif verb in ("fail", "recover"):
        host = "abc"[what % 3]
        cloud.faults.clear()
        if verb == "fail":
            cloud.faults.add(host=host)
    elif verb == "wait":
        cloud.clock.advance(60)
    elif living:
        id = ids[living[(number if verb == "resize" else what) % len(living)]]
        if verb == "delete":
            conn.compute.delete(f"/servers/{id}")
        else:
            given_ = {"resize": {"flavorRef": what}, "evacuate": {}, "os-resetState": {"state": "active"}}
            post(f"/servers/{id}/action", {verb: given_.get(verb)})


def check(cloud: Cloud) -> None:
    """No capacity is exceeded; usages, allocations and claims are what the servers' rows say."""
    cloud.settle()
    with cloud.write() as tx:
        sums: dict[str, dict[str, int]] = {}
        for row in tx.rows(allocations):
            for name, amount in row["resources"].items():
                there = sums.setdefault(row["provider_id"], {})
                there[name] = there.get(name, 0) + amount
        for row in tx.rows(providers):
            assert row["used"] == sums.get(row["uuid"], {})
            for name, amount in row["used"].items():
                inventory = row["inventories"][name]
                assert amount <= (inventory["total"] - inventory["reserved"]) * inventory["allocation_ratio"]
        rows = tx.rows(claims, order=claims.c.id)
        living = {row["id"] for row in tx.rows(servers, absent=("deleted_at",))}
        assert {row["server_id"] for row in rows} <= living
        for host in tx.rows(hypervisors):
            mine = [row for row in rows if row["host"] == host["host"]]
            left = with_claims(bare(host), mine)  # raises when a CPU is given twice
            assert left.numa_topology is not None
            for cell in left.numa_topology.cells:
                assert all(pages.used <= pages.total for pages in cell.mempages if pages.size_kb != 4)
            free = sum(pool.count for pool in left.pci_pools)
            assert free == 2 - sum(each["count"] for row in mine for each in row["pci"]) >= 0
        # What follows from the rows is what is held already.
        for server in tx.rows(servers, absent=("deleted_at",)):
            if server["host"] and not server["old_host"] and not server["task_state"]:
                before = tx.rows(claims, server_id=server["id"])
                follow(tx, server, [(server["host"], server["flavor"])])
                assert tx.rows(claims, server_id=server["id"]) == before


@seed(20151027)
@settings(**CALM)
@given(st.lists(st.one_of(CREATE, ACT, RESIZE), min_size=8, max_size=30))
def test_nothing_is_given_twice_and_nothing_drifts(steps: list[tuple[str, Any, int]]) -> None:
    cloud = Cloud.from_seed(SEED, random_seed=1, clock="manual")
    conn = cloud.connect()
    for step in steps:
        act(cloud, conn, step)
        check(cloud)
    cloud.close()


@seed(20151027)
@settings(**CALM)
@given(st.sampled_from(sorted(SPECS)), st.integers(2, 7), st.integers(0, 3))
def test_several_at_once_land_as_one_by_one(flavor: str, count: int, before: int) -> None:
    found = []
    # Between equal hosts the order differs, as it does in Nova.
    hosts = [{**host, "local_gb": 60 + 13 * number} for number, host in enumerate(HOSTS)]
    for at_once in (True, False):
        cloud = Cloud.from_seed({**SEED, "hosts": hosts}, random_seed=1, clock="manual")
        conn = cloud.connect()
        for _ in range(before):
            act(cloud, conn, ("create", "plain", 1))
        act(cloud, conn, ("wait", 0, 0))
        conn.compute.get("/servers")
        if at_once:
            act(cloud, conn, ("create", flavor, count))
        else:
            cloud.clock.tick = 0  # all are being built at the same moment
            for _ in range(count):
                act(cloud, conn, ("create", flavor, 1))
        with cloud.read() as tx:
            rows = tx.rows(servers, order=servers.c.number)
            found.append([(row["host"], row["flavor"]["id"]) for row in rows])
        cloud.close()
    at_once_, one_by_one = found
    if all(host for host, _ in one_by_one):
        assert at_once_ == one_by_one
    else:  # together, all or none
        assert not any(host for host, _ in at_once_[before:])


@st.composite
def clouds(draw: Any) -> dict[str, Any]:
    hosts = [
        {
            "name": f"h{number}", "vcpus": draw(st.integers(1, 8)), "memory_mb": draw(st.integers(1024, 8192)),
            "local_gb": draw(st.integers(0, 60)), "cpu_allocation_ratio": draw(st.sampled_from((1.0, 4.0, 1.5))),
            "ram_allocation_ratio": draw(st.sampled_from((1.0, 1.5))), "reserved_memory_mb": draw(st.integers(0, 512)),
            "reserved_cpus": draw(st.integers(0, 1)), "hypervisor_version": draw(st.sampled_from((8002000, 9000000))),
            "disabled": draw(st.booleans()) and draw(st.booleans()), "forced_down": draw(st.booleans()) and draw(st.booleans()),
        }
        for number in range(draw(st.integers(1, 6)))
    ]  # fmt: skip
    zoned = [host["name"] for host in hosts if draw(st.booleans())]
    names = ("cpu", "ram", "disk", "io_ops", "hypervisor_version")
    multipliers = {
        f"filter_scheduler.{name}_weight_multiplier": draw(st.sampled_from((1.0, -1.0, 0.0, 2.5))) for name in names
    }
    return {
        "hosts": hosts, "aggregates": [{"name": "z", "availability_zone": "z", "hosts": zoned}], "images": [{"name": "i"}],
        "scheduler": multipliers, "quotas": SEED["quotas"],
        "flavors": [{"name": "f", "id": "f", "vcpus": 1, "ram": 256, "disk": 2, "ephemeral": 1, "swap": 700}],
    }  # fmt: skip


@seed(20151027)
@settings(**{**CALM, "max_examples": 40, "phases": [Phase.generate]})
@given(clouds(), st.integers(0, 8), st.sampled_from(("", "z", "nova")), st.sampled_from(((), ("h0",))))
def test_the_quick_decision_is_the_engines(seed_: Any, booted: int, zone: str, avoid: tuple[str, ...]) -> None:
    cloud = Cloud.from_seed(seed_, random_seed=1, clock="manual")
    conn = cloud.connect()
    for _ in range(booted):
        act(cloud, conn, ("create", "f", 1))
        with cloud.write() as tx:
            options = configuration.scheduler_options(tx)
            flavor = tx.get(flavors, "f")
            assert flavor is not None
            request = Request(flavor, zone, avoid=avoid)
            assert is_plain(request, options)
            record = decide(cloud, tx, request, record=True)
            seen = view(cloud)
            seen.renew(cloud, tx, options)
            assert quick(seen, request) == record.host
    cloud.close()
