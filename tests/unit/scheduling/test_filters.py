"""Filters: who falls, and the sentence that says why."""

from __future__ import annotations

from typing import Any

import pytest

from kit.scheduling import (
    FILTERS,
    Aggregate,
    Host,
    Image,
    Instance,
    Options,
    Request,
    RequestError,
    ServerGroup,
    Service,
)
from kit.scheduling.ask import Ask
from kit.scheduling.constraints import guest_topology
from kit.scheduling.filters.images import satisfies
from kit.scheduling.filters.operators import match
from kit.scheduling.pci import pci_requests

from .builders import NFV, cells, flavor, host, request


def reason(
    name: str, one: Host, wanted: Request | None = None, options: dict[str, Any] | None = None, era: str = "today"
) -> str:
    wanted = wanted or request()
    chosen = Options(options, era=era)
    each = FILTERS[era][name]()
    ask = Ask(wanted, chosen, 0, guest_topology(wanted), pci_requests(wanted, chosen))
    why = each.reason(one, ask)
    assert each.looks(ask) or not why, "a filter that does not look refuses nobody"
    return why


def agg(**metadata: str) -> tuple[Aggregate, ...]:
    return (Aggregate("a", frozenset({"c1"}), metadata),)


def carrying(*names: str, flavor: str = "") -> dict[str, Instance]:
    return {name: Instance(name, flavor) for name in names}


