"""One change on its way through the tables: each table is changed once, after all it is defined from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from kit.policy import fold, recursion
from kit.policy.core import Key, Rule
from kit.policy.table import Table
from kit.policy.values import Row

if TYPE_CHECKING:
    from kit.policy.model import Model

Counts = dict[Row, int]
Delta = tuple[set[Row], set[Row]]
"""Rows gone and rows come."""


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
        try:
            self._run(changes)
        except BaseException:
            self.model.give_up(self.effect)
            raise
        return self.effect

    def _run(self, changes: Mapping[Key, Delta]) -> None:
        model = self.model
        ranks = model.ranks()
        for key, (gone, come) in changes.items():
            table = model.table_base(key)
            minus = {row for row in gone if row in table.rows and row not in come}
            plus = {row for row in come if row not in table.rows}
            self.effect[key] = (minus, plus)
            if key in model.rules:
                self._base_of_derived(key, table, minus, plus)
            else:
                self.move(key, table, minus, plus)
        while True:
            waiting = self.pending.keys() | self.lost.keys() | self.gained.keys()
            if not waiting:
                return
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
        minus: set[Row] = set()
        plus: dict[Row, int] = {}
        for row, more in self.pending.pop(key).items():
            before = table.rows.get(row, 0)
            if before == 0 and more > 0:
                plus[row] = more
                continue
            if before + more <= 0:
                if before:
                    minus.add(row)
                continue
            table.rows[row] = before + more
        self.move(key, table, minus, set(plus), plus)

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
        if key in model.watched:
            model.note(key, minus, plus)
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
