"""Weighers: raw numbers, normalisation, multipliers."""

import pytest

from kit.scheduling import WEIGHERS, Aggregate, Image, Instance, OptionError, Options, PciPool, Scheduler, ServerGroup
from kit.scheduling.ask import Ask
from kit.scheduling.weighers import normalized

from .builders import host, request


def ask(options: dict[str, object] | None = None, **fields: object) -> Ask:
    return Ask(request(**fields), Options(options))


def raw(name: str, one: object, **fields: object) -> float:
    return WEIGHERS[name]().clamped(one, fields.pop("ask", None) or ask())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "fields", "value"),
    [
        ("CPUWeigher", {"instance_vcpus": 4}, 60.0),
        ("CPUWeigher", {"instance_vcpus": 99}, 0),
        ("RAMWeigher", {"instance_memory_mb": 24}, 65000),
        ("DiskWeigher", {"instance_disk_mb": 1024}, 999 * 1024),
        ("DiskWeigher", {"disk_available_least": 7}, 7 * 1024),
        ("IoOpsWeigher", {"num_io_ops": 3}, 3),
        ("NumInstancesWeigher", {"num_instances": 3}, 3),
        ("BuildFailureWeigher", {"failed_builds": 2}, 2),
        ("HypervisorVersionWeigher", {"hypervisor_version": 7000000}, 7000000),
        ("PCIWeigher", {}, 100),
        ("PCIWeigher", {"pci_pools": (PciPool("8086", "154d", 3), PciPool("8086", "1520", 200))}, 1),
    ],
)
def test_raw_numbers(name: str, fields: dict[str, object], value: float) -> None:
    assert raw(name, host(**fields)) == value


def test_a_minimum_of_0_divides_by_the_largest_and_without_one_the_range_counts() -> None:
    assert normalized([3, 4], 0) == [0.75, 1.0]
    assert normalized([3, 4]) == [0.0, 1.0]
    assert normalized([5, 5, 5]) == [0.0, 0.0, 0.0]
    assert normalized([5, 5], 0) == [1.0, 1.0]
    assert normalized([0, 0], 0) == [0.0, 0.0]


def test_an_aggregate_gives_its_own_multiplier_the_smallest_of_several() -> None:
    own = (
        Aggregate("a", metadata={"ram_weight_multiplier": "3"}),
        Aggregate("b", metadata={"ram_weight_multiplier": "-2"}),
    )
    assert WEIGHERS["RAMWeigher"]().multiplier(host(aggregates=own), ask()) == -2.0
    wrong = (Aggregate("a", metadata={"ram_weight_multiplier": "much"}),)
    assert WEIGHERS["RAMWeigher"]().multiplier(host(aggregates=wrong), ask()) == 1.0
    liberty = Ask(request(), Options(era="liberty"))
    assert WEIGHERS["RAMWeigher"]().multiplier(host(aggregates=own), liberty) == 1.0


def test_build_failures_count_against_a_host() -> None:
    assert WEIGHERS["BuildFailureWeigher"]().multiplier(host(), ask()) == -1_000_000.0


@pytest.mark.parametrize(("policy", "weigher", "value"), [
    ("soft-affinity", "ServerGroupSoftAffinityWeigher", 2), ("soft-anti-affinity", "ServerGroupSoftAntiAffinityWeigher", -2),
    ("affinity", "ServerGroupSoftAffinityWeigher", 0),
])  # fmt: skip
def test_soft_groups_count_members(policy: str, weigher: str, value: int) -> None:
    one = host(instances={name: Instance(name) for name in ("a", "b", "x")})
    assert raw(weigher, one, ask=ask(group=ServerGroup(policy=policy, members=("a", "b", "c")))) == value


def test_metrics_are_summed_and_a_missing_one_puts_the_host_last() -> None:
    setting = {"metrics.weight_setting": ["cpu.percent=-1.0", "cpu.frequency=2", "bad"], "metrics.required": False}
    assert raw("MetricsWeigher", host(metrics={"cpu.percent": 10, "cpu.frequency": 3}), ask=ask(setting)) == -4.0
    assert raw("MetricsWeigher", host(metrics={"cpu.percent": 10}), ask=ask(setting)) == -10000.0
    with pytest.raises(OptionError, match=r"does not measure cpu\.percent"):
        raw("MetricsWeigher", host(), ask=ask(setting | {"metrics.required": True}))


def test_image_properties_count_servers_with_the_same_ones() -> None:
    linux = Image(given={"os_distro": "linux", "hw_vif_model": "virtio"})
    one = host(instances={n: Instance(n, image=Image(given={"os_distro": "linux"})) for n in ("a", "b")})
    on = {"filter_scheduler.image_props_weight_multiplier": 1.0}
    assert raw("ImagePropertiesWeigher", one, ask=ask(on, image=linux)) == 2.0
    assert raw("ImagePropertiesWeigher", one, ask=ask(image=linux)) == 0.0
    weighed = on | {"filter_scheduler.image_props_weight_setting": ["os_distro=5"]}
    assert raw("ImagePropertiesWeigher", one, ask=ask(weighed, image=linux)) == 10.0


def test_a_move_across_cells_prefers_its_own() -> None:
    move = ask(source_cell="cell2", allow_cross_cell_move=True)
    assert (raw("CrossCellWeigher", host(cell_uuid="cell2"), ask=move), raw("CrossCellWeigher", host(), ask=move)) == (
        1,
        -1,
    )
    assert raw("CrossCellWeigher", host()) == 0


def test_one_host_is_not_weighed() -> None:
    step = Scheduler([host()]).select(request()).steps[0]
    assert [(each.host, each.weight, each.contributions) for each in step.weighed] == [("c1", 0.0, {})]


@pytest.mark.parametrize("vectorised", [False, True])
def test_a_negative_multiplier_packs(vectorised: bool) -> None:
    hosts = [host("c1"), host("c2", instance_memory_mb=9000)]
    packed = Scheduler(hosts, options={"filter_scheduler.ram_weight_multiplier": -1}, vectorised=vectorised)
    assert packed.select(request()).chosen == ["c2"]
    assert Scheduler(hosts, vectorised=vectorised).select(request()).chosen == ["c1"]
