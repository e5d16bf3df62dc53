"""What a function of a template is: checked when it is read, validated, and resolved to a value.

Three moments, as in Heat: the constructor checks the shape of the arguments (refused with the path), `validate`
looks at what needs the rest of the template, `result` gives the value or raises `FunctionError`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Protocol

from kit.errors import HotError
from kit.hot.errors import (
    FunctionError,
    MissingParameter,
    Path,
    StackValidationFailed,
    TemplateError,
    UserParameterMissing,
    ValueUnknown,
)

# What a function may make at most: real templates stay far below, a hostile one ends here.
LARGEST_TEXT, MOST_ITEMS = 4_000_000, 100_000


class ResourceView(Protocol):
    """What a function may ask of a resource."""

    @property
    def name(self) -> str: ...
    @property
    def ready(self) -> bool: ...
    def knows(self, attribute: str) -> bool: ...
    def reference(self) -> Any: ...
    def attribute(self, name: str, path: Sequence[Any]) -> Any: ...
    def attributes(self) -> dict[str, Any]: ...


class Scope(Protocol):
    """Where a function stands: the stack's parameters, resources, files and conditions."""

    @property
    def files(self) -> Mapping[str, str]: ...
    @property
    def mappings(self) -> Mapping[str, Any]: ...
    def parameter(self, name: str) -> Any: ...
    def has(self, name: str) -> bool: ...
    def resource(self, name: str) -> ResourceView: ...
    def enabled(self, condition: Any) -> bool: ...
    def condition(self, snippet: Any, path: Path) -> Any: ...
    def zones(self) -> list[str]: ...
    def facade(self, part: str) -> Any: ...


class Function:
    """A function with its arguments, functions inside them already parsed.

    Raises
    ------
    FunctionError
        The arguments have the wrong shape; the parser adds the path and makes it a refusal.
    """

    __slots__ = ("args", "name", "scope")
    macro: ClassVar[bool] = False  # a macro parses its own arguments

    def __init__(self, scope: Scope, name: str, args: Any) -> None:
        self.scope = scope
        self.name = name
        self.args = args
        self.check()

    def check(self) -> None:
        """Check the shape of the arguments."""

    def validate(self) -> None:
        """Check what needs the rest of the template; the arguments are validated before."""

    def result(self) -> Any:
        """The value.

        Raises
        ------
        FunctionError
            There is none.
        """
        raise NotImplementedError

    def parts(self) -> list[tuple[Path, Any]]:
        """The arguments with the rest of their paths."""
        return [((), self.args)]

    def references(self) -> Iterator[tuple[str, Any]]:
        """The resources that are named, each with the attribute or None for the resource itself."""
        yield from references(self.args)

    def wrong(self, what: str) -> FunctionError:
        """An error; `%s` in the text is the name of the function."""
        return FunctionError(what.replace("%s", self.name))


class Removed(Function):
    """A function of an earlier version. Source: refused at validation since 2014-10-16 (Ref, Fn::*), 2015-10-15."""

    __slots__ = ()

    def validate(self) -> None:
        raise self.wrong("The template version is invalid: The function %s is not supported in this version of HOT.")

    def result(self) -> Any:
        return {self.name: resolve(self.args)}


class Unknown(Function):
    """A value that cannot be told, because a parameter has none; `args` is the error that says so."""

    __slots__ = ()

    def result(self) -> Any:
        raise self.args

    def references(self) -> Iterator[tuple[str, Any]]:
        return iter(())


class Invalid(Function):
    """A function where it may not stand, such as `get_attr` in a condition."""

    __slots__ = ()

    def check(self) -> None:
        raise self.wrong('The function "%s" is invalid in this context')


Table = Mapping[str, type[Function]]


def is_list(value: Any) -> bool:
    """Whether a value is a list, and not a text."""
    return isinstance(value, list | tuple)


def parse(table: Table, scope: Scope, snippet: Any, path: Path, faults: list[TemplateError] | None = None) -> Any:
    """A piece of a template with its functions found: a map of one known key is a function.

    Raises
    ------
    StackValidationFailed
        Arguments of a wrong shape, with the path. With `faults` they are collected there instead, and the
        value in their place cannot be told.
    """
    if isinstance(snippet, dict):
        if len(snippet) == 1:
            name = next(iter(snippet))
            kind = table.get(name) if isinstance(name, str) else None
            if kind is not None:
                return _function(table, scope, kind, name, snippet[name], (*path, name), faults)
        return {key: parse(table, scope, value, (*path, key), faults) for key, value in snippet.items()}
    if isinstance(snippet, list | tuple):
        return [parse(table, scope, value, (*path, place), faults) for place, value in enumerate(snippet)]
    return snippet


