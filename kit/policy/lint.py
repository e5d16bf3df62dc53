"""What is legal but surely wrong: traps of the dialect that no engine refuses.

Each check is a function from a rule to findings; `CHECKS` lists them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from kit.policy.builtins import BUILTINS, NAMESPACE
from kit.policy.core import Goal, Key
from kit.policy.derivation import ask_builtin
from kit.policy.findings import Finding, Findings
from kit.policy.model import Model
from kit.policy.parser import parse_all
from kit.policy.policies import Policies, Policy
from kit.policy.possible import Possible
from kit.policy.resolve import Resolver, key_of
from kit.policy.suggest import did_you_mean
from kit.policy.syntax import Atom, Constant, Literal, Statement, Term, Variable

CONSTANT_LIKE = frozenset(
    {
        case
        for word in ("true", "false", "none", "null", "nil", "yes", "no")
        for case in (word, word.title(), word.upper())
    }
)
_SHOUTED = re.compile(r"[A-Z][A-Z_]{2,}$")


@dataclass
class Scope:
    """What a rule is looked at in.

    Attributes
    ----------
    home : Policy
        The policy of the rules.
    rules : list of Statement
        All rules of that policy, those of the text and those before it.
    possible : Possible
        Which tables may have rows.
    heads : mapping
        Table to the names that the heads of its rules give its columns.
    """

    policies: Policies
    home: Policy
    rules: list[Statement]
    possible: Possible
    heads: Mapping[Key, list[tuple[str, ...]]] = field(default_factory=dict)


def lint(text: str | None, policies: Policies, model: Model, home: Policy) -> Findings:
    """Look at a text for a policy, or without one at the policy's own rules.

    Parameters
    ----------
    text : str, optional
        Facts and rules; what does not parse is passed over.
    policies, model : Policies, Model
        The tables there are.
    home : Policy
        The policy that the text is for.
    """
    own = list(home.rules.values())
    statements = list(parse_all(text)[0]) if text is not None else own
    known = statements if text is None else [*own, *statements]
    heads: dict[Key, list[tuple[str, ...]]] = {}
    for statement in known:
        if not statement.is_fact and not statement.head.columns:
            names = tuple(str(term) for term in statement.head.args)
            heads.setdefault(key_of(statement.head, home.name), []).append(names)
    scope = Scope(policies, home, known, Possible(policies, model, home.name, known), heads)
    looked = [statement for statement in statements if not statement.is_fact and len(statement.heads) == 1]
    return Findings(finding for statement in looked for check in CHECKS for finding in check(statement, scope))


def _found(code: str, statement: Statement, place: Literal | Atom | Term, message: str, todo: str) -> Finding:
    return Finding(code, place.position, str(place), str(statement), message, todo)


def repeated_anything(statement: Statement, scope: Scope) -> Iterator[Finding]:
    """`_` twice in a rule, or `__` and `_x` twice."""
    names = [v for literal in statement.literals for v in literal.atom.variables() if v.name.startswith("_")]
    counts = Counter(variable.name for variable in names)
    told = set()
    for literal in statement.literals:
        for variable in literal.atom.variables():
            count = counts[variable.name] if variable.name.startswith("_") else 0
            if count > 1 and variable.name not in told:
                told.add(variable.name)
                name = variable.name
                if name == "_":
                    message = f"`_` stands {count} times: here each is anything, in Congress all must be equal."
                    todo = "Leave the columns out, or give each a name of its own."
                else:
                    message = f"`{name}` looks like anything, but stands {count} times, and all must be equal."
                    todo = "Write `_` for anything, or a plain name for a join."
                yield Finding("repeated-anything", variable.position, str(literal), str(statement), message, todo)


def _looks_constant(name: str) -> bool:
    return name in CONSTANT_LIKE or bool(_SHOUTED.match(name))


def constant_like(statement: Statement, scope: Scope) -> Iterator[Finding]:
    """A variable named `False`, `None` or `ACTIVE`: a text without its quotes."""
    told = set()
    for literal in (Literal(statement.head), *statement.literals):
        for variable in literal.atom.variables():
            if _looks_constant(variable.name) and variable.name not in told:
                told.add(variable.name)
                message = f"`{variable}` in `{literal}` is a variable: it takes any value."
                todo = f'Write "{variable}" in quotes; a cloud\'s null, true and false are "None", "True" and "False".'
                yield Finding("constant-like", variable.position, str(literal), str(statement), message, todo)


def single_use(statement: Statement, scope: Scope) -> Iterator[Finding]:
    """A variable that stands once: it joins nothing and is asked for nowhere."""
    atoms = [statement.head, *(literal.atom for literal in statement.literals)]
    counts = Counter(variable.name for atom in atoms for variable in atom.variables())
    for literal in statement.literals:
        for variable in literal.atom.variables():
            name = variable.name
            if counts[name] == 1 and not name.startswith("_") and not _looks_constant(name):
                near = did_you_mean(name, {other for other in counts if other not in (name, "_")})
                near = near if near.startswith("Did") else ""
                message = f"The variable `{name}` stands only once, in `{literal}`: it joins nothing."
                todo = f"{near} If it may be anything, write `_` or leave the column out.".strip()
                yield Finding("single-use", variable.position, str(literal), str(statement), message, todo)


def cross_product(statement: Statement, scope: Scope) -> Iterator[Finding]:
    """Literals that share no variable: every row of one goes with every row of the other."""
    groups: list[tuple[set[str], Literal | None]] = []
    for literal in statement.literals:
        names = {v.name for v in literal.atom.variables()} - {"_"}
        if not names:
            continue
        reads = None if literal.negated or _builtin(literal.atom) else literal
        joined = [group for group in groups if group[0] & names]
        groups = [group for group in groups if not group[0] & names]
        first = next((found for _, found in joined if found is not None), reads)
        groups.append((names.union(*(names for names, _ in joined)), first))
    apart = [literal for _, literal in groups if literal is not None]
    apart.sort(key=lambda literal: statement.literals.index(literal))
    for literal in apart[1:]:
        message = (
            f"`{literal}` shares no variable with `{apart[0]}`: every row of one goes with every row of the other."
        )
        yield _found("cross-product", statement, literal, message, "Join them by a column that both have.")


def _builtin(atom: Atom) -> bool:
    return not atom.sign and atom.policy in (None, NAMESPACE) and atom.table in (*BUILTINS, "true", "false")


def unknown(statement: Statement, scope: Scope) -> Iterator[Finding]:
    """A policy or a table that nobody defines, and a table whose rules can never fire."""
    for literal in statement.literals:
        atom = literal.atom
        if _builtin(atom) or atom.modal:
            continue
        key = key_of(atom, scope.home.name)
        policy = scope.policies.get(key.policy)
        if policy is None:
            message = f"There is no policy `{key.policy}`, so `{literal}` {_then(literal)}."
            todo = did_you_mean(key.policy, scope.policies) or "Create it, or mend the name."
            yield _found("unknown-policy", statement, literal, message, todo)
        elif not scope.possible.known(key):
            message = f"No fact, rule or schema tells of `{atom.name}`, so `{literal}` {_then(literal)}."
            todo = did_you_mean(atom.table, scope.possible.names(key.policy), f"{atom.policy}:" if atom.policy else "")
            yield _found("unknown-table", statement, literal, message, todo or "Define it, or mend the name.")
        elif not scope.possible.rows(key):
            message = f"`{atom.name}` can never have rows, so `{literal}` {_then(literal)}."
            yield _found("never-rows", statement, literal, message, "Look at the rules that define it.")


def _then(literal: Literal) -> str:
    return "always holds" if literal.negated else "never holds"


def never_true(statement: Statement, scope: Scope) -> Iterator[Finding]:
    """A literal and its negation, or a test of constants that fails."""
    plain = {literal.atom for literal in statement.literals if not literal.negated}
    for literal in statement.literals:
        if literal.negated and literal.atom in plain and not any(v.name == "_" for v in literal.atom.variables()):
            message = f"`{literal.atom}` and `{literal}` cannot both hold."
            yield _found("never-true", statement, literal, message, "Take one of them out.")
        elif _builtin(literal.atom) and literal.atom.args:
            arguments = literal.atom.args
            if all(isinstance(term, Constant) for term in arguments) and not _holds(literal, scope):
                message = f"`{literal}` never holds."
                yield _found("never-true", statement, literal, message, "Put a variable in the place of a value.")


def _holds(literal: Literal, scope: Scope) -> bool:
    goal = Resolver(scope.policies, scope.home.name).query(literal.atom)
    if goal.builtin is None or goal.builtin.volatile or len(goal.terms) != goal.builtin.arity:
        return True
    return bool(ask_builtin(Goal(goal.terms, builtin=goal.builtin))) is not literal.negated


def swapped_columns(statement: Statement, scope: Scope) -> Iterator[Finding]:
    """Two arguments whose names are those of each other's columns."""
    for literal in (Literal(statement.head), *statement.literals):
        atom = literal.atom
        key = key_of(atom, scope.home.name)
        policy = scope.policies.get(key.policy)
        columns = policy.columns(atom.table) if policy and not atom.modal else None
        if columns is not None:
            pairs = [(columns[n], term) for n, term in enumerate(atom.args[: len(columns)])]
            pairs += [(columns[r] if isinstance(r, int) and r < len(columns) else str(r), t) for r, t in atom.columns]
            yield from _swaps(statement, literal, pairs)
            continue
        own = tuple(map(str, atom.args))
        for names in scope.heads.get(key, ()):
            if names != own and len(names) == len(own):
                found = list(_swaps(statement, literal, list(zip(names, atom.args, strict=True)), exact=True))
                yield from found
                if found:
                    break


def _swaps(
    statement: Statement, literal: Literal, pairs: list[tuple[str, Term]], exact: bool = False
) -> Iterator[Finding]:
    named = [(column, term) for column, term in pairs if isinstance(term, Variable)]
    for place, (column, term) in enumerate(named):
        for other, its in named[place + 1 :]:
            if column == other or _means(str(term), column, exact) or _means(str(its), other, exact):
                continue
            if _means(str(term), other, exact) and _means(str(its), column, exact):
                message = f"In `{literal}` column `{column}` is `{term}` and column `{other}` is `{its}`."
                todo = f"Swap them: `{its}` is the {column}, `{term}` the {other}."
                yield Finding("swapped-columns", term.position, str(literal), str(statement), message, todo)


def _means(variable: str, column: str, exact: bool) -> bool:
    """Whether a variable is named for a column: `project_name` for `name`."""
    if exact:
        return variable == column and not variable.isdigit()
    return variable == column or variable.endswith(f"_{column}")


CHECKS = (repeated_anything, constant_like, single_use, cross_product, unknown, never_true, swapped_columns)
