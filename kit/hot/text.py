"""The text of a template: YAML or JSON read into plain data that remembers where each part stood.

`Map` and `Seq` are a dict and a list; `locate` gives the line and column of a path inside them. The reader
never recurses, so that a hostile text is refused quickly: texts above 512 KiB (Heat's own limit), nesting
above 100 levels, and aliases that unfold to more than 250,000 nodes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import yaml
from yaml.constructor import SafeConstructor
from yaml.resolver import Resolver

from kit.hot.errors import Path, Position, RequestLimitExceeded, TemplateError, TemplateSyntaxError
from kit.hot.quiet import no_collection

LARGEST, DEEPEST, NODES = 524_288, 100, 250_000

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAG = "tag:yaml.org,2002:"
_MERGE = object()
_scalars = SafeConstructor()


class Map(dict[Any, Any]):
    """A mapping; `places` gives the positions of its keys and values, `twice` its repeated keys.

    Keys are texts; `spelt` gives what YAML read where that was none: `on` is True, and the key "true".
    """

    __slots__ = ("places", "position", "spelt", "twice")

    def __init__(self) -> None:
        super().__init__()
        self.position = Position(1, 1)
        self.places: dict[Any, tuple[Position, Position]] = {}
        self.twice: list[tuple[Any, Position]] = []
        self.spelt: dict[str, Any] = {}


class Seq(list[Any]):
    """A list; `places` gives the positions of its items."""

    __slots__ = ("places", "position")

    def __init__(self) -> None:
        super().__init__()
        self.position = Position(1, 1)
        self.places: list[Position] = []


def read(text: str, name: str = "") -> Any:
    """The data of a YAML or JSON text.

    Parameters
    ----------
    text : str
        YAML 1.1 as Heat reads it: timestamps stay text, several documents are refused.
    name : str
        The file, told in errors.

    Raises
    ------
    TemplateSyntaxError
        With line, column and the line itself.
    RequestLimitExceeded
        The text is too large, nested too deeply, or its aliases unfold to too much.
    """
    if len(text) > LARGEST:
        error = RequestLimitExceeded(
            f"Template size ({len(text)} bytes) exceeds maximum allowed size ({LARGEST} bytes).",
            todo="Move parts into files of their own.",
        )
        raise _told(error, name)
    try:
        with no_collection():
            data = _Composer().compose(text)
    except yaml.YAMLError as error:
        if text.lstrip().startswith("{"):
            try:
                return json.loads(text)
            except (ValueError, RecursionError):
                pass
        raise _told(_syntax(error, text), name) from None
    except TemplateError as error:
        error.quote = quote(text, error.position)
        raise _told(error, name) from None
    return data


def read_map(text: str, name: str = "", environment: bool = False) -> Map:
    """The data of a text that must be a mapping; an empty text is an empty one.

    Parameters
    ----------
    environment : bool
        Whether it is one, and not a template.

    Raises
    ------
    TemplateSyntaxError
        It is a list or a scalar, or does not parse.
    """
    data = read(text, name)
    if data is None:
        return Map()
    if not isinstance(data, dict):
        told = ("The template is not a JSON object or YAML mapping.", "Begin with `heat_template_version: 2021-04-16`.")
        if environment:
            told = ("The environment is not a valid YAML mapping data type.", "Begin with `parameters:`.")
        error = TemplateSyntaxError(told[0], todo=told[1])
        error.position, error.quote = Position(1, 1), quote(text, Position(1, 1))
        raise _told(error, name)
    return as_map(data)


def as_map(data: dict[Any, Any]) -> Map:
    """Plain data as a `Map`, without positions."""
    if isinstance(data, Map):
        return data
    found = Map()
    found.update(data)
    return found


def kind_name(value: Any) -> str:
    """What Python calls the kind of a value, as Heat's sentences do."""
    return "dict" if isinstance(value, dict) else "list" if isinstance(value, list) else type(value).__name__


