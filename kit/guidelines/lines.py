"""The lines that JSON pointers stand at in a file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from kit.guidelines.description.document import read_file
from kit.guidelines.errors import DescriptionError

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def line_numbers(source: str, pointers: Iterable[str]) -> dict[str, int]:
    """Pointer to line, counted from 1; what cannot be found is left out, and a source that is no file gives nothing."""
    wanted = {pointer for pointer in pointers if pointer.startswith("/")}
    if not wanted or not source or not Path(source).is_file():
        return {}
    try:
        return lines_in(read_file(Path(source)), wanted)
    except DescriptionError:
        return {}


def lines_in(text: str, pointers: Iterable[str]) -> dict[str, int]:
    """Pointer to line of a text in JSON or YAML; what cannot be found is left out."""
    try:
        top = yaml.compose(text, Loader=_LOADER)
    except (yaml.YAMLError, RecursionError, ValueError):
        return {}
    wanted = {pointer for pointer in pointers if pointer.startswith("/")}
    return {pointer: line for pointer in wanted if (line := _line(top, pointer)) is not None}


def _line(node: Any, pointer: str) -> int | None:
    line: int | None = None
    for part in pointer.split("/")[1:]:
        part = part.replace("~1", "/").replace("~0", "~")
        below = None
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if getattr(key, "value", None) == part:
                    line, below = key.start_mark.line + 1, value
        elif isinstance(node, yaml.SequenceNode) and part.isdigit() and int(part) < len(node.value):
            below = node.value[int(part)]
            line = below.start_mark.line + 1
        if below is None:  # a pointer to what is missing stands where its nearest parent does
            return line
        node = below
    return line
