"""Stacks made, previewed, changed and deleted."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.orchestration import holding
from kit.cloud.orchestration.backend import CloudBackend
from kit.cloud.orchestration.common import body, by_identity, engine, keep, root_of
from kit.cloud.orchestration.errors import HeatError, bad_request
from kit.cloud.orchestration.instantiation import Given
from kit.cloud.orchestration.models import stacks
from kit.cloud.orchestration.resources.base import Values
from kit.cloud.orchestration.stack_views import of_stack
from kit.cloud.store import Row
from kit.hot import Plan, Stack, plan

# Heat's `max_stacks_per_tenant`.
MOST_STACKS = 512


def create(call: Call, tenant: str) -> Answer:
    """Make a stack, or adopt one."""
    given = Given(body(call))
    name = given.name
    if call.tx.rows(stacks, name=name, project_id=tenant, absent=("deleted_at",)):
        raise HeatError(409, f"The Stack ({name}) already exists.", "StackExists")
    held = call.tx.rows(stacks, project_id=tenant, absent=("deleted_at", "parent_id"))
    if len(held) >= MOST_STACKS:
        told = f"You have reached the maximum stacks per tenant, {MOST_STACKS}. Please delete some stacks."
        raise bad_request(told, "RequestLimitExceeded")
    stack = _made(call, tenant, given)
    row = _first_row(call, tenant, given, stack)
    keep(call, stack)
    return Answer(201, {"stack": row}, {"Location": of_stack(call, stack)})


def _backend(call: Call) -> CloudBackend:
    backend = CloudBackend(call.cloud, call.base)
    backend.attach(call.tx, call.context)
    return backend


def _made(call: Call, tenant: str, given: Given) -> Stack:
    backend = _backend(call)
    adopted = given.adopted.get("resources") if given.data.get("adopt_stack_data") else None
    with engine(call):
        stack = Stack.create(
            given.name, given.template, backend, **given.inputs, rollback=bool(given.rollback), project_id=tenant,
            wait=False, timeout_mins=given.timeout_mins or 60, adopt=adopted,
        )  # fmt: skip
    backend.root_id = stack.id
    for event in backend._told:
        event["root_id"] = stack.id
    stack.tags = given.tags or []
    return stack


def _first_row(call: Call, tenant: str, given: Given, stack: Stack) -> Values:
    context = call.context
    call.tx.insert(
        stacks, id=stack.id, name=stack.name, project_id=tenant, root_id=stack.id, depth=0, user_id=context.user_id,
        user_name=context.user_name, owner=holding.kept_context(context), base=call.base, tags=stack.tags,
        created_at=call.tx.stamp,
    )  # fmt: skip
    return {"id": stack.id, "links": [{"href": of_stack(call, stack), "rel": "self"}]}


def preview(call: Call, tenant: str) -> dict[str, Any]:
    """What a create would make."""
    given = Given(body(call))
    with engine(call):
        found = plan(given.template, name=given.name, **given.inputs, backend=_backend(call))
        stack = Stack(given.name, _backend(call), tenant, given.timeout_mins or 60)
    stamp = None
    return {
        "stack": {
            "stack_name": given.name, "id": stack.id, "links": [{"href": of_stack(call, stack), "rel": "self"}],
            "description": _description(given), "parameters": given.inputs["parameters"], "outputs": [],
            "resources": [_previewed(step, given.name) for step in found.steps], "creation_time": stamp,
            "updated_time": None, "disable_rollback": not given.rollback, "timeout_mins": given.timeout_mins,
            "tags": given.tags, "capabilities": [], "notification_topics": [], "parent": None,
            "stack_owner": call.context.user_name, "template_description": _description(given),
        }
    }  # fmt: skip


def _description(given: Given) -> str:
    template = given.template
    return str(template.get("description") or "No description") if isinstance(template, dict) else "No description"


def _previewed(step: Any, name: str) -> dict[str, Any]:
    properties = {each.name: each.new if _plain(each.new) else repr(each.new)[1:-1] for each in step.properties}
    return {
        "resource_name": step.name, "resource_type": step.type, "physical_resource_id": "", "properties": properties,
        "required_by": [], "resource_action": "INIT", "resource_status": "INIT_COMPLETE", "stack_name": name,
        "resource_status_reason": "", "description": "", "attributes": {}, "metadata": {},
    }  # fmt: skip


def _plain(value: Any) -> bool:
    return isinstance(value, str | int | float | bool | list | dict | None)


def update(call: Call, tenant: str, stack_name: str, stack_id: str) -> Answer:
    """Bring a stack to another template, or other parameters."""
    row = by_identity(call, tenant, stack_name, stack_id)
    given = Given(body(call), patch=call.method == "PATCH")
    _, stack = _root(call, row)
    with engine(call, stack):
        timeout = given.timeout_mins
        stack.update(**_changes(given), rollback=given.rollback, wait=False)
    if timeout is not None:
        stack.timeout_mins = timeout
    if given.tags is not None:
        stack.tags = given.tags
    elif not given.patch:
        stack.tags = []
    keep(call, stack)
    return Answer(202, None)


def _changes(given: Given) -> dict[str, Any]:
    return {
        "template": given.template, **given.inputs, "existing": given.patch,
        "clear_parameters": list(given.data.get("clear_parameters") or ()),
    }  # fmt: skip


def _root(call: Call, row: Row) -> tuple[Row, Stack]:
    """The stack of a row that is a root.

    Raises
    ------
    HeatError
        400 for a stack inside another.
    """
    if row["root_id"] != row["id"]:
        raise bad_request("Updating a nested stack directly is not supported here; update its root.", "NotSupported")
    return root_of(call, row)


def preview_update(call: Call, tenant: str, stack_name: str, stack_id: str) -> dict[str, Any]:
    """What an update would do."""
    row = by_identity(call, tenant, stack_name, stack_id)
    given = Given(body(call), patch=call.method == "PATCH")
    _, stack = _root(call, row)
    with engine(call, stack):
        found = stack.preview_update(**_changes(given))
    return {"resource_changes": changes(call, stack, found)}


def changes(call: Call, stack: Stack, found: Plan) -> dict[str, list[dict[str, Any]]]:
    """A plan as Heat shows it, each property's change beside."""
    told: dict[str, list[dict[str, Any]]] = {
        word: [] for word in ("unchanged", "updated", "replaced", "added", "deleted")
    }  # fmt: skip
    for step in found.steps:
        known = step.to_dict()
        live = stack.resources.get(step.name)
        identity = {
            "stack_name": stack.name, "stack_id": stack.id, "tenant": stack.project_id,
            "path": f"/resources/{step.name}",
        }  # fmt: skip
        told[known["change"]].append(
            {
                "resource_name": step.name, "resource_type": step.type, "resource_identity": identity,
                "stack_name": stack.name, "stack_identity": {**identity, "path": ""},
                "physical_resource_id": live.physical_id if live else "", "resource_action": live.action if live else "INIT",
                "resource_status": live.state if live else "INIT_COMPLETE",
                "resource_status_reason": live.reason if live else "", "description": "", "reason": known["reason"],
                "property_changes": known["properties"],
            }
        )  # fmt: skip
    return told


