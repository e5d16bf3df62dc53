"""The placement board and its picture: what they show follows the request, the era and the multipliers."""

from __future__ import annotations

import re

import pytest

from kit.scheduling import Aggregate, Cell, Flavor, Host, NumaTopology, Options, Request, Scheduler, Service, cluster
from kit.views import HostBars, PlacementBoard
from kit.views.placement_stages import funnel, stages, verdicts

CELLS = NumaTopology(
    tuple(
        Cell(
            id=number, pcpuset=frozenset(range(4 * number, 4 * number + 4)), memory=16384,
            pinned_cpus=frozenset((4 * number, 4 * number + 1)), siblings=tuple(frozenset([4 * number + n]) for n in range(4)),
        )
        for number in (0, 1)
    )
)  # fmt: skip
HOSTS = [
    Host(name="empty", vcpus=16, memory_mb=32768, local_gb=400),
    Host(name="full", vcpus=16, memory_mb=32768, local_gb=400, instance_memory_mb=24576, instance_vcpus=20),
    Host(name="off", vcpus=16, memory_mb=65536, local_gb=400, service=Service(disabled=True)),
    Host(name="cells", pcpus=8, instance_pcpus=4, memory_mb=32768, local_gb=400, numa_topology=CELLS),
]
ZONES = [Aggregate("a", frozenset(["full"]), {"availability_zone": "north"})]


@pytest.fixture
def board() -> PlacementBoard:
    return PlacementBoard(HOSTS, ZONES)


def test_a_server_that_is_larger_than_its_host_is_marked_though_more_is_promised():
    hosts, request = HOSTS[:1], Request(flavor=Flavor(vcpus=17, memory_mb=1024))
    today, then = HostBars(hosts, request), HostBars(hosts, request, options=Options(era="liberty"))
    assert "one server gets 16 at most" in repr(today) and "✗ one gets 16" in today.svg()
    assert "at most" not in repr(then) and "one gets" not in then.svg() and "not tested" in repr(then)


def test_a_heading_stands_above_the_bars_and_in_the_text():
    bars = HostBars(HOSTS, title="Then & now")
    assert repr(bars).startswith("Then & now:\n") and "<title>Then &amp; now</title>" in bars.svg()
    assert 'class="h">Then &amp; now</text>' in bars.svg() and 'viewBox="0 -28 ' in bars.svg()
    assert 'class="h">' not in HostBars(HOSTS).svg()


def test_what_is_said_of_a_bar_fits_above_or_below_it():
    request = Request(flavor=Flavor(vcpus=16, memory_mb=999999, extra_specs={"hw:cpu_policy": "dedicated"}))
    for hosts in (
        HOSTS,
        [Host(name="compute-10.example.org", vcpus=4, memory_mb=9999999, service=Service(disabled=True))],
    ):
        drawn = HostBars(hosts, request, Scheduler(hosts).select(request)).svg()
        said = re.findall(r'<text x="(\d+)" y="(\d+)"[^>]*>(?:<tspan[^>]*>)?([^<]+)', drawn)
        last = max(int(y) for _, y, _ in said)  # that of the legend
        said = [(int(x), int(y), text) for x, y, text in said if int(y) < last]
        assert len(said) > 3 and all(len(text) < 32 for x, _, text in said if x), said
        for x, y, _ in said:
            assert not [each for each in said if each[0] == x and 0 < each[1] - y < 17], said


def test_it_tells_where_the_server_lands_and_why_not_elsewhere(board):
    assert "Now: the server lands on empty." in board.said.value
    assert "COMPUTE_STATUS_DISABLED" in board.fallen.value and "4 of 4" not in board.funnel.value
    assert "★ chosen" in board.bars.value and "★ chosen" in board.weights.value
    assert "→" in board.weights.value


@pytest.mark.parametrize(
    ("controls", "said"),
    [
        ({"memory": 12288}, "the server lands on empty"),
        ({"zone": "north"}, "the server lands on full"),
        ({"zone": "north", "memory": 12288}, "Now: no valid host. Placement has no candidate"),
        ({"policy": "dedicated", "vcpus": 4}, "Now: no valid host. Server-1: NUMATopologyFilter left none"),
        ({"policy": "dedicated", "vcpus": 4, "numa": 2}, "lands on cells"),
        ({"vcpus": 3, "numa": 2}, "cannot be split into 2 equal cells. Move a slider"),
        ({"servers": 3}, "3 servers land"),
        ({"era": "liberty"}, "Liberty (2015): the server lands on"),
    ],
)
def test_a_control_has_an_immediate_effect(board, controls, said):
    for name, value in controls.items():
        getattr(board, name).value = value
    assert said in board.said.value


def test_pack_and_spread_set_the_multipliers_and_decide_once(board, monkeypatch):
    asked = []
    real = Scheduler.select
    monkeypatch.setattr(Scheduler, "select", lambda self, request: asked.append(1) or real(self, request))
    buttons = {each.description: each for each in board.children[1].children[0].children[-1].children}
    buttons["Pack"].click()
    assert "lands on full" in board.said.value and len(asked) == 1
    buttons["Spread"].click()
    assert "lands on empty" in board.said.value and len(asked) == 2


