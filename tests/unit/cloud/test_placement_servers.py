"""What is allocated is what servers take, at every moment of their lives."""

import random
import sqlite3
from collections import Counter
from typing import Any

import pytest

from kit.cloud import Cloud
from kit.cloud.compute.models import UNDER_WAY, hypervisors, migrations, servers
from kit.cloud.placement.models import allocations, consumers, providers
from kit.cloud.placement.servers import needs
from kit.cloud.tables import metadata

LATEST = "1.39"
SEED = {
    "hosts": [{"name": name, "vcpus": 8, "memory_mb": 16384, "local_gb": 200} for name in ("a", "b", "c")],
    "flavors": [
        {"name": "small", "ram": 1024, "vcpus": 1, "disk": 5},
        {"name": "large", "ram": 4096, "vcpus": 4, "disk": 20, "ephemeral": 3, "swap": 1500},
    ],
    "images": [{"name": "cirros"}],
    "networks": [{"name": "net", "project": "admin", "subnets": [{"cidr": "10.0.0.0/24"}]}],
}


@pytest.fixture
def hosts() -> Any:
    cloud = Cloud.from_seed(SEED, random_seed=1, clock="manual")
    yield cloud
    cloud.close()


def check(cloud: Cloud) -> None:
    """What is allocated is what the servers take, on every host, and the usages are its sum."""
    with cloud.read() as tx:
        host_of = {row["id"]: row["host"] for row in tx.rows(hypervisors)}
        held: dict[str, Counter[str]] = {}
        by_server: dict[str, Counter[str]] = {}
        rows = tx.rows(allocations)
        for row in rows:
            held.setdefault(row["provider_id"], Counter()).update(row["resources"])
            by_server.setdefault(row["server_id"], Counter())[host_of[row["provider_id"]]] += 1
        for provider in tx.rows(providers):
            assert Counter(provider["used"]) == held.get(provider["uuid"], Counter())
        assert {row["uuid"] for row in tx.rows(consumers)} == {row["consumer_id"] for row in rows}
        total: Counter[str] = Counter()
        for server in tx.rows(servers, servers.c.deleted_at.is_(None)):
            on_volume, places = not server["image_id"], Counter[str]()
            # A move that was cut off by a state set by hand stays as it was; the latest is the one that counts.
            latest = tx.rows(migrations, server_id=server["id"], order=migrations.c.id.desc(), limit=1)
            moves = [move for move in latest if move["status"] in UNDER_WAY]
            if server["host"]:
                places[server["host"]] += 1
                total.update(needs(server["flavor"], on_volume))
            if server["old_host"]:
                places[server["old_host"]] += 1
                total.update(needs(server["old_flavor"], on_volume))
            kind = {"migrating": "live-migration", "rebuilding": "evacuation"}.get(server["task_state"] or "")
            for move in moves if server["host"] else ():
                if move["migration_type"] != kind:
                    continue
                other = move["dest_host"] if move["migration_type"] == "live-migration" else move["source_host"]
                if other:  # a live migration's destination is chosen a moment later
                    places[other] += 1
                    total.update(needs(server["flavor"], on_volume))
            assert by_server.pop(server["id"], Counter()) == places, (server["name"], server["vm_state"])
        assert not by_server, "somebody holds what no server takes"
        assert sum(held.values(), Counter()) == total


def boot(conn: Any, name: str = "s", flavor: str = "small", **more: Any) -> Any:
    return conn.create_server(name, image="cirros", flavor=flavor, network="net", **more)


def test_a_host_is_a_provider_of_what_it_has(hosts: Cloud) -> None:
    conn = hosts.connect()
    found = {row.name: row for row in conn.placement.resource_providers()}
    assert set(found) == {"a", "b", "c"}
    shown = conn.placement.get(f"/resource_providers/{found['a'].id}/inventories").json()["inventories"]
    assert (shown["VCPU"]["total"], shown["VCPU"]["allocation_ratio"], shown["VCPU"]["max_unit"]) == (8, 4.0, 8)
    assert (shown["MEMORY_MB"]["total"], shown["MEMORY_MB"]["reserved"]) == (16384, 512)
    assert shown["DISK_GB"]["total"] == 200


