"""A lab as a learner meets it: four outcomes, hints, solutions, resets, and progress that survives."""

import json

import pytest

from kit.errors import LabError
from kit.lab import start


def double(x):
    return 2 * x


def test_the_four_outcomes(folder, home):
    lab = start(str(folder))
    assert lab.check("double", ...).state == "not attempted"
    assert lab.check("double").state == "not attempted"
    assert lab.check("double", lambda x: x * x).state == "not yet"
    assert lab.check("double", double).state == "passed"
    assert lab.check("double", lambda x: x / 0).state == "error in your code"


def test_feedback_says_what_was_seen_what_was_expected_and_what_to_try(folder, home):
    text = repr(start(str(folder)).check("double", lambda x: x * x))
    assert text.splitlines()[1:] == ["  3 gives 9.", "  6 was asked for.", "  Add it to itself."]


def test_an_error_names_the_learners_line(folder, home):
    space: dict = {}
    exec(compile("def broken(x):\n    return x.nosuch\n", "<ipython-input-1>", "exec"), space)
    lines = start(str(folder)).check("double", space["broken"]).lines
    assert "nosuch" in lines[0] and "line 2 of your cell" in lines[1]


def test_an_error_that_begins_with_its_own_name_is_named_once(folder, home):
    space: dict = {}
    source = "class Refused(Exception):\n    pass\n\ndef broken(x):\n    raise Refused('Refused: 403')\n"
    exec(compile(source, "<ipython-input-1>", "exec"), space)
    assert start(str(folder)).check("double", space["broken"]).lines[0] == "Refused: 403"


def test_a_pass_stays_a_pass(folder, home):
    lab = start(str(folder))
    lab.check("double", double)
    lab.check("double", abs)
    assert "1 of 2 steps done, about 2 minutes left" in repr(lab.panel())


def test_hints_come_one_by_one_and_the_last_stays(folder, home):
    lab = start(str(folder))
    assert [lab.hint("double").text.splitlines()[0] for _ in range(4)] == ["one", "two", "three", "three"]
    assert lab.hint("double", 1).text == "one"
    assert "three hints, not 7" in lab.hint("double", 7).title


def test_the_second_wrong_answer_offers_a_hint(folder, home):
    lab = start(str(folder))
    lab.check("double", abs)
    assert 'lab.hint("double")' in lab.check("double", abs).footer


def test_a_shown_solution_is_counted(folder, home):
    lab = start(str(folder))
    assert lab.solution("double").text == "def double(x): return 2 * x\n"
    lab.check("double", double)
    assert "solution shown" in repr(lab.panel())


def test_a_solution_that_is_run_sets_the_notebooks_variables(folder, home, monkeypatch):
    space: dict = {}
    monkeypatch.setattr("kit.lab.notebook.namespace", lambda: space)
    start(str(folder)).solution("double", run=True)
    assert space["double"](4) == 8


def test_a_lost_session_resumes_where_it_was(folder, home):
    lab = start(str(folder))
    lab.check("double", double)
    lab.connect().delete_server("web-1", wait=True)
    lab.check("name", ...)
    again = start(str(folder))
    assert "Welcome back" in repr(again) and "1 of 2 steps done" in repr(again)
    assert list(again.connect().compute.servers()) == []


def test_progress_moves_to_another_machine(folder, home, tmp_path, monkeypatch):
    start(str(folder)).check("double", double)
    file = next((home / ".kit" / "progress").glob("*.json"))
    assert file.stat().st_size < 100_000
    other = tmp_path / "other"
    (other / ".kit" / "progress").mkdir(parents=True)
    (other / ".kit" / "progress" / file.name).write_bytes(file.read_bytes())
    monkeypatch.setenv("KIT_LAB_HOME", str(other))
    assert "1 of 2 steps done" in repr(start(str(folder)))


def test_a_broken_progress_file_is_set_aside(folder, home):
    start(str(folder)).check("double", double)
    file = next((home / ".kit" / "progress").glob("*.json"))
    file.write_text("{")
    assert "kept as 50-two-steps.broken.json" in repr(start(str(folder)))
    assert (file.parent / "50-two-steps.broken.json").read_text() == "{"


def test_a_step_is_reset_with_the_cloud_it_began_from(folder, home):
    lab = start(str(folder))
    lab.check("double", double)
    lab.check("name", "web-1")
    lab.connect().delete_server("web-1", wait=True)
    lab.reset("name")
    assert [server.name for server in lab.connect().compute.servers()] == ["web-1"]
    assert "1 of 2 steps done" in repr(lab)


def test_a_lab_is_reset_whole(folder, home):
    lab = start(str(folder))
    lab.check("double", double)
    lab.connect().delete_server("web-1", wait=True)
    lab.cloud.faults.add(service="compute", status=503)
    assert "0 of 2 steps done" in repr(lab.reset())
    assert [server.name for server in lab.connect().compute.servers()] == ["web-1"]
    assert "0 of 2 steps done" in repr(start(str(folder)))


def test_the_cloud_is_remembered_and_brought_back(folder, home):
    lab = start(str(folder))
    lab.snapshot()
    lab.connect().delete_server("web-1", wait=True)
    lab.restore()
    assert [server.name for server in lab.connect().compute.servers()] == ["web-1"]


def test_a_raised_hand_carries_all_that_an_expert_needs(folder, home):
    lab = start(str(folder))
    list(lab.connect().compute.servers())
    lab.check("double", abs)
    note = lab.raise_hand("Why 3?")
    data = json.loads(next((home / ".kit" / "hands").glob("*.json")).read_text())
    assert str(home) in note.text
    assert (data["lab"], data["step"], data["text"]) == ("50-two-steps", "double", "Why 3?")
    assert data["progress"]["attempts"] == 1 and "3 gives 3" in data["progress"]["feedback"]
    assert any(call["path"].endswith("/servers/detail") for call in data["calls"])
    assert "secret" not in json.dumps([call["request_body"] for call in data["calls"]])


def test_a_mistyped_step_is_guessed(folder, home):
    with pytest.raises(LabError, match="Did you mean 'double'"):
        start(str(folder)).check("doubel", 1)


def test_a_mistyped_lab_is_guessed():
    with pytest.raises(LabError, match="Did you mean '00-quick-start'"):
        start("00-quik-start")
