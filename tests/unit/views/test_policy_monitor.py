"""The policy monitor: what it shows, what its buttons do."""

import re
from pathlib import Path

import pytest

from kit.cloud import Cloud
from kit.views import PolicyMonitor
from kit.views.policy_monitor import laid_out

SEED = Path(__file__).parents[3] / "labs" / "01-congress-policies" / "cloud.yaml"


@pytest.fixture
def panel():
    cloud = Cloud.from_seed(SEED)
    made = PolicyMonitor(cloud, "alice", "shop")
    made.group.value = "secure-web"
    yield made
    cloud.close()


def test_the_violators_are_shown_with_their_proofs(panel):
    assert "3</strong> servers violate" in panel.violations.value
    assert "web-2" in panel.violations.value and "port_range_max=1024" in panel.violations.value


def test_a_group_of_a_server_is_proposed_and_the_policy_shown(panel):
    fresh = PolicyMonitor(panel.cloud, "alice", "shop")
    assert fresh.group.value == "secure-web"
    lines = re.findall(r"padding-left:(\d+)ch.*?>(.*?)</span>", fresh._rules())
    assert lines[3:5] == [
        ("4", "error(user_id, email, vm_name, id) :-"),
        ("8", "connected_to_internet(id, device_id),"),
    ]


@pytest.mark.parametrize(
    ("rule", "lines"),
    [
        ("p(x) :- q(x, y), not r(y)", ["p(x) :-", "    q(x, y),", "    not r(y)"]),
        ('p("a, b")', ['p("a, b")']),
        ("p(x) :- q(x)", ["p(x) :-", "    q(x)"]),
    ],
)
def test_a_rule_is_laid_out_by_its_literals(rule, lines):
    assert laid_out(rule).splitlines() == lines


def test_a_what_if_changes_nothing(panel):
    panel.run(panel._simulate)
    assert "web-1" in panel.answer.value and "1 row would come" in panel.said.value
    assert "web-1" not in panel.violations.value


def test_what_is_done_is_seen_at_once(panel):
    panel.run(panel._open)
    assert "web-1" in panel.violations.value and "lets port 80 in" in panel.said.value


def test_a_denied_request_is_said_and_written_down(panel):
    panel.deny.value = True
    panel.run(panel._open)
    assert "The cloud refuses: Policy OpenPort80 denies this" in panel.said.value
    assert "would hold; the journal says why." in panel.said.value and "because" not in panel.said.value
    assert "denied" in panel.journal.value and "web-1" not in panel.violations.value
    panel.deny.value = False
    panel.run(panel._open)
    assert "web-1" in panel.violations.value


def test_repairs_are_switched_on_and_off(panel):
    panel.repair.value = True
    assert "Nobody violates" in panel.violations.value and "delete_security_group_rule" in panel.journal.value
    panel.repair.value = False
    panel.run(panel._open)
    assert "web-1" in panel.violations.value


def test_back_to_the_start(panel):
    panel.repair.value = True
    panel.run(panel._reset)
    assert "3</strong> servers violate" in panel.violations.value and panel.repair.value is False