def test_what_liberty_did_not_have_cannot_be_moved(board):
    board.era.value = "liberty"
    assert board.multipliers["cpu"].disabled and board.multipliers["disk"].disabled
    assert not board.multipliers["ram"].disabled and "not tested" in board.bars.value


def test_each_server_of_several_can_be_looked_at(board):
    board.servers.value = 2
    assert board.server.max == 2 and not board.server.disabled
    board.server.value = 2
    assert board.weights.value.count("★ chosen") == 1
    board.servers.value = 1
    assert board.server.value == 1 and board.server.disabled


def test_options_that_an_era_lacks_are_left_out_there():
    made = PlacementBoard(HOSTS, options={"DEFAULT.ram_allocation_ratio": 1.0})
    made.era.value = "liberty"
    assert made.options["DEFAULT.ram_allocation_ratio"] == 1.0


def test_names_are_escaped():
    made = PlacementBoard([Host(name="<b>x", vcpus=4, memory_mb=8192, local_gb=100)])
    shown = made.said.value + made.bars.value + made.funnel.value + made.fallen.value + made.weights.value
    assert "<b>x" not in shown and "&lt;b&gt;x" in shown


def test_the_picture_in_words():
    request = Request(flavor=Flavor(vcpus=2, memory_mb=12288, root_gb=20))
    decision = Scheduler(HOSTS).select(request)
    assert repr(HostBars(HOSTS, decision=decision)).splitlines() == [
        "empty: 0 used + 2 asked of 64 (has 16) vCPU; 0 used + 12288 asked of 32256 MB of memory; "
        "0 used + 20 asked of 400 GB of disk  ★ chosen",
        "full: 20 used + 2 asked of 64 (has 16) vCPU; 24576 used + 12288 asked of 32256 MB of memory, 4608 too many; "
        "0 used + 20 asked of 400 GB of disk  ✗ falls at Placement",
        "off: 0 used + 2 asked of 64 (has 16) vCPU; 0 used + 12288 asked of 65024 MB of memory; "
        "0 used + 20 asked of 400 GB of disk  ✗ falls at Placement",
        "cells: 0 used + 12288 asked of 32256 MB of memory; 0 used + 20 asked of 400 GB of disk  ✗ falls at Placement",
    ]


def test_a_picture_without_a_request_tells_what_is_there():
    said = repr(HostBars(HOSTS))
    assert "asked" not in said and "⏸ disabled" in said and "4 used of 8 dedicated CPU (free by cell: 2, 2)" in said
    assert "too much" not in HostBars(HOSTS).svg()


def test_bars_stay_within_their_column():
    decision = Scheduler(HOSTS).select(Request(flavor=Flavor(vcpus=2, memory_mb=40000, root_gb=20)))
    ends = [int(x) + int(w) for x, w in re.findall(r'd="M(\d+) \d+h(\d+)v15', HostBars(HOSTS, decision=decision).svg())]
    assert max(ends) <= 165 + 3 * 227 + 2 * 16 + 1


def test_a_second_query_lets_a_host_through_that_the_first_refuses():
    request = Request(flavor=Flavor(vcpus=2, extra_specs={"hw:cpu_policy": "dedicated"}))
    options = Options({"filter_scheduler.enabled_filters": ["ComputeFilter", "NUMATopologyFilter"]})
    decision = Scheduler(HOSTS, options=options).select(request)
    first, *_, last = stages(decision)
    assert set(first.fallen) == {"off"} and "has no PCPU; has the trait" in first.fallen["off"]
    assert set(last.fallen) == {"empty", "full"} and verdicts(decision)["cells"] == ("chosen", "")
    assert "4 of 4" not in funnel(stages(decision)) and "shows no NUMA cells" in funnel(stages(decision))


def test_nodes_of_one_service_are_told_apart():
    nodes = cluster("vcenter", [Host(name=f"n{n}", vcpus=8, memory_mb=4096 * n, local_gb=40) for n in (1, 2)]).nodes
    decision = Scheduler(nodes).select(Request(flavor=Flavor(memory_mb=6144)))
    lines = repr(HostBars(nodes, decision=decision)).splitlines()
    assert lines[0].startswith("vcenter/n1") and lines[0].endswith("✗ falls at Placement")
    assert lines[1].startswith("vcenter/n2") and lines[1].endswith("★ chosen")
    assert "asks 6144 MB" in HostBars(nodes, decision=decision).svg()


def test_of_many_hosts_some_are_drawn_and_the_chosen_one_always():
    many = [Host(name=f"h{n}", vcpus=8, memory_mb=8192 + n, local_gb=40) for n in range(100)]
    picture = HostBars(many, decision=Scheduler(many).select(Request(flavor=Flavor())))
    assert [host.name for host in picture.drawn] == [*(f"h{n}" for n in range(23)), "h99"]
    assert "and 76 more hosts" in picture.svg() and len(repr(picture).splitlines()) == 100


def test_a_server_behind_the_one_that_found_no_host_was_never_asked_for(board):
    board.era.value, board.policy.value, board.vcpus.value, board.servers.value = "liberty", "dedicated", 32, 3
    board.server.value = 3
    assert "no valid host" in board.said.value
    assert "3 was never asked for" in board.funnel.value and not board.fallen.value
