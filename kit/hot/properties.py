"""The properties of a resource: what its type wants, the values given, and what is wrong with them.

Source: Heat 27. Values are turned into the kind a property has; constraints are checked only when nothing in
the value waits for a resource that is not there yet.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kit.hot.constraints import Constraint, from_declaration, to_number
from kit.hot.errors import FunctionError, Path, StackValidationFailed, TemplateError, UnknownResource
from kit.hot.functions.base import attempt
from kit.hot.suggest import did_you_mean

ANY = "*"


@dataclass(frozen=True)
class PropertySchema:
    """What a type says of one property.

    Attributes
    ----------
    kind : str
        `string`, `integer`, `number`, `boolean`, `map`, `list` or `any`.
    schema : mapping or None
        For a map its members, for a list `*`: the schema of each item.
    loose : bool
        Whether a map also takes text and lists, and a list text: the property stands for a parameter.
    """

    kind: str
    required: bool = False
    default: Any = None
    update_allowed: bool = False
    immutable: bool = False
    implemented: bool = True
    constraints: tuple[Constraint, ...] = ()
    schema: Mapping[str, PropertySchema] | None = None
    loose: bool = False
    status: str = "SUPPORTED"
    message: str = ""


class ValueFault(FunctionError):
    """A property that cannot have its value.

    Attributes
    ----------
    bare : str
        What is wrong, without the property's path.
    """

    def __init__(self, fault: TemplateError) -> None:
        super().__init__(fault.message)
        self.bare = fault.what


def schemas(table: Mapping[str, Any]) -> dict[str, PropertySchema]:
    """Schemas from their table."""
    return {name: _schema(row) for name, row in table.items()}


def _schema(row: Mapping[str, Any]) -> PropertySchema:
    return PropertySchema(
        row["type"].lower(), row.get("required", False), row.get("default"), row.get("update_allowed", False),
        row.get("immutable", False), row.get("implemented", True),
        tuple(from_declaration(each) for each in row.get("constraints", ())),
        schemas(row["schema"]) if "schema" in row else None,
        status=row.get("status", "SUPPORTED"), message=row.get("message", ""),
    )  # fmt: skip


class Faults:
    """Collects what is wrong with a value, by path."""

    def __init__(self, prefix: str = "Property error") -> None:
        self.found: list[TemplateError] = []
        self.prefix = prefix

    def add(self, what: str, path: Path, anchor: Path | None = None, todo: str = "", rule: str = "property") -> None:
        """Note a fault; `anchor` is the place in the text when it is not the path."""
        error = StackValidationFailed(what, path=path, todo=todo, rule=rule)
        error.prefix = self.prefix
        error.anchor = path if anchor is None else anchor
        self.found.append(error)


def cast(schema: PropertySchema, value: Any, path: Path, faults: Faults, check: bool = True) -> Any:
    """A value as the property has it; what is wrong is noted.

    Parameters
    ----------
    check : bool
        Whether constraints are looked at, and required members of maps inside.
    """
    before = len(faults.found)
    made = _CASTS[schema.kind](schema, value, path, faults, check)
    if check and len(faults.found) == before:
        for constraint in schema.constraints:
            said = constraint.broken(made, schema.kind)
            if said is not None:
                faults.add(said, path, rule="property-value")
                break
    return made


def _string(schema: PropertySchema, value: Any, path: Path, faults: Faults, check: bool) -> Any:
    if value is None:
        value = schema.default or ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int):
        return str(value)
    faults.add(f"Value must be a string; got {value!r}", path, rule="property-kind")
    return ""


def _integer(schema: PropertySchema, value: Any, path: Path, faults: Faults, check: bool) -> Any:
    if value is None:
        value = schema.default or 0
    try:
        return int(value)
    except ValueError:
        faults.add(f"Value '{value}' is not an integer", path, rule="property-kind")
    except (TypeError, OverflowError) as error:
        faults.add(str(error), path, rule="property-kind")
    return 0


def _numeric(schema: PropertySchema, value: Any, path: Path, faults: Faults, check: bool) -> Any:
    if value is None:
        value = schema.default or 0
    try:
        return to_number(value)
    except (ValueError, TypeError) as error:
        faults.add(str(error), path, rule="property-kind")
    return 0


def _boolean(schema: PropertySchema, value: Any, path: Path, faults: Faults, check: bool) -> Any:
    if value is None:
        value = schema.default or False
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    shown = value.lower() if isinstance(value, str) else value
    faults.add(f'"{shown}" is not a valid boolean', path, todo="Write true or false.", rule="property-kind")
    return False


def _map(schema: PropertySchema, value: Any, path: Path, faults: Faults, check: bool) -> Any:
    if value is None:
        value = schema.default if schema.default is not None else {}
    if not isinstance(value, dict):
        if schema.loose and isinstance(value, str):
            return value
        if schema.loose and isinstance(value, list):
            return json.dumps(value)
        faults.add(f'"{value}" is not a map', path, rule="property-kind")
        return {}
    if schema.schema is None:
        return dict(value)
    return members(schema.schema, value, path, faults, check)


def _list(schema: PropertySchema, value: Any, path: Path, faults: Faults, check: bool) -> Any:
    if value is None:
        value = schema.default or []
    if schema.loose and isinstance(value, str):
        value = value.split(",") if value else []
    if not isinstance(value, list):
        faults.add(f'"{value!r}" is not a list', path, rule="property-kind")
        return []
    if schema.schema is None:
        return list(value)
    item = schema.schema[ANY]
    return [cast(item, each, (*path, place), faults, check) for place, each in enumerate(value)]


def _any(schema: PropertySchema, value: Any, path: Path, faults: Faults, check: bool) -> Any:
    return value


_CASTS: dict[str, Callable[[PropertySchema, Any, Path, Faults, bool], Any]] = {
    "string": _string, "integer": _integer, "number": _numeric, "boolean": _boolean, "map": _map, "list": _list,
    "any": _any,
}  # fmt: skip


def members(
    table: Mapping[str, PropertySchema], given: Mapping[str, Any], path: Path, faults: Faults, check: bool,
    names: Mapping[str, tuple[str, ...]] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """The members of a map of properties, defaults put in; unknown and missing ones are noted when checking."""
    if check:
        unknown(table, given, path, faults)
    made: dict[str, Any] = {}
    for key, schema in table.items():
        if key in given:
            made[key] = cast(schema, given[key], (*path, key), faults, check)
        elif schema.default is not None:
            made[key] = cast(schema, None, (*path, key), faults, check)
        else:
            if schema.required and check:
                faults.add(f"Property {key} not assigned", path, todo=f"Add `{key}`.", rule="property-missing")
            made[key] = None
    return made


def unknown(table: Mapping[str, PropertySchema], given: Mapping[Any, Any], path: Path, faults: Faults) -> None:
    """Note the members that are not in the table."""
    for key in given:
        if key not in table:
            todo = did_you_mean(key, table, "Properties are")
            faults.add(f"Unknown Property {key}", path, (*path, key), todo, "property-unknown")


class Properties:
    """The properties of one resource.

    Parameters
    ----------
    table : mapping
        What the type wants.
    data : mapping
        What the template gives, functions parsed.
    path : tuple
        `resources`, the name, `properties`.
    renamed : iterable of pairs of paths
        Where a property is today, and where it was; values of old names count as of the new ones.
    """

    def __init__(
        self, table: Mapping[str, PropertySchema], data: Mapping[str, Any] | Any, path: Path = (),
        renamed: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (),
    ) -> None:  # fmt: skip
        self.table = table
        self.data = data if isinstance(data, dict) else {}
        self.path = path
        self.old = {old[0]: new[0] for new, old in renamed if len(new) == 1 and len(old) == 1}
        self.inner = [(new, old[-1]) for new, old in renamed if len(new) == 2]
        self._values: dict[str, Any] | None = None

    def __contains__(self, key: object) -> bool:
        return key in self.data

    def given(self, key: str) -> Any:
        """The parsed value of a property, under its own or its old name; `...` when there is none."""
        if key in self.data:
            return self.data[key]
        for old, new in self.old.items():
            if new == key and self.data.get(old) is not None:
                return self.data[old]
        return ...

    def _resolved(self, key: str) -> Any:
        snippet = self.given(key)
        if snippet is ...:
            return ...
        value = attempt(snippet, True)
        for (outer, new), old in self.inner:
            if outer == key and isinstance(value, list):
                value = [_rename(item, old, new) for item in value]
        return value

    def values(self) -> dict[str, Any]:
        """All properties with their defaults.

        Raises
        ------
        FunctionError
            A value cannot be given or is of another kind.
        """
        if self._values is None:
            faults = Faults()
            made = {key: self._value(key, faults, False) for key in self.table}
            if faults.found:
                first = faults.found[0]
                raise ValueFault(first)
            self._values = made
        return self._values

    def get(self, key: str, default: Any = None) -> Any:
        """One property, or the default when it is not given or cannot be told."""
        if key not in self.table:
            return default
        faults = Faults()
        try:
            value = self._value(key, faults, False)
        except FunctionError:
            return default
        return default if faults.found or value is None else value

    def user_values(self) -> dict[str, Any]:
        """The properties that the template gives, resolved and of their kind; no defaults."""
        faults = Faults()
        made = {}
        for key in self.table:
            value = self._resolved(key)
            if value is not ...:
                made[key] = cast(self.table[key], value, (*self.path, key), faults, False)
        if faults.found:
            raise ValueFault(faults.found[0])
        return made

    def _value(self, key: str, faults: Faults, check: bool) -> Any:
        schema = self.table[key]
        value = self._resolved(key)
        if value is not ...:
            return cast(schema, value, (*self.path, key), faults, check)
        return None if schema.default is None else cast(schema, None, (*self.path, key), faults, check)

    def faults(self, waits: Callable[[Any], bool], values: bool = True) -> Iterator[TemplateError]:
        """All that is wrong.

        Parameters
        ----------
        waits : callable
            Whether a parsed value names a resource that is not there yet.
        values : bool
            Whether values are looked at; names always are.
        """
        faults = Faults()
        unknown(self.table, self.data, self.path, faults)
        replaced = set(self.old)
        for key, schema in self.table.items():
            if values and not (key in replaced and key in self.data):
                self._check(key, schema, waits, faults)
            if not schema.implemented and key in self.data:
                faults.add(f"Property {key} not implemented yet", self.path, (*self.path, key))
        yield from faults.found

    def _check(self, key: str, schema: PropertySchema, waits: Callable[[Any], bool], faults: Faults) -> None:
        snippet = self.given(key)
        for old, new in self.old.items():
            if new == key and self.data.get(key) and self.data.get(old):
                what = f"Cannot define the following properties at the same time: {key}, {old}"
                faults.add(what, (*self.path, key), todo=f"{old} is the old name of {key}; keep {key}.")
        try:
            value = self._resolved(key)
        except FunctionError as error:
            # An unknown resource is told once, where the dependencies are looked at.
            if not error.follows and not isinstance(error, UnknownResource):
                faults.add(error.what, (*self.path, key), todo=error.todo, rule="function-value")
            return
        if value is ...:
            if schema.default is not None:
                cast(schema, None, (*self.path, key), faults)
            elif schema.required:
                faults.add(f"Property {key} not assigned", self.path, todo=f"Add `{key}`.", rule="property-missing")
            return
        cast(schema, value, (*self.path, key), faults, not waits(snippet))


def _rename(item: Any, old: str, new: str) -> Any:
    if isinstance(item, dict) and item.get(old) is not None and item.get(new) is None:
        return {key: value for key, value in item.items() if key != old} | {new: item[old]}
    return item


@functools.cache
def empty() -> Mapping[str, PropertySchema]:
    """No properties at all."""
    return {}
