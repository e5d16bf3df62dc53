"""Rehearsals: the solution must pass, and every wrong answer must get its own sentence."""

import pytest

from kit.errors import LabError
from kit.lab import start


@pytest.fixture(autouse=True)
def space(monkeypatch):
    found: dict = {}
    monkeypatch.setattr("kit.lab.notebook.namespace", lambda: found)
    return found


def test_solving_sets_the_variables_for_later_cells(folder, space):
    assert start(str(folder), solve=True).check("double", ...).passed
    assert space["double"](2) == 4


def test_every_wrong_answer_is_fed_and_leaves_no_trace(folder, space, capsys):
    start(str(folder), solve="wrong:all").check("double", ...)
    said = capsys.readouterr().out
    assert "double, square: not yet: 3 gives 9." in said and "double, nothing: not yet: 3 gives None." in said
    assert space["double"](2) == 4


def test_one_wrong_answer_by_name(folder, capsys):
    start(str(folder), solve="wrong:square").check("double", ...)
    assert "nothing" not in capsys.readouterr().out


def test_a_solution_that_does_not_pass_is_an_error(folder):
    steps = folder / "steps.py"
    steps.write_text(steps.read_text().replace("return 2 * x", "return 3 * x"))
    with pytest.raises(LabError, match="the solution does not pass"):
        start(str(folder), solve=True).check("double", ...)


def test_a_wrong_answer_that_gets_another_sentence_is_an_error(folder):
    steps = folder / "steps.py"
    steps.write_text(steps.read_text().replace('"3 gives 9"', '"3 gives 10"'))
    with pytest.raises(LabError, match="Expected: 3 gives 10"):
        start(str(folder), solve="wrong:all").check("double", ...)


def test_an_unknown_wrong_answer_lists_those_that_are(folder):
    with pytest.raises(LabError, match="nothing, number, other, square"):
        start(str(folder), solve="wrong:nosuch")


def test_a_rehearsal_keeps_no_progress(folder, home):
    start(str(folder), solve=True).check("double", ...)
    assert not (home / ".kit").exists()
