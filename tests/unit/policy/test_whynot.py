"""Why a row is missing."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from kit.policy import Engine

from .programs import WIDTHS, facts, programs, values
from .state import state
from .summit import summit


def gap(engine: Engine, fact: str) -> list[str]:
    found = engine.why_not(fact)
    assert found is not None
    return [line.strip() for line in repr(found).splitlines() if not line.strip().startswith("by ")]


def test_a_test_that_fails_is_shown_with_its_values() -> None:
    lines = gap(summit(), 'error(u, e, "api", p)')
    assert lines[-1] == "fails: lteq(8080, 80)"
    assert 'holds: nova:servers(id="v2", name="api", user_id="u1")' in lines


def test_a_derived_table_is_followed_down() -> None:
    lines = gap(summit(), 'error(u, e, "db", p)')
    assert 'no row fits: neutronv2:floating_ips(port_id="p3")' in lines
    assert 'nearest: neutronv2:floating_ips(port_id="p1"): port_id is "p1", not "p3"' in lines


def test_the_nearest_rows_say_where_they_differ() -> None:
    engine = summit()
    engine.change("neutronv2", "security_group_rules", remove=engine.rows('neutronv2:security_group_rules(id="r2")'))
    lines = gap(engine, 'error(u, e, "api", p)')
    assert any(line.startswith("nearest:") and line.endswith('protocol is "udp", not "tcp"') for line in lines)


def test_a_row_that_must_not_be_there_is_named() -> None:
    engine = Engine()
    engine.insert("p(1) bad(1, 7) q(x) :- p(x), not bad(x, _)")
    assert gap(engine, "q(1)") == ["q(1) does not hold", "is there and must not be: bad(1, 7)"]


def test_a_head_that_gives_another_value_is_told() -> None:
    engine = Engine()
    engine.insert('p(1) q(x, "low") :- p(x) n(count(x)) :- p(x)')
    assert gap(engine, 'q(1, "high")')[-1] == 'cannot be: column 1 of the head is "low", not "high"'
    assert gap(engine, "n(4)")[-1] == "cannot be: the group gives n(1)"


def test_a_table_without_rules_gives_its_nearest_rows() -> None:
    engine = Engine()
    engine.insert("p(1, 2)")
    assert gap(engine, "p(1, 3)") == ["p(1, 3) does not hold", "nearest: p(1, 2): column 1 is 2, not 3"]
    assert gap(engine, "nothing(1)") == ["nothing(1) does not hold: the table is empty"]


def test_every_rule_has_its_gap() -> None:
    engine = Engine()
    engine.insert("p(1) q(x) :- a(x) q(x) :- b(x) q(x) :- p(x), false")
    found = engine.why_not("q(1)")
    assert found is not None
    assert [each.kind for each in found.gaps] == ["no-row", "no-row", "test"]


def test_a_circle_is_gone_once() -> None:
    engine = Engine(home="p")
    engine.policies["p"].kind = "recursive"
    engine.insert("e(1, 2) r(x, y) :- e(x, y) r(x, y) :- r(x, z), e(z, y)")
    assert "see above" in repr(engine.why_not("r(1, 5)")) or "does not hold" in repr(engine.why_not("r(1, 5)"))


def test_a_row_that_holds_has_no_why_not() -> None:
    assert summit().why_not("error(u, e, n, p)") is None


def test_it_tells_itself_as_text_data_and_html() -> None:
    found = summit().why_not('error(u, e, "db", p)')
    assert found is not None
    data = json.loads(json.dumps(found.to_dict()))
    assert data["gaps"][0]["below"]["gaps"][0]["kind"] == "no-row"
    html = found._repr_html_()
    assert "<details" in html and "does not hold" in html and "var(--jp-" in html


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_row_has_a_proof_or_a_reason_and_never_both(data: st.DataObject) -> None:
    engine = Engine(home="t")
    engine.policies["t"].kind = "recursive"
    engine.insert("\n".join([*data.draw(st.lists(facts(), max_size=8)), *data.draw(programs(recursive=True))]))
    before = state(engine)
    for table in ("p", "q", "s", "t"):
        fact = f"{table}({', '.join(data.draw(values) for _ in range(WIDTHS[table]))})"
        assert (engine.why(fact) is None) is not (engine.why_not(fact) is None)
        found = engine.why_not(fact)
        if found is not None:
            assert repr(found) and json.dumps(found.to_dict()) and found._repr_html_()
    assert state(engine) == before
