"""What can be done to a server: the table of actions, and the way into it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.compute.models import servers
from kit.cloud.compute.policy import ACTIONS as RULES
from kit.cloud.compute.v2.switches import action_is_off
from kit.cloud.compute.validation import is_legacy, part, refuse, switched_off
from kit.cloud.errors import BadRequest, Conflict, NotFound
from kit.cloud.store import Row

Function = Callable[[Call, Row, Any], Answer]


@dataclass(frozen=True)
class Action:
    """One action: its name in the body, and what does it.

    Attributes
    ----------
    schema : dict or None
        What the body holds under the name; None takes anything.
    admin : str
        The policy rule, when only the administrator may.
    since, until : str
        The microversions in which it exists.
    """

    run: Function
    schema: dict[str, Any] | None = None
    admin: str = ""
    since: str = ""
    until: str = ""


ACTIONS: dict[str, Action] = {}


def action(name: str, schema: dict[str, Any] | None = None, **options: Any) -> Callable[[Function], Function]:
    """Register a function as an action."""

    def keep(run: Function) -> Function:
        ACTIONS[name] = Action(run, schema, **options)
        return run

    return keep


def perform(call: Call, server_id: str) -> Answer:
    """Do what the body names to a server."""
    data = call.json()
    if not isinstance(data, dict) or not data:
        raise BadRequest("Malformed request body")
    name = next(iter(data))
    found = ACTIONS.get(name)
    legacy = is_legacy(call)
    if (
        found is None
        or action_is_off(name, switched_off(call))
        or (found.until and call.at_least(found.until))
        or (found.since and not call.at_least(found.since))
    ):
        raise BadRequest(f"There is no such action: {name}")
    row = call.tx.get(servers, server_id)
    mine = row is not None and (call.context.is_admin or row["project_id"] == call.context.project_id)
    if row is None:
        raise NotFound(f"Instance {server_id} has no mapping to a cell.")
    if not mine or row["deleted_at"]:
        raise NotFound(f"Instance {server_id} could not be found.")
    if found.admin and not call.context.is_admin:
        refuse(found.admin)
    if name in RULES and not call.context.may_write:
        refuse(RULES[name])
    given = data[name]
    if legacy:
        from kit.cloud.compute.v2.legacy import action as legacy_action  # what it refuses with is not described

        given = legacy_action(name, given, found.schema)
    if found.schema is not None:
        given = part(call, given, found.schema)
    return found.run(call, row, given)


def in_state(row: Row, name: str, vm_states: tuple[str, ...], task: tuple[str | None, ...] = (None,)) -> None:
    """Refuse an action in another state (nova.compute.api.check_instance_state)."""
    if row["vm_state"] not in vm_states:
        raise Conflict(f"Cannot '{name}' instance {row['id']} while it is in vm_state {row['vm_state']}")
    if row["task_state"] not in task:
        raise Conflict(f"Cannot '{name}' instance {row['id']} while it is in task_state {row['task_state']}")
