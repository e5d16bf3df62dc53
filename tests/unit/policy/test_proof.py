"""Proofs: each row with what it rests on."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from kit.policy import Engine, Proof
from kit.policy.values import show, to_row

from .programs import facts, programs
from .summit import summit

ROW = 'error("u1", "u1@example.org", "web", "p1")'


def test_a_proof_shows_the_rows_in_the_order_of_the_body() -> None:
    assert repr(summit().why(ROW)).splitlines() == [
        ROW,
        '  connected_to_internet("p1", "v1")',
        '    neutronv2:ports(id="p1", device_id="v1")',
        '    neutronv2:floating_ips(port_id="p1")',
        '  neutronv2:security_group_port_bindings(port_id="p1", security_group_id="web")',
        '  neutronv2:security_group_rules(security_group_id="web", direction="ingress", ethertype="IPv4", protocol="tcp", '
        "port_range_min=1, port_range_max=1024)",
        "  lteq(1, 80)",
        "  gteq(1024, 80)",
        '  nova:servers(id="v1", name="web", user_id="u1")',
        '  keystone:users(id="u1", email="u1@example.org")',
    ]


def test_a_proof_has_a_line_a_tree_data_and_html() -> None:
    proof = summit().why(ROW)
    assert proof is not None
    assert proof.line == ROW
    assert str(proof) == repr(proof)
    data = json.loads(json.dumps(proof.to_dict()))
    assert data["fact"] == ["error", ["u1", "u1@example.org", "web", "p1"]]
    assert [len(part["because"]) for part in data["because"]] == [2, 0, 0, 0, 0, 0, 0]
    html = proof._repr_html_()
    assert html.count("<details") == html.count("</details>") == 2
    assert "stated" in html and "computed" in html and "var(--jp-" in html
    assert len(proof.leaves()) == 8


def test_html_escapes_what_users_write() -> None:
    engine = Engine()
    engine.insert('p("<script>") q(x) :- p(x)')
    assert "<script>" not in engine.why("q(x)")._repr_html_()  # type: ignore[union-attr]


def test_absence_is_a_leaf() -> None:
    engine = Engine()
    engine.insert("p(1) r(2, 3) q(x) :- p(x), not r(x, _)")
    proof = engine.why("q(1)")
    assert proof is not None
    assert proof.lines() == ["q(1)", "  p(1)", "  not r(1, _)"]
    assert proof.because[1].negated


def test_an_aggregate_rests_on_its_group() -> None:
    engine = Engine()
    engine.insert('vm("a", "h") vm("b", "h") vm("c", "i") n(h, count(v)) :- vm(v, h)')
    assert engine.why('n("h", 2)').lines() == ['n("h", 2)', '  vm("a", "h")', '  vm("b", "h")']  # type: ignore[union-attr]
    assert engine.why('n("h", 3)') is None


def recursive(text: str) -> Engine:
    engine = Engine(home="p")
    engine.policies["p"].kind = "recursive"
    engine.insert(text)
    return engine


def test_a_recursion_takes_the_shortest_way_and_no_circle() -> None:
    engine = recursive("e(1, 2) e(2, 1) e(2, 3) e(1, 3) r(x, y) :- e(x, z), r(z, y) r(x, y) :- e(x, y)")
    assert engine.why("r(1, 3)").lines() == ["r(1, 3)", "  e(1, 3)"]  # type: ignore[union-attr]
    assert len(engine.why("r(2, 2)").lines()) == 4  # type: ignore[union-attr]


def test_a_long_chain_has_a_proof() -> None:
    edges = " ".join(f"e({n}, {n + 1})" for n in range(400))
    engine = recursive(f"{edges} e(7, 3) r(x, y) :- e(x, y) r(x, y) :- e(x, z), r(z, y)")
    proof = engine.why("r(0, 400)")
    assert proof is not None
    assert len(repr(proof).splitlines()) == 800
    assert proof._repr_html_() and proof.to_dict()


def check(engine: Engine, proof: Proof, kind: str) -> None:
    """Every row of a proof holds, every absence is one, and no row rests on itself."""
    work = [(proof, frozenset[tuple[str, object]]())]
    while work:
        part, above = work.pop()
        me = (part.table, to_row(part.args))
        assert me not in above
        if not part.builtin:
            text = f"{part.table}({', '.join('_' if str(v) == '_' else show(v) for v in part.args)})"
            assert bool(engine.rows(text)) is not part.negated
        work += [(each, above | {me}) for each in part.because]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_every_row_has_a_proof_and_only_rows_that_hold_are_in_it(data: st.DataObject) -> None:
    engine = Engine(home="t")
    engine.policies["t"].kind = "recursive"
    engine.insert("\n".join([*data.draw(st.lists(facts(), max_size=8)), *data.draw(programs(recursive=True))]))
    for table in ("p(x)", "q(x, y)", "r(x, y)", "s(x)", "t(x, y)"):
        for row in engine.rows(table).list[:4]:
            proof = engine.why(f"{table[0]}({', '.join(map(show, row))})")
            assert proof is not None
            check(engine, proof, table)
            assert repr(proof) and proof.to_dict() and proof._repr_html_()
