"""Which actions bring about a change: the rules of an action policy read backwards.

A goal such as `p-(1)` is met by the heads of rules; their conditions on data must hold, and their
conditions on actions become the plan.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kit.policy.core import Const, Goal, Key, Slot
from kit.policy.derivation import ask_builtin
from kit.policy.errors import NotAnUpdate
from kit.policy.graph import downstream
from kit.policy.model import Model
from kit.policy.parser import parse_query
from kit.policy.policies import Policies, Policy
from kit.policy.resolve import Resolver
from kit.policy.theory import action_names
from kit.policy.values import Row, Value, plain

Plan = list[tuple[str, list[Value | None]]]

DEEPEST = 32
MOST = 1_000
"""Plans that are looked for; a goal with more free arguments has too many to read."""


@dataclass(frozen=True, slots=True)
class Free:
    """A variable of one use of a rule."""

    number: int


Term = Const | Free
Binding = dict[Free, Term]
Wanted = tuple[Goal, dict[int, Free]]
"""A literal, and the variables of the use of the rule it stands in."""


def plans(text: str, policies: Policies, model: Model, actions: Policy) -> list[Plan]:
    """Find the plans for a goal, each once, in order.

    Raises
    ------
    NotAnUpdate
        The goal has no sign.
    """
    atom = parse_query(text)
    if not atom.sign:
        what = f"`{atom}` is no change: it has no sign."
        todo = f"Write `{atom.name}+(...)` or `{atom.name}-(...)`."
        raise NotAnUpdate(what, position=atom.position, literal=str(atom), todo=todo)
    goal = Resolver(policies, actions.name).query(atom)
    search = _Search(model, actions.name)
    found: dict[str, Plan] = {}
    for binding, calls in search.solve(goal, search.rename(goal), {}, (), 0):
        plan = [(search.name(key), list(plain_terms(terms, binding))) for key, terms in calls]
        found.setdefault(repr(plan), plan)
        if len(found) >= MOST:
            break
    return [found[text] for text in sorted(found)]


def walk(term: Term, binding: Binding) -> Term:
    """Follow a variable to what it is bound to."""
    while isinstance(term, Free) and term in binding:
        term = binding[term]
    return term


def plain_terms(terms: tuple[Term, ...], binding: Binding) -> Iterator[Value | None]:
    """The values of arguments, None for those left free."""
    for term in terms:
        value = walk(term, binding)
        yield plain((value.value,))[0] if isinstance(value, Const) else None


Calls = tuple[tuple[Key, tuple[Term, ...]], ...]
Found = Iterator[tuple[Binding, Calls]]


class _Search:
    def __init__(self, model: Model, home: str) -> None:
        self.model = model
        self.home = home
        self.count = 0
        names = action_names(model, home)
        self.actions = {self._key(str(name)) for name in names}
        self.moved = downstream(self.actions, lambda key: [rule.head for rule, _ in model.readers.get(key, ())])

    def _key(self, name: str) -> Key:
        policy, colon, table = name.partition(":")
        return Key(policy, table) if colon else Key(self.home, name)

    def name(self, key: Key) -> str:
        """An action as it is declared."""
        return key.table if key.policy == self.home else str(key)

    def rename(self, goal: Goal) -> dict[int, Free]:
        """Fresh variables for a literal that stands alone."""
        return {slot: self._free() for slot in goal.variables()}

    def _free(self) -> Free:
        self.count += 1
        return Free(self.count)

    def _terms(self, terms: tuple[Slot, ...], names: dict[int, Free], binding: Binding) -> tuple[Term, ...]:
        return tuple(walk(t if isinstance(t, Const) else names.setdefault(t, self._free()), binding) for t in terms)

    def solve(self, goal: Goal, names: dict[int, Free], binding: Binding, calls: Calls, depth: int) -> Found:
        """All ways to make one literal hold."""
        terms = self._terms(goal.terms, names, binding)
        if goal.key is None:
            yield from self._computed(goal, terms, binding, calls)
        elif goal.negated:
            if not any(True for _ in self._rows(goal.key, terms, binding)):
                yield binding, calls
        elif goal.key in self.actions:
            yield binding, (*calls, (goal.key, terms))
        elif goal.key in self.moved or goal.key.table[-1] in "+-":
            yield from self._rules(goal.key, terms, binding, calls, depth)
        else:
            for row in list(self._rows(goal.key, terms, binding)):
                yield row, calls

    def _rows(self, key: Key, terms: tuple[Term, ...], binding: Binding) -> Iterator[Binding]:
        bound = {place: term.value for place, term in enumerate(terms) if isinstance(term, Const)}
        self.model.ensure([key])
        if key in self.model.derived or key in self.model.base:
            for row in self.model.table(key).match(bound):
                found = self._unify(terms, tuple(map(Const, row)), binding)
                if found is not None:
                    yield found

    def _rules(self, key: Key, terms: tuple[Term, ...], binding: Binding, calls: Calls, depth: int) -> Found:
        if key in self.model.base:
            for row in list(self.model.base[key].rows):
                found = self._unify(terms, tuple(map(Const, row)), binding)
                if found is not None:
                    yield found, calls
        if depth > DEEPEST:
            return
        for rule in self.model.rules.get(key, ()):
            if rule.policy != self.home or rule.folds:
                continue
            names: dict[int, Free] = {}
            found = self._unify(terms, self._terms(rule.terms, names, binding), binding)
            if found is not None:
                yield from self._body(rule.goals, names, found, calls, depth + 1)

    def _body(
        self, goals: tuple[Goal, ...], names: dict[int, Free], binding: Binding, calls: Calls, depth: int
    ) -> Found:
        """Data first, then actions, then what tests the values they leave."""
        ordered = sorted(goals, key=lambda g: (g.negated, g.key is None, g.key in self.actions or g.key in self.moved))
        order = {goal: place for place, goal in enumerate(goals)}

        def go(rest: list[Goal], binding: Binding, calls: Calls) -> Found:
            if not rest:
                yield binding, calls
                return
            for found, more in self.solve(rest[0], names, binding, calls, depth):
                yield from go(rest[1:], found, more)

        for found, more in go(ordered, binding, calls):
            mine = more[len(calls) :]
            yield found, (*calls, *self._as_written(mine, goals, order))

    def _as_written(self, calls: Calls, goals: tuple[Goal, ...], order: dict[Goal, int]) -> Calls:
        places = {goal.key: order[goal] for goal in reversed(goals) if goal.key in self.actions}
        return tuple(sorted(calls, key=lambda call: places.get(call[0], len(goals))))

    def _computed(self, goal: Goal, terms: tuple[Term, ...], binding: Binding, calls: Calls) -> Found:
        """A builtin is asked when its inputs are known, else it may well hold."""
        if goal.builtin is None:
            if goal.truth is not goal.negated:
                yield binding, calls
            return
        inputs = terms[: len(goal.builtin.inputs)]
        if not all(isinstance(term, Const) for term in inputs):
            yield binding, calls
            return
        asked = Goal(tuple(t if isinstance(t, Const) else n for n, t in enumerate(terms)), builtin=goal.builtin)
        rows = ask_builtin(asked)
        if goal.negated:
            if not rows:
                yield binding, calls
            return
        for row in rows:
            found = self._unify(terms, tuple(map(Const, row)), binding)
            if found is not None:
                yield found, calls

    def _unify(self, left: tuple[Term, ...], right: tuple[Term, ...] | Row, binding: Binding) -> Binding | None:
        if len(left) != len(right):
            return None
        made = dict(binding)
        for one, other in zip(left, right, strict=True):
            a, b = walk(one, made), walk(other, made)  # type: ignore[arg-type]
            if a == b:
                continue
            if isinstance(a, Free):
                made[a] = b
            elif isinstance(b, Free):
                made[b] = a
            else:
                return None
        return made
