"""A question of several literals, answered by the values of its variables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kit.policy.errors import Position, StatementError
from kit.policy.parser import parse
from kit.policy.rows import Rows

if TYPE_CHECKING:
    from kit.policy.engine import Engine

ANSWER = "answer__"


def ask(engine: Engine, text: str, policy: str | None = None) -> Rows:
    """Answer a body: one row for each way in which all its literals hold.

    Parameters
    ----------
    text : str
        Literals, joined by commas, as in the body of a rule.

    Raises
    ------
    StatementError
        A literal is wrong; positions are those of the text.
    """
    try:
        body = parse(f"{ANSWER}() :-\n{text}")
        names = list(
            dict.fromkeys(
                variable.name
                for statement in body
                for literal in statement.literals
                if not literal.negated
                for variable in literal.atom.variables()
                if variable.name != "_"
            )
        )
        # A table without columns could not be asked for: a question without variables is given one.
        columns = ", ".join(names) or "1"
        found = engine.simulate(f"{ANSWER}({columns})", f"{ANSWER}+({columns}) :-\n{text}", policy=policy)
    except StatementError as error:
        raise _moved(error) from None
    assert isinstance(found, Rows)
    return Rows(found.list if names else [()] * len(found), tuple(names))


def _moved(error: StatementError) -> StatementError:
    """The same error with the position that it has in the text asked."""
    for each in error.all:
        if each.position is not None:
            line = max(each.position.line - 1, 1)
            each.position = Position(line, each.position.column)
            each.where = f"line {line}, column {each.position.column}"
    return error
