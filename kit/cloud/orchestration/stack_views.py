"""Stacks, their resources and events as the API shows them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from kit.cloud.call import Call
from kit.cloud.orchestration.backend import moment
from kit.cloud.orchestration.deploying import when
from kit.cloud.store import Row
from kit.errors import HotError
from kit.hot import Resource, Stack


def address(call: Call, project_id: str, name: str, id: str, *more: str) -> str:
    """The URL of a stack, or of something below it."""
    path = "".join(f"/{quote(part, safe='')}" for part in more)
    return f"{call.root}/v1/{project_id}/stacks/{quote(name, safe='')}/{id}{path}"


def of_row(call: Call, row: Row, *more: str) -> str:
    """The URL of a stack's row."""
    return address(call, row["project_id"], row["name"], row["id"], *more)


def of_stack(call: Call, stack: Stack, *more: str) -> str:
    """The URL of a stack."""
    return address(call, stack.project_id, stack.name, stack.id, *more)


def stamp(seconds: float | None) -> str | None:
    """A moment of the engine as Heat shows it."""
    return None if seconds is None else when(moment(seconds).isoformat())


def summary(call: Call, row: Row, project: bool = False) -> dict[str, Any]:
    """A stack in a list."""
    found: dict[str, Any] = {
        "id": row["id"], "links": [{"href": of_row(call, row), "rel": "self"}], "stack_name": row["name"],
        "description": row["description"], "stack_status": f"{row['action']}_{row['status']}",
        "stack_status_reason": row["reason"], "creation_time": when(row["created_at"]),
        "updated_time": when(row["updated_at"]), "deletion_time": when(row["deleted_at"]),
        "stack_owner": row["user_name"], "parent": row["parent_id"], "stack_user_project_id": row["project_id"],
        "tags": row["tags"] or None,
    }  # fmt: skip
    return found | ({"project": row["project_id"]} if project else {})


def full(call: Call, row: Row, stack: Stack, outputs: bool = True) -> dict[str, Any]:
    """A stack alone."""
    found = summary(call, row)
    found |= {
        "parameters": stack.definition.parameters.shown(), "template_description": stack.template.description,
        "disable_rollback": row["disable_rollback"], "timeout_mins": row["timeout_mins"], "capabilities": [],
        "notification_topics": [],
    }  # fmt: skip
    if outputs:
        found["outputs"] = [output(stack, name) for name in stack.definition.outputs]
    return found


def output(stack: Stack, name: str, value: bool = True) -> dict[str, Any]:
    """An output."""
    found: dict[str, Any] = {"output_key": name, "description": stack.definition.outputs[name].description}
    if not value:
        return found
    try:
        found["output_value"] = stack.output(name)
    except HotError as error:
        found |= {"output_value": None, "output_error": error.what}
    return found


def needed_by(stack: Stack) -> dict[str, list[str]]:
    """Name to the names that need it."""
    found: dict[str, list[str]] = {}
    for each in sorted(stack.resources.values(), key=lambda each: each.name):
        for need in each.requires:
            found.setdefault(need, []).append(each.name)
    return found


def resource(
    call: Call, stack: Stack, each: Resource, needed: Mapping[str, list[str]], depth: int = 0, detail: bool = False
) -> dict[str, Any]:  # fmt: skip
    """A resource of a stack.

    Parameters
    ----------
    needed : mapping
        Of `needed_by`, which serves all resources of a stack.
    depth : int
        How deep the list goes; above 0 each tells the resource of the stack around.
    detail : bool
        Whether its description and attributes are told.
    """
    links = [
        {"href": of_stack(call, stack, "resources", each.name), "rel": "self"},
        {"href": of_stack(call, stack), "rel": "stack"},
    ]
    child = stack.children.get(each.id)
    if child is not None:
        links.append({"href": of_stack(call, child), "rel": "nested"})
    wanted = stack.definition.resources.get(each.name)
    found: dict[str, Any] = {
        "resource_name": each.name, "links": links, "logical_resource_id": each.name,
        "physical_resource_id": each.physical_id, "resource_status": each.state,
        "resource_status_reason": each.reason, "resource_type": each.type, "creation_time": stamp(each.created_at),
        "updated_time": stamp(each.updated_at or each.created_at), "required_by": needed.get(each.name, []),
    }  # fmt: skip
    if depth or detail:
        found |= {"parent_resource": stack.parent.name} if stack.parent is not None else {}
    if detail:
        found["description"] = wanted.description if wanted is not None else ""
    return found


def attributes(each: Resource, extra: tuple[str, ...] = ()) -> dict[str, Any]:
    """The attributes of a resource; those that cannot be told are None. The long `show` only comes when asked for."""
    if not each.ready or each.physical_id is None:
        return {}
    found = {}
    for name in (*each.kind.attribute_names(each), *extra):
        try:
            found[name] = each.attribute(name, [])
        except Exception:  # whatever it is: one attribute that fails does not hide the others (as in Heat)
            found[name] = None
    return found


def event(call: Call, row: Row, stack: Row, *, root: bool = False) -> dict[str, Any]:
    """An event in a list."""
    base = of_row(call, stack)
    name = quote(row["resource_name"], safe="")
    links = [
        {"href": f"{base}/resources/{name}/events/{row['id']}", "rel": "self"},
        {"href": f"{base}/resources/{name}", "rel": "resource"}, {"href": base, "rel": "stack"},
    ]  # fmt: skip
    if root:
        links.append({"href": base, "rel": "root_stack"})
    return {
        "id": row["id"], "event_time": when(row["at"]), "links": links, "resource_name": row["resource_name"],
        "logical_resource_id": row["resource_name"], "physical_resource_id": row["physical_id"],
        "resource_status": f"{row['action']}_{row['status']}", "resource_status_reason": row["reason"],
    }  # fmt: skip
