"""Operations: what a description says of one method at one path."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import Any, NamedTuple

from kit.guidelines.description.document import Document, listing, mapping, pointer
from kit.guidelines.description.schema import Member, Schema, at, walk
from kit.guidelines.lexicon import lexicon
from kit.guidelines.words import ACTIONS, QUERIES, plural, tokens

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
VERSION = re.compile(r"v\d+(\.\d+)*", re.IGNORECASE)
_PROJECT = re.compile(r"\{(project|tenant|account)(_id|_name|Id)?\}")
ERROR = re.compile(r"[45](\d\d|XX|xx)")
# How the summary of a POST begins that makes no member of a collection.
_MAKES_NOTHING = lexicon("makes nothing") | QUERIES | (ACTIONS - {"create", "add", "clone"})
SUCCESS = re.compile(r"2(\d\d|XX|xx)")


class Parameter(NamedTuple):
    """A parameter: its name, where it goes, what it may hold."""

    name: str
    where: str
    schema: Schema
    data: dict[str, Any]
    place: str

    @property
    def examples(self) -> list[Any]:
        """Values that the description shows."""
        shown = [self.data["example"]] if self.data.get("example") is not None else []
        shown += [mapping(each).get("value") for each in mapping(self.data.get("examples")).values()]
        return [value for value in [*shown, *self.schema.values] if value is not None]


class Answer(NamedTuple):
    """A response: its code, and what comes with it.

    Attributes
    ----------
    place : str
        Where the operation names it.
    home : str
        Where it is written: the same, or a component.
    """

    code: str
    data: dict[str, Any]
    place: str
    home: str
    document: Document

    @property
    def headers(self) -> dict[str, tuple[str, dict[str, Any], str]]:
        """Headers by their names in lower case: the name as written, the header object, its place."""
        found = {}
        for name, node in mapping(self.data.get("headers")).items():
            place = pointer(self.home, "headers", name)
            resolved, _ = self.document.resolve(node, place)
            found[str(name).lower()] = (str(name), mapping(resolved), place)
        return found

    @property
    def text(self) -> str:
        """What it says of itself."""
        return str(self.data.get("description") or "")

    @property
    def content(self) -> dict[str, Any]:
        """The media types it answers."""
        return mapping(self.data.get("content"))

    @property
    def schema(self) -> Schema | None:
        """The schema of its JSON body; None when it has none."""
        return body_schema(self.document, self.content, self.home)

    @property
    def examples(self) -> list[Any]:
        """The JSON bodies that it shows."""
        found = []
        for name, media in self.content.items():
            if "json" in str(name):
                media = mapping(media)
                found += [media["example"]] if "example" in media else []
                found += [mapping(each).get("value") for each in mapping(media.get("examples")).values()]
        return [value for value in found if value is not None]


def body_schema(document: Document, content: dict[str, Any], place: str) -> Schema | None:
    """The schema of the JSON media type among several, or of the only one."""
    names = [name for name in content if "json" in str(name)] or list(content)[:1]
    for name in names:
        media = mapping(content[name])
        if isinstance(media.get("schema"), dict):
            return at(document, media["schema"], pointer(place, "content", name, "schema"))
    return None


def subpath(path: str) -> str:
    """The service's subpath before the version: `compute` of `/compute/v2.1/servers`."""
    parts = [part for part in path.split("/") if part]
    return parts[0] if len(parts) > 1 and VERSION.fullmatch(parts[1]) and not is_variable(parts[0]) else ""


def path_parts(path: str) -> list[str]:
    """The segments of a path, without the service's subpath, the version and the project before them."""
    parts = [part for part in path.split("?")[0].split("/") if part]
    # A cloud with one port serves each service at a subpath: `/compute/v2.1/servers`.
    place = next((number for number, part in enumerate(parts[:2]) if VERSION.fullmatch(part)), -1)
    parts = parts[place + 1 :]
    if len(parts) > 1 and is_project(parts[0]):
        parts = parts[1:]
    return parts


def is_project(part: str) -> bool:
    """Whether a segment stands for the project or account that owns all below it."""
    return _PROJECT.fullmatch(part) is not None


def is_variable(part: str) -> bool:
    """Whether a segment is a template variable."""
    return "{" in part


