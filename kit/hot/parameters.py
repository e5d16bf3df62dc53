"""The parameters of a stack: their declarations, and the values given to them.

Source: Heat 27. Precedence: a value, then `parameter_defaults` of the environment, then the declared default.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kit.hot.constraints import CLASSES, Constraint, SchemaFault, from_declaration, to_boolean, to_number
from kit.hot.errors import (
    FunctionError,
    InvalidSchemaError,
    MissingParameter,
    Path,
    StackValidationFailed,
    TemplateError,
    UnknownUserParameter,
    UserParameterMissing,
)
from kit.hot.suggest import did_you_mean
from kit.hot.versions import Version

HOT_TYPES = {
    "string": "string", "number": "number", "comma_delimited_list": "list", "json": "map", "boolean": "boolean",
}  # fmt: skip
CFN_TYPES = {
    "String": "string", "Number": "number", "CommaDelimitedList": "list", "Json": "map", "Boolean": "boolean",
}  # fmt: skip
API_TYPES = {kind: name for name, kind in CFN_TYPES.items()}
CFN_KEYS = frozenset(
    {"Type", "Default", "NoEcho", "AllowedValues", "AllowedPattern", "MaxLength", "MinLength", "MaxValue",
     "MinValue", "Description", "ConstraintDescription", "Label"}
)  # fmt: skip
MISSING = object()


@dataclass(frozen=True)
class Parameter:
    """A declared parameter.

    Attributes
    ----------
    kind : str
        `string`, `number`, `list`, `map` or `boolean`.
    type : str
        As the template writes it.
    default : object
        None where there is none.
    """

    name: str
    kind: str
    type: str
    default: Any = None
    label: str | None = None
    description: str | None = None
    hidden: bool = False
    immutable: bool = False
    tags: tuple[Any, ...] = ()
    constraints: tuple[Constraint, ...] = ()

    @property
    def required(self) -> bool:
        """Whether there is no default."""
        return self.default is None

    def parse(self, value: Any) -> Any:
        """A given value as functions see it.

        Raises
        ------
        ValueError
            It is of another kind; the sentence is Heat's.
        """
        if self.kind == "number":
            try:
                return to_number(value)
            except TypeError as error:
                raise ValueError(str(error)) from None
        if self.kind == "boolean":
            return to_boolean(value)
        if self.kind == "list":
            return self._list(value)
        if self.kind == "map":
            return self._json(value)
        return str(value)

    @staticmethod
    def _list(value: Any) -> list[Any]:
        if isinstance(value, list | tuple):
            return [str(item) for item in value]
        if not isinstance(value, str):
            what = f"'{type(value).__name__}' object has no attribute 'split'"
            raise ValueError(f"Value must be a comma-delimited list string: {what}")
        return value.split(",") if value else []

    @staticmethod
    def _json(value: Any) -> Any:
        try:
            text = value if isinstance(value, str) else json.dumps(value)
            return json.loads(text) if text else value
        except (ValueError, TypeError, RecursionError) as error:
            raise ValueError(f"Value must be valid JSON: {error}") from None

    def wrong(self, value: Any) -> str | None:
        """Why a value is not accepted, or None."""
        try:
            parsed = self.parse(value)
        except ValueError as error:
            return str(error)
        checked = parsed if self.kind in ("list", "map") else value
        for constraint in self.constraints:
            said = constraint.broken(checked, self.kind)
            if said is not None:
                return said
        return None

    def wrong_declaration(self) -> str | None:
        """What contradicts itself in the declaration, or None."""
        for constraint in self.constraints:
            if not constraint.suits(self.kind):
                return f"{CLASSES[constraint.name]} constraint invalid for {self.type}"
        if self.default is None:
            return None
        default = self.default
        if self.kind == "list":
            if not isinstance(default, list | str):
                what = f"'{type(default).__name__}' object has no attribute 'split'"
                return f"Default must be a comma-delimited list string: {what}"
            default = [str(item) for item in default] if isinstance(default, list) else default.split(",")
        for constraint in self.constraints:
            said = None if constraint.name == "custom_constraint" else constraint.broken(default, self.kind)
            if said is not None:
                return f"Invalid default {self.default} ({said})"
        return None

    def shown(self) -> dict[str, Any]:
        """The declaration as Heat's validate call tells it."""
        found: dict[str, Any] = {
            "Type": API_TYPES[self.kind], "Description": self.description or "",
            "NoEcho": "true" if self.hidden else "false", "Label": self.label or self.name,
        }  # fmt: skip
        if self.default is not None:
            found["Default"] = self.default
        if self.tags:
            found["Tags"] = list(self.tags)
        for constraint in self.constraints:
            found |= _shown(constraint)
        told = [each.description for each in self.constraints if each.description]
        if told:
            found["ConstraintDescription"] = " ".join(told)
        return found


