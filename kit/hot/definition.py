"""A template with an environment: parameters have values, conditions are decided, functions are parsed.

This is the scope in which functions are resolved. The faults met on the way are collected in Heat's order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kit.hot.environment import Environment
from kit.hot.errors import FunctionError, Path, StackValidationFailed, TemplateError, ValueUnknown
from kit.hot.functions.base import Function, ResourceView, Unknown, attempt, parse, plain
from kit.hot.outline import note, read_resource
from kit.hot.parameters import MISSING, Parameter, Parameters
from kit.hot.parts import Names, OutputDefinition, Planned, ResourceDefinition
from kit.hot.suggest import did_you_mean
from kit.hot.template import Template
from kit.hot.text import kind_name
from kit.hot.versions import AWS

ZONES = ("nova",)


@dataclass
class Definition:
    """A stack's definition.

    Parameters
    ----------
    template, environment
        What the stack is made of.
    files : mapping
        Texts for get_file and nested templates.
    names : Names
        For pseudo parameters.
    view : callable, optional
        Gives the live resource of a name; default one that is only planned.
    known : callable, optional
        Whether a planned resource of a definition has an attribute.
    unknown_ok : bool
        Whether parameters may lack values, for a look at the template alone.
    parent : callable, optional
        Gives a part of the parent's resource, for `resource_facade`.
    """

    template: Template
    environment: Environment = field(default_factory=Environment)
    files: Mapping[str, str] = field(default_factory=dict)
    names: Names = field(default_factory=Names)
    view: Callable[[str], ResourceView | None] | None = None
    known: Callable[[ResourceDefinition, str], bool] | None = None
    unknown_ok: bool = False
    parent: Callable[[str], Any] | None = None
    zone_names: Sequence[str] = ZONES

    def __post_init__(self) -> None:
        self.faults: list[TemplateError] = []
        self.resources: dict[str, ResourceDefinition] = {}
        self.removed: set[str] = set()
        self.outputs: dict[str, OutputDefinition] = {}
        self.conditions: dict[str, Any] = {}
        self._decided: dict[str, Any] = {}
        self._bad: set[str] = set()
        self.version = self.template.version
        self.section = self.version.names
        self.declaration_faults: list[TemplateError] = []
        declared = self.template.parameters(self.declaration_faults)
        self.parameters = Parameters(
            declared, self.environment.parameters, self.environment.parameter_defaults, self._pseudo(),
            self.section.parameters,
        )  # fmt: skip
        self._declared_badly = {str(error.anchor[1]) for error in self.declaration_faults if len(error.anchor) > 1}
        self.structure_faults = list(self.template.faults())
        self._broken = {str(error.anchor[1]) for error in self.structure_faults if len(error.anchor) > 1}
        self.value_faults = list(self._value_faults())
        self._parse_conditions()
        self._parse_resources()
        self._parse_outputs()

    def _pseudo(self) -> dict[str, Any]:
        names = self.names
        if self.version.hot:
            found = {"OS::stack_id": names.stack_id, "OS::project_id": names.project_id}
            return found | ({"OS::stack_name": names.stack} if names.stack else {})
        found = {"AWS::StackId": "None"}
        if names.stack:
            arn = f"arn:openstack:heat::{names.project_id}:stacks/{names.stack}/{names.stack_id or None}"
            found |= {"AWS::StackId": arn, "AWS::StackName": names.stack, "AWS::Region": names.region}
        return found

    def _value_faults(self) -> Iterator[TemplateError]:
        for error in self.parameters.faults():
            name = str(error.anchor[1]) if len(error.anchor) > 1 else ""
            if name in self._declared_badly or (not name and error.family == "parameter-value" and self._unjudged()):
                continue
            if self.unknown_ok and name and self.parameters.given(name) is MISSING:
                continue
            if name:
                self._bad.add(name)
            yield error

    def _unjudged(self) -> bool:
        return any(error.anchor == (self.section.parameters,) for error in self.declaration_faults)

    # The scope of functions

    def parameter(self, name: str) -> Any:
        """The value of a parameter.

        Raises
        ------
        FunctionError
            There is no such parameter; `ValueUnknown` when it is known to be wrong or to have none.
        """
        if name in self._bad or name in self._declared_badly:
            raise ValueUnknown(f"The Parameter ({name}) is wrong.")
        if self.unknown_ok and name in self.parameters.declared and self.parameters.given(name) is MISSING:
            raise ValueUnknown(f"The Parameter ({name}) was not provided.")
        return self.parameters[name]

    def has(self, name: str) -> bool:
        """Whether the stack has a resource, conditions decided."""
        return name in self.resources or name in self._planned

    @property
    def mappings(self) -> Mapping[str, Any]:
        """For Fn::FindInMap."""
        return self.template.mappings

    def resource(self, name: str) -> ResourceView:
        """A resource, live or planned."""
        live = self.view(name) if self.view else None
        if live is not None:
            return live
        definition = self.resources.get(name)
        known = self.known
        if definition is None or known is None:
            return Planned(name, lambda attribute: True)
        return Planned(name, lambda attribute: known(definition, attribute))

    def zones(self) -> list[str]:
        """The availability zones."""
        return list(self.zone_names)

    def facade(self, part: str) -> Any:
        """A part of the parent's resource.

        Raises
        ------
        FunctionError
            The stack has no parent.
        """
        if self.parent is None:
            raise FunctionError("resource_facade works only in a template that another one uses as a type")
        return self.parent(part)

    def condition(self, snippet: Any, path: Path) -> Any:
        """A condition parsed: a name, a boolean or a condition function."""
        return parse(self.version.in_conditions, self, snippet, path)

    def enabled(self, condition: Any) -> bool:
        """Whether a condition holds.

        Raises
        ------
        FunctionError
            There is none of that name.
        StackValidationFailed
            It is defined by itself, or is no condition.
        """
        if condition is None:
            return True
        if isinstance(condition, bool):
            return condition
        if not isinstance(condition, str) or condition not in self.conditions:
            todo = did_you_mean(condition, self.conditions, "Conditions are") or "The template has no conditions."
            raise FunctionError(f'Invalid condition "{condition}"', todo=todo)
        if condition not in self._decided:
            self._decided[condition] = ...
            try:
                self._decided[condition] = self._decide(condition)
            except BaseException:
                del self._decided[condition]
                raise
        if self._decided[condition] is ...:
            raise self._condition_fault(condition, f'Circular definition for condition "{condition}"')
        return bool(self._decided[condition])

    def _decide(self, name: str) -> bool:
        value = attempt_condition(self.conditions[name])
        if not isinstance(value, bool):
            raise self._condition_fault(name, f'The definition of condition "{name}" is invalid: {value}')
        return value

    def _condition_fault(self, name: str, what: str) -> StackValidationFailed:
        error = StackValidationFailed(what, rule="condition")
        error.prefix, error.anchor = "Condition validation error", (self.section.conditions, name)
        return error

    # Parsing

    def parse(self, snippet: Any, path: Path, faults: list[TemplateError] | None = None) -> Any:
        """A piece of the template with its functions found."""
        return parse(self.version.functions, self, snippet, path, faults)

    def _parse_conditions(self) -> None:
        self.condition_faults: list[TemplateError] = []
        if not self.version.has_conditions:
            return
        name = self.section.conditions
        raw = self.template.data.get(name, {})
        if not isinstance(raw, dict):
            error = StackValidationFailed(
                f"Condition definitions must be a map. Found a {kind_name(raw)} instead", rule="condition"
            )
            error.prefix, error.anchor = "Conditions validation error", (name,)
            self.condition_faults.append(error)
            return
        for key, snippet in raw.items():
            parsed = parse(self.version.in_conditions, self, snippet, (name, key), self.condition_faults)
            self.conditions[key] = parsed
            if not isinstance(parsed, bool | Function):
                what = f'The definition of condition "{key}" is invalid: {parsed}'
                fault = self._condition_fault(key, what)
                if parsed is not None or not any(error.path[:2] == (name, key) for error in self.condition_faults):
                    self.condition_faults.append(fault)
                self.conditions[key] = _wrong_condition(self, key)

    def _parse_resources(self) -> None:
        self.definition_faults: list[TemplateError] = []
        self._planned: set[str] = set()
        section = self.section.resources
        raw = self.template.section(section)
        self._planned = {str(name) for name in raw}
        for name, snippet in raw.items():
            if name in self._broken and not (isinstance(snippet, dict) and snippet.get(self.section.type)):
                continue
            if not isinstance(snippet, dict):
                continue
            before = len(self.definition_faults)
            definition = read_resource(self, str(name), snippet)
            if definition is None:
                continue
            try:
                enabled = self.enabled(attempt_condition(definition.condition))
            except ValueUnknown:
                enabled = True
            except (FunctionError, TemplateError) as error:
                if len(self.definition_faults) == before:
                    path = (section, name, self.section.condition)
                    note(error, path, self.definition_faults, "condition")
                enabled = True
            if enabled:
                self.resources[str(name)] = definition
            else:
                self.removed.add(str(name))
        self._planned = {str(name) for name in self._broken}  # their faults are told; do not tell more

    def _parse_outputs(self) -> None:
        self.output_faults: list[TemplateError] = []
        section = self.section.outputs
        raw = self.template.data.get(section) or {}
        if not isinstance(raw, dict):
            what = f"'{kind_name(raw)}' object has no attribute 'items'"
            self.output_faults.append(
                StackValidationFailed(what, anchor=(section,), todo="Outputs are a map of names.")
            )
            return
        for name, snippet in raw.items():
            found = self._output(str(name), snippet, (section, name))
            if found is not None:
                self.outputs[str(name)] = found

    def _output(self, name: str, snippet: Any, path: Path) -> OutputDefinition | None:
        def fault(what: str) -> None:
            error = StackValidationFailed(what, path=path, rule="output")
            error.prefix = "Output validation error"
            self.output_faults.append(error)

        word = self.section.value
        if not isinstance(snippet, dict):
            fault(f"Output definitions must be a map. Found a {kind_name(snippet)} instead")
            return None
        if word not in snippet:
            fault(f"Each output definition must contain a {word} key.")
            return None
        told = snippet.get(self.section.description)
        description = "No description given" if told is None else str(told)
        key = self.section.condition
        if self.version.has_conditions and snippet.get(key) is not None:
            here = (*path, key)
            before = len(self.output_faults)
            parsed = parse(self.version.in_conditions, self, snippet[key], here, self.output_faults)
            try:
                if len(self.output_faults) == before and not self.enabled(attempt_condition(parsed)):
                    return OutputDefinition(name, None, description, False)
            except (FunctionError, TemplateError) as error:
                note(error, here, self.output_faults, "condition")
        value = self.parse(snippet[word], (*path, word), self.output_faults)
        return OutputDefinition(name, value, description)

    @property
    def aws(self) -> bool:
        """Whether it is of CloudFormation's own form."""
        return self.version.key == AWS

    def resolve_output(self, name: str) -> Any:
        """The value of an output.

        Raises
        ------
        FunctionError
            It cannot be given; Heat tells it as the output's error, and the stack is fine.
        """
        return plain(attempt(self.outputs[name].value))

    def schemata(self) -> Mapping[str, Parameter]:
        """The declared parameters."""
        return self.parameters.declared


def attempt_condition(value: Any) -> Any:
    """A parsed condition resolved; faults of conditions inside stay what they are."""
    if not isinstance(value, Function):
        return value
    try:
        return value.result()
    except (FunctionError, TemplateError):
        raise
    except Exception as error:
        raise FunctionError(f"{error}") from error


def _wrong_condition(scope: Any, name: str) -> Function:
    return Unknown(scope, name, ValueUnknown(f'The condition "{name}" is wrong.'))
