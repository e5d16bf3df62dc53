"""All filters on hosts, one after the other, until none is left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from kit.scheduling.ask import Ask
from kit.scheduling.filters import Filter
from kit.scheduling.fleet import Fleet


@dataclass(frozen=True)
class FilterStep:
    """A filter on the hosts that were left before it.

    Attributes
    ----------
    before, after : sequence of int
        Positions in the fleet.
    """

    filter: Filter
    ask: Ask
    fleet: Fleet
    before: Sequence[int]
    after: Sequence[int]

    @property
    def name(self) -> str:
        """The name of the filter."""
        return self.filter.name

    @cached_property
    def survivors(self) -> list[str]:
        """Hosts that passed, in order."""
        return [self.fleet.hosts[position].label for position in self.after]

    @cached_property
    def fallen(self) -> dict[str, str]:
        """Hosts that fell, each with the reason in a sentence with the figures."""
        passed = set(self.after)
        hosts = [self.fleet.hosts[position] for position in self.before if position not in passed]
        return {host.label: self.filter.reason(host, self.ask) for host in hosts}

    def __len__(self) -> int:
        return len(self.after)


def filter_all(filters: Sequence[Filter], fleet: Fleet, at: Any, ask: Ask, *, together: bool) -> list[FilterStep]:
    """Run filters in their order; when none is left the rest are not run.

    Parameters
    ----------
    at : sequence of int
        Positions of the hosts to begin with; an array when `together`.
    together : bool
        For all hosts at once, with NumPy; the same hosts pass.

    Source: nova/filters.py, get_filtered_objects, Nova 34.
    """
    steps: list[FilterStep] = []
    for each in filters:
        if not each.runs(ask):
            continue
        before = at
        if each.looks(ask) and len(at):
            if together:
                at = at[each.mask(fleet, at, ask)]
            else:
                at = [position for position in at if not each.reason(fleet.hosts[position], ask)]
        steps.append(FilterStep(each, ask, fleet, before, at))
        if not len(at):
            break
    return steps
