"""All weighers on all hosts that are left: raw, normalised, multiplied, summed, sorted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kit.scheduling.ask import Ask
from kit.scheduling.fleet import Fleet
from kit.scheduling.weighers import Weigher, normalized

if TYPE_CHECKING:
    from kit.scheduling.fleet import Array, Positions


@dataclass(frozen=True, slots=True)
class Contribution:
    """What a weigher gave a host.

    Attributes
    ----------
    raw : float
        Its number, in the weigher's own unit.
    normalized : float
        Between 0 and 1.
    multiplier : float
        That of the host.
    """

    raw: float
    normalized: float
    multiplier: float

    @property
    def score(self) -> float:
        """What is added to the weight: multiplier x normalised."""
        return self.multiplier * self.normalized


@dataclass(frozen=True)
class Weighing:
    """Weights of hosts, best first.

    Attributes
    ----------
    order : list of int
        Positions of the hosts in their fleet, best first; equal ones in the order in which they came.
    weights : list of float
        In the same order.
    columns : list of tuple
        For each weigher that was asked: its name, and raw, normalised and multiplier of each host, in the order in
        which hosts came; `came` tells where in that order a host of `order` was.
    """

    order: Sequence[int]
    weights: Sequence[float]
    columns: Sequence[tuple[str, Any, Any, Any]]
    came: Sequence[int]

    def contributions(self, place: int) -> dict[str, Contribution]:
        """What each weigher gave the host at a place of the order; none where a single host is left."""
        row = self.came[place]
        return {
            name: Contribution(float(raw[row]), float(norm[row]), float(multiplier[row]))
            for name, raw, norm, multiplier in self.columns
        }


def alone(at: Sequence[int]) -> Weighing:
    """The weighing of one host or none: nothing is weighed."""
    return Weighing(list(at), [0.0] * len(at), [], list(range(len(at))))


def weigh_one_by_one(weighers: Sequence[Weigher], fleet: Fleet, at: Sequence[int], ask: Ask) -> Weighing:
    """Weigh hosts one at a time, in plain Python.

    Source: nova/weights.py, get_weighed_objects, Nova 34.
    """
    if len(at) <= 1:
        return alone(at)
    hosts = [fleet.hosts[position] for position in at]
    totals = [0.0] * len(hosts)
    columns = []
    for weigher in weighers:
        if not weigher.applies(ask):
            continue
        raw = [float(weigher.clamped(host, ask)) for host in hosts]
        norm = normalized(raw, weigher.minval)
        multiplier = [weigher.multiplier(host, ask) for host in hosts]
        for place, value in enumerate(norm):
            totals[place] += multiplier[place] * value
        columns.append((weigher.name, raw, norm, multiplier))
    came = sorted(range(len(hosts)), key=totals.__getitem__, reverse=True)
    return Weighing([at[place] for place in came], [totals[place] for place in came], columns, came)


def weigh_together(weighers: Sequence[Weigher], fleet: Fleet, at: Positions, ask: Ask) -> Weighing:
    """Weigh all hosts at once; bit for bit what `weigh_one_by_one` gives.

    Parameters
    ----------
    at : array of int, shape (hosts left,)
    """
    import numpy as np

    if len(at) <= 1:
        return alone([int(position) for position in at])
    totals = np.zeros(len(at))
    columns = []
    for weigher in weighers:
        if not weigher.applies(ask):
            continue
        raw = weigher.raws(fleet, at, ask)
        norm = _normalized(raw, weigher.minval)
        multiplier = weigher.multipliers(fleet, at, ask)
        totals += multiplier * norm
        columns.append((weigher.name, raw, norm, multiplier))
    came = np.argsort(-totals, kind="stable")
    return Weighing(at[came].tolist(), totals[came].tolist(), columns, came.tolist())


def _normalized(raw: Array, minval: float | None) -> Array:
    import numpy as np

    low = float(raw.min() if minval is None else minval)
    high = float(raw.max())
    return np.zeros(len(raw)) if low == high else (raw - low) / (high - low)
