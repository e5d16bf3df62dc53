"""Two versions of an API, and what is known of the step between them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from kit.guidelines.description.document import mapping
from kit.guidelines.description.operation import Description, Operation
from kit.guidelines.version import number

SECURITY = re.compile(r"\bsecurity\b|\bvulnerab|\bCVE\b", re.IGNORECASE)


@dataclass
class Change:
    """A step from one version to the next.

    Attributes
    ----------
    before, after : Description or None
        The descriptions, where there are some.
    facts : pair of dict, or None
        What was noted of each version instead: `{"error_code": "compute.quota"}`.
    raised : bool
        Whether the step has a new microversion.
    words : str
        What is said of the change.
    """

    before: Description | None
    after: Description | None
    raised: bool
    words: str = ""
    facts: tuple[dict[str, Any], dict[str, Any]] | None = None

    @property
    def needs_none(self) -> bool:
        """Whether no version is needed: there is one, or a grave security bug is mended (IO-09)."""
        return self.raised or SECURITY.search(self.words) is not None

    @cached_property
    def pairs(self) -> list[tuple[Operation, Operation]]:
        """The operations that both versions have, by method and by path without the variables' names."""
        if self.before is None or self.after is None:
            return []
        old = {key(each): each for each in self.before.operations}
        return [(old[key(each)], each) for each in self.after.operations if key(each) in old]


def plain(path: str) -> str:
    """A path without the names of its variables."""
    return re.sub(r"\{[^}]*\}", "{}", path).rstrip("/") or "/"


def key(operation: Operation) -> tuple[str, str]:
    """What an operation is known by in both versions."""
    return operation.method, plain(operation.path)


def version_of(description: Description) -> tuple[int, int] | None:
    """The microversion that a description says in info.version."""
    return number(str(mapping(description.document.data.get("info")).get("version", "")))


def was_raised(before: Description, after: Description) -> bool:
    """Whether info.version rose."""
    old, new = version_of(before), version_of(after)
    return old is not None and new is not None and new > old
