"""Large clouds: realistic, the same again, and with every invariant of one that was grown by requests."""

import ipaddress
from collections import Counter

import pytest

from kit.cloud import Cloud
from kit.cloud.compute.models import servers
from kit.cloud.generate import Size, population
from kit.cloud.network.models import addresses, floating_ips, ports, subnets
from kit.cloud.seed import servers as seed_servers
from kit.cloud.tables import metadata
from kit.errors import SeedError

SMALL = {
    "clock": "manual",
    "projects": [{"name": "p"}, {"name": "q"}],
    "users": [{"name": "u", "project": "p"}, {"name": "v", "project": "q"}],
    "flavors": [{"name": "f", "vcpus": 1, "ram": 64, "disk": 1}],
    "images": [{"name": "i"}, {"name": "j"}],
    "quotas": [{"project": name, "compute": {"instances": 300, "cores": 300, "ram": -1}} for name in ("p", "q")],
    "hosts": [{"name": "big", "vcpus": 400, "memory_mb": 500000, "local_gb": 5000}],
    "networks": [
        {"name": "outside", "external": True, "subnets": [{"cidr": "203.0.113.0/24"}]},
        {"name": "n", "project": "p", "subnets": [{"cidr": "10.1.0.0/22"}]},
        {"name": "m", "project": "q", "subnets": [{"cidr": "10.2.0.0/22"}]},
    ],
    "routers": [
        {"name": "r", "project": "p", "external": "outside", "subnets": ["n-subnet"]},
        {"name": "s", "project": "q", "external": "outside", "subnets": ["m-subnet"]},
    ],
    "security_groups": [{"name": "web", "project": name, "rules": [{"port": 80}]} for name in ("p", "q")],
    "servers": [
        {"name": "a", "project": "p", "count": 120, "flavor": "f", "image": "i", "network": "n"},
        {"name": "b", "project": "q", "count": 110, "flavor": "f", "image": "j", "network": "m",
         "security_groups": ["web"], "metadata": {"role": "b"}},
        {"name": "off", "project": "q", "count": 20, "flavor": "f", "image": "i", "network": "m", "state": "SHUTOFF"},
        {"name": "out", "project": "p", "count": 3, "flavor": "f", "image": "i", "network": "n", "floating_ip": "outside"},
        {"name": "in", "project": "q", "flavor": "f", "image": "i", "network": "m", "floating_ip": "outside"},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def small():
    cloud = Cloud.from_seed(SMALL)
    yield cloud
    cloud.close()


@pytest.fixture(scope="module")
def large():
    cloud = Cloud.from_seed(population(Size(1000), random_seed=3), clock="manual")
    yield cloud
    cloud.close()


def check(cloud):
    """The invariants of every cloud."""
    with cloud.read() as tx:
        held = [row for row in tx.rows(servers) if not row["deleted_at"]]
        plugged = tx.rows(ports)
        given = tx.rows(addresses)
        below = {row["id"]: row for row in tx.rows(subnets)}
        outside = tx.rows(floating_ips)
        providers = {row["uuid"]: row for row in tx.rows(metadata.tables["placement_providers"])}
        claims = tx.rows(metadata.tables["placement_allocations"])
        consumers = {row["uuid"] for row in tx.rows(metadata.tables["placement_consumers"])}
        pending = cloud.events.pending(tx)
    ids = [row["id"] for row in held]
    assert len(set(ids)) == len(ids) and len({row["number"] for row in held}) == len(held)
    assert not pending
    macs = [(row["network_id"], row["mac_address"]) for row in plugged]
    pairs = [(row["subnet_id"], row["ip_address"]) for row in given]
    assert len(set(macs)) == len(macs) and len(set(pairs)) == len(pairs)
    for row in given:
        subnet = below[row["subnet_id"]]
        assert ipaddress.ip_address(row["ip_address"]) in ipaddress.ip_network(subnet["cidr"])
    assert {row["port_id"] for row in given} == {row["id"] for row in plugged}
    nova = {row["device_id"]: row for row in plugged if row["device_owner"].startswith("compute:")}
    assert set(nova) == set(ids)
    for row in held:
        port = nova[row["id"]]
        assert port["project_id"] == row["project_id"] and port["host_id"] == (row["host"] or "")
    fixed = {(row["port_id"], row["ip_address"]) for row in given}
    assert all((row["port_id"], row["fixed_ip_address"]) in fixed for row in outside)
    assert len({row["floating_ip_address"] for row in outside}) == len(outside)
    placed = {row["id"] for row in held if row["host"]}
    assert {row["consumer_id"] for row in claims} == placed == consumers
    used = {uuid: Counter() for uuid in providers}
    for claim in claims:
        used[claim["provider_id"]].update(claim["resources"])
    for uuid, row in providers.items():
        assert {k: v for k, v in row["used"].items() if v} == dict(used[uuid])
        for name, amount in used[uuid].items():
            item = row["inventories"][name]
            assert amount <= (item["total"] - item["reserved"]) * item["allocation_ratio"]
    return held


def test_copies_keep_every_invariant(small):
    held = check(small)
    assert len(held) == 254


def test_a_copy_is_what_a_request_would_have_made(small, monkeypatch):
    monkeypatch.setattr(seed_servers, "MANY", 10**9)
    slow = Cloud.from_seed(SMALL)
    shown = {}
    for name, cloud in (("quick", small), ("slow", slow)):
        conn = cloud.connect()
        found = conn.compute.get("/servers/detail?all_tenants=1&limit=1000", microversion="2.90").json()["servers"]
        shown[name] = {item["name"]: item for item in found}
    assert set(shown["quick"]) == set(shown["slow"])
    differ = ("id", "created", "updated", "OS-SRV-USG:launched_at", "links", "addresses", "hostId")
    aside = ("tenant_id", "user_id", "image", "OS-EXT-SRV-ATTR:instance_name", "OS-EXT-SRV-ATTR:reservation_id")
    for name, quick in shown["quick"].items():
        slow_ = shown["slow"][name]
        for field in set(quick) - set(differ) - set(aside):
            assert quick[field] == slow_[field], (name, field)
        assert [*quick["addresses"]] == [*slow_["addresses"]]
        kinds = [[item["OS-EXT-IPS:type"] for item in found] for found in quick["addresses"].values()]
        assert kinds == [[item["OS-EXT-IPS:type"] for item in found] for found in slow_["addresses"].values()]
    slow.close()


def test_owners_see_their_servers_and_may_use_them(small):
    conn = small.connect("v", "q")
    found = list(conn.compute.servers())
    assert Counter(server.status for server in found) == {"ACTIVE": 111, "SHUTOFF": 20}
    server = next(item for item in found if item.name == "b-77")
    assert server.metadata == {"role": "b"} and [group["name"] for group in server.security_groups] == ["web"]
    assert conn.get_image(server.image.id).name == "j"
    assert conn.compute.get(f"/servers/{server.id}/os-instance-actions").json()["instanceActions"][0]["user_id"]
    conn.compute.stop_server(server)
    small.clock.advance(60)
    assert conn.compute.get_server(server.id).status == "SHUTOFF"
    conn.compute.delete_server(server)
    small.clock.advance(60)
    assert not list(conn.network.ports(device_id=server.id))
    made = conn.create_server("new", image="i", flavor="f", network="m", wait=True)
    assert made.status == "ACTIVE"
    check(small)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"quotas": [{"project": "p", "compute": {"instances": 100, "cores": -1, "ram": -1}},
                     {"project": "q", "compute": {"instances": -1, "cores": -1, "ram": -1}}]}, "p may have 100 instances"),
        ({"hosts": [{"name": "small", "vcpus": 20, "memory_mb": 500000, "local_gb": 5000}]}, "no host has room"),
        ({"networks": [*SMALL["networks"][:2], {"name": "m", "project": "q", "subnets": [{"cidr": "10.2.0.0/26"}]}]},
         "no address is free"),
    ],
)  # fmt: skip
def test_what_a_request_would_refuse_is_refused(change, says):
    with pytest.raises(SeedError, match=says) as caught:
        Cloud.from_seed({**SMALL, **change})
    assert "servers[" in str(caught.value)


def test_a_population_is_realistic_and_keeps_every_invariant(large):
    held = check(large)
    assert len(held) == 1000
    states = Counter(row["vm_state"] for row in held)
    assert 800 < states["active"] < 940 and states["stopped"] > 40 and states["error"] > 0
    projects = Counter(row["project_id"] for row in held).most_common()
    assert projects[0][1] > 5 * projects[-1][1]
    assert len({row["created_at"] for row in held}) > 300 and len({row["host"] for row in held}) > 3


def test_the_same_random_seed_gives_the_same_cloud(large):
    again = Cloud.from_seed(population(Size(1000), random_seed=3), clock="manual")
    assert again.snapshot() == large.snapshot()
    assert population(Size(50), 1) != population(Size(50), 2)
    again.close()


@pytest.mark.parametrize("size", [Size(1), Size(7), Size(40, projects=40), Size(60, projects=3, hosts=5)])
def test_small_ones_grow_too(size):
    with_it = Cloud.from_seed(population(size), clock="manual")
    assert len(check(with_it)) == size.servers
    with_it.close()
