"""What a create or an update would do, told before it is done. Source: Heat 27, `format_stack_preview`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kit.cloud.call import Call
from kit.cloud.orchestration.backend import CloudBackend
from kit.cloud.orchestration.common import body, both, by_identity, engine, truth
from kit.cloud.orchestration.instantiation import Given
from kit.cloud.orchestration.resource_policy import enforce
from kit.cloud.orchestration.resources.base import Values
from kit.cloud.orchestration.stack_views import address, stamp
from kit.errors import HotError
from kit.hot import Plan, Stack, Validation
from kit.hot.definition import Definition
from kit.hot.functions.base import attempt
from kit.hot.inputs import read_environment, read_template
from kit.hot.parts import Names
from kit.hot.plan import plan_update
from kit.hot.resources.base import Kind, Planned
from kit.hot.resources.nested import StackKind

NO_ID = "None"  # what Heat says where there is no stack yet
Changes = dict[str, list[dict[str, Any]]]
CLASSES = ("unchanged", "updated", "replaced", "added", "deleted")


def preview(call: Call, tenant: str) -> dict[str, Any]:
    """What a create would make."""
    given = Given(body(call))
    backend = CloudBackend(call.cloud, call.base)
    backend.attach(call.tx, call.context)
    inputs = given.inputs
    with engine(call):
        template = read_template(given.template, None)
        enforce(call.context, template)
        files = inputs["files"]
        environment = read_environment(
            template, inputs["parameters"], inputs["environment"], files, inputs["environment_files"], True
        )  # fmt: skip
        checked = Validation(
            Definition(template, environment, files, Names(given.name, NO_ID, call.context.project_id or tenant)), backend
        )  # fmt: skip
        checked.raise_first()
        told = list(_resources(checked, backend, 0))
    definition = checked.definition
    shown = definition.parameters.shown()
    return {
        "stack": {
            "id": NO_ID, "stack_name": given.name, "creation_time": stamp(backend.now()), "updated_time": None,
            "links": [{"href": address(call, tenant, given.name, NO_ID), "rel": "self"}], "deletion_time": None,
            "description": template.description, "template_description": template.description,
            "notification_topics": [], "capabilities": [], "parameters": shown, "outputs": _outputs(definition),
            "disable_rollback": not given.rollback, "timeout_mins": given.timeout_mins, "tags": given.tags,
            "parent": None, "stack_owner": call.context.user_name, "stack_user_project_id": None, "resources": told,
        }
    }  # fmt: skip


def _outputs(definition: Definition) -> list[dict[str, Any]]:
    """The outputs, with what can be told of them now."""
    found = []
    for name, output in definition.outputs.items():
        told: dict[str, Any] = {"output_key": name, "description": output.description, "output_value": None}
        try:
            told["output_value"] = definition.resolve_output(name)
        except HotError as error:
            told["output_error"] = error.what
        found.append(told)
    return found


def _resources(checked: Validation, backend: CloudBackend, depth: int, parent: str = "") -> Iterator[Any]:
    """Each resource; one that is a stack is the list of what is inside."""
    needed: dict[str, list[str]] = {}
    for name in checked.graph.order():
        for need in checked.graph.needs[name]:
            needed.setdefault(need, []).append(name)
    for kind, planned in checked.lookup.planned():
        inside = _inside(kind, planned, backend, depth)
        if inside is not None:
            yield list(_resources(inside, backend, depth + 1, planned.resource.name))
        else:
            yield _planned(kind, planned, sorted(needed.get(planned.resource.name, ())), parent)


def _inside(kind: Kind, planned: Planned, backend: CloudBackend, depth: int) -> Validation | None:
    if not isinstance(kind, StackKind):
        return None
    try:
        child = kind.plan_child(planned)
    except HotError:  # what it holds depends on what is not there yet
        return None
    return None if child is None else Validation(child, backend, False, depth + 1)


def _planned(kind: Kind, planned: Planned, needed: list[str], parent: str) -> Values:
    resource, names = planned.resource, planned.definition.names
    stack = _identity(names.stack, NO_ID, names.project_id)
    told = {
        "resource_name": resource.name, "resource_type": resource.type, "physical_resource_id": "",
        "resource_action": "INIT", "resource_status": "COMPLETE", "resource_status_reason": "",
        "resource_identity": stack | {"path": f"/resources/{resource.name}"}, "stack_identity": stack,
        "stack_name": names.stack, "creation_time": None, "updated_time": None, "required_by": needed,
        "description": resource.description, "metadata": _now(resource.metadata) or {},
        "attributes": dict.fromkeys(kind.type.attributes), "properties": _properties(kind, planned),
    }  # fmt: skip
    return told | ({"parent_resource": parent} if parent else {})


def _identity(name: str, id: str, project_id: str) -> dict[str, str]:
    return {"stack_name": name, "stack_id": id, "tenant": project_id, "path": ""}


def _properties(kind: Kind, planned: Planned) -> Values:
    """All properties with their defaults; None for what cannot be told yet."""
    found: Values = {}
    for name in kind.schema(None, planned.properties.data):
        try:
            found[name] = planned.properties.get(name)
        except HotError:
            found[name] = None
    return found


def _now(value: Any) -> Any:
    try:
        return attempt(value)
    except HotError:
        return None


# An update


def preview_update(call: Call, tenant: str, stack_name: str, stack_id: str) -> dict[str, Any]:
    """What an update would do; with `show_nested` also inside stacks inside."""
    row = by_identity(call, tenant, stack_name, stack_id)
    given = Given(body(call), patch=call.method == "PATCH")
    root, stack = both(call, row)
    found: Changes = {word: [] for word in CLASSES}
    with engine(call, root):
        changes = given.changes
        if changes["template"] is not None:
            changes["template"] = read_template(changes["template"], None)
            enforce(call.context, changes["template"])
        checked = stack.checked_update(**changes)
        _add(found, stack, plan_update(stack, checked), checked, truth(call, "show_nested"))
    return {"resource_changes": found}


def _add(found: Changes, stack: Stack, plan: Plan, checked: Validation, deep: bool) -> None:
    kinds = {planned.resource.name: (kind, planned) for kind, planned in checked.lookup.planned()}
    backend = stack.backend
    assert isinstance(backend, CloudBackend)
    for step in plan.steps:
        told = step.to_dict()
        live = stack.resources.get(step.name)
        base = _identity(stack.name, stack.id, stack.project_id)
        action, status = ("INIT", "COMPLETE") if live is None else (live.action, live.status)
        found[told["change"]].append(
            {
                "resource_name": step.name, "resource_type": step.type, "stack_identity": base,
                "resource_identity": base | {"path": f"/resources/{step.name}"}, "stack_name": stack.name,
                "physical_resource_id": (live.physical_id if live else None) or "", "resource_action": action,
                "resource_status": status, "resource_status_reason": live.reason if live else "",
                "creation_time": stamp(live.created_at) if live else None,
                "updated_time": stamp(live.updated_at or live.created_at) if live else None,
                "required_by": sorted(name for name, needs in checked.graph.needs.items() if step.name in needs),
                "description": kinds[step.name][1].resource.description if step.name in kinds else "",
                "metadata": dict(live.metadata) if live else {},
                "attributes": dict.fromkeys(kinds[step.name][0].type.attributes if step.name in kinds else ()),
                "reason": told["reason"], "property_changes": told["properties"], **_parent(stack),
            }
        )  # fmt: skip
        if deep:
            _add_inside(found, stack, told["change"], step.name, kinds)


def _add_inside(
    found: Changes, stack: Stack, change: str, name: str, kinds: Mapping[str, tuple[Kind, Planned]]
) -> None:  # fmt: skip
    """What happens inside the stack that a resource is."""
    live = stack.resources.get(name)
    child = stack.children.get(live.id) if live is not None else None
    backend = stack.backend
    assert isinstance(backend, CloudBackend)
    inside = _inside(*kinds[name], backend, stack.depth) if name in kinds else None
    if change in ("deleted", "replaced") and child is not None:
        for each in child.resources:
            told = _brief(child.name, child.id, child.project_id, child.resources[each].type, each)
            found["deleted"].append(told | _parent(child))
            _add_inside(found, child, "deleted", each, {})
    if change in ("added", "replaced") and inside is not None:
        _add_new(found, inside, backend, stack.depth + 1, name)
    if change == "updated" and child is not None and inside is not None:
        _add(found, child, plan_update(child, inside), inside, True)


def _parent(stack: Stack) -> dict[str, str]:
    return {"parent_resource": stack.parent.name} if stack.parent is not None else {}


def _add_new(found: Changes, checked: Validation, backend: CloudBackend, depth: int, parent: str) -> None:
    names = checked.definition.names
    for kind, planned in checked.lookup.planned():
        resource = planned.resource
        told = _brief(names.stack, NO_ID, names.project_id, resource.type, resource.name)
        found["added"].append(told | {"parent_resource": parent})
        inside = _inside(kind, planned, backend, depth)
        if inside is not None:
            _add_new(found, inside, backend, depth + 1, resource.name)


def _brief(stack: str, id: str, project_id: str, type: str, name: str) -> Values:
    base = _identity(stack, id, project_id)
    return {
        "resource_name": name, "resource_type": type, "stack_identity": base, "stack_name": stack,
        "resource_identity": base | {"path": f"/resources/{name}"}, "physical_resource_id": "",
        "resource_action": "INIT", "resource_status": "COMPLETE", "resource_status_reason": "", "reason": "",
        "property_changes": [],
    }  # fmt: skip
