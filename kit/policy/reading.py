"""From a text to facts and rules that a policy accepts, or to all that is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, field

from kit.policy import stratify
from kit.policy.arity import Arities
from kit.policy.check import form_errors, head_errors
from kit.policy.core import Key, Rule
from kit.policy.errors import Position, StatementError
from kit.policy.ledger import Identity, Ledger, Ready
from kit.policy.model import Model
from kit.policy.parser import parse_all
from kit.policy.policies import Policies, Policy
from kit.policy.resolve import Resolver, fact_row, key_of
from kit.policy.syntax import Statement
from kit.policy.values import Row


@dataclass
class Reading:
    """What a text says.

    Attributes
    ----------
    facts : dict
        Table to the rows that are stated.
    rules : dict
        The rules by what makes them one.
    errors : list of StatementError
        What cannot be accepted: mistakes of form first, then the others by statement.
    """

    facts: dict[Key, dict[Row, None]] = field(default_factory=dict)
    rules: dict[Identity, Ready] = field(default_factory=dict)
    errors: list[StatementError] = field(default_factory=list)

    @property
    def fresh(self) -> list[Rule]:
        """The rules as the engine runs them."""
        return [rule for _, ready in self.rules.values() for rule in ready]

    def raise_first(self) -> None:
        """Raise the first error, with the others beside it."""
        if self.errors:
            self.errors[0].others = self.errors[1:]
            raise self.errors[0]


def read(text: str, policies: Policies, model: Model, home: Policy) -> Reading:
    """Read facts and rules for a policy; every mistake but recursion is found.

    Parameters
    ----------
    text : str
        The statements.
    home : Policy
        The policy that they are for.
    """
    statements, errors = parse_all(text)
    reading = Reading(errors=errors)
    arities = Arities(model, policies)
    for statement in statements:
        take(statement, policies, arities, home, reading)
    return reading


def take(statement: Statement, policies: Policies, arities: Arities | None, home: Policy, reading: Reading) -> None:
    """Put one statement into a reading, or what is wrong with it; `arities` are checked if given."""
    errors = list(form_errors(statement, home.kind))
    if not errors and statement.is_fact:
        try:
            row = fact_row(statement.head, policies, home.name)
        except StatementError as e:
            errors.append(e)
        else:
            key = key_of(statement.head, home.name)
            errors += arities.fact_errors(statement, key, row) if arities else ()
            if not errors:
                reading.facts.setdefault(key, {})[row] = None
    elif not errors:
        if home.kind != "action":
            errors += head_errors(statement)
        rules, found = Resolver(policies, home.name).attempt(statement)
        errors += found
        if arities and not errors:
            errors += arities.rule_errors(statement, rules)
        if not errors:
            reading.rules.setdefault(statement.identity(), (statement, rules))
    reading.errors += errors


def check_text(text: str, policies: Policies, model: Model, home: Policy) -> list[StatementError]:
    """Find all mistakes of a text, in its order; nothing is changed.

    A statement that does not parse is passed over, and the next one is read.
    """
    reading = read(text, policies, model, home)
    ledger = Ledger(model)
    try:
        ledger.rules(home, add=reading.rules)
        reading.errors += stratify.errors(model, policies, reading.fresh)
    finally:
        ledger.undo()
    return sorted(reading.errors, key=lambda e: e.position or Position(0, 0))
