"""Templates looked at without a stack: validated, evaluated, planned, shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kit.errors import HotError
from kit.hot.backend import MemoryBackend
from kit.hot.definition import Definition
from kit.hot.functions.base import attempt
from kit.hot.inputs import Source, read_environment, read_template
from kit.hot.lookup import DEEPEST_STACK
from kit.hot.parts import Names
from kit.hot.plan import Plan, plan_create
from kit.hot.quiet import no_collection
from kit.hot.registry import FILES
from kit.hot.resources.base import Backend
from kit.hot.resources.nested import StackKind
from kit.hot.validate import Validation

SNIPPET = "2021-04-16"


def inspect_template(
    template: Source, *, name: str = "", parameters: Mapping[str, Any] | None = None,
    environment: Mapping[str, Any] | str | None = None, files: Mapping[str, str] | None = None,
    environment_files: Sequence[str] = (), backend: Backend | None = None, need_values: bool = True,
    functions: Mapping[str, Callable[..., Any]] | None = None,
) -> Validation:  # fmt: skip
    """All faults of a template, and its dependency graph.

    Parameters
    ----------
    need_values : bool
        Whether a parameter without value is a fault; without, what rests on it is not judged.

    Raises
    ------
    TemplateError
        The text does not parse, or has no version that anyone knows.
    """
    read = read_template(template, functions)
    env = read_environment(read, parameters, environment, files or {}, environment_files)
    with no_collection():
        definition = Definition(read, env, files or {}, Names(name), unknown_ok=not need_values)
        return Validation(definition, backend or MemoryBackend())


def plan(
    template: Source, *, name: str = "stack", parameters: Mapping[str, Any] | None = None,
    environment: Mapping[str, Any] | str | None = None, files: Mapping[str, str] | None = None,
    environment_files: Sequence[str] = (), backend: Backend | None = None,
) -> Plan:  # fmt: skip
    """What creating a stack would make, in which order.

    Raises
    ------
    TemplateError
        The template is refused.
    """
    checked = inspect_template(
        template, name=name, parameters=parameters, environment=environment, files=files,
        environment_files=environment_files, backend=backend,
    )  # fmt: skip
    checked.raise_first()
    return plan_create(checked)


def shown(
    template: Source, *, parameters: Mapping[str, Any] | None = None,
    environment: Mapping[str, Any] | str | None = None, files: Mapping[str, str] | None = None,
    environment_files: Sequence[str] = (), backend: Backend | None = None, nested: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """What Heat's validate call answers: description, parameters, groups, environment.

    Like Heat's it does not look into stacks inside; `inspect_template` does.

    Parameters
    ----------
    nested : bool
        Whether the parameters of stacks inside are told, too.

    Raises
    ------
    TemplateError
        The template is refused; values of parameters are not looked at.
    """
    read = read_template(template, None)
    env = read_environment(read, parameters, environment, files or {}, environment_files)
    definition = Definition(read, env, files or {}, Names("dummy"), unknown_ok=True)
    checked = Validation(definition, backend or MemoryBackend(), False, deep=False)
    checked.raise_first()
    told = {"Description": read.description, **_parameters(definition)}
    if nested:
        told |= _nested(checked)
    registry = env.to_dict()["resource_registry"]
    learned = {each.type: env.registry.learned(str(each.type), each.name) for each in definition.resources.values()}
    mapped = {type: value for type, value in learned.items() if value is not None}
    files_used = {each.type: each.type for each in definition.resources.values() if str(each.type).endswith(FILES)}
    return told | {"Environment": env.to_dict() | {"resource_registry": {**files_used, **registry, **mapped}}}


def _parameters(definition: Definition) -> dict[str, Any]:
    """The parameters of a definition, and their groups."""
    read, env = definition.template, definition.environment
    told: dict[str, Any] = {"Parameters": {}}
    for key, parameter in definition.parameters.declared.items():
        told["Parameters"][key] = parameter.shown()
        default = env.parameter_defaults.get(key)
        if default is not None:
            told["Parameters"][key]["Default"] = default
        if env.parameters.get(key):
            told["Parameters"][key]["Value"] = env.parameters[key]
    if read.version.hot and read.data.get("parameter_groups"):
        told["ParameterGroups"] = read.data["parameter_groups"]
    return told


def _nested(checked: Validation) -> dict[str, Any]:
    """The parameters of templates that are used as types, by resource, as deep as they go."""
    found: dict[str, Any] = {}
    for kind, planned in checked.lookup.planned():
        if not isinstance(kind, StackKind) or checked.depth >= DEEPEST_STACK:
            continue
        try:
            child = kind.plan_child(planned)
        except HotError:  # the template it names has faults, which a look inside tells
            continue
        if child is None:
            continue
        inside = Validation(child, checked.backend, False, checked.depth + 1, deep=False)
        told = {"Type": planned.resource.type, "Description": child.template.description, **_parameters(child)}
        found[planned.resource.name] = told | _nested(inside)
    return {"NestedParameters": found} if found else {}


def evaluate(
    snippet: Any, *, version: str = SNIPPET, parameters: Mapping[str, Any] | None = None,
    files: Mapping[str, str] | None = None, functions: Mapping[str, Callable[..., Any]] | None = None,
    conditions: Mapping[str, Any] | None = None,
) -> Any:  # fmt: skip
    """The value of a piece of a template.

    Parameters
    ----------
    snippet : str or data
        YAML text, or what it reads to.
    version : str
        Of the template it stands in.
    parameters : mapping, optional
        Values by name; a list is a comma list, a map JSON.
    functions : mapping, optional
        Functions of your own, written in Python.

    Raises
    ------
    TemplateError
        The arguments of a function have the wrong shape.
    FunctionError
        A function cannot give a value.

    Examples
    --------
    >>> evaluate('{str_split: [",", "a,b,c"]}')
    ['a', 'b', 'c']
    >>> evaluate('{suffix: [[a, b], -p]}', version="kit-2015-05-18")
    ['a-p', 'b-p']
    """
    from kit.hot.text import read

    data = read(snippet) if isinstance(snippet, str) else snippet
    kinds = {bool: "boolean", int: "number", float: "number", list: "comma_delimited_list", dict: "json"}
    sections: dict[str, Any] = {"heat_template_version": version, "outputs": {"value": {"value": data}}}
    given = dict(parameters or {})
    if given:
        sections["parameters"] = {key: {"type": kinds.get(type(value), "string")} for key, value in given.items()}
    if conditions:
        sections["conditions"] = dict(conditions)
    checked = inspect_template(sections, parameters=given, files=files, functions=functions)
    checked.raise_first()
    return attempt(checked.definition.outputs["value"].value)
