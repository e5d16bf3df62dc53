"""Which tables may have rows: by facts, by the schema of a cloud, or by a rule that can fire."""

from __future__ import annotations

from kit.policy.builtins import BUILTINS, NAMESPACE
from kit.policy.core import Key
from kit.policy.model import Model
from kit.policy.policies import Policies
from kit.policy.resolve import key_of
from kit.policy.syntax import Statement


class Possible:
    """Tables that are known, and among them those that can have rows.

    Parameters
    ----------
    statements : list of Statement
        The facts and rules of the policy `home`, those of a text too that is only looked at.
    """

    def __init__(self, policies: Policies, model: Model, home: str, statements: list[Statement]) -> None:
        self.policies = policies
        self._rules: dict[Key, list[list[Key]]] = {}
        self._stated = {key for key, table in model.base.items() if table.rows}
        for policy in policies.values():
            for statement in policy.rules.values() if policy.name != home else statements:
                self._take(statement, policy.name)
        self._fire()

    def _take(self, statement: Statement, home: str) -> None:
        for head in statement.heads:
            key = key_of(head, home)
            if statement.is_fact:
                self._stated.add(key)
                continue
            needs = []
            for literal in statement.literals:
                atom = literal.atom
                plain = not atom.sign and atom.policy in (None, NAMESPACE)
                if plain and atom.table == ("true" if literal.negated else "false"):
                    needs.append(Key("", "false"))
                elif not literal.negated and not (plain and atom.table in (*BUILTINS, "true", "false")):
                    needs.append(key_of(atom, home))
            self._rules.setdefault(key, []).append(needs)

    def _fire(self) -> None:
        """Find the tables with a rule all of whose tables may have rows, until no more are found."""
        self._rows = set(self._stated)
        found = True
        while found:
            fired = {
                key
                for key, rules in self._rules.items()
                if key not in self._rows and any(all(self.rows(need) for need in needs) for needs in rules)
            }
            self._rows |= fired
            found = bool(fired)

    def _filled_elsewhere(self, key: Key) -> bool:
        """Whether others fill it: a cloud's table, or what an action policy is told at run time."""
        policy = self.policies.get(key.policy)
        if policy is None:
            return False
        bare = policy.kind == "datasource" and not policy.schema
        return bare or policy.columns(key.table) is not None or policy.kind == "action"

    def known(self, key: Key) -> bool:
        """Whether anything tells of a table."""
        return key in self._stated or key in self._rules or self._filled_elsewhere(key)

    def rows(self, key: Key) -> bool:
        """Whether a table may have rows."""
        return key in self._rows or self._filled_elsewhere(key)

    def names(self, policy: str) -> set[str]:
        """The tables of a policy that anything tells of."""
        own = {key.table for key in (*self._stated, *self._rules) if key.policy == policy and key.kind == "table"}
        found = self.policies.get(policy)
        return own | set(found.schema if found else ())
