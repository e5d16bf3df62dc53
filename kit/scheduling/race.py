"""Several schedulers on one stale view: who loses, when he learns it, and what he does then."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from kit.scheduling.errors import CapacityExceeded, ClaimError
from kit.scheduling.host import Host
from kit.scheduling.options import Options
from kit.scheduling.placement import Placement
from kit.scheduling.request import Request
from kit.scheduling.scheduler import Scheduler
from kit.scheduling.tracker import ComputeNode


@dataclass(frozen=True)
class Attempt:
    """A try to put a server on a host.

    Attributes
    ----------
    wave : int
        From 1; in a wave all choose before any claims.
    won : bool
        Whether the claim succeeded; `reason` tells why not.
    """

    wave: int
    server: str
    host: str
    won: bool
    reason: str = ""


@dataclass
class Race:
    """What became of the servers.

    Attributes
    ----------
    placed : dict
        Server to host.
    failed : dict
        Server to what it failed of.
    """

    era: str
    attempts: list[Attempt] = field(default_factory=list)
    placed: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    @property
    def reschedules(self) -> int:
        """Times a server went back to a scheduler: Liberty's loser does; today's takes the next host of its list."""
        return sum(1 for each in self.attempts if each.wave > 1)

    @property
    def lost(self) -> int:
        """Claims that came second."""
        return sum(1 for each in self.attempts if not each.won)

    def to_dict(self) -> dict[str, Any]:
        """The race as plain data."""
        return {
            "era": self.era, "reschedules": self.reschedules, "lost": self.lost,
            "attempts": [vars(each) for each in self.attempts],
            "placed": dict(self.placed), "failed": dict(self.failed),
        }  # fmt: skip

    def __repr__(self) -> str:
        lines = []
        for each in self.attempts:
            end = "wins" if each.won else f"loses: {each.reason}"
            lines.append(f"wave {each.wave}: {each.server} claims {each.host} and {end}")
        lines += [f"{server} fails: {why}" for server, why in self.failed.items()]
        return "\n".join([*lines, self._tail])

    @property
    def _tail(self) -> str:
        return (
            f"{self.era}: {len(self.placed)} placed, {len(self.failed)} failed, {self.lost} claims lost,"
            f" {self.reschedules} reschedules"
        )

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td>{each.wave}</td>{_cell(each.server)}{_cell(each.host)}"
            f"{_cell('✓ wins' if each.won else '✗ loses')}{_cell(each.reason)}</tr>"
            for each in self.attempts
        )
        names = ("server", "host", "claim", "reason")
        titles = f'<th scope="col">wave</th>{"".join(_cell(name, "th") for name in names)}'
        return (
            f"<table><thead><tr>{titles}</tr></thead><tbody>{rows}</tbody></table><p>{escape(self._tail)}</p>"
        )  # fmt: skip


def _cell(text: str, kind: str = "td") -> str:
    scope = ' scope="col"' if kind == "th" else ""
    return f'<{kind}{scope} style="text-align:left">{escape(text)}</{kind}>'


def race(
    hosts: Iterable[Host], request: Request, *, schedulers: int = 2, era: str = "today",
    options: Mapping[str, Any] | None = None,
) -> Race:  # fmt: skip
    """Let several schedulers place a server each, all having read the same state before any claims.

    In Liberty the compute node finds out that it cannot give what was promised; the server goes back to a
    scheduler, which leaves out hosts that were tried, at most `scheduler.max_attempts` times in all. Today the
    scheduler itself claims in Placement before it answers; who loses takes the next host of its list at once.
    NUMA cells and PCI devices can still be lost on the node: then an alternate is tried.

    Parameters
    ----------
    request : Request
        For one server; each scheduler gets a copy with a name of its own.
    schedulers : int
        How many.

    Source: nova/scheduler/manager.py, Nova 34; nova/scheduler/utils.py (populate_retry) and
    nova/compute/manager.py, Nova 12.
    """
    chosen = options if isinstance(options, Options) else Options(options, era=era)
    requests = [request.changed(servers=(f"server-{number + 1}",)) for number in range(schedulers)]
    return _liberty(list(hosts), requests, chosen) if chosen.era == "liberty" else _today(list(hosts), requests, chosen)


def _liberty(hosts: Sequence[Host], requests: list[Request], options: Options) -> Race:
    result = Race("liberty")
    nodes = {host.node: ComputeNode(host, options) for host in hosts}
    most = options["scheduler.max_attempts"]
    waiting, wave = requests, 0
    while waiting:
        wave += 1
        stale = [node.host for node in nodes.values()]
        decisions = [(each, Scheduler(stale, options=options).select(each)) for each in waiting]
        waiting = []
        for each, decision in decisions:
            server = each.servers[0]
            if not decision.ok:
                result.failed[server] = f"no valid host: {decision.reason}"
                continue
            host = decision.chosen[0]
            try:
                nodes[host.rpartition("/")[2]].claim(server, each)
            except ClaimError as loss:
                result.attempts.append(Attempt(wave, server, host, False, loss.what))
                again = each.changed(retried=(*each.retried, host.partition("/")[0]))
                if len(again.retried) >= most:
                    result.failed[server] = f"exceeded max scheduling attempts {most}"
                else:
                    waiting.append(again)
            else:
                result.attempts.append(Attempt(wave, server, host, True))
                result.placed[server] = host
    return result


def _today(hosts: Sequence[Host], requests: list[Request], options: Options) -> Race:
    result = Race("today")
    placement = Placement.from_hosts(hosts)
    nodes = {host.node: ComputeNode(host, options) for host in hosts}
    scheduler = Scheduler(hosts, options=options, placement=placement)
    for choice in [scheduler.begin(each) for each in requests]:  # all have read before any claims
        request = choice.decision.request
        server = request.servers[0]
        decision = choice.finish(alternates=True)
        for step in decision.steps:
            result.attempts += [Attempt(1, server, host, False, why) for host, why in step.refused.items()]
        if not decision.ok:
            result.failed[server] = f"no valid host: {decision.reason}"
            continue
        amounts = next(iter(placement.allocations(server).values()))
        for attempt, host in enumerate([decision.chosen[0], *decision.alternates[0]]):
            node = host.rpartition("/")[2]
            try:
                if attempt:
                    placement.claim(server, {node: amounts})
                nodes[node].claim(server, request)
            except (CapacityExceeded, ClaimError) as loss:
                result.attempts.append(Attempt(attempt + 1, server, host, False, loss.what))
                continue
            result.attempts.append(Attempt(attempt + 1, server, host, True))
            result.placed[server] = host
            break
        else:
            placement.release(server)
            result.failed[server] = "every alternate failed"
    return result
