"""Questions of several literals, answered by their variables."""

import pytest

from kit.policy import Engine, StatementError


@pytest.fixture
def engine():
    made = Engine()
    made.add(
        "nova", {"servers": ["id", "name", "status"]}, {"servers": [["1", "web", "ACTIVE"], ["2", "db", "SHUTOFF"]]}
    )
    made.insert('paid("web")')
    return made


def test_only_the_variables_are_shown_in_their_order(engine):
    found = engine.ask("nova:servers(status=state, name=n)")
    assert found.columns == ("state", "n") and found == [("ACTIVE", "web"), ("SHUTOFF", "db")]


def test_literals_are_joined_and_negated(engine):
    assert engine.ask("nova:servers(name=n), not paid(n)") == [("db",)]


def test_builtins_give_values(engine):
    assert engine.ask("nova:servers(name=n), len(n, size), gt(size, 2)") == [("web", 3)]


def test_a_question_without_variables_holds_or_not(engine):
    assert repr(engine.ask('nova:servers(name="web")')) == "it holds"
    assert not engine.ask('nova:servers(name="nosuch")')


def test_asking_leaves_no_trace(engine):
    before = engine.tables("classification")
    engine.ask("nova:servers(name=n)")
    assert engine.tables("classification") == before and engine.rules() == []


def test_a_mistake_has_the_position_in_the_question(engine):
    with pytest.raises(StatementError, match=r"line 1, column 21.*\n?.*Did you mean"):
        engine.ask("nova:servers(id=x), nova:sevrers(id=x)")
