"""What a statement may be: names, modals, heads, and variables that something binds."""

from __future__ import annotations

from collections.abc import Iterator

from kit.policy.builtins import BUILTINS, NAMESPACE
from kit.policy.core import Rule
from kit.policy.errors import (
    BuiltinRedefined,
    FactNamesPolicy,
    FactNotGround,
    HeadNamesPolicy,
    ModalInBody,
    ModalNotAllowed,
    MultipleHeads,
    StatementError,
    UnsafeBody,
    UnsafeHead,
)
from kit.policy.syntax import Aggregate, Atom, Statement, Variable


def form_errors(statement: Statement, kind: str) -> Iterator[StatementError]:
    """Find what is wrong with the form of a statement, whatever the tables are.

    Parameters
    ----------
    statement : Statement
        As parsed.
    kind : str
        The kind of policy that it is for.
    """
    if len(statement.heads) > 1:
        second = statement.heads[1]
        what = f"A rule has one head; `{second}` is a second one."
        yield MultipleHeads(what, position=second.position, literal=str(second), todo="Write two rules.")
        return
    head = statement.head
    if head.modal in ("insert", "delete"):
        what = f"`{head}`: only `execute[...]` may stand in a head."
        yield ModalNotAllowed(what, position=head.position, literal=str(head))
    for literal in statement.literals:
        if literal.atom.modal:
            what = f"`{literal}` stands in a body; actions are demanded by heads only."
            yield ModalInBody(what, position=literal.position, literal=str(literal))
    yield from _naming_errors(statement, kind)
    if statement.is_fact:
        for variable in head.variables():
            what = f"The fact `{head}` holds the variable `{variable}`."
            todo = "Put a text in quotes, or give the rule a body."
            yield FactNotGround(what, position=variable.position, literal=str(head), todo=todo)
            break


def _naming_errors(statement: Statement, kind: str) -> Iterator[StatementError]:
    head = statement.head
    if head.policy and statement.is_fact:
        what = f"The fact `{head}` names a policy, but a fact belongs to the policy it is inserted into."
        yield FactNamesPolicy(what, position=head.position, literal=str(head), todo=f"Leave `{head.policy}:` out.")
    elif head.policy and not head.modal and not (head.sign and kind == "action"):
        what = f"The head `{head}` names a policy, but a rule defines tables of its own policy."
        yield HeadNamesPolicy(what, position=head.position, literal=str(head), todo=f"Leave `{head.policy}:` out.")
    elif is_reserved(head):
        what = f"`{head.table}` is built in and cannot be defined."
        yield BuiltinRedefined(what, position=head.position, literal=str(head), todo="Choose another name.")


def is_reserved(atom: Atom) -> bool:
    """Whether the name of an atom is one of the builtins."""
    if atom.modal or atom.sign or atom.policy not in (None, NAMESPACE):
        return False
    return atom.table in BUILTINS or atom.table in ("true", "false") or atom.policy == NAMESPACE


def head_errors(statement: Statement) -> Iterator[StatementError]:
    """Find variables of the head that stand nowhere in the body."""
    body = {v.name for literal in statement.literals for v in literal.atom.variables()} - {"_"}
    for variable in statement.head.variables():
        if variable.name not in body:
            what = f"The variable `{variable}` of the head `{statement.head}` is not in the body."
            todo = "Every variable of a head needs a literal of the body that binds it."
            yield UnsafeHead(what, position=variable.position, literal=str(statement.head), todo=todo)
            return


def body_errors(rule: Rule) -> Iterator[StatementError]:
    """Find negated literals and builtins whose variables nothing binds, in whatever order."""
    bound: set[int] = set()
    waiting = list(rule.goals)
    progress = True
    while progress:
        progress = False
        for goal in list(waiting):
            if goal.inputs() <= bound:
                bound |= goal.variables()
                waiting.remove(goal)
                progress = True
    for goal in waiting:
        literal = rule.statement.literals[goal.index]
        missing = sorted(goal.inputs() - bound)
        names = [f"`{rule.names[number]}`" for number in missing if rule.names[number]]
        if names:
            many = len(names) > 1
            what = f"In `{literal}` the variable{'s' if many else ''} {', '.join(names)} {'are' if many else 'is'} "
            what += "bound by nothing."
            todo = "Add a literal that is not negated and gives a value, or write `_` for anything."
            if goal.builtin:
                todo = "Add a literal that gives a value."
        elif goal.builtin:
            what = f"In `{literal}` an input is `_`, which has no value."
            todo = f"Inputs of `{goal.builtin.name}` are: {', '.join(goal.builtin.inputs)}."
        else:
            what = f"`{literal}` is negated and leaves columns out."
            todo = "Write `_` for every column that may be anything."
        yield UnsafeBody(what, position=literal.position, literal=str(literal), todo=todo)


def aggregate_of(statement: Statement) -> bool:
    """Whether the head of a statement aggregates."""
    return any(isinstance(term, Aggregate) for term in statement.head.terms())


def variable_names(statement: Statement) -> set[str]:
    """All names of variables in a statement, without `_`."""
    atoms = [*statement.heads, *(literal.atom for literal in statement.literals)]
    return {v.name for atom in atoms for v in atom.variables() if isinstance(v, Variable)} - {"_"}
