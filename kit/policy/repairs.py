"""The smallest sets of facts to add or remove so that a row appears or disappears.

A row disappears when every proof of it loses a leaf; a row appears when the literals that a rule lacks
are made to hold. Each set is tried on the live tables, and taken back, before it is given.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, islice
from typing import Any

from kit.policy import derivation
from kit.policy.core import Const, Goal, Key, Rule, write_fact
from kit.policy.ledger import Ledger
from kit.policy.missing import Binding, Missing, bound_terms
from kit.policy.model import Model
from kit.policy.policies import Policies
from kit.policy.proof import Anything, Proof
from kit.policy.query import Query
from kit.policy.tree import code, label, node, tree
from kit.policy.values import Row, Value, plain, row_key, show

Flip = tuple[str, Key, Row]
"""`+` or `-`, a table, a row."""
Flips = frozenset[Flip]

MOST_TRIED = 2_000
MOST_GIVEN = 10
MOST_WAYS = 200
ANY = "<any>"
"""The value of a column that nothing asks for, in a row that is to be added."""


@dataclass(frozen=True)
class Repair:
    """Facts to add and to remove.

    Attributes
    ----------
    add, remove : tuple of str
        Facts as the language writes them; columns that may be anything are left out.
    sequence : str
        The same as the sequence of a simulation, with `"<any>"` for those columns.
    """

    add: tuple[str, ...]
    remove: tuple[str, ...]
    sequence: str

    def __len__(self) -> int:
        return len(self.add) + len(self.remove)

    def __str__(self) -> str:
        return "; ".join([*(f"add {fact}" for fact in self.add), *(f"remove {fact}" for fact in self.remove)])

    def to_dict(self) -> dict[str, Any]:
        """The repair as plain data."""
        return {"add": list(self.add), "remove": list(self.remove), "sequence": self.sequence}


class Repairs(Sequence[Repair]):
    """The smallest repairs, all of one size; none when there is none within the bounds."""

    def __init__(self, goal: str, found: list[Repair]) -> None:
        self.goal = goal
        self.list = found

    def __getitem__(self, place: Any) -> Any:
        return self.list[place]

    def __len__(self) -> int:
        return len(self.list)

    def to_dict(self) -> dict[str, Any]:
        """All repairs as plain data."""
        return {"goal": self.goal, "repairs": [repair.to_dict() for repair in self.list]}

    def __repr__(self) -> str:
        if not self.list:
            return f"no small change makes it so that {self.goal}"
        return "\n".join([f"so that {self.goal}, one of:", *(f"  {repair}" for repair in self.list)])

    def _repr_html_(self) -> str:
        if not self.list:
            return f"<p>{label('none', 'warn')} {self!r}</p>"
        items = []
        for repair in self.list:
            adds = [node(f"{label('add', 'good')} {code(fact)}") for fact in repair.add]
            removes = [node(f"{label('remove', 'bad')} {code(fact)}") for fact in repair.remove]
            items.append(node(code(f"{len(repair)} change{'' if len(repair) == 1 else 's'}"), [*adds, *removes]))
        return tree(f"Repairs: {self.goal}", items)


def repairs(query: Query, *, most: int = 3) -> Repairs:
    """Find the smallest repairs: away with a row that holds, or in with one that does not.

    Parameters
    ----------
    query : Query
        The row; of several that fit, all have to go. Variables of a row that is missing may be anything.
    most : int
        The largest number of facts in a repair.
    """
    search = _Search(query.model, query.policies, query.home)
    holds = bool(query.found())
    goal = f"{query.atom} {'does not hold' if holds else 'holds'}"
    if not query.keys or query.goal is None:
        return Repairs(goal, [])
    key, width = query.keys[0], len(query.goal.terms)
    wanted = {place: term.value for place, term in enumerate(query.goal.terms) if isinstance(term, Const)}
    found = search.away(query, most) if holds else search.smallest(key, wanted, width, query, most)
    return Repairs(goal, [search.told(flips) for flips in found[:MOST_GIVEN]])


class _Search:
    def __init__(self, model: Model, policies: Policies, home: str) -> None:
        self.model = model
        self.policies = policies
        self.home = home
        self.missing = Missing(model, policies, home)

    # Telling

    def told(self, flips: Flips) -> Repair:
        ordered = sorted(flips, key=lambda flip: (flip[1], row_key(flip[2])))
        texts = {sign: [self._text(k, r) for s, k, r in ordered if s == sign] for sign in "+-"}
        steps = [self._step(sign, key, row) for sign in "-+" for s, key, row in ordered if s == sign]
        return Repair(tuple(texts["+"]), tuple(texts["-"]), " ".join(steps))

    def _text(self, key: Key, row: Row) -> str:
        return self.missing.text(key, {n: v for n, v in enumerate(row) if v != ANY}, range(len(row)))

    def _step(self, sign: str, key: Key, row: Row) -> str:
        name = key.table if key.policy == self.home else f"{key.policy}:{key.table}"
        return f"{name}{sign}({', '.join(map(show, plain(row)))})"

    # Trying

    def _apply(self, ledger: Ledger, flips: Iterable[Flip]) -> None:
        changes: dict[Key, tuple[set[Row], set[Row]]] = {}
        for sign, key, row in flips:
            changes.setdefault(key, (set(), set()))[sign == "+"].add(row)
        ledger.facts(changes)

    def _holds_after(self, query: Query, flips: Flips) -> bool:
        ledger = Ledger(self.model)
        try:
            self._apply(ledger, flips)
            return bool(query.found())
        finally:
            ledger.undo()

    # Away

    def away(self, query: Query, most: int) -> list[Flips]:
        """Sets of flips after which nothing answers: each proof that is left asks for one more flip."""
        layer: list[Flips] = [frozenset()]
        seen: set[Flips] = {frozenset()}
        for _ in range(most + 1):
            done: list[Flips] = []
            following: dict[Flips, None] = {}
            for flips in layer:
                proof = self._proof_after(query, flips)
                if proof is None:
                    done.append(flips)
                    continue
                for more in self._breaks(proof, flips, most - len(flips)):
                    if more not in seen and len(seen) < MOST_TRIED:
                        seen.add(more)
                        following[more] = None
            if done:
                least = min(map(len, done))
                return sorted((f for f in done if len(f) == least), key=self._order)
            layer = sorted(following, key=lambda flips: (len(flips), self._order(flips)))
        return []

    def _order(self, flips: Flips) -> list[tuple[object, ...]]:
        return sorted((key, row_key(row), sign) for sign, key, row in flips)

    def _proof_after(self, query: Query, flips: Flips) -> Proof | None:
        ledger = Ledger(self.model)
        try:
            self._apply(ledger, flips)
            rows = query.found()
            if not rows:
                return None
            return derivation.find(self.model, self.policies, query.keys[0], min(rows, key=row_key), self.home)
        finally:
            ledger.undo()

    def _breaks(self, proof: Proof, flips: Flips, left: int) -> Iterator[Flips]:
        """The flip sets that take one leaf from a proof."""
        if left <= 0:
            return
        for leaf in proof.leaves():
            if leaf.builtin:
                continue
            key = self._key(leaf)
            if not leaf.negated:
                if ("+", key, leaf.args) not in flips:
                    yield flips | {("-", key, leaf.args)}
            elif key not in self.model.rules:
                row = tuple(ANY if isinstance(value, Anything) else value for value in leaf.args)
                if ("-", key, row) not in flips:
                    yield flips | {("+", key, row)}
            else:
                wanted = {n: v for n, v in enumerate(leaf.args) if not isinstance(v, Anything)}
                for more in islice(self.appear(key, wanted, len(leaf.args), left, ()), MOST_WAYS):
                    yield flips | more

    def _key(self, leaf: Proof) -> Key:
        policy, colon, table = leaf.table.partition(":")
        return Key(policy, table) if colon else Key(self.home, leaf.table)

    # In

    def smallest(self, key: Key, wanted: dict[int, Value], width: int, query: Query, most: int) -> list[Flips]:
        """Sets of flips after which something answers, of the least size."""
        for size in range(1, most + 1):
            found = []
            for flips in islice(self.appear(key, wanted, width, size, ()), MOST_TRIED):
                if len(flips) == size and flips not in found and self._holds_after(query, flips):
                    found.append(flips)
            if found:
                return sorted(found, key=self._order)
        return []

    def appear(
        self, key: Key, wanted: dict[int, Value], width: int, size: int, path: tuple[object, ...]
    ) -> Iterator[Flips]:
        """Sets of at most `size` flips that may give a table a row with these values."""
        spot = (key, tuple(sorted(wanted.items())))
        if size <= 0 or spot in path or len(path) > 4:
            return
        if key not in self.model.rules:
            yield frozenset({("+", key, tuple(wanted.get(place, ANY) for place in range(width)))})
            return
        for rule in self.model.rules[key]:
            if not rule.folds and len(rule.terms) == width:
                yield from self._rule(rule, wanted, size, (*path, spot))

    def _rule(self, rule: Rule, wanted: dict[int, Value], size: int, path: tuple[object, ...]) -> Iterator[Flips]:
        """Suppose that some literals are made to hold, and the others hold already."""
        start: Binding = {}
        for place, value in wanted.items():
            term = rule.terms[place]
            if (term.value if isinstance(term, Const) else start.setdefault(term, value)) != value:
                return
        mendable = [goal for goal in rule.goals if goal.key is not None]
        for number in range(min(size, len(mendable)) + 1):
            for lacking in combinations(mendable, number):
                for way in islice(self._ways(rule, lacking, start), MOST_WAYS):
                    yield from self._made(list(lacking), way, size, path)

    def _ways(self, rule: Rule, lacking: tuple[Goal, ...], start: Binding) -> Iterator[Binding]:
        """The ways in which the other literals hold; values that only lacking literals give are chosen."""
        rest = [goal for goal in rule.goals if goal not in lacking]
        free = frozenset().union(*(goal.variables() for goal in lacking if not goal.negated))

        def go(waiting: list[Goal], way: Binding) -> Iterator[Binding]:
            ready = [goal for goal in waiting if goal.inputs() <= way.keys()]
            if not ready:
                yield from self._chosen(waiting, way, free)
                return
            tests = [goal for goal in ready if goal.key is None or goal.negated]
            joined = [goal for goal in ready if goal.variables() & way.keys()]
            goal = (tests or joined or ready)[0]
            for made in self.missing.solve(goal, way):
                yield from go([other for other in waiting if other is not goal], made)

        yield from go(rest, start)

    def _chosen(self, waiting: list[Goal], way: Binding, free: frozenset[int]) -> Iterator[Binding]:
        """Give the variables of tests that nothing binds the constants of those tests."""
        if not waiting:
            yield way
            return
        open_ = sorted({slot for goal in waiting for slot in goal.inputs() - way.keys() if slot in free})
        if not open_:
            return
        for value in _candidates(waiting, open_[0], way):
            made = {**way, open_[0]: value}
            ready = [goal for goal in waiting if goal.inputs() <= made.keys()]
            if all(next(self.missing.solve(goal, made), None) is not None for goal in ready):
                chosen = next(self._chosen([goal for goal in waiting if goal not in ready], made, free), None)
                if chosen is not None:
                    yield chosen
                    return

    def _made(self, lacking: list[Goal], way: Binding, size: int, path: tuple[object, ...]) -> Iterator[Flips]:
        if not lacking:
            yield frozenset()
            return
        goal, rest = lacking[0], lacking[1:]
        for mine in self._mend(goal, way, size - len(rest), path):
            for others in self._made(rest, way, size - len(mine), path):
                both = mine | others
                if not any((("-" if sign == "+" else "+"), key, row) in both for sign, key, row in both):
                    yield both

    def _mend(self, goal: Goal, way: Binding, size: int, path: tuple[object, ...]) -> Iterator[Flips]:
        """Make one literal hold: add a row, or remove those that are in the way."""
        assert goal.key is not None
        if not goal.negated:
            yield from self.appear(goal.key, bound_terms(goal, way), len(goal.terms), size, path)
            return
        key, wanted, width = self.missing.absent(goal, way)
        rows = [r for r in self.model.rows(key) if len(r) == width and all(r[n] == v for n, v in wanted.items())]
        if key not in self.model.rules:
            if 0 < len(rows) <= size:
                yield frozenset(("-", key, row) for row in rows)
            return
        if len(rows) == 1:
            atom = write_fact(key, plain(rows[0]), self.home)
            yield from self.away(Query(atom, self.policies, self.model, self.home), size)


def _candidates(goals: list[Goal], slot: int, way: Binding) -> list[Value]:
    """Values to try for a variable: those that its tests compare it with, and their neighbours."""
    found: list[Value] = []
    for goal in goals:
        if slot in goal.inputs():
            values = [term.value if isinstance(term, Const) else way.get(term) for term in goal.terms]
            found += [value for value in values if value is not None]
    near = [value + step for value in found if isinstance(value, int) for step in (-1, 1)]
    return [*dict.fromkeys([*found, *near]), ANY]
