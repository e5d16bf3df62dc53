"""What actions do: the rules of an action policy, run on one call at a time.

The rules of an action policy see the tables of their own policy, those of the policy that is
simulated, and the call itself. They run in a model of their own that reads the live tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from kit.policy.check import form_errors, head_errors
from kit.policy.columns import place
from kit.policy.core import Goal, Key, Rule
from kit.policy.errors import FactNotGround
from kit.policy.model import Model
from kit.policy.policies import Policies
from kit.policy.resolve import Resolver, key_of
from kit.policy.syntax import Atom, Constant, Statement, Variable
from kit.policy.table import Table
from kit.policy.values import Row, Value, row_key

CALL = Key("", "call", "call")
Facts = dict[Key, set[Row]]


@dataclass
class Effect:
    """What a call does: rows to add and to remove by table, and its results.

    A row that is in both is added: insertion beats deletion, as in any change of the tables.
    """

    added: Facts
    removed: Facts
    results: set[Row]


class Theory:
    """The rules of an action policy, ready for the calls of a sequence.

    Parameters
    ----------
    policies, main : Policies, Model
        The live policies and tables.
    policy : str
        The policy that is simulated.
    actions : str
        The policy that describes the actions.
    calls : sequence of Statement
        The elements of the sequence that call actions.
    """

    def __init__(self, policies: Policies, main: Model, policy: str, actions: str, calls: list[Statement]) -> None:
        self.policies = policies
        self.main = main
        self.policy = policy
        self.name = actions
        self.result = Key(actions, "result")
        self._made: dict[object, Value] = {}
        self._invented = 0
        self.local = Model(main.now, self._outside, self._fresh)
        own = [rule for rules in policies[actions].ready.values() for rule in rules]
        assumed = {key_of(head, actions) for call in calls for head in call.heads}
        self._sources = {self.result, *assumed, *self._stated(), *(rule.head for rule in own)}
        self._unions: dict[tuple[Key, int], Rule] = {}
        rules = [self._moved(rule) for rule in own]
        self._bodies: dict[int, tuple[list[str], Rule]] = {}
        for call in calls:
            if not call.is_fact:
                rules += self._body(call)
        if Key(policy, "result") in main.rules or Key(policy, "result") in main.base:
            self._union(self.result, 1)
        self.local.change_rules(add=[*rules, *self._unions.values()])
        self._signed = sorted({rule.head for rule in own if rule.head.table[-1] in "+-"})

    def _stated(self) -> list[Key]:
        return [key for key, table in self.main.base.items() if key.policy == self.name and table.rows]

    def _outside(self, key: Key) -> Table:
        self.main.ensure([key])
        return self.main.table(key)

    def _fresh(self, rule: Rule, slot: int) -> Value:
        """One value a call for each variable that nothing binds, by its name."""
        who = rule.names[slot] or (rule, slot)
        if who not in self._made:
            self._invented += 1
            self._made[who] = f"<{rule.names[slot] or 'new'} {self._invented}>"
        return self._made[who]

    def _moved(self, rule: Rule) -> Rule:
        """The same rule, reading the simulated policy where its own has no such table."""
        return replace(rule, goals=tuple(self._goal(goal) for goal in rule.goals))

    def _goal(self, goal: Goal) -> Goal:
        key = goal.key
        if key is None or key.kind != "table" or key.policy != self.name or self.policy == self.name:
            return goal
        if key not in self._sources:
            return replace(goal, key=Key(self.policy, key.table))
        self._union(key, len(goal.terms))
        return goal

    def _union(self, key: Key, width: int) -> None:
        if self.policy != self.name and (key, width) not in self._unions:
            terms = tuple(range(width))
            goal = Goal(terms, key=Key(self.policy, key.table))
            statement = Statement((Atom(key.table),), ())
            self._unions[key, width] = Rule(key, terms, (goal,), ("",) * width, self.name, statement)

    def _body(self, call: Statement) -> list[Rule]:
        """Prepare the body of a call: its rows are values for the variables of the heads."""
        for head in call.heads:
            for error in head_errors(Statement((head,), call.body)):
                raise error
        names = list(dict.fromkeys(v.name for head in call.heads for v in head.variables()))
        asked = Statement((Atom("call", tuple(Variable(name) for name in names), position=call.position),), call.body)
        for error in form_errors(asked, "action"):
            raise error
        rule, *extra = [self._moved(rule) for rule in Resolver(self.policies, self.name).rules(asked)]
        self._bodies[id(call)] = (names, replace(rule, head=CALL))
        return extra

    def ground(self, call: Statement, results: set[Row]) -> list[tuple[Key, Row]] | None:
        """The facts that a call states, or None when its body does not hold.

        Parameters
        ----------
        call : Statement
            An element of the sequence; of several ways to satisfy its body the first in order is taken.
        results : set of tuple
            The results of the call before.
        """
        values: Mapping[str, Value] = {}
        if not call.is_fact:
            names, rule = self._bodies[id(call)]
            self._assume({self.result: results})
            self.local.ensure(goal.key for goal in rule.goals if goal.key)
            found: dict[Row, int] = {}
            self.local.program(rule, "every")(found, 1)
            if not found:
                return None
            values = dict(zip(names, min(found, key=row_key), strict=True))
        return [(key_of(head, self.name), self._row(head, values)) for head in call.heads]

    def _row(self, head: Atom, values: Mapping[str, Value]) -> Row:
        row = []
        for term in place(head, self.policies, self.name):
            if isinstance(term, Constant):
                row.append(term.value)
            elif isinstance(term, Variable) and term.name in values:
                row.append(values[term.name])
            else:
                what = f"The call `{head}` does not give every argument a value."
                todo = "Put a text in quotes, or give the call a body: `act(x) :- table(x)`."
                raise FactNotGround(what, position=head.position, literal=str(head), todo=todo)
        return tuple(row)

    def _assume(self, facts: Mapping[Key, Iterable[Row]]) -> None:
        """State facts beside those of the action policy, in place of earlier ones."""
        self.local.forget(list(self.local.ready))
        for key in self._sources:
            stated = self.main.base.get(key)
            rows = dict.fromkeys((*(stated.rows if stated else ()), *facts.get(key, ())), 1)
            self.local.table_base(key).fill(rows)

    def call(self, facts: list[tuple[Key, Row]]) -> Effect:
        """Work out what a call does; nothing is changed."""
        stated: Facts = {}
        for key, row in facts:
            stated.setdefault(key, set()).add(row)
        self._made = {}
        self._assume(stated)
        added: Facts = {}
        removed: Facts = {}
        for key in {*self._signed, *(key for key in stated if key.table[-1] in "+-")}:
            changed = added if key.table.endswith("+") else removed
            owner = self.policy if key.policy == self.name else key.policy
            rows = set(self.local.rows(key))
            if rows:
                changed.setdefault(Key(owner, key.table[:-1]), set()).update(rows)
        return Effect(added, removed, set(self.local.rows(self.result)))


def action_names(model: Model, actions: str) -> set[Value]:
    """The names that an action policy declares by `action("name")`."""
    return {row[0] for row in model.rows(Key(actions, "action")) if len(row) == 1}
