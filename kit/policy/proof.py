"""Why a row holds: a tree of rules and the rows they found."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import Any

from kit.policy import fold
from kit.policy.core import Const, Goal, Key, Rule
from kit.policy.model import Model
from kit.policy.policies import Policies
from kit.policy.values import Row, Value, in_order, plain, show


@dataclass
class Proof:
    """One row and what it rests on.

    Attributes
    ----------
    table : str
        With its policy where that is not the one asked.
    args : tuple
        The row.
    columns : tuple of str
        Names of the columns, where they are known.
    rule : str
        The rule that gives the row; empty for a row that is stated, or a builtin.
    because : list of Proof
        One for every literal of the rule's body, in its order.
    negated : bool
        Whether it is the absence of the row that counts.
    """

    table: str
    args: Row
    columns: tuple[str, ...] = ()
    rule: str = ""
    because: list[Proof] = field(default_factory=list)
    negated: bool = False
    builtin: bool = False
    mentioned: frozenset[int] | None = None  # the columns that the rule speaks of; None for all

    def __str__(self) -> str:
        if self.columns and len(self.columns) == len(self.args):
            pairs = enumerate(zip(self.columns, self.args, strict=True))
            told = self.mentioned
            parts = [f"{name}={show(value)}" for place, (name, value) in pairs if told is None or place in told]
        else:
            parts = [value.text if isinstance(value, Anything) else show(value) for value in self.args]
        return f"{'not ' if self.negated else ''}{self.table}({', '.join(parts)})"

    def lines(self, depth: int = 0) -> list[str]:
        """The tree as indented text."""
        own = [f"{'  ' * depth}{self}"]
        return own + [line for part in self.because for line in part.lines(depth + 1)]

    def __repr__(self) -> str:
        return "\n".join(self.lines())

    def to_dict(self) -> dict[str, Any]:
        """The tree as plain data."""
        return {
            "fact": [self.table, list(plain(self.args))], "negated": self.negated,
            "because": [part.to_dict() for part in self.because],
        }  # fmt: skip

    def _repr_html_(self) -> str:
        return f'<div role="tree" aria-label="Proof of {escape(str(self))}">{self._html()}</div>'

    def _html(self) -> str:
        text = f"<code>{escape(str(self))}</code>"
        if not self.because:
            word = "absent" if self.negated else "computed" if self.builtin else "stated"
            return f'<div role="treeitem" style="margin-left:1.2em">{text} <small>{word}</small></div>'
        inner = "".join(part._html() for part in self.because)
        return f'<details open role="treeitem" style="margin-left:1.2em"><summary>{text}</summary>{inner}</details>'


class Anything(str):
    """The place of a column that may hold anything, in the absence of a row."""

    text = "_"


Path = frozenset[tuple[Key, Row]]


def find(model: Model, policies: Policies, key: Key, row: Row, home: str) -> Proof | None:
    """The proof of a row, or None; a row never rests on itself."""
    model.ensure([key])
    return _Search(model, policies, home).row(key, row, frozenset())


class _Search:
    def __init__(self, model: Model, policies: Policies, home: str) -> None:
        self.model = model
        self.policies = policies
        self.home = home

    def row(self, key: Key, row: Row, path: Path) -> Proof | None:
        if (key, row) in path or row not in self.model.rows(key):
            return None
        node = Proof(self._name(key), row, self._columns(key))
        base = self.model.base.get(key)
        if base is not None and row in base.rows:
            return node
        for rule in self.model.rules.get(key, ()):
            because = (
                self._folded(rule, row, path | {(key, row)})
                if rule.folds
                else self._derived(rule, row, path | {(key, row)})
            )
            if because is not None:
                node.rule, node.because = str(rule.statement), because
                return node
        return node if key not in self.model.rules else None

    def _name(self, key: Key) -> str:
        if key.kind == "execute":
            return f"execute[{key.table}]"
        return key.table if key.policy == self.home else f"{key.policy}:{key.table}"

    def _columns(self, key: Key) -> tuple[str, ...]:
        policy = self.policies.get(key.policy)
        return (policy.columns(key.table) or ()) if policy and key.kind == "table" else ()

    def _derived(self, rule: Rule, row: Row, path: Path) -> list[Proof] | None:
        """The proofs of a body's literals for the first binding that gives the row."""
        self.model.ensure(goal.key for goal in rule.goals if goal.key)
        for binding in self.model.program(rule, "given")(row):
            parts: list[Proof] = []
            for goal in rule.goals:
                part = self._goal(goal, binding, path)
                if part is None:
                    break
                if goal.key is not None and not goal.negated:
                    said = (
                        place for place, term in enumerate(goal.terms) if isinstance(term, Const) or rule.names[term]
                    )
                    part.mentioned = frozenset(said)
                parts.append(part)
            else:
                return parts
        return None

    def _goal(self, goal: Goal, binding: tuple[Value, ...], path: Path) -> Proof | None:
        if goal.builtin is not None or goal.key is None:
            args = tuple(self._value(term, binding) for term in goal.terms)
            name = goal.builtin.name if goal.builtin else ("true" if goal.truth else "false")
            return Proof(name, args, negated=goal.negated, builtin=True)
        if goal.negated:
            return self._absence(goal, binding)
        return self._present(goal, binding, path)

    def _value(self, term: Any, binding: tuple[Value, ...]) -> Value:
        return term.value if isinstance(term, Const) else binding[term]

    def _present(self, goal: Goal, binding: tuple[Value, ...], path: Path) -> Proof | None:
        assert goal.key is not None
        wanted = {
            place: term.value if isinstance(term, Const) else binding[term]
            for place, term in enumerate(goal.terms)
            if isinstance(term, Const) or binding[term] is not None
        }
        for row in in_order(self.model.table(goal.key).match(wanted)):
            if len(row) == len(goal.terms):
                found = self.row(goal.key, row, path)
                if found is not None:
                    return found
        return None

    def _absence(self, goal: Goal, binding: tuple[Value, ...]) -> Proof:
        assert goal.key is not None
        key, args = goal.key, tuple(self._value(term, binding) for term in goal.terms)
        if key.kind == "some":
            width, _, kept = key.mark.partition(":")
            values = dict(zip((int(place) for place in kept.split(",") if place), args, strict=True))
            args = tuple(values.get(place, Anything("_")) for place in range(int(width)))
            return Proof(self._name(Key(key.policy, key.table)), args, negated=True)
        return Proof(self._name(key), args, negated=True)

    def _folded(self, rule: Rule, row: Row, path: Path) -> list[Proof] | None:
        """An aggregate rests on every row of its group."""
        source = rule.goals[0].key
        assert source is not None
        found: list[Proof] = []
        for member in in_order(fold.members(rule, self.model.table(source), row)):
            for inner in self.model.rules.get(source, ()):
                found += self._derived(inner, member, path) or []
        return found or None


def ask_builtin(goal: Goal) -> set[Row]:
    """The answers of a builtin that is asked with its inputs given."""
    builtin = goal.builtin
    assert builtin is not None
    inputs = [term.value for term in goal.terms[: len(builtin.inputs)] if isinstance(term, Const)]
    if len(inputs) < len(builtin.inputs):
        return set()
    try:
        answer = builtin.function(*inputs)
    except Exception:
        return set()
    outputs = goal.terms[len(builtin.inputs) :]
    if not outputs:
        return {tuple(inputs)} if answer else set()
    values = answer if len(outputs) > 1 else (answer,)
    row = (*inputs, *values)
    fits = all(not isinstance(term, Const) or term.value == value for term, value in zip(outputs, values, strict=True))
    return {row} if fits else set()
