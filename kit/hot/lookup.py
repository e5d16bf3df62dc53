"""From a type's name in a template to what it does: through the registry, to a kind or a template file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from kit.hot.definition import Definition
from kit.hot.errors import StackValidationFailed, TemplateError, TemplateSyntaxError
from kit.hot.parts import ResourceDefinition
from kit.hot.properties import Properties
from kit.hot.registry import FILES
from kit.hot.resources.base import Backend, Kind, Planned
from kit.hot.resources.nested import TemplateKind
from kit.hot.suggest import did_you_mean
from kit.hot.types import type_names

DEEPEST_STACK = 5


@dataclass
class Lookup:
    """The kinds of one definition's resources.

    Parameters
    ----------
    definition : Definition
        It is told which attributes planned resources have.
    backend : Backend
        Knows the types.
    depth : int
        How many stacks are above.
    """

    definition: Definition
    backend: Backend
    depth: int = 0
    _kinds: dict[tuple[str, str], Kind | TemplateError] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.definition.known = self._knows
        self.spread = dict(self._spread())

    def _spread(self) -> Iterator[tuple[str, str]]:
        """Mappings of one resource that hold for all of its type.

        Source: Heat 27 remembers such a mapping to a type under the type's own name once it is used, a fault that
        templates see.
        """
        own = self.definition.environment.registry.resources
        for resource in self.definition.resources.values():
            value = own.get(resource.name, {}).get(resource.type)
            if isinstance(value, str) and not value.endswith(FILES) and value != resource.type:
                yield resource.type, value

    def kind(self, resource: ResourceDefinition) -> Kind:
        """What a resource's type does.

        Raises
        ------
        StackValidationFailed
            The type could not be found, or its template file is missing or wrong.
        """
        key = (resource.type, resource.name if self.definition.environment.registry.resources else "")
        found = self._kinds.get(key)
        if found is None:
            try:
                found = self._find(resource)
            except TemplateError as error:
                found = error
            self._kinds[key] = found
        if isinstance(found, TemplateError):
            raise found
        return found

    def _find(self, resource: ResourceDefinition) -> Kind:
        registry = self.definition.environment.registry
        if not isinstance(resource.type, str) or not resource.type:
            raise StackValidationFailed(f'Resource "{resource.name}" type is not a string', rule="unknown-type")
        try:
            wanted = self.spread.get(resource.type, resource.type)
            target = registry.find(wanted, resource.name, lambda type: self.backend.kind(type) is not None)
        except StackValidationFailed as error:
            error.todo = error.todo or did_you_mean(resource.type, type_names(True), "Types are")
            raise
        if target.file:
            try:
                facade = self._facade(resource, target.file)
                return TemplateKind(resource.type, target.file, self.definition, facade)
            except TemplateSyntaxError as error:
                told = StackValidationFailed(error.what, todo=error.todo, rule=error.rule)
                told.position, told.quote, told.file = error.position, error.quote, error.file
                raise told from None
        found = self.backend.kind(target.type)
        assert found is not None
        return found

    def _facade(self, resource: ResourceDefinition, file: str) -> Kind | None:
        """What a template file stands for: the type by its other mapping, or as it is without any."""
        other = self.definition.environment.registry.types.get(resource.type)
        if isinstance(other, str) and other.endswith(FILES) and other != file:
            return TemplateKind(resource.type, other, self.definition, None)
        return self.backend.kind(resource.type)

    def _knows(self, resource: ResourceDefinition, attribute: str) -> bool:
        try:
            return self.kind(resource).knows(None, attribute)
        except TemplateError:
            return True  # the type's own fault is told

    def properties(self, resource: ResourceDefinition) -> Properties:
        """The properties of a resource against its type."""
        kind = self.kind(resource)
        data = resource.properties if isinstance(resource.properties, dict) else {}
        section = self.definition.section
        path = (section.resources, resource.name, section.properties)
        return Properties(kind.schema(None, data), data, path, kind.type.renamed)

    def planned(self) -> Iterator[tuple[Kind, Planned]]:
        """All resources whose type is known."""
        section = self.definition.section
        for resource in self.definition.resources.values():
            try:
                kind = self.kind(resource)
            except TemplateError:
                continue
            path = (section.resources, resource.name)
            yield kind, Planned(self.definition, resource, self.properties(resource), path)
