"""The resource types of Heat: their properties, attributes, update policies and support status.

The tables beside this file were read off Heat 27.0.1 (Apache-2.0) by asking every class for its schema; the
descriptions are left out. A type is read when it is first asked for.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kit.hot.properties import PropertySchema, schemas

HERE = Path(__file__).parent


@dataclass(frozen=True)
class ResourceType:
    """A type of resources.

    Attributes
    ----------
    properties, update_policy : mapping
        Name to `PropertySchema`.
    attributes : mapping
        Name to the kind of its value, "" where Heat tells none.
    renamed : tuple
        Pairs of paths: where a property is today, and where it was.
    support : mapping
        `status` (SUPPORTED, DEPRECATED, UNSUPPORTED, HIDDEN), `version`, `message`, `previous`.
    any_attribute : bool
        Whether attributes are known only when the resource is there, as those of a group's members.
    checks, snapshots, signals : bool
        Whether it can be checked, kept by deletion policy Snapshot, signalled.
    nothing : bool
        Whether it takes any property and does nothing: OS::Heat::None, and types of services that are gone.
    """

    name: str
    properties: Mapping[str, PropertySchema]
    attributes: Mapping[str, str]
    update_policy: Mapping[str, PropertySchema] = field(default_factory=dict)
    renamed: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = ()
    support: Mapping[str, Any] = field(default_factory=lambda: {"status": "SUPPORTED"})
    any_attribute: bool = False
    checks: bool = False
    snapshots: bool = False
    signals: bool = False
    nothing: bool = False

    def knows(self, attribute: str) -> bool:
        """Whether an attribute may be asked for before there is a resource."""
        return self.any_attribute or attribute in self.attributes or attribute == "show"


@functools.cache
def _table(group: str) -> dict[str, Any]:
    file = HERE / f"{group}.json"
    found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return found


def _groups() -> list[str]:
    return sorted(path.stem for path in HERE.glob("*.json"))


@functools.cache
def find_type(name: str) -> ResourceType | None:
    """The type of a name, or None."""
    parts = name.split("::")
    if len(parts) < 3:
        return None
    groups = ("aws",) if parts[0] == "AWS" else (parts[1].lower(), "other")
    row = next((_table(group)[name] for group in groups if name in _table(group)), None)
    if row is None:
        return None
    return ResourceType(
        name, schemas(row["properties"]), row["attributes"], schemas(row.get("update_policy", {})),
        tuple((tuple(new), tuple(old)) for new, old in row.get("renamed", ())), row["support"],
        bool(row.get("any_attribute")), bool(row.get("check")), bool(row.get("snapshot")), bool(row.get("signal")),
        bool(row.get("nothing")),
    )  # fmt: skip


def type_names(hidden: bool = False) -> Iterator[str]:
    """All types, sorted; the hidden ones only when asked."""
    found = {}
    for group in _groups():
        found.update(_table(group))
    for name in sorted(found):
        if hidden or found[name]["support"]["status"] != "HIDDEN":
            yield name
