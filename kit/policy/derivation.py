"""The search for a proof: a row is derived again, with its literals in view, and so is each row it rests on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from kit.policy import fold
from kit.policy.core import Const, Goal, Key, Rule, Slot
from kit.policy.model import Model
from kit.policy.policies import Policies
from kit.policy.proof import Anything, Proof
from kit.policy.tree import deep
from kit.policy.values import Row, Value, in_order, to_row

Below = Callable[[Key, Row], Proof | None]
Spot = tuple[Key, Row]
MOST_WAYS = 500_000


def find(model: Model, policies: Policies, key: Key, row: Row, home: str) -> Proof | None:
    """The proof of a row, or None; a row never rests on itself."""
    model.ensure([key])
    with deep():
        return Search(model, policies, home).row(key, row)


class Search:
    """Finds proofs; those of rows met twice are found once.

    In a recursion the proof of least height is taken, so that a row never rests on itself. Heights are
    worked out for all rows that may take part (see `Heights`); when these are too many, rows are tried
    with more and more rounds.
    """

    def __init__(self, model: Model, policies: Policies, home: str) -> None:
        self.model = model
        self.policies = policies
        self.home = home
        self._known: dict[tuple[Key, Row], Proof] = {}
        self._height: dict[tuple[Key, Row], int] = {}
        self._failed: dict[tuple[Key, Row], int] = {}

    def row(self, key: Key, row: Row) -> Proof | None:
        """The proof of a row of a table, or None when it is not there."""
        known = self._known.get((key, row))
        if known is not None:
            return known
        if row not in self.model.rows(key):
            return None
        group = self.model.group(key)
        if not group:
            found = self._attempt(key, row, self.row)
            if found is not None:
                self._known[key, row] = found
            return found
        heights = Heights(self.model, group).of(key, row)
        if heights is not None:
            return self._lowest(key, row, heights, group)
        rounds = 1
        while True:
            found = self._within(key, row, rounds, group)
            if found is not None:
                return found
            rounds += 1

    def _lowest(self, key: Key, row: Row, heights: dict[Spot, int], group: tuple[Key, ...]) -> Proof | None:
        """The proof that goes from a row only to rows of less height."""
        if (key, row) in self._known:
            return self._known[key, row]
        height = heights[key, row]

        def below(other: Key, its: Row) -> Proof | None:
            if other not in group:
                return self.row(other, its)
            return self._lowest(other, its, heights, group) if heights.get((other, its), height) < height else None

        found = self._attempt(key, row, below)
        if found is not None:
            self._known[key, row], self._height[key, row] = found, height
        return found

    def _within(self, key: Key, row: Row, rounds: int, group: tuple[Key, ...]) -> Proof | None:
        """The proof of a row of a recursion in at most so many rounds."""
        spot = (key, row)
        if spot in self._known:
            return self._known[spot] if self._height[spot] <= rounds else None
        for height in range(self._failed.get(spot, 0) + 1, rounds + 1):

            def below(other: Key, its: Row, less: int = height - 1) -> Proof | None:
                if other not in group:
                    return self.row(other, its)
                return self._within(other, its, less, group) if less else None

            found = self._attempt(key, row, below)
            if found is not None:
                self._known[spot], self._height[spot] = found, height
                return found
            self._failed[spot] = height
        return None

    def _attempt(self, key: Key, row: Row, below: Below) -> Proof | None:
        node = Proof(self.name(key), row, self.columns(key))
        base = self.model.base.get(key)
        if base is not None and row in base.rows:
            return node
        for rule in self.model.rules.get(key, ()):
            because = self._folded(rule, row, below) if rule.folds else self._derived(rule, row, below)
            if because is not None:
                node.rule, node.because = str(rule.statement), because
                return node
        return node if key not in self.model.rules and row in self.model.rows(key) else None

    def name(self, key: Key) -> str:
        """A table as it is written in the policy that is asked."""
        if key.kind == "execute":
            return f"execute[{key.table}]"
        return key.table if key.policy == self.home else f"{key.policy}:{key.table}"

    def columns(self, key: Key) -> tuple[str, ...]:
        """The names of a table's columns, where they are known."""
        policy = self.policies.get(key.policy)
        return (policy.columns(key.table) or ()) if policy and key.kind == "table" else ()

    def _derived(self, rule: Rule, row: Row, below: Below) -> list[Proof] | None:
        """The proofs of a body's literals for the first binding that gives the row."""
        self.model.ensure(goal.key for goal in rule.goals if goal.key)
        for binding in self.model.program(rule, "given")(row):
            parts: list[Proof] = []
            for goal in rule.goals:
                part = self._goal(goal, binding, below)
                if part is None:
                    break
                if goal.key is not None and not goal.negated:
                    places = enumerate(goal.terms)
                    said = frozenset(place for place, t in places if isinstance(t, Const) or rule.names[t])
                    part = replace(part, mentioned=said)
                parts.append(part)
            else:
                return parts
        return None

    def _goal(self, goal: Goal, binding: tuple[Value, ...], below: Below) -> Proof | None:
        if goal.builtin is not None or goal.key is None:
            args = tuple(self._value(term, binding) for term in goal.terms)
            name = goal.builtin.name if goal.builtin else ("true" if goal.truth else "false")
            return Proof(name, args, negated=goal.negated, builtin=True)
        if goal.negated:
            return self._absence(goal, binding)
        return self._present(goal, binding, below)

    def _value(self, term: Slot, binding: tuple[Value, ...]) -> Value:
        return term.value if isinstance(term, Const) else binding[term]

    def _present(self, goal: Goal, binding: tuple[Value, ...], below: Below) -> Proof | None:
        assert goal.key is not None
        wanted = {
            place: term.value if isinstance(term, Const) else binding[term]
            for place, term in enumerate(goal.terms)
            if isinstance(term, Const) or binding[term] is not None
        }
        rows = list(self.model.table(goal.key).match(wanted))
        for row in rows if len(rows) < 2 else map(to_row, in_order(rows)):
            if len(row) == len(goal.terms):
                found = below(goal.key, row)
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
            key = Key(key.policy, key.table)
        return Proof(self.name(key), args, negated=True)

    def _folded(self, rule: Rule, row: Row, below: Below) -> list[Proof] | None:
        """An aggregate rests on every row of its group."""
        source = rule.goals[0].key
        assert source is not None
        table = self.model.table(source)
        if row not in fold.rows(rule, table, fold.members(rule, table, row)):
            return None
        found: list[Proof] = []
        for member in in_order(fold.members(rule, table, row)):
            for inner in self.model.rules.get(source, ()):
                found += self._derived(inner, to_row(member), below) or []
        return found or None


