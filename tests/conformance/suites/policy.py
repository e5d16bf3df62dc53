"""Policies: answers computed by OpenStack Congress itself (see data/policy/FORMAT.md)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kit.errors import KitError
from kit.policy import Difference, Engine


def run(path: Path) -> Iterator[tuple[str, str | None]]:
    """Give each case's id, and what is wrong or None."""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.strip():
            case = json.loads(line)
            try:
                yield case["id"], Case().run(case)
            except Exception as error:  # a crash is a failed case, and the next one is run
                yield case["id"], f"{type(error).__name__}: {error}"


class Case:
    """One case: an engine that starts empty."""

    def __init__(self) -> None:
        self.engine = Engine()

    def run(self, case: dict[str, Any]) -> str | None:
        """Run the steps; what is wrong with the first that fails."""
        self.engine.policies.clear()
        for policy in case["setup"]:
            self.create(policy)
        self.engine.actions()
        for number, step in enumerate(case["steps"]):
            got = self.step(step)
            if not same(got, step["expect"]):
                return f"step {number + 1} {step['op']}: expected {step['expect']}, got {got}"
        return None

    def create(self, policy: dict[str, Any]) -> None:
        name = policy["policy"]
        self.engine.create(
            name,
            policy.get("kind", "nonrecursive"),
            schema=policy.get("schema"),
            complete=policy.get("complete", False),
        )
        for table, rows in policy.get("tables", {}).items():
            self.engine.load(name, table, rows)
        if policy.get("rules"):
            self.engine.insert(policy["rules"], name)

    def step(self, step: dict[str, Any]) -> Any:
        op = step["op"]
        method = getattr(self, f"do_{op}", None)
        if method is None:
            return f"the engine has no {op}"
        try:
            return method(step)
        except KitError as error:
            return {"error": getattr(error, "code", "error"), "family": getattr(error, "family", "")}

    def do_insert(self, step: dict[str, Any]) -> Any:
        self.engine.insert(step["text"], step["policy"])
        return {"ok": True}

    def do_delete(self, step: dict[str, Any]) -> Any:
        self.engine.delete(step["text"], step["policy"])
        return {"ok": True}

    def do_load(self, step: dict[str, Any]) -> Any:
        self.engine.load(step["policy"], step["table"], step["rows"])
        return {"ok": True}

    def do_create_policy(self, step: dict[str, Any]) -> Any:
        with self.engine.together():
            self.create(step)
        return {"ok": True}

    def do_delete_policy(self, step: dict[str, Any]) -> Any:
        self.engine.drop(step["policy"])
        return {"ok": True}

    def do_query(self, step: dict[str, Any]) -> Any:
        return {"rows": [list(row) for row in self.engine.rows(step["query"], step["policy"])]}

    def do_simulate(self, step: dict[str, Any]) -> Any:
        got = self.engine.simulate(
            step["query"],
            step["sequence"],
            policy=step["policy"],
            action_policy=step["action_policy"],
            delta=step["delta"],
        )
        if isinstance(got, Difference):
            return {"added": [list(row) for row in got.added], "removed": [list(row) for row in got.removed]}
        return {"rows": [list(row) for row in got]}

    def do_actions(self, step: dict[str, Any]) -> Any:
        return {"actions": [action.to_dict() for action in self.engine.actions()]}

    def do_watch(self, step: dict[str, Any]) -> Any:
        self.engine.watch(step["policy"], step["table"])
        return {"ok": True}

    def do_events(self, step: dict[str, Any]) -> Any:
        return {"events": [event.to_dict() for event in self.engine.events()]}

    def do_remediate(self, step: dict[str, Any]) -> Any:
        plans = self.engine.remediate(step["goal"], step["action_policy"])
        return {"plans": [[[action, args] for action, args in plan] for plan in plans]}

    def do_explain(self, step: dict[str, Any]) -> Any:
        engine = Engine(home="p")
        engine.policies["p"].kind = "recursive"
        engine.insert(step["program"])
        found = engine.why(step["fact"])
        return {"proof": found.to_dict() if found else None}


def typed(value: Any) -> Any:
    """A value that compares with its type: 1, 1.0 and "1" are three."""
    if isinstance(value, list):
        return tuple(typed(item) for item in value)
    if isinstance(value, dict):
        return tuple(sorted((name, typed(item)) for name, item in value.items()))
    return (type(value).__name__, value)


def as_sets(event: dict[str, Any]) -> dict[str, Any]:
    """An event with its rows in order."""
    return {name: sorted(value, key=repr) if isinstance(value, list) else value for name, value in event.items()}


def same(got: Any, expect: dict[str, Any]) -> bool:
    """Whether an answer is the expected one; lists of rows are sets."""
    if "error" in expect:
        return isinstance(got, dict) and got.get("family") in expect["family"]
    if not isinstance(got, dict) or "error" in got or got.keys() != expect.keys():
        return False
    if "proof" in expect:
        return typed(got["proof"]) == typed(expect["proof"])
    if "events" in expect:  # rows inside an event are sets too
        got, expect = ({"events": [as_sets(event) for event in each["events"]]} for each in (got, expect))
    return all(
        {typed(item) for item in got[name]} == {typed(item) for item in wanted}
        if isinstance(wanted, list)
        else got[name] == wanted
        for name, wanted in expect.items()
    )
