"""What a project decides for itself: rules on and off, severities, exceptions with a reason, a baseline."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from kit.guidelines.description.document import parse, read_file
from kit.guidelines.errors import ConfigError, DescriptionError, UnknownRule
from kit.guidelines.finding import Finding, Findings
from kit.guidelines.rule import RULES, SEVERITIES, find_rule

NAMES = ("kit-api.yaml", "kit-api.yml", "kit-api.json")
_LIMIT = 16 * 1024 * 1024


@dataclass(frozen=True)
class Excuse:
    """An exception: a rule that may be broken at some places, and why.

    Attributes
    ----------
    rule : str
        An id, or a pattern such as `MD-*`.
    place : str
        A pattern for the place, or for the method and path that it is at: `POST /v2.1/flavors`, `* /v2.1/*`.
        `*` stands for any text.
    reason : str
        Why it stays; it must not be empty.
    source : str
        Where that can be read.
    """

    rule: str
    reason: str
    place: str = "*"
    source: str = ""

    def covers(self, finding: Finding) -> bool:
        """Whether a finding is excused."""
        if not fnmatchcase(finding.rule, self.rule):
            return False
        return fnmatchcase(finding.place, self.place) or fnmatchcase(finding.target, self.place)


@dataclass(frozen=True)
class Config:
    """What a project decides for itself.

    Attributes
    ----------
    off : frozenset of str
        Rules that are not judged; ids or patterns.
    only : frozenset of str
        When not empty, the rules that are judged alone.
    severities : mapping
        Rule to `error`, `warning` or `advice`.
    excuses : tuple of Excuse
        Exceptions.
    baseline : frozenset of str
        Fingerprints of findings that are known.
    """

    off: frozenset[str] = frozenset()
    only: frozenset[str] = frozenset()
    severities: Mapping[str, str] = field(default_factory=dict)
    excuses: tuple[Excuse, ...] = ()
    baseline: frozenset[str] = frozenset()

    def is_on(self, rule: str) -> bool:
        """Whether a rule is judged."""
        if self.only and not any(fnmatchcase(rule, pattern) for pattern in self.only):
            return False
        return not any(fnmatchcase(rule, pattern) for pattern in self.off)

    def severity(self, rule: str) -> str | None:
        """The severity that a rule is given here, or None."""
        return self.severities.get(rule)

    def sift(self, found: Findings) -> Findings:
        """Findings without the excused and the known."""
        excused = {id(f) for f in found if any(excuse.covers(f) for excuse in self.excuses)}
        known = {id(f) for f in found if id(f) not in excused and f.fingerprint in self.baseline}
        kept = [f for f in found if id(f) not in excused | known]
        return Findings(kept, source=found.source, looked=found.looked, known=len(known), excused=len(excused))

    def with_baseline(self, path: Path) -> Config:
        """The same, with the baseline of a file.

        Raises
        ------
        ConfigError
            It cannot be read, or is no baseline.
        """
        return replace(self, baseline=self.baseline | read_baseline(path))


def _data(path: Path) -> Any:
    try:
        return parse(read_file(path, _LIMIT), str(path))
    except DescriptionError as error:
        raise ConfigError(error.what, where=error.where, todo=error.todo) from None


def known_pattern(pattern: str, where: str) -> str:
    """A rule id or a pattern of ids, as it was given; ConfigError when it fits no rule."""
    if not any(fnmatchcase(id, pattern) for id in RULES):
        try:
            find_rule(pattern)
        except UnknownRule as error:
            raise ConfigError(error.what, where=where, todo=error.todo) from None
    return pattern


def read_config(path: Path, *, baseline: bool = True) -> Config:
    """The configuration of a file; without its baseline where that is about to be written anew.

    The file is YAML or JSON: `rules` maps a rule to `off`, `error`, `warning` or `advice`; `exceptions` is a list
    of `rule`, `place`, `reason` and perhaps `source`, where `rule` and `place` may be lists; `baseline` names a
    file beside it.

    Raises
    ------
    ConfigError
        It cannot be read, is of another form, names an unknown rule, or has an exception without a reason.
    """
    data = _data(path) or {}
    where = str(path)
    known = {"rules", "exceptions", "baseline"}
    if not isinstance(data, dict) or set(data) - known:
        what = (
            f"It has {', '.join(sorted(map(str, set(data) - known)))}."
            if isinstance(data, dict)
            else "It is no object."
        )
        raise ConfigError(what, where=where, todo=f"It may have {', '.join(sorted(known))}.")
    off: set[str] = set()
    severities: dict[str, str] = {}
    rules = {} if data.get("rules") is None else data["rules"]
    if not isinstance(rules, dict):
        raise ConfigError("`rules` is no object.", where=where, todo="Write rules: {NM-01: off}.")
    for name, setting in rules.items():
        pattern = known_pattern(str(name), where)
        if setting is False or setting == "off":
            off.add(pattern)
        elif setting in SEVERITIES:
            severities |= {id: setting for id in RULES if fnmatchcase(id, pattern)}
        elif setting is not True and setting != "on":
            todo = f"Write off, on, {', '.join(SEVERITIES)}."
            raise ConfigError(f"{name} is set to {setting!r}.", where=where, todo=todo)
    excuses = tuple(excuse for each in _list(data.get("exceptions"), where) for excuse in _excuses(each, where))
    config = Config(off=frozenset(off), severities=severities, excuses=excuses)
    known_file = data.get("baseline")
    if isinstance(known_file, str):
        return config.with_baseline(path.parent / known_file) if baseline else config
    if known_file is not None:
        raise ConfigError("`baseline` is no path.", where=where, todo="Name the file of the baseline.")
    return config


def _list(value: Any, where: str) -> list[Any]:
    if value is None or isinstance(value, list):
        return value or []
    raise ConfigError("`exceptions` is no list.", where=where, todo="Write - rule: ..., place: ..., reason: ...")


def _excuses(each: Any, where: str) -> list[Excuse]:
    """The exceptions of one entry: one for each of its rules and places."""
    known = {"rule", "place", "reason", "source"}
    fine = isinstance(each, dict) and set(each) <= known and {"rule", "reason"} <= set(each)
    if not fine or not str(each["reason"] or "").strip():
        todo = "Write - rule: RC-18, place: 'POST /v2/*', reason: 'kept for old clients'."
        what = "An exception needs a rule and a reason, and may have a place and a source."
        raise ConfigError(what, where=where, todo=todo)
    return [
        Excuse(known_pattern(rule, where), str(each["reason"]), place, str(each.get("source", "")))
        for rule in _several(each["rule"]) for place in _several(each.get("place", "*"))
    ]  # fmt: skip


def _several(value: Any) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else [str(value)]


def find_config(folder: Path) -> Path | None:
    """The configuration file of a folder, if there is one."""
    return next((folder / name for name in NAMES if (folder / name).is_file()), None)


def read_baseline(path: Path) -> frozenset[str]:
    """The fingerprints of a baseline.

    Raises
    ------
    ConfigError
        It cannot be read, or is no baseline.
    """
    data = _data(path)
    found = data.get("known") if isinstance(data, dict) else None
    if not isinstance(found, list) or not all(
        isinstance(f, dict) and isinstance(f.get("fingerprint"), str) for f in found
    ):
        raise ConfigError("It is no baseline.", where=str(path), todo="Write one with --write-baseline.")
    return frozenset(each["fingerprint"] for each in found)


def baseline_text(found: Iterable[Finding]) -> str:
    """A baseline of findings: what later audits need not tell again."""
    rows = [{"rule": f.rule, "place": f.place, "fingerprint": f.fingerprint} for f in found]
    unique = {row["fingerprint"]: row for row in sorted(rows, key=lambda row: (row["rule"], row["place"]))}
    return json.dumps({"known": list(unique.values())}, indent=1) + "\n"