GROUP = {"members": ("a", "b"), "hosts": ("c1",)}
CASES: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any], str]] = [
    ("AllHostsFilter", {}, {}, {}, ""),
    ("ComputeFilter", {}, {}, {}, ""),
    ("ComputeFilter", {"service": Service(disabled=True)}, {}, {}, "nova-compute is disabled"),
    ("ComputeFilter", {"service": Service(forced_down=True)}, {}, {}, "nova-compute is forced down"),
    ("ComputeFilter", {"service": Service(heartbeat_stale=True)}, {}, {}, "nova-compute has not reported for too long"),
    ("ComputeCapabilitiesFilter", {}, {"specs": {"capabilities:hypervisor_version": ">= 8000000"}}, {}, ""),
    (
        "ComputeCapabilitiesFilter", {"hypervisor_version": 7000000},
        {"specs": {"capabilities:hypervisor_version": ">= 8000000"}}, {}, "has hypervisor_version 7000000; it must be >= 8000000",
    ),
    ("ComputeCapabilitiesFilter", {}, {"specs": {"quota:x": "1", "nosuch": "1"}}, {}, ""),
    ("ComputeCapabilitiesFilter", {"num_instances": 5}, {"specs": {"num_instances": "<= 4"}}, {}, "has num_instances 5; it must be <= 4"),
    (
        "ComputeCapabilitiesFilter", {"cpu_info": '{"features": ["vmx"]}'},
        {"specs": {"capabilities:cpu_info:features": "<in> vmx"}}, {}, "",
    ),
    ("ComputeCapabilitiesFilter", {}, {"specs": {"capabilities:nosuch": "1"}}, {}, "says nothing of nosuch, which must be 1"),
    ("ImagePropertiesFilter", {}, {"image": Image(given={"hw_architecture": "amd64"})}, {}, ""),
    (
        "ImagePropertiesFilter", {"supported_instances": (("aarch64", "kvm", "hvm"),)},
        {"image": Image(given={"hw_architecture": "x86_64"})}, {}, "offers aarch64/kvm/hvm; the image wants x86_64",
    ),
    (
        "ImagePropertiesFilter", {"hypervisor_version": 5000000},
        {"image": Image(given={"img_hv_type": "kvm", "img_hv_requested_version": ">=6.0.0"})}, {},
        "runs hypervisor version 5.0.0; the image wants >=6.0.0",
    ),
    ("ImagePropertiesFilter", {"hypervisor_version": 5000000}, {"image": Image(given={"img_hv_requested_version": ">=6"})}, {}, ""),
    (
        "ImagePropertiesFilter", {"supported_instances": ()}, {},
        {"filter_scheduler.image_properties_default_architecture": "x86_64"}, "offers nothing; the image wants x86_64",
    ),
    ("IsolatedHostsFilter", {}, {}, {"filter_scheduler.isolated_hosts": ["c1"]}, "is isolated; the image is not"),
    ("IsolatedHostsFilter", {}, {"image": Image("i")}, {"filter_scheduler.isolated_images": ["i"]}, "is not isolated; the image is"),
    (
        "IsolatedHostsFilter", {}, {"image": Image("i")},
        {"filter_scheduler.isolated_images": ["i"], "filter_scheduler.isolated_hosts": ["c1"]}, "",
    ),
    (
        "IsolatedHostsFilter", {}, {}, {
            "filter_scheduler.isolated_hosts": ["c1"],
            "filter_scheduler.restrict_isolated_hosts_to_isolated_images": False,
        }, "",
    ),
    ("ServerGroupAntiAffinityFilter", {"instances": carrying("a")}, {"group": ServerGroup(policy="anti-affinity", **GROUP)}, {},
     "carries a of the group already; at most 1 may be"),
    ("ServerGroupAntiAffinityFilter", {"instances": carrying("a")},
     {"group": ServerGroup(policy="anti-affinity", max_server_per_host=2, **GROUP)}, {}, ""),
    ("ServerGroupAntiAffinityFilter", {"instances": carrying("a", "new-1")}, {"group": ServerGroup(policy="anti-affinity", **GROUP)}, {}, ""),
    ("ServerGroupAffinityFilter", {}, {"group": ServerGroup(policy="affinity", **GROUP)}, {}, ""),
    ("ServerGroupAffinityFilter", {"name": "c2"}, {"group": ServerGroup(policy="affinity", **GROUP)}, {},
     "carries no member of the group; they are on c1"),
    ("ServerGroupAffinityFilter", {"name": "c2"}, {"group": ServerGroup(policy="affinity")}, {}, ""),
    ("DifferentHostFilter", {"instances": carrying("a")}, {"hints": {"different_host": ["a"]}}, {},
     "carries a, from which the server must be apart"),
    ("SameHostFilter", {"instances": carrying("b")}, {"hints": {"same_host": "a"}}, {}, "carries none of a"),
    ("SameHostFilter", {"instances": carrying("a")}, {"hints": {"same_host": ["a", "z"]}}, {}, ""),
    ("SimpleCIDRAffinityFilter", {"host_ip": "10.0.1.5"}, {"hints": {"build_near_host_ip": "10.0.2.7"}}, {},
     "has address 10.0.1.5, outside 10.0.2.0/24"),
    ("SimpleCIDRAffinityFilter", {"host_ip": "10.0.1.5"}, {"hints": {"build_near_host_ip": "10.0.2.7", "cidr": "/16"}}, {}, ""),
    ("JsonFilter", {}, {"hints": {"query": '["and", [">=", "$free_ram_mb", 1024], ["=", "$host", "c1"]]'}}, {}, ""),
    ("JsonFilter", {}, {"hints": {"query": '["<", "$free_ram_mb", 1024]'}}, {}, "does not fulfil the query: free_ram_mb 65024"),
    ("JsonFilter", {}, {"hints": {"query": '["not", ["=", "$host", "c1"], ["=", "$host", "c9"]]'}}, {}, ""),
    ("JsonFilter", {}, {"hints": {"query": '["in", "$host", "c2", "c3"]'}}, {}, "does not fulfil the query: host c1"),
    ("IoOpsFilter", {"num_io_ops": 8}, {}, {}, "has 8 I/O operations under way; it must have fewer than 8"),
    ("AggregateIoOpsFilter", {"num_io_ops": 7, "aggregates": agg(max_io_ops_per_host="7")}, {}, {},
     "has 7 I/O operations under way; it must have fewer than 7"),
    ("NumInstancesFilter", {"num_instances": 50}, {}, {}, "has 50 servers; it must have under 50"),
    ("AggregateNumInstancesFilter", {"num_instances": 5, "aggregates": agg(max_instances_per_host="many")}, {}, {}, ""),
    ("AggregateNumInstancesFilter", {"num_instances": 5, "aggregates": agg(max_instances_per_host="5")}, {}, {},
     "has 5 servers; it must have under 5"),
    ("MetricsFilter", {}, {}, {"metrics.weight_setting": ["cpu.percent=1"]}, "does not measure cpu.percent"),
    ("AggregateInstanceExtraSpecsFilter", {}, {"specs": {"aggregate_instance_extra_specs:ssd": "true"}}, {},
     "is in no aggregate that says ssd"),
    ("AggregateInstanceExtraSpecsFilter", {"aggregates": agg(ssd="false")}, {"specs": {"ssd": "true"}}, {},
     "is in aggregates with ssd false; it must be true"),
    ("AggregateInstanceExtraSpecsFilter", {"aggregates": agg(rack="r1, r2")},
     {"specs": {"aggregate_instance_extra_specs:rack": "<or> r2 <or> r3", "hw:x": "1"}}, {}, ""),
    ("AggregateImagePropertiesIsolation", {"aggregates": agg(os_distro="windows", free="x")},
     {"image": Image(given={"os_distro": "linux", "free": "y"})}, {}, "is in an aggregate for os_distro windows; the image has linux"),
    ("AggregateImagePropertiesIsolation", {"aggregates": agg(os_distro="windows")}, {"image": Image(given={"os_distro": "linux"})},
     {"filter_scheduler.aggregate_image_properties_isolation_namespace": "hw",
      "filter_scheduler.aggregate_image_properties_isolation_separator": "_"}, ""),
    ("AggregateMultiTenancyIsolation", {"aggregates": agg(filter_tenant_id="red", filter_tenant_id2="blue")}, {}, {},
     "is kept for blue, red; the project is p"),
    ("AggregateMultiTenancyIsolation", {"aggregates": agg(filter_tenant_id="q, p")}, {}, {}, ""),
    ("AggregateTypeAffinityFilter", {"aggregates": agg(instance_type="big, huge")}, {}, {},
     "is kept for flavors big, huge; the flavor is m1.test"),
    ("NUMATopologyFilter", {}, {"specs": {"hw:numa_nodes": 1}}, {}, "shows no NUMA cells; the guest asks for some"),
    ("NUMATopologyFilter", {"numa_topology": cells(1)}, {"specs": {"hw:numa_nodes": 2}}, {}, "asks 2 NUMA cells; the host has 1"),
    ("NUMATopologyFilter", {"numa_topology": cells(2)}, {"specs": {"hw:numa_nodes": 2}}, {}, ""),
    ("NUMATopologyFilter", {"numa_topology": cells(1, pinned=True)},
     {"specs": {"hw:cpu_policy": "dedicated", "hw:cpu_thread_policy": "require"}}, {}, "has no threads; thread policy require wants them"),
    ("PciPassthroughFilter", {}, {"specs": {"pci_passthrough:alias": "nic:2"}}, NFV, "asks 2 of nic; free are no devices"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "fields", "asked", "options", "why"), CASES, ids=lambda v: v if isinstance(v, str) else ""
)
def test_a_filter_of_today(
    name: str, fields: dict[str, Any], asked: dict[str, Any], options: dict[str, Any], why: str
) -> None:
    assert reason(name, host(**fields), request(**asked), options) == why