def locate(data: Any, path: Path) -> Position | None:
    """Where a path stands: the position of the last key or item of it that there is."""
    found: Position | None = getattr(data, "position", None)
    for part in path:
        if isinstance(data, Map) and part in data:
            place = data.places.get(part)
            data = data[part]
            found = place[0] if place else found
        elif isinstance(data, Seq) and isinstance(part, int) and part < len(data):
            found, data = data.places[part], data[part]
        else:
            break
    return found


def quote(text: str, position: Position | None) -> str:
    """The line of a text that a position is on."""
    lines = text.splitlines()
    if position is None or not 0 < position.line <= len(lines):
        return ""
    return lines[position.line - 1][:200]


def _told(error: TemplateError, name: str) -> TemplateError:
    error.file = name
    return error


def _syntax(error: yaml.YAMLError, text: str) -> TemplateSyntaxError:
    mark = getattr(error, "problem_mark", None)
    what = getattr(error, "problem", None) or str(error).splitlines()[0]
    context = getattr(error, "context", None)
    todo = "Look at the indentation, the brackets and the quotes near this line."
    lines = text.splitlines()
    if mark is not None and mark.line < len(lines) and "\t" in lines[mark.line][: mark.column + 1]:
        todo = "YAML takes no tabs for indentation: write spaces."
    told = TemplateSyntaxError(f"Error parsing template: {context + ', ' if context else ''}{what}", todo=todo)
    if mark is not None:
        told.position = Position(mark.line + 1, mark.column + 1)
    elif (place := getattr(error, "position", None)) is not None:  # a character that YAML does not allow
        line = text.count("\n", 0, place) + 1
        told.position = Position(line, place - text.rfind("\n", 0, place))
    told.quote = quote(text, told.position)
    return told


class _Frame:
    """A collection that is being filled."""

    __slots__ = ("data", "key", "key_at", "merges", "size")

    def __init__(self, data: Map | Seq) -> None:
        self.data = data
        self.key: Any = self  # no key yet
        self.key_at = data.position
        self.merges: list[Any] = []
        self.size = 1