def test_servers_hold_what_their_flavors_say(hosts: Cloud) -> None:
    conn = hosts.connect()
    server = boot(conn, flavor="large")
    check(hosts)
    held = conn.placement.get(f"/allocations/{server.id}", microversion=LATEST).json()
    (there,) = held["allocations"].values()
    assert there["resources"] == {"VCPU": 4, "MEMORY_MB": 4096, "DISK_GB": 25}  # 20 + 3 + 1.5 rounded up
    assert held["project_id"] == conn.current_project_id
    hypervisor = conn.compute.get("/os-hypervisors/detail", microversion="2.87").json()["hypervisors"]
    assert sum(row["vcpus_used"] for row in hypervisor) == 4
    conn.delete_server(server.id, wait=True)
    check(hosts)
    assert conn.placement.get(f"/allocations/{server.id}").json() == {"allocations": {}}


def held_on(conn: Any, server: Any) -> set[str]:
    names = {row.id: row.name for row in conn.placement.resource_providers()}
    with_it = set()
    for uuid, name in names.items():
        shown = conn.placement.get(f"/resource_providers/{uuid}/usages").json()["usages"]
        if shown["VCPU"]:
            with_it.add(name)
    return with_it


@pytest.mark.parametrize("end", ["confirm_server_resize", "revert_server_resize"])
def test_two_hosts_hold_a_server_until_its_resize_is_settled(hosts: Cloud, end: str) -> None:
    conn = hosts.connect()
    server = boot(conn, wait=True)
    before = held_on(conn, server)
    conn.compute.resize_server(server, conn.get_flavor("large").id)
    check(hosts)
    assert len(held_on(conn, server)) == 2
    hosts.clock.advance(60)
    check(hosts)
    assert len(held_on(conn, server)) == 2
    getattr(conn.compute, end)(server)
    hosts.clock.advance(60)
    check(hosts)
    assert (held_on(conn, server) == before) == (end == "revert_server_resize")


def test_a_server_is_held_wherever_it_goes(hosts: Cloud) -> None:
    conn = hosts.connect()
    server = boot(conn, wait=True)
    for move in (
        lambda: conn.compute.migrate_server(server), lambda: conn.compute.confirm_server_resize(server),
        lambda: conn.compute.live_migrate_server(server, host=None, block_migration="auto"),
        lambda: conn.compute.shelve_server(server), lambda: conn.compute.unshelve_server(server),
        lambda: conn.compute.stop_server(server), lambda: conn.compute.resize_server(server, conn.get_flavor("large").id),
        lambda: conn.compute.delete_server(server),
    ):  # fmt: skip
        move()
        check(hosts)
        hosts.clock.advance(60)
        conn.compute.find_server("s")
        check(hosts)


def test_a_shelved_server_off_its_host_holds_nothing(hosts: Cloud) -> None:
    conn = hosts.connect()
    server = boot(conn, wait=True)
    conn.compute.shelve_server(server)
    hosts.clock.advance(60)
    assert conn.compute.get_server(server.id).status == "SHELVED_OFFLOADED"
    assert conn.placement.get(f"/allocations/{server.id}").json() == {"allocations": {}}
    check(hosts)


def test_an_evacuated_server_leaves_the_dead_host(hosts: Cloud) -> None:
    conn = hosts.connect()
    server = boot(conn, wait=True)
    host = conn.compute.get_server(server.id).compute_host
    service = next(row for row in conn.compute.services() if row.host == host)
    conn.compute.update_service_forced_down(service, host, "nova-compute", forced=True)
    conn.compute.evacuate_server(server)
    check(hosts)
    hosts.clock.advance(60)
    check(hosts)
    assert held_on(conn, server).isdisjoint({host})


def test_random_lives_leave_the_sums_right(hosts: Cloud) -> None:
    conn, dice = hosts.connect(), random.Random(7)
    living: list[Any] = []
    actions = (
        {"migrate": None}, {"confirmResize": None}, {"revertResize": None}, {"os-stop": None}, {"os-start": None},
        {"resize": {"flavorRef": conn.get_flavor("large").id}}, {"resize": {"flavorRef": conn.get_flavor("small").id}},
        {"shelve": None}, {"unshelve": None}, {"shelveOffload": None}, {"os-resetState": {"state": "error"}},
        {"os-resetState": {"state": "active"}}, {"os-migrateLive": {"host": None, "block_migration": "auto"}},
        {"rebuild": {"imageRef": conn.get_image("cirros").id}}, {"forceDelete": None},
    )  # fmt: skip
    for _ in range(150):
        if len(living) < 4:
            living.append(boot(conn, f"s{dice.random()}"))
        server = dice.choice(living)
        answer = conn.compute.post(
            f"/servers/{server.id}/action", json=dice.choice(actions), microversion="2.30", raise_exc=False
        )
        assert answer.status_code < 500
        if answer.status_code == 404:
            living.remove(server)
        hosts.clock.advance(dice.choice((0, 1, 30)))
        check(hosts)


