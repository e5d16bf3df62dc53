"""Reading a description: JSON or YAML, within limits, and its references."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import unquote

import yaml

from kit.guidelines.description.text import read_yaml
from kit.guidelines.errors import DescriptionError, EndlessReference, MissingReference, TooLarge

LIMIT = 64 * 1024 * 1024
DEEPEST = 200


def read_file(path: Path, limit: int = LIMIT) -> str:
    """The text of a file.

    Raises
    ------
    DescriptionError
        It cannot be read, or is no UTF-8.
    TooLarge
        It is above the limit.
    """
    try:
        size = path.stat().st_size
        if size > limit:
            todo = "Split it, or audit its parts."
            raise TooLarge(f"It has {size:,} bytes; {limit:,} is the limit.", where=str(path), todo=todo)
        with path.open("rb") as file:
            return read_stream(file, limit, str(path))
    except OSError as error:
        todo = "Give the path of a JSON or YAML file."
        raise DescriptionError(f"It cannot be read: {error.strerror}.", where=str(path), todo=todo) from None


def read_stream(file: BinaryIO, limit: int = LIMIT, where: str = "") -> str:
    """The text that comes from an open file; a device or a pipe has no size, and may have no end.

    Raises
    ------
    DescriptionError, TooLarge
        As `read_file`.
    """
    data = file.read(limit + 1)
    if len(data) > limit:
        raise TooLarge(f"It has more than {limit:,} bytes.", where=where, todo="Give a file with an end.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise DescriptionError(
            "It is no text in UTF-8.", where=f"{where}:{line}", todo="Write it anew in UTF-8."
        ) from None


def parse(text: str, where: str = "") -> Any:
    """The data of a text in JSON or YAML.

    Raises
    ------
    DescriptionError
        It is neither; the message has the line.
    TooLarge
        It is nested too deeply, or has too many aliases.
    """
    try:
        if text.lstrip()[:1] in ("{", "["):
            try:
                return json.loads(text, parse_constant=_no_number)
            except ValueError as error:
                if text.lstrip()[1:2] == '"' or text.lstrip()[1:].lstrip()[:1] == '"':
                    raise DescriptionError(f"It is not JSON: {error}", where=where, todo="Mend the file.") from None
        return read_yaml(text)
    except TooLarge as error:
        raise TooLarge(error.what, where=where, todo=error.todo) from None
    except RecursionError:
        raise TooLarge("It is nested too deeply.", where=where, todo="Move inner parts to components.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        spot = f"{where}:{mark.line + 1}" if mark else where
        problem = getattr(error, "problem", None) or str(error)
        raise DescriptionError(f"It is not YAML: {problem}", where=spot, todo="Mend the file.") from None
    except (ValueError, TypeError, OverflowError) as error:
        raise DescriptionError(f"It is not YAML: {error}", where=where, todo="Mend the file.") from None


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


def mapping(value: Any) -> dict[str, Any]:
    """The value if it is an object, else an empty one: a malformed part is passed over."""
    return value if isinstance(value, dict) else {}


def listing(value: Any) -> list[Any]:
    """The value if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def escape(part: object) -> str:
    """One part of a JSON pointer."""
    return str(part).replace("~", "~0").replace("/", "~1")


def pointer(base: str, *parts: object) -> str:
    """A JSON pointer, from a pointer and the parts below it."""
    for part in parts:
        text = str(part)
        if "~" in text or "/" in text:
            text = escape(text)
        base = f"{base}/{text}"
    return base


