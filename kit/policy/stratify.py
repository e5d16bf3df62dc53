"""Recursion: allowed among recursive policies, never through a negation or an aggregate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kit.policy.core import Key, Rule
from kit.policy.errors import Recursive
from kit.policy.graph import components, cycle_through
from kit.policy.model import Model
from kit.policy.policies import Policies


def check(model: Model, policies: Policies, fresh: Iterable[Rule]) -> None:
    """Refuse new rules that close a cycle which may not be.

    Raises
    ------
    Recursive
        Its text prints the cycle.
    """
    for error in errors(model, policies, fresh):
        raise error


def errors(model: Model, policies: Policies, fresh: Iterable[Rule]) -> Iterator[Recursive]:
    """Find the cycles that new rules close and that may not be."""
    added = list(fresh)
    if not added:
        return

    def below(key: Key) -> list[Key]:
        return [
            goal.key for rule in model.rules.get(key, ()) for goal in rule.goals if goal.key in model.rules and goal.key
        ]

    heads = {rule.head: rule for rule in reversed(added)}
    for group in components(sorted(heads), below):
        inside = set(group)
        if len(group) == 1 and group[0] not in below(group[0]):
            continue
        through = _forbidden(model, inside)
        kinds = {policies[key.policy].kind for key in group if key.policy in policies}
        if through is None and kinds <= {"recursive"}:
            continue
        start = next((key for key in group if key in heads), group[0])
        cycle = cycle_through(start, inside, below)
        names = tuple(str(key) for key in cycle if key.kind != "some")
        rule = heads.get(start) or model.rules[start][0]
        what = f"Rules are recursive: {' -> '.join(names)}."
        todo = "Break the cycle, or put the rules into a policy of the kind `recursive`."
        if through is not None:
            what = f"Rules are recursive through {through}: {' -> '.join(names)}."
            todo = "A table cannot depend on its own absence or on a sum over itself; define it from others."
        yield Recursive(
            what, cycle=names, position=rule.statement.position, literal=str(rule.statement.head), todo=todo
        )


def _forbidden(model: Model, inside: set[Key]) -> str | None:
    """What a cycle goes through that makes its meaning undefined."""
    for key in inside:
        for rule in model.rules.get(key, ()):
            for goal in rule.goals:
                if goal.key in inside:
                    if goal.negated:
                        return "a negation"
                    if rule.folds:
                        return "an aggregate"
    return None