def test_what_the_operator_reserves_is_not_given_to_servers(hosts: Cloud) -> None:
    conn = hosts.connect()
    for provider in conn.placement.resource_providers():
        path = f"/resource_providers/{provider.id}/inventories"
        shown = conn.placement.get(path).json()
        shown["inventories"]["VCPU"]["reserved"] = 8
        assert conn.placement.put(path, json=shown, microversion=LATEST).status_code == 200
    server = boot(conn)
    hosts.clock.advance(60)
    assert conn.compute.get_server(server.id).status == "ERROR"
    check(hosts)


def test_a_flavor_asks_for_a_trait(hosts: Cloud) -> None:
    conn = hosts.connect()
    conn.placement.put("/traits/CUSTOM_FAST", microversion="1.6")
    provider = next(row for row in conn.placement.resource_providers() if row.name == "b")
    body = {"traits": ["CUSTOM_FAST"], "resource_provider_generation": provider.generation}
    conn.placement.put(f"/resource_providers/{provider.id}/traits", json=body, microversion="1.6")
    conn.compute.create_flavor_extra_specs(conn.get_flavor("small").id, {"trait:CUSTOM_FAST": "required"})
    assert conn.compute.get_server(boot(conn, wait=True).id).compute_host == "b"


def test_a_disabled_host_and_an_aggregate_are_seen_here(hosts: Cloud) -> None:
    conn = hosts.connect()
    provider = next(row for row in conn.placement.resource_providers() if row.name == "c")
    service = next(row for row in conn.compute.services() if row.host == "c")
    conn.compute.disable_service(service, "c", "nova-compute")
    path = f"/resource_providers/{provider.id}"
    assert "COMPUTE_STATUS_DISABLED" in conn.placement.get(f"{path}/traits", microversion="1.6").json()["traits"]
    conn.compute.enable_service(service, "c", "nova-compute")
    assert "COMPUTE_STATUS_DISABLED" not in conn.placement.get(f"{path}/traits", microversion="1.6").json()["traits"]
    aggregate = conn.compute.create_aggregate(name="fast")
    conn.compute.add_host_to_aggregate(aggregate, "c")
    assert conn.placement.get(f"{path}/aggregates", microversion="1.1").json()["aggregates"] == [aggregate.uuid]


def test_hosts_and_servers_from_before_placement_are_known_to_it(tmp_path):
    url = f"sqlite:///{tmp_path / 'cloud.db'}"
    cloud = Cloud.from_seed(SEED, store=url, clock="manual")
    conn = cloud.connect()
    conn.create_server("s", image="cirros", flavor="large", network="net", wait=True)
    tables = ("placement_providers", "placement_consumers", "placement_allocations")
    with cloud.read() as tx:
        before = [tx.rows(metadata.tables[name]) for name in tables]
    cloud.close()
    with sqlite3.connect(tmp_path / "cloud.db") as raw:
        raw.execute("DELETE FROM endpoints WHERE service_id IN (SELECT id FROM services WHERE type = 'placement')")
        raw.execute("DELETE FROM services WHERE type = 'placement'")
        raw.execute("DROP TABLE kit_store")
        for name in tables:
            raw.execute(f"DELETE FROM {name}")
    raw.close()
    cloud = Cloud(store=url)
    with cloud.read() as tx:
        after = [tx.rows(metadata.tables[name]) for name in tables]
    for old, new in zip(before, after, strict=True):
        kept = [
            {key: row.get(key) for key in ("uuid", "used", "resources", "server_id", "project_id")}
            for row in (*old, *new)
        ]
        assert len(old) == len(new) and kept[: len(old)] == kept[len(old) :]
    cloud.close()
