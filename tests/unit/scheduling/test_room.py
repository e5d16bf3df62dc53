"""What a host has room for, and that scheduler and room agree."""

from __future__ import annotations

import random

import pytest

from kit.scheduling import Flavor, Options, Request, Scheduler, room
from tests.unit.scheduling.builders import host


@pytest.mark.parametrize(
    ("era", "free"),
    [("today", {"VCPU": 64.0 - 4, "MEMORY_MB": 61440.0, "DISK_GB": 990.0}),
     ("liberty", {"VCPU": None, "MEMORY_MB": 94208.0, "DISK_GB": 990.0})],
)  # fmt: skip
def test_what_is_free(era: str, free: dict[str, float | None]) -> None:
    found = room(host(instance_vcpus=4, instance_memory_mb=3584, instance_disk_mb=10240), Options(era=era))
    assert {name: each.free for name, each in found.items()} == free


def test_what_is_reserved_is_multiplied_today_and_was_not_in_liberty() -> None:
    one = host(memory_mb=1000, reserved_host_memory_mb=100, ram_allocation_ratio=1.5)
    assert room(one)["MEMORY_MB"].limit == 1350
    assert room(one, Options(era="liberty"))["MEMORY_MB"].limit == 1400


def test_too_much_is_told() -> None:
    one = room(host(memory_mb=1000, reserved_host_memory_mb=0, instance_memory_mb=800))["MEMORY_MB"]
    assert (one.over(100), one.over(200), one.over(300)) == (0, 0, 100)
    assert room(host(), Options(era="liberty"))["VCPU"].over(10_000) == 0


@pytest.mark.parametrize("era", ["today", "liberty"])
def test_the_scheduler_takes_a_host_where_there_is_room(era: str) -> None:
    draw = random.Random(3)
    for _ in range(200):
        one = host(memory_mb=8192, instance_memory_mb=draw.randrange(0, 12000, 256))
        asked = draw.randrange(256, 8193, 256)
        fits = not room(one, Options(era=era))["MEMORY_MB"].over(asked)
        request = Request(flavor=Flavor(memory_mb=asked))
        assert Scheduler([one], options=Options(era=era)).select(request).ok == fits