class Document:
    """The data of a description, and what its references mean.

    Parameters
    ----------
    data : dict
        The parsed document.
    where : str
        The file or the URL, for messages.
    """

    def __init__(self, data: dict[str, Any], where: str = "") -> None:
        self.data = data
        self.where = where
        self._targets: dict[str, Any] = {}
        # What schemas are seen to hold, by the identity of their data; the document keeps the data alive.
        self.parts: dict[int, list[Any]] = {}
        self.members: dict[int, dict[str, Any]] = {}

    def resolve(self, node: Any, place: str) -> tuple[Any, str]:
        """What a node means and where that stands, references followed.

        Raises
        ------
        EndlessReference
            The reference leads back to itself.
        MissingReference
            It leads nowhere, or out of the document.
        """
        seen: list[str] = []
        while isinstance(node, dict) and isinstance(node.get("$ref"), str):
            reference = node["$ref"]
            if reference in seen:
                chain = " -> ".join([*seen, reference])
                todo = "Let one of them hold the schema itself."
                raise EndlessReference(f"{chain} has no end.", where=self._at(place), todo=todo)
            seen.append(reference)
            node = self._target(reference, place)
            place = unquote(reference[1:])
        return node, place

    def _target(self, reference: str, place: str) -> Any:
        if reference in self._targets:
            return self._targets[reference]
        if not reference.startswith("#"):
            todo = "Bundle the description into one document first."
            raise MissingReference(f"{reference} is another document.", where=self._at(place), todo=todo)
        node: Any = self.data
        for part in unquote(reference[1:]).split("/")[1:]:
            part = part.replace("~1", "/").replace("~0", "~")
            if isinstance(node, dict) and part in node:
                node = node[part]
            elif isinstance(node, list) and part.isascii() and part.isdigit() and int(part) < len(node):
                node = node[int(part)]
            else:
                todo = "Write the part, or mend the reference."
                raise MissingReference(f"{reference} leads nowhere.", where=self._at(place), todo=todo)
        self._targets[reference] = node
        return node

    def _at(self, place: str) -> str:
        return f"{self.where}#{place}" if self.where else place

    def check_references(self) -> None:
        """See that every `$ref` has a meaning; data below `example` and the like is no part of the document.

        Raises
        ------
        EndlessReference, MissingReference
            One has none.
        TooLarge
            The document is nested too deeply.
        """
        # The way down to a node is kept as a chain, and made a pointer when there is something to tell.
        stack: list[tuple[Any, Any, int]] = [(self.data, None, 0)]
        seen: set[int] = set()
        while stack:
            node, chain, depth = stack.pop()
            if id(node) in seen:
                continue
            seen.add(id(node))
            if depth > DEEPEST:
                todo = "Move inner parts to components."
                raise TooLarge(f"It is nested deeper than {DEEPEST}.", where=self._at(_unchain(chain)[:80]), todo=todo)
            if isinstance(node, dict):
                if isinstance(node.get("$ref"), str) and node["$ref"] not in self._targets:
                    self.resolve(node, _unchain(chain))
                for name, child in node.items():
                    if isinstance(child, dict | list) and name not in _DATA:
                        stack.append((child, (chain, name), depth + 1))
            else:
                for number, child in enumerate(node):
                    if isinstance(child, dict | list):
                        stack.append((child, (chain, number), depth + 1))


def _unchain(chain: Any) -> str:
    parts: list[str] = []
    while chain is not None:
        chain, part = chain
        parts.append(escape(part))
    return "".join(f"/{part}" for part in reversed(parts))


_DATA = frozenset({"example", "examples", "default", "enum", "const"})


def load(source: Path | str | dict[str, Any], where: str = "") -> Document:
    """A description from a file, a text, or data.

    Parameters
    ----------
    source : Path, str or dict
        A path, the text itself, or what it parses to.
    where : str
        What to call it in messages; default the path.

    Raises
    ------
    DescriptionError
        It cannot be read, or is no OpenAPI 3.0 or 3.1 document.
    EndlessReference, MissingReference
        A reference in it has no meaning.
    TooLarge
        It is beyond the limits.
    """
    if isinstance(source, Path):
        where = where or str(source)
        data = parse(read_file(source), where)
    else:
        data = parse(source, where) if isinstance(source, str) else source
    if not isinstance(data, dict):
        todo = "Give an OpenAPI 3.0 or 3.1 document."
        raise DescriptionError("It is no description: its top is no object.", where=where, todo=todo)
    version = data.get("openapi")
    if "swagger" in data:
        todo = "Convert it to OpenAPI 3.0 or 3.1."
        raise DescriptionError("It is Swagger 2.", where=where, todo=todo)
    if not str(version).startswith(("3.0", "3.1", "3.2")):
        told = "says no `openapi` version" if version is None else f"says openapi: {str(version)[:40]}"
        todo = "Give an OpenAPI 3.0 or 3.1 document."
        raise DescriptionError(f"It is no description: it {told}.", where=where, todo=todo)
    if not isinstance(data.get("paths", {}), dict):
        raise DescriptionError("Its `paths` is no object.", where=where, todo="Write paths: {/widgets: {get: ...}}.")
    document = Document(data, where)
    document.check_references()
    return document
