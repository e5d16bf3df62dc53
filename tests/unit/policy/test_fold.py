"""Aggregates: count, sum, min and max over groups."""

from __future__ import annotations

import pytest

from kit.policy import Engine
from kit.policy.errors import Recursive, StatementError

VMS = 'vm("a", "h1", 2) vm("b", "h1", 2) vm("c", "h2", 8)'


def rows(rule: str, query: str, facts: str = VMS) -> list[tuple[object, ...]]:
    engine = Engine()
    engine.insert(f"{facts} {rule}")
    return engine.rows(query).list


@pytest.mark.parametrize(
    ("rule", "query", "found"),
    [
        ("n(h, count(v)) :- vm(v, h, _)", "n(h, c)", [("h1", 2), ("h2", 1)]),
        ("n(count(h)) :- vm(_, h, _)", "n(c)", [(2,)]),
        ("n(count()) :- vm(_, _, _)", "n(c)", [(3,)]),
        ("n(h, sum(r)) :- vm(v, h, r)", "n(h, s)", [("h1", 4), ("h2", 8)]),
        ("n(h, sum(r)) :- vm(_, h, r)", "n(h, s)", [("h1", 4), ("h2", 8)]),
        ("n(min(r), max(r)) :- vm(_, _, r)", "n(x, y)", [(2, 8)]),
        ('n(h, "ram", sum(r), count(v)) :- vm(v, h, r)', "n(h, t, s, c)", [("h1", "ram", 4, 2), ("h2", "ram", 8, 1)]),
        ("big(h) :- n(h, c), gt(c, 1) n(h, count(v)) :- vm(v, h, _)", "big(h)", [("h1",)]),
        ("n(count(v)) :- vm(v, _, r), gt(r, 100)", "n(c)", []),
        ("n(count(h), sum(r)) :- vm(_, h, r)", "n(c, s)", [(2, 12)]),
        ("n(h, max(v)) :- vm(v, h, _)", "n(h, m)", [("h1", "b"), ("h2", "c")]),
    ],
)
def test_groups(rule: str, query: str, found: list[tuple[object, ...]]) -> None:
    assert rows(rule, query) == found


def test_values_that_do_not_go_together_give_no_row() -> None:
    assert rows("n(sum(x)) :- p(x)", "n(s)", 'p(1) p("a")') == []
    assert rows("n(max(x)) :- p(x)", "n(s)", 'p(1) p("a")') == []
    assert rows("n(sum(x)) :- p(x)", "n(s)", "p(1) p(1.5)") == [(2.5,)]


def test_a_change_touches_its_group() -> None:
    engine = Engine()
    engine.insert(f"{VMS} n(h, count(v), sum(r)) :- vm(v, h, r)")
    assert engine.rows("n(h, c, s)") == [("h1", 2, 4), ("h2", 1, 8)]
    engine.insert('vm("d", "h2", 1) vm("e", "h3", 5)')
    engine.delete('vm("a", "h1", 2)')
    assert engine.rows("n(h, c, s)") == [("h1", 1, 2), ("h2", 2, 9), ("h3", 1, 5)]


def test_columns_of_a_cloud_s_table_may_be_left_out() -> None:
    engine = Engine()
    engine.add("nova", {"servers": ["id", "name", "host_name"]}, {"servers": [["a", "x", "h"], ["b", "x", "h"]]})
    engine.insert(
        "per_host(h, count(s)) :- nova:servers(id=s, host_name=h)  rows_(h, count()) :- nova:servers(host_name=h)"
    )
    assert engine.rows("per_host(h, n)") == engine.rows("rows_(h, n)") == [("h", 2)]


def test_an_aggregate_over_itself_is_refused() -> None:
    engine = Engine()
    engine.policies["classification"].kind = "recursive"
    with pytest.raises(Recursive, match="through an aggregate"):
        engine.insert("n(count(x)) :- n(x)")


@pytest.mark.parametrize(
    "text", ["n(count(1)) :- p(x)", "n(sum()) :- p(x)", "q(x) :- p(count(x))", "n(count(y)) :- p(x)", "n(count(x))"]
)
def test_misuse_is_an_error(text: str) -> None:
    with pytest.raises(StatementError):
        Engine().insert(text)
