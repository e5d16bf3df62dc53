"""Where servers land on a cloud, and what is said when no host is left."""

import itertools
from collections import Counter
from typing import Any
from urllib.parse import quote

import pytest
from openstack import exceptions

from kit.cloud import Cloud
from kit.cloud.compute import fleet
from kit.cloud.compute.models import servers
from kit.cloud.compute.scheduling import Request, candidates, decide
from kit.cloud.compute.settings import change

SEED: dict[str, Any] = {
    "hosts": [{"name": name, "vcpus": 8, "memory_mb": 16896, "local_gb": 100} for name in ("a", "b", "c")],
    "flavors": [
        {"name": "small", "id": "small", "vcpus": 1, "ram": 1024, "disk": 5},
        {"name": "huge", "id": "huge", "vcpus": 1, "ram": 10**6, "disk": 5},
    ],
    "images": [{"name": "i"}],
    "quotas": [{"project": "admin", "compute": {"instances": -1, "cores": -1, "ram": -1}}],
    "aggregates": [
        {"name": "ssd", "hosts": ["b"], "metadata": {"disk": "ssd"}},
        {"name": "zone", "hosts": ["c"], "availability_zone": "az2"},
    ],
}


@pytest.fixture
def three() -> Any:
    cloud = Cloud.from_seed(SEED, random_seed=1, clock="manual")
    yield cloud
    cloud.close()


def boot(cloud: Cloud, flavor: str = "small", hints: Any = None, image: str | None = None, **more: Any) -> Any:
    """The server once it stands, or fell."""
    conn = cloud.connect()
    body = {"name": "s", "flavorRef": flavor, "imageRef": image or conn.get_image("i").id, "networks": "none", **more}
    request = {"server": body, **({"os:scheduler_hints": hints} if hints else {})}
    answer = conn.compute.post("/servers", json=request, microversion="2.96")
    exceptions.raise_from_response(answer)
    cloud.clock.advance(60)
    return conn.compute.get_server(answer.json()["server"]["id"])


def spec(cloud: Cloud, **specs: str) -> None:
    cloud.connect().compute.create_flavor_extra_specs("small", specs)


def test_load_is_spread(three: Cloud) -> None:
    assert [boot(three).compute_host for _ in range(6)] == ["a", "b", "c", "a", "b", "c"]


def test_a_negative_multiplier_packs(three: Cloud) -> None:
    names = ("cpu", "ram", "disk")
    change(three, scheduler={"filter_scheduler": {f"{name}_weight_multiplier": -1.0 for name in names}})
    assert {boot(three).compute_host for _ in range(4)} == {"a"}


def test_the_reason_is_the_administrators(three: Cloud) -> None:
    three.connect().compute.update_service_forced_down(
        next(row for row in three.connect().compute.services() if row.host == "c"), "c", "nova-compute", forced=True
    )
    server = boot(three, "huge")
    assert (server.status, server.fault["code"]) == ("ERROR", 500)
    assert server.fault["message"] == "No valid host was found. There are not enough hosts available."
    details = server.fault["details"].splitlines()
    assert details[1].startswith(
        "Placement, asked for limit=1000&resources=DISK_GB:5,MEMORY_MB:1000000,VCPU:1&root_required"
    )
    assert details[1].endswith("0 of 3 hosts are left")
    assert details[2] == "  a asks 1000000 MB; (16896 - 512) x 1 - 0 = 16384 MB are free"


@pytest.mark.parametrize(
    ("filters", "specs", "host"),
    [
        ("AggregateInstanceExtraSpecsFilter", {"aggregate_instance_extra_specs:disk": "ssd"}, "b"),
        ("ComputeCapabilitiesFilter", {"capabilities:hypervisor_hostname": "c"}, "c"),
        ("ComputeFilter", {"resources:VCPU": "2", "trait:COMPUTE_NODE": "required"}, "a"),
        ("ComputeFilter", {"resources1:VCPU": "1", "resources2:MEMORY_MB": "512", "group_policy": "none"}, "a"),
        ("ComputeFilter", {"trait:COMPUTE_NODE": "forbidden"}, None),
        ("ComputeFilter", {"resources1:VCPU": "1", "resources2:MEMORY_MB": "512", "group_policy": "isolate"}, None),
    ],
)
def test_flavors_ask_by_extra_specs(three: Cloud, filters: str, specs: Any, host: str | None) -> None:
    change(three, scheduler={"filter_scheduler.enabled_filters": filters})
    spec(three, **specs)
    assert boot(three).compute_host == host


