"""One resource of a template, read: each key of the right kind, functions parsed, faults noted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kit.hot.errors import (
    FunctionError,
    InvalidExternalResourceDependency,
    MissingParameter,
    Path,
    StackValidationFailed,
    TemplateError,
    UserParameterMissing,
)
from kit.hot.functions.base import Function, attempt, parse
from kit.hot.parts import ResourceDefinition
from kit.hot.suggest import did_you_mean

if TYPE_CHECKING:
    from kit.hot.definition import Definition


def read_resource(definition: Definition, name: str, snippet: Mapping[str, Any]) -> ResourceDefinition | None:
    """A resource as the template says it; what has the wrong form is noted in the definition."""
    names, path = definition.section, (definition.section.resources, name)
    faults = definition.definition_faults

    def fault(what: str, key: str, todo: str = "") -> None:
        error = StackValidationFailed(what, todo=todo, rule="keyword-kind")
        error.anchor = (*path, key)
        faults.append(error)

    def part(key: str, kinds: type | tuple[type, ...], word: str, parsed: bool = True) -> Any:
        if key not in snippet:
            return None
        before = len(faults)
        value = definition.parse(snippet[key], (*path, key), faults) if parsed else snippet[key]
        if len(faults) > before:
            return value if isinstance(value, kinds) else None
        if not isinstance(value, kinds):
            fault(f"Resource {name} {key} type must be {word}", key)
            return None
        return value

    if "/" in name:
        error = StackValidationFailed('Resource name may not contain "/"', rule="name")
        error.anchor = path
        faults.append(error)
    kind = part(names.type, str, "string")
    both = (dict, Function)
    properties = part(names.properties, both, "object")
    if isinstance(properties, Function):
        fault(f"TypeError: resources.{name}: properties cannot be a function", names.properties, "Write a map of them.")
        properties = None
    metadata = part(names.metadata, both, "object")
    depends = part(names.depends_on, (str, list), "list or string", False)
    if isinstance(depends, str):
        depends = [depends]
    elif depends and not all(isinstance(item, str) for item in depends):
        fault(f"Resource {name} {names.depends_on} must be a list of strings", names.depends_on)
        depends = [item for item in depends if isinstance(item, str)]
    policy = _policy(definition, part(names.deletion_policy, (str, Function), "string"), (*path, names.deletion_policy))
    update_policy = part(names.update_policy, both, "object")
    description = part(names.description, str, "string", False)
    condition, external = None, None
    if definition.version.has_conditions:
        if definition.version.hot:
            external = part("external_id", (str, Function), "string")
        condition = _condition_of(definition, name, snippet, path)
    if external is not None and depends:
        what = f"Invalid dependency with external {kind} resource: {snippet['external_id']}"
        faults.append(InvalidExternalResourceDependency(what, anchor=(*path, names.depends_on)))
    if kind is None:
        return None
    return ResourceDefinition(
        name, kind, properties, metadata, depends, "Retain" if external is not None else policy, update_policy,
        description or "", external, condition,
    )  # fmt: skip


def _condition_of(definition: Definition, name: str, snippet: Mapping[str, Any], path: Path) -> Any:
    key = definition.section.condition
    if key not in snippet:
        return None
    before = len(definition.definition_faults)
    here = (*path, key)
    value = parse(definition.version.in_conditions, definition, snippet[key], here, definition.definition_faults)
    if len(definition.definition_faults) == before and not isinstance(value, str | bool | Function):
        word = "string_or_boolean" if definition.version.hot else "string or boolean"
        error = StackValidationFailed(f"Resource {name} {key} type must be {word}", rule="keyword-kind")
        error.anchor = here
        definition.definition_faults.append(error)
        return None
    return value


def _policy(definition: Definition, value: Any, path: Path) -> str | None:
    try:
        policy = attempt(value)
    except FunctionError as error:
        note(error, path, definition.definition_faults, "deletion-policy")
        return None
    if policy is None:
        return None
    if policy not in definition.version.deletion_policies:
        todo = did_you_mean(policy, definition.version.deletion_policies, "Policies are")
        what = f'Invalid deletion policy "{policy}"'
        fault = StackValidationFailed(what, todo=todo, rule="deletion-policy", anchor=path)
        definition.definition_faults.append(fault)
        return None
    return definition.version.deletion_policies[policy]


def note(error: Exception, path: Path, faults: list[TemplateError], rule: str) -> None:
    """Note an error of a function as a fault, unless its cause is told already."""
    if isinstance(error, TemplateError):
        if error not in faults:
            faults.append(error)
    elif isinstance(error, MissingParameter):
        faults.append(UserParameterMissing(error.what, anchor=path, todo=error.todo))
    elif isinstance(error, FunctionError) and not error.follows:
        faults.append(StackValidationFailed(error.what, path=path, todo=error.todo, rule=rule))
