"""A change that is brought through gives what computing all anew gives."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.policy import Engine
from kit.policy.values import show

from .programs import BASE, DERIVED, facts, programs, rules

QUICK = settings(max_examples=120, deadline=None)


def engine(kind: str, program: list[str], stated: list[str]) -> Engine:
    made = Engine(home="classification")
    made.create("t", kind)
    made.insert("\n".join(stated), "t")
    made.insert("\n".join(program), "t")
    return made


def answers(made: Engine) -> dict[str, object]:
    tables = {k.table for k in (*made.model.rules, *made.model.base) if k.policy == "t" and k.kind == "table"}
    found = {table: made.rows(table, "t").list for table in tables & {*BASE, *DERIVED}}
    return {table: rows for table, rows in found.items() if rows}


@pytest.mark.parametrize("recursive", [False, True])
@QUICK
@given(st.data())
def test_incremental_equals_from_scratch(recursive: bool, data: st.DataObject) -> None:
    kind = "recursive" if recursive else "nonrecursive"
    program = data.draw(programs(recursive))
    stated = data.draw(st.lists(facts(), max_size=10))
    live = engine(kind, program, stated)
    answers(live)
    for _ in range(data.draw(st.integers(1, 8))):
        now = statements(live)
        if now and data.draw(st.booleans()):
            live.delete(data.draw(st.sampled_from(now)), "t")
        else:
            live.insert(data.draw(facts((*BASE, "p", "q"))), "t")
        now = statements(live)
        assert answers(live) == answers(engine(kind, program, now))


def statements(made: Engine) -> list[str]:
    """The stated facts, as text."""
    tables = [(key.table, table) for key, table in made.model.base.items() if key.policy == "t"]
    return [f"{name}({', '.join(map(show, row))})" for name, table in tables for row in table.rows]


@QUICK
@given(st.data())
def test_rules_that_come_and_go_leave_what_a_fresh_engine_has(data: st.DataObject) -> None:
    program = data.draw(programs())
    stated = data.draw(st.lists(facts(), max_size=8))
    live = engine("nonrecursive", program, stated)
    answers(live)
    more = data.draw(rules("t", (*BASE, "p", "q"), ("b", "s")))
    gone = data.draw(st.lists(st.sampled_from(program), max_size=2)) if program else []
    if more not in program:
        live.insert(more, "t")
        answers(live)
    for rule in gone:
        live.delete(rule, "t")
    left = [rule for rule in [*program, more] if rule not in gone]
    assert answers(live) == answers(engine("nonrecursive", left, stated))


REACH = """
reach(x, y) :- edge(x, y)
reach(x, y) :- edge(x, z), reach(z, y)
cut(x, y) :- node(x), node(y), not reach(x, y)
degree(x, count(y)) :- reach(x, y)
"""
edges = st.tuples(st.integers(0, 4), st.integers(0, 4))


@QUICK
@given(st.lists(edges, max_size=12), st.lists(edges, min_size=1, max_size=10))
def test_reachability_follows_edges_that_come_and_go(
    first: list[tuple[int, int]], toggled: list[tuple[int, int]]
) -> None:
    def graph(there: set[tuple[int, int]]) -> Engine:
        made = Engine(home="t")
        made.policies["t"].kind = "recursive"
        made.insert(REACH + " ".join(f"node({n})" for n in range(5)))
        made.load("t", "edge", there)
        return made

    def answer(made: Engine) -> list[object]:
        return [made.rows(query).list for query in ("reach(x, y)", "cut(x, y)", "degree(x, n)")]

    there = set(first)
    live = graph(there)
    answer(live)
    for edge in toggled:
        there ^= {edge}
        live.change("t", "edge", **{"add" if edge in there else "remove": [edge]})
        assert answer(live) == answer(graph(there))
