"""The rows of all tables, computed when asked for and kept up to date after.

Base rows are given; derived rows are counted: a row is there while some derivation supports it. A
change goes through one table at a time, in the order of the rules, and costs what it touches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from kit.policy import fold, recursion
from kit.policy.codegen import Writer
from kit.policy.core import Key, Rule
from kit.policy.graph import components, downstream
from kit.policy.table import Table
from kit.policy.values import Row, Value

Counts = dict[Row, int]
Delta = tuple[set[Row], set[Row]]
"""Rows gone and rows come."""


class Model:
    """Tables, rules and the programs made of them.

    Parameters
    ----------
    now : callable
        Answers the builtin `now`; the answer is kept until `tick`.
    outside : callable, optional
        Gives tables that are kept elsewhere, or None.
    """

    def __init__(self, now: Callable[[], Value], outside: Callable[[Key], Table | None] | None = None) -> None:
        self.base: dict[Key, Table] = {}
        self.derived: dict[Key, Table] = {}
        self.rules: dict[Key, list[Rule]] = {}
        self.readers: dict[Key, dict[tuple[Rule, int], None]] = {}
        self.ready: set[Key] = set()
        self.gone: dict[Key, dict[Row, int]] = {}
        self.watched: set[Key] = set()
        self._outside = outside
        self._clock = now
        self._moment: Value = ""
        self._programs: dict[Rule, dict[tuple[str, int], tuple[tuple[int, ...], Callable[..., Any]]]] = {}
        self._rank: dict[Key, int] | None = None
        self._groups: dict[Key, tuple[Key, ...]] = {}
        self.volatile: set[Key] = set()

    def table(self, key: Key) -> Table:
        """Give the table of a key, empty when there is none."""
        found = self.derived.get(key) or self.base.get(key)
        if found is None and self._outside:
            found = self._outside(key)
        if found is None:
            found = self.derived.get(key)
            if found is None:
                found = self.base.setdefault(key, Table())
        return found

    def change_rules(self, remove: Iterable[Rule] = (), add: Iterable[Rule] = ()) -> None:
        """Take rules out and put rules in; what depends on them is computed anew when next asked for."""
        heads: set[Key] = set()
        remove, add = list(remove), list(add)
        for rule in [*remove, *add]:
            heads.add(rule.head)
        stale = downstream(heads, self._heads_reading)
        for rule in remove:
            self.rules[rule.head].remove(rule)
            self._programs.pop(rule, None)
            for place, goal in enumerate(rule.goals):
                if goal.key:
                    del self.readers[goal.key][rule, place]
            if not self.rules[rule.head]:
                del self.rules[rule.head]
        for rule in add:
            self.rules.setdefault(rule.head, []).append(rule)
            for place, goal in enumerate(rule.goals):
                if goal.key:
                    self.readers.setdefault(goal.key, {})[rule, place] = None
        for head in heads:
            if (head in self.rules) != (head in self.derived):
                self._turn(head)
        self._rank = None
        self.forget(stale | downstream(heads, self._heads_reading))

    def _turn(self, key: Key) -> None:
        """Make a base table a derived one or back; programs that read it hold the wrong rows."""
        if key in self.derived:
            self._remember(key)
            self.ready.discard(key)
            del self.derived[key]
        else:
            self.derived[key] = Table()
            if key in self.watched:
                self.gone.setdefault(key, dict(self.table_base(key).rows))
        for rule, _ in self.readers.get(key, ()):
            self._programs.pop(rule, None)

    def table_base(self, key: Key) -> Table:
        """Give the table of the rows that are stated, not derived."""
        return self.base.setdefault(key, Table())

    def _heads_reading(self, key: Key) -> Iterable[Key]:
        return [rule.head for rule, _ in self.readers.get(key, ())]

    def _remember(self, key: Key) -> None:
        if key in self.watched and key in self.ready:
            self.gone.setdefault(key, dict(self.derived[key].rows))

    def forget(self, keys: Iterable[Key]) -> None:
        """Drop derived rows, to be computed anew when next asked for."""
        for key in keys:
            if key in self.ready:
                self._remember(key)
                self.ready.discard(key)
                self.derived[key].clear()

    def tick(self) -> None:
        """Look at the clock: tables that ask `now` are computed anew when it has moved."""
        self.ranks()
        if self.volatile:
            moment = self._clock()
            if moment != self._moment:
                self._moment = moment
                self.forget(self.volatile)

    def now(self) -> Value:
        """The moment that `now` gives."""
        return self._moment

    def ranks(self) -> dict[Key, int]:
        """Give the place of every derived table in the order of computation."""
        if self._rank is None:
            groups = components(list(self.rules), self._below)
            self._rank = {key: number for number, group in enumerate(groups) for key in group}
            self._groups = {}
            for group in groups:
                if len(group) > 1 or group[0] in self._below(group[0]):
                    for key in group:
                        self._groups[key] = tuple(group)
            asking = {rule.head for rules in self.rules.values() for rule in rules if rule.volatile}
            self.volatile = downstream(asking, self._heads_reading)
        return self._rank

    def _below(self, key: Key) -> list[Key]:
        return [
            goal.key for rule in self.rules.get(key, ()) for goal in rule.goals if goal.key in self.rules and goal.key
        ]

    def group(self, key: Key) -> tuple[Key, ...]:
        """The tables that a recursive table is computed together with, or nothing."""
        self.ranks()
        return self._groups.get(key, ())

    def rows(self, key: Key) -> dict[Row, int]:
        """Give the rows of a table, computed if need be."""
        self.ensure([key])
        return self.table(key).rows

    def ensure(self, keys: Iterable[Key]) -> None:
        """Compute tables, and first all that they are defined from."""
        ranks = self.ranks()
        needed: set[Key] = set()
        work = [key for key in keys if key in self.rules and key not in self.ready]
        while work:
            key = work.pop()
            if key in needed:
                continue
            needed.add(key)
            work += [below for below in self._below(key) if below not in self.ready]
        for key in sorted(needed, key=ranks.__getitem__):
            if key in self.ready:
                continue
            group = self._groups.get(key)
            if group:
                recursion.compute(self, group)
                self.ready.update(group)
            else:
                self.derived[key].fill(self._computed(key))
                self.ready.add(key)

    def _computed(self, key: Key) -> Counts:
        counts: Counts = dict.fromkeys(self.base[key].rows, 1) if key in self.base else {}
        for rule in self.rules[key]:
            if rule.folds:
                fold.every(rule, self.table(rule.goals[0].key), counts)  # type: ignore[arg-type]
            else:
                self.program(rule, "every")(counts, 1)
        return counts

    def program(self, rule: Rule, shape: str, start: int = -1) -> Callable[..., Any]:
        """Give the compiled program of a rule; it is made anew when its tables have grown much."""
        sizes = tuple([len(self.table(goal.key)).bit_length() >> 2 for goal in rule.goals if goal.key])
        programs = self._programs.setdefault(rule, {})
        known = programs.get((shape, start))
        if known and known[0] == sizes:
            return known[1]
        made = getattr(Writer(rule, self.table, self.now, start), shape)()
        programs[shape, start] = (sizes, made)
        return made

    def apply(self, changes: Mapping[Key, Delta]) -> dict[Key, Delta]:
        """Change base rows, and everything that is computed from them.

        Parameters
        ----------
        changes : mapping
            Table to rows gone and rows come.

        Returns
        -------
        dict
            What really changed: base tables and watched tables.
        """
        return Change(self).run(changes)


class Change:
    """One change on its way through the tables."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.pending: dict[Key, Counts] = {}
        self.lost: dict[Key, Counts] = {}
        self.gained: dict[Key, Counts] = {}
        self.effect: dict[Key, Delta] = {}

    def run(self, changes: Mapping[Key, Delta]) -> dict[Key, Delta]:
        """Bring a change of base rows through."""
        model = self.model
        ranks = model.ranks()
        for key, (gone, come) in changes.items():
            table = model.table_base(key)
            minus = {row for row in gone if row in table.rows and row not in come}
            plus = {row for row in come if row not in table.rows}
            if key in model.rules:
                self._base_of_derived(key, table, minus, plus)
            else:
                self.move(key, table, minus, plus)
            self.effect[key] = (minus, plus)
        while True:
            waiting = self.pending.keys() | self.lost.keys() | self.gained.keys()
            if not waiting:
                return self.effect
            key = min(waiting, key=ranks.__getitem__)
            group = model.group(key)
            if group:
                self._group(group)
            else:
                self._counted(key)

    def _base_of_derived(self, key: Key, table: Table, minus: set[Row], plus: set[Row]) -> None:
        for row in minus:
            table.discard(row)
        for row in plus:
            table.add(row)
        if key in self.model.ready:
            for rows, sign in ((minus, -1), (plus, 1)):
                out = self.out(key, sign)
                for row in rows:
                    out[row] = out.get(row, 0) + sign

    def out(self, head: Key, sign: int) -> Counts:
        """Where derivations of a table are counted until its turn comes."""
        if self.model.group(head):
            return (self.gained if sign > 0 else self.lost).setdefault(head, {})
        return self.pending.setdefault(head, {})

    def _counted(self, key: Key) -> None:
        table = self.model.derived[key]
        minus, plus = set(), set()
        for row, more in self.pending.pop(key).items():
            before = table.rows.get(row, 0)
            if before == 0 and more > 0:
                plus.add(row)
                continue
            if before + more <= 0:
                if before:
                    minus.add(row)
                continue
            table.rows[row] = before + more
        counts = dict.fromkeys(plus, 1)
        self.move(key, table, minus, plus, counts)

    def _group(self, group: tuple[Key, ...]) -> None:
        lost = {key: self.lost.pop(key) for key in group if key in self.lost}
        gained = {key: self.gained.pop(key) for key in group if key in self.gained}
        for key, (minus, plus) in recursion.update(self.model, group, lost, gained).items():
            self.move(key, self.model.derived[key], minus, plus)

    def move(
        self, key: Key, table: Table, minus: set[Row], plus: set[Row], counts: Mapping[Row, int] | None = None
    ) -> None:
        """Change the rows of one table and tell the rules that read it."""
        if not minus and not plus:
            return
        model = self.model
        if key in model.watched:
            self.effect[key] = (minus, plus)
        group = model.group(key)
        readers = [
            (rule, place)
            for rule, place in model.readers.get(key, ())
            if rule.head in model.ready and not (group and rule.head in group)
        ]
        folds = [rule for rule, _ in readers if rule.folds]
        before = [fold.rows(rule, table, minus | plus) for rule in folds]
        if minus:
            self._tell(readers, minus, -1)
            for row in minus:
                table.discard(row)
        if plus:
            for row in plus:
                table.add(row, counts[row] if counts else 1)
            self._tell(readers, plus, 1)
        for rule, old in zip(folds, before, strict=True):
            new = fold.rows(rule, table, minus | plus)
            for rows, sign in ((old, -1), (new, 1)):
                out = self.out(rule.head, sign)
                for row in rows:
                    out[row] = out.get(row, 0) + sign

    def _tell(self, readers: list[tuple[Rule, int]], rows: set[Row], sign: int) -> None:
        for rule, place in readers:
            if not rule.folds:
                effect = -sign if rule.goals[place].negated else sign
                program = self.model.program(rule, "change", place)
                program(rows, rows, self.out(rule.head, effect), effect)
