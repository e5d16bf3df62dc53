"""Whose mistake an error is: the learner's line, an answer of another kind, or the check's own."""

import linecache

import pytest

from kit.lab import judge, start
from kit.lab import patience as limits

CELL = "/tmp/ipykernel_1/1.py"


@pytest.fixture
def outcome(folder, home):
    lab = start(str(folder))

    def run(source: str, step: str = "double"):
        linecache.cache[CELL] = (len(source), None, source.splitlines(True), CELL)
        space: dict = {}
        exec(compile(source, CELL, "exec"), space)
        return judge.judge(lab, lab.steps[step], (space[step],))

    return run


def test_the_learners_own_error_is_told_with_its_line(outcome):
    assert outcome("def double(x):\n    return y").lines[1] == "in line 2 of your cell: return y"


def test_an_error_of_the_kit_in_the_learners_line_keeps_its_remedy(outcome):
    lines = outcome("from kit.hot import evaluate\ndef double(x):\n    return evaluate('{get_param: x}')").lines
    assert "The Parameter (x) was not provided" in lines[0] and "in line 3" in lines[1] and len(lines) == 3


@pytest.mark.parametrize("source", ["def double(): return 6", "double = 6", "def double(x, y): return x"])
def test_an_answer_of_another_kind_is_not_called_the_checks_mistake(outcome, source):
    found = outcome(source)
    assert found.lines[0].startswith("Your answer could not be read: TypeError") and found.state == "error in your code"


def test_another_file_of_the_lab_may_hold_the_check(folder, home):
    (folder / "other.py").write_text((folder / "steps.py").read_text())
    (folder / "steps.py").write_text("from .other import Double, Name\nSTEPS = [Double, Name]\n")
    lab = start(str(folder))
    assert "could not be read" in repr(judge.judge(lab, lab.steps["double"], (7,)))


def test_what_the_check_itself_breaks_is_ours(folder, home):
    steps = folder / "steps.py"
    steps.write_text(steps.read_text().replace('return "Twice it is."', "assert False"))
    lab = start(str(folder))
    assert "our mistake" in repr(judge.judge(lab, lab.steps["double"], (lambda x: 2 * x,)))


@pytest.mark.parametrize("inside", ["x += 0", "try: x += 0\n        except Exception: pass"])
def test_a_loop_without_an_end_is_stopped(outcome, monkeypatch, inside):
    monkeypatch.setattr(limits, "LIMIT_S", 0.05)
    monkeypatch.setattr(judge, "patience", lambda: limits.patience(0.05))
    # It ends by itself later, so that this test fails, and does not hang, where nobody stops it.
    begin = "import time\nbegun = time.monotonic()\ndef double(x):\n    while time.monotonic() < begun + 5:\n        "
    found = outcome(begin + inside)
    assert found.state == "error in your code" and "still ran after" in found.lines[0]
    assert "of your cell" in found.lines[1] and found.lines[2] == "Does every loop end?"


def test_an_interrupt_is_told_and_not_raised(outcome):
    found = outcome("def double(x):\n    raise KeyboardInterrupt")
    assert found.lines[0].startswith("You interrupted it") and "in line 2" in found.lines[1]


def test_outside_the_main_thread_there_is_no_limit():
    import threading

    ran = []

    def run():
        with limits.patience(0.01):
            ran.append(True)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert ran == [True]
