"""Plans of actions that bring about a change."""

from __future__ import annotations

import pytest

from kit.policy import Engine
from kit.policy.errors import NotAnUpdate


def plans(actions: str, goal: str, facts: str = "") -> list[list[tuple[str, list[object]]]]:
    engine = Engine()
    engine.create("act", "action")
    engine.create("data")
    engine.insert(actions, "act")
    engine.insert(facts, "data")
    return engine.remediate(goal, "act")  # type: ignore[return-value]


def test_a_head_gives_a_plan() -> None:
    assert plans('action("a") p-(x) :- a(x)', "p-(1)") == [[("a", [1])]]


def test_helpers_are_followed() -> None:
    assert plans('action("a") p-(x) :- q(x) q(x) :- a(x)', "p-(1)") == [[("a", [1])]]


def test_each_rule_is_a_way() -> None:
    found = plans('action("a") action("b") p+(x) :- a(x) p+(x) :- b(x, y)', "p+(1)")
    assert found == [[("a", [1])], [("b", [1, None])]]


def test_several_actions_make_one_plan_in_the_order_of_the_body() -> None:
    found = plans('action("a") action("b") p+(x) :- b(x), a(y), q(x, y) q(1, 2) q(3, 4)', "p+(1)")
    assert found == [[("b", [1]), ("a", [2])]]


def test_data_fills_arguments_and_rules_ways_out() -> None:
    actions = 'action("move") at+(vm, host) :- move(vm, host), data:up(host), not data:full(host)'
    found = plans(actions, 'at+("vm1", h)', 'up("h1") up("h2") up("h3") full("h2")')
    assert found == [[("move", ["vm1", "h1"])], [("move", ["vm1", "h3"])]]


def test_a_builtin_is_asked_when_its_inputs_are_known() -> None:
    actions = 'action("a") p+(y) :- a(x), plus(x, 1, y) p+(y) :- q(x), plus(x, 1, y), a(y) q(1) q(5)'
    assert plans(actions, "p+(2)") == [[("a", [2])], [("a", [None])]]


def test_a_fresh_value_asks_nothing_of_the_plan() -> None:
    assert plans('action("create") p+(id, v) :- create(v)', 'p+("x", 3)') == [[("create", [3])]]


def test_a_constant_of_the_head_must_fit() -> None:
    assert plans('action("a") p+(1, x) :- a(x)', "p+(2, 3)") == []
    assert plans('action("a") p+(x, x) :- a(x)', "p+(2, 3)") == []


def test_what_no_action_brings_about_has_no_plan() -> None:
    assert plans('action("a") p+(x) :- a(x)', "q+(1)") == []
    assert plans('action("a") p+(x) :- a(x), q(x)', "p+(1)") == []


def test_an_action_may_be_named_with_its_service() -> None:
    assert plans('action("nova:stop") up-(x) :- nova:stop(x)', 'up-("a")') == [[("nova:stop", ["a"])]]


def test_a_goal_without_a_sign_is_refused() -> None:
    with pytest.raises(NotAnUpdate):
        plans('action("a")', "p(1)")
