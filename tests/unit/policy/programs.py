"""Random programs and changes for the tests that compare two ways to one answer."""

from __future__ import annotations

from hypothesis import strategies as st

WIDTHS = {"a": 1, "b": 2, "c": 2, "p": 1, "q": 2, "r": 2, "s": 1, "t": 2}
BASE = ("a", "b", "c")
DERIVED = ("p", "q", "r", "s", "t")
VARIABLES = ("x", "y", "z")
VALUES = ("1", "2", "3", '"u"', "1.0")

values = st.sampled_from(VALUES)
terms = st.one_of(st.sampled_from(VARIABLES), st.sampled_from(VARIABLES), st.sampled_from(VARIABLES), values)


def atom(table: str, arguments: list[str]) -> str:
    return f"{table}({', '.join(arguments)})"


@st.composite
def facts(draw: st.DrawFn, tables: tuple[str, ...] = BASE) -> str:
    table = draw(st.sampled_from(tables))
    return atom(table, [draw(values) for _ in range(WIDTHS[table])])


@st.composite
def rules(draw: st.DrawFn, head: str, positive: tuple[str, ...], negative: tuple[str, ...]) -> str:
    """A safe rule: it reads `positive`, and the absence of `negative`."""
    body, bound = [], []
    for table in draw(st.lists(st.sampled_from(positive), min_size=1, max_size=3)):
        arguments = [draw(terms) for _ in range(WIDTHS[table])]
        body.append(atom(table, arguments))
        bound += [a for a in arguments if a in VARIABLES]
    usable = st.sampled_from(bound) if bound else values
    for table in draw(st.lists(st.sampled_from(negative), max_size=1)) if negative else []:
        body.append("not " + atom(table, [draw(st.one_of(usable, values, st.just("_"))) for _ in range(WIDTHS[table])]))
    if draw(st.integers(0, 3)) == 0:
        body.append(
            atom(draw(st.sampled_from(("lteq", "gt", "equal"))), [draw(usable), draw(st.one_of(usable, values))])
        )
    body = draw(st.permutations(body))
    arguments = [draw(st.one_of(usable, values) if draw(st.booleans()) else usable) for _ in range(WIDTHS[head])]
    if WIDTHS[head] == 2 and draw(st.integers(0, 5)) == 0 and head in ("t", "r"):
        arguments[1] = f"{draw(st.sampled_from(('count', 'min', 'max')))}({draw(usable)})"
        if not bound:
            arguments[1] = "count()"
    return f"{atom(head, arguments)} :- {', '.join(body)}"


@st.composite
def programs(draw: st.DrawFn, recursive: bool = False) -> list[str]:
    """Rules in layers: each table reads those below it, and itself where recursion is allowed."""
    made = []
    for number, head in enumerate(DERIVED):
        below = (*BASE, *DERIVED[:number])
        for _ in range(draw(st.integers(0, 2))):
            same = (head,) if recursive and head in ("p", "q", "s") else ()
            made.append(draw(rules(head, (*below, *same), below)))
    return made
