"""The smallest changes that make a row come or go."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from kit.policy import Engine

from .programs import WIDTHS, facts, programs, values
from .state import state
from .summit import summit


def texts(engine: Engine, fact: str) -> list[str]:
    return [str(repair) for repair in engine.repairs(fact)]


def test_a_row_goes_when_a_leaf_of_its_proof_goes() -> None:
    engine = Engine()
    engine.insert("p(1) r(1) q(x) :- p(x), r(x)")
    assert texts(engine, "q(1)") == ["remove p(1)", "remove r(1)"]


def test_every_proof_has_to_lose_a_leaf() -> None:
    engine = Engine()
    engine.insert("a(1) b(1) c(1) q(x) :- a(x), c(x) q(x) :- b(x), c(x)")
    assert texts(engine, "q(1)") == ["remove c(1)"]
    engine.insert("d(1) q(x) :- d(x)")
    assert texts(engine, "q(1)") == ["remove c(1); remove d(1)"]


def test_an_absence_is_broken_by_adding() -> None:
    engine = Engine()
    engine.insert("p(1) q(x) :- p(x), not bad(x)")
    assert texts(engine, "q(1)") == ["add bad(1)", "remove p(1)"]


def test_a_missing_row_appears_when_what_it_lacks_is_added() -> None:
    engine = Engine()
    engine.insert("p(1) p(2) r(2) q(x) :- p(x), r(x)")
    assert texts(engine, "q(1)") == ["add r(1)"]
    assert texts(engine, "q(3)") == ["add p(3); add r(3)"]


def test_what_is_in_the_way_is_removed() -> None:
    engine = Engine()
    engine.insert("p(1) s(1) bad(x) :- s(x) q(x) :- p(x), not bad(x)")
    assert texts(engine, "q(1)") == ["remove s(1)"]


def test_values_are_chosen_so_that_tests_hold() -> None:
    found = summit().repairs('error(u, e, "api", p)')
    rule = 'neutronv2:security_group_rules(security_group_id="api", direction="ingress", ethertype="IPv4", protocol="tcp", '
    assert (rule + "port_range_min=80, port_range_max=80)",) in [repair.add for repair in found]
    for repair in found:
        assert summit().simulate('error(u, e, "api", p)', repair.sequence)


def test_a_violation_of_the_summit_s_rule_has_its_repairs() -> None:
    engine = summit()
    found = engine.repairs('error(u, e, "web", p)')
    assert len(found) == 6 and all(len(repair) == 1 for repair in found)
    for repair in found:
        assert engine.simulate('error(u, e, "web", p)', repair.sequence) == []


def test_there_may_be_none() -> None:
    engine = Engine()
    engine.insert("p(1) q(x) :- p(x), false")
    found = engine.repairs("q(1)")
    assert (len(found), repr(found)) == (0, "no small change makes it so that q(1) holds")


def test_they_tell_themselves_as_text_data_and_html() -> None:
    found = summit().repairs('error(u, e, "web", p)')
    assert json.loads(json.dumps(found.to_dict()))["repairs"][0]["remove"]
    assert "remove" in found._repr_html_() and repr(found).startswith("so that error(")


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_repairs_work_when_they_are_made_and_leave_no_trace(data: st.DataObject) -> None:
    engine = Engine(home="t")
    engine.insert("\n".join([*data.draw(st.lists(facts(), max_size=6)), *data.draw(programs())]))
    table = data.draw(st.sampled_from(("p", "q", "s", "t")))
    fact = f"{table}({', '.join(data.draw(values) for _ in range(WIDTHS[table]))})"
    before = state(engine)
    held = bool(engine.rows(fact))
    for repair in engine.repairs(fact, most=2):
        assert bool(engine.simulate(fact, repair.sequence)) is not held
    assert state(engine) == before
