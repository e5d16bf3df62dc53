"""Tables that are defined by each other: computed in rounds, changed by deleting and deriving again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kit.policy.core import Key
from kit.policy.errors import EndlessRecursion
from kit.policy.values import Row

if TYPE_CHECKING:
    from kit.policy.change import Counts, Delta
    from kit.policy.model import Model

MOST_INVENTED = 100_000
"""Rows that a recursion which makes new values may reach before it is taken for endless."""


def invents(model: Model, group: tuple[Key, ...]) -> bool:
    """Whether a recursion computes values, so that it may never end."""
    return any(
        goal.builtin and goal.builtin.outputs for key in group for rule in model.rules[key] for goal in rule.goals
    )


def compute(model: Model, group: tuple[Key, ...]) -> None:
    """Compute a group from nothing, each round from the rows that the one before found."""
    for key in group:
        model.derived[key].clear()
    fresh: dict[Key, Counts] = {}
    for key in group:
        counts: Counts = dict.fromkeys(model.base[key].rows, 1) if key in model.base else {}
        for rule in model.rules[key]:
            model.program(rule, "every")(counts, 1)
        fresh[key] = counts
    try:
        _rounds(model, group, fresh, {key: set() for key in group})
    except EndlessRecursion:
        for key in group:
            model.derived[key].clear()
        raise


def _rounds(model: Model, group: tuple[Key, ...], fresh: dict[Key, Counts], added: dict[Key, set[Row]]) -> None:
    """Add rows and all that follows from them; what was added is noted in `added`."""
    members = set(group)
    endless = invents(model, group)
    while True:
        come: dict[Key, set[Row]] = {}
        for key, counts in fresh.items():
            table = model.derived[key]
            new = {row for row in counts if row not in table.rows}
            for row in new:
                table.add(row)
            if new:
                come[key] = new
                added[key] |= new
        if not come:
            return
        if endless and any(len(model.derived[key]) > MOST_INVENTED for key in come):
            names = ", ".join(f"`{key}`" for key in group)
            raise EndlessRecursion(
                f"The recursion through {names} makes new values without end.",
                todo="Bound the value that it computes, for example with `lt`.",
            )
        fresh = {}
        for key, rows in come.items():
            for rule, place in model.readers.get(key, ()):
                if rule.head in members:
                    out = fresh.setdefault(rule.head, {})
                    model.program(rule, "change", place)(rows, rows, out, 1)


def update(
    model: Model, group: tuple[Key, ...], lost: dict[Key, Counts], gained: dict[Key, Counts]
) -> dict[Key, Delta]:
    """Work out how a group changes; the tables are left as they were.

    Parameters
    ----------
    model : Model
        Where the tables below the group have changed already.
    group : tuple of Key
        Tables defined by each other.
    lost, gained : dict
        Rows that lost or gained a derivation through the tables below.

    Returns
    -------
    dict
        Table to rows gone and rows come.
    """
    deleted = _overdeleted(model, group, lost)
    for key, rows in deleted.items():
        table = model.derived[key]
        for row in rows:
            table.discard(row)
    again: dict[Key, Counts] = {}
    for key in group:
        candidates = [*deleted[key], *(row for row in gained.get(key, ()) if row not in deleted[key])]
        again[key] = {row: 1 for row in candidates if derivable(model, key, row)}
    added: dict[Key, set[Row]] = {key: set() for key in group}
    result = {}
    try:
        _rounds(model, group, again, added)
    finally:
        for key in group:
            table = model.derived[key]
            minus, plus = deleted[key] - added[key], added[key] - deleted[key]
            for row in plus:
                table.discard(row)
            for row in minus:
                table.add(row)
            result[key] = (minus, plus)
    return result


def _overdeleted(model: Model, group: tuple[Key, ...], lost: dict[Key, Counts]) -> dict[Key, set[Row]]:
    """Find all rows that rest, maybe only in part, on rows that lost a derivation."""
    members = set(group)
    deleted: dict[Key, set[Row]] = {key: set() for key in group}
    wave = {key: {row for row in rows if row in model.derived[key].rows} for key, rows in lost.items()}
    while any(wave.values()):
        following: dict[Key, set[Row]] = {}
        for key, rows in wave.items():
            deleted[key] |= rows
        for key, rows in wave.items():
            for rule, place in model.readers.get(key, ()):
                if rows and rule.head in members:
                    out: Counts = {}
                    model.program(rule, "change", place)(rows, rows, out, 1)
                    known = model.derived[rule.head].rows
                    following.setdefault(rule.head, set()).update(
                        row for row in out if row in known and row not in deleted[rule.head]
                    )
        wave = following
    return deleted


def derivable(model: Model, key: Key, row: Row) -> bool:
    """Whether a row is stated or some rule gives it from the rows there are."""
    if key in model.base and row in model.base[key].rows:
        return True
    return any(next(iter(model.program(rule, "given")(row)), None) is not None for rule in model.rules[key])
