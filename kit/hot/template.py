"""A template: its text, its version and its sections, before any parameter has a value."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from kit.hot.errors import (
    InvalidSchemaError,
    Position,
    RequestLimitExceeded,
    StackValidationFailed,
    TemplateError,
    TemplateSyntaxError,
)
from kit.hot.parameters import Parameter, declare
from kit.hot.suggest import did_you_mean
from kit.hot.text import Map, as_map, kind_name, locate, quote, read_map
from kit.hot.versions import KEYS, Version, find_version

MOST_RESOURCES = 1000


class Template:
    """A template.

    Parameters
    ----------
    data : mapping
        The sections.
    text : str
        Where they were read from, for quotes.
    name : str
        The file, told in faults.
    functions : mapping, optional
        Functions written in Python, by name; they are in no real Heat.

    Raises
    ------
    TemplateSyntaxError
        No version at all.
    InvalidTemplateVersion
        A version nobody knows, or two.
    """

    def __init__(
        self, data: Mapping[str, Any], text: str = "", name: str = "",
        functions: Mapping[str, Callable[..., Any]] | None = None,
    ) -> None:  # fmt: skip
        self.data: Map = as_map(dict(data)) if not isinstance(data, Map) else data
        self.text = text
        self.name = name
        try:
            if not any(key in self.data for key in KEYS):
                todo = "Begin with `heat_template_version: 2021-04-16`."
                raise TemplateSyntaxError("Template format version not found.", todo=todo)
            self.version: Version = find_version(self.data)
        except TemplateError as error:
            raise self.place(error) from None
        if functions:
            self.version = self.version.with_functions(functions)

    @classmethod
    def read(cls, text: str, name: str = "", functions: Mapping[str, Callable[..., Any]] | None = None) -> Template:
        """A template from YAML or JSON.

        Raises
        ------
        TemplateSyntaxError, RequestLimitExceeded, InvalidTemplateVersion
            With line and column.
        """
        return cls(read_map(text, name), text, name, functions)

    def place(self, error: TemplateError) -> TemplateError:
        """Give a fault its line, column and quote, unless it has them already."""
        if error.position is None and not error.file:
            error.file = self.name
            if self.text:
                error.position = locate(self.data, error.anchor or error.path) or Position(1, 1)
                error.quote = quote(self.text, error.position)
        return error

    def section(self, name: str) -> Mapping[str, Any]:
        """A section that is a map; empty when it is missing, empty or of another kind."""
        found = self.data.get(name)
        return found if isinstance(found, dict) else {}

    @property
    def description(self) -> str:
        """What the template says of itself."""
        return str(self.data.get(self.version.names.description) or "No description")

    @property
    def mappings(self) -> Mapping[str, Any]:
        """The `Mappings` of CloudFormation's form."""
        return {} if self.version.hot else self.section("Mappings")

    def parameters(self, faults: list[TemplateError]) -> dict[str, Parameter]:
        """The declared parameters; wrong declarations are collected."""
        found: dict[str, Parameter] = {}
        name = self.version.names.parameters
        section = self.data.get(name) or {}
        if not isinstance(section, dict):
            what = f"'{kind_name(section)}' object has no attribute 'items'"
            faults.append(InvalidSchemaError(what, anchor=(name,), todo="Parameters are a map of names."))
            return found
        for key, declared in section.items():
            try:
                found[str(key)] = declare(str(key), declared, self.version)
            except InvalidSchemaError as error:
                faults.append(error)
        return found

    def faults(self) -> Iterator[TemplateError]:
        """What is wrong with sections and the outlines of resources. Source: Heat 27, `Template.validate`."""
        for name in self.data:
            if name not in self.version.sections:
                yield StackValidationFailed(
                    f"The template section is invalid: {name}", anchor=(str(name),), rule="section-unknown",
                    todo=did_you_mean(name, self.version.sections, "Sections are"),
                )  # fmt: skip
        names = self.version.names
        resources = self.data.get(names.resources) or {}
        if not isinstance(resources, dict):
            what = f"'{kind_name(resources)}' object has no attribute 'items'"
            yield StackValidationFailed(what, anchor=(names.resources,), todo="Resources are a map of names.")
            return
        for name in sorted(resources, key=str):
            yield from self._outline(name, resources[name])
            read = resources.spelt.get(name, name) if isinstance(resources, Map) else name
            if not isinstance(read, str):
                what = f"sequence item 1: expected str instance, {kind_name(read)} found"
                todo = "Put the name in quotes."
                yield StackValidationFailed(what, anchor=(names.resources, name), todo=todo, rule="name-kind")
        if len(resources) > MOST_RESOURCES:
            yield RequestLimitExceeded(
                "You have reached the maximum resources per stack. "
                f"There are {len(resources)}, and {MOST_RESOURCES} are allowed.", anchor=(names.resources,),
            )  # fmt: skip

    def _outline(self, name: Any, resource: Any) -> Iterator[TemplateError]:
        names = self.version.names
        path = (names.resources, str(name))
        word = names.type
        missing = StackValidationFailed(
            f"Each {'resource' if self.version.hot else 'Resource'} must contain a {word} key.", anchor=path,
            todo=f"Add `{word}`, such as OS::Nova::Server.", rule="type-missing",
        )  # fmt: skip
        if not resource:
            yield missing
            return
        if not isinstance(resource, dict):
            found = f"Found a [<class '{kind_name(resource)}'>] instead"
            what = f'"{names.resources}" must contain a map of resource maps. {found}'
            if not self.version.hot:
                what = f"Resources must contain Resource. {found}"
            yield _at(StackValidationFailed(what, todo=f"Write `{word}` below the name."), path)
            return
        if self.version.hot:
            for key in resource:
                if key not in self.version.resource_keys:
                    yield _at(self._keyword(key), (*path, str(key)))
        if not resource.get(word):
            yield missing

    def _keyword(self, key: Any) -> StackValidationFailed:
        what = f'"{key}" is not a valid keyword inside a resource definition'
        if key in ("condition", "external_id"):
            what = f"Invalid keyword(s) inside a resource definition: {key}"
        todo = did_you_mean(key, self.version.resource_keys, "A resource may have")
        return StackValidationFailed(what, todo=todo, rule="keyword-unknown")

    def twice(self) -> Iterator[tuple[str, Position]]:
        """Keys that stand twice in one map, anywhere; YAML keeps the last."""
        waiting: list[Any] = [self.data]
        seen: set[int] = set()
        while waiting:
            data = waiting.pop()
            if id(data) in seen:
                continue
            if isinstance(data, Map):
                seen.add(id(data))
                for key, position in data.twice:
                    yield str(key), position
                waiting += data.values()
            elif isinstance(data, list):
                seen.add(id(data))
                waiting += data