def test_amounts_of_extra_specs_are_allocated(three: Cloud) -> None:
    spec(three, **{"resources:VCPU": "3", "resources1:MEMORY_MB": "512", "group_policy": "none"})
    server = boot(three)
    (held,) = three.connect().placement.get(f"/allocations/{server.id}").json()["allocations"].values()
    assert held["resources"] == {"VCPU": 3, "MEMORY_MB": 512, "DISK_GB": 5}


def test_images_ask_by_properties(three: Cloud) -> None:
    conn = three.connect()
    for value, status in (("x86_64", "ACTIVE"), ("aarch64", "ERROR")):
        image = conn.create_image(value, data=b"x", disk_format="raw", container_format="bare", hw_architecture=value)
        server = boot(three, image=image.id)
        assert server.status == status
    assert "ImagePropertiesFilter: 0 of 3 hosts are left" in server.fault["details"]


def test_hints(three: Cloud) -> None:
    first = boot(three)
    assert boot(three, hints={"same_host": first.id}).compute_host == "a"
    assert boot(three, hints={"different_host": [first.id]}).compute_host == "b"
    change(three, scheduler={"filter_scheduler.enabled_filters": ["JsonFilter", "SimpleCIDRAffinityFilter"]})
    assert boot(three, hints={"query": '["=", "$hypervisor_hostname", "c"]'}).compute_host == "c"
    address = next(row.host_ip for row in three.connect().compute.hypervisors(details=True) if row.name == "b")
    assert boot(three, hints={"build_near_host_ip": address, "cidr": "/32"}).compute_host == "b"
    with pytest.raises(exceptions.BadRequestException):
        boot(three, hints={"different_host": "no uuid"})


@pytest.mark.parametrize(
    ("policy", "rules", "hosts"),
    [
        ("affinity", {}, ["a", "a", "a", "a"]),
        ("anti-affinity", {}, ["a", "b", "c", None]),
        ("anti-affinity", {"max_server_per_host": 2}, ["a", "b", "c", "a", "b", "c", None]),
        ("soft-affinity", {}, ["a", "a", "a", "a"]),
        ("soft-anti-affinity", {}, ["a", "b", "c", "a"]),
    ],
)
@pytest.mark.parametrize("at_once", [False, True])
def test_server_groups(three: Cloud, policy: str, rules: Any, hosts: list[str | None], at_once: bool) -> None:
    conn = three.connect()
    body = {"server_group": {"name": "g", "policy": policy, **({"rules": rules} if rules else {})}}
    group = conn.compute.post("/os-server-groups", json=body, microversion="2.64").json()["server_group"]["id"]
    if not at_once:
        assert [boot(three, hints={"group": group}).compute_host for _ in hosts] == hosts
        return
    # Servers that are being built weigh as much against a host as a soft policy weighs for it.
    change(three, scheduler={"filter_scheduler.io_ops_weight_multiplier": 0.0})
    fitting = [host for host in hosts if host]
    boot(three, hints={"group": group}, min_count=len(fitting))
    # Of equal hosts, Nova takes another one when several servers come at once.
    there = Counter(server.compute_host for server in conn.compute.servers())
    assert sorted(there.values()) == sorted(Counter(fitting).values())


def test_all_of_several_or_none(three: Cloud) -> None:
    change(three, scheduler={"filter_scheduler.enabled_filters": ["ComputeFilter"]})
    conn = three.connect()
    conn.create_flavor("third", ram=6000, vcpus=1, disk=1, flavorid="third")
    boot(three, "third", min_count=7)
    found = list(conn.compute.servers())
    assert len(found) == 7 and {server.status for server in found} == {"ERROR"}
    assert all("not enough hosts" in server.fault["message"] for server in found)
    boot(three, "third", min_count=6)
    assert sum(server.status == "ACTIVE" for server in conn.compute.servers()) == 6


def test_as_many_as_the_quota_lets_have(three: Cloud) -> None:
    conn = three.connect()
    conn.set_compute_quotas("admin", instances=3)
    boot(three, min_count=2, max_count=5)
    assert len(list(conn.compute.servers())) == 3
    with pytest.raises(exceptions.ForbiddenException, match="Requested 2, but already used 3 of 3 instances"):
        boot(three, min_count=2, max_count=5)


