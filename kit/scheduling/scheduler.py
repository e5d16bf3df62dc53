"""The scheduler: from a request to a host for each of its servers."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from kit.scheduling.aggregate import Aggregate
from kit.scheduling.ask import Ask
from kit.scheduling.candidates import Candidates
from kit.scheduling.constraints import guest_topology
from kit.scheduling.consume import consume
from kit.scheduling.decision import NO_VALID_HOST, Decision, PlacementStep, Step
from kit.scheduling.errors import CapacityExceeded
from kit.scheduling.filtering import filter_all
from kit.scheduling.filters import filters_named
from kit.scheduling.filters.nfv import limits_of
from kit.scheduling.fleet import Fleet, have_numpy
from kit.scheduling.host import Host
from kit.scheduling.options import Options
from kit.scheduling.pci import pci_requests
from kit.scheduling.placement import Placement
from kit.scheduling.prefilters import Refused, query_for
from kit.scheduling.request import Request
from kit.scheduling.resources import ResourceQuery
from kit.scheduling.targets import narrowed
from kit.scheduling.weighers import weighers_named
from kit.scheduling.weighing import weigh_one_by_one, weigh_together


class Scheduler:
    """Nova's scheduler over hosts that it is given, with Placement behind it; or Liberty's, without.

    Hosts are a view and are not changed by a decision; what is claimed in Placement stays claimed.

    Parameters
    ----------
    hosts : iterable of Host
    aggregates : iterable of Aggregate
        Hosts get those that list them.
    options : Options or mapping, optional
        `Options(era="liberty")` for the scheduler of old: no Placement, no claims.
    placement : Placement, optional
        Default: one made from the hosts, with what they say is in use.
    vectorised : bool, optional
        With NumPy, all hosts at once; default when NumPy is there. Both ways decide the same.
    rng : random.Random, optional
        Chooses among the best `host_subset_size`, and shuffles equals; without it the first is taken.

    Examples
    --------
    >>> from kit.scheduling import Flavor, Host
    >>> hosts = [Host(name="c1", vcpus=4, memory_mb=4096, local_gb=40), Host(name="c2", vcpus=4, memory_mb=8192, local_gb=40)]
    >>> Scheduler(hosts).select(Request(flavor=Flavor(memory_mb=2048))).chosen
    ['c2']
    """

    def __init__(
        self, hosts: Iterable[Host], aggregates: Iterable[Aggregate] = (), options: Mapping[str, Any] | None = None, *,
        placement: Placement | None = None, vectorised: bool | None = None, rng: random.Random | None = None,
    ) -> None:  # fmt: skip
        self.options = options if isinstance(options, Options) else Options(options)
        self.aggregates = tuple(aggregates)
        self.fleet = Fleet([_member(host, self.aggregates) for host in hosts])
        self.vectorised = have_numpy() if vectorised is None else vectorised
        self.rng = rng
        self.filters = filters_named(self.options["filter_scheduler.enabled_filters"], self.options.era)
        self.weighers = weighers_named(self.options)
        if placement is None:
            placement = Placement.from_hosts(self.fleet.hosts) if self.options.era == "today" else Placement()
        self.placement = placement
        self._candidates = Candidates(placement)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], **how: Any) -> Scheduler:
        """A scheduler from `{"hosts", "aggregates", "config"}`."""
        aggregates = Aggregate.from_dicts(data.get("aggregates") or {})
        hosts = [Host.from_dict(each, aggregates) for each in data["hosts"]]
        return cls(hosts, aggregates, Options(data.get("config") or {}), **how)

    def select(self, request: Request, *, alternates: bool = False) -> Decision:
        """Choose a host for each server of a request.

        Parameters
        ----------
        alternates : bool
            Also hosts to try when a build fails: `scheduler.max_attempts` less one.

        Returns
        -------
        Decision
            Its outcome is NoValidHost when any server has none; what was claimed is then given back.

        Raises
        ------
        RequestError
            The request contradicts itself.

        Source: nova/scheduler/manager.py, select_destinations, Nova 34; filter_scheduler.py, Nova 12.
        """
        return self.begin(request).finish(alternates=alternates)

    def begin(self, request: Request) -> Choice:
        """Read what there is, and choose later: in between the view grows stale, as it does between two schedulers.

        Raises
        ------
        RequestError
            The request contradicts itself.
        """
        return Choice(self, request)


class Choice:
    """A decision while it is made: the candidates are read, nothing is claimed.

    Attributes
    ----------
    decision : Decision
        The record so far.
    """

    def __init__(self, scheduler: Scheduler, request: Request) -> None:
        self.scheduler, self.decision = scheduler, Decision(request)
        self.fleet = scheduler.fleet
        options = scheduler.options
        self.ask = Ask(request, options, 0, guest_topology(request), pci_requests(request, options))
        self.queries: list[tuple[ResourceQuery, set[str]]] = []
        self.places: list[int] = []  # of the hosts that were chosen
        self.left: list[int] = []  # hosts that passed for the last server, best first
        placed = options.era == "today" and not request.rebuild
        self.start = self._ask_placement() if placed else list(range(len(self.fleet)))

    def finish(self, *, alternates: bool = False) -> Decision:
        """Filter, weigh and claim; the decision."""
        if self.start:
            self._choose(self.start)
            if self.decision.ok and alternates:
                self._add_alternates()
        elif self.decision.ok:
            self._fail("there are no hosts", "No valid host was found. There are not enough hosts available.")
        return self.decision

    def _ask_placement(self) -> list[int]:
        """Positions of the candidates."""
        try:
            query = self._query(True)
            if query.pinned and not self.scheduler.options["workarounds.disable_fallback_pcpu_query"]:
                self._query(False)
        except Refused as refusal:
            self._fail(str(refusal), "No valid host was found. ")
            return []
        names = set().union(*(found for _, found in self.queries))
        start = [place for place, host in enumerate(self.fleet.hosts) if host.node in names]
        if not start:
            self._fail("Placement has no candidate: no host has all that is asked for", "No valid host was found. ")
        return start

    def _query(self, pinned: bool) -> ResourceQuery:
        scheduler = self.scheduler
        query = query_for(
            self.decision.request, scheduler.options, scheduler.aggregates, self.fleet.hosts, pinned=pinned
        )
        finder = scheduler._candidates.find if scheduler.vectorised else scheduler.placement.candidates
        found = finder(query)
        passed = set(found)
        fallen = {
            name: each.refuses(query) or f"is beyond the limit of {query.limit} candidates"
            for name, each in scheduler.placement.providers.items()
            if name not in passed
        }
        self.queries.append((query, passed))
        self.decision.placement.append(PlacementStep(str(query), found, fallen))
        return query

    def _choose(self, start: list[int]) -> None:
        """Choose for one server after the other."""
        hosts = start
        for number in range(len(self.decision.request.servers)):
            self.ask = Ask(self.ask.request, self.ask.options, number, self.ask.numa, self.ask.pci)
            step = self._sorted(hosts)
            self.decision.steps.append(step)
            place = self._claim(step) if self.left else None
            if place is None:
                why = "the claim was lost on every host that passed" if self.left else _where(step)
                self._give_back()
                self._fail(why, "No valid host was found. There are not enough hosts available.")
                return
            hosts = self.left
            if self.ask.options.era == "liberty" and step.filters:  # there the order of weights was not kept
                hosts = [int(each) for each in step.filters[-1].after]
            step.chosen = self.fleet.hosts[place].label
            self.places.append(place)
            self._consume(place, step)
        self.decision.chosen = [self.fleet.hosts[place].label for place in self.places]

    def _sorted(self, hosts: Sequence[int]) -> Step:
        """Filter and weigh; the hosts that passed, best first, are in `left`."""
        scheduler, ask = self.scheduler, self.ask
        start, forced = narrowed(self.fleet.hosts, hosts, ask.request)
        step = Step(ask.server, self.fleet, list(start), forced=forced)
        if scheduler.vectorised:
            import numpy as np

            at: Any = np.array(start, dtype=np.int64)
        else:
            at = list(start)
        if not forced and len(at):
            step.filters = filter_all(scheduler.filters, self.fleet, at, ask, together=scheduler.vectorised)
            at = step.filters[-1].after if step.filters else at
        self.left = []
        if len(at):
            weigh = weigh_together if scheduler.vectorised else weigh_one_by_one
            step.weighing = weigh(scheduler.weighers, self.fleet, at, ask)
            self.left = self._shuffled(list(step.weighing.order), list(step.weighing.weights))
        return step

    def _shuffled(self, order: list[int], weights: list[float]) -> list[int]:
        """The order with chance in it, where the options and an `rng` say so."""
        rng, options = self.scheduler.rng, self.scheduler.options
        if rng is None or not order:
            return order
        if options["filter_scheduler.shuffle_best_same_weighed_hosts"]:
            best = [place for place, weight in zip(order, weights, strict=True) if weight == weights[0]]
            rng.shuffle(best)
            order = best + order[len(best) :]
        first = rng.choice(order[: options["filter_scheduler.host_subset_size"]])
        order.remove(first)
        return [first, *order]

    def _claim(self, step: Step) -> int | None:
        """The first host where Placement gives what is asked; without Placement, the first."""
        if not self.queries:
            return self.left[0]
        for place in self.left:
            host = self.fleet.hosts[place]
            amounts = next(query.resources for query, found in self.queries if host.node in found)
            try:
                self.scheduler.placement.claim(self.ask.server, {host.node: amounts})
            except CapacityExceeded as refusal:
                step.refused[host.label] = refusal.what
                continue
            claimed = self.decision.claimed.setdefault(host.label, {})
            for name, amount in amounts.items():
                claimed[name] = claimed.get(name, 0) + amount
            return place
        return None

    def _consume(self, place: int, step: Step) -> None:
        filtered = not step.forced and any(each.name == "NUMATopologyFilter" for each in self.scheduler.filters)
        host = self.fleet.hosts[place]
        changed, numa = consume(host, self.ask, limits_of(host) if filtered else None)
        self.fleet = self.fleet.replaced(place, changed)
        request = self.ask.request
        if request.group is not None:
            request = request.changed(group=replace(request.group, hosts=(*request.group.hosts, host.name)))
        self.ask = Ask(request, self.ask.options, self.ask.number, numa, self.ask.pci)

    def _add_alternates(self) -> None:
        """For each server, further hosts of the same cell that no server of the request got."""
        most = self.scheduler.options["scheduler.max_attempts"] - 1
        if len(self.places) > 1 and most:
            self._sorted(self.left)
        for place in self.places:
            cell = self.fleet.hosts[place].cell_uuid
            others = [
                self.fleet.hosts[each].label
                for each in self.left
                if each not in self.places and self.fleet.hosts[each].cell_uuid == cell
            ]
            self.decision.alternates.append(others[:most])

    def _give_back(self) -> None:
        for server in self.decision.request.servers[: len(self.places)]:
            self.scheduler.placement.release(server)
        self.decision.claimed = {}

    def _fail(self, reason: str, fault: str) -> None:
        self.decision.outcome, self.decision.reason, self.decision.fault = NO_VALID_HOST, reason, fault


def _where(step: Step) -> str:
    if not step.start:
        return f"{step.server}: no host is left once the named ones are taken or left out"
    return f"{step.server}: {step.filters[-1].name} left none of {len(step.filters[-1].before)}"


def _member(host: Host, aggregates: tuple[Aggregate, ...]) -> Host:
    """The host with the aggregates that list it."""
    own = tuple(each for each in aggregates if host.name in each.hosts)
    return host.changed(aggregates=own) if own and own != host.aggregates else host
