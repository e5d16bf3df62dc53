"""What holds for any hosts and any requests, and for any sequence of operations."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from kit.scheduling import (
    FILTERS,
    Aggregate,
    ComputeCloud,
    Flavor,
    Host,
    Image,
    Instance,
    Options,
    PciPool,
    Request,
    Scheduler,
    ServerGroup,
    Service,
)

from .builders import NFV, cells, host, request

ONE_IN_FIVE = st.integers(0, 4).map(lambda n: n == 0)
METADATA = {
    "ram_weight_multiplier": ["10", "-2", "much"], "io_ops_weight_multiplier": ["3"], "max_io_ops_per_host": ["4", "x"],
    "max_instances_per_host": ["3"], "filter_tenant_id": ["p", "q, r"], "instance_type": ["m1.test, other", "big"],
    "ssd": ["true", "false"], "os_distro": ["linux", "windows"], "availability_zone": ["az1", "az2"],
    "cpu_allocation_ratio": ["1.0", "8"], "trait:CUSTOM_A": ["required"],
}  # fmt: skip


def some(table: dict[str, list[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in table.items()})


@st.composite
def hosts(draw: st.DrawFn) -> list[Host]:
    found = []
    for number in range(draw(st.integers(0, 8))):
        numa = None
        if draw(st.booleans()):
            numa = cells(draw(st.integers(1, 3)), 4, pinned=draw(st.booleans()), threads=draw(st.booleans()))
            taken = draw(st.sets(st.integers(0, 3)))
            first = replace(numa.cells[0], pinned_cpus=numa.cells[0].pcpuset & frozenset(taken), cpu_usage=len(taken))
            numa = type(numa)((first, *numa.cells[1:]))
        found.append(host(
            f"c{number}", instance_vcpus=draw(st.integers(0, 60)), instance_memory_mb=draw(st.integers(0, 65000)),
            instance_disk_mb=draw(st.integers(0, 900)) * 1024, num_io_ops=draw(st.integers(0, 9)),
            num_instances=draw(st.integers(0, 60)), failed_builds=draw(st.integers(0, 2)), numa_topology=numa,
            cpu_allocation_ratio=draw(st.sampled_from([1.0, 4.0])), pcpus=8 if numa and numa.cells[0].pcpuset else 0,
            hypervisor_version=draw(st.sampled_from([8002000, 6000000])), host_ip=f"10.0.{draw(st.integers(0, 1))}.{number + 1}",
            service=Service(disabled=draw(ONE_IN_FIVE), heartbeat_stale=draw(ONE_IN_FIVE)),
            traits=frozenset(draw(st.sets(st.sampled_from(["CUSTOM_A", "CUSTOM_B"])))),
            instances={name: Instance(name) for name in draw(st.sets(st.sampled_from(["a", "b", "x"])))},
            pci_pools=tuple(PciPool("8086", "154d", 1, node) for node in draw(st.sets(st.sampled_from([0, 1, None]))))
            if draw(st.booleans()) else (),
            metrics={"cpu.percent": draw(st.integers(0, 100))} if draw(st.booleans()) else {},
        ))  # fmt: skip
    return found


@st.composite
def requests(draw: st.DrawFn) -> Request:
    vcpus = draw(st.sampled_from([1, 2, 4]))
    specs = draw(some({
        "hw:numa_nodes": [1, 2] if vcpus > 1 else [1], "hw:cpu_policy": ["dedicated"], "pci_passthrough:alias": ["nic:1", "nic:2"],
        "hw:pci_numa_affinity_policy": ["required", "preferred"], "trait:CUSTOM_A": ["required", "forbidden"],
        "aggregate_instance_extra_specs:ssd": ["true"], "capabilities:hypervisor_version": [">= 7000000"], "resources:VCPU": [0],
    }))  # fmt: skip
    if "hw:cpu_policy" in specs:
        specs.pop("resources:VCPU", None)
    group = draw(st.sampled_from([None, "affinity", "anti-affinity", "soft-affinity", "soft-anti-affinity"]))
    return request(
        draw(st.integers(1, 3)), vcpus=vcpus, memory_mb=draw(st.sampled_from([512, 4096, 16384])), specs=specs,
        project_id=draw(st.sampled_from(["p", "q"])), availability_zone=draw(st.sampled_from([None, None, "az1"])),
        group=ServerGroup(policy=group, members=("a", "b", "new-1", "new-2", "new-3")) if group else None,
        image=Image("i", given=draw(some({"os_distro": ["linux"], "hw_architecture": ["x86_64", "aarch64"]}))),
        hints=draw(some({"different_host": [["a"]], "same_host": ["b"], "build_near_host_ip": ["10.0.1.9"],
                         "query": ['[">", "$free_ram_mb", 9000]']})),
        ignore_hosts=draw(st.sampled_from([(), ("c0",)])),
    )  # fmt: skip


@st.composite
def aggregates(draw: st.DrawFn) -> list[Aggregate]:
    names = st.frozensets(st.sampled_from([f"c{number}" for number in range(8)]))
    return [Aggregate(name, draw(names), draw(some(METADATA))) for name in draw(st.sampled_from(["", "x", "xy"]))]


@st.composite
def options(draw: st.DrawFn, era: str) -> Options:
    enabled = draw(st.lists(st.sampled_from(sorted(FILTERS[era])), unique=True, min_size=0, max_size=12))
    most = {"filter_scheduler.enabled_filters": enabled, "pci.alias": NFV["pci.alias"], "metrics.required": False}
    return Options(most | draw(some({
        "filter_scheduler.ram_weight_multiplier": [-1.0, 0.0], "filter_scheduler.num_instances_weight_multiplier": [-2.0],
        "metrics.weight_setting": [["cpu.percent=-1"]], "scheduler.max_placement_results": [2],
        "filter_scheduler.isolated_hosts": [["c1"]], "scheduler.enable_isolated_aggregate_filtering": [True],
        "scheduler.limit_tenants_to_placement_aggregate": [True],
    })), era=era)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(hosts(), aggregates(), requests(), st.data())
def test_all_at_once_decides_as_one_at_a_time(
    found: list[Host], groups: list[Aggregate], asked: Request, data: st.DataObject
) -> None:
    era = data.draw(st.sampled_from(["today", "today", "liberty"]))
    chosen = data.draw(options(era))
    ways = [Scheduler(found, groups, chosen, vectorised=way).select(asked, alternates=True) for way in (False, True)]
    assert ways[0].to_dict() == ways[1].to_dict()
    assert repr(ways[0]) == repr(ways[1])


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(hosts(), requests(), st.data())
def test_every_host_is_accounted_for(found: list[Host], asked: Request, data: st.DataObject) -> None:
    """A host is chosen, or there is a sentence that says why not."""
    decision = Scheduler(found, options=data.draw(options("today"))).select(asked)
    for each in found:
        why = decision.why_not(each.name)
        assert why.startswith(f"{each.name} ") and not why.endswith(": ")
    for step in decision.steps:
        for one in step.filters:
            assert set(one.survivors) | set(one.fallen) == {step.fleet.hosts[place].label for place in one.before}
            assert all(one.fallen.values())


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(hosts(), requests(), st.data())
def test_a_decision_never_lets_placement_exceed_its_capacity(
    found: list[Host], asked: Request, data: st.DataObject
) -> None:
    scheduler = Scheduler(found, options=data.draw(options("today")))
    before = {
        name: each.capacity
        for provider in scheduler.placement.providers.values()
        for name, each in provider.inventories.items()
    }
    full = {name: scheduler.placement.usages(name) for name in scheduler.placement.providers}
    decision = scheduler.select(asked)
    for name, provider in scheduler.placement.providers.items():
        for kind, amount in scheduler.placement.usages(name).items():
            assert amount <= max(provider.inventories[kind].capacity, full[name].get(kind, 0)), before
    if not decision.ok:
        assert {name: scheduler.placement.usages(name) for name in full} == full


class Cloud(RuleBasedStateMachine):
    """Builds, resizes, moves and failures in any order."""

    def __init__(self) -> None:
        super().__init__()
        pinned = {
            "numa_topology": cells(2, 4, pinned=True),
            "vcpus": 0,
            "pcpus": 8,
            "pci_pools": (PciPool("8086", "154d", 2, 0),),
        }
        small = {"memory_mb": 6656, "local_gb": 60}
        self.cloud = ComputeCloud(
            [
                host("c1", **small),
                host("c2", **small, vcpus=4),
                host("c3", **small, **pinned),
                host("c4", **small, **pinned),
            ],
            options=NFV,
        )
        self.made = 0

    flavors = st.sampled_from([
        Flavor(name="small", vcpus=1, memory_mb=512, root_gb=1), Flavor(name="big", vcpus=4, memory_mb=4096, root_gb=20),
        Flavor(name="pinned", vcpus=2, memory_mb=512, extra_specs={"hw:cpu_policy": "dedicated"}),
        Flavor(name="nic", vcpus=2, memory_mb=512, extra_specs={"hw:cpu_policy": "dedicated", "pci_passthrough:alias": "nic:1"}),
    ])  # fmt: skip
    names = st.sampled_from(["c1", "c2", "c3", "c4"])

    def server(self, data: st.DataObject, state: str | None = None) -> str:
        return data.draw(st.sampled_from(sorted(n for n, s in self.cloud.servers.items() if state in (None, s.state))))

    def has(self, state: str | None = None) -> bool:
        return any(state in (None, each.state) for each in self.cloud.servers.values())

    @rule(flavor=flavors, count=st.integers(1, 3), failing=st.sets(names, max_size=2))
    def build(self, flavor: Flavor, count: int, failing: set[str]) -> None:
        ids = tuple(f"s{self.made + number}" for number in range(count))
        self.made += count
        self.cloud.build(Request(flavor=flavor, servers=ids), fails_on=failing)

    @precondition(lambda self: self.has())
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        self.cloud.delete(self.server(data))

    @precondition(lambda self: self.has("active"))
    @rule(data=st.data(), flavor=flavors, same=st.booleans())
    def resize(self, data: st.DataObject, flavor: Flavor, same: bool) -> None:
        self.cloud.resize(self.server(data, "active"), flavor, same_host=same)

    @precondition(lambda self: self.has("resized"))
    @rule(data=st.data(), keep=st.booleans())
    def end(self, data: st.DataObject, keep: bool) -> None:
        (self.cloud.confirm if keep else self.cloud.revert)(self.server(data, "resized"))

    @precondition(lambda self: self.has("active"))
    @rule(data=st.data(), to=st.none() | names)
    def migrate(self, data: st.DataObject, to: str | None) -> None:
        self.cloud.migrate(self.server(data, "active"), to)

    @rule(name=names)
    def fail(self, name: str) -> None:
        self.cloud.fail(name)

    @precondition(lambda self: self.has("active"))
    @rule(data=st.data())
    def evacuate(self, data: st.DataObject) -> None:
        self.cloud.evacuate(self.server(data, "active"))

    @rule(name=names)
    def recover(self, name: str) -> None:
        self.cloud.recover(name)

    @invariant()
    def nothing_drifts(self) -> None:
        assert not self.cloud.drift(), self.cloud.drift()

    @invariant()
    def nothing_exceeds_its_capacity(self) -> None:
        for provider in self.cloud.placement.providers.values():
            for kind, amount in provider.used.items():
                assert (
                    0 <= amount <= provider.inventories[kind].capacity if kind in provider.inventories else amount == 0
                )

    @invariant()
    def nodes_hold_what_placement_counts(self) -> None:
        for name, node in self.cloud.nodes.items():
            counted, report = self.cloud.placement.usages(name), node.host
            assert report.instance_memory_mb == counted.get("MEMORY_MB", 0)
            assert report.instance_vcpus + report.instance_pcpus == counted.get("VCPU", 0) + counted.get("PCPU", 0)
            assert (
                len(
                    frozenset().union(*(c.pinned_cpus for c in report.numa_topology.cells))
                    if report.numa_topology
                    else ()
                )
                == report.instance_pcpus
            )


Cloud.TestCase.settings = settings(
    max_examples=40, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
TestCloud = Cloud.TestCase
