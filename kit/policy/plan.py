"""The order of a join: by what is bound and how many rows that leaves, not by the order of the body."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kit.policy.core import Const, Goal, Key
from kit.policy.table import Table

Lookup = Callable[[Key], Table]

MOST_STARTS = 12


def fanout(goal: Goal, bound: frozenset[int], lookup: Lookup) -> float:
    """Guess how many rows of a goal's table match one binding."""
    assert goal.key is not None
    table = lookup(goal.key)
    rows = float(len(table))
    seen: set[int] = set()
    for column, term in enumerate(goal.terms):
        if isinstance(term, Const) or term in bound or term in seen:
            rows /= table.distinct(column)
        elif isinstance(term, int):
            seen.add(term)
    return rows


def _rank(goal: Goal, bound: frozenset[int], lookup: Lookup) -> tuple[object, ...]:
    known = tuple(column for column, t in enumerate(goal.terms) if isinstance(t, Const) or t in bound)
    return (fanout(goal, bound, lookup), -len(known), goal.key, known, goal.index)


def order(goals: Sequence[Goal], bound: frozenset[int], lookup: Lookup) -> list[Goal]:
    """Put goals into the order in which to run them.

    Parameters
    ----------
    goals : sequence of Goal
        All goals of a body that are still to be run.
    bound : frozenset of int
        Variables that have values already.
    lookup : callable
        Gives the table of a key.

    Returns
    -------
    list of Goal
        Tests, builtins and negations stand as early as their inputs allow.
    """
    reads = [goal for goal in goals if goal.key and not goal.negated]
    others = [goal for goal in goals if not goal.key or goal.negated]
    if bound or not 1 < len(reads) <= MOST_STARTS:
        return _greedy(reads, others, bound, lookup, None)[0]
    starts = sorted(reads, key=lambda goal: _rank(goal, bound, lookup))
    plans = [_greedy(reads, others, bound, lookup, start) for start in starts]
    return min(plans, key=lambda plan: plan[1])[0]


def _greedy(
    reads: list[Goal], others: list[Goal], bound: frozenset[int], lookup: Lookup, start: Goal | None
) -> tuple[list[Goal], float]:
    left, waiting = list(reads), list(others)
    done: list[Goal] = []
    cost = rows = 1.0
    while True:
        bound = _release(waiting, done, bound)
        if not left:
            return [*done, *waiting], cost
        goal = start or min(left, key=lambda each: _rank(each, bound, lookup))
        start = None
        rows *= fanout(goal, bound, lookup)
        cost += rows
        left.remove(goal)
        done.append(goal)
        bound |= goal.variables()


def _release(waiting: list[Goal], done: list[Goal], bound: frozenset[int]) -> frozenset[int]:
    """Move goals whose inputs are bound from `waiting` to `done`."""
    progress = True
    while progress:
        progress = False
        for goal in list(waiting):
            if goal.inputs() <= bound:
                bound |= goal.variables()
                waiting.remove(goal)
                done.append(goal)
                progress = True
    return bound
