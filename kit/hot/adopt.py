"""What a stack hands over: its description for adoption, its environment to the next update, its bare template."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kit.hot.environment import Environment
from kit.hot.errors import TemplateError
from kit.hot.parameters import Parameter
from kit.hot.template import Template
from kit.hot.versions import KEYS

if TYPE_CHECKING:
    from kit.hot.stack import Stack


def without_resources(template: Template) -> Template:
    """The template with no resources left."""
    data = {key: value for key, value in template.data.items() if key != template.version.names.resources}
    made = Template(data)
    made.version = template.version
    return made


def retained(old: Environment, new: Environment, clear: Sequence[str], template: Template) -> Environment:
    """The environment of an update that keeps what is not given. Source: Heat 27, PATCH of a stack."""
    faults: list[TemplateError] = []
    declared = template.parameters(faults)
    made = Environment()
    kept = {name: value for name, value in old.parameters.items() if name not in clear}
    kept |= new.parameters
    made.parameters = {name: value for name, value in kept.items() if name in declared or name in new.parameters}
    made.parameters = {name: value for name, value in made.parameters.items() if name in declared}
    made.parameter_defaults = {**old.parameter_defaults, **new.parameter_defaults}
    made.registry.types = {**old.registry.types, **new.registry.types}
    made.registry.resources = {**old.registry.resources, **new.registry.resources}
    made.event_sinks = [*old.event_sinks, *new.event_sinks]
    made.encrypted_param_names = list(old.encrypted_param_names)
    return made


def all_declared(template: Template, files: Mapping[str, str], faults: list[TemplateError]) -> dict[str, Parameter]:
    """The parameters of the template, and of templates among the files; environments may speak of both.

    Source: Heat 27 reads all of them at once, and refuses a wrong declaration in any.
    """
    found: dict[str, Parameter] = {}
    for name, text in files.items():
        if not any(key in text for key in KEYS):
            continue
        try:
            inner = Template.read(text, name)
        except TemplateError:
            continue
        wrong: list[TemplateError] = []
        found.update(inner.parameters(wrong))
        faults += [inner.place(error) for error in wrong]
    found.update(template.parameters(faults))
    return found


def description(stack: Stack) -> dict[str, Any]:
    """The stack and its resources as `abandon` and `export` give them."""
    return {
        "name": stack.name, "id": stack.id, "action": stack.action, "status": stack.status,
        "environment": stack.environment.to_dict() | {"encrypted_param_names": stack.environment.encrypted_param_names},
        "files": dict(stack.files), "template": dict(stack.template.data), "project_id": stack.project_id,
        "stack_user_project_id": stack.project_id, "tags": stack.tags,
        "resources": {
            name: description(stack.children[each.id]) if each.id in stack.children else {
                "name": name, "resource_id": each.physical_id, "type": each.type, "action": each.action,
                "status": each.status, "metadata": each.metadata,
                "resource_data": {key: value for key, value in each.data.items() if key != "before"},
            }
            for name, each in stack.resources.items()
        },
    }  # fmt: skip
