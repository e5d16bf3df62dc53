"""All there is to know of an engine, to see that nothing of it changed."""

from __future__ import annotations

from typing import Any

from kit.policy import Engine


def state(engine: Engine) -> dict[str, Any]:
    """The rules in order, the stated rows, the derived rows, and what is watched."""
    model = engine.model
    derived = {key: dict(model.rows(key)) for key in model.rules}  # computed first: that makes the tables it reads
    return {
        "policies": [(name, policy.kind, dict(policy.schema)) for name, policy in engine.policies.items()],
        "rules": {name: engine.rules(name) for name in engine.policies},
        "ready": {key: [id(rule) for rule in rules] for key, rules in model.rules.items()},
        "tables": set(model.base),
        "stated": {key: set(table.rows) for key, table in model.base.items()},
        "derived": derived,
        "watched": set(model.watched),
        "pending": model.changes(),
    }
