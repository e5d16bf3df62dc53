"""Reading YAML quickly: straight from the parser's events, without the tree of nodes between.

Half of the time of an audit of a large description would go into that tree. What is rare in descriptions (tags,
merged mappings) is left to PyYAML's own constructor.
"""

from __future__ import annotations

from typing import Any

import yaml

from kit.guidelines.errors import TooLarge

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MERGED = 100_000
DEEPEST = 900


class _Loader(_LOADER):
    """YAML as JSON has it: dates stay text, and merged mappings do not multiply without end."""

    def flatten_mapping(self, node: Any) -> None:
        super().flatten_mapping(node)
        if len(node.value) > _MERGED:
            raise TooLarge(f"A mapping has more than {_MERGED:,} members.", todo="Write the parts out as components.")


_Loader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in _LOADER.yaml_implicit_resolvers.items()
}


class _Rare(Exception):
    """Something that PyYAML's own constructor reads."""


def read_yaml(text: str) -> Any:
    """The data of a YAML text.

    Raises
    ------
    yaml.YAMLError
        It is no YAML, or more than one document.
    TooLarge
        It is nested too deeply, or merges too much.
    """
    loader = _Loader(text)
    try:
        return _build(loader)
    except _Rare:
        return yaml.load(text, Loader=_Loader)
    finally:
        loader.dispose()


_NO_KEY = object()
# A plain `=` or `<<` that is a value is the sign itself: PyYAML stumbles over `enum: [<, =]`.
_TEXT = {f"tag:yaml.org,2002:{name}" for name in ("str", "value", "merge")}


def _build(loader: Any) -> Any:
    """The data of a loader's events; a stack of open collections, each with the key that waits for a value."""
    scalars: dict[str, Any] = {}
    anchors: dict[str, Any] = {}
    stack: list[list[Any]] = []  # [collection, whether it is a mapping, the waiting key]
    result: Any = None
    documents = 0
    while True:
        event = loader.get_event()
        kind = type(event)
        if kind is yaml.ScalarEvent:
            if event.tag is not None:
                raise _Rare
            value: Any = event.value
            if event.implicit[0]:
                if value in scalars:
                    value = scalars[value]
                else:
                    value = scalars[value] = _scalar(loader, value)
            if event.anchor is not None:
                anchors[event.anchor] = value
        elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
            if event.tag is not None or len(stack) > DEEPEST:
                raise _Rare if event.tag is not None else RecursionError
            mapping = kind is yaml.MappingStartEvent
            value = {} if mapping else []
            if event.anchor is not None:
                anchors[event.anchor] = value
            _put(stack, value, event)
            if not stack:
                result = value
            stack.append([value, mapping, _NO_KEY])
            continue
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            stack.pop()
            continue
        elif kind is yaml.AliasEvent:
            if event.anchor not in anchors:
                raise yaml.composer.ComposerError(
                    None, None, f"found undefined alias {event.anchor!r}", event.start_mark
                )
            value = anchors[event.anchor]
        elif kind is yaml.StreamEndEvent:
            return result
        else:
            if kind is yaml.DocumentStartEvent:
                documents += 1
                if documents > 1:
                    raise yaml.composer.ComposerError(None, None, "found another document", event.start_mark)
            continue
        if stack:
            _put(stack, value, event)
        else:
            result = value


def _put(stack: list[list[Any]], value: Any, event: Any) -> None:
    if not stack:
        return
    top = stack[-1]
    if not top[1]:
        top[0].append(value)
    elif top[2] is _NO_KEY:
        if value == "<<":
            raise _Rare
        if isinstance(value, dict | list):
            raise yaml.constructor.ConstructorError(None, None, "found unhashable key", event.start_mark)
        top[2] = value
    else:
        top[0][top[2]] = value
        top[2] = _NO_KEY


def _scalar(loader: Any, text: str) -> Any:
    """What a plain scalar means: text, or a number, a truth, nothing."""
    if not loader.yaml_implicit_resolvers.get(text[:1]):
        return text
    tag = loader.resolve(yaml.ScalarNode, text, (True, False))
    if tag in _TEXT:
        return text
    return loader.construct_object(yaml.ScalarNode(tag, text), deep=True)
