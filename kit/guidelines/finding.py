"""What an audit found: each finding with its rule, place, reason and remedy, as text, data and HTML."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from kit.guidelines.rule import SEVERITIES

# What stands for one member in a path: a number, a UUID, a long hexadecimal name.
_ID = re.compile(r"/(\d+|[0-9a-fA-F-]{16,})(?![\w-])")
_EXCHANGE = re.compile(r"exchange \d+: ([A-Z]+) (?:https?://[^/]+)?([^?:\s]*)")
_POINTER = re.compile(r"/paths/([^/]*)(?:/(get|put|post|delete|options|head|patch|trace)(?=/|$))?")


@dataclass(frozen=True)
class Finding:
    """A place that breaks a rule.

    Attributes
    ----------
    rule : str
        The rule's id.
    level : str
        MUST, SHOULD or MAY.
    severity : str
        `error`, `warning` or `advice`; what only judgement decides is advice.
    place : str
        A JSON pointer into a description, or which exchange and what of it.
    why, fix : str
        One line each.
    source : str
        The file or the URL that was audited.
    times : int
        How often it was seen; more than once in traffic only.
    """

    rule: str
    level: str
    severity: str
    place: str
    why: str
    fix: str
    source: str = ""
    times: int = 1

    @property
    def target(self) -> str:
        """The method and the path that the place is at: `POST /v2.1/flavors`; `* /v2.1/flavors` for a path alone.

        Empty where the place belongs to no one path, as a component does not.
        """
        asked = _EXCHANGE.match(self.place)
        if asked:
            return f"{asked[1]} {asked[2]}"
        described = _POINTER.match(self.place)
        if described:
            path = described[1].replace("~1", "/").replace("~0", "~")
            return f"{(described[2] or '*').upper()} {path}"
        return ""

    @property
    def fingerprint(self) -> str:
        """The same for the same finding in another run: its rule, place and reason, without ids in traffic."""
        place, why = self.place, self.why
        if place.startswith("exchange"):
            place = _ID.sub("/{}", place.split(": ", 1)[-1])
            why = _ID.sub("/{}", why)
        text = f"{self.rule}\0{place}\0{why}"
        return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:32]

    def to_dict(self) -> dict[str, Any]:
        """The finding as plain data."""
        return {
            "rule": self.rule, "level": self.level, "severity": self.severity, "source": self.source,
            "place": self.place, "why": self.why, "fix": self.fix, "times": self.times,
            "fingerprint": self.fingerprint,
        }  # fmt: skip

    def __str__(self) -> str:
        often = f" ({self.times} times)" if self.times > 1 else ""
        head = f"{self.severity}: {self.rule} {self.level} at {self.place or 'the top'}{often}"
        return "\n".join([head, f"    {self.why}", *([f"    {self.fix}"] if self.fix else [])])


class Findings:
    """Findings, the gravest first; empty is false.

    Attributes
    ----------
    source : str
        What was audited.
    looked : int
        How many operations or exchanges were judged.
    known, excused : int
        How many more a baseline or an exception left out.
    """

    def __init__(
        self, found: Iterable[Finding], *, source: str = "", looked: int = 0, known: int = 0, excused: int = 0
    ) -> None:
        order = {severity: number for number, severity in enumerate(SEVERITIES)}
        self.list = sorted(found, key=lambda f: order[f.severity])
        self.source = source
        self.looked = looked
        self.known = known
        self.excused = excused

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.list)

    def __len__(self) -> int:
        return len(self.list)

    def __getitem__(self, place: int) -> Finding:
        return self.list[place]

    @property
    def rules(self) -> list[str]:
        """The ids of the rules that are broken, sorted."""
        return sorted({finding.rule for finding in self.list})

    def count(self, severity: str) -> int:
        """How many findings have a severity."""
        return sum(1 for finding in self.list if finding.severity == severity)

    def only(self, keep: Callable[[Finding], bool]) -> Findings:
        """Those that a function picks."""
        return Findings(filter(keep, self.list), source=self.source, looked=self.looked)

    def at_least(self, severity: str) -> Findings:
        """Those of a severity and graver ones."""
        wanted = SEVERITIES[: SEVERITIES.index(severity) + 1]
        return self.only(lambda finding: finding.severity in wanted)

    @property
    def summary(self) -> str:
        """One line: how many of each severity."""
        kinds = (
            ("error", "error", "errors"),
            ("warning", "warning", "warnings"),
            ("advice", "piece of advice", "pieces of advice"),
        )
        counts = [f"{n} {one if n == 1 else many}" for kind, one, many in kinds if (n := self.count(kind))]
        told = ", ".join(counts)
        more = [f"{self.known} in the baseline"] if self.known else []
        more += [f"{self.excused} excused"] if self.excused else []
        return (told or "nothing found") + (f" ({', '.join(more)})" if more else "")

    def to_dict(self) -> dict[str, Any]:
        """All findings as plain data."""
        return {
            "source": self.source, "looked": self.looked, "known": self.known, "excused": self.excused,
            "counts": {severity: self.count(severity) for severity in SEVERITIES},
            "findings": [finding.to_dict() for finding in self.list],
        }  # fmt: skip

    def __repr__(self) -> str:
        return "\n".join([*map(str, self.list), self.summary])

    def _repr_html_(self) -> str:
        from kit.guidelines.page import findings_page

        return findings_page(self)
