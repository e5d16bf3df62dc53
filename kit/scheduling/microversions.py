"""Microversions of the compute API: what changed between two of them, and in which part."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files
from typing import Any

from kit.scheduling.errors import VersionError

# Parts of the API by the words that name them; a change belongs to every part that it names.
_WORDS = {
    "key pairs": ("keypair", "key pair"),
    "flavors": ("flavor",),
    "images": ("image",),
    "networks": ("network", "fixed ip", "floating ip", "virtual interface", "ports", "interfaces", "net_id"),
    "volumes": ("volume", "block device"),
    "server groups": ("server group",),
    "aggregates": ("aggregate",),
    "hypervisors": ("hypervisor",),
    "services": ("services", "os-hosts"),
    "migrations": ("migrat",),
    "evacuation": ("evacuat", "force rule"),
    "consoles": ("console",),
    "quotas and usage": ("quota", "usage", "limits go"),
    "actions and events": ("action", "event"),
    "tags": ("tag",),
    "shelving": ("shelve",),
    "headers and versions": ("header", "url", "baseline"),
}
# Where the words tell too little, or too much.
_NAMED: dict[str, tuple[str, ...]] = {
    "2.1": ("headers and versions",),
    "2.3": ("servers", "volumes"),
    "2.26": ("servers", "tags"),
    "2.30": ("migrations",),
    "2.37": ("servers", "networks"),
    "2.39": ("images", "quotas and usage"),
    "2.46": ("headers and versions",),
    "2.47": ("servers", "flavors"),
    "2.48": ("servers",),
    "2.52": ("servers", "tags"),
    "2.53": ("services", "hypervisors"),
    "2.54": ("servers", "key pairs"),
    "2.57": ("servers", "quotas and usage"),
    "2.63": ("servers", "images"),
    "2.66": ("servers", "migrations", "actions and events"),
    "2.69": ("servers",),
    "2.71": ("servers", "server groups"),
    "2.72": ("servers", "networks"),
    "2.74": ("servers",),
    "2.75": ("servers", "headers and versions"),
    "2.85": ("volumes",),
    "2.87": ("servers", "volumes"),
    "2.88": ("hypervisors",),
    "2.93": ("servers", "volumes"),
    "2.95": ("evacuation",),
    "2.98": ("servers", "images"),
    "2.102": ("flavors", "headers and versions"),
    "2.103": ("volumes",),
}
_FOR_CLIENTS = {"remove", "change", "validation", "status", "error", "header", "uri", "type", "semantics", "filter"}


@dataclass(frozen=True)
class Change:
    """What a microversion changed.

    Attributes
    ----------
    kinds : tuple of str
        `add`, `remove`, `change`, `validation`, `status`, `error`, `header`, `uri`, `type`, `semantics`, `filter`.
    parts : tuple of str
        Parts of the API.
    maximum_in : str
        Releases that end there.
    """

    version: str
    kinds: tuple[str, ...]
    meaning: str
    parts: tuple[str, ...]
    maximum_in: str = ""

    @property
    def breaking(self) -> bool:
        """Whether a client that worked before may have to change; what is only added does not."""
        return bool(set(self.kinds) & _FOR_CLIENTS)

    def to_dict(self) -> dict[str, Any]:
        """The change as plain data."""
        return {
            "version": self.version, "kinds": list(self.kinds), "meaning": self.meaning, "parts": list(self.parts),
            "maximum_in": self.maximum_in, "breaking": self.breaking,
        }  # fmt: skip


class Changes:
    """Changes in order.

    Attributes
    ----------
    backwards : bool
        The first version was the later one: a client loses these.
    """

    def __init__(self, found: list[Change], *, backwards: bool = False) -> None:
        self.list, self.backwards = found, backwards

    def __iter__(self) -> Iterator[Change]:
        return iter(self.list)

    def __len__(self) -> int:
        return len(self.list)

    def __getitem__(self, place: int) -> Change:
        return self.list[place]

    def part(self, name: str) -> Changes:
        """Those of one part of the API.

        Raises
        ------
        VersionError
            There is no such part.
        """
        if name not in parts():
            raise VersionError(f"the compute API has no part {name!r}", todo=f"It has: {', '.join(parts())}.")
        return Changes([each for each in self.list if name in each.parts], backwards=self.backwards)

    @property
    def breaking(self) -> Changes:
        """Those that may ask a client to change."""
        return Changes([each for each in self.list if each.breaking], backwards=self.backwards)

    def by_part(self) -> dict[str, Changes]:
        """Changes by part of the API, parts without one left out."""
        return {name: found for name in parts() if (found := self.part(name))}

    def to_dict(self) -> list[dict[str, Any]]:
        """All as plain data."""
        return [each.to_dict() for each in self.list]

    def __repr__(self) -> str:
        if not self.list:
            return "nothing changed"
        lines = [f"{each.version}  {'!' if each.breaking else '+'} {each.meaning}" for each in self.list]
        tail = f"{len(self.list)} changes, {len(self.breaking.list)} that a client may have to heed (!)"
        return "\n".join([*lines, tail + ("; going back loses them" if self.backwards else "")])

    def _repr_html_(self) -> str:
        left = 'style="text-align:left"'
        rows = "".join(
            f'<tr><th scope="row">{each.version}</th><td style="text-align:left;white-space:nowrap">{"! heed" if each.breaking else "+ new"}</td>'
            f"<td {left}>{escape(', '.join(each.parts))}</td><td {left}>{escape(each.meaning)}</td>"
            f"<td {left}>{escape(each.maximum_in)}</td></tr>"
            for each in self.list
        )
        names = ("version", "kind", "part", "what", "last of")
        titles = "".join(f'<th scope="col" {left}>{name}</th>' for name in names)
        return f"<table><thead><tr>{titles}</tr></thead><tbody>{rows}</tbody></table>"


@cache
def history() -> tuple[Change, ...]:
    """Every microversion, from 2.1 on."""
    data = json.loads((files("kit.scheduling") / "data" / "microversions.json").read_text(encoding="utf-8"))
    return tuple(
        Change(
            each["version"], tuple(each["kinds"]), each["meaning"], _parts(each["version"], each["meaning"]),
            each.get("maximum_in", ""),
        )
        for each in data["versions"]
    )  # fmt: skip


@cache
def parts() -> tuple[str, ...]:
    """Parts of the API that microversions changed."""
    found = {name for each in history() for name in each.parts}
    return tuple(sorted(found))


def microversion(text: str) -> tuple[int, int]:
    """A microversion as a pair that compares: 2.10 is later than 2.9. `latest` is the last one.

    Raises
    ------
    VersionError
        It is none, or Nova never had it.
    """
    if text == "latest":
        text = history()[-1].version
    major, _, minor = text.partition(".")
    if not (major.isdigit() and minor.isdigit()):
        raise VersionError(f"{text!r} is no microversion", todo="Write 2.1 or latest.")
    if text not in {each.version for each in history()}:
        raise VersionError(
            f"the compute API has no {text}", todo=f"It goes from {history()[0].version} to {history()[-1].version}."
        )
    return int(major), int(minor)


def changes(after: str, upto: str = "latest") -> Changes:
    """What changed after one microversion, up to and with another.

    Examples
    --------
    >>> changes("2.10", "2.12")
    2.11  + Compute services can be marked forced_down.
    2.12  + Virtual interfaces show net_id.
    2 changes, 0 that a client may have to heed (!)
    """
    first, last = microversion(after), microversion(upto)
    low, high = sorted((first, last))
    found = [each for each in history() if low < microversion(each.version) <= high]
    return Changes(found, backwards=first > last)


def _parts(version: str, meaning: str) -> tuple[str, ...]:
    if version in _NAMED:
        return _NAMED[version]
    text = meaning.lower()
    found = tuple(name for name, words in _WORDS.items() if any(word in text for word in words))
    return found or ("servers",)
