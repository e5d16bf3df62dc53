"""Simulations: a sequence is applied, asked about, and taken back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.errors import KitError
from kit.policy import Difference, Engine, Rows
from kit.policy.errors import (
    ArityError,
    FactNotGround,
    HeadNamesPolicy,
    MultipleHeads,
    NotAnUpdate,
    Recursive,
    StatementError,
    UnknownPolicy,
    UnknownTable,
    UnsafeHead,
)

from .programs import BASE, facts, programs, rules
from .state import state


def made(policy: str = "", actions: str = "", **tables: list[list[Any]]) -> Engine:
    engine = Engine(home="t")
    engine.create("act", "action")
    engine.create("nova", "datasource", schema={"servers": ["id", "status"]})
    engine.insert(actions, "act")
    engine.insert(policy)
    for table, found in tables.items():
        engine.load("nova", table, found)
    return engine


def rows(engine: Engine, query: str, sequence: str) -> list[tuple[Any, ...]]:
    before = state(engine)
    found = engine.simulate(query, sequence, action_policy="act")
    assert state(engine) == before
    assert isinstance(found, Rows)
    return found.list


def delta(engine: Engine, query: str, sequence: str) -> tuple[list[Any], list[Any]]:
    before = state(engine)
    found = engine.simulate(query, sequence, action_policy="act", delta=True)
    assert state(engine) == before
    assert isinstance(found, Difference)
    return found.added.list, found.removed.list


def test_signed_facts_are_applied_in_order() -> None:
    engine = made("p(1)")
    assert rows(engine, "p(x)", "p+(2) p-(1) p+(3) p-(3)") == [(2,)]


def test_a_signed_fact_may_name_another_policy_and_columns() -> None:
    engine = made('bad(x) :- nova:servers(id=x, status="ACTIVE")', servers=[["a", "ACTIVE"]])
    assert delta(engine, "bad", 'nova:servers+(status="ACTIVE", id="b") nova:servers-("a", "ACTIVE")') == (
        [("b",)],
        [("a",)],
    )


def test_signed_rules_come_and_go() -> None:
    engine = made("p(1) q(2) r(x) :- p(x)")
    assert rows(engine, "r(x)", "r+(x) :- q(x)") == [(1,), (2,)]
    assert rows(engine, "r(x)", "r-(x) :- p(x)") == []
    assert rows(engine, "r(x)", "r-(y) :- p(y)") == [(1,)]  # the names of variables count


def test_a_rule_may_define_a_new_table_and_read_a_changed_one() -> None:
    engine = made("p(1)")
    assert rows(engine, "new(x)", "p+(2) new+(x) :- p(x), gt(x, 1)") == [(2,)]


def test_the_order_of_rules_is_kept() -> None:
    engine = made("p(1) q(1) r(x) :- p(x) r(x) :- q(x)")
    proof = repr(engine.why("r(1)"))
    rows(engine, "r(x)", "r-(x) :- p(x)")
    assert repr(engine.why("r(1)")) == proof


ACTIONS = """
action("create") action("update") action("drop")
p+(id, val) :- create(val)
result(x) :- create(val), p+(x, val)
p+(id, val) :- update(id, val)
p-(id, old) :- update(id, val), p(id, old)
p-(id, val) :- drop(id), p(id, val)
"""


def test_an_action_does_what_its_rules_say() -> None:
    engine = made("p(1, 10)", ACTIONS)
    assert rows(engine, "p(x, y)", "update(1, 20)") == [(1, 20)]
    assert rows(engine, "p(x, y)", "update(1, 20) drop(1)") == []


def test_insertion_beats_deletion_inside_one_action() -> None:
    engine = made("p(1, 10)", ACTIONS)
    assert rows(engine, "p(x, y)", "update(1, 10)") == [(1, 10)]


def test_deletion_stands_in_a_later_action() -> None:
    engine = made("", 'action("q") action("r") p+(x) :- q(x) p-(x) :- r(x)')
    engine.insert("p(7)")
    assert rows(engine, "p(x)", "q(1) r(1)") == [(7,)]
    assert rows(engine, "p(x)", "q(1), r(1) :- true") == [(1,), (7,)]


def test_a_body_gives_arguments() -> None:
    engine = made("r(1)", 'action("q") p+(x, y) :- q(x, y)')
    assert rows(engine, "p(x, y)", "q(x, 0) :- r(x)") == [(1, 0)]
    assert rows(engine, "p(x, y)", "q(x, 0) :- r(x), gt(x, 5)") == []


def test_a_body_takes_the_first_of_several_ways() -> None:
    engine = made("r(2) r(1)", 'action("q") p+(x) :- q(x)')
    assert rows(engine, "p(x)", "q(x) :- r(x)") == [(1,)]


def test_a_call_may_bring_facts_of_its_own() -> None:
    engine = made("p(1, 2)", 'action("q") p+(x, z) :- q(x, y), r(y, z)')
    assert rows(engine, "p(x, y)", "q(1, 2), r(2, 3) :- true") == [(1, 2), (1, 3)]
    assert rows(engine, "p(x, y)", "q(1, 2), r(2, 3) :- true q(1, 2)") == [(1, 2), (1, 3)]


def test_own_facts_join_those_of_the_policy() -> None:
    engine = made("r(2, 4) p(0, 0)", 'action("q") p+(x, z) :- q(x, y), r(y, z)')
    assert rows(engine, "p(x, y)", "q(1, 2), r(2, 3) :- true") == [(0, 0), (1, 3), (1, 4)]


def test_an_unbound_variable_of_a_head_makes_one_fresh_value_a_call() -> None:
    engine = made(
        "owned(n) :- server(i, n), owner(i, u)",
        'action("boot") server+(id, name) :- boot(name) owner+(id, "me") :- boot(name)',
    )
    assert rows(engine, "owned(n)", 'boot("a") boot("b")') == [("a",), ("b",)]
    assert len({i for i, _ in rows(engine, "server(i, n)", 'boot("a") boot("a")')}) == 2


def test_fresh_values_are_the_same_each_time() -> None:
    engine = made("p(1, 10)", ACTIONS)
    assert rows(engine, "p(x, y)", "create(5)") == rows(engine, "p(x, y)", "create(5)")


def test_results_feed_the_next_action() -> None:
    engine = made("has(v) :- p(x, v)", ACTIONS)
    assert rows(engine, "has(v)", "create(0) update(x, 1) :- result(x)") == [(1,)]
    assert rows(engine, "has(v)", "create(0) update(x, 1) :- result(x) drop(x) :- result(x)") == [(1,)]


def test_an_action_changes_other_policies() -> None:
    engine = made("s(x) :- nova:servers(id=x)", 'action("boot") nova:servers+(id, "NEW") :- boot(id)')
    assert rows(engine, "s(x)", 'boot("a")') == [("a",)]


def test_an_action_may_be_named_with_its_service() -> None:
    engine = made(
        "p(x) :- nova:servers(id=x)", 'action("nova:stop") nova:servers-(i, s) :- nova:stop(i), nova:servers(i, s)'
    )
    engine.load("nova", "servers", [["a", "ACTIVE"], ["b", "ACTIVE"]])
    assert rows(engine, "p(x)", 'nova:stop("a")') == [("b",)]
    assert rows(engine, "p(x)", 'nova:stop(x) :- nova:servers(x, "ACTIVE")') == [("b",)]


def test_action_rules_may_use_helpers_negation_and_builtins() -> None:
    engine = made(
        "p(1) p(2) keep(2)",
        'action("clean") doomed(x) :- p(x), not keep(x) p-(x) :- clean(), doomed(x) q+(y) :- clean(), p(x), plus(x, 1, y)',
    )
    assert rows(engine, "p(x)", "clean()") == [(2,)]
    engine.insert("q(0)")
    assert rows(engine, "q(x)", "clean()") == [(0,), (2,), (3,)]


def test_each_action_sees_what_the_one_before_did() -> None:
    engine = made("n(0)", 'action("step") n+(y) :- step(), n(x), plus(x, 1, y) n-(x) :- step(), n(x)')
    assert rows(engine, "n(x)", "step() step() step()") == [(3,)]


def test_actions_work_on_tables_that_rules_of_the_sequence_define() -> None:
    engine = made("base(1)", 'action("copy") q+(x) :- copy(), p(x)')
    engine.insert("q(0)")
    assert rows(engine, "q(x)", "p+(x) :- base(x) copy()") == [(0,), (1,)]
    assert rows(engine, "q(x)", "copy() p+(5) copy()") == [(0,), (5,)]


def test_a_policy_may_describe_its_own_actions() -> None:
    engine = Engine(home="both")
    engine.policies["both"].kind = "action"
    engine.insert('action("set") p(1) p+(x) :- set(x) p-(y) :- set(x), p(y)')
    assert engine.simulate("p(x)", "set(2)", action_policy="both") == [(2,)]


def test_delta_counts_rows_and_not_derivations() -> None:
    engine = made("p(1) q(1) r(x) :- p(x) r(x) :- q(x)")
    assert delta(engine, "r(x)", "p-(1)") == ([], [])
    assert delta(engine, "r(x)", "p-(1) q-(1) p+(2)") == ([(2,)], [(1,)])


def test_delta_follows_the_query_s_constants() -> None:
    engine = made("p(1, 1)")
    assert delta(engine, "p(x, x)", "p+(2, 3) p+(4, 4)") == ([(4, 4)], [])
    assert delta(engine, "p(2, x)", "p+(2, 3) p+(4, 4)") == ([(2, 3)], [])


def test_delta_of_a_watched_table_disturbs_no_watcher() -> None:
    engine = made("q(x) :- p(x) execute[nova:stop(x)] :- q(x)")
    engine.watch("t", "q")
    assert delta(engine, "q(x)", "p+(1)") == ([(1,)], [])
    engine.insert("p(2)")
    assert [event.added for event in engine.events()] == [[(2,)]]
    assert [str(action) for action in engine.actions()] == ["nova:stop(2)"]


def test_a_simulation_demands_nothing() -> None:
    engine = made("execute[nova:stop(x)] :- p(x)")
    rows(engine, "p(x)", "p+(1)")
    rows(engine, "p(x)", "p+(1) q+(x) :- p(x)")
    assert engine.actions() == []


@pytest.mark.parametrize(
    ("sequence", "error"),
    [
        ("p(1)", NotAnUpdate),
        ("p+(9) p(1)", NotAnUpdate),
        ("p+(9) execute[nova:stop(1)]", NotAnUpdate),
        ("p+(x)", FactNotGround),
        ("set(x)", FactNotGround),
        ("set(x, y) :- p(x)", UnsafeHead),
        ("p+(9) q+(x) :- p(y)", UnsafeHead),
        ("p+(9) p+(x), q+(x) :- p(x)", MultipleHeads),
        ("p+(9) q+(x) :- q(x)", Recursive),
        ("p+(9) nowhere:p+(1)", UnknownPolicy),
        ("p+(9) p+(1, 2)", ArityError),
        ("p+(9) nova:servers+(1, 2, 3)", ArityError),
        ("p+(9) q+(", StatementError),
        ("p+(9) away(1)", UnknownPolicy),
    ],
)
@pytest.mark.parametrize("by_delta", [False, True])
def test_a_failed_simulation_leaves_no_trace(sequence: str, error: type[KitError], by_delta: bool) -> None:
    engine = made("p(5) r(x) :- p(x)", 'action("set") action("away") p+(x) :- set(x) nowhere:p+(x) :- away(x)')
    engine.watch("t", "r")
    before = state(engine)
    with pytest.raises(error):
        engine.simulate("r(x)", sequence, action_policy="act", delta=by_delta)
    assert state(engine) == before
    assert engine.events() == []


def test_a_query_of_an_unknown_table_is_refused() -> None:
    with pytest.raises(UnknownTable):
        made("p(1)").simulate("nothing", "p+(2)")


def test_without_an_action_policy_the_error_says_so() -> None:
    with pytest.raises(NotAnUpdate, match="name an action policy"):
        made("p(1)").simulate("p", "set(2)")


def test_a_head_of_an_ordinary_policy_names_no_other() -> None:
    with pytest.raises(HeadNamesPolicy):
        made("").insert("nova:servers+(x, y) :- p(x, y)")


def test_a_difference_tells_itself_as_text_data_and_html() -> None:
    engine = made("p(1)")
    found = engine.simulate("p(x)", 'p+("<b>") p-(1)', delta=True)
    assert isinstance(found, Difference)
    assert repr(found) == 'p+("<b>")\np-(1)'
    assert found.to_dict() == {"table": "p", "added": [["<b>"]], "removed": [[1]]}
    assert "&lt;b&gt;" in found._repr_html_() and "gained" in found._repr_html_()
    nothing = engine.simulate("p(x)", "", delta=True)
    assert (repr(nothing), bool(nothing)) == ("no change", False)


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_simulation_equals_making_the_change_and_leaves_no_trace(data: st.DataObject) -> None:
    program = data.draw(programs())
    stated = data.draw(st.lists(facts(), max_size=8))
    engine = Engine(home="t")
    engine.insert("\n".join([*stated, *program]))
    steps, done = [], []
    for _ in range(data.draw(st.integers(0, 5))):
        sign = data.draw(st.sampled_from("+-"))
        fact = data.draw(facts((*BASE, "p")))
        if data.draw(st.integers(0, 4)) == 0:
            fact = data.draw(rules("t", (*BASE, "p", "q"), ("s",)))
        steps.append(fact.replace("(", f"{sign}(", 1))
        done.append((sign, fact))
    before = state(engine)
    query = data.draw(st.sampled_from(("t(x, y)", "p(x)", "q(x, x)", 's("u")')))
    was = {tuple(map(repr, row)) for row in engine.rows(query)}
    try:
        found = engine.simulate(query, " ".join(steps))
        change = engine.simulate(query, " ".join(steps), delta=True)
    except KitError:
        assert state(engine) == before
        return
    assert state(engine) == before
    assert isinstance(found, Rows) and isinstance(change, Difference)
    for sign, text in done:
        (engine.insert if sign == "+" else engine.delete)(text)
    assert engine.rows(query) == found
    now = {tuple(map(repr, row)) for row in found}
    assert {tuple(map(repr, row)) for row in change.added} == now - was
    assert {tuple(map(repr, row)) for row in change.removed} == was - now
