"""Host aggregates: sets of hosts with metadata; an availability zone is one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from kit.scheduling.host import Host

Number = TypeVar("Number", int, float)


@dataclass(frozen=True)
class Aggregate:
    """A host aggregate.

    Attributes
    ----------
    metadata : mapping of str to str
        A value may list several, separated by commas.
    """

    name: str
    hosts: frozenset[str] = frozenset()
    metadata: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_dicts(cls, data: Mapping[str, Mapping[str, Any]]) -> tuple[Aggregate, ...]:
        """Aggregates from `{name: {"hosts", "metadata"}}`."""
        return tuple(
            cls(name, frozenset(each.get("hosts") or ()), dict(each.get("metadata") or {}))
            for name, each in data.items()
        )


def metadata(host: Host, key: str | None = None) -> dict[str, set[str]]:
    """Metadata of all aggregates of a host, values split at commas; with a key, of the aggregates that have it."""
    found: dict[str, set[str]] = {}
    for each in host.aggregates:
        if key is None or key in each.metadata:
            for name, text in each.metadata.items():
                found.setdefault(name, set()).update(part.strip() for part in text.split(","))
    return found


def lowest(host: Host, key: str, default: Number) -> Number:
    """The smallest number that the aggregates of a host give for a key.

    The default where none gives one, or where any gives what is no number.

    Source: nova/scheduler/filters/utils.py, validate_num_values, Nova 34.
    """
    values = [each.metadata[key] for each in host.aggregates if key in each.metadata]
    if not values:
        return default
    try:
        return min(type(default)(value) for value in values)
    except ValueError:
        return default
