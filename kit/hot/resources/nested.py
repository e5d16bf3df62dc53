"""Resources that are stacks of their own: a template file used as a type, and the base of all groups.

Source: Heat 27, `StackResource` and `TemplateResource`. A stack inside is always looked at on an update, even
when nothing changed outside; its failure is told with the path to the leaf.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from kit.hot.definition import Definition
from kit.hot.environment import Environment
from kit.hot.errors import (
    FunctionError,
    InvalidTemplateAttribute,
    ResourceFailure,
    StackValidationFailed,
    TemplateError,
)
from kit.hot.functions.refer import select
from kit.hot.parameters import Parameter
from kit.hot.parts import Names
from kit.hot.properties import PropertySchema
from kit.hot.resources.base import Kind, Planned, Resource
from kit.hot.template import MOST_RESOURCES, Template
from kit.hot.types import ResourceType

if TYPE_CHECKING:
    from kit.hot.stack import Stack

REMOTE = ("http://", "https://")


@dataclass
class Child:
    """What a stack inside is made of."""

    template: Template
    parameters: Mapping[str, Any] = field(default_factory=dict)
    without: str = ""  # the type whose mapping does not hold inside
    old_files: bool = False  # whether files that the stack inside had are there still


class StackKind(Kind):
    """A type whose resource is a stack."""

    nested = True
    always_updates = True
    url = "nested_stack"

    def child(self, definition: Definition, name: str, values: Mapping[str, Any], resource: Resource | None) -> Child:
        """The stack inside.

        Parameters
        ----------
        definition : Definition
            Of the stack around.
        values : mapping
            The properties, defaults put in.
        resource : Resource or None
            The resource, where there is one already.
        """
        raise NotImplementedError

    def anchor(self, planned: Planned) -> tuple[str, ...]:
        """Where in the text around the stack inside is written."""
        return planned.path

    def plan_child(self, planned: Planned) -> Definition | None:
        """The definition of the stack inside, for validation; None when there is nothing to look at."""
        name = planned.resource.name
        values = planned.properties.values()
        made = self.child(planned.definition, name, values, None)
        return define(planned.definition, name, made)

    # Life

    def begin(self, resource: Resource, made: Child, update: bool) -> None:
        """Begin to make or change the stack inside.

        Raises
        ------
        ResourceFailure
            Its template is wrong.
        """
        stack = resource.stack
        environment = stack.environment.child(made.parameters, resource.name, made.without)
        self._within_limit(resource, made)
        try:
            if update:
                child = stack.children[resource.id]
                # While a group is changed in batches, members of before still need theirs.
                files = {**child.files, **stack.files} if made.old_files else stack.files
                child.begin_update(made.template, environment, files)
            else:
                child = stack.begin_child(resource, made.template, environment)
                resource.physical_id = child.id
        except TemplateError as error:
            raise ResourceFailure(error.message, error.code) from None

    def _within_limit(self, resource: Resource, made: Child) -> None:
        """Refuse what would make the whole tree too large. Source: Heat 27, `_validate_nested_resources`."""
        root = resource.stack
        while root.parent is not None:
            root = root.parent.stack
        child = self.inside(resource)
        there = _size(root) - (len(child.resources) if child is not None else 0)
        if there + len(made.template.section(made.template.version.names.resources)) > MOST_RESOURCES:
            told = "Request limit exceeded: Maximum resources per stack exceeded."
            raise ResourceFailure(told, "RequestLimitExceeded")

    def create(self, resource: Resource) -> None:
        made = self.child(resource.stack.definition, resource.name, resource.properties, resource)
        self.begin(resource, made, False)

    def update(self, resource: Resource, changed: Mapping[str, Any]) -> None:
        made = self.child(resource.stack.definition, resource.name, resource.properties, resource)
        self.begin(resource, made, resource.id in resource.stack.children)

    def inside(self, resource: Resource) -> Stack | None:
        """The stack inside, where there is one."""
        return resource.stack.children.get(resource.id)

    def _done(self, resource: Resource) -> bool:
        child = self.inside(resource)
        if child is None:
            return True
        if child.step() and not (child.task is not None and child.task.drained):
            return False
        if child.status == "FAILED":
            failure = child.failure
            raise ResourceFailure(
                failure.what if failure else child.reason, failure.kind if failure else "ResourceFailure",
                failure.path if failure else (),
            )  # fmt: skip
        return True

    def created(self, resource: Resource) -> bool:
        return self._done(resource)

    def updated(self, resource: Resource) -> bool:
        return self._done(resource)

    def delete(self, resource: Resource) -> None:
        child = self.inside(resource)
        if child is not None:
            child.begin_delete()

    def deleted(self, resource: Resource) -> bool:
        done = self._done(resource)
        if done:
            resource.stack.children.pop(resource.id, None)
        return done

    def suspend(self, resource: Resource) -> None:
        child = self.inside(resource)
        if child is not None:
            child.begin_action("SUSPEND")

    def suspended(self, resource: Resource) -> bool:
        return self._done(resource)

    def resume(self, resource: Resource) -> None:
        child = self.inside(resource)
        if child is not None:
            child.begin_action("RESUME")

    def resumed(self, resource: Resource) -> bool:
        return self._done(resource)

    def snapshot(self, resource: Resource) -> None:
        child = self.inside(resource)
        if child is not None:
            child.begin_action("SNAPSHOT")

    def snapshotted(self, resource: Resource) -> bool:
        return self._done(resource)

    def inspect(self, resource: Resource) -> None:
        child = self.inside(resource)
        if child is not None:
            child.begin_action("CHECK")
            while child.step():
                resource.stack.backend.wait(1.0)
            if child.status == "FAILED":
                raise ResourceFailure(child.reason)

    # Values

    def asked(self, members: list[str], key: str, path: list[Any]) -> Iterator[tuple[str, Any]]:
        """The attributes of members that an attribute of this one stands for."""
        return iter(())

    def members(self, resource: Resource) -> list[Resource]:
        """The resources inside that are not failed, the oldest first."""
        child = self.inside(resource)
        if child is None:
            return []
        return [each for each in child.members() if each.status != "FAILED"]

    def of_member(self, resource: Resource, key: str, path: list[Any]) -> Any:
        """`resource.NAME` or `resource.NAME.ATTRIBUTE`."""
        parts = [*key.split(".", 2)[1:], *path]
        child = self.inside(resource)
        if len(parts) > 1 and not (child is not None and child.resources):
            return None  # an empty group has no members to miss. Source: Heat 27, `grouputils.get_resource`
        member = child.resources.get(parts[0]) if child is not None else None
        if member is None:
            raise FunctionError(f"Member '{parts[0]}' not found in group resource '{resource.name}'.")
        if len(parts) == 1:
            return member.reference()
        return member.attribute(parts[1], parts[2:])


def _size(stack: Stack) -> int:
    """The resources of a stack and of all stacks inside it."""
    return len(stack.resources) + sum(map(_size, stack.children.values()))


class TemplateKind(StackKind):
    """A template file as a type: its parameters are properties, its outputs attributes.

    Raises
    ------
    StackValidationFailed
        The file is missing, or does not suit the type it stands for.
    """

    refreshes_metadata = True

    def __init__(self, type: str, file: str, definition: Definition, facade: Kind | None) -> None:
        self.url = file
        text = definition.files.get(file)
        if text is None:
            why = "No connection to fetch it" if file.startswith(REMOTE) else "Invalid URL scheme "
            raise StackValidationFailed(
                f'Could not fetch remote template "{file}": {why}', rule="missing-file",
                todo="Give the file along with the template.",
            )  # fmt: skip
        self.template = Template.read(text, file)
        faults: list[TemplateError] = []
        self.declared: Mapping[str, Parameter] = self.template.parameters(faults)
        if faults:
            raise self.template.place(faults[0])
        outputs = self.template.section(self.template.version.names.outputs)
        defaults = definition.environment.parameter_defaults
        properties = {name: _as_property(each, name in defaults) for name, each in self.declared.items()}
        super().__init__(ResourceType(type, properties, dict.fromkeys(map(str, outputs), ""), any_attribute=True))
        if facade is not None and not facade.answers_anything:
            self._suits(type, facade)

    def _suits(self, type: str, facade: Kind) -> None:
        """Whether the file takes and gives what the type it stands for does. Source: Heat 27."""

        def fault(what: str) -> StackValidationFailed:
            return StackValidationFailed(what, rule="facade")

        for name, schema in facade.type.properties.items():
            own = self.type.properties.get(name)
            if own is None:
                if schema.required:
                    raise fault(f"Required property {name} for facade {type} missing in provider")
            elif (schema.kind if schema.kind != "integer" else "number") != own.kind:
                kinds = f"({schema.kind.capitalize()}) and provider ({own.kind.capitalize()})"
                raise fault(f"Property {name} type mismatch between facade {type} {kinds}")
        for name, schema in self.type.properties.items():
            if schema.required and name not in facade.type.properties:
                raise fault(f"Provider requires property {name} unknown in facade {type}")
        for name in facade.type.attributes:
            if name not in self.type.attributes and name != "show":
                raise fault(f"Attribute {name} for facade {type} missing in provider")

    def _parameters(self, given: Mapping[str, Any]) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for name, value in given.items():
            if value is None or name not in self.declared:
                continue
            made[name] = _as_list_text(value) if self.declared[name].kind == "list" else value
        return made

    def child(self, definition: Definition, name: str, values: Mapping[str, Any], resource: Resource | None) -> Child:
        given = resource.frozen.get("properties") or {} if resource is not None else {}
        chosen = {key: values[key] for key in given if key in values} if resource is not None else values
        return Child(self.template, self._parameters(chosen), self.type.name)

    def plan_child(self, planned: Planned) -> Definition | None:
        given: dict[str, Any] = {}
        for key in self.declared:
            if key in planned.properties:
                value = planned.properties.get(key)
                if value is not None:
                    given[key] = value
        made = Child(self.template, self._parameters(given), self.type.name)
        return define(planned.definition, planned.resource.name, made)

    def attribute_names(self, resource: Resource) -> list[str]:
        return list(self.type.attributes)

    def reference(self, resource: Resource) -> Any:
        child = self.inside(resource)
        if child is None:
            return resource.name
        if "OS::stack_id" in child.definition.outputs:
            return child.output("OS::stack_id")
        return child.arn

    def attribute(self, resource: Resource, name: str, path: list[Any]) -> Any:
        child = self.inside(resource)
        if child is None:
            return None
        if name.startswith("resource."):
            return self.of_member(resource, name, path)
        if name not in child.definition.outputs:
            raise InvalidTemplateAttribute(f"The Referenced Attribute ({resource.name} {name}) is incorrect.")
        try:
            value = child.output(name)
        except FunctionError as error:
            raise FunctionError(f"Error in {resource.name} output {name}: {error.what}") from None
        return select(value, path)

    def check(self, planned: Planned) -> Iterator[TemplateError]:
        return iter(())


class CfnStack(StackKind):
    """AWS::CloudFormation::Stack: a template by its address, which must be among the files."""

    def child(self, definition: Definition, name: str, values: Mapping[str, Any], resource: Resource | None) -> Child:
        url = str(values["TemplateURL"])
        text = definition.files.get(url)
        if text is None:
            raise StackValidationFailed(
                f"Could not fetch remote template '{url}'", rule="missing-file", todo="Give it along with the template."
            )
        return Child(Template.read(text, url), values.get("Parameters") or {})

    def attribute(self, resource: Resource, name: str, path: list[Any]) -> Any:
        child = self.inside(resource)
        if child is None:
            return None
        if not name.startswith("Outputs."):
            return super().attribute(resource, name, path)
        return select(child.output(name.removeprefix("Outputs.")), path)

    def reference(self, resource: Resource) -> Any:
        child = self.inside(resource)
        return resource.name if child is None else child.arn


def _as_property(parameter: Parameter, has_default: bool) -> PropertySchema:
    return PropertySchema(
        parameter.kind, parameter.required and not has_default, None, True, constraints=parameter.constraints,
        loose=parameter.kind in ("map", "list"),
    )  # fmt: skip


def _as_list_text(value: Any) -> str:
    if not isinstance(value, list):
        return str(value)
    if value and isinstance(value[0], dict):
        return ",".join(
            f".member.{place}.{key}={each}" for place, item in enumerate(value) for key, each in item.items()
        )
    texts = ["" if item is None else item for item in value]
    for place, item in enumerate(texts):
        if not isinstance(item, str):
            what = f"sequence item {place}: expected str instance, {type(item).__name__} found"
            raise StackValidationFailed(what, todo="A comma list that is given to a template takes texts only.")
    return ",".join(texts)


def define(definition: Definition, name: str, made: Child) -> Definition:
    """The definition of a stack inside, before there is one."""
    environment: Environment = definition.environment.child(made.parameters, name, made.without)
    names = replace(definition.names, stack=f"{definition.names.stack}-{name}" if definition.names.stack else "")
    return Definition(
        made.template, environment, definition.files, names if isinstance(names, Names) else Names(),
        unknown_ok=True, parent=lambda part: {} if part != "deletion_policy" else "Delete",
    )  # fmt: skip