class _Composer:
    """Builds data from the parser's events, without recursion."""

    def __init__(self) -> None:
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.stack: list[tuple[_Frame, str | None]] = []
        self.root: Any = None
        self.plain: dict[str, Any] = {}

    def compose(self, text: str) -> Any:
        documents = 0
        for event in self.events(text):
            kind = type(event)
            if kind is yaml.ScalarEvent:
                mark = event.start_mark
                self.put(self.scalar(event), 1, Position(mark.line + 1, mark.column + 1), event.anchor)
            elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                self.open(event, Map() if kind is yaml.MappingStartEvent else Seq())
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                self.close()
            elif kind is yaml.AliasEvent:
                self.alias(event)
            elif kind is yaml.DocumentStartEvent:
                documents += 1
                if documents > 1:
                    raise yaml.composer.ComposerError(
                        "expected a single document in the stream", None, "but found another document", event.start_mark
                    )
        return self.root

    @staticmethod
    def events(text: str) -> Iterator[Any]:
        return yaml.parse(text, Loader=_Loader)

    def open(self, event: Any, data: Map | Seq) -> None:
        mark = event.start_mark
        data.position = Position(mark.line + 1, mark.column + 1)
        wanted = "map" if isinstance(data, Map) else "seq"
        if event.tag not in (None, "!", _TAG + wanted):
            raise self.unknown_tag(event)
        if len(self.stack) >= DEEPEST:
            raise self.limit(f"The template is nested deeper than {DEEPEST} levels.", data.position)
        if event.anchor:
            self.anchors[event.anchor] = (None, NODES)  # an alias inside its own anchor never ends
        self.stack.append((_Frame(data), event.anchor))

    def close(self) -> None:
        frame, anchor = self.stack.pop()
        for source in frame.merges:
            for key, value in source.items():
                if key not in frame.data:
                    frame.data[key] = value
                    place = source.places.get(key)
                    if place and isinstance(frame.data, Map):
                        frame.data.places[key] = place
        self.put(frame.data, frame.size, frame.data.position, anchor)

    def alias(self, event: Any) -> None:
        mark = event.start_mark
        if event.anchor not in self.anchors:
            raise yaml.composer.ComposerError(None, None, f"found undefined alias {event.anchor!r}", mark)
        data, size = self.anchors[event.anchor]
        self.put(data, size, Position(mark.line + 1, mark.column + 1), None)

    def put(self, data: Any, size: int, position: Position, anchor: str | None) -> None:
        """Place a finished node into the collection around it."""
        if anchor:
            self.anchors[anchor] = (data, size)
        if not self.stack:
            self.root = data
            return
        frame = self.stack[-1][0]
        frame.size += size
        if frame.size >= NODES:
            raise self.limit(f"The template unfolds to more than {NODES} nodes.", position)
        if isinstance(frame.data, Seq):
            frame.data.append(data)
            frame.data.places.append(position)
        elif frame.key is frame:
            self.key(frame, data, position)
        elif frame.key is _MERGE:
            sources = data if isinstance(data, Seq) else [data]
            if not all(isinstance(source, Map) for source in sources):
                raise self.wrong("expected a mapping or list of mappings for merging", position)
            frame.merges.extend(sources)
            frame.key = frame
        else:
            frame.data[frame.key] = data
            frame.data.places[frame.key] = (frame.key_at, position)
            frame.key = frame

    def key(self, frame: _Frame, data: Any, position: Position) -> None:
        if isinstance(data, (dict, list)):
            error = self.wrong("found unhashable key", position)
            error.todo = "Two braces make a map the name of another; a placeholder of that kind belongs in quotes."
            raise error
        assert isinstance(frame.data, Map)
        if data is not _MERGE and not isinstance(data, str):
            text = json.dumps(data)  # templates travel as JSON, where each key is a text
            frame.data.spelt[text] = data
            data = text
        if data is not _MERGE and data in frame.data:
            frame.data.twice.append((data, position))
        frame.key, frame.key_at = data, position

    def scalar(self, event: Any) -> Any:
        value: str = event.value
        if event.tag is None and not event.implicit[0]:
            return value
        if event.tag in (None, "!"):
            if event.tag == "!" or event.style:
                return value
            if value in self.plain:
                return self.plain[value]
            made = self.plain[value] = self.resolve(self.implicit(value), value, event)
            return made
        return self.resolve(event.tag, value, event)

    @staticmethod
    def implicit(value: str) -> str:
        """The tag that a plain scalar has by its looks."""
        table = Resolver.yaml_implicit_resolvers
        for tag, pattern in (*table.get(value[:1], ()), *table.get(None, ())):
            if pattern.match(value):
                return str(tag)
        return _TAG + "str"

    def resolve(self, tag: str, value: str, event: Any) -> Any:
        short = tag.removeprefix(_TAG)
        if short in ("str", "timestamp", "value"):
            return value
        if short == "merge":
            return _MERGE
        make: Callable[[Any], Any] | None = {
            "int": _scalars.construct_yaml_int, "float": _scalars.construct_yaml_float,
            "bool": _scalars.construct_yaml_bool, "null": _scalars.construct_yaml_null,
        }.get(short)  # fmt: skip
        if make is None:
            raise self.unknown_tag(event)
        try:
            return make(yaml.ScalarNode(tag, value))
        except (ValueError, KeyError, IndexError, OverflowError):
            mark = event.start_mark
            raise self.wrong(f"{value[:40]!r} is no {short}", Position(mark.line + 1, mark.column + 1)) from None

    @staticmethod
    def unknown_tag(event: Any) -> yaml.YAMLError:
        what = f"could not determine a constructor for the tag {event.tag!r}"
        return yaml.constructor.ConstructorError(None, None, what, event.start_mark)

    @staticmethod
    def wrong(what: str, position: Position) -> TemplateError:
        error = TemplateSyntaxError(f"Error parsing template: {what}")
        error.position = position
        return error

    @staticmethod
    def limit(what: str, position: Position) -> TemplateError:
        error = RequestLimitExceeded(what, todo="Such a template is refused before anything is computed.")
        error.position = position
        return error
