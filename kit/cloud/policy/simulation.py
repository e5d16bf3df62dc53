"""Actions on a policy: simulate a sequence of changes, or execute a call."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Call
from kit.cloud.policy.common import body, only_admin, policy, truth
from kit.cloud.policy.errors import of_engine, refusal
from kit.cloud.policy.sources import execute, missing_action
from kit.cloud.policy.standing import of
from kit.errors import PolicyError
from kit.policy import Difference, Engine
from kit.policy.errors import PolicySyntaxError
from kit.policy.values import show


def act(call: Call, policy_id: str) -> dict[str, Any]:
    """`?action=simulate` or `?action=execute`."""
    only_admin(call, "create_policies")
    wanted = call.query.one("action")
    if wanted == "simulate":
        return _simulate(call, policy_id)
    if wanted == "execute":
        policy(call, policy_id)
        item = body(call)
        service, colon, name = str(item.get("name", "")).partition(":")
        if not colon or ":" in name:
            raise refusal("service_action_syntax")
        execute(call, service.strip(), name.strip(), item.get("args", {}))
        return {}
    raise missing_action(wanted)


def _simulate(call: Call, policy_id: str) -> dict[str, Any]:
    owner = policy(call, policy_id)["name"]
    item = body(call)
    query, sequence, actions = (item.get(name) for name in ("query", "sequence", "action_policy"))
    if not all(isinstance(value, str) for value in (query, sequence, actions)):
        raise refusal("incomplete_simulate_args")
    action_policy = policy(call, str(actions))["name"]
    runtime = of(call.cloud).runtime
    engine = runtime.current(call.tx, [*runtime.used(), *_sources(runtime.engine, f"{query} {sequence}")])
    try:
        engine.query(str(query), owner)
    except PolicyError as error:
        raise of_engine(error) from error
    try:
        found = engine.simulate(
            str(query), str(sequence), policy=owner, action_policy=action_policy, delta=truth(call, "delta")
        )
    except PolicySyntaxError as error:
        raise of_engine(error, "sequence_syntax") from error
    except PolicyError as error:
        raise of_engine(error, "simulate_error") from error
    shown: dict[str, Any] = {"result": _atoms(found, str(query))}
    if truth(call, "trace"):
        shown["trace"] = str(found)
    return shown


def _sources(engine: Engine, text: str) -> list[str]:
    return [name for name, policy in engine.policies.items() if policy.kind == "datasource" and f"{name}:" in text]


def _atoms(found: Any, query: str) -> list[str]:
    """The answers as atoms; gained and lost ones carry their sign."""
    table = query.partition("(")[0].strip()
    if isinstance(found, Difference):
        return [
            f"{table}{sign}({', '.join(map(show, row))})"
            for sign, rows in (("+", found.added), ("-", found.removed))
            for row in rows
        ]
    return [f"{table}({', '.join(map(show, row))})" for row in found]
