"""All mistakes of a text, each with its place, the literal and what to do."""

from __future__ import annotations

import pytest

from kit.policy import Engine, check_text
from kit.policy.errors import StatementError

from .state import state

TEXT = """ok(x) :- p(x)
bad(x) :- q(y)
p(1
worse(x) :- not q(x)
p(1) p(2)
r(x) :- nova:servers(
    x, y
s(x) :- s(x)
t(x) :- p(x), lt(x)
p(1, 2)
u(x) :- execute[p(x)]
a(x) :- b(x)
b(x) :- a(x)
v(x) :- nova:servers(nme=x), nova:servers(id=x, id=x)
good("end")"""


def nova() -> Engine:
    engine = Engine()
    engine.create("nova", "datasource", schema={"servers": ["id", "name"]})
    return engine


def test_every_mistake_is_found_in_order() -> None:
    engine = nova()
    before = state(engine)
    found = [(e.code, e.position.line, e.position.column) for e in check_text(TEXT, engine) if e.position]
    assert found == [
        ("unsafe-head", 2, 5),
        ("syntax", 3, 4),
        ("unsafe-body", 4, 17),
        ("syntax", 7, 9),
        ("recursive", 8, 1),
        ("arity", 9, 15),
        ("arity", 10, 1),
        ("modal-in-body", 11, 9),
        ("recursive", 12, 1),
        ("unknown-column", 14, 9),
        ("column-conflict", 14, 52),
    ]
    assert state(engine) == before


def test_a_good_text_has_none() -> None:
    assert check_text("p(1) q(x) :- p(x)") == []
    assert check_text("") == [] == check_text("  # only a comment")


def test_the_error_of_an_insert_holds_the_others_too() -> None:
    engine = nova()
    before = state(engine)
    with pytest.raises(StatementError) as caught:
        engine.insert(TEXT)
    assert len(caught.value.all) >= 8
    assert state(engine) == before


def test_a_recursion_prints_its_cycle() -> None:
    (error,) = check_text("a(x) :- b(x)\nb(x) :- c(x)\nc(x) :- a(x)")
    assert "classification:a -> classification:b -> classification:c -> classification:a" in str(error)
    (error,) = check_text("a(x) :- d(x), not b(x)\nb(x) :- a(x)")
    assert "through a negation" in str(error)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("q(x) :- nova:sevrers(id=x)", ["line 1, column 9", "`nova:sevrers`", "Did you mean `nova:servers`?"]),
        ("q(x) :- nova:servers(nme=x)", ["no column `nme`", "Did you mean `name`?"]),
        ("q(x) :- nvoa:servers(id=x)", ["no policy `nvoa`", "Did you mean `nova`?"]),
        ("q(x) :- nova:servers(9=x)", ["no column number 9", "0 to 1"]),
        ("q(x) :- p(x), builtin:lteqq(x, 1)", ["no builtin `lteqq`", "Did you mean `builtin:lteq`?"]),
        ("q(x) :- p(x), lt(x, y)", ["`lt(x, y)`", "`y` is bound by nothing"]),
        ("q(x) :- p(x), not r(x, y)", ["`not r(x, y)`", "write `_` for anything"]),
        ("q(x)", ["`q(x)` holds the variable `x`", "in quotes"]),
        ("q(x) :- p(y)", ["variable `x` of the head"]),
        ("nova:q(1)", ["Leave `nova:` out"]),
        ("lt(1, 2)", ["built in"]),
        ("p(1), q(2)", ["Leave the comma out between facts"]),
        ("p(x), q(x) :- r(x)", ["one head", "Write two rules"]),
        ("many(h, avg(x)) :- vm(h, x)", ["`avg(...)`", "count"]),
        ("p(1, x=2", ["Expected"]),
    ],
)
def test_an_error_quotes_the_literal_and_suggests(text: str, parts: list[str]) -> None:
    found = "\n".join(map(str, check_text(text, nova())))
    for part in parts:
        assert part in found


def test_reading_goes_on_behind_a_semicolon() -> None:
    text = 'p(1); q(2)); r(x) :- s(y); t("a;b"); u(1 ; v(3'
    assert [(e.code, e.position.column) for e in check_text(text) if e.position] == [
        ("syntax", 11),
        ("unsafe-head", 16),
        ("syntax", 42),
        ("syntax", 47),
    ]
