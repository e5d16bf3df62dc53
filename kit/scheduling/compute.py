"""Compute nodes with their resource trackers, and a cloud of them that builds, resizes, moves and audits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kit.scheduling.aggregate import Aggregate
from kit.scheduling.decision import Decision
from kit.scheduling.errors import CapacityExceeded, ClaimError
from kit.scheduling.host import Host, Service
from kit.scheduling.options import Options
from kit.scheduling.placement import Placement
from kit.scheduling.request import Flavor, Request
from kit.scheduling.scheduler import Scheduler
from kit.scheduling.tracker import ComputeNode, Drift


@dataclass
class Server:
    """A server of the cloud.

    Attributes
    ----------
    node : str
        Where it runs.
    old_node : str, optional
        Where it was before a resize or move that is not confirmed, or before its host failed.
    state : str
        `active`, `resized` (to be confirmed or reverted) or `evacuated` (the old node does not know yet).
    """

    id: str
    request: Request
    node: str
    old_node: str | None = None
    old_request: Request | None = None
    state: str = "active"


@dataclass
class ComputeCloud:
    """Compute nodes, Placement and a scheduler that sees fresh reports.

    What Placement holds is at all times what servers have, on the nodes where they are; a resize or move holds both
    until it is confirmed: the old amounts under the migration's own id.

    Examples
    --------
    >>> from kit.scheduling import Flavor, Host, Request
    >>> cloud = ComputeCloud([Host(name="c1", vcpus=4, memory_mb=4096, local_gb=40)])
    >>> cloud.build(Request(flavor=Flavor(memory_mb=1024), servers=("web",))).chosen
    ['c1']
    >>> cloud.drift()
    nothing drifted
    """

    hosts: Iterable[Host]
    aggregates: tuple[Aggregate, ...] = ()
    options: Mapping[str, Any] | None = None
    placement: Placement = field(init=False)
    servers: dict[str, Server] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not isinstance(self.options, Options):
            self.options = Options(self.options)
        self.nodes = {host.node: ComputeNode(host, self.options) for host in self.hosts}
        self.placement = Placement.from_hosts(node.host for node in self.nodes.values())

    @property
    def scheduler(self) -> Scheduler:
        """A scheduler over what the nodes report now."""
        hosts = [node.host for node in self.nodes.values()]
        return Scheduler(hosts, self.aggregates, self.options, placement=self.placement)

    def build(self, request: Request, *, fails_on: Iterable[str] = ()) -> Decision:
        """Build the servers of a request.

        Parameters
        ----------
        fails_on : iterable of str
            Nodes where the build fails; alternates are tried, and failed builds are counted there.

        Returns
        -------
        Decision
            The scheduler's. A server whose every attempt failed is not there, and holds nothing.
        """
        decision = self.scheduler.select(request, alternates=True)
        for number, server in enumerate(request.servers if decision.ok else ()):
            tries = [decision.chosen[number], *decision.alternates[number]]
            self._land(server, request.changed(servers=(server,)), [self._node(label) for label in tries], fails_on)
        return decision

    def _node(self, label: str) -> str:
        return label.rpartition("/")[2]

    def _land(self, server: str, request: Request, tries: list[str], fails_on: Iterable[str]) -> bool:
        """Claim on the first node of several that can; give back what was claimed where none can."""
        failing = set(fails_on)
        amounts = self.placement.allocations(server)[tries[0]]
        for attempt, node in enumerate(tries):
            try:
                if attempt:  # the scheduler claimed on the first alone
                    self.placement.claim(server, {node: amounts})
                self.nodes[node].claim(server, request)
            except (CapacityExceeded, ClaimError):
                continue
            if node in failing:
                self.nodes[node].drop(server)
                self.nodes[node].failed_builds += 1
                continue
            self.nodes[node].failed_builds = 0
            self.servers[server] = Server(server, request, node)
            return True
        self.placement.release(server)
        return False

    def delete(self, server: str) -> None:
        """Delete a server; all that it holds goes, also of a move."""
        one = self._find(server)
        for name in (one.node, one.old_node):
            if name is not None:
                self.nodes[name].drop(server)
        self.placement.release(server)
        self.placement.release(_migration(server))
        del self.servers[server]

    def resize(self, server: str, flavor: Flavor, *, same_host: bool = False) -> Decision:
        """Give a server another flavor, on another host; confirm or revert after.

        Parameters
        ----------
        same_host : bool
            Its own host is a candidate too; it must then hold both sizes for the while.
        """
        one = self._active(server)
        return self._move(one, one.request.changed(flavor=flavor), () if same_host else (self._host(one.node),))

    def migrate(self, server: str, host: str | None = None) -> Decision:
        """Live-migrate a server to a host, or to one that the scheduler chooses."""
        one = self._active(server)
        request = one.request.changed(destination_host=host)
        decision = self._move(one, request, (self._host(one.node),))
        if decision.ok and one.state == "resized":
            one.request = one.request.changed(destination_host=None)
            self.confirm(server)
        return decision

    def _move(self, one: Server, request: Request, ignored: tuple[str, ...]) -> Decision:
        """Claim the new place while the old is held under the migration's id; back to before when that fails."""
        request = request.changed(servers=(one.id,), retried=())
        self.placement.rename(one.id, _migration(one.id))
        decision = self.scheduler.select(request.changed(ignore_hosts=(*request.ignore_hosts, *ignored)))
        node = self._node(decision.chosen[0]) if decision.ok else ""
        if decision.ok:
            try:
                self.nodes[node].claim(one.id, request, moving=True)
            except ClaimError:
                self.placement.release(one.id)
                node = ""
        if not node:
            self.placement.rename(_migration(one.id), one.id)
            return decision
        one.old_node, one.old_request = one.node, one.request
        one.node, one.request, one.state = node, request, "resized"
        return decision

    def confirm(self, server: str) -> None:
        """End a resize: the old place is given back."""
        one = self._find(server, "resized")
        self.nodes[str(one.old_node)].drop(server, old=one.old_node == one.node)
        self.nodes[one.node].settle(server)
        self.placement.release(_migration(server))
        one.old_node, one.old_request, one.state = None, None, "active"

    def revert(self, server: str) -> None:
        """Undo a resize: the server is back where and what it was."""
        one = self._find(server, "resized")
        self.nodes[one.node].drop(server, moving=True)
        self.placement.release(server)
        self.placement.rename(_migration(server), server)
        one.node, one.request = str(one.old_node), one.old_request or one.request
        one.old_node, one.old_request, one.state = None, None, "active"

    def fail(self, host: str) -> None:
        """A host goes down; its servers are still there, and still hold what they hold."""
        self._service(host, Service(forced_down=True))

    def evacuate(self, server: str) -> Decision:
        """Rebuild a server of a failed host elsewhere; the dead node holds its share until it is back."""
        one = self._active(server)
        decision = self._move(one, one.request, (self._host(one.node),))
        if one.state == "resized":
            one.state = "evacuated"
        return decision

    def recover(self, host: str) -> Drift:
        """A failed host comes back, audits itself, and gives back what was evacuated."""
        self._service(host, Service())
        drifted: list[str] = []
        for one in list(self.servers.values()):
            if one.state == "evacuated" and one.old_node and self._host(one.old_node) == host:
                drifted.append(f"{one.old_node} still carried {one.id}, which is on {one.node} now")
                one.state = "resized"
                self.confirm(one.id)
        return Drift(drifted)

    def drift(self) -> Drift:
        """What Placement, nodes and servers do not agree on; nothing when all is well."""
        wrong = []
        for name, node in self.nodes.items():
            here = {one.id for one in self.servers.values() if name in (one.node, one.old_node)}
            wrong += node.audit(here, mend=False).found
        wanted: dict[str, dict[str, int]] = {name: dict(node.before) for name, node in self.nodes.items()}
        for consumer in (each for one in self.servers for each in (one, _migration(one))):
            for name, amounts in self.placement.allocations(consumer).items():
                for kind, amount in amounts.items():
                    wanted[name][kind] = wanted[name].get(kind, 0) + amount
        for name, amounts in wanted.items():
            have = self.placement.usages(name)
            if have != {kind: amount for kind, amount in amounts.items() if amount}:
                wrong.append(f"Placement counts {have} on {name}; its servers hold {amounts}")
        known = {each for one in self.servers for each in (one, _migration(one))}
        strange = sorted(set(self.placement.consumers) - known)
        return Drift(wrong + [f"Placement holds something for {each}, which is no server" for each in strange])

    def _host(self, node: str) -> str:
        return self.nodes[node].base.name

    def _service(self, host: str, service: Service) -> None:
        for node in self.nodes.values():
            if node.base.name == host:
                node.set_service(service)

    def _find(self, server: str, state: str | None = None) -> Server:
        one = self.servers.get(server)
        if one is None or (state and one.state != state):
            raise ClaimError(f"there is no {state or ''} server {server!r}".replace("  ", " "))
        return one

    def _active(self, server: str) -> Server:
        return self._find(server, "active")


def _migration(server: str) -> str:
    """The id under which a move holds the old amounts."""
    return f"{server}:migration"
