"""The resources of a stack: listed with those of stacks inside, shown, signalled, marked unhealthy."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from kit.cloud.call import Answer, Call
from kit.cloud.errors import BadRequest, Unauthorized
from kit.cloud.orchestration import deploying, holding
from kit.cloud.orchestration.common import body, by_identity, engine, keep, number, root_of, stack_of, truth
from kit.cloud.orchestration.errors import HeatError, bad_request, forbidden
from kit.cloud.orchestration.models import stacks
from kit.cloud.orchestration.service import WRITERS
from kit.cloud.orchestration.stack_views import attributes, needed_by, resource
from kit.hot import Resource, ResourceFailure, Stack

# Filters of the query string.
FILTERS = {
    "type": lambda each: each.type, "status": lambda each: each.status, "name": lambda each: each.name,
    "action": lambda each: each.action, "id": lambda each: each.id,
    "physical_resource_id": lambda each: each.physical_id,
}  # fmt: skip


def below(stack: Stack, depth: int) -> Iterator[tuple[Stack, Resource]]:
    """The resources of a stack, and those of stacks inside it as deep as asked."""
    for each in stack.members():
        yield stack, each
    if depth > 0:
        for child in stack.children.values():
            yield from below(child, depth - 1)


def index(call: Call, tenant: str, stack_name: str, stack_id: str) -> dict[str, Any]:
    """List the resources."""
    row = by_identity(call, tenant, stack_name, stack_id, True)
    try:
        stack = stack_of(call, row)
    except HeatError:
        return {"resources": []}
    depth, detail = number(call, "nested_depth") or 0, truth(call, "with_detail")
    found = list(below(stack, depth))
    for name, wanted in call.query.items():
        if name in FILTERS:
            words = {each for value in wanted for each in value.split(",")}
            found = [pair for pair in found if FILTERS[name](pair[1]) in words]
    shown = []
    needed: dict[str, dict[str, list[str]]] = {}
    for around, each in found:
        if around.id not in needed:
            needed[around.id] = needed_by(around)
        told = resource(call, around, each, needed[around.id], depth, detail)
        if detail:
            told["attributes"] = attributes(each)
        shown.append(told)
    return {"resources": shown}


def _pair(call: Call, tenant: str, name: str, id: str, resource_name: str) -> tuple[Stack, Resource]:
    stack = stack_of(call, by_identity(call, tenant, name, id, True))
    with engine(call, stack):
        return stack, stack.find(resource_name)


def show(call: Call, tenant: str, stack_name: str, stack_id: str, resource_name: str) -> dict[str, Any]:
    """Show one with its attributes."""
    stack, each = _pair(call, tenant, stack_name, stack_id, resource_name)
    told = resource(call, stack, each, needed_by(stack), detail=True)
    asked = tuple(name for value in call.query.get("with_attr", []) for name in value.split(","))
    told["attributes"] = attributes(each, asked)
    return {"resource": told}


def metadata(call: Call, tenant: str, stack_name: str, stack_id: str, resource_name: str) -> dict[str, Any]:
    """A resource's metadata."""
    stack, each = _pair(call, tenant, stack_name, stack_id, resource_name)
    waiting = deploying.of_server(call.tx, each.physical_id, stack.project_id) if each.physical_id else []
    asked = waiting or each.properties.get("user_data_format") == "SOFTWARE_CONFIG"
    return {"metadata": each.metadata | ({"deployments": waiting} if asked else {})}


def signal(call: Call, tenant: str, stack_name: str, stack_id: str, resource_name: str) -> Answer:
    """Signal a resource: with a token of the project, with the handle's own, or through a signed address."""
    row = call.tx.get(stacks, stack_id)
    context = call.context if call.inner else call.cloud.authenticate(call.tx, call.headers.get("x-auth-token"))
    if row is None or row["name"] != stack_name or row["deleted_at"] is not None:
        if context is None:
            raise Unauthorized("The request you have made requires authentication.")
        raise HeatError(404, f"The Stack ({stack_name}) could not be found.", "EntityNotFound")
    _, root = root_of(call, row)
    stack = holding.find(root, stack_id)
    if stack is None:
        raise HeatError(404, f"The Stack ({stack_name}) could not be found.", "EntityNotFound")
    if context is None:
        _signed(call, stack, resource_name)
    elif row["project_id"] != context.project_id and not context.is_admin:
        raise forbidden()
    elif context.roles.isdisjoint(WRITERS):
        raise forbidden("You are not authorized to use resource:signal.")
    # Heat answers before it looks at the signal; only a signed address waits to hear of a failure.
    unheard = () if context is None else (ResourceFailure,)
    try:
        with engine(call, root), contextlib.suppress(*unheard):
            stack.signal(resource_name, _details(call))
    except HeatError as error:
        keep(call, root)  # the refusal is an event of the stack
        return call.service.fault(error, call)
    keep(call, root)
    return Answer(200, None)


def _signed(call: Call, stack: Stack, name: str) -> None:
    """Let in who shows the resource's own token.

    Raises
    ------
    Unauthorized
        Nobody else.
    """
    shown = call.headers.get("x-auth-token") or call.query.one("Signature")
    each = stack.resources.get(name)
    if not shown or each is None or shown != each.data.get("token"):
        raise Unauthorized("The request you have made requires authentication.")


def _details(call: Call) -> Any:
    """What a signal says; cfn-signal has names of its own for the same."""
    if not call.body.strip():
        return None
    try:
        given = call.json()
    except BadRequest:
        raise bad_request("JSON body size or form is wrong: Expecting value.") from None
    if isinstance(given, dict) and "Status" in given:
        names = {"Status": "status", "Reason": "reason", "Data": "data", "UniqueId": "id"}
        return {names.get(name, name): value for name, value in given.items()}
    return given


def mark(call: Call, tenant: str, stack_name: str, stack_id: str, resource_name: str) -> Answer:
    """Mark a resource unhealthy, or take that back."""
    given = body(call)
    unknown = set(given) - {"mark_unhealthy", "resource_status_reason"}
    if unknown or "mark_unhealthy" not in given:
        told = (
            f"Invalid keys {sorted(unknown)}"
            if unknown
            else "Missing mandatory (mark_unhealthy) key from mark unhealthy request"
        )
        raise bad_request(told)
    if not isinstance(given["mark_unhealthy"], bool):
        word = str(given["mark_unhealthy"]).lower()
        if word not in ("true", "false"):
            raise bad_request(f"Unrecognized value '{given['mark_unhealthy']}' for mark_unhealthy, use true or false.")
        given["mark_unhealthy"] = word == "true"
    row = by_identity(call, tenant, stack_name, stack_id)
    _, root = root_of(call, row)
    stack = holding.find(root, stack_id) or root
    with engine(call, root):
        each = _of_name_or_id(stack, resource_name)
        stack.mark_unhealthy(each, given["mark_unhealthy"], given.get("resource_status_reason") or "")
    keep(call, root)
    return Answer(200, None)


def _of_name_or_id(stack: Stack, name: str) -> str:
    if name in stack.resources:
        return name
    return next((each.name for each in stack.resources.values() if each.physical_id == name), name)
