"""The engine's face: policies, tables, statements, questions."""

from __future__ import annotations

import doctest

import pytest

import kit.policy.engine
from kit.policy import Engine
from kit.policy.errors import (
    ArityError,
    EndlessRecursion,
    PolicyExists,
    Recursive,
    StatementError,
    UnknownColumn,
    UnknownPolicy,
    UnknownTable,
    UnsafeHead,
)

from .state import state


def test_the_example_of_the_docstring() -> None:
    assert doctest.testmod(kit.policy.engine).failed == 0


def test_an_insert_is_whole_or_not_at_all() -> None:
    engine = Engine()
    engine.insert("p(1)")
    before = state(engine)
    for text in ("p(2) q(x) :- r(y)", "p(2) q(x) :- q(x)", "p(2) q(1", "p(2) q(1, 2) q(3)"):
        with pytest.raises(StatementError):
            engine.insert(text)
        assert state(engine) == before


def test_a_policy_is_made_once_and_dropped_with_its_rows() -> None:
    engine = Engine()
    engine.create("a")
    engine.insert("p(1) q(x) :- p(x)", "a")
    with pytest.raises(PolicyExists):
        engine.create("a")
    engine.drop("a")
    with pytest.raises(UnknownPolicy):
        engine.rows("p(x)", "a")
    with pytest.raises(UnknownPolicy, match="classification"):
        engine.drop("classificaton")
    engine.create("a")
    assert engine.rows("p(x)", "a") == []


def test_a_rule_may_name_a_policy_that_comes_later() -> None:
    engine = Engine()
    engine.insert("q(x) :- later:p(x)")
    assert engine.rows("q(x)") == []
    engine.create("later")
    engine.insert("p(1)", "later")
    assert engine.rows("q(x)") == [(1,)]


def test_a_policy_whose_columns_do_not_fit_the_rules_there_are_is_refused_whole() -> None:
    engine = Engine()
    engine.insert("q(x) :- nova:servers(x, y, z)")
    before = state(engine)
    with pytest.raises(ArityError):
        engine.create("nova", "datasource", schema={"servers": ["id", "name"]})
    assert state(engine) == before
    engine.create("nova", "datasource", schema={"servers": ["id", "name", "status", "host"]})
    engine.load("nova", "servers", [[1, 2, 3, 4]])
    assert engine.rows("q(x)") == [(1,)]


def test_a_data_source_is_brought_up_to_date_with_its_columns() -> None:
    engine = Engine()
    engine.add("nova", {"servers": ["id", "name"]}, {"servers": [["a", "web"]]})
    engine.insert("q(n) :- nova:servers(name=n)")
    engine.add("nova", {"servers": ["name", "id"]}, {"servers": [["web", "a"]]})
    assert engine.rows("q(n)") == [("web",)]
    before = state(engine)
    with pytest.raises(UnknownColumn):
        engine.add("nova", {"servers": ["id"]}, {"servers": [["a"]]})
    assert state(engine) == before


@pytest.mark.parametrize("rows", [[["a"]], [["a", "b", "c"]], [["a", "b"], ["c"]]])
def test_a_row_that_does_not_fit_its_columns_is_refused(rows: list[list[str]]) -> None:
    engine = Engine()
    engine.add("nova", {"servers": ["id", "name"]}, {"servers": [["a", "web"]]})
    with pytest.raises(ArityError, match="2 are wanted"):
        engine.load("nova", "servers", rows)
    assert engine.rows("nova:servers") == [("a", "web")]


def test_tables_without_columns_may_have_any_width_but_one() -> None:
    engine = Engine()
    engine.create("data", "datasource")
    engine.insert("q(x) :- data:t(x, y)")
    engine.load("data", "t", [[1], [2]])
    assert engine.rows("q(x)") == []
    engine.load("data", "t", [[1, 5], [2, 6]])
    assert engine.rows("q(x)") == [(1,), (2,)]
    engine.load("data", "t", [[1, 5, 9]])
    assert engine.rows("q(x)") == []


