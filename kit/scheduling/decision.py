"""The record of a decision: who was a candidate, who fell where and why, what everyone weighed."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from kit.scheduling.errors import NoValidHost
from kit.scheduling.filtering import FilterStep
from kit.scheduling.fleet import Fleet
from kit.scheduling.request import Request
from kit.scheduling.weighing import Contribution, Weighing

SCHEDULED, NO_VALID_HOST = "scheduled", "NoValidHost"


@dataclass(frozen=True)
class PlacementStep:
    """A query to Placement and its answer.

    Attributes
    ----------
    query : str
        As in the URL, with names in braces where Nova has ids.
    candidates : list of str
        Nodes, in their order.
    fallen : dict
        Nodes that are no candidates, each with the reason.
    """

    query: str
    candidates: list[str]
    fallen: dict[str, str]


@dataclass(frozen=True)
class Weighed:
    """A host with its weight.

    Attributes
    ----------
    contributions : dict
        By weigher: all that were asked, also those that gave 0.
    """

    host: str
    weight: float
    contributions: dict[str, Contribution]


@dataclass
class Step:
    """The choice for one server.

    Attributes
    ----------
    start : list of int
        Positions of the hosts to begin with.
    filters : list of FilterStep
        Those that were run.
    forced : bool
        The request forced its host: no filter was run.
    refused : dict
        Hosts where the claim was lost, each with the reason; the next one was tried.
    chosen : str, optional
        The host.
    """

    server: str
    fleet: Fleet
    start: list[int]
    filters: list[FilterStep] = field(default_factory=list)
    weighing: Weighing | None = None
    forced: bool = False
    refused: dict[str, str] = field(default_factory=dict)
    chosen: str | None = None

    @property
    def hosts(self) -> list[str]:
        """The hosts to begin with."""
        return [self.fleet.hosts[position].label for position in self.start]

    @cached_property
    def weighed(self) -> list[Weighed]:
        """The hosts that passed, best first."""
        found = self.weighing
        if found is None:
            return []
        return [
            Weighed(self.fleet.hosts[position].label, float(weight), found.contributions(place))
            for place, (position, weight) in enumerate(zip(found.order, found.weights, strict=True))
        ]

    def to_dict(self) -> dict[str, Any]:
        """The step as plain data; of weighers, those that counted."""
        return {
            "server": self.server, "start": self.hosts, "forced": self.forced,
            "filters": [{"filter": e.name, "survivors": e.survivors, "fallen": e.fallen} for e in self.filters],
            "weighed": [
                {
                    "host": each.host, "weight": each.weight,
                    "contributions": {
                        name: {"raw": one.raw, "normalized": one.normalized, "multiplier": one.multiplier}
                        for name, one in each.contributions.items() if one.score
                    },
                }
                for each in self.weighed
            ],
            "refused": dict(self.refused), "chosen": self.chosen,
        }  # fmt: skip


@dataclass
class Decision:
    """What the scheduler decided, and all that led to it.

    Attributes
    ----------
    outcome : str
        `scheduled` or `NoValidHost`.
    chosen : list of str
        A host for each server; empty when any has none.
    alternates : list of lists of str
        For each server, hosts to try when the build fails.
    claimed : dict
        Host to what was claimed in Placement, by resource class.
    reason : str
        Why there is no valid host, in a sentence.
    fault : str
        What Nova itself says, and a server shows as its fault.
    """

    request: Request
    outcome: str = SCHEDULED
    placement: list[PlacementStep] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    chosen: list[str] = field(default_factory=list)
    alternates: list[list[str]] = field(default_factory=list)
    claimed: dict[str, dict[str, int]] = field(default_factory=dict)
    reason: str = ""
    fault: str = ""

    @property
    def ok(self) -> bool:
        """Whether every server has a host."""
        return self.outcome == SCHEDULED

    def demand(self) -> Decision:
        """This decision when every server has a host.

        Raises
        ------
        NoValidHost
            One has none.
        """
        if not self.ok:
            raise NoValidHost(self.fault, todo=self.reason)
        return self

    def why_not(self, host: str, server: int = 0) -> str:
        """Why a host was not chosen for a server, in a sentence.

        Examples
        --------
        `c1 fell in Placement: asks 4096 MB; (8192 - 512) x 1.5 - 8000 = 3520 MB are free`
        """
        from kit.scheduling.why import why_not

        return why_not(self, host, server)

    def to_dict(self) -> dict[str, Any]:
        """The whole record as plain data."""
        return {
            "outcome": self.outcome, "chosen": list(self.chosen), "reason": self.reason, "fault": self.fault,
            "placement": [
                {"query": each.query, "candidates": list(each.candidates), "fallen": dict(each.fallen)}
                for each in self.placement
            ],
            "steps": [step.to_dict() for step in self.steps],
            "alternates": [list(each) for each in self.alternates],
            "claimed": {host: dict(amounts) for host, amounts in self.claimed.items()},
        }  # fmt: skip

    def __repr__(self) -> str:
        from kit.scheduling.page import as_text

        return as_text(self)

    def _repr_html_(self) -> str:
        from kit.scheduling.page import as_html

        return as_html(self)
