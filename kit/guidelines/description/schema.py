"""Schemas: their types and members, references and compositions seen through."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from kit.guidelines.description.document import Document, listing, mapping, pointer

PARTS = ("allOf", "oneOf", "anyOf")
_INNER = ("items", "additionalProperties", "contains", "not", "if", "then", "else", "unevaluatedProperties")


class Schema(NamedTuple):
    """A schema with the place it stands at, its reference followed."""

    document: Document
    data: dict[str, Any]
    place: str

    @property
    def parts(self) -> list[Schema]:
        """This schema and all it is composed of."""
        data = self.data
        if "allOf" not in data and "oneOf" not in data and "anyOf" not in data:
            return [self]
        known = self.document.parts.get(id(data))
        if known is not None:
            return known
        found = self.document.parts[id(data)] = []
        seen: set[int] = set()
        stack = [self]
        while stack:
            schema = stack.pop()
            if id(schema.data) in seen:
                continue
            seen.add(id(schema.data))
            found.append(schema)
            for word in PARTS:
                for number, part in reversed(list(enumerate(listing(schema.data.get(word))))):
                    stack.append(at(self.document, part, pointer(schema.place, word, number)))
        return found

    @property
    def types(self) -> set[str]:
        """The JSON types it names or shows by its words, without null."""
        found: set[str] = set()
        for part in self.parts:
            named = part.data.get("type")
            found |= {named} if isinstance(named, str) else {str(name) for name in listing(named)}
            if named is None:
                if "properties" in part.data:
                    found.add("object")
                if "items" in part.data:
                    found.add("array")
                values = listing(part.data.get("enum"))
                values += [part.data["const"]] if "const" in part.data else []
                found |= {type_of(value) for value in values}
        return found - {"null"}

    @property
    def members(self) -> dict[str, Schema]:
        """The members it names, those of its parts too."""
        if not self.data:
            return {}
        known = self.document.members.get(id(self.data))
        if known is not None:
            return known
        found: dict[str, Schema] = {}
        self.document.members[id(self.data)] = found
        for part in self.parts:
            for name, inner in mapping(part.data.get("properties")).items():
                if str(name) not in found:
                    found[str(name)] = at(self.document, inner, pointer(part.place, "properties", name))
        return found

    @property
    def required(self) -> set[str]:
        """The members it requires."""
        return {str(name) for part in self.parts for name in listing(part.data.get("required"))}

    @property
    def items(self) -> Schema | None:
        """The schema of its items."""
        for part in self.parts:
            if isinstance(part.data.get("items"), dict):
                return at(self.document, part.data["items"], pointer(part.place, "items"))
        return None

    def get(self, word: str) -> Any:
        """The first value of a keyword in it and its parts, or None."""
        for part in self.parts:
            if word in part.data:
                return part.data[word]
        return None

    @property
    def values(self) -> list[Any]:
        """The values that it names: enum, const, default, examples."""
        found: list[Any] = []
        for part in self.parts:
            found += listing(part.data.get("enum")) + listing(part.data.get("examples"))
            found += [part.data[word] for word in ("const", "default", "example") if part.data.get(word) is not None]
        return found

    @property
    def closed_values(self) -> list[Any]:
        """The only values that it allows: enum or const."""
        found: list[Any] = []
        for part in self.parts:
            found += listing(part.data.get("enum"))
            found += [part.data["const"]] if "const" in part.data else []
        return found


def type_of(value: Any) -> str:
    """The JSON type of a value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def at(document: Document, node: Any, place: str) -> Schema:
    """The schema at a place, its reference followed; `true`, `false` and what is malformed say nothing."""
    if isinstance(node, dict) and "$ref" in node:
        node, place = document.resolve(node, place)
    return Schema(document, mapping(node), place)


class Member(NamedTuple):
    """A member of a body.

    Attributes
    ----------
    name : str
        As on the wire.
    schema : Schema
        What it may hold.
    owner : Schema
        The object it belongs to.
    place : str
        The pointer of its definition.
    path : tuple of str
        The names from the top of the body down to it.
    """

    name: str
    schema: Schema
    owner: Schema
    place: str
    path: tuple[str, ...]


def walk(top: Schema, seen: set[int]) -> Iterator[Member]:
    """Every member in a body, each object schema once over all calls that share `seen`."""
    stack: list[tuple[Schema, tuple[str, ...]]] = [(top, ())]
    document = top.document
    while stack:
        schema, path = stack.pop()
        data = schema.data
        if id(data) in seen:
            continue
        seen.add(id(data))
        later: list[tuple[Schema, tuple[str, ...]]] = []
        for name, inner in mapping(data.get("properties")).items():
            place = pointer(schema.place, "properties", name)
            found = at(document, inner, place)
            below = (*path, str(name))
            yield Member(str(name), found, schema, place, below)
            later.append((found, below))
        for word in PARTS:
            for number, part in enumerate(listing(data.get(word))):
                later.append((at(document, part, pointer(schema.place, word, number)), path))
        for word in _INNER:
            if isinstance(data.get(word), dict):
                later.append((at(document, data[word], pointer(schema.place, word)), path))
        for word in ("patternProperties", "dependentSchemas"):
            for name, part in mapping(data.get(word)).items():
                later.append((at(document, part, pointer(schema.place, word, name)), path))
        for number, part in enumerate(listing(data.get("prefixItems"))):
            later.append((at(document, part, pointer(schema.place, "prefixItems", number)), path))
        stack += reversed(later)
