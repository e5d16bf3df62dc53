"""The workflow stepper: steps, failures and what they undo, drawn and told."""

import pytest

from kit.migration import failure, workflow
from kit.migration.workflow import failures
from kit.views import WorkflowPicture, WorkflowStepper

STEPS = [(era, number, step.name) for era in ("now", "kilo") for number, step in enumerate(workflow(era))]


@pytest.mark.parametrize(("era", "number", "name"), STEPS)
def test_every_failure_is_drawn_and_told(era, number, name):
    panel = WorkflowStepper(era, number)
    panel.inject()
    found = failure(name, era)
    assert panel.picture.host == found.host and f"the {found.host}" in panel.told.value
    assert f"✗ {name}" in panel.diagram.value and panel.next.disabled and panel.fail.disabled
    assert all(f"↩ {thing}" in panel.told.value for thing in found.undone)


def test_forward_to_the_end_and_back():
    panel = WorkflowStepper()
    count = len(workflow("now"))
    for _ in range(count + 2):
        panel.step(1)
    assert panel.picture.at == count and panel.next.disabled and panel.picture.host == "destination"
    assert panel.picture.status == "completed" and panel.picture.task_state is None
    for _ in range(count + 2):
        panel.step(-1)
    assert panel.picture.at == 0 and panel.back.disabled and panel.picture.host == "source"


def test_a_failure_is_taken_back_before_a_step():
    panel = WorkflowStepper("now", 7)
    panel.inject()
    assert panel.picture.failed
    panel.step(-1)
    assert not panel.picture.failed and panel.picture.at == 6


def test_a_copy_can_fail_in_more_than_one_way():
    at = [step.name for step in workflow()].index("copy")
    panel = WorkflowStepper("now", at)
    causes = [found.cause for found in failures("copy")]
    assert [label for label, _ in panel.cause.options] == causes and len(causes) == 4
    panel.cause.value = 2
    panel.inject()
    assert "nothing is undone" in panel.told.value and panel.picture.exists  # an exception leaves everything behind


def test_another_release_begins_at_its_start():
    panel = WorkflowStepper("now", 5)
    panel.era.value = "kilo"
    assert panel.picture == WorkflowPicture("kilo") and "conductor" in panel.diagram.value
    assert "neutron" not in panel.diagram.value


def test_the_text_says_what_the_drawing_says():
    text = repr(WorkflowPicture("now", 7, failed=True))
    assert "✓  7 queue" in text and "✗  8 prepare" in text and "undone: allocation" in text
    assert "Live migration today: step 7 of 13" in WorkflowPicture("now", 7).svg()
