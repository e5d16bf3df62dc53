"""What if: a sequence of changes and actions, applied to the live tables, asked about, and taken back."""

from __future__ import annotations

from dataclasses import replace

from kit.policy import stratify
from kit.policy.arity import Arities
from kit.policy.difference import Difference
from kit.policy.errors import NotAnUpdate
from kit.policy.ledger import Ledger
from kit.policy.model import Model
from kit.policy.parser import parse
from kit.policy.policies import Policies, Policy
from kit.policy.query import Query
from kit.policy.reading import Reading, take
from kit.policy.rows import Rows
from kit.policy.syntax import Statement
from kit.policy.theory import Theory, action_names
from kit.policy.values import Row


def ask(query: Query, sequence: Sequence) -> Rows:
    """Answer a query as if a sequence had happened."""
    try:
        sequence.run()
        return query.answer()
    finally:
        sequence.ledger.undo()


def difference(query: Query, sequence: Sequence) -> Difference:
    """Find the answers that a sequence would bring and take away; costs what the sequence touches."""
    model = query.model
    own = [key for key in query.keys if key not in model.watched]
    for key in query.keys:
        model.watch(key)
    model.settle(query.keys)
    start = {key: dict(model.net.get(key, {})) for key in query.keys}
    signs: dict[Row, int] = {}
    try:
        sequence.run()
        model.settle(query.keys)
        for key in query.keys:
            net, before = model.net.get(key, {}), start[key]
            for row in {*net, *before}:
                sign = net.get(row, 0) - before.get(row, 0)
                if sign and query.fits(row):
                    signs[row] = signs.get(row, 0) + sign
    finally:
        sequence.ledger.undo()
        for key in own:
            model.watched.discard(key)
            model.net.pop(key, None)
            model.gone.pop(key, None)
    added, removed = ([row for row, n in signs.items() if n * sign > 0] for sign in (1, -1))
    return Difference(query.atom.name, query.answer(added), query.answer(removed))


class Sequence:
    """The elements of a simulation: signed facts, signed rules, and calls of actions.

    Parameters
    ----------
    text : str
        `p+(1)  q-(2)  r+(x) :- p(x)  act(3)  act(x) :- result(x)`.
    policy : Policy
        Whose tables are meant by names without a prefix.
    actions : Policy, optional
        Which describes the actions.

    Raises
    ------
    StatementError
        `NotAnUpdate` for an element that is neither signed nor an action.
    """

    def __init__(self, text: str, policies: Policies, model: Model, policy: Policy, actions: Policy | None) -> None:
        self.policies = policies
        self.model = model
        self.policy = policy
        self.actions = actions
        self.ledger = Ledger(model)
        self.elements = parse(text)
        self._names = action_names(model, actions.name) if actions else set()
        self._theory: Theory | None = None
        self._version: object = None

    def _calls(self, element: Statement) -> bool:
        head = element.head
        return head.name in self._names and not head.sign and not head.modal

    def run(self) -> None:
        """Apply the elements in order; the ledger takes them back."""
        results: set[Row] = set()
        for element in self.elements:
            if self._calls(element):
                results = self._act(element, results)
            elif element.head.sign and not element.head.modal:
                self._update(element)
            else:
                what = f"`{element.head}` changes nothing: it has no sign and is no action."
                todo = f"Write `{element.head.name}+(...)` to add, `{element.head.name}-(...)` to remove"
                todo += ", or name an action policy." if self.actions is None else "."
                raise NotAnUpdate(what, position=element.position, literal=str(element.head), todo=todo)

    def _update(self, element: Statement) -> None:
        head = element.head
        target = self.policies.find(head.policy or self.policy.name)
        adds = head.sign == "+"
        plain = Statement((replace(head, sign="", policy=None), *element.heads[1:]), element.body)
        reading = Reading()
        take(plain, self.policies, Arities(self.model, self.policies) if adds else None, target, reading)
        reading.raise_first()
        for key, rows in reading.facts.items():
            row = set(rows)
            self.ledger.facts({key: (set(), row) if adds else (row, set())})
        if not adds:
            self.ledger.rules(target, remove=reading.rules)
        elif reading.rules:
            self.ledger.rules(target, add=reading.rules)
            stratify.check(self.model, self.policies, reading.fresh)

    def _act(self, element: Statement, results: set[Row]) -> set[Row]:
        """Do what an action does; give its results, for the next one to read."""
        theory = self._current()
        facts = theory.ground(element, results)
        if facts is None:
            return results
        effect = theory.call(facts)
        nothing: set[Row] = set()
        keys = {*effect.added, *effect.removed}
        for key in keys:
            self.policies.find(key.policy)
        self.ledger.facts({k: (effect.removed.get(k, nothing), effect.added.get(k, nothing)) for k in keys})
        return effect.results

    def _current(self) -> Theory:
        """The theory of the actions; made anew when a rule or a fact of it has changed."""
        assert self.actions is not None
        name = self.actions.name
        version = (self.model.version, {key for key, t in self.model.base.items() if key.policy == name and t.rows})
        if self._theory is None or version != self._version:
            calls = [element for element in self.elements if self._calls(element)]
            self._theory, self._version = Theory(self.policies, self.model, self.policy.name, name, calls), version
        return self._theory