def test_every_filter_of_today_has_a_case() -> None:
    assert {each[0] for each in CASES} == set(FILTERS["today"])


BUSY = {
    "vcpus": 4,
    "instance_vcpus": 3,
    "memory_mb": 8192,
    "instance_memory_mb": 8000,
    "local_gb": 10,
    "instance_disk_mb": 5120,
}
OLD: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any], str]] = [
    ("CoreFilter", BUSY, {"vcpus": 4}, {"DEFAULT.cpu_allocation_ratio": 2.0}, ""),
    ("CoreFilter", BUSY, {"vcpus": 6}, {"DEFAULT.cpu_allocation_ratio": 2.0}, "asks 6 vCPUs; 4 x 2 - 3 = 5 vCPUs are free"),
    ("CoreFilter", BUSY | {"vcpus": 0}, {"vcpus": 6}, {}, ""),
    ("AggregateCoreFilter", BUSY | {"aggregates": agg(cpu_allocation_ratio="1.0")}, {"vcpus": 2}, {},
     "asks 2 vCPUs; 4 x 1 - 3 = 1 vCPUs are free"),
    ("RamFilter", BUSY, {"memory_mb": 4096}, {}, "asks 4096 MB; 8192 x 1.5 - 8512 = 3776 MB are free"),
    ("RamFilter", BUSY | {"reserved_host_memory_mb": -320}, {"memory_mb": 4096}, {}, ""),
    ("AggregateRamFilter", BUSY | {"aggregates": agg(ram_allocation_ratio="x")}, {"memory_mb": 2048}, {}, ""),
    ("DiskFilter", BUSY, {"root_gb": 5, "swap": 1}, {}, "asks 5121 MB of disk; 10240 x 1 - 5120 = 5120 MB of disk are free"),
    ("AggregateDiskFilter", BUSY | {"aggregates": agg(disk_allocation_ratio="2")}, {"root_gb": 15}, {}, ""),
    ("ExactCoreFilter", BUSY, {"vcpus": 1}, {}, ""),
    ("ExactCoreFilter", BUSY, {"vcpus": 2}, {}, "asks exactly 2 vCPUs; 1 are free"),
    ("ExactRamFilter", BUSY, {"memory_mb": 1}, {}, "asks exactly 1 MB; -320 MB are free"),
    ("ExactDiskFilter", BUSY, {"root_gb": 5}, {}, ""),
    ("RetryFilter", {}, {"retried": ("c1",)}, {}, "was tried before"),
    ("AvailabilityZoneFilter", {}, {"availability_zone": "az2"}, {}, "is in zone nova, not az2"),
    ("AvailabilityZoneFilter", {"aggregates": agg(availability_zone="az2")}, {"availability_zone": "az2"}, {}, ""),
    ("TypeAffinityFilter", {"instances": carrying("a", flavor="big")}, {}, {}, "carries servers of big"),
    ("TypeAffinityFilter", {"instances": carrying("a", flavor="m1.test")}, {}, {}, ""),
    ("TrustedFilter", {}, {"specs": {"trust:trusted_host": "trusted"}}, {}, "its trust is unknown; trusted is asked for"),
    ("ServerGroupAntiAffinityFilter", {}, {"group": ServerGroup(policy="anti-affinity", **GROUP)}, {}, "carries a member of the group already"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "fields", "asked", "options", "why"), OLD, ids=lambda v: v if isinstance(v, str) else ""
)
def test_a_filter_of_liberty(
    name: str, fields: dict[str, Any], asked: dict[str, Any], options: dict[str, Any], why: str
) -> None:
    assert reason(name, host(**fields), request(**asked), options, "liberty") == why


