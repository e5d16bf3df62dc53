"""The search behind why-not: the body of each rule is followed until nothing satisfies a literal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from heapq import nsmallest

from kit.policy import fold
from kit.policy.core import Const, Goal, Key, Rule, Slot
from kit.policy.derivation import Search, ask_builtin
from kit.policy.model import Model
from kit.policy.policies import Policies
from kit.policy.query import Query
from kit.policy.values import Row, Value, plain, row_key, show
from kit.policy.whynot import Gap, Near, WhyNot

Binding = dict[int, Value]
Wanted = dict[int, Value]
"""The columns of a table that are asked for."""

MOST_WAYS = 20_000
MOST_LOOKED = 5_000
SHOWN = 3
DEEPEST = 6


def explain(query: Query) -> WhyNot | None:
    """Say why nothing answers a query, or None when something does."""
    if query.found():
        return None
    search = Missing(query.model, query.policies, query.home)
    if not query.keys or query.goal is None:
        return WhyNot(str(query.atom), note="it is computed, not looked up" if query.goal else "the table is empty")
    wanted = {place: term.value for place, term in enumerate(query.goal.terms) if isinstance(term, Const)}
    return search.table(query.keys[0], wanted, len(query.goal.terms), ())


def bound_terms(goal: Goal, binding: Binding) -> Wanted:
    """The columns of a literal that have values."""
    return {
        place: term.value if isinstance(term, Const) else binding[term]
        for place, term in enumerate(goal.terms)
        if isinstance(term, Const) or term in binding
    }


class Missing:
    """Looks for what is missing; tables are computed, nothing is changed."""

    def __init__(self, model: Model, policies: Policies, home: str) -> None:
        self.model = model
        self.names = Search(model, policies, home)

    def table(self, key: Key, wanted: Wanted, width: int, path: tuple[tuple[Key, object], ...]) -> WhyNot:
        """Why a table has no row with these values."""
        self.model.ensure([key])
        found = WhyNot(self.text(key, wanted, range(width)))
        spot = (key, tuple(sorted(wanted.items())))
        rules = self.model.rules.get(key, ())
        if not rules:
            size = len(self.model.base[key]) if key in self.model.base else 0
            found.note = "" if size else "the table is empty"
            found.nearest = self.nearest(key, [wanted], range(width))
        elif spot in path or len(path) >= DEEPEST:
            found.note = "see above" if spot in path else "and so on"
        else:
            found.gaps = [self.rule(rule, wanted, (*path, spot)) for rule in rules]
        return found

    def text(self, key: Key, wanted: Wanted, places: Iterable[int], negated: bool = False) -> str:
        """An atom with the values there are: by name where columns are known, else `_` for the others."""
        columns = self.names.columns(key)
        if columns:
            parts = [f"{columns[n]}={show(plain((wanted[n],))[0])}" for n in places if n in wanted]
        else:
            parts = [show(plain((wanted[n],))[0]) if n in wanted else "_" for n in places]
        name = self.names.name(key if key.kind != "some" else Key(key.policy, key.table))
        return f"{'not ' if negated else ''}{name}({', '.join(parts)})"

    def rule(self, rule: Rule, wanted: Wanted, path: tuple[tuple[Key, object], ...]) -> Gap:
        """Why a rule gives no row with these values."""
        written = str(rule.statement)
        if rule.folds:
            return self._fold(rule, wanted, path)
        binding: Binding = {}
        for place, term in enumerate(rule.terms):
            if place in wanted and not _bind(term, wanted[place], binding):
                has = term.value if isinstance(term, Const) else binding[term]
                text = f"column {place} of the head is {show(has)}, not {show(wanted[place])}"
                return Gap(written, "head", str(rule.statement.head), [text])
        return self._body(rule, binding, path)

    def _body(self, rule: Rule, binding: Binding, path: tuple[tuple[Key, object], ...]) -> Gap:
        ways, more = [binding], False
        waiting = list(rule.goals)
        done: list[Goal] = []
        while waiting:
            goal = self._next(waiting, ways[0])
            waiting.remove(goal)
            following = []
            for way in ways:
                following += list(self.solve(goal, way))
                if len(following) > MOST_WAYS:
                    more = True
                    break
            if not following:
                gap = self._gap(rule, goal, ways, path)
                gap.holds = [self._written(rule, g, ways[0]) for g in done]
                gap.more = more
                return gap
            done.append(goal)
            ways = following
        return Gap(str(rule.statement), "head", str(rule.statement.head), more=more)

    def _next(self, waiting: list[Goal], way: Binding) -> Goal:
        """Tests as soon as they can be made, then what is joined to the values there are, else as written."""
        ready = [goal for goal in waiting if goal.inputs() <= way.keys()]
        tests = [goal for goal in ready if goal.key is None or goal.negated]
        joined = [goal for goal in ready if goal.variables() & way.keys()]
        return (tests or joined or ready or waiting)[0]

    def solve(self, goal: Goal, way: Binding) -> Iterator[Binding]:
        """The ways to satisfy a literal, each with the variables that it binds."""
        if goal.key is None and goal.builtin is None:
            if goal.truth is not goal.negated:
                yield way
        elif goal.builtin is not None:
            yield from self._computed(goal, way)
        else:
            assert goal.key is not None
            rows = self._matching(goal.key, bound_terms(goal, way), len(goal.terms))
            if goal.negated:
                if not rows:
                    yield way
                return
            for row in rows:
                made = dict(way)
                if all(_bind(term, row[place], made) for place, term in enumerate(goal.terms)):
                    yield made

    def _matching(self, key: Key, wanted: Wanted, width: int) -> list[Row]:
        self.model.ensure([key])
        if key not in self.model.derived and key not in self.model.base:
            return []
        return [row for row in self.model.table(key).match(wanted) if len(row) == width]

    def _computed(self, goal: Goal, way: Binding) -> Iterator[Binding]:
        terms = tuple(Const(way[t]) if isinstance(t, int) and t in way else t for t in goal.terms)
        assert goal.builtin is not None
        if goal.builtin.volatile:
            rows: set[Row] = {(self.model.now(),)}
        else:
            rows = ask_builtin(Goal(terms, builtin=goal.builtin))
        if goal.negated:
            if not rows:
                yield way
            return
        for row in rows:
            made = dict(way)
            if all(_bind(term, row[place], made) for place, term in enumerate(goal.terms)):
                yield made

    def _written(self, rule: Rule, goal: Goal, way: Binding) -> str:
        if goal.key is None:
            name = goal.builtin.name if goal.builtin else ("true" if goal.truth else "false")
            parts = [show(plain((v.value if isinstance(v, Const) else way[v],))[0])
                     if isinstance(v, Const) or v in way else "_" for v in goal.terms]  # fmt: skip
            return f"{'not ' if goal.negated else ''}{name}({', '.join(parts)})"
        places = self._said(rule, goal) if self.names.columns(goal.key) else range(len(goal.terms))
        return self.text(goal.key, bound_terms(goal, way), places, goal.negated)

    @staticmethod
    def _said(rule: Rule, goal: Goal) -> list[int]:
        """The columns that a rule speaks of."""
        return [n for n, term in enumerate(goal.terms) if isinstance(term, Const) or rule.names[term]]

    def _gap(self, rule: Rule, goal: Goal, ways: list[Binding], path: tuple[tuple[Key, object], ...]) -> Gap:
        literal = rule.statement.literals[goal.index]
        texts = list(dict.fromkeys(self._written(rule, goal, way) for way in ways[: SHOWN * 10]))[:SHOWN]
        kind = "test" if goal.key is None else "present" if goal.negated else "no-row"
        gap = Gap(str(rule.statement), kind, str(literal), texts)
        if kind == "present":
            gap.wanted = self._present(goal, ways[0])
        elif goal.key is not None and goal.key in self.model.rules:
            gap.below = self.table(goal.key, bound_terms(goal, ways[0]), len(goal.terms), path)
        elif goal.key is not None:
            asked = [bound_terms(goal, way) for way in ways[:SHOWN]]
            gap.nearest = self.nearest(goal.key, asked, self._said(rule, goal))
        return gap

    def _present(self, goal: Goal, way: Binding) -> list[str]:
        """The rows that are there and must not be."""
        key, wanted, width = self.absent(goal, way)
        rows = sorted(self._matching(key, wanted, width), key=row_key)
        return [self.text(key, dict(enumerate(row)), range(width)) for row in rows[:SHOWN]]

    def absent(self, goal: Goal, way: Binding) -> tuple[Key, Wanted, int]:
        """The table whose rows a negated literal forbids, the columns that count, and its width."""
        key, wanted = goal.key, bound_terms(goal, way)
        assert key is not None
        if key.kind != "some":
            return key, wanted, len(goal.terms)
        width, _, kept = key.mark.partition(":")
        places = [int(place) for place in kept.split(",") if place]
        return Key(key.policy, key.table), {places[n]: value for n, value in wanted.items()}, int(width)

    def nearest(self, key: Key, asked: list[Wanted], said: Iterable[int]) -> list[Near]:
        """The rows that differ from what is wanted in the fewest columns."""
        said = list(said)
        if key not in self.model.base and key not in self.model.derived:
            return []
        table = self.model.table(key)
        found: dict[Row, tuple[int, Wanted]] = {}
        for wanted in asked:
            near: list[Row] = []
            for column in wanted:
                rest = {place: value for place, value in wanted.items() if place != column}
                if rest:
                    near += list(table.match(rest))[:SHOWN]
            pool = near or list(table.rows)[:MOST_LOOKED]
            for row in pool:
                wrong = sum(place >= len(row) or row[place] != value for place, value in wanted.items())
                if wrong < len(wanted) or len(wanted) == 1:
                    known = found.get(row)
                    if known is None or wrong < known[0]:
                        found[row] = (wrong, wanted)
        best = nsmallest(SHOWN, found, key=lambda row: (found[row][0], row_key(row)))
        least = found[best[0]][0] if best else 0
        return [self._near(key, row, found[row][1], said) for row in best if found[row][0] <= least + 1]

    def _near(self, key: Key, row: Row, wanted: Wanted, said: list[int]) -> Near:
        columns = self.names.columns(key)
        differs = tuple(
            (columns[n] if columns else f"column {n}", *plain((row[n], value)))
            for n, value in sorted(wanted.items())
            if n < len(row) and row[n] != value
        )
        shown = [n for n in said if n < len(row)]
        return Near(self.text(key, dict(enumerate(row)), shown), differs)  # type: ignore[arg-type]

    def _fold(self, rule: Rule, wanted: Wanted, path: tuple[tuple[Key, object], ...]) -> Gap:
        """An aggregate gives another value for the group, or has no such group."""
        source = rule.goals[0].key
        assert source is not None
        groups = {n: wanted[n] for n, t in enumerate(rule.folds) if n in wanted and isinstance(t, int)}
        inner = self.model.rules[source][0]
        members = {t: wanted[n] for n, t in enumerate(rule.folds) if n in groups and isinstance(t, int)}
        self.model.ensure([source])
        table = self.model.table(source)
        rows = list(table.match(members))
        if rows:
            made = [row for row in fold.rows(rule, table, rows) if all(row[n] == v for n, v in groups.items())]
            texts = [self.text(rule.head, dict(enumerate(row)), range(len(row))) for row in made[:SHOWN]]
            return Gap(str(rule.statement), "head", str(rule.statement.head), [f"the group gives {t}" for t in texts])
        return self.rule(inner, members, path)


def _bind(term: Slot, value: Value, binding: Binding) -> bool:
    """Give a term a value, unless it has another."""
    if isinstance(term, Const):
        return term.value == value
    return binding.setdefault(term, value) == value
