"""Resource types with their support status: since when, and what replaces a deprecated one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import quote

from kit.hot.remote.client import Heat, RemoteError
from kit.hot.suggest import did_you_mean
from kit.hot.types import find_type, type_names

STATUSES = ("SUPPORTED", "DEPRECATED", "UNSUPPORTED", "HIDDEN", "UNKNOWN")
# Heat's versions and the releases they came with. Source: releases.openstack.org, heat.
RELEASES = {
    "2013.1": "Grizzly", "2013.2": "Havana", "2014.1": "Icehouse", "2014.2": "Juno", "2015.1": "Kilo",
    "5": "Liberty", "6": "Mitaka", "7": "Newton", "8": "Ocata", "9": "Pike", "10": "Queens", "11": "Rocky",
    "12": "Stein", "13": "Train", "14": "Ussuri", "15": "Victoria", "16": "Wallaby", "17": "Xena", "18": "Yoga",
    "19": "Zed", "20": "2023.1", "21": "2023.2", "22": "2024.1", "23": "2024.2", "24": "2025.1", "25": "2025.2",
}  # fmt: skip
TYPE = re.compile(r"\b(?:OS|AWS)::\w+(?:::\w+)+")
LAID = "  "
# A type that is listed but not told, as its service is missing or its policy forbids it, spoils no list.
UNTOLD = (400, 403, 404)


@dataclass(frozen=True)
class Period:
    """A status that a type has or had, and since which version of Heat."""

    status: str
    since: str = ""
    message: str = ""

    def __str__(self) -> str:
        return f"{self.status} since {named(self.since)}" if self.since else self.status


@dataclass(frozen=True)
class TypeSupport:
    """A resource type's support status.

    Attributes
    ----------
    periods : tuple of Period
        Today's status first, then those before it.
    replaced_by : tuple of str
        The types that Heat's message names instead.
    properties : dict
        Its properties that are not supported: name to (status, message).
    """

    name: str
    periods: tuple[Period, ...]
    properties: Mapping[str, tuple[str, str]]

    @property
    def status(self) -> str:
        """Today's status."""
        return self.periods[0].status

    @property
    def since(self) -> str:
        """The version of Heat that brought today's status; "" where none is told."""
        return self.periods[0].since

    @property
    def message(self) -> str:
        """What Heat says of it: the newest words there are."""
        return next((each.message for each in self.periods if each.message), "")

    @property
    def replaced_by(self) -> tuple[str, ...]:
        """The types that stand for it, as the message names them."""
        found = (each.rstrip(":") for each in TYPE.findall(self.message))
        return tuple(dict.fromkeys(each for each in found if each != self.name))

    def to_dict(self) -> dict[str, Any]:
        """The type as plain data."""
        return {
            "type": self.name, "status": self.status, "since": self.since, "release": release(self.since),
            "message": self.message, "replaced_by": list(self.replaced_by),
            "history": [{"status": each.status, "since": each.since, "message": each.message} for each in self.periods],
            "properties": {name: {"status": status, "message": said} for name, (status, said) in self.properties.items()},
        }  # fmt: skip

    def lines(self) -> Iterator[str]:
        """All there is to tell of it."""
        yield f"{self.name}  {self.periods[0]}"
        if self.message:
            yield f"{LAID}{self.message}"
        if self.replaced_by:
            yield f"{LAID}use {', '.join(self.replaced_by)}"
        yield from (f"{LAID}before: {each}" for each in self.periods[1:])
        for name, (status, said) in self.properties.items():
            yield f"{LAID}property {name}: {status}{': ' if said else ''}{said}"


class Types(list[TypeSupport]):
    """Types by name; the text is a table, and one type alone is told in full."""

    def __repr__(self) -> str:
        if not self:
            return "No types."
        if len(self) == 1:
            return "\n".join(self[0].lines())
        rows = [("type", "status", "since", "instead, or why")]
        rows += [(each.name, each.status, named(each.since), _instead(each)) for each in self]
        wide = [max(len(row[place]) for row in rows) for place in range(3)]
        lines = [LAID.join([*map(str.ljust, row[:3], wide), row[3]]).rstrip() for row in rows]
        lines.insert(1, LAID.join("-" * size for size in (*wide, len(rows[0][3]))))
        counts = {status: sum(each.status == status for each in self) for status in STATUSES}
        told = ", ".join(f"{count} {status}" for status, count in counts.items() if count)
        return "\n".join([*lines, f"{len(self)} types: {told}."])


def _instead(type: TypeSupport) -> str:
    if type.status == "SUPPORTED":
        return ""
    return ", ".join(type.replaced_by) or type.message.split(". ")[0]


def release(version: str) -> str:
    """The release that came with a version of Heat; "" for one that is not known.

    >>> release("5.0.0"), release("2014.1")
    ('Liberty', 'Icehouse')
    """
    return RELEASES.get(version) or RELEASES.get(version.split(".")[0], "")


def named(version: str) -> str:
    """A version with its release."""
    return f"{version} ({release(version)})" if release(version) else version


