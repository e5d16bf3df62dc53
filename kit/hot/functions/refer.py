"""Functions that fetch: parameters, resources, attributes and files.

Source: Heat 27, `get_param`, `get_resource`, `get_attr` (three forms by version), `get_file`, `resource_facade`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from kit.hot.errors import InvalidTemplateAttribute, UnknownResource
from kit.hot.functions.base import Function, ResourceView, is_list, resolve


def walk(value: Any, path: Sequence[Any], missing: Any) -> Any:
    """Follow keys and indexes into a value; `missing` where there is nothing."""
    for part in path:
        try:
            if isinstance(value, list | str) and isinstance(part, str):
                part = int(part)
            value = value[part]
        except (KeyError, IndexError, TypeError, ValueError):
            return missing
    return value


class GetParam(Function):
    """`get_param: NAME` or `[NAME, KEY, ...]`; what is not on the path gives ""."""

    __slots__ = ()

    def result(self) -> Any:
        args = resolve(self.args)
        if not args:
            raise self.wrong('Function "%s" must have arguments')
        if isinstance(args, str):
            name, path = args, []
        elif is_list(args):
            name, path = args[0], args[1:]
        else:
            raise self.wrong('Argument to "%s" must be string or list')
        if not isinstance(name, str):
            raise self.wrong('Parameter name in "%s" must be string')
        value = self.scope.parameter(name)
        return walk(value, path, "") if path else value


class GetResource(Function):
    """`get_resource: NAME`: the id of a resource."""

    __slots__ = ()

    def target(self) -> ResourceView:
        name = resolve(self.args)
        if not isinstance(name, str) or not self.scope.has(name):
            raise UnknownResource(name)
        return self.scope.resource(name)

    def result(self) -> Any:
        return self.target().reference()

    def references(self) -> Iterator[tuple[str, Any]]:
        yield from super().references()
        name = resolve(self.args)
        if isinstance(name, str):
            yield name, None
        else:
            yield str(name), None


class GetAttrThenSelect(Function):
    """`get_attr: [RESOURCE, ATTRIBUTE, KEY, ...]` of 2013-05-23: the path is followed in the whole attribute."""

    __slots__ = ("attribute", "path", "resource")
    all_at_once: ClassVar[bool] = False  # whether no attribute means all of them

    def check(self) -> None:
        if not is_list(self.args):
            raise self.wrong('Argument to "%s" must be a list')
        if len(self.args) < 2:
            raise self.wrong('Arguments to "%s" must be of the form [resource_name, attribute, (path), ...]')
        self.resource, self.attribute, self.path = self.args[0], self.args[1], self.args[2:]

    def target(self) -> ResourceView:
        name = resolve(self.resource)
        if not isinstance(name, str) or not self.scope.has(name):
            raise UnknownResource(name)
        return self.scope.resource(name)

    def validate(self) -> None:
        target = self.target()
        if self.attribute is None and not self.all_at_once:
            raise self.wrong('Attribute name in "%s" must be string')
        if self.attribute is None:
            return
        name = resolve(self.attribute)
        if not (isinstance(name, str) and target.knows(name)):
            raise InvalidTemplateAttribute(
                f"The Referenced Attribute ({resolve(self.resource)} {name}) is incorrect.",
                todo="Only the attributes of the resource's type can be asked for.",
            )

    def result(self) -> Any:
        name = resolve(self.attribute)
        target = self.target()
        if not target.ready:
            return None
        value = target.attribute(name, ())
        return None if value is None else select(value, resolve(self.path))

    def references(self) -> Iterator[tuple[str, Any]]:
        yield from super().references()
        name = resolve(self.resource)
        attribute = self.attribute
        yield str(name), attribute if attribute is not None else ...


class GetAttr(GetAttrThenSelect):
    """`get_attr` since 2014-10-16: the resource itself follows the path."""

    __slots__ = ()

    def result(self) -> Any:
        path = resolve(self.path)
        name = resolve(self.attribute)
        target = self.target()
        return target.attribute(name, path) if target.ready else None


class GetAttrAll(GetAttr):
    """`get_attr` since 2015-10-15: `[RESOURCE]` alone gives all attributes."""

    __slots__ = ()
    all_at_once = True

    def check(self) -> None:
        if not self.args:
            raise self.wrong(
                'Arguments to "%s" can be of the next forms: [resource_name] or [resource_name, attribute, (path), ...]'
            )
        if isinstance(self.args, str) or not is_list(self.args):
            if isinstance(self.args, str) and len(self.args) == 1:
                self.resource, self.attribute, self.path = self.args, None, []
                return
            raise self.wrong('Argument to "%s" must be a list')
        if len(self.args) > 1:
            super().check()
        else:
            self.resource, self.attribute, self.path = self.args[0], None, []

    def result(self) -> Any:
        if self.attribute is not None:
            return super().result()
        target = self.target()
        return target.attributes() if target.ready else None


def asked(snippet: Any, name: str) -> Iterator[tuple[str, list[Any]]]:
    """The attributes that a parsed piece asks of a resource, each with its path as far as that is plain."""
    if isinstance(snippet, GetAttrThenSelect) and snippet.resource == name and isinstance(snippet.attribute, str):
        # The first form follows its path on its own: what is asked for is the whole attribute.
        yield snippet.attribute, list(snippet.path) if isinstance(snippet, GetAttr) else []
    if isinstance(snippet, Function):
        for _, part in snippet.parts():
            yield from asked(part, name)
    elif isinstance(snippet, dict | list):
        for part in snippet.values() if isinstance(snippet, dict) else snippet:
            yield from asked(part, name)


def select(value: Any, path: Sequence[Any]) -> Any:
    """Follow a path in an attribute; indexes must be numbers, and what is not there gives null."""
    for part in path:
        if not isinstance(value, dict | list | str) or not isinstance(part, str | int):
            return None
        try:
            value = value[part]  # type: ignore[index]
        except (KeyError, IndexError, TypeError):
            return None
    return value


class GetFile(Function):
    """`get_file: NAME`: the text of a file that comes with the template."""

    __slots__ = ()

    def result(self) -> Any:
        name = resolve(self.args)
        if not isinstance(name, str):
            raise self.wrong('Argument to "%s" must be a string')
        text = self.scope.files.get(name)
        if text is None:
            raise self.wrong(f'No content found in the "files" section for %s path: {name}')
        return text


class ResourceFacade(Function):
    """`resource_facade: PART`: what the parent wrote at the resource that this template is for."""

    __slots__ = ()
    choices: ClassVar[tuple[str, ...]] = ("metadata", "deletion_policy", "update_policy")

    def check(self) -> None:
        if not isinstance(self.args, str) or self.args not in self.choices:
            raise self.wrong(f'Incorrect arguments to "%s" should be one of: {", ".join(self.choices)}')

    def result(self) -> Any:
        part = ResourceFacade.choices[self.choices.index(self.args)]
        return self.scope.facade(part)