class Operation:
    """One method at one path."""

    def __init__(self, description: Description, path: str, method: str, data: dict[str, Any], place: str) -> None:
        self.description = description
        self.document = description.document
        self.path = path
        self.method = method
        self.data = data
        self.place = place
        self.item_place = pointer("/paths", path)
        self.parts = path_parts(path)

    @property
    def last(self) -> str:
        """The last segment, '' at the root."""
        return self.parts[-1] if self.parts else ""

    @property
    def asynchronous(self) -> bool | None:
        """Whether the work is unfinished when the answer is sent, where the description marks it."""
        mark = self.data.get("x-asynchronous")
        return mark if isinstance(mark, bool) else None

    @cached_property
    def text(self) -> str:
        """Summary and description."""
        return f"{self.data.get('summary') or ''} {self.data.get('description') or ''}".strip()

    @cached_property
    def parameters(self) -> list[Parameter]:
        """Its own and the path's parameters."""
        found: dict[tuple[str, str], Parameter] = {}
        item = mapping(self.description.paths.get(self.path))
        for base, owner in ((self.item_place, item), (self.place, self.data)):
            for number, node in enumerate(listing(owner.get("parameters"))):
                resolved, place = self.document.resolve(node, pointer(base, "parameters", number))
                data = mapping(resolved)
                name, where = str(data.get("name", "")), str(data.get("in", ""))
                schema = at(self.document, data.get("schema"), pointer(place, "schema"))
                found[(name, where)] = Parameter(name, where, schema, data, place)
        return list(found.values())

    def query(self) -> list[Parameter]:
        """Parameters in the query."""
        return [each for each in self.parameters if each.where == "query"]

    def header(self, name: str) -> Parameter | None:
        """A header that it takes."""
        for each in self.parameters:
            if each.where == "header" and each.name.lower() == name.lower():
                return each
        return None

    @cached_property
    def answers(self) -> dict[str, Answer]:
        """Responses by code."""
        found = {}
        for code, node in mapping(self.data.get("responses")).items():
            place = pointer(self.place, "responses", code)
            resolved, home = self.document.resolve(node, place)
            found[str(code)] = Answer(str(code), mapping(resolved), place, home, self.document)
        return found

    @cached_property
    def successes(self) -> dict[str, Answer]:
        """Responses of 2xx."""
        return {code: answer for code, answer in self.answers.items() if SUCCESS.fullmatch(code)}

    @cached_property
    def errors(self) -> dict[str, Answer]:
        """Responses of 4xx and 5xx."""
        return {code: answer for code, answer in self.answers.items() if ERROR.fullmatch(code)}

    @cached_property
    def request(self) -> Schema | None:
        """The schema of the JSON body it takes."""
        body = self.data.get("requestBody")
        if not isinstance(body, dict):
            return None
        resolved, place = self.document.resolve(body, pointer(self.place, "requestBody"))
        return body_schema(self.document, mapping(mapping(resolved).get("content")), place)

    @cached_property
    def result(self) -> Schema | None:
        """The schema of its first successful JSON body."""
        for code in sorted(self.successes):
            schema = self.successes[code].schema
            if schema is not None:
                return schema
        return None

    @cached_property
    def lists(self) -> Schema | None:
        """The schema of the items, when it answers a collection."""
        if self.result is None or not self.parts or is_variable(self.last):
            return None
        if "array" in self.result.types:
            return self.result.items or Schema(self.document, {}, self.result.place)
        arrays = {n: m for n, m in self.result.members.items() if "array" in m.types and not n.endswith("links")}
        named = [m for n, m in arrays.items() if tokens(n)[-1:] == tokens(self.last)[-1:]]
        chosen = named[0] if named else next(iter(arrays.values())) if len(arrays) == 1 else None
        if chosen is None:
            return None
        return chosen.items or Schema(self.document, {}, chosen.place)

    @cached_property
    def creates(self) -> bool:
        """Whether it is a POST to a collection, which makes a member."""
        return self.method == "post" and self.description.is_collection(self)


class Description:
    """An OpenAPI document as operations."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.paths: dict[str, Any] = {}
        self.operations: list[Operation] = []
        for path, node in mapping(document.data.get("paths")).items():
            resolved, place = document.resolve(node, pointer("/paths", path))
            item = mapping(resolved)
            self.paths[str(path)] = item
            for method in METHODS:
                if isinstance(item.get(method), dict):
                    at_place = pointer(place, method)
                    self.operations.append(Operation(self, str(path), method, item[method], at_place))
        self.by_path: dict[str, dict[str, Operation]] = {path: {} for path in self.paths}
        for operation in self.operations:
            self.by_path[operation.path][operation.method] = operation
        self._above = {path.rstrip("/").rsplit("/", 1)[0] for path in self.paths if path.rstrip("/").endswith("}")}

    def has_members(self, path: str) -> bool:
        """Whether `path/{...}` is described."""
        return path.rstrip("/") in self._above

    def is_collection(self, operation: Operation) -> bool:
        """Whether a path holds members: it has them below it, lists them, makes them, or is a plural noun."""
        from kit.guidelines.words import ACTIONS, QUERIES

        last = operation.last
        if not last or is_variable(last) or last.lower() in ("action", "actions", "metadata", "tags"):
            return False
        if {tokens(last)[:1], (last,)} & {(word,) for word in ACTIONS | QUERIES | {"validate", "check", "preview"}}:
            return False
        get = self.by_path[operation.path].get("get")
        if self.has_members(operation.path) or (get is not None and get.lists is not None) or plural(last):
            return True
        first = tokens(operation.text.split(" ", 1)[0])[:1] if operation.text else ()
        return operation.asynchronous is not None and operation.method == "post" and not _MAKES_NOTHING & {*first}

    @cached_property
    def members(self) -> list[tuple[Member, str, Operation]]:
        """Every member of every body once in requests and once in answers, with `request` or `answer`."""
        return list(self._members())

    def _members(self) -> Iterator[tuple[Member, str, Operation]]:
        asked: set[int] = set()
        answered: set[int] = set()
        for operation in self.operations:
            if operation.request is not None:
                for member in walk(operation.request, asked):
                    yield member, "request", operation
            for answer in operation.answers.values():
                schema = answer.schema
                if schema is not None:
                    for member in walk(schema, answered):
                        yield member, "answer", operation

    @cached_property
    def microversioned(self) -> bool:
        """Whether an operation takes OpenStack-API-Version."""
        return any(operation.header("OpenStack-API-Version") for operation in self.operations)
