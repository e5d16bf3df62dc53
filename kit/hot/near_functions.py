"""Maps that were meant to be functions and are plain data: a misspelt name, or a name with another key beside it."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

from kit.hot.errors import Path
from kit.hot.template import Template
from kit.hot.versions import VERSIONS

NEAR = 0.8  # of difflib's ratio: two letters swapped or one missing


def near_functions(template: Template) -> Iterator[tuple[str, str, str, Path]]:
    """Rule, sentence, advice and place of each.

    Only names with an underscore are looked for: a key such as `filter` or `contains` is often data.
    """
    version = template.version
    table = {name for name in (*version.functions, *version.in_conditions) if "_" in name}
    known = {name for each in VERSIONS.values() for name in each.function_names(True)}
    names = version.names
    for section in (names.resources, names.outputs, names.conditions):
        for path, part in _maps(template.data.get(section), (section,)):
            for key in part:
                if not isinstance(key, str) or "_" not in key:
                    continue
                if len(part) > 1 and key in table:
                    others = ", ".join(f"`{other}`" for other in part if other != key)
                    what = (
                        f"`{key}` is plain data here: beside it stands {others}, and a function stands alone in its map"
                    )
                    yield "function-beside", what, "Give it a map of its own.", (*path, key)
                    break
                elif len(part) == 1 and key not in known and (near := get_close_matches(key, table, 1, NEAR)):
                    what = f"`{key}` is no function, and stays plain data"
                    yield "function-misspelt", what, f"Did you mean `{near[0]}`?", (*path, key)


def _maps(data: Any, path: Path) -> Iterator[tuple[Path, dict[Any, Any]]]:
    """All maps below some data, with where they stand; shared parts once."""
    waiting: list[tuple[Any, Path]] = [(data, path)]
    seen: set[int] = set()
    while waiting:
        part, where = waiting.pop()
        if not isinstance(part, dict | list) or id(part) in seen:
            continue
        seen.add(id(part))
        if isinstance(part, dict):
            yield where, part
            waiting += [(value, (*where, key)) for key, value in part.items()]
        else:
            waiting += [(value, (*where, place)) for place, value in enumerate(part)]