class Heights:
    """In how many rounds a recursion comes to each row that another may rest on."""

    def __init__(self, model: Model, group: tuple[Key, ...]) -> None:
        self.model = model
        self.group = frozenset(group)
        self.ways = 0

    def of(self, key: Key, row: Row) -> dict[Spot, int] | None:
        """The heights of a row and of those below it, or None when there are too many ways."""
        uses: dict[Spot, list[tuple[Spot, list[Spot]]]] = {}
        layer: list[Spot] = []
        seen = {(key, row)}
        work = [(key, row)]
        while work:
            spot = work.pop()
            if spot[0] in self.model.base and spot[1] in self.model.base[spot[0]].rows:
                layer.append(spot)
                continue
            for needs in self._ways(*spot):
                self.ways += 1
                if self.ways > MOST_WAYS:
                    return None
                if not needs:
                    layer.append(spot)
                for other in needs:
                    uses.setdefault(other, []).append((spot, needs))
                    if other not in seen:
                        seen.add(other)
                        work.append(other)
        return self._rounds(layer, uses)

    def _rounds(self, layer: list[Spot], uses: dict[Spot, list[tuple[Spot, list[Spot]]]]) -> dict[Spot, int]:
        heights: dict[Spot, int] = {}
        height = 1
        while layer:
            fresh = [spot for spot in dict.fromkeys(layer) if spot not in heights]
            heights.update(dict.fromkeys(fresh, height))
            reached = [use for spot in fresh for use in uses.get(spot, ())]
            layer = [head for head, needs in reached if head not in heights and all(n in heights for n in needs)]
            height += 1
        return heights

    def _ways(self, key: Key, row: Row) -> Iterator[list[Spot]]:
        """The rows of the recursion that each derivation of a row needs."""
        for rule in self.model.rules.get(key, ()):
            self.model.ensure(goal.key for goal in rule.goals if goal.key)
            inner = [goal for goal in rule.goals if goal.key in self.group]
            for binding in self.model.program(rule, "given")(row):
                found: list[list[Spot]] = [[]]
                for goal in inner:
                    found = [[*each, spot] for each in found for spot in self._spots(goal, binding)]
                yield from found

    def _spots(self, goal: Goal, binding: tuple[Value, ...]) -> list[Spot]:
        assert goal.key is not None
        values = [t.value if isinstance(t, Const) else binding[t] for t in goal.terms]
        wanted = {place: value for place, value in enumerate(values) if value is not None}
        return [(goal.key, row) for row in self.model.table(goal.key).match(wanted) if len(row) == len(values)]


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
