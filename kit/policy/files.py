"""Policies, tables and cases in files.

A policy is a text of rules, or YAML with `rules` as Congress's library has them. Tables are files below a
folder: `nova/servers.csv` or `nova/servers.json`. Cases are YAML: a list of `name`, `tables`, `query`, and
`present`, `absent` or `only`.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from kit.policy.engine import Engine
from kit.policy.errors import FileError, StatementError
from kit.policy.findings import Finding, Findings
from kit.policy.sources import SCHEMAS
from kit.policy.testing import Case

# Bytes of a file of tables (a cloud's million rows), and of a file of rules or cases.
LARGEST, LARGEST_POLICY = 512 * 1024 * 1024, 8 * 1024 * 1024
_NUMBER = re.compile(r"-?\d+(\.\d+)?")


@dataclass(frozen=True)
class Part:
    """A text of a policy file.

    Attributes
    ----------
    place : str
        The file, and the rule's name or number where the file holds several.
    text : str
        Facts and rules.
    """

    place: str
    text: str


@dataclass(frozen=True)
class Mistake:
    """A mistake with the file it is in; `str` gives it as a compiler would."""

    place: str
    error: StatementError

    def __str__(self) -> str:
        where = self.error.position
        spot = f":{where.line}:{where.column}" if where else ""
        todo = f"\n    {self.error.todo}" if self.error.todo else ""
        return f"{self.place}{spot}: {self.error.what}{todo}"

    def to_dict(self) -> dict[str, Any]:
        """The mistake as plain data."""
        where = self.error.position
        return {
            "file": self.place, "line": where.line if where else None, "column": where.column if where else None,
            "code": self.error.code, "literal": self.error.literal, "message": self.error.what, "todo": self.error.todo,
        }  # fmt: skip


def _read(path: Path, limit: int = LARGEST) -> str:
    try:
        with path.open("rb") as file:  # a device or a pipe has no size, and may have no end
            data = file.read(limit + 1)
    except OSError as error:
        what = f"It cannot be read: {error.strerror}."
        raise FileError(what, where=str(path), todo="Give the path of a text file.") from None
    if len(data) > limit:
        raise FileError(f"It has more than {limit:,} bytes.", where=str(path), todo="Split it.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise FileError("It is no text in UTF-8.", where=f"{path}:{line}", todo="Write it anew in UTF-8.") from None


def _yaml(path: Path) -> Any:
    try:
        return yaml.safe_load(_read(path, LARGEST_POLICY))
    except RecursionError:
        raise FileError("It is nested too deeply.", where=str(path), todo="Mend the file.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        spot = f":{mark.line + 1}" if mark else ""
        raise FileError(f"It is not YAML: {error}", where=f"{path}{spot}", todo="Mend the file.") from None


def read_policy(path: Path) -> list[Part]:
    """The parts of a policy file.

    Raises
    ------
    FileError
        It cannot be read, or is YAML of another form.
    """
    if path.suffix not in (".yaml", ".yml"):
        return [Part(str(path), _read(path, LARGEST_POLICY))]
    found = _yaml(path)
    rules = found.get("rules") if isinstance(found, dict) else None
    if not isinstance(rules, list):
        raise FileError("It has no list `rules`.", where=str(path), todo="Write rules: [{rule: 'p(x) :- q(x)'}].")
    parts = []
    for number, item in enumerate(rules, 1):
        text = item.get("rule") if isinstance(item, dict) else item
        if not isinstance(text, str):
            raise FileError(f"Rule {number} is no text.", where=str(path), todo="Write - rule: 'p(x) :- q(x)'.")
        name = item.get("name") if isinstance(item, dict) else None
        parts.append(Part(f"{path} ({name or f'rule {number}'})", text))
    return parts


def load_policy(engine: Engine, parts: list[Part], policy: str | None = None) -> list[Mistake]:
    """Insert the parts of policies; give every mistake of all of them, each with its file."""
    mistakes = []
    for part in parts:
        found = engine.check(part.text, policy)
        mistakes += [Mistake(part.place, error) for error in found]
        if not found:
            engine.insert(part.text, policy)
    return mistakes


def lint_parts(engine: Engine, parts: list[Part], policy: str | None = None) -> list[tuple[str, Finding]]:
    """What the linter finds in each part, when all are inserted."""
    found: list[tuple[str, Finding]] = []
    for part in parts:
        findings: Findings = engine.lint(part.text, policy)
        found += [(part.place, finding) for finding in findings]
    return found


def load_tables(engine: Engine, folder: Path) -> list[str]:
    """Fill data sources from the files of a folder; give the names of the tables.

    The first line of a CSV file names the columns; cells that are numbers become numbers. A JSON file holds a
    list of objects, or of lists.

    Raises
    ------
    FileError
        There is no such folder, it holds no tables, or a file is of another form.
    """
    if not folder.is_dir():
        raise FileError("There is no such folder.", where=str(folder), todo="It should hold nova/servers.csv, say.")
    files = sorted(path for kind in ("csv", "json") for path in folder.glob(f"*/*.{kind}"))
    if not files:
        raise FileError("It holds no tables.", where=str(folder), todo="Write nova/servers.csv or nova/servers.json.")
    schemas: dict[str, dict[str, tuple[str, ...]]] = {}
    tables: dict[str, dict[str, list[tuple[Any, ...]]]] = {}
    for path in files:
        source, table = path.parent.name, path.stem
        columns, rows = _table(path)
        known = SCHEMAS.get(source, {}).get(table)
        if known is not None and columns:
            rows = [tuple(row[columns.index(name)] if name in columns else None for name in known) for row in rows]
            strange = [name for name in columns if name not in known]
            if strange:
                what = f"`{source}:{table}` has no column {', '.join(strange)}."
                raise FileError(what, where=str(path), todo=f"They are: {', '.join(known)}.")
        schemas.setdefault(source, dict(SCHEMAS.get(source, {})))[table] = known or columns
        tables.setdefault(source, {})[table] = rows
    for source, schema in schemas.items():
        engine.add(source, schema, tables[source])
    return [f"{source}:{table}" for source, found in tables.items() for table in found]


def _table(path: Path) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    if path.suffix == ".csv":
        try:
            lines = list(csv.reader(io.StringIO(_read(path), newline="")))
        except csv.Error as error:
            raise FileError(f"It is not CSV: {error}", where=str(path), todo="Mend the file.") from None
        if not lines:
            raise FileError("It is empty.", where=str(path), todo="The first line names the columns.")
        columns = tuple(name.strip() for name in lines[0])
        for number, line in enumerate(lines[1:], 2):
            if line and len(line) != len(columns):
                what = f"{len(line)} cells, but there are {len(columns)} columns."
                raise FileError(what, where=f"{path}:{number}", todo="Give every row one cell for each column.")
        return columns, [tuple(map(_cell, line)) for line in lines[1:] if line]
    try:
        found = json.loads(_read(path), parse_constant=_no_number)
    except RecursionError:
        raise FileError("It is nested too deeply.", where=str(path), todo="Mend the file.") from None
    except FileError:
        raise
    except ValueError as error:
        raise FileError(f"It is not JSON: {error}", where=str(path), todo="Mend the file.") from None
    if not isinstance(found, list) or not all(isinstance(row, list | dict) for row in found):
        raise FileError("It is no list of rows.", where=str(path), todo='Write [{"id": "1", "name": "web"}].')
    if all(isinstance(row, dict) for row in found) and found:
        columns = tuple(dict.fromkeys(name for row in found for name in row))
        return columns, [tuple(row.get(name) for name in columns) for row in found]
    return (), [tuple(row) for row in found]


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


def _cell(text: str) -> Any:
    if not _NUMBER.fullmatch(text):
        return text
    return float(text) if "." in text else int(text)


def read_cases(path: Path) -> list[Case]:
    """The cases of a file.

    Raises
    ------
    FileError
        It cannot be read, or is of another form.
    """
    return list(_cases(path, _yaml(path)))


def _cases(path: Path, found: Any) -> Iterator[Case]:
    if not isinstance(found, list):
        raise FileError("It is no list of cases.", where=str(path), todo="Write - name: ..., tables: ..., query: ...")
    known = set(Case.__dataclass_fields__)
    for number, item in enumerate(found, 1):
        spot = f"{path}, case {number}"
        if not isinstance(item, dict) or not {"name", "query"} <= item.keys():
            raise FileError("A case needs a name and a query.", where=spot, todo="Write name: and query:.")
        strange = sorted(set(item) - known)
        if strange:
            what = f"A case has no {', '.join(map(str, strange))}."
            raise FileError(what, where=spot, todo=f"It has: {', '.join(sorted(known))}.")
        if not item.keys() & {"present", "absent", "only"}:
            raise FileError("A case expects nothing.", where=spot, todo="Give present, absent or only.")
        yield Case(**{"tables": {}, **item})
