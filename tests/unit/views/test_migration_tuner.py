"""The migration tuner: every case draws, every control tells, and the verdict is the model's."""

import itertools

import pytest

from kit.errors import MigrationError
from kit.migration import Knobs, simulate
from kit.views import MigrationTuner
from kit.views.migration_cases import CASES, START, clash


@pytest.fixture
def panel():
    return MigrationTuner()


@pytest.mark.parametrize("case", CASES)
def test_every_case_draws_and_speaks(panel, case):
    panel.choose(case)
    told, _ = CASES[case]
    assert panel.result is not None and "<svg" in panel.chart.value
    assert ("✓ It ends" in panel.verdict.value) == panel.result.completed
    assert told[:12] in panel.famous.value


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({}, "never ends"), ({"cap": 100}, "It ends after"), ({"limit": 2000}, "It ends after"),
        ({"auto_converge": True}, "It ends after"), ({"cache": 64}, "It ends after"), ({"writes": 0}, "It ends after"),
        ({"hand": "stop"}, "stopped by hand"), ({"hand": "post-copy"}, "Post-copy"), ({"hand": "limit"}, "It ends after"),
        ({"hand": "cap"}, "It ends after"), ({"hand": "abort"}, "cancelled"), ({"nova": True}, "Aborted by nova&#x27;s timeout"),
        ({"memory": 256, "working": 512}, "(512 MiB) is larger than the memory (256 MiB)"),
        ({"threads": 8, "channels": 4}, "QEMU refuses zlib"), ({"cache": 64, "channels": 2}, "whole pages"),
        ({"nova": True, "limit": 30}, "under 100 ms"),
    ],
)  # fmt: skip
def test_a_control_changes_the_verdict(panel, values, word):
    for name, value in values.items():
        panel.controls[name].value = value
    assert word in panel.verdict.value


def test_every_control_has_a_label_and_begins_where_it_can_stand(panel):
    assert set(panel.controls) == set(START)
    assert all(control.description for control in panel.controls.values())


def test_what_the_model_refuses_is_told_in_the_words_of_the_controls(panel):
    panel._quiet = True
    ends = {"memory": (128, 1024), "working": (0, 1024), "channels": (1, 8), "threads": (0, 8), "cache": (0, 64)}
    ends |= {"nova": (False, True), "limit": (30, 100)}
    for values in itertools.product(*ends.values()):
        at = dict(zip(ends, values, strict=True))
        for name, value in at.items():
            panel.controls[name].value = value
        try:
            panel.inputs()
            refused = False
        except MigrationError:
            refused = True
        assert bool(clash(at)) == refused, at


def test_the_controls_are_the_models_knobs(panel):
    panel.choose("Auto-converge", encryption="ipsec", channels=4)
    guest, knobs, link, turns = panel.inputs()
    assert guest.memory_mib == 4096 and guest.working_set.writes_per_s == 40_000 and round(link.speed_mib_s, 1) == 119.2
    assert knobs == Knobs(
        max_bandwidth_mib_s=100.0, auto_converge=True, multifd=True, multifd_channels=4, encryption="ipsec"
    )
    assert repr(simulate(guest, knobs, link, turns=turns)) == repr(panel.result)


def test_what_would_end_it_is_named_with_its_price_and_what_nova_would_be_told(panel):
    assert "xbzrle, cache 64 MiB" in panel.remedies.value and "risky" in panel.remedies.value
    assert "cap 65 MiB/s" in panel.remedies.value and "downtime limit 540 ms" in panel.remedies.value
    assert "live_migration_bandwidth = 50" in panel.conf.value
    panel.controls["cache"].value = 128
    assert panel.remedies.value == "" and "no xbzrle" in panel.conf.value


@pytest.mark.parametrize("values", [{"moment": 4, "memory": 65536, "used": 90}, {}])
def test_a_cut_after_the_switch_loses_the_guest(values):
    panel = MigrationTuner(hand="cut", **values)
    assert "only a reboot helps" in panel.verdict.value


def test_it_is_a_text_where_outputs_are_kept(panel, monkeypatch):
    monkeypatch.setenv("KIT_PROGRESS", "off")
    assert list(panel._repr_mimebundle_()) == ["text/plain"]
    assert repr(panel).startswith("Migration tuner, case: It never ends\nnever ends: after")
    monkeypatch.delenv("KIT_PROGRESS")
    assert "application/vnd.jupyter.widget-view+json" in panel._repr_mimebundle_()
