"""From a statement to rules that run: tables get keys, variables numbers, columns their places.

A negated literal with `_` becomes the absence of a row in a table of the columns that matter, and an
aggregate a fold over the table of what it ranges over; both are rules of the engine's own.
"""

from __future__ import annotations

from kit.policy.builtins import BUILTINS, NAMESPACE, Builtin
from kit.policy.check import aggregate_of, body_errors
from kit.policy.columns import Gap, place
from kit.policy.core import Const, Fold, Goal, Key, Rule, Slot
from kit.policy.errors import (
    ArityError,
    ColumnRefNeedsDatasource,
    FactNotGround,
    ModalNotAllowed,
    StatementError,
    UnknownTable,
)
from kit.policy.policies import Policies
from kit.policy.suggest import did_you_mean
from kit.policy.syntax import Aggregate, Atom, Constant, Literal, Statement, Term, Variable
from kit.policy.values import Row


def key_of(atom: Atom, home: str) -> Key:
    """The table that an atom of the policy `home` means."""
    if atom.modal:
        return Key(home, f"{atom.policy or home}:{atom.table}", "execute", str(len(atom.args)))
    return Key(atom.policy or home, atom.table + atom.sign)


def fact_row(atom: Atom, policies: Policies, home: str) -> Row:
    """The row that a fact states.

    Raises
    ------
    FactNotGround
        A column has no value.
    StatementError
        The columns are wrong.
    """
    row = []
    for term in place(atom, policies, home):
        if not isinstance(term, Constant):
            what = f"The fact `{atom}` does not give every column a value."
            raise FactNotGround(what, position=atom.position, literal=str(atom))
        row.append(term.value)
    return tuple(row)


