"""From text to statements."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.errors import PolicyError
from kit.policy import Engine, check_text
from kit.policy.errors import PolicySyntaxError
from kit.policy.parser import parse, parse_query

PIECES = st.sampled_from(
    ["p", "q(", ")", "(", "x", ",", " ", "\n", ":-", ":", ".", ";", "not ", "!", "_", "execute[", "]", '"', "'", "\\", "#",
     "/*", "*/", "//", "1", "-1", "1.5", "0x", "=", "+", "-", "count(", "true", "é", "云", "\t", "\x00", "p(1)", "q(x) :- p(x)",
     '"""', "u'", "1e9", "9" * 30, "nova:servers", "lt(", "insert[", "\ud800"]
)  # fmt: skip


def one(text: str) -> str:
    return str(parse(text)[0])


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("p(1)", "p(1)"),
        ("p()", "p()"),
        ("p", "p()"),
        ("p(-3, -1.5, .5, 1e3, 0x1f)", "p(-3, -1.5, 0.5, 1000.0, 31)"),
        ("p('a', \"b\")", 'p("a", "b")'),
        (
            r"""p("a\"b", 'c\'d', "e\nf", "\u00e9", "\x41")""",
            r'p("a\"b", "c\'d", "e\nf", "é", "A")'.replace("\\'", "'"),
        ),
        (r'p(r"a\nb")', r'p("a\\nb")'),
        ('p("""a"b""")', r'p("a\"b")'),
        ("q(x) :- p(x), not r(x), NOT s(x), !t(x)", "q(x) :- p(x), not r(x), not s(x), not t(x)"),
        ("q(x) :- nova:servers.addresses(server_id=x, 2='a')", 'q(x) :- nova:servers.addresses(server_id=x, 2="a")'),
        ("execute[nova:servers.pause(x)] :- p(x)", "execute[nova:servers.pause(x)] :- p(x)"),
        ("t+(x) :- p(x)", "t+(x) :- p(x)"),
        ("p(1). q(2)", "p(1)"),
        ("p(1) // comment", "p(1)"),
        ("/* a\nb */ p(1) # end", "p(1)"),
        (
            "m(h, count(s), sum(r), min(r), max(r)) :- vm(s, h, r)",
            "m(h, count(s), sum(r), min(r), max(r)) :- vm(s, h, r)",
        ),
    ],
)
def test_a_statement_is_read_and_written(text: str, read: str) -> None:
    assert one(text) == read
    assert one(read) == read


@pytest.mark.parametrize("text", ["p(1);q(2)", "p(1) q(2)", "p(1).\nq(2).", "p(1)\n\n# between\nq(2);"])
def test_statements_are_told_apart(text: str) -> None:
    assert [str(statement) for statement in parse(text)] == ["p(1)", "q(2)"]


def test_positions_count_from_one() -> None:
    first, second = parse("p(1)\n  q(x) :-\n    p(x)")
    assert (first.position, second.position, second.literals[0].position) == ((1, 1), (2, 3), (3, 5))


@pytest.mark.parametrize(
    "text", ["p(x) :- q(x), ", ":- p(x)", "p((1))", "p(1 2)", "not p(1)", 'p("a', "p(1) :- ", "=p", "p(--1)"]
)
def test_what_does_not_parse_is_an_error_with_a_place(text: str) -> None:
    with pytest.raises(PolicySyntaxError) as caught:
        parse(text)
    assert caught.value.position is not None


def test_a_query_is_one_atom() -> None:
    assert str(parse_query("nova:servers(id=x)")) == "nova:servers(id=x)"
    for text in ("p(x) q(x)", "p(x) :- q(x)", ""):
        with pytest.raises(PolicySyntaxError):
            parse_query(text)


def attempt(text: str) -> None:
    """Every face of the engine gives a result or an error of ours."""
    engine = Engine()
    engine.add("nova", {"servers": ["id", "name"]}, {"servers": [["a", "b"]]})
    engine.create("act", "action")
    engine.insert("p(1) p(2) q(x) :- p(x)")
    engine.insert('action("go") p+(x) :- go(x)', "act")
    for ask in (
        engine.insert,
        engine.rows,
        engine.why,
        engine.why_not,
        engine.repairs,
        engine.delete,
        lambda t: engine.simulate("p(x)", t, action_policy="act", delta=True),
        lambda t: engine.remediate(t, "act"),
        lambda t: engine.insert(t, "act"),
    ):
        try:
            ask(text)
        except PolicyError as e:
            assert str(e)
    check_text(text, engine)
    engine.lint(text)
    assert {(1,)} <= set(engine.rows("p(x)").list) | {(1,)}


@settings(max_examples=250, deadline=2000)
@given(st.lists(PIECES, max_size=14).map("".join))
def test_any_pieces_give_a_result_or_an_error_of_ours(text: str) -> None:
    attempt(text)


@settings(max_examples=100, deadline=2000)
@given(st.text(max_size=40))
def test_any_text_gives_a_result_or_an_error_of_ours(text: str) -> None:
    attempt(text)
