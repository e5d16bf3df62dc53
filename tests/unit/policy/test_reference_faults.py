"""What OpenStack Congress does wrong, each seen running, and ours does right."""

from __future__ import annotations

import pytest

from kit.policy import Engine
from kit.policy.errors import ArityError, NotAnUpdate, Recursive, UnknownTable


def engine(kind: str = "nonrecursive") -> Engine:
    made = Engine(home="t")
    made.policies["t"].kind = kind
    return made


def test_fault_1_two_execute_tables_of_one_batch_each_call_their_own_action() -> None:
    made = engine()
    made.insert("execute[svc:a(x)] :- p(x)  execute[svc:b(x)] :- q(x)")
    made.insert("p(1)")
    assert [str(action) for action in made.actions()] == ["svc:a(1)"]
    made.insert("q(2)")
    assert [str(action) for action in made.actions()] == ["svc:b(2)"]


def test_fault_2_a_simulation_that_fails_half_way_is_taken_back() -> None:
    made = engine()
    made.insert("p(1)")
    with pytest.raises(NotAnUpdate):
        made.simulate("p(x)", "p+(5) bad(1)")
    assert made.rows("p(x)") == [(1,)]


def test_fault_3_a_recursive_rule_in_a_simulation_is_refused_or_evaluated() -> None:
    made = engine()
    made.insert("e(1, 2) e(2, 3) r(x, y) :- e(x, y)")
    with pytest.raises(Recursive):
        made.simulate("r(x, y)", "r+(x, y) :- e(x, z), r(z, y)")
    made.policies["t"].kind = "recursive"
    assert made.simulate("r(1, y)", "r+(x, y) :- e(x, z), r(z, y)") == [(1, 2), (1, 3)]


def test_fault_4_an_ordinary_policy_reads_real_rows_from_a_recursive_one() -> None:
    made = engine()
    made.create("net", "recursive")
    made.insert("e(1, 2) e(2, 3) r(x, y) :- e(x, y) r(x, y) :- e(x, z), r(z, y)", "net")
    made.insert("far(x, y) :- net:r(x, y), not net:e(x, y)")
    assert made.rows("far(x, y)") == [(1, 3)]


def test_fault_5_a_recursive_policy_has_plain_arithmetic_and_empty_tables() -> None:
    made = engine("recursive")
    made.insert("p(1, 5) q(z) :- p(x, y), minus(x, y, z) f(z) :- p(x, y), div(1.0, 4, z) n(x) :- never(x) m(x) :- m(x)")
    assert made.rows("q(x)") == [(-4,)]
    assert made.rows("f(x)") == [(0.25,)]
    assert made.rows("n(x)") == [] == made.rows("m(x)")


def test_fault_6_networks_overlap_both_ways() -> None:
    made = engine()
    made.insert(
        'q(1) :- networks_overlap("10.0.0.0/24", "10.0.0.0/8")  q(2) :- networks_overlap("10.0.0.0/8", "10.0.0.0/24")'
    )
    assert made.rows("q(x)") == [(1,), (2,)]


def test_fault_7_columns_go_by_number() -> None:
    made = engine()
    made.add("nova", {"servers": ["id", "name", "status"]}, {"servers": [["a", "web", "ACTIVE"]]})
    made.insert('q(n) :- nova:servers(1=n, 2="ACTIVE")  r(n) :- nova:servers("a", 1=n)')
    assert made.rows("q(x)") == [("web",)] == made.rows("r(x)")


def test_fault_8_an_integer_and_the_float_it_equals_are_two_values_everywhere() -> None:
    made = engine()
    made.insert("p(1) p(1.0) q(1.0) j(x) :- p(x), q(x) c(count(x)) :- p(x)")
    assert len(made.rows("p(x)")) == 2
    assert [type(row[0]) for row in made.rows("p(1)")] == [int]
    assert [type(row[0]) for row in made.rows("p(1.0)")] == [float]
    assert [type(row[0]) for row in made.rows("j(x)")] == [float]
    assert made.rows("c(x)") == [(2,)]
    made.delete("p(1)")
    assert [type(row[0]) for row in made.rows("p(x)")] == [float]


def test_fault_9_negative_numbers_escapes_last_comments_other_scripts_and_underscores_are_read() -> None:
    made = engine()
    made.insert(
        'p(-3) p(-1.5) t("a\\"b\\n\\\\c") s(\'it\\\'s\') u("é 云") q(1, 2) one(x) :- q(x, _), not r(_, _) # the end'
    )
    assert made.rows("p(x)") == [(-3,), (-1.5,)]
    assert made.rows("t(x)") == [('a"b\n\\c',)]
    assert made.rows("s(x)") == [("it's",)]
    assert made.rows("u(x)") == [("é 云",)]
    assert made.rows("one(x)") == [(1,)]
    made.insert("many(x) :- q(x, _), w(_, x) w(5, 1)")
    assert made.rows("many(x)") == [(1,)]
    made.load("t", "names", [["zoë", None, True]])
    assert made.rows("names(x, y, z)") == [("zoë", "None", "True")]


def test_fault_10_a_shorter_use_and_a_mistyped_table_are_told() -> None:
    made = engine()
    made.add("nova", {"servers": ["id", "name"]}, {})
    made.insert("p(1, 2)")
    with pytest.raises(ArityError, match="2 columns"):
        made.insert("q(x) :- p(x)")
    with pytest.raises(ArityError):
        made.insert("r(1) r(1, 2)")
    with pytest.raises(UnknownTable, match="Did you mean `nova:servers`"):
        made.insert("q(x) :- nova:sevrers(id=x)")
    assert made.lint("q(x) :- nova:sevrers(x, _)").codes == ["unknown-table"]


def test_fault_11_actions_are_no_tables_of_a_complete_schema() -> None:
    made = engine()
    made.create("nova", "datasource", schema={"servers": ["id"]}, complete=True)
    made.insert("execute[nova:servers.pause(x)] :- nova:servers(x)")
    made.load("nova", "servers", [["a"]])
    assert [str(action) for action in made.actions()] == ['nova:servers.pause("a")']
