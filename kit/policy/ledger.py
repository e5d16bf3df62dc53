"""A list of the changes made, so that they can be taken back, the last one first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from kit.policy.change import Delta
from kit.policy.core import Key, Rule
from kit.policy.model import Model
from kit.policy.policies import Policy
from kit.policy.syntax import Statement

Identity = tuple[object, ...]
Ready = tuple[Statement, tuple[Rule, ...]]


class Ledger:
    """Makes changes and remembers how to undo each.

    Parameters
    ----------
    model : Model
        The tables and rules that are changed.
    """

    def __init__(self, model: Model) -> None:
        self.model = model
        self._undo: list[Callable[[], object]] = []
        self._known = set(model.base)

    def on_undo(self, step: Callable[[], object]) -> None:
        """Add a step of one's own to what is taken back."""
        self._undo.append(step)

    def facts(self, changes: Mapping[Key, Delta]) -> None:
        """Change stated rows, and all that follows from them."""
        effect = self.model.apply(changes)
        back = {key: (plus, minus) for key, (minus, plus) in effect.items() if minus or plus}
        if back:
            self._undo.append(lambda: self.model.apply(back))

    def rules(self, policy: Policy, *, add: Mapping[Identity, Ready] = {}, remove: Iterable[Identity] = ()) -> None:
        """Add rules to a policy and remove rules from it; those that are not there are no mistake."""
        gone = [identity for identity in remove if identity in policy.rules]
        fresh = {identity: ready for identity, ready in add.items() if identity not in policy.rules}
        if not gone and not fresh:
            return
        before = dict(policy.rules), dict(policy.ready)
        minus = [rule for identity in gone for rule in policy.ready[identity]]
        plus = [rule for _, ready in fresh.values() for rule in ready]
        self.replace(minus, plus)
        self._undo.append(lambda: _restore(policy, *before))
        for identity in gone:
            del policy.rules[identity], policy.ready[identity]
        for identity, (statement, ready) in fresh.items():
            policy.rules[identity], policy.ready[identity] = statement, ready

    def replace(self, minus: list[Rule], plus: list[Rule]) -> None:
        """Take rules out of the model and put others in."""
        model = self.model
        order = {rule.head: list(model.rules.get(rule.head, ())) for rule in minus}
        model.change_rules(minus, plus)

        def undo() -> None:
            model.change_rules(plus, minus)
            for head, rules in order.items():
                model.rules[head][:] = rules  # a proof takes the first rule that fits

        self._undo.append(undo)

    def undo(self) -> None:
        """Take everything back."""
        while self._undo:
            self._undo.pop()()
        for key in [key for key, table in self.model.base.items() if key not in self._known and not table.rows]:
            if key in self.model.rules or not self.model.readers.get(key):  # compiled rules hold the others
                del self.model.base[key]


def _restore(policy: Policy, rules: dict[Identity, Statement], ready: dict[Identity, tuple[Rule, ...]]) -> None:
    policy.rules.clear()
    policy.rules.update(rules)
    policy.ready.clear()
    policy.ready.update(ready)
