"""Events of watched tables, and the actions that policies demand."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.policy import Action, Engine, Event
from kit.policy.errors import EndlessRecursion, PolicyError

from .programs import BASE, facts, programs
from .state import state

STOP = 'execute[nova:servers.pause(x)] :- nova:servers(id=x, status="ACTIVE")'


def cloud(*rows: list[str]) -> Engine:
    engine = Engine(home="t")
    engine.add("nova", {"servers": ["id", "status"]}, {"servers": rows})
    return engine


def calls(engine: Engine) -> list[str]:
    return [str(action) for action in engine.actions()]


def test_a_new_row_demands_its_call_once() -> None:
    engine = cloud()
    engine.insert(STOP)
    engine.load("nova", "servers", [["a", "ACTIVE"], ["b", "PAUSED"]])
    engine.load("nova", "servers", [["a", "ACTIVE"], ["c", "PAUSED"]])
    assert calls(engine) == ['nova:servers.pause("a")']
    assert calls(engine) == []


def test_a_row_that_goes_demands_nothing_and_demands_again_when_it_is_back() -> None:
    engine = cloud(["a", "ACTIVE"])
    engine.insert(STOP)
    assert calls(engine) == ['nova:servers.pause("a")']
    engine.load("nova", "servers", [])
    assert calls(engine) == []
    engine.load("nova", "servers", [["a", "ACTIVE"]])
    assert calls(engine) == ['nova:servers.pause("a")']


def test_a_rule_acts_on_the_rows_that_are_there() -> None:
    engine = cloud(["a", "ACTIVE"])
    engine.insert(STOP)
    engine.delete(STOP)
    engine.insert(STOP)
    assert calls(engine) == ['nova:servers.pause("a")'] * 2


def test_a_second_rule_for_the_same_call_demands_nothing_more() -> None:
    engine = cloud(["a", "ACTIVE"])
    engine.insert(STOP)
    engine.insert("execute[nova:servers.pause(x)] :- nova:servers(id=x)")
    assert calls(engine) == ['nova:servers.pause("a")']
    engine.delete(STOP)
    assert calls(engine) == []


def test_a_refused_insert_demands_nothing() -> None:
    engine = cloud(["a", "ACTIVE"])
    before = state(engine)
    with pytest.raises(PolicyError):
        engine.insert(f"{STOP}\np(x) :- p(x)")
    assert calls(engine) == []
    assert state(engine) == before
    engine.insert(STOP)
    assert calls(engine) == ['nova:servers.pause("a")']


def test_an_action_without_a_service_belongs_to_the_policy() -> None:
    engine = cloud()
    engine.insert("execute[notify(x, 1)] :- p(x)")
    engine.insert('p("ann")')
    (action,) = engine.actions()
    assert action == Action("t", "notify", ("ann", 1), "t")
    assert action.to_dict() == {"service": "t", "action": "notify", "args": ["ann", 1]}
    assert engine.rows(action.query, action.policy)
    assert "p(" in repr(engine.why(action.query, action.policy))


def test_listeners_are_called_until_they_end_it() -> None:
    engine = cloud()
    heard: list[str] = []
    end = engine.on_action(lambda action: heard.append(str(action)))
    engine.insert(STOP)
    engine.change("nova", "servers", add=[["a", "ACTIVE"]])
    end()
    end()
    engine.change("nova", "servers", add=[["b", "ACTIVE"]])
    assert heard == ['nova:servers.pause("a")']


def test_a_listener_may_change_the_engine_and_is_told_in_order() -> None:
    engine = cloud()
    engine.insert("execute[svc:step(x)] :- n(x), lt(x, 4)")
    heard: list[int] = []

    def step(action: Action) -> None:
        heard.append(int(action.args[0]))
        engine.insert(f"n({int(action.args[0]) + 1})")
        heard.append(-int(action.args[0]))

    engine.on_action(step)
    engine.insert("n(1)")
    assert heard == [1, -1, 2, -2, 3, -3]


def test_a_listener_that_fails_leaves_the_change_and_the_other_calls() -> None:
    engine = cloud()
    engine.insert(STOP)
    heard: list[str] = []

    def fail(action: Action) -> None:
        if not heard:
            heard.append("failed")
            raise OSError("no route")
        heard.append(str(action))

    engine.on_action(fail)
    with pytest.raises(OSError):
        engine.load("nova", "servers", [["a", "ACTIVE"], ["b", "ACTIVE"]])
    engine.insert("p(1)")
    assert engine.rows('nova:servers(id="a")')
    engine.load("nova", "servers", [["a", "ACTIVE"], ["b", "ACTIVE"], ["c", "ACTIVE"]])
    assert heard == ["failed", 'nova:servers.pause("b")', 'nova:servers.pause("c")']


def test_events_tell_what_a_step_changed_in_a_watched_table() -> None:
    engine = Engine(home="t")
    engine.insert("q(x) :- p(x), gt(x, 1)")
    heard: list[Event] = []
    engine.watch("t", "q", heard.append)
    engine.insert("p(1)")
    engine.insert("p(2) p(3)")
    engine.delete("p(2)")
    assert engine.events() == heard == [Event("t", "q", [(2,), (3,)], []), Event("t", "q", [], [(2,)])]
    assert heard[0].to_dict() == {"policy": "t", "table": "q", "added": [[2], [3]], "removed": []}
    assert engine.events() == []


def test_no_event_when_a_row_keeps_one_derivation() -> None:
    engine = Engine(home="t")
    engine.insert("a(1) q(x) :- a(x) q(x) :- b(x)")
    engine.watch("t", "q")
    engine.insert("b(1)")
    engine.delete("a(1)")
    assert engine.events() == []
    engine.delete("q(x) :- b(x)")
    assert [event.removed for event in engine.events()] == [[(1,)]]


def test_a_stated_table_can_be_watched_and_becomes_a_derived_one() -> None:
    engine = Engine(home="t")
    engine.watch("t", "p")
    engine.insert("p(1)")
    engine.insert("p(x) :- q(x)  q(1) q(2)")
    engine.delete("p(x) :- q(x)")
    assert [(e.added, e.removed) for e in engine.events()] == [([(1,)], []), ([(2,)], []), ([], [(2,)])]


def test_a_change_that_cannot_be_computed_is_taken_back() -> None:
    engine = Engine(home="t")
    engine.policies["t"].kind = "recursive"
    engine.insert("n(x) :- start(x)\nn(y) :- n(x), plus(x, 1, y)")
    engine.watch("t", "n")
    with pytest.raises(EndlessRecursion):
        engine.insert("start(1)")
    assert engine.rows("start(x)") == []
    engine.insert("other(1)")
    assert engine.events() == []


def test_changes_made_together_are_told_once() -> None:
    engine = cloud()
    engine.insert("open(x) :- p(x), not shut(x) execute[svc:close(x)] :- open(x)")
    engine.watch("t", "open")
    with engine.together():
        engine.insert("p(1) p(2)")
        engine.insert("shut(1)")
        assert engine.rows("open(x)") == [(2,)]
    assert [(event.added, event.removed) for event in engine.events()] == [([(2,)], [])]
    assert calls(engine) == ["svc:close(2)"]


def test_changes_made_together_are_taken_back_together() -> None:
    engine = cloud()
    engine.insert("p(1)")
    before = state(engine)
    with pytest.raises(PolicyError), engine.together():
        engine.insert("p(2) q(x) :- p(x)")
        engine.create("more", "datasource", schema={"t": ["a"]})
        engine.drop("nova")
        engine.load("more", "t", [["a", "b"]])
    assert {**state(engine), "policies": sorted(state(engine)["policies"])} == {
        **before,
        "policies": sorted(before["policies"]),
    }


def test_one_change_of_several_may_fail_alone() -> None:
    engine = cloud()
    with engine.together():
        engine.insert("p(1)")
        with pytest.raises(PolicyError):
            engine.insert("p(2) q(x) :- q(x)")
        engine.insert("p(3)")
    assert engine.rows("p(x)") == [(1,), (3,)]


def test_dropping_a_policy_takes_its_rows_from_those_who_read_it() -> None:
    engine = cloud(["a", "ACTIVE"])
    engine.insert("up(x) :- nova:servers(id=x)")
    engine.watch("t", "up")
    engine.drop("nova")
    assert [event.removed for event in engine.events()] == [[("a",)]]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_events_add_up_to_the_difference(data: st.DataObject) -> None:
    engine = Engine(home="t")
    program = data.draw(programs())
    engine.insert("\n".join([*data.draw(st.lists(facts(), max_size=5)), *program]))
    asked = {"p": "p(x)", "q": "q(x, y)", "t": "t(x, y)"}
    for table in asked:
        engine.watch("t", table)

    def typed(rows: Iterable[tuple[Any, ...]]) -> set[str]:
        return {repr(row) for row in rows}  # 1 and 1.0 are two

    seen = {table: typed(engine.rows(query)) for table, query in asked.items()}
    for _ in range(data.draw(st.integers(0, 6))):
        kind = data.draw(st.integers(0, 3))
        if kind == 3 and program:
            text = data.draw(st.sampled_from(program))
        else:
            text = data.draw(facts((*BASE, "p")))
        (engine.insert if kind % 2 else engine.delete)(text)
    for event in engine.events():
        assert not seen[event.table] & typed(event.added)
        seen[event.table] |= typed(event.added)
        assert typed(event.removed) <= seen[event.table]
        seen[event.table] -= typed(event.removed)
    assert seen == {table: typed(engine.rows(query)) for table, query in asked.items()}
