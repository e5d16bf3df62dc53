"""The rule table: one row for each sentence of the guidelines, and the checks that judge it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from kit.guidelines.errors import UnknownRule

SITE = "https://specs.openstack.org/openstack/api-sig/guidelines"
_PAGES = {
    "microversion": "microversion_specification",
    "pagination": "pagination_filter_sort",
    "filtering": "pagination_filter_sort",
    "sorting": "pagination_filter_sort",
}
SEVERITIES = ("error", "warning", "advice")
_OF_LEVEL = {"MUST": "error", "SHOULD": "warning", "MAY": "advice"}


class Found(NamedTuple):
    """What a check saw: the rule, the place, one line why.

    Attributes
    ----------
    advice : bool
        Only judgement decides here, so it is never an error.
    fix : str
        What to do, where the rule's own remedy can be said more exactly.
    """

    rule: str
    place: str
    why: str
    advice: bool = False
    fix: str = ""


Check = Callable[[Any], Iterator[Found]]
SIDES = ("description", "traffic", "versions")


@dataclass(frozen=True, repr=False)
class Rule:
    """One sentence of the guidelines.

    Attributes
    ----------
    id : str
        `RC-01`: two letters for the document, and a number.
    document : str
        The guideline it stands in.
    level : str
        MUST, SHOULD or MAY.
    statement, fix : str
        What is asked, and the remedy.
    checks : dict
        The side (`description`, `traffic`, `versions`) to the functions that judge it there.
    """

    id: str
    document: str
    level: str
    statement: str
    fix: str
    checks: dict[str, list[Check]] = field(default_factory=dict, compare=False, repr=False)

    @property
    def severity(self) -> str:
        """`error` for MUST, `warning` for SHOULD, `advice` for MAY."""
        return _OF_LEVEL[self.level]

    @property
    def url(self) -> str:
        """The page of the guideline."""
        return f"{SITE}/{_PAGES.get(self.document, self.document)}.html"

    @property
    def sides(self) -> list[str]:
        """Where a machine judges it; empty when people do."""
        return [side for side in SIDES if self.checks.get(side)]

    def to_dict(self) -> dict[str, Any]:
        """The rule as plain data."""
        return {
            "id": self.id, "document": self.document, "level": self.level, "statement": self.statement,
            "fix": self.fix, "url": self.url, "checks": self.sides,
        }  # fmt: skip

    def __str__(self) -> str:
        judged = ", ".join(self.sides) or "people"
        lines = [f"{self.id} {self.level} ({self.document}; judged by {judged})", f"    {self.statement}"]
        return "\n".join([*lines, *([f"    {self.fix}"] if self.fix else []), f"    {self.url}"])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from kit.guidelines.page import rule_page

        return rule_page(self)


RULES: dict[str, Rule] = {
    row["id"]: Rule(**row) for row in json.loads(files(__package__).joinpath("table.json").read_text(encoding="utf-8"))
}


def find_rule(id: str) -> Rule:
    """The rule of that id; `rc-1` is RC-01.

    Raises
    ------
    UnknownRule
        No rule has it.
    """
    _load_checks()
    match = re.fullmatch(r"([A-Za-z]+)-?(\d{1,4})", id.strip())
    name = f"{match[1].upper()}-{int(match[2]):02}" if match else id.upper()
    known = RULES.get(name)
    if known is None:
        near = get_close_matches(name, RULES, 3, 0.5)
        raise UnknownRule(f"There is no rule {id}.", todo=f"Perhaps {' or '.join(near)}." if near else "See them all.")
    return known


def all_rules() -> list[Rule]:
    """The table, with its checks."""
    _load_checks()
    return list(RULES.values())


_CHECKS: dict[str, list[Check]] = {side: [] for side in SIDES}


def judges(side: str, *ids: str) -> Callable[[Check], Check]:
    """Mark a function as the check of rules on one side.

    Parameters
    ----------
    side : str
        `description`, `traffic` or `versions`.
    *ids : str
        The rules it may find broken; it finds no others.
    """

    def mark(check: Check) -> Check:
        for id in ids:
            RULES[id].checks.setdefault(side, []).append(check)
        _CHECKS[side].append(check)
        return check

    return mark


def checks(side: str) -> list[Check]:
    """The checks of one side, in the order of their files."""
    _load_checks()
    return _CHECKS[side]


@cache
def _load_checks() -> None:
    import kit.guidelines.changes
    import kit.guidelines.description
    import kit.guidelines.traffic  # noqa: F401