def _function(
    table: Table, scope: Scope, kind: type[Function], name: str, args: Any, path: Path,
    faults: list[TemplateError] | None,
) -> Any:  # fmt: skip
    try:
        if kind.macro:
            return kind.expand(  # type: ignore[attr-defined]
                scope, name, args, path, lambda value, place: parse(table, scope, value, (*path, place), faults)
            )
        return kind(scope, name, parse(table, scope, args, path, faults))
    except ValueUnknown as error:
        return Unknown(scope, name, error)
    except MissingParameter as error:
        fault: TemplateError = UserParameterMissing(error.what, anchor=path, todo=error.todo)
    except FunctionError as error:
        fault = StackValidationFailed(error.what, path=path, todo=error.todo, rule="function-arguments")
    except TemplateError as error:
        fault = error
    if faults is None:
        raise fault
    faults.append(fault)
    return Unknown(scope, name, ValueUnknown(fault.what))


def resolve(snippet: Any, nullable: bool = False) -> Any:
    """A parsed piece with its functions replaced by their values.

    A function that gives `...` (an `if` of two arguments whose condition is false) takes its item away.
    """
    if isinstance(snippet, str) or snippet is None:
        return snippet
    if isinstance(snippet, Function):
        found = snippet.result()
        return None if found is ... and not nullable else found
    if isinstance(snippet, dict):
        pairs = ((key, resolve(value, True)) for key, value in snippet.items())
        return {key: value for key, value in pairs if value is not ...}
    if isinstance(snippet, list | tuple):
        return [value for value in (resolve(value, True) for value in snippet) if value is not ...]
    if snippet is ...:
        return ... if nullable else None
    return snippet


def attempt(snippet: Any, nullable: bool = False) -> Any:
    """`resolve`, where any error of a function is a `FunctionError`; a plug-in may raise what it likes.

    Raises
    ------
    FunctionError
        The value cannot be given.
    """
    try:
        return resolve(snippet, nullable)
    except FunctionError:
        raise
    except HotError as error:
        raise FunctionError(error.what, todo=error.todo) from None
    except RecursionError:
        raise FunctionError("functions are nested too deeply") from None
    except Exception as error:
        raise FunctionError(f"{error}" or type(error).__name__) from error


def validate(snippet: Any, path: Path, report: Callable[[Path, HotError], None]) -> None:
    """Validate all functions of a parsed piece; each fault is reported with the path of its function."""
    if isinstance(snippet, Function):
        here = (*path, snippet.name)
        for rest, part in snippet.parts():
            validate(part, (*here, *rest), report)
        try:
            snippet.validate()
        except HotError as error:
            report(here, error)
        except Exception as error:
            report(here, FunctionError(str(error)))
    elif isinstance(snippet, dict):
        for key, value in snippet.items():
            validate(value, (*path, key), report)
    elif isinstance(snippet, list | tuple):
        for place, value in enumerate(snippet):
            validate(value, (*path, place), report)


def references(snippet: Any) -> Iterator[tuple[str, Any]]:
    """All resources that a parsed piece names, each with the attribute or None."""
    if isinstance(snippet, Function):
        yield from snippet.references()
    elif isinstance(snippet, dict):
        for value in snippet.values():
            yield from references(value)
    elif isinstance(snippet, list | tuple):
        for value in snippet:
            yield from references(value)


def holds_function(snippet: Any) -> bool:
    """Whether a parsed piece holds a function anywhere."""
    if isinstance(snippet, Function):
        return True
    if isinstance(snippet, dict):
        return any(map(holds_function, snippet.values()))
    return isinstance(snippet, list | tuple) and any(map(holds_function, snippet))


def to_json(value: Any) -> str:
    """A value as JSON with sorted keys, as str_replace and list_join write it."""
    return json.dumps(value, sort_keys=True)


def plain(value: Any) -> Any:
    """A value as it travels in JSON: keys are texts, moments are told in ISO 8601, sets are lists."""
    if isinstance(value, dict):
        return {key if isinstance(key, str) else json.dumps(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    return value.strftime("%Y-%m-%dT%H:%M:%S.%f") if isinstance(value, datetime) else value


def fits(size: int, what: str = "text", limit: int = LARGEST_TEXT) -> None:
    """Refuse what grows beyond any real template.

    Raises
    ------
    FunctionError
        The size is above the limit.
    """
    if size > limit:
        raise FunctionError(f"the {what} would have {size} parts, more than {limit}")
