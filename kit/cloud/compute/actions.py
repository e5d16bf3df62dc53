"""What can be done to a server: the table of actions, and the way into it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.compute.forms import Form
from kit.cloud.compute.models import servers
from kit.cloud.compute.policy import ACTIONS as RULES
from kit.cloud.compute.v2.switches import action_is_off
from kit.cloud.compute.validation import is_legacy, manages, part, refuse, switched_off
from kit.cloud.errors import BadRequest, Conflict, NotFound
from kit.cloud.store import Row

Function = Callable[[Call, Row, Any], Answer]


@dataclass(frozen=True)
class Action:
    """One action: its name in the body, and what does it.

    Attributes
    ----------
    name : str
        As the body has it.
    forms : tuple
        What the body holds under the name, each from a microversion on, the newest first; none takes anything.
    choose : function, optional
        Tells the form of a request, where more than its microversion decides.
    admin : str
        The policy rule, when only the administrator may.
    manager : bool
        Whether the project's managers may, too.
    since, until : str
        The microversions in which it exists, the second no longer among them.
    """

    run: Function
    name: str = ""
    forms: tuple[tuple[str, Form], ...] = ()
    choose: Callable[[Call], Form] | None = None
    admin: str = ""
    manager: bool = False
    since: str = ""
    until: str = ""

    def exists_in(self, call: Call) -> bool:
        """Whether the request's microversion has it."""
        return not (self.until and call.at_least(self.until)) and (not self.since or call.at_least(self.since))

    def form(self, call: Call) -> Form | None:
        """What the body holds under the name at the request's microversion."""
        if self.choose is not None:
            return self.choose(call)
        return next((form for version, form in self.forms if call.at_least(version)), None)


ACTIONS: dict[str, Action] = {}


def action(
    name: str, schema: Form | None = None, *newer: tuple[str, Form], **options: Any
) -> Callable[[Function], Function]:
    """Register a function as an action.

    Parameters
    ----------
    schema : dict
        What the body holds under the name; none takes anything.
    newer : tuple of str and dict
        What it holds from a microversion on, the oldest first.
    """
    forms = (*reversed(newer), *([("2.1", schema)] if schema is not None else ()))

    def keep(run: Function) -> Function:
        ACTIONS[name] = Action(run, name, forms, **options)
        return run

    return keep


def named(call: Call) -> tuple[str, Any]:
    """The action that a body names, and the body (nova.api.openstack.wsgi.action_peek).

    Raises
    ------
    NotFound
        The body is no object: no method of Nova's takes it.
    BadRequest
        It is not JSON, or has not exactly one member.
    """
    data = call.json() if call.body else None
    if isinstance(data, dict | list | str) and len(data) != 1:
        raise BadRequest("Malformed request body")
    if not isinstance(data, dict):
        raise NotFound("The resource could not be found.")
    return next(iter(data)), data


def perform(call: Call, server_id: str) -> Answer:
    """Do what the body names to a server."""
    name, data = named(call)
    found = ACTIONS.get(name)
    legacy = is_legacy(call)
    if found is None or action_is_off(name, switched_off(call)):
        raise BadRequest(f"There is no such action: {name}")
    if not found.exists_in(call):
        raise NotFound("The resource could not be found.")
    given, form = data[name], found.form(call)
    if legacy:
        from kit.cloud.compute.v2.legacy import action as legacy_action  # what it refuses with is not described

        given = legacy_action(name, given, form)
    if form is not None:
        given = part(call, given, form, name)
    row = call.tx.get(servers, server_id)
    mine = row is not None and (call.context.is_admin or row["project_id"] == call.context.project_id)
    if row is None:
        raise NotFound(f"Instance {server_id} has no mapping to a cell.")
    if not mine or row["deleted_at"]:
        raise NotFound(f"Instance {server_id} could not be found.")
    if found.admin and not (call.context.is_admin or (found.manager and manages(call, row["project_id"]))):
        refuse(found.admin)
    if name in RULES and not call.context.may_write:
        refuse(RULES[name])
    return found.run(call, row, given)


def in_state(row: Row, name: str, vm_states: tuple[str, ...], task: tuple[str | None, ...] = (None,)) -> None:
    """Refuse an action in another state (nova.compute.api.check_instance_state)."""
    if row["vm_state"] not in vm_states:
        raise Conflict(f"Cannot '{name}' instance {row['id']} while it is in vm_state {row['vm_state']}")
    if row["task_state"] not in task:
        raise Conflict(f"Cannot '{name}' instance {row['id']} while it is in task_state {row['task_state']}")
