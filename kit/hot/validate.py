"""All faults of a definition, in the order in which Heat looks, so that the first is the one Heat tells.

Source: Heat 27, `Stack.validate`; Heat stops at the first, this goes on.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from typing import Any

from kit.errors import HotError
from kit.hot.definition import Definition
from kit.hot.dependencies import build
from kit.hot.errors import (
    CircularDependencyException,
    FunctionError,
    Path,
    StackValidationFailed,
    TemplateError,
    UnknownResource,
)
from kit.hot.functions import base
from kit.hot.functions.refer import asked
from kit.hot.graph import Graph
from kit.hot.lookup import DEEPEST_STACK, Lookup
from kit.hot.parts import ResourceDefinition
from kit.hot.properties import Properties, ValueFault
from kit.hot.resources.base import Backend, Kind, Planned
from kit.hot.resources.nested import StackKind
from kit.hot.template import groups_faults

NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9_.-]{0,254}\Z")


class Validation:
    """What is wrong with a definition.

    Parameters
    ----------
    definition : Definition
        The definition.
    backend : Backend
        Knows the types.
    strict : bool
        Whether parameters and properties must have right values; a nested stack is looked at without.
    depth : int
        How many stacks are above.
    deep : bool
        Whether what a type demands beyond its schema, and stacks inside, are looked at, too.

    Attributes
    ----------
    faults : list of TemplateError
        In Heat's order, each with its place in the text.
    graph : Graph
        The dependencies.
    lookup : Lookup
        The kinds.
    """

    def __init__(
        self, definition: Definition, backend: Backend, strict: bool = True, depth: int = 0, deep: bool = True
    ) -> None:  # fmt: skip
        self.definition = definition
        self.backend = backend
        self.strict = strict
        self.depth = depth
        self.deep = deep
        self.lookup = Lookup(definition, backend, depth)
        self.graph = Graph()
        self.faults: list[TemplateError] = []
        seen: set[tuple[str, Path]] = set()
        for fault in self._faults():
            key = (fault.what, fault.anchor or fault.path)
            if key not in seen:
                seen.add(key)
                self.faults.append(definition.template.place(fault))

    def raise_first(self) -> None:
        """Raise the first fault with the others beside it, if there is one."""
        if self.faults:
            first = self.faults[0]
            first.others = self.faults[1:]
            raise first

    def _faults(self) -> Iterator[TemplateError]:
        definition = self.definition
        yield from definition.declaration_faults
        yield from definition.structure_faults
        if definition.names.stack and not self.depth and not NAME.match(definition.names.stack):
            what = 'must contain only alphanumeric or "_-." characters, must start with alpha and must be 255 characters or less.'
            yield StackValidationFailed(f"Invalid stack name {definition.names.stack} {what}", rule="stack-name")
        # Resources are read before anything is judged, and conditions before them.
        yield from (fault for fault in definition.condition_faults if fault.rule == "function-arguments")
        yield from definition.definition_faults
        for fault in definition.value_faults:
            if self.strict or fault.code in ("UnknownUserParameter", "InvalidSchemaError"):
                yield fault
        if definition.version.hot:
            groups = definition.template.data.get("parameter_groups")
            yield from groups_faults(groups, {**definition.parameters.declared, **definition.parameters.pseudo})
        yield from self._conditions()
        yield from self._types()
        yield from self._duplicates()
        references: list[TemplateError] = []
        self.graph = build(definition, self.lookup, references)
        yield from references
        section = definition.section.resources
        for cycle in self.graph.cycles():
            fault = CircularDependencyException(cycle)
            fault.anchor = (section, cycle[0])
            yield fault
        yield from definition.output_faults
        for name in self.graph.order():
            yield from self._resource(definition.resources[name])
        yield from self._outputs()

    def _conditions(self) -> Iterator[TemplateError]:
        definition = self.definition
        yield from definition.condition_faults
        told: list[TemplateError] = []
        for name, value in definition.conditions.items():
            self._functions(value, (definition.section.conditions, name), told)
        yield from told

    def _functions(self, value: Any, path: Path, told: list[TemplateError], skip_unknown: bool = False) -> None:
        def report(where: Path, error: HotError) -> None:
            if isinstance(error, TemplateError):
                told.append(error)
            elif isinstance(error, FunctionError) and error.follows:
                return
            elif not (skip_unknown and isinstance(error, UnknownResource)):
                told.append(StackValidationFailed(error.what, path=where, todo=error.todo, rule="function"))

        base.validate(value, path, report)

    def _types(self) -> Iterator[TemplateError]:
        section = self.definition.section
        for resource in self.definition.resources.values():
            try:
                self.lookup.kind(resource)
            except TemplateError as error:
                anchored = not error.anchor and not error.file
                told = type(error)(error.what, todo=error.todo, rule=error.rule) if anchored else error
                if anchored:
                    told.anchor = (section.resources, resource.name, section.type)
                yield told

    def _duplicates(self) -> Iterator[TemplateError]:
        both = sorted(set(self.definition.parameters.declared) & set(self.definition.resources))
        if both:
            fault = StackValidationFailed(
                f"Duplicate names {set(both)}", todo="A parameter and a resource must not share a name.", rule="name"
            )
            fault.anchor = (self.definition.section.resources, both[0])
            yield fault

    def _external(self, resource: ResourceDefinition, kind: Kind, path: Path) -> Iterator[TemplateError]:
        """What is somebody else's must be there."""
        try:
            id = str(base.attempt(resource.external_id))
        except FunctionError:
            return
        if self.strict and not kind.exists(self.backend, id):
            what = f"Invalid external resource: Resource {id} ({resource.type}) can not be found."
            fault = StackValidationFailed(what, rule="external-resource")
            fault.anchor = (*path, "external_id")
            yield fault

    def _resource(self, resource: ResourceDefinition) -> Iterator[TemplateError]:
        section = self.definition.section
        path: Path = (section.resources, resource.name)
        try:
            kind = self.lookup.kind(resource)
        except TemplateError:
            return
        if kind.answers_anything:
            return
        if resource.external_id is not None:
            yield from self._external(resource, kind, path)
            return
        told: list[TemplateError] = []
        for key, value in (
            (section.properties, resource.properties), (section.metadata, resource.metadata),
            (section.update_policy, resource.update_policy),
        ):  # fmt: skip
            self._functions(value, (*path, key), told, True)
        yield from told
        if resource.deletion_policy == "Snapshot" and not kind.type.snapshots:
            here = (*path, section.deletion_policy)
            fault = StackValidationFailed('"Snapshot" deletion policy not supported', path=path, rule="deletion-policy")
            fault.anchor = here
            yield fault
        if resource.update_policy is not None:
            policy = Properties(kind.type.update_policy, resource.update_policy, (*path, section.update_policy))
            yield from policy.faults(self._waits)
        properties = self.lookup.properties(resource)
        broken = False
        for wrong in properties.faults(self._waits, self.strict):
            broken = True
            yield wrong
        planned = Planned(self.definition, resource, properties, (section.resources, resource.name))
        if not broken and not told:
            yield from self._own(kind, planned)

    def _own(self, kind: Kind, planned: Planned) -> Iterator[TemplateError]:
        """What the type itself demands, and what is wrong with a stack inside."""
        if not self.deep:
            return
        try:
            here = kind.check_in(self.backend, planned) if self.strict else ()
            for fault in itertools.chain(kind.check(planned), here):
                if not fault.anchor:
                    fault.anchor = planned.path
                yield fault
        except FunctionError as error:
            if not error.follows:
                what = error.bare if isinstance(error, ValueFault) else error.what
                yield StackValidationFailed(what, path=planned.path, rule="property")
            return
        if isinstance(kind, StackKind) and self.deep and (self.depth == 0 or not self.strict):
            yield from self._nested(kind, planned)

    def _nested(self, kind: StackKind, planned: Planned) -> Iterator[TemplateError]:
        name = planned.resource.name
        path = (planned.path[0], f"{name}<{kind.url}>")
        if self.depth >= DEEPEST_STACK:
            what = f"Recursion depth exceeds {DEEPEST_STACK}."
            fault = StackValidationFailed(what, path=path, todo="A template may not hold itself.", rule="limit")
            fault.anchor = planned.path
            yield fault
            return
        try:
            child = kind.plan_child(planned)
        except FunctionError:
            return  # rests on what is not known yet
        except TemplateError as error:
            yield self._inside(error, path, planned, kind)
            return
        if child is None:
            return
        inner = Validation(child, self.backend, False, self.depth + 1)
        for inside in inner.faults:
            yield self._inside(inside, path, planned, kind)
        yield from self._members(kind, planned, inner, path)

    def _members(self, kind: StackKind, planned: Planned, inner: Validation, path: Path) -> Iterator[TemplateError]:
        """What is asked of the members of a group must be an attribute of theirs."""
        definition = self.definition
        pieces = [[each.properties, each.metadata] for each in definition.resources.values()]
        wanted = asked([*pieces, *(each.value for each in definition.outputs.values())], planned.resource.name)
        members = inner.definition.resources
        for key, rest in wanted:
            for member, attribute in kind.asked(list(members), key, rest):
                try:
                    known = not isinstance(attribute, str) or inner.lookup.kind(members[member]).knows(None, attribute)
                except TemplateError:
                    continue
                if not known:
                    what = f"The Referenced Attribute ({member} {attribute}) is incorrect."
                    here = (*path, "outputs", ", ".join(map(str, [key, *rest])), "value", "get_attr")
                    yield StackValidationFailed(what, path=here, anchor=planned.path, rule="function")

    @staticmethod
    def _inside(fault: TemplateError, path: Path, planned: Planned, kind: StackKind) -> TemplateError:
        """A fault of the stack inside, told from outside."""
        inner = fault.anchor or fault.path
        if not isinstance(fault, StackValidationFailed):
            told = StackValidationFailed(fault.what, path=fault.path, todo=fault.todo, rule=fault.rule, anchor=inner)
            told.prefix, told.position, told.quote, told.file = fault.code, fault.position, fault.quote, fault.file
            fault = told
        fault.path = (*path, *fault.path)
        if fault.position is None:
            fault.file = ""
            here = kind.anchor(planned)
            fault.anchor = (*here, *inner[2:]) if len(inner) > 2 else here
        return fault

    def _outputs(self) -> Iterator[TemplateError]:
        section = self.definition.section
        told: list[TemplateError] = []
        for name, output in self.definition.outputs.items():
            self._functions(output.value, (section.outputs, name, section.value), told)
        yield from told

    def _waits(self, snippet: Any) -> bool:
        """Whether a value names a resource that is not there yet."""
        view = self.definition.view
        return any(
            view is None or (live := view(name)) is None or not live.ready for name, _ in base.references(snippet)
        )
