"""Knobs, links, contents, turns: values, costs and Nova's schedule."""

import pytest

from kit.errors import KitError
from kit.migration import Guest, Knobs, Link, Turn, mbit_s, mib_s
from kit.migration.content import hit_bytes, page_bytes, slots
from kit.migration.turns import gib_of, schedule, steps_of_downtime


def test_a_cap_of_50_mib_is_419_mbit() -> None:
    assert mbit_s(50) == pytest.approx(419.43, abs=0.01)
    assert mib_s(mbit_s(37)) == pytest.approx(37)


def test_pages_cost_what_qemu_sends() -> None:
    assert [page_bytes(content) for content in ("zero", "const", "random")] == [9, 4104, 4104]
    assert page_bytes("const", compress=True) < 100
    assert page_bytes("half", compress=True) == pytest.approx(2354, abs=15)  # measured: 2346 and a header
    assert page_bytes("random", compress=True) > 4104


def test_an_xbzrle_hit_costs_its_changes() -> None:
    assert hit_bytes(16) == 8 + 3 + 2 + 16
    assert hit_bytes(4096) == 4104


def test_a_cache_has_a_power_of_two_of_slots() -> None:
    assert slots(64) == 16384 and slots(100) == 16384


def test_downtime_steps_are_novas() -> None:
    steps = steps_of_downtime(500, 10, 75, 4)
    assert [limit for _, limit in steps[:3]] == [50, 95, 140] and steps[-1] == (3000, 500)
    assert len(steps) == 11


def test_gib_count_ram_and_disks_with_at_least_two_each() -> None:
    assert gib_of(Guest(512)) == 2
    assert gib_of(Guest(4096), [1, 20]) == 4 + 2 + 20


def test_novas_clock_turns_knobs_and_ends_the_job() -> None:
    first, turns = schedule(Guest(4096), Knobs.nova(), [Turn(7, "stop")])
    assert first.downtime_limit_ms == 50
    assert [turn.verb for turn in turns] == ["stop", *["set"] * 10, "abort"]
    assert turns[-1].at_s == 3200


def test_unknown_knobs_and_values_out_of_range_are_refused() -> None:
    for wrong in (
        lambda: Knobs(max_bandwidth_mib_s=-1), lambda: Knobs(downtime_steps=2), lambda: Knobs(compress_level=10),
        lambda: Knobs(cpu_throttle_initial_pct=100), lambda: Knobs(encryption="rot13"), lambda: Knobs().but(speed=1),
        lambda: Knobs(multifd=True, xbzrle=True), lambda: Knobs(multifd=True, compress=True), lambda: Link(0),
        lambda: Turn(-1, "stop"), lambda: Turn(1, "jump"), lambda: Turn(1, "set", {"multifd": True}),
        lambda: Turn(1, "set", {"nosuch": 1}), lambda: Turn(1, "set", {"downtime_limit_ms": float("nan")}),
        lambda: Guest(1e12), lambda: Link(1e300), lambda: Knobs(max_bandwidth_mib_s=1e-300), lambda: Knobs(downtime_limit_ms=float("nan")),
    ):  # fmt: skip
        with pytest.raises(KitError, match="must be"):
            wrong()


def test_the_repr_names_only_what_was_turned() -> None:
    assert repr(Knobs()) == "Knobs()"
    assert repr(Knobs(xbzrle=True)) == "Knobs(xbzrle=True)"


def test_a_tunnel_is_one_core_and_tls_of_several_channels_is_several() -> None:
    link, plain = Link(speed_mib_s=5000, cores=8), Knobs(multifd=True, multifd_channels=4)
    speeds = {
        way: link.speed_bytes_s(plain.but(encryption=way)) for way in ("tunnelled", "ipsec", "native-tls", "none")
    }
    assert sorted(speeds, key=speeds.__getitem__) == ["tunnelled", "ipsec", "native-tls", "none"]
    assert link.speed_bytes_s(Knobs(encryption="native-tls")) == pytest.approx(speeds["native-tls"] / 4)
    assert speeds["tunnelled"] == link.speed_bytes_s(Knobs(encryption="tunnelled"))


def test_threads_carry_compression_as_far_as_there_are_cores() -> None:
    link = Link(speed_mib_s=5000, cores=4)
    one, four, many = (link.cpu_mib_s(Knobs(compress=True, compress_threads=n), "half") for n in (1, 4, 16))
    assert four == pytest.approx(4 * one) and many == four


def test_multifd_counts_bytes_before_it_compresses_them() -> None:
    link, knobs = Link(speed_mib_s=100), Knobs(multifd=True, multifd_compression="zstd")
    assert link.wire_bytes(1000, knobs, "const") < 50
    assert link.speed_bytes_s(knobs, "const") > 100 * 2**20