def matches(name: str, pattern: str) -> bool:
    """Whether a type is meant: a part of its name, or the whole by `*` and `?`; case is all one.

    >>> matches("OS::Nova::Server", "nova"), matches("OS::Nova::ServerGroup", "*server")
    (True, False)
    """
    low, wanted = name.lower(), pattern.lower()
    return fnmatchcase(low, wanted) if any(sign in wanted for sign in "*?[") else wanted in low


def chosen(names: Iterable[str], hidden: Iterable[str], pattern: str, statuses: Iterable[str]) -> list[str]:
    """The types that a pattern means: the one of just that name, or all that match; hidden ones where asked for.

    Raises
    ------
    RemoteError
        There is none; the nearest is offered.
    """
    visible = sorted(names)
    every = sorted({*visible, *hidden})
    exact = [each for each in every if each.lower() == pattern.lower()]
    allowed = every if pattern or "HIDDEN" in statuses else visible
    found = exact or [each for each in allowed if matches(each, pattern)]
    if pattern and not found:
        ends = {each.rpartition("::")[2].lower(): each for each in every}
        near = did_you_mean(pattern.lower(), ends)
        offered = next((each for end, each in ends.items() if f"`{end}`" in near), "")
        full = did_you_mean(pattern, every)
        todo = full if "Did you" in full else f"Did you mean `{offered}`?" if offered else "Try a shorter part of it."
        raise RemoteError(f"no resource type matches {pattern!r}", status=404, todo=todo)
    return found


def read_types(
    heat: Heat, pattern: str = "", statuses: Iterable[str] = (), *, workers: int = 1,
    seen: Callable[[Iterable[TypeSupport], int], Iterable[TypeSupport]] | None = None,
) -> Types:  # fmt: skip
    """The types of a cloud: its list, and then one call for each that is meant.

    Parameters
    ----------
    pattern : str
        A part of the name, or the whole by `*` and `?`. Hidden types are looked through only with one.
    statuses : iterable of str
        Which are wanted; default all.
    workers : int
        How many calls at a time.
    seen : callable, optional
        Given the results as they come and their number; a progress bar.

    Raises
    ------
    RemoteError
        No type matches, or the cloud does not answer.
    """
    wanted = set(statuses)
    visible = heat.part("resource_types", "/resource_types")
    hidden = heat.part("resource_types", "/resource_types", support_status="HIDDEN") if pattern or wanted else []
    names = chosen(map(_name, visible), map(_name, hidden), pattern, wanted)
    if wanted and len(names) > 1:
        listed = {
            _name(each) for status in sorted(wanted)
            for each in heat.part("resource_types", "/resource_types", support_status=status)
        }  # fmt: skip
        names = [each for each in names if each in listed]

    def read(name: str) -> TypeSupport:
        try:
            return _of_answer(name, heat.get(f"/resource_types/{quote(name, safe='')}"))
        except RemoteError as error:
            if len(names) == 1 or error.status not in UNTOLD:
                raise
            return TypeSupport(name, (Period("UNKNOWN", "", error.what),), {})

    if workers == 1 or len(names) < 3:
        results: Iterable[TypeSupport] = map(read, names)
        return _kept(seen(results, len(names)) if seen else results, wanted)
    with ThreadPoolExecutor(workers) as pool:
        results = pool.map(read, names)
        return _kept(seen(results, len(names)) if seen else results, wanted)


def offline_types(pattern: str = "", statuses: Iterable[str] = ()) -> Types:
    """The types of the kit's own tables, which were read off Heat 27.0.1.

    Raises
    ------
    RemoteError
        No type matches.
    """
    wanted = set(statuses)
    visible = list(type_names())
    names = chosen(visible, set(type_names(hidden=True)) - set(visible), pattern, wanted)
    return _kept(map(_of_table, names), wanted)


def _kept(found: Iterable[TypeSupport], wanted: set[str]) -> Types:
    return Types(each for each in found if not wanted or each.status in wanted)


def _name(listed: str | Mapping[str, Any]) -> str:
    return listed if isinstance(listed, str) else str(listed["resource_type"])


def _periods(status: Mapping[str, Any] | None, before: str) -> Iterator[Period]:
    while status:
        yield Period(status["status"], status.get("version") or "", status.get("message") or "")
        status = status.get(before)


def _of_answer(name: str, told: Mapping[str, Any]) -> TypeSupport:
    periods = tuple(_periods(told.get("support_status"), "previous_status")) or (Period("UNKNOWN"),)
    properties = {}
    for key, each in (told.get("properties") or {}).items():
        status = each.get("support_status") or {}
        if status.get("status", "SUPPORTED") != "SUPPORTED":
            properties[key] = (status["status"], status.get("message") or "")
    return TypeSupport(name, periods, properties)


def _of_table(name: str) -> TypeSupport:
    type = find_type(name)
    assert type is not None
    properties = {
        key: (each.status, each.message) for key, each in type.properties.items() if each.status != "SUPPORTED"
    }
    return TypeSupport(name, tuple(_periods(type.support, "previous")), properties)
