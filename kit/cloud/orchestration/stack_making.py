"""Stacks made, previewed, changed and deleted."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.orchestration import holding
from kit.cloud.orchestration.backend import CloudBackend
from kit.cloud.orchestration.common import body, both, by_identity, engine, keep, root_of
from kit.cloud.orchestration.errors import HeatError, bad_request
from kit.cloud.orchestration.instantiation import Given
from kit.cloud.orchestration.models import stacks
from kit.cloud.orchestration.resource_policy import enforce
from kit.cloud.orchestration.resources.base import Values
from kit.cloud.orchestration.stack_views import of_stack
from kit.hot import Stack
from kit.hot.inputs import read_template

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
        template = read_template(given.template, None)
        enforce(call.context, template)
        stack = Stack.create(
            given.name, template, backend, **given.inputs, rollback=bool(given.rollback), project_id=tenant,
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


def update(call: Call, tenant: str, stack_name: str, stack_id: str) -> Answer:
    """Bring a stack to another template, or other parameters."""
    row = by_identity(call, tenant, stack_name, stack_id)
    given = Given(body(call), patch=call.method == "PATCH")
    root, stack = both(call, row)
    with engine(call, root):
        timeout, changes = given.timeout_mins, given.changes
        if changes["template"] is not None:
            changes["template"] = read_template(changes["template"], None)
            enforce(call.context, changes["template"])
        stack.update(**changes, rollback=given.rollback, converge=given.converge, wait=False)
    if timeout is not None:
        stack.timeout_mins = timeout
    if given.tags is not None:
        stack.tags = given.tags
    elif not given.patch:
        stack.tags = []
    keep(call, root)
    return Answer(202, None)


def delete(call: Call, tenant: str, stack_name: str, stack_id: str) -> None:
    """Delete a stack."""
    row = by_identity(call, tenant, stack_name, stack_id, True)
    if row["deleted_at"] is not None:
        return
    root, stack = both(call, row)
    with engine(call, root):
        if not (stack.action == "DELETE" and stack.task is not None):
            stack.begin_delete()
    keep(call, root)


def abandon(call: Call, tenant: str, stack_name: str, stack_id: str) -> dict[str, Any]:
    """Forget a stack and leave its resources, which are described for whoever adopts them."""
    row = by_identity(call, tenant, stack_name, stack_id)
    if row["root_id"] != row["id"]:
        raise bad_request("A stack inside another cannot be abandoned alone; abandon its root.", "NotSupported")
    _, stack = root_of(call, row)
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
    return both(call, row)[1].abandon()