def _shown(constraint: Constraint) -> dict[str, Any]:
    names = {
        "range": {"min": "MinValue", "max": "MaxValue"}, "length": {"min": "MinLength", "max": "MaxLength"},
        "modulo": {"step": "Step", "offset": "Offset"},
    }.get(constraint.name)  # fmt: skip
    if names is not None:
        return {told: constraint.value[key] for key, told in names.items() if constraint.value[key] is not None}
    told = {
        "allowed_values": "AllowedValues", "allowed_pattern": "AllowedPattern",
        "custom_constraint": "CustomConstraint",
    }[constraint.name]  # fmt: skip
    value = list(constraint.value) if constraint.name == "allowed_values" else constraint.value
    return {told: value}


def declare(name: str, declared: Any, version: Version) -> Parameter:
    """A parameter as a template declares it.

    Raises
    ------
    InvalidSchemaError
        Unknown keys, no or an unknown type, constraints of the wrong form. Source: Heat 27, its own sentences.
    """
    section = version.names.parameters
    here: Path = (section, name)
    keys = version.parameter_keys if version.hot else CFN_KEYS
    if not isinstance(declared, dict):
        raise InvalidSchemaError(
            f"Invalid parameter ({name}), expected a mapping",
            anchor=here,
            todo="Write `type: string`, for one, below it.",
        )
    for key in declared:
        if key not in keys:
            todo = did_you_mean(key, keys, "It may have")
            raise InvalidSchemaError(f"Invalid key '{key}' for parameter ({name})", anchor=(*here, key), todo=todo)
    types = HOT_TYPES if version.hot else CFN_TYPES
    word = "type" if version.hot else "Type"
    if word not in declared:
        todo = f"Add `{word}`: {', '.join(types)}."
        raise InvalidSchemaError(f"Missing parameter type for parameter: {name}", anchor=here, todo=todo)
    if version.hot and not isinstance(declared.get("tags", []), list):
        raise InvalidSchemaError(f"Tags property should be a list for parameter: {name}", anchor=(*here, "tags"))
    try:
        constraints = tuple(_hot_constraints(name, declared, version) if version.hot else _cfn_constraints(declared))
    except SchemaFault as fault:
        path = (*here, "constraints") if version.hot else here
        raise InvalidSchemaError(fault.what, anchor=path) from None
    kind = declared[word]
    if not isinstance(kind, str) or kind not in types:
        todo = did_you_mean(kind, types, "Types are")
        raise InvalidSchemaError(f"Invalid type ({kind})", anchor=(*here, word), todo=todo)
    if not version.hot:
        hidden = str(declared.get("NoEcho", "false")).lower() == "true"
        return Parameter(
            name, types[kind], kind, declared.get("Default"), declared.get("Label"), declared.get("Description"),
            hidden, constraints=constraints,
        )  # fmt: skip
    return Parameter(
        name, types[kind], kind, declared.get("default"), declared.get("label"), declared.get("description"),
        bool(declared.get("hidden", False)), bool(declared.get("immutable", False)),
        tuple(declared.get("tags") or ()), constraints,
    )  # fmt: skip


def _hot_constraints(name: str, declared: Mapping[str, Any], version: Version) -> Iterable[Constraint]:
    given = declared.get("constraints")
    if given is None:
        return
    if not isinstance(given, list):
        raise SchemaFault(f"Invalid parameter constraints for parameter {name}, expected a list")
    keys = {*CLASSES, "description"}
    for each in given:
        if not isinstance(each, dict):
            raise SchemaFault("Invalid parameter constraints, expected a mapping")
        for key in each:
            if key not in keys:
                raise SchemaFault(f"Invalid key '{key}' for parameter constraints")
        yield from_declaration(each, version.modulo)


