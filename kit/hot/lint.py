"""A linter: all faults of a template at once, and the traps of the language, each with line and column.

Source of the traps: behaviour of Heat 27 that was observed by running it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kit.errors import HotError
from kit.hot.api import inspect_template
from kit.hot.definition import attempt_condition
from kit.hot.errors import FunctionError, Path, TemplateError, UnknownResource, show_path
from kit.hot.findings import Finding, Findings
from kit.hot.functions.base import attempt, references
from kit.hot.near_functions import near_functions
from kit.hot.resources.base import Backend
from kit.hot.template import Template
from kit.hot.text import Map, locate, quote
from kit.hot.validate import Validation
from kit.hot.versions import EXTENSION, VERSIONS, first_with

# What HOT's functions are called in CloudFormation's form.
CFN = {
    name: f"In this form it is `{other}`."
    for name, other in (
        ("get_attr", "Fn::GetAtt"), ("get_param", "Ref"), ("get_resource", "Ref"), ("list_join", "Fn::Join"),
        ("str_replace", "Fn::Replace"), ("str_split", "Fn::Split"), ("resource_facade", "Fn::ResourceFacade"),
        ("if", "Fn::If"),
    )
}  # fmt: skip
PERCENT = "percent_change_in_capacity"


def lint(
    text: str, *, name: str = "", files: Mapping[str, str] | None = None,
    environment: Mapping[str, Any] | str | None = None, environment_files: Sequence[str] = (),
    parameters: Mapping[str, Any] | None = None, backend: Backend | None = None,
) -> Findings:  # fmt: skip
    """What is wrong with a template, and what is surely not meant.

    Parameters
    ----------
    text : str
        YAML or JSON.
    name : str
        The file, told with each finding.
    parameters : mapping, optional
        Values; what rests on a parameter without one is not judged.

    Returns
    -------
    Findings
        Empty when there is nothing; a text that does not parse is one finding.

    Examples
    --------
    >>> lint("heat_template_version: 2015-04-30\\noutputs: {o: {value: {str_split: [',', 'a,b']}}}").rules
    ['resources-empty', 'function-newer']
    """
    try:
        template = Template.read(text, name)
        checked = inspect_template(
            template, files=files, environment=environment, environment_files=environment_files,
            parameters=parameters, backend=backend, need_values=False, name="stack",
        )  # fmt: skip
    except TemplateError as error:
        error.file = error.file or name
        return Findings([Finding.of(error)])
    found = [Finding.of(fault) for fault in checked.faults]
    return Findings([*found, *Traps(checked).findings()])


class Traps:
    """What is legal but not meant, in one template."""

    def __init__(self, checked: Validation) -> None:
        self.checked = checked
        self.definition = checked.definition
        self.template = self.definition.template
        self.version = self.template.version
        self.section = self.version.names

    def findings(self) -> Iterator[Finding]:
        """All of them."""
        for look in (
            self.version_of_the_kit, self.names, self.twice, self.description, self.empty, self.newer, self.near,
            self.unused, self.output_keys, self.output_errors, self.depends, self.conditions, self.deprecated, self.defaults,
            self.percent, self.comma_lists, self.mappings,
        ):  # fmt: skip
            yield from look()

    def found(self, rule: str, severity: str, message: str, path: Path, todo: str = "") -> Finding:
        position = locate(self.template.data, path)
        line = quote(self.template.text, position)
        return Finding(rule, severity, message, show_path(path), position, line, todo, self.template.name)

    def version_of_the_kit(self) -> Iterator[Finding]:
        if self.version.extension:
            what = f"{EXTENSION} is a version of this kit's own; no real Heat takes it"
            yield self.found("version-extension", "note", what, (self.version.key,), "Use it to learn, not to deploy.")

    def names(self) -> Iterator[Finding]:
        section = self.section
        for part in (section.parameters, section.conditions, section.resources, section.outputs):
            raw = self.template.section(part)
            for key in raw:
                read = raw.spelt.get(key, key) if isinstance(raw, Map) else key
                if not isinstance(read, str):
                    what = f"YAML reads this name as {read!r}, which is no text"
                    yield self.found("name-kind", "warning", what, (part, key), "Put the name in quotes.")

    def twice(self) -> Iterator[Finding]:
        for key, position in self.template.twice():
            line = quote(self.template.text, position)
            what = f"the key {key!r} stands twice in one map; only the last one counts"
            yield Finding("key-twice", "warning", what, key, position, line, "Remove one.", self.template.name)

    def description(self) -> Iterator[Finding]:
        key = self.section.description
        if isinstance(self.template.data.get(key), dict):
            what = "the description is a map; what is written below it is no part of the template"
            yield self.found("description-kind", "warning", what, (key,), "Move the sections to the left.")

    def empty(self) -> Iterator[Finding]:
        if not self.template.section(self.section.resources) and not self.template.data.get(self.section.resources):
            what = "the template has no resources: a stack of it is made, and holds nothing"
            yield self.found("resources-empty", "warning", what, (self.section.resources,), "Is a section indented?")

    def newer(self) -> Iterator[Finding]:
        """Functions of another version, which are plain data here."""
        known = {name for version in VERSIONS.values() if version.hot for name in version.function_names(True)}
        table = {**self.version.in_conditions, **self.version.functions}
        for section in (self.section.resources, self.section.outputs, self.section.conditions):
            for path, key, args in _single(self.template.data.get(section), (section,)):
                if key not in known or key in table or not isinstance(args, list | dict | str):
                    continue
                first = first_with(key)
                if first is None or (isinstance(args, str) and not key.startswith("get_")):
                    continue
                where = "only in the kit's own version" if first.extension else f"since {first.name}"
                what = f"`{key}` is plain data in {self.version.name}; it is a function {where}"
                todo = "Write it with yaql or repeat." if first.extension else f"Raise the version to {first.name}."
                if not self.version.hot:
                    todo = CFN.get(key, "") or "It is a function of heat_template_version only."
                yield self.found("function-newer", "warning", what, path, todo)

    def near(self) -> Iterator[Finding]:
        """What looks like a function and is none."""
        for rule, what, todo, path in near_functions(self.template):
            yield self.found(rule, "warning", what, path, todo)

    def unused(self) -> Iterator[Finding]:
        used = set(_used(self.template.data))
        name = self.section.parameters
        for key in self.definition.parameters.declared:
            if key not in used:
                what = f"the parameter {key} is used nowhere"
                yield self.found("parameter-unused", "warning", what, (name, key), "Remove it, or use it.")

    def output_keys(self) -> Iterator[Finding]:
        known = {self.section.value, self.section.description}
        known |= {self.section.condition} if self.version.has_conditions else set()
        for name, output in self.template.section(self.section.outputs).items():
            for key in output if isinstance(output, dict) else ():
                if key not in known:
                    what = f"{key!r} is no key of an output, and is passed over"
                    path = (self.section.outputs, name, key)
                    yield self.found(
                        "output-key-unknown", "warning", what, path, f"Keys are: {', '.join(sorted(known))}."
                    )

    def output_errors(self) -> Iterator[Finding]:
        """Outputs that will have an error instead of a value; the stack is made all the same."""
        refused = {
            fault.path[1]
            for fault in self.checked.faults
            if len(fault.path) > 1 and fault.path[0] == self.section.outputs
        }
        for name, output in self.definition.outputs.items():
            if name in refused:
                continue
            path = (self.section.outputs, name, self.section.value)
            try:
                attempt(output.value)
            except UnknownResource as error:
                yield self.found("output-error", "warning", f"this output will have no value: {error.what}", path)
            except FunctionError as error:
                if not error.follows and not any(references(output.value)):
                    what = f"this output will have no value: {error.what}"
                    yield self.found("output-error", "warning", what, path, error.todo)

    def depends(self) -> Iterator[Finding]:
        graph = self.checked.graph
        for name, resource in self.definition.resources.items():
            try:
                implied = {need for part in (resource.properties, resource.metadata) for need, _ in references(part)}
            except FunctionError:
                continue
            for need in resource.depends_on or ():
                further = any(need in graph._reach(other) for other in graph.needs.get(name, ()) if other != need)
                if need in implied or further:
                    why = "a reference says so already" if need in implied else "another dependency says so already"
                    path = (self.section.resources, name, self.section.depends_on)
                    what = f"depends_on {need} is not needed: {why}"
                    yield self.found("depends-on-redundant", "note", what, path, "Remove it.")

    def conditions(self) -> Iterator[Finding]:
        used = set(_condition_names(self.template.data, self.section))
        for name, value in self.definition.conditions.items():
            path = (self.section.conditions, name)
            if name not in used:
                what = f"the condition {name} is used nowhere"
                yield self.found("condition-unused", "warning", what, path, "Remove it, or use it.")
                try:
                    attempt_condition(value)
                except FunctionError:
                    continue
                except HotError as error:
                    yield self.found("condition-wrong", "warning", error.what, path)

    def deprecated(self) -> Iterator[Finding]:
        for kind, planned in self.checked.lookup.planned():
            name, support = planned.resource.name, kind.type.support
            if support.get("status") not in ("SUPPORTED", None):
                what = f"{planned.resource.type} is {str(support['status']).lower()}"
                path = (self.section.resources, name, self.section.type)
                yield self.found("type-support", "warning", what, path, str(support.get("message") or ""))
            for key in planned.properties.data:
                schema = kind.type.properties.get(key)
                if schema is not None and schema.status not in ("SUPPORTED", ""):
                    spot: Path = (self.section.resources, name, self.section.properties, key)
                    what = f"the property {key} is {schema.status.lower()}"
                    yield self.found("property-support", "warning", what, spot, schema.message)

    def defaults(self) -> Iterator[Finding]:
        for kind, planned in self.checked.lookup.planned():
            for key, value in planned.properties.data.items():
                schema = kind.type.properties.get(key)
                default = None if schema is None else schema.default
                if default is not None and type(value) is type(default) and value == default:
                    path = (self.section.resources, planned.resource.name, self.section.properties, key)
                    what = f"{key} is its default; to write it or to leave it away later is an update"
                    yield self.found("property-default", "note", what, path)

    def percent(self) -> Iterator[Finding]:
        for kind, planned in self.checked.lookup.planned():
            if kind.type.name != "OS::Heat::ScalingPolicy" or planned.properties.get("adjustment_type") != PERCENT:
                continue
            if planned.properties.get("min_adjustment_step") is None:
                path = (self.section.resources, planned.resource.name, self.section.properties, "scaling_adjustment")
                what = "a percentage of less than one member is rounded to one, more is rounded towards zero"
                yield self.found("percent-rounding", "note", what, path, "Say min_adjustment_step to be sure.")

    def comma_lists(self) -> Iterator[Finding]:
        for name, parameter in self.definition.parameters.declared.items():
            default = parameter.default
            if (
                parameter.kind == "list"
                and isinstance(default, str)
                and any(item != item.strip() for item in default.split(","))
            ):
                key = "default" if self.version.hot else "Default"
                what = "the spaces around the commas stay in the items"
                path = (self.section.parameters, name, key)
                yield self.found(
                    "comma-list-spaces", "warning", what, path, "Write the items without spaces, or as a list."
                )

    def mappings(self) -> Iterator[Finding]:
        for type, value in self.checked.lookup.spread.items():
            alike = [each.name for each in self.definition.resources.values() if each.type == type]
            if len(alike) > 1:
                what = (
                    f"the mapping of {type} to {value} for one resource holds for all of its type: {', '.join(alike)}"
                )
                path = (self.section.resources, alike[0], self.section.type)
                yield self.found("mapping-spreads", "warning", what, path, "Map the type, or use a template file.")


def _single(data: Any, path: Path) -> Iterator[tuple[Path, str, Any]]:
    """All maps of one key, with where they stand."""
    waiting: list[tuple[Any, Path]] = [(data, path)]
    seen: set[int] = set()
    while waiting:
        part, where = waiting.pop()
        if isinstance(part, dict | list):
            if id(part) in seen:
                continue
            seen.add(id(part))
        if isinstance(part, dict):
            if len(part) == 1:
                key, args = next(iter(part.items()))
                if isinstance(key, str):
                    yield (*where, key), key, args
            waiting += [(value, (*where, key)) for key, value in part.items()]
        elif isinstance(part, list):
            waiting += [(value, (*where, place)) for place, value in enumerate(part)]


def _used(data: Any) -> Iterator[str]:
    """The parameters that are named by get_param or Ref, also from groups and conditions."""
    for _, key, args in _single(data, ()):
        if key in ("get_param", "Ref"):
            name = args[0] if isinstance(args, list) and args else args
            if isinstance(name, str):
                yield name


def _condition_names(data: Any, section: Any) -> Iterator[str]:
    for name in (section.resources, section.outputs):
        for part in (data.get(name) or {}).values() if isinstance(data.get(name), dict) else ():
            if isinstance(part, dict):
                yield from _texts(part.get(section.condition))
    for _, key, args in _single(data, ()):
        if key in ("if", "Fn::If") and isinstance(args, list) and args:
            yield from _texts(args[0])
    conditions = data.get(section.conditions)
    for value in conditions.values() if isinstance(conditions, dict) else ():
        yield from _texts(value)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