def _at(error: TemplateError, anchor: tuple[str, ...]) -> TemplateError:
    error.anchor = anchor
    return error


def groups_faults(groups: Any, known: Mapping[str, Any]) -> Iterator[TemplateError]:
    """What is wrong with `parameter_groups`. Source: Heat 27."""
    if not groups:
        return
    section = "parameter_groups"
    if not isinstance(groups, list):
        yield _group("The parameter_groups should be a list.", (section,), (section,))
        return
    taken: set[str] = set()
    for place, group in enumerate(groups):
        label = str(group.get("label", "")) if isinstance(group, dict) else ""
        path, anchor = (section, label), (section, place)
        inside = group.get("parameters") if isinstance(group, dict) else None
        if inside is None:
            yield _group("The parameters must be provided for each parameter group.", path, anchor)
            continue
        if not isinstance(inside, list):
            yield _group("The parameters of parameter group should be a list.", path, anchor)
            continue
        for number, name in enumerate(inside):
            here = (*anchor, "parameters", number)
            if str(name) in taken:
                yield _group(f"The {name} parameter must be assigned to one parameter group only.", path, here)
            taken.add(str(name))
            if name not in known:
                todo = did_you_mean(name, known, "Declared are")
                yield _group(f"The grouped parameter {name} does not reference a valid parameter.", path, here, todo)


def _group(what: str, path: tuple[Any, ...], anchor: tuple[Any, ...], todo: str = "") -> TemplateError:
    error = StackValidationFailed(what, path=path, todo=todo, rule="parameter-group")
    error.prefix, error.anchor = "Parameter Groups error", anchor
    return error
