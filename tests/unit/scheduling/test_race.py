"""Schedulers on one stale view."""

from __future__ import annotations

import json

from kit.scheduling import Options, PciPool, race

from .builders import NFV, host, request

TIGHT = Options({"DEFAULT.ram_allocation_ratio": 1.0}, era="liberty")


def four():  # type: ignore[no-untyped-def]
    """Each has room for one server of 3000 MiB; the last is the roomiest."""
    return [host(f"c{number}", memory_mb=4096 + number) for number in range(1, 5)]


def test_liberty_sends_losers_back_and_gives_up_after_three_attempts_though_a_host_is_free() -> None:
    found = race(four(), request(memory_mb=3000), schedulers=4, options=TIGHT)
    assert found.placed == {"server-1": "c4", "server-2": "c3", "server-3": "c2"}
    assert found.failed == {"server-4": "exceeded max scheduling attempts 3"}
    assert (found.lost, found.reschedules) == (6, 5)


def test_today_losers_take_the_next_host_at_once() -> None:
    found = race(four(), request(memory_mb=3000), schedulers=4)
    assert found.placed == {"server-1": "c4", "server-2": "c3", "server-3": "c2", "server-4": "c1"}
    assert (found.failed, found.lost, found.reschedules) == ({}, 6, 0)


def test_more_attempts_help_liberty() -> None:
    assert not race(
        four(), request(memory_mb=3000), schedulers=4, options=TIGHT.changed(scheduler__max_attempts=4)
    ).failed


def test_a_race_that_nobody_can_win_ends() -> None:
    for options in (TIGHT, None):
        found = race(four(), request(memory_mb=9000), options=options)
        assert found.placed == {} and len(found.failed) == 2


def test_a_device_can_still_be_raced_for_today() -> None:
    hosts = [
        host("c1", pci_pools=(PciPool("8086", "154d", 1),)),
        host("c2", memory_mb=60000, pci_pools=(PciPool("8086", "154d", 1),)),
    ]
    found = race(hosts, request(specs={"pci_passthrough:alias": "nic:1"}), options=NFV)
    assert found.placed == {"server-1": "c1", "server-2": "c2"}
    assert [(each.wave, each.host, each.won) for each in found.attempts] == [
        (1, "c1", True),
        (1, "c1", False),
        (2, "c2", True),
    ]


def test_the_story_is_told() -> None:
    found = race(four(), request(memory_mb=3000), options=TIGHT)
    assert repr(found) == "\n".join([
        "wave 1: server-1 claims c4 and wins",
        "wave 1: server-2 claims c4 and loses: asks 3000 MB; 4100 - 3512 = 588 MB are free",
        "wave 2: server-2 claims c3 and wins",
        "liberty: 2 placed, 0 failed, 1 claims lost, 1 reschedules",
    ])  # fmt: skip
    assert json.loads(json.dumps(found.to_dict()))["lost"] == 1
    assert "✗ loses" in found._repr_html_()
