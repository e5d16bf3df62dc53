"""The errors of templates and stacks, named as Heat names them.

    HotError                            (kit.errors) anything below
    ├── TemplateError                   a fault of a template; knows rule, path, line, column, quote
    │   ├── TemplateSyntaxError         the text is not YAML or JSON, or not a template
    │   ├── RequestLimitExceeded        too large, too deep, too many aliases
    │   ├── InvalidTemplateVersion      unknown, missing or two versions
    │   ├── StackValidationFailed       properties, types, sections, conditions, outputs, parameter values
    │   ├── InvalidSchemaError          a parameter declaration is wrong
    │   ├── InvalidTemplateReference    a resource that is not there
    │   ├── CircularDependencyException resources that wait for each other
    │   ├── UserParameterMissing, UnknownUserParameter, ImmutableParameterModified
    │   ├── ResourcePropertyValueDependency, ResourcePropertyConflict, ResourcePropertyDependency,
    │   │   PropertyUnspecifiedError, InvalidExternalResourceDependency
    │   └── InvalidBreakPointHook, InvalidRestrictedAction,
    │       ConflictingMergeStrategyForParam, InvalidMergeStrategyForParam
    ├── FunctionError                   a function cannot give a value
    │   ├── InvalidTemplateAttribute    an attribute that the resource has not
    │   └── MissingParameter, UnknownResource, ValueUnknown
    ├── ActionError                     an action that the stack or resource does not take
    │   ├── NotSupported, ResourceActionNotSupported, ResourceActionRestricted
    │   └── ResourceNotFound, ResourceNotAvailable, StackExists
    ├── ResourceFailure                 a resource could not be made, changed or deleted
    └── FileError                       a file is missing or of another form

`code` is Heat's exception class and `http` the status Heat answers with (source: Heat 27 run on cases).
"""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple

from kit.errors import HotError

Path = tuple[str | int, ...]


class Position(NamedTuple):
    """A place in a text, both counted from 1."""

    line: int
    column: int


def show_path(path: Path) -> str:
    """A path as Heat writes it: `outputs.o.value.list_join[1]`."""
    text = ""
    for part in path:
        number = isinstance(part, int) or str(part).isdigit()
        text += f"[{part}]" if number and text else f".{part}" if text else str(part)
    return text


class TemplateError(HotError):
    """A fault of a template.

    Parameters
    ----------
    what : str
        What is wrong, as Heat says it.
    path : tuple of str or int
        The place inside the document.
    todo : str
        What to do about it.
    rule : str
        The id of the rule that is broken, for linters.

    Attributes
    ----------
    position : Position or None
        Line and column, where the text is known.
    anchor : tuple of str or int
        The path by which the position is found, where it is more exact than `path`.
    prefix : str
        What Heat puts before the path, such as `Property error`.
    quote : str
        The line of the text.
    others : list of TemplateError
        Faults that were found beside this one.
    """

    code: ClassVar[str] = "StackValidationFailed"
    http: ClassVar[int] = 400
    family: ClassVar[str] = "template"

    def __init__(
        self, what: str, *, path: Path = (), todo: str = "", rule: str = "", anchor: Path | None = None
    ) -> None:
        super().__init__(what, todo=todo)
        self.path = path
        self.anchor = path if anchor is None else anchor
        self.prefix = ""
        self.rule = rule or self.family
        self.position: Position | None = None
        self.file = ""
        self.quote = ""
        self.others: list[TemplateError] = []

    @property
    def all(self) -> list[TemplateError]:
        """This fault and those found beside it."""
        return [self, *self.others]

    @property
    def message(self) -> str:
        """What is wrong, with the path before it, as Heat writes it."""
        parts = (self.prefix, show_path(self.path), self.what)
        return ": ".join(part for part in parts if part)

    def __str__(self) -> str:
        place = f"line {self.position.line}, column {self.position.column}: " if self.position else ""
        lines = [f"{self.file + ': ' if self.file else ''}{place}{self.message}"]
        if self.quote:
            lines.append(f"    {self.quote.strip()}")
        if self.todo:
            lines.append(self.todo)
        if self.others:
            lines.append(f"({len(self.others)} more)")
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """The fault as plain data."""
        return {
            "rule": self.rule, "severity": "error", "error": self.code, "message": self.what,
            "path": show_path(self.path), "file": self.file or None,
            "line": self.position.line if self.position else None,
            "column": self.position.column if self.position else None, "quote": self.quote, "todo": self.todo,
        }  # fmt: skip


class TemplateSyntaxError(TemplateError):
    """The text is not YAML or JSON, or is no template."""

    code, family = "ValueError", "syntax"


class RequestLimitExceeded(TemplateError):
    """The template is larger than anyone writes: text, depth, aliases or what a function makes."""

    code, family = "RequestLimitExceeded", "limit"


class InvalidTemplateVersion(TemplateError):
    """The version of the template is missing, unknown, or there are two."""

    code, family = "InvalidTemplateVersion", "version"


class StackValidationFailed(TemplateError):
    """The template does not describe a stack."""

    code, family = "StackValidationFailed", "template"


class InvalidSchemaError(TemplateError):
    """The declaration of a parameter is wrong."""

    code, family = "InvalidSchemaError", "parameter-declaration"


class InvalidTemplateReference(TemplateError):
    """A reference to a resource that the stack has not."""

    code, family = "InvalidTemplateReference", "reference"