class Resolver:
    """Turns the statements of one policy into rules."""

    def __init__(self, policies: Policies, home: str) -> None:
        self.policies = policies
        self.home = home
        self.numbers: dict[str, int] = {}
        self.names: list[str] = []
        self.extra: list[Rule] = []

    def rules(self, statement: Statement) -> tuple[Rule, ...]:
        """Give the rules of a statement; the first error of columns or safety is raised."""
        rules, errors = self.attempt(statement)
        for error in errors:
            raise error
        return rules

    def attempt(self, statement: Statement) -> tuple[tuple[Rule, ...], list[StatementError]]:
        """Give the rules of a statement, and all that is wrong with its columns and variables."""
        self.numbers, self.names, self.extra = {}, [], []
        goals: list[Goal] = []
        errors: list[StatementError] = []
        for index, literal in enumerate(statement.literals):
            try:
                goals.append(self._goal(literal, index, statement))
            except StatementError as e:
                errors.append(e)
        rules: tuple[Rule, ...] = ()
        try:
            rules = self._made(statement, goals)
        except StatementError as e:
            errors.insert(0, e)
        if rules and not errors:
            errors += body_errors(rules[1] if aggregate_of(statement) else rules[0])
        return rules, errors

    def _made(self, statement: Statement, goals: list[Goal]) -> tuple[Rule, ...]:
        if aggregate_of(statement):
            return self._fold(statement, goals)
        key, terms = self._table(statement.head)
        return (Rule(key, terms, tuple(goals), tuple(self.names), self.home, statement), *self.extra)

    def query(self, atom: Atom) -> Goal:
        """Give the goal of a query; a builtin may be asked too."""
        self.numbers, self.names, self.extra = {}, [], []
        if atom.modal and atom.modal != "execute":
            what = f"`{atom}` cannot be asked; only `execute[...]` has rows."
            raise ModalNotAllowed(what, position=atom.position, literal=str(atom))
        return self._goal(Literal(atom), 0, None)

    def _number(self, name: str) -> int:
        if name == "_" or name not in self.numbers:
            self.numbers[name] = len(self.names)
            self.names.append("" if name == "_" else name)
        return self.numbers[name]

    def _slot(self, term: Term | Gap) -> Slot:
        if isinstance(term, Constant):
            return Const(term.value)
        return self._number(term.name if isinstance(term, Variable) else "_")

    def _table(self, atom: Atom) -> tuple[Key, tuple[Slot, ...]]:
        placed = place(atom, self.policies, self.home)
        return key_of(atom, self.home), tuple([self._slot(term) for term in placed])

    def _goal(self, literal: Literal, index: int, statement: Statement | None) -> Goal:
        atom = literal.atom
        if atom.policy is None and atom.table in ("true", "false") and not atom.sign and not list(atom.terms()):
            return Goal((), negated=literal.negated, index=index, truth=atom.table == "true")
        builtin = self._builtin(atom)
        if builtin:
            terms = tuple([self._slot(term) for term in atom.args])
            return Goal(terms, builtin=builtin, negated=literal.negated, index=index)
        if literal.negated and statement is not None:
            return self._absent(atom, index, statement)
        key, terms = self._table(atom)
        return Goal(terms, key=key, index=index)

    def _builtin(self, atom: Atom) -> Builtin | None:
        if atom.modal or atom.sign or atom.policy not in (None, NAMESPACE):
            return None
        found = BUILTINS.get(atom.table)
        literal = str(atom)
        if found is None and atom.policy == NAMESPACE:
            todo = did_you_mean(atom.table, BUILTINS, prefix=f"{NAMESPACE}:")
            raise UnknownTable(
                f"There is no builtin `{atom.table}`.", position=atom.position, literal=literal, todo=todo
            )
        if found and atom.columns:
            what = f"`{literal}` names columns, but a builtin has none."
            raise ColumnRefNeedsDatasource(what, position=atom.position, literal=literal)
        if found and len(atom.args) != found.arity:
            what = f"`{atom.table}` takes {found.arity} arguments, but `{literal}` gives {len(atom.args)}."
            todo = f"It is used as `{found.usage}`."
            raise ArityError(what, position=atom.position, literal=literal, todo=todo)
        return found

    def _absent(self, atom: Atom, index: int, statement: Statement) -> Goal:
        key = key_of(atom, self.home)
        placed = place(atom, self.policies, self.home)
        anything = [isinstance(term, Variable) and term.name == "_" for term in placed]
        if any(anything):
            kept = [number for number, skip in enumerate(anything) if not skip]
            mark = f"{len(placed)}:{','.join(map(str, kept))}"
            some = Key(key.policy, key.table, "some", mark)
            terms: tuple[Slot, ...] = tuple(range(len(placed)))
            goal = Goal(terms, key=key, index=index)
            self.extra.append(Rule(some, tuple(kept), (goal,), ("",) * len(placed), self.home, statement))
            key, placed = some, [term for term, skip in zip(placed, anything, strict=True) if not skip]
        return Goal(tuple([self._slot(term) for term in placed]), key=key, negated=True, index=index)

    def _fold(self, statement: Statement, goals: list[Goal]) -> tuple[Rule, ...]:
        """Split `many(h, count(x)) :- body` into `range(h, x) :- body` and a fold over `range`."""
        head = statement.head
        if head.columns:
            what = f"`{head}` aggregates, so its columns go by position."
            raise ColumnRefNeedsDatasource(what, position=head.position, literal=str(head))
        every = sorted({n for g in goals for n in g.variables() if not g.negated})
        ranged: list[Slot] = []
        folds: list[int | Const | Fold] = []
        for term in head.args:
            if isinstance(term, Aggregate):
                numbers = [self._number(variable.name) for variable in term.args]
                if term.function in ("count", "sum") and len(numbers) == (term.function == "sum"):
                    numbers += [n for n in every if n not in numbers]  # equal values of different rows all count
                places = []
                for number in numbers:
                    if number not in ranged:
                        ranged.append(number)
                    places.append(ranged.index(number))
                folds.append(Fold(term.function, tuple(places)))
            elif isinstance(term, Constant):
                folds.append(Const(term.value))
            else:
                slot = self._slot(term)
                if slot not in ranged:
                    ranged.append(slot)
                folds.append(ranged.index(slot))
        key = key_of(head, self.home)
        mark = f"{len(self.names)}:{statement}"
        source = Key(self.home, key.table, "fold", mark)
        names = tuple(self.names)
        inner = Rule(source, tuple(ranged), tuple(goals), names, self.home, statement)
        over = Goal(tuple(range(len(ranged))), key=source)
        columns = tuple(names[slot] if isinstance(slot, int) else "" for slot in ranged)
        outer = Rule(key, tuple(range(len(head.args))), (over,), columns, self.home, statement, tuple(folds))
        return (outer, inner, *self.extra)