def test_a_change_costs_only_what_it_names() -> None:
    engine = Engine()
    engine.add("nova", {"servers": ["id"]}, {"servers": [["a"], ["b"]]})
    engine.insert("q(x) :- nova:servers(x)")
    engine.change("nova", "servers", add=[["c"], ["b"]], remove=[["a"], ["z"]])
    assert engine.rows("q(x)") == [("b",), ("c",)]
    engine.change("nova", "servers", add=[["b"]], remove=[["b"]])
    assert engine.rows("q(x)") == [("b",), ("c",)]


def test_delete_takes_those_very_statements() -> None:
    engine = Engine()
    engine.insert("p(1) p(2) r(1) q(x) :- p(x), r(x)")
    engine.delete("p(2) p(9) q(y) :- p(y), r(y)")
    assert engine.rows("q(x)") == [(1,)]
    engine.delete("q(x) :- r(x), p(x)")
    assert engine.rules() == []


def test_facts_and_rules_of_one_table_add_up() -> None:
    engine = Engine()
    engine.insert("p(x) :- q(x) q(1)")
    assert engine.rows("p(x)") == [(1,)]
    engine.insert("p(1) p(2)")
    engine.delete("q(1)")
    assert engine.rows("p(x)") == [(1,), (2,)]
    engine.delete("p(x) :- q(x)")
    assert engine.rows("p(x)") == [(1,), (2,)]


def test_a_query_has_constants_repeated_variables_and_other_policies() -> None:
    engine = Engine()
    engine.create("other")
    engine.insert("p(1, 1) p(1, 2) p(2, 2)", "other")
    assert engine.rows("other:p(x, x)") == [(1, 1), (2, 2)]
    assert engine.rows("other:p(1, x)") == [(1, 1), (1, 2)]
    assert engine.rows("p(2, _)", "other") == [(2, 2)]
    assert engine.rows("plus(1, 2, x)") == [(1, 2, 3)]
    assert engine.rows("true") == [()]
    assert engine.rows("false") == []


def test_a_bare_name_asks_for_the_whole_table_and_an_unknown_one_is_an_error() -> None:
    engine = Engine()
    engine.insert('persons("ann") named(name) :- persons(name)')
    assert engine.rows("named").columns == ("name",)
    with pytest.raises(UnknownTable, match="Did you mean `persons`"):
        engine.rows("person")
    assert engine.rows("person(x)") == []
    with pytest.raises(UnknownTable):
        engine.rows("person")  # a look at a table does not make it
    with pytest.raises(ArityError, match="1 column elsewhere"):
        engine.rows("persons(x, y)")


def test_errors_of_kind_and_recursion() -> None:
    engine = Engine()
    with pytest.raises(UnsafeHead):
        engine.insert("p(x) :- true")
    engine.create("a")
    engine.insert("p(x) :- b:q(x)", "a")
    engine.create("b")
    with pytest.raises(Recursive, match=r"b:q -> a:p -> b:q|a:p -> b:q -> a:p"):
        engine.insert("q(x) :- a:p(x)", "b")


def test_an_endless_recursion_is_an_error_and_not_a_hang() -> None:
    engine = Engine()
    engine.policies["classification"].kind = "recursive"
    engine.insert("n(1) n(y) :- n(x), plus(x, 1, y), lt(y, 50)")
    assert len(engine.rows("n(x)")) == 49
    engine.insert("m(1) m(y) :- m(x), plus(x, 1, y)")
    with pytest.raises(EndlessRecursion):
        engine.rows("m(x)")
    assert len(engine.rows("n(x)")) == 49


def test_now_is_asked_once_a_question_and_followed() -> None:
    times = iter(["2026-01-01 10:00:00", "2026-01-01 10:00:00", "2026-01-02 10:00:00", "2026-01-02 10:00:00"])
    engine = Engine(now=lambda: next(times))
    engine.insert("at(x) :- now(x)")
    assert engine.rows("at(x)") == [("2026-01-01 10:00:00",)]
    assert engine.rows("at(x)") == [("2026-01-01 10:00:00",)]
    assert engine.rows("at(x)") == [("2026-01-02 10:00:00",)]


def test_the_order_of_a_body_does_not_matter() -> None:
    engine = Engine()
    engine.insert("e(1, 2) e(2, 3) f(3, 9)")
    engine.insert("a(x, z) :- e(x, y), f(y, z)  b(x, z) :- gt(z, 1), f(y, z), e(x, y)")
    assert engine.rows("a(x, y)") == engine.rows("b(x, y)") == [(2, 9)]