class CircularDependencyException(TemplateError):
    """Resources that wait for each other."""

    code, family = "CircularDependencyException", "cycle"

    def __init__(self, cycle: tuple[str, ...], *, path: Path = ()) -> None:
        chain = " -> ".join((*cycle, cycle[0]))
        todo = "Let one of them do without the other: a reference or depends_on must go."
        super().__init__(f"Circular Dependency Found: {chain}", path=path, todo=todo)
        self.cycle = cycle


class UserParameterMissing(TemplateError):
    """A parameter has neither value nor default."""

    code, family = "UserParameterMissing", "parameter-value"


class UnknownUserParameter(TemplateError):
    """A value for a parameter that the template does not declare."""

    code, family = "UnknownUserParameter", "parameter-value"


class ImmutableParameterModified(TemplateError):
    """An update changes a parameter that is declared immutable."""

    code, family = "ImmutableParameterModified", "parameter-value"


class ResourcePropertyValueDependency(TemplateError):
    """A property that makes sense only with a certain value of another."""

    code, family = "ResourcePropertyValueDependency", "property"


class InvalidExternalResourceDependency(TemplateError):
    """A resource that is only taken in from outside cannot wait for others."""

    code, family = "InvalidExternalResourceDependency", "reference"


class ResourcePropertyConflict(TemplateError):
    """Properties that exclude each other."""

    code, family = "ResourcePropertyConflict", "property"


class ResourcePropertyDependency(TemplateError):
    """A property that needs another."""

    code, family = "ResourcePropertyDependency", "property"


class PropertyUnspecifiedError(TemplateError):
    """One of several properties must be given."""

    code, family = "PropertyUnspecifiedError", "property"


class InvalidBreakPointHook(TemplateError):
    """A hook of the resource registry that there is not."""

    code, family = "InvalidBreakPointHook", "environment"


class InvalidRestrictedAction(TemplateError):
    """A restricted action of the resource registry that there is not."""

    code, family = "InvalidRestrictedAction", "environment"


class ConflictingMergeStrategyForParam(TemplateError):
    """Two environment files want a parameter merged in different ways."""

    code, family = "ConflictingMergeStrategyForParam", "environment"


class InvalidMergeStrategyForParam(TemplateError):
    """A parameter of this type cannot be merged."""

    code, family = "InvalidMergeStrategyForParam", "environment"


class FunctionError(HotError):
    """A function cannot give a value."""

    code: ClassVar[str] = "StackValidationFailed"
    follows = False  # whether the cause is told elsewhere already


class ValueUnknown(FunctionError):
    """The value of a parameter is not known, or is wrong and told as such; what rests on it is not judged."""

    follows = True


class UnknownResource(FunctionError):
    """A function names a resource that the stack has not."""

    def __init__(self, name: object) -> None:
        super().__init__(f'The specified reference "{name}" (in unknown) is incorrect.')
        self.name = str(name)


class MissingParameter(FunctionError):
    """A function asks for a parameter that there is not."""

    code = "UserParameterMissing"


class InvalidTemplateAttribute(FunctionError):
    """An attribute that the resource has not."""

    code = "InvalidTemplateAttribute"


class ActionError(HotError):
    """An action that the stack or the resource does not take."""

    code: ClassVar[str] = "ActionError"
    http: ClassVar[int] = 400


class Invalid(ActionError):
    """What the call says is of the wrong kind."""

    code = "Invalid"


class NotSupported(ActionError):
    """Not in this state, or not at all."""

    code = "NotSupported"


class HookNotDefined(NotSupported):
    """A hook is cleared that there is not, or that does not stop the resource."""

    code = "InvalidBreakPointHook"


class ResourceActionNotSupported(ActionError):
    """The type of the resource does not know the action."""

    code = "ResourceActionNotSupported"


class ResourceActionRestricted(ActionError):
    """The environment forbids to update or replace the resource."""

    code = "ResourceActionRestricted"


class StackNotFound(ActionError):
    """The stack is gone."""

    code, http = "EntityNotFound", 404


class ResourceNotFound(ActionError):
    """The stack has no such resource."""

    code, http = "ResourceNotFound", 404


class ResourceNotAvailable(ActionError):
    """The resource is not made yet."""

    code, http = "ResourceNotAvailable", 404


class ResourceFailure(HotError):
    """A resource could not be made, changed or deleted.

    Parameters
    ----------
    what : str
        The reason.
    kind : str
        The class of the error, told in the status reason.
    path : tuple of str
        From the stack to the leaf: `resources`, a name, and so on.
    """

    def __init__(self, what: str, kind: str = "Error", path: Path = ()) -> None:
        super().__init__(what)
        self.kind = kind
        self.path = path

    @property
    def text(self) -> str:
        """As a status reason tells it: `ValueError: resources.a.resources[0]: why`."""
        return ": ".join(part for part in (self.kind, show_path(self.path), self.what) if part)

    def below(self, name: str) -> ResourceFailure:
        """The same, seen from the stack around the resource of a name."""
        return ResourceFailure(self.what, self.kind, ("resources", name, *self.path))


class FileError(HotError):
    """A file is missing, or of another form."""


def as_failure(error: Exception) -> ResourceFailure:
    """Any error of a resource as its failure."""
    if isinstance(error, ResourceFailure):
        return error
    if not isinstance(error, HotError):
        return ResourceFailure(str(error), type(error).__name__)
    return ResourceFailure(
        error.what, "StackValidationFailed" if isinstance(error, FunctionError) else type(error).__name__
    )