def _cfn_constraints(declared: Mapping[str, Any]) -> Iterable[Constraint]:
    told = declared.get("ConstraintDescription")
    for name, low, high in (("range", "MinValue", "MaxValue"), ("length", "MinLength", "MaxLength")):
        if low in declared or high in declared:
            bounds = {"min": declared.get(low), "max": declared.get(high)}
            yield from_declaration({name: bounds, "description": told})
    for name, key in (("allowed_values", "AllowedValues"), ("allowed_pattern", "AllowedPattern")):
        if key in declared:
            yield from_declaration({name: declared[key], "description": told})


@dataclass
class Parameters:
    """Declared parameters with their values, and the pseudo parameters.

    Parameters
    ----------
    declared : mapping
        Name to `Parameter`.
    values, defaults : mapping
        What the user gives, and the `parameter_defaults` of the environment.
    pseudo : mapping
        `OS::stack_name` and the like.
    """

    declared: Mapping[str, Parameter]
    values: Mapping[str, Any] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    pseudo: dict[str, Any] = field(default_factory=dict)
    section: str = "parameters"
    _parsed: dict[str, Any] = field(default_factory=dict)

    def given(self, name: str) -> Any:
        """The raw value of a declared parameter; `MISSING` where there is none."""
        for source in (self.values.get(name), self.defaults.get(name), self.declared[name].default):
            if source is not None:
                return source
        return MISSING

    def __contains__(self, name: object) -> bool:
        return name in self.declared or name in self.pseudo

    def __getitem__(self, name: str) -> Any:
        """The value as functions see it.

        Raises
        ------
        FunctionError
            Nobody declares it, it has no value, or its value is of another kind.
        """
        if name in self._parsed:
            return self._parsed[name]
        if name in self.pseudo:
            return self.pseudo[name]
        raw = self.given(name) if name in self.declared else MISSING
        if raw is MISSING:
            todo = "" if name in self.declared else did_you_mean(name, [*self.declared, *self.pseudo], "Declared are")
            raise MissingParameter(f"The Parameter ({name}) was not provided.", todo=todo)
        try:
            value = self._parsed[name] = self.declared[name].parse(raw)
        except ValueError as error:
            raise FunctionError(str(error)) from None
        return value

    def faults(self, values: bool = True) -> Iterable[TemplateError]:
        """All faults of declarations and values, in Heat's order.

        Parameters
        ----------
        values : bool
            Whether values are looked at, too.
        """
        for name in self.values:
            if name not in self.declared:
                todo = did_you_mean(name, self.declared, "It declares") or "The template declares no parameters."
                yield UnknownUserParameter(f"The Parameter ({name}) was not defined in template.", todo=todo)
        for name, parameter in self.declared.items():
            said = parameter.wrong_declaration()
            here = (self.section, name)
            if said is not None:
                yield InvalidSchemaError(f"Parameter '{name}' is invalid: {said}", anchor=here)
                continue
            raw = self.given(name)
            if not values:
                continue
            if raw is MISSING:
                todo = "Give it a value, or a default in the template."
                yield UserParameterMissing(f"The Parameter ({name}) was not provided.", anchor=here, todo=todo)
            elif (said := parameter.wrong(raw)) is not None:
                yield StackValidationFailed(
                    f"Parameter '{name}' is invalid: {said}", anchor=here, rule="parameter-value"
                )

    def shown(self) -> dict[str, Any]:
        """Name to text, secrets as `******`, for stack show."""
        found = {}
        for name, parameter in self.declared.items():
            try:
                value = self[name]
            except FunctionError:
                continue
            text = "******" if parameter.hidden else _text(parameter.kind, value)
            found[name] = text
        return {name: str(value) for name, value in self.pseudo.items()} | found


def _text(kind: str, value: Any) -> str:
    if kind == "list":
        return ",".join(value)
    return json.dumps(value) if kind == "map" else str(value)
