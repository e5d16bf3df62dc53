"""The rows of all tables, computed when asked for and kept up to date after.

Base rows are given; derived rows are counted: a row is there while some derivation supports it. A
change goes through one table at a time, in the order of the rules, and costs what it touches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from kit.policy import fold, recursion
from kit.policy.change import Change, Counts, Delta
from kit.policy.codegen import Fresh, Writer
from kit.policy.core import Key, Rule
from kit.policy.graph import components, downstream
from kit.policy.quiet import no_collection
from kit.policy.table import Table
from kit.policy.values import Row, Value


class Model:
    """Tables, rules and the programs made of them.

    Parameters
    ----------
    now : callable
        Answers the builtin `now`; the answer is kept until `tick`.
    outside : callable, optional
        Gives tables that are kept elsewhere, or None.
    fresh : callable, optional
        Makes the values of head variables that a body does not bind; without it such rules give no rows.
    """

    def __init__(
        self,
        now: Callable[[], Value],
        outside: Callable[[Key], Table | None] | None = None,
        fresh: Fresh | None = None,
    ) -> None:
        self.base: dict[Key, Table] = {}
        self.derived: dict[Key, Table] = {}
        self.rules: dict[Key, list[Rule]] = {}
        self.readers: dict[Key, dict[tuple[Rule, int], None]] = {}
        self.ready: set[Key] = set()
        self.gone: dict[Key, dict[Row, int]] = {}
        self.watched: set[Key] = set()
        self.net: dict[Key, Counts] = {}
        self.version = 0
        self._outside = outside
        self._fresh = fresh
        self._clock = now
        self._moment: Value = ""
        self._programs: dict[Rule, dict[tuple[str, int], tuple[tuple[int, ...], Callable[..., Any]]]] = {}
        self._rank: dict[Key, int] | None = None
        self._groups: dict[Key, tuple[Key, ...]] = {}
        self.volatile: set[Key] = set()

    def table(self, key: Key) -> Table:
        """Give the table of a key, empty when there is none."""
        found = self.derived.get(key)
        if found is None:
            found = self.base.get(key)
        if found is None and self._outside:
            found = self._outside(key)
        if found is None:
            found = self.base[key] = Table()
        return found

    def change_rules(self, remove: Iterable[Rule] = (), add: Iterable[Rule] = ()) -> None:
        """Take rules out and put rules in; what depends on them is computed anew when next asked for."""
        self.version += 1
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

    def note(self, key: Key, minus: Iterable[Row], plus: Iterable[Row]) -> None:
        """Keep what a watched table lost and gained; a row that comes and goes counts for nothing."""
        net = self.net.setdefault(key, {})
        for rows, sign in ((minus, -1), (plus, 1)):
            for row in rows:
                count = net.pop(row, 0) + sign
                if count:
                    net[row] = count

    def _settle(self, key: Key) -> None:
        """Compare a watched table that was computed anew with what it was before."""
        if key in self.gone:
            old, new = self.gone.pop(key), self.table(key).rows
            self.note(key, [row for row in old if row not in new], [row for row in new if row not in old])

    def watch(self, key: Key) -> None:
        """Follow a table from now on: `changes` tells what it lost and gained."""
        if key not in self.watched:
            self.ensure([key])
            self.watched.add(key)

    def changes(self) -> dict[Key, Delta]:
        """Give what watched tables lost and gained since this was last asked, and forget it."""
        self.settle(self.watched)
        net, self.net = self.net, {}
        return {
            key: ({row for row, n in counts.items() if n < 0}, {row for row, n in counts.items() if n > 0})
            for key, counts in net.items()
            if counts
        }

    def settle(self, keys: Iterable[Key]) -> None:
        """Bring what is noted of watched tables up to date."""
        self.ensure(keys)
        for key in [key for key in self.gone if key not in self.rules]:
            self._settle(key)

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
        if key not in self.derived and key not in self.base and not self._outside:
            return {}  # to look at a table does not make it
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
        if needed:
            with no_collection():
                self._compute(sorted(needed, key=ranks.__getitem__))

    def _compute(self, keys: list[Key]) -> None:
        for key in keys:
            if key in self.ready:
                continue
            group = self._groups.get(key)
            if group:
                recursion.compute(self, group)
                self.ready.update(group)
                for each in group:
                    self._settle(each)
            else:
                self.derived[key].fill(self._computed(key))
                self.ready.add(key)
                self._settle(key)

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
        tables = [self.table(goal.key) for goal in rule.goals if goal.key]
        sizes = tuple([(len(table.rows).bit_length() >> 2) * 64 + table.width for table in tables])
        programs = self._programs.setdefault(rule, {})
        known = programs.get((shape, start))
        if known and known[0] == sizes:
            return known[1]
        made = getattr(Writer(rule, self.table, self.now, start, self._fresh), shape)()
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
            What really changed: base table to rows gone and rows come.

        Raises
        ------
        EndlessRecursion
            Nothing is changed then.
        """
        return Change(self).run(changes)

    def give_up(self, changes: Mapping[Key, Delta]) -> None:
        """Take a change of base rows back that could not be brought through."""
        for key, (minus, plus) in changes.items():
            table = self.table_base(key)
            for row in plus:
                table.discard(row)
            for row in minus:
                table.add(row)
            if key in self.watched and key not in self.rules:
                self.note(key, plus, minus)
        self.forget(downstream(changes, self._heads_reading))