def test_every_filter_that_is_gone_has_a_case() -> None:
    assert set(FILTERS["liberty"]) - set(FILTERS["today"]) <= {each[0] for each in OLD}


@pytest.mark.parametrize(
    ("value", "wanted", "fits"),
    [
        ("10", "= 9", True), ("10", "== 10.0", True), ("10", "!= 10", False), ("9", "<= 9", True), ("b", "s>= a", True),
        ("abc", "<in> b", True), ("abc", "<all-in> a c", True), ("abc", "<all-in> a z", False), ("x", "<or> y", False), ("x", "x", True),
        ("5", ">=", False), ("12", "s== 12", True), ("12", "s!= 12", False), ("a", "s< b", True), ("a", "s> b", False), ("a", "s<= a", True),
    ],
)  # fmt: skip
def test_operators_of_extra_specs(value: str, wanted: str, fits: bool) -> None:
    assert match(value, wanted) is fits


def test_numbers_that_are_none_are_an_error_of_the_flavor() -> None:
    with pytest.raises(RequestError, match="Use s>= for texts"):
        match("fast", ">= 3")


@pytest.mark.parametrize(
    ("wanted", "fits"), [(">=8.1,<9", True), ("==8.2", True), ("!=8.2.0", False), ("<8", False), (">8.2", False)]
)
def test_versions_compare_by_their_parts(wanted: str, fits: bool) -> None:
    assert satisfies(8002000, wanted) is fits


@pytest.mark.parametrize("query", ['["like", "$host", "c"]', '["<", "$host", 3]', "{no json"])
def test_a_query_that_makes_no_sense_is_an_error_of_the_request(query: str) -> None:
    with pytest.raises(RequestError):
        reason("JsonFilter", host(), request(hints={"query": query}))


def test_on_rebuild_only_filters_on_the_image_look() -> None:
    ask = Ask(request(rebuild=True, image=Image("i", given={"hw_architecture": "x86_64"})), Options())
    looking = {name for name, each in FILTERS["today"].items() if each().looks(ask)}
    assert looking == {"AggregateImagePropertiesIsolation", "ImagePropertiesFilter", "IsolatedHostsFilter"}


def test_filters_of_what_does_not_change_run_for_the_first_server_only() -> None:
    second = Ask(request(2), Options(), 1)
    running = {name for name, each in FILTERS["today"].items() if each().runs(second)}
    assert running == {
        "AggregateIoOpsFilter", "AggregateNumInstancesFilter", "IoOpsFilter", "JsonFilter", "MetricsFilter", "NUMATopologyFilter",
        "NumInstancesFilter", "PciPassthroughFilter", "ServerGroupAffinityFilter", "ServerGroupAntiAffinityFilter",
    }  # fmt: skip


def test_the_flavor_of_the_tests_is_what_the_cases_assume() -> None:
    assert (flavor().name, flavor().vcpus, flavor().memory_mb) == ("m1.test", 2, 2048)
