"""Templates on disk, with the files they name: get_file, types that are files, and environments.

Names are kept as the template writes them; Heat's client turns them into URLs, which changes nothing here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

from kit.hot.errors import FileError, TemplateError
from kit.hot.registry import FILES
from kit.hot.text import LARGEST, read

MOST = 200


def read_text(path: Path) -> str:
    """The text of a file.

    Raises
    ------
    FileError
        It is missing, or no text.
    """
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise FileError("it is no text in UTF-8", where=str(path), todo="Save it as UTF-8.") from None
    except OSError as error:
        raise FileError(f"cannot read it: {error.strerror}", where=str(path), todo="Check the name.") from None


def gather(template: Path, environments: Sequence[Path] = ()) -> dict[str, str]:
    """The files that a template and its environments name, and those that they name in turn.

    Parameters
    ----------
    template : Path
        The template.
    environments : sequence of Path
        Environment files; they are among the result under their own names.

    Returns
    -------
    dict
        Name, as it is written, to text. What is not there is left out; the template's faults tell of it.
    """
    found: dict[str, str] = {}
    waiting = [(path, name) for path in (template, *environments) for name in _names_in(path)]
    for path in environments:
        found[str(path)] = read_text(path)
    while waiting and len(found) < MOST:
        base, name = waiting.pop(0)
        if name in found:
            continue
        beside = _local(base, name)
        if beside is None or not beside.is_file() or beside.stat().st_size > LARGEST:
            continue
        try:
            found[name] = beside.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue
        if name.endswith((*FILES, ".yml", ".env")):
            waiting += [(beside, each) for each in _names_in(beside)]
    return found


def _local(base: Path, name: str) -> Path | None:
    parsed = urlparse(name)
    if parsed.scheme == "file":
        return Path(unquote(parsed.path))
    return None if parsed.scheme in ("http", "https") else base.parent / name


def _names_in(path: Path) -> Iterator[str]:
    try:
        data = read(read_text(path), str(path))
    except TemplateError:
        return
    yield from _names(data)


def _names(data: Any) -> Iterator[str]:
    waiting = [data]
    seen: set[int] = set()
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict | list):
            if id(part) in seen:
                continue
            seen.add(id(part))
        if isinstance(part, dict):
            for key, value in part.items():
                if (key == "get_file" and isinstance(value, str) and len(part) == 1) or (
                    isinstance(value, str) and value.endswith(FILES)
                ):
                    yield value
            waiting += part.values()
        elif isinstance(part, list):
            waiting += part
            yield from (each for each in part if isinstance(each, str) and each.endswith(FILES))