def test_zones_hosts_and_nodes(three: Cloud) -> None:
    conn = three.connect()
    assert boot(three, availability_zone="az2").compute_host == "c"
    assert boot(three, availability_zone="nova:b").compute_host == "b"
    assert boot(three, host="b").compute_host == "b"
    assert boot(three, hypervisor_hostname="c").compute_host == "c"
    assert boot(three, "huge", availability_zone="nova:b").status == "ERROR"
    conn.compute.update_service_forced_down(
        next(row for row in conn.compute.services() if row.host == "b"), "b", "nova-compute", forced=True
    )
    assert boot(three, availability_zone="nova:b").compute_host == "b"  # no filter looks at a forced host
    asked = boot(three, host="b")
    assert asked.status == "ERROR" and "b nova-compute is forced down" in asked.fault["details"]


def test_a_disabled_host_gets_nothing_even_by_force(three: Cloud) -> None:
    conn = three.connect()
    conn.compute.disable_service(next(row for row in conn.compute.services() if row.host == "b"), "b", "nova-compute")
    server = boot(three, availability_zone="nova:b")
    assert "b has the trait COMPUTE_STATUS_DISABLED, which is forbidden" in server.fault["details"]


def test_placement_says_the_same(three: Cloud) -> None:
    """The candidates of the record are those that Placement's own API gives for the query of the record."""
    conn = three.connect()
    spec(three, **{"trait:COMPUTE_NODE": "required", "resources1:VCPU": "2", "group_policy": "none"})
    boot(three, availability_zone="nova:a")
    ids = {
        row["name"]: row["uuid"] for row in conn.compute.get("/os-aggregates", microversion="2.41").json()["aggregates"]
    }
    names = {row.id: row.name for row in conn.placement.resource_providers()}
    ids |= {name: uuid for uuid, name in names.items()}
    flavor = conn.get_flavor("small")
    for zone, avoid in itertools.product(("", "az2"), ((), ("a",))):
        with three.read() as tx:
            row = tx.first(servers)
            assert row is not None
            decision = decide(three, tx, Request(row["flavor"], zone, avoid=avoid), record=True).decision
        assert decision is not None
        query = decision.placement[0].query
        for name, uuid in ids.items():
            query = query.replace(f"{{{name}}}", uuid)
        answer = conn.placement.get(f"/allocation_candidates?{quote(query, safe='=&:,!')}", microversion="1.39").json()
        found = [names[next(iter(one["allocations"]))] for one in answer["allocation_requests"]]
        assert found == decision.placement[0].candidates
    assert flavor.extra_specs["group_policy"] == "none"


def test_what_changed_is_seen_at_once(three: Cloud) -> None:
    """Every change that a client, an operator or a fault makes reaches the scheduler's view of the hosts."""
    conn = three.connect()
    small = {"name": "f", "vcpus": 1, "ram": 1024, "disk": 5, "ephemeral": 0, "swap": 0, "extra_specs": {}}

    def hosts() -> list[str]:
        with three.write() as tx:
            return candidates(three, tx, Request(small))

    assert hosts() == ["a", "b", "c"]
    three.faults.add(host="a")
    assert hosts() == ["b", "c"]
    three.faults.clear()
    conn.compute.disable_service(next(row for row in conn.compute.services() if row.host == "b"), "b", "nova-compute")
    assert hosts() == ["a", "c"]
    provider = next(row for row in conn.placement.resource_providers() if row.name == "c")
    shown = conn.placement.get(f"/resource_providers/{provider.id}/inventories").json()
    shown["inventories"]["VCPU"]["reserved"] = 8
    conn.placement.put(f"/resource_providers/{provider.id}/inventories", json=shown, microversion="1.39")
    assert hosts() == ["a"]
    state = three.snapshot()
    conn.compute.enable_service(next(row for row in conn.compute.services() if row.host == "b"), "b", "nova-compute")
    assert hosts() == ["a", "b"]
    three.restore(state)
    assert hosts() == ["a"]


def test_the_view_of_many_hosts_is_read_where_it_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    hosts = [{"name": f"h{n:02}", "vcpus": 8, "memory_mb": 16384, "local_gb": 100} for n in range(60)]
    cloud = Cloud.from_seed({**SEED, "hosts": hosts, "aggregates": []}, random_seed=1, clock="manual")
    boot(cloud)
    built: list[str] = []
    original = fleet.View._in_use
    monkeypatch.setattr(
        fleet.View, "_in_use", lambda self, host, held: built.append(host.name) or original(self, host, held)
    )
    assert boot(cloud).compute_host == "h01"
    assert set(built) <= {"h00"}