def delete(call: Call, tenant: str, stack_name: str, stack_id: str) -> None:
    """Delete a stack."""
    row = by_identity(call, tenant, stack_name, stack_id, True)
    if row["deleted_at"] is not None:
        return
    _, stack = root_of(call, row)
    if row["root_id"] != row["id"]:
        raise bad_request("Deleting a nested stack directly is not supported here; delete its root.", "NotSupported")
    with engine(call, stack):
        if not (stack.action == "DELETE" and stack.task is not None):
            stack.begin_delete()
    keep(call, stack)


def abandon(call: Call, tenant: str, stack_name: str, stack_id: str) -> dict[str, Any]:
    """Forget a stack and leave its resources, which are described for whoever adopts them."""
    row = by_identity(call, tenant, stack_name, stack_id)
    _, stack = _root(call, row)
    told = stack.abandon()
    for each, _, _ in list(holding.tree(stack)):
        if each.task is not None:
            each.stop("abandoned")
            each.task = None
    stack.resources.clear()
    stack.records.clear()
    stack.children.clear()
    with engine(call, stack):
        stack.begin_delete()
    keep(call, stack)
    return told


def export(call: Call, tenant: str, stack_name: str, stack_id: str) -> dict[str, Any]:
    """The description that `abandon` gives; the stack stays."""
    row = by_identity(call, tenant, stack_name, stack_id)
    _, stack = _root(call, row)
    return stack.abandon()
