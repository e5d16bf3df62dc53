"""Reads a seed and checks its form; a mistake is told with its file, line and place."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from kit.cloud.seed.form import SCHEMA
from kit.cloud.validation import first_error
from kit.errors import SeedError

Place = tuple[str | int, ...]

_KINDS = {
    "string": "text", "integer": "a whole number", "number": "a number", "boolean": "true or false",
    "array": "a list", "object": "a mapping", "null": "nothing",
}  # fmt: skip


@dataclass(frozen=True)
class Plan(Mapping[str, Any]):
    """A seed whose form is right: a mapping of its sections, which knows where each thing was written."""

    data: Mapping[str, Any]
    source: str = ""
    text: str = ""

    def __getitem__(self, name: str) -> Any:
        return self.data[name]

    def __iter__(self) -> Any:
        return iter(self.data)

    def __len__(self) -> int:
        return len(self.data)

    def where(self, place: Place) -> str:
        """`cloud.yaml:12: servers[0].flavor`, as far as that is known."""
        dotted = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")
        line = _line(self.text, place)
        file = f"{self.source}:{line}" if self.source and line else self.source
        return ": ".join(part for part in (file, dotted) if part)

    def error(self, place: Place, what: str, todo: str = "") -> SeedError:
        """The error to raise about one place."""
        return SeedError(what, where=self.where(place), todo=todo)


def built_in(name: str) -> str:
    """The text of a seed that comes with the kit: `devstack` or `empty`.

    Raises
    ------
    SeedError
        When there is none of that name.
    """
    folder = resources.files("kit.cloud.seed")
    file = folder / f"{name}.yaml"
    if not file.is_file():
        names = sorted(entry.name[:-5] for entry in folder.iterdir() if entry.name.endswith(".yaml"))
        raise SeedError(f"no built-in seed {name!r}", todo=f"There are: {', '.join(names)}; or give a file's path.")
    return file.read_text(encoding="utf-8")


def read(seed: str | Path | Mapping[str, Any]) -> Plan:
    """A seed from a YAML file, from the name of a built-in one, or from a mapping of the same form.

    Raises
    ------
    SeedError
        When the file is not there, is no YAML, or does not describe a cloud.
    """
    if isinstance(seed, Plan):
        return seed
    if isinstance(seed, Mapping):
        plan = Plan(dict(seed))
    else:
        plan = _load(seed)
    error = first_error(SCHEMA, plan.data)
    if error is not None:
        raise _explain(plan, error)
    return plan


def _load(seed: str | Path) -> Plan:
    path = Path(seed)
    if isinstance(seed, str) and path.suffix not in (".yaml", ".yml") and not path.exists():
        text, source = built_in(seed), seed
    else:
        source = path.name
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise SeedError(
                f"cannot read the seed: {error}", todo="Give the path of a YAML file, devstack, or empty."
            ) from error
    try:
        data = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{source}:{mark.line + 1}" if mark else source
        what = getattr(error, "problem", None) or str(error)
        raise SeedError(f"this is not YAML: {what}", where=where, todo="Mend the line, or the one above it.") from error
    return Plan(data if data is not None else {}, source, text)


def _explain(plan: Plan, error: Any) -> SeedError:
    """A schema's error in words."""
    place = tuple(error.absolute_path)
    rule, want = error.validator, error.validator_value
    fields = error.schema.get("properties") if isinstance(error.schema, dict) else None
    if fields is not None and isinstance(error.instance, dict):
        # A misspelt field is reported first: the one that then is missing is the same mistake.
        known = sorted(fields)
        strange = sorted(str(key) for key in error.instance if key not in fields)
        if strange:
            return plan.error((*place, strange[0]), f"unknown field {strange[0]!r}", did_you_mean(strange[0], known))
    if rule == "required":
        missing = next(name for name in want if name not in error.instance)
        return plan.error(place, f"{missing!r} is missing", f"Give {', '.join(want)}.")
    if rule == "type":
        kinds = " or ".join(_KINDS[kind] for kind in ([want] if isinstance(want, str) else want))
        return plan.error(place, f"{error.instance!r} is not {kinds}", "Quote a text that looks like a number.")
    if rule == "enum":
        return plan.error(place, f"{error.instance!r} is not allowed", f"One of: {', '.join(map(str, want))}.")
    return plan.error(place, error.message)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    names = list(known)
    close = difflib.get_close_matches(word, names, 1)
    return f"Did you mean {close[0]!r}?" if close else f"There are: {', '.join(names)}."


def _line(text: str, place: Place) -> int | None:
    """The line on which a place of a YAML text stands; the nearest that is known."""
    if not text:
        return None
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    line = 1
    for part in place:
        if isinstance(node, yaml.MappingNode):
            found = [(key, value) for key, value in node.value if key.value == str(part)]
            if not found:
                break
            line, node = found[0][0].start_mark.line + 1, found[0][1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            break
    return line
