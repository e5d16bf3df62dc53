"""Which hosts servers go to: Nova's scheduler (kit.scheduling) over the hosts of the cloud, and the reason when none is left."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kit.cloud.compute import asking
from kit.cloud.compute.claims import asks, claim
from kit.cloud.compute.fleet import FEW, View, view
from kit.cloud.compute.models import servers
from kit.cloud.compute.quick import is_plain, quick
from kit.cloud.compute.settings import scheduler_options
from kit.cloud.errors import BadRequest
from kit.cloud.image.models import images
from kit.cloud.store import Row, Transaction
from kit.scheduling.decision import Decision
from kit.scheduling.errors import ClaimError, SchedulingError
from kit.scheduling.fleet import Fleet
from kit.scheduling.host import Host, Instance
from kit.scheduling.image import Image
from kit.scheduling.options import Options
from kit.scheduling.request import Request as Asked

if TYPE_CHECKING:
    from kit.cloud.cloud import Cloud

NO_HOST = "No valid host was found. There are not enough hosts available."
RETRIED = (
    "Exceeded maximum number of retries. Exhausted all hosts available for retrying build failures for instance {}."
)
# How many hosts a reason speaks of, one by one.
TOLD = 50
_NEAR = ("same_host", "different_host")
_COUNTERS = frozenset(("NumInstancesFilter", "AggregateNumInstancesFilter", "JsonFilter"))


@dataclass
class Request:
    """What a server asks of its host.

    Attributes
    ----------
    zone : str
        An availability zone, or empty for any.
    host : str
        The host that is asked for, or empty.
    hints : dict
        Scheduler hints by name, as the API takes them.
    avoid : tuple of str
        Hosts that are no choice (the present one, in a resize).
    on_volume : bool
        Whether the root disk is a volume, which takes no room on the host.
    zones : dict
        Host to zone, once hosts have been looked at.
    forced : bool
        Whether the host is forced: no filter is run on it, and only Placement may still refuse.
    node : str
        The hypervisor that is asked for, by its own name, or empty.
    server : Row, optional
        The server, when there is one already: the image that it keeps, its project, its id.
    image : Row, optional
        The image of a server that is new.
    project_id : str
        The project of a server that is new.
    """

    flavor: Row
    zone: str = ""
    host: str = ""
    group: Row | None = None
    hints: dict[str, Any] = field(default_factory=dict)
    avoid: tuple[str, ...] = ()
    on_volume: bool = False
    zones: dict[str, str] = field(default_factory=dict)
    forced: bool = False
    node: str = ""
    server: Row | None = None
    image: Row | None = None
    project_id: str = ""


@dataclass
class Verdict:
    """What was decided for one server or for several alike.

    Attributes
    ----------
    hosts : tuple of str
        A host for each; empty when any has none.
    message : str
        What a server in ERROR says then.
    details : str
        Which filter left how many hosts, and a sentence for each host that fell.
    decision : Decision, optional
        The whole record; none where the request itself has no meaning, or was quickly decided.
    """

    hosts: tuple[str, ...] = ()
    message: str = ""
    details: str = ""
    decision: Decision | None = None

    @property
    def host(self) -> str | None:
        """The first server's host."""
        return self.hosts[0] if self.hosts else None


def choose_host(cloud: Cloud, tx: Transaction, request: Request) -> str | None:
    """The host for a server, or None when no valid host is found."""
    return decide(cloud, tx, request).host


def candidates(cloud: Cloud, tx: Transaction, request: Request) -> list[str]:
    """The hosts that pass every filter, best first."""
    decision = decide(cloud, tx, request, record=True).decision
    return [each.host.partition("/")[0] for each in decision.steps[0].weighed] if decision and decision.steps else []


def group_of(tx: Transaction, server: Row) -> Row | None:
    """The server's group."""
    return asking.group_row(tx, server)


def decide(
    cloud: Cloud, tx: Transaction, request: Request, ids: tuple[str, ...] = (), *, record: bool = False
) -> Verdict:  # fmt: skip
    """Decide where a server, or several alike, go; nothing is changed by it.

    Parameters
    ----------
    ids : tuple of str
        The servers, when there are several: all get a host, or none does.
    record : bool
        Whether the whole record is wanted; without, a plain request that some host can meet is decided by `quick`,
        which comes to the same host.

    Returns
    -------
    Verdict
        The hosts as Nova's scheduler chooses them. Where the first choice cannot give the cells or devices, the
        next ones are tried, as Nova does it when a build fails (`scheduler.max_attempts`).
    """
    options, seen = scheduler_options(tx), view(cloud)
    with seen.lock:
        seen.renew(cloud, tx, options)
        request.zones = seen.zones
        if not record and len(ids) < 2 and len(seen.hosts) <= FEW and is_plain(request, options):
            host = quick(seen, request)
            if host is not None:
                return Verdict((host,))
        scheduler = seen.engine()
        try:
            asked = _asked(tx, request, ids)
            special = asking.wants_cells(request.flavor, asked.image.given) and asks(asked, options)
            scheduler.rng = _dice(tx, options)
            fleet = scheduler.fleet
            scheduler.fleet = _dressed(tx, seen, asked, options)
            try:
                decision = scheduler.select(asked, alternates=special)
                hosts = scheduler.fleet.hosts
            finally:
                scheduler.fleet = fleet
                for server in asked.servers:
                    if server in scheduler.placement.consumers:
                        scheduler.placement.release(server)
        except SchedulingError as error:
            return Verdict(message=NO_HOST, details=str(error))
        if not decision.ok:
            return Verdict(message=NO_HOST, details=told(decision), decision=decision)
        if not special:
            return Verdict(tuple(name.partition("/")[0] for name in decision.chosen), decision=decision)
        return _claimed(decision, {host.label: host for host in hosts}, asked, options)


def _asked(tx: Transaction, request: Request, ids: tuple[str, ...]) -> Asked:
    """The request in the engine's words."""
    server = request.server
    if server is not None:
        image = Image(given=asking.properties_of(server))
        row = tx.get(images, server["image_id"]) if server["image_id"] else None
    else:
        row = request.image
        image = Image(given=asking.kept_properties(row))
    if row is not None:
        image = Image(row["id"], row["disk_format"], image.given)
    named = request.host or None
    return Asked(
        flavor=asking.flavor_of(request.flavor), image=image, servers=ids or (server["id"] if server else "new",),
        project_id=request.project_id or (server or {}).get("project_id") or "", hints=request.hints,
        group=asking.group_of(tx, request.group), availability_zone=request.zone or None,
        destination_host=None if request.forced else named, destination_node=None if request.forced else request.node or None,
        force_hosts=(request.host,) if request.forced and named else (),
        force_nodes=(request.node,) if request.forced and request.node else (),
        ignore_hosts=request.avoid, is_bfv=request.on_volume,
    )  # fmt: skip


def check_flavor(tx: Transaction, flavor: Row, properties: Mapping[str, Any]) -> None:
    """Refuse a flavor that contradicts itself or the image: its cells, CPUs, pages, PCI aliases.

    Parameters
    ----------
    properties : mapping
        Those of the image that a server keeps.

    Raises
    ------
    BadRequest
        As Nova's API does it, before there is a server (nova/compute/api.py, _validate_flavor_image_nostatus).
    """
    if not asking.wants_cells(flavor, properties):
        return
    try:
        asks(Asked(flavor=asking.flavor_of(flavor), image=Image(given=properties)), scheduler_options(tx))
    except SchedulingError as error:
        raise BadRequest(error.what) from None


def _dice(tx: Transaction, options: Options) -> random.Random | None:
    """Chance, where the options want some: drawn from the cloud's own, so that the same steps do the same."""
    wanted = (
        options["filter_scheduler.shuffle_best_same_weighed_hosts"] or options["filter_scheduler.host_subset_size"] > 1
    )
    return random.Random(tx.ids.number(2**32)) if wanted else None


def _dressed(tx: Transaction, seen: View, asked: Asked, options: Options) -> Fleet:
    """The fleet with the servers on its hosts, as far as filters and weighers will ask for them."""
    fleet = seen.scheduler.fleet
    for name, host in _with_servers(tx, seen, asked, options).items():
        fleet = fleet.replaced(seen.places[name], host)
    return fleet


def _with_servers(tx: Transaction, seen: View, asked: Asked, options: Options) -> dict[str, Host]:
    enabled, all_of_them = options["filter_scheduler.enabled_filters"], _needs_all(seen, asked, options)
    rows: list[Row] = []
    if all_of_them:
        rows = [row for row in tx.rows(servers, absent=("deleted_at",)) if row["host"]]
    else:
        ids = list(asked.group.members) if asked.group else []
        ids += [id for name in _NEAR for id in asked.hint_list(name) if isinstance(id, str)]
        if ids:
            rows = [row for row in tx.rows(servers, absent=("deleted_at",), id=sorted(set(ids))) if row["host"]]
    found: dict[str, dict[str, Instance]] = {}
    for row in rows:
        instance = Instance(row["id"], row["flavor"]["name"], Image(given=asking.properties_of(row)))
        found.setdefault(row["host"], {})[row["id"]] = instance
    hosts = seen.scheduler.fleet.hosts
    dressed = {
        name: hosts[seen.places[name]].changed(instances=there) for name, there in found.items() if name in seen.places
    }
    if all_of_them or _COUNTERS.intersection(enabled):
        dressed = {name: host.changed(num_instances=len(host.instances)) for name, host in dressed.items()}
    return dressed


def _needs_all(seen: View, asked: Asked, options: Options) -> bool:
    """Whether anything may look at all servers of a host, not only at those that the request names."""
    return (
        bool(_COUNTERS.intersection(options["filter_scheduler.enabled_filters"]))
        or options["filter_scheduler.num_instances_weight_multiplier"] != 0
        or options["filter_scheduler.image_props_weight_multiplier"] != 0
        or not seen.scheduler.fleet.members.keys().isdisjoint(
            ("num_instances_weight_multiplier", "image_props_weight_multiplier")
        )
        or any("num_instances" in name for name in asked.extra_specs)
    )


def _claimed(decision: Decision, hosts: dict[str, Host], asked: Asked, options: Options) -> Verdict:
    """The first hosts that can give cells and devices, too, one server after the other."""
    chosen, lost = list[str](), list[str]()
    for number, server in enumerate(asked.servers):
        for label in (decision.chosen[number], *decision.alternates[number]):
            try:
                hosts[label], _, _ = claim(hosts[label], asked, options)
            except ClaimError as error:
                lost.append(f"{label}: {error.what}")
                continue
            chosen.append(label.partition("/")[0])
            break
        else:
            details = "\n".join(["The hosts that passed could not give what is asked:", *lost])
            return Verdict(message=RETRIED.format(server), details=details, decision=decision)
    return Verdict(tuple(chosen), decision=decision)


def told(decision: Decision) -> str:
    """Why no host is left: what Placement and each filter left, and a sentence for each host that fell."""
    lines = [f"NoValidHost: {decision.reason}"] if decision.reason else []
    for query in decision.placement:
        lines.append(f"Placement, asked for {query.query}: {_left(len(query.candidates), query.fallen)}")
        lines += _hosts(query.fallen)
    for step in decision.steps[-1:]:
        for each in step.filters:
            lines.append(f"{each.name}: {_left(len(each), each.fallen)}")
            lines += _hosts(each.fallen)
        lines += _hosts(step.refused)
    return "\n".join(lines)


def _left(count: int, fallen: dict[str, str]) -> str:
    return f"{count} of {count + len(fallen)} hosts are left"


def _hosts(fallen: dict[str, str]) -> list[str]:
    shown = [f"  {host} {reason}" for host, reason in list(fallen.items())[:TOLD]]
    return shown + ([f"  and {len(fallen) - TOLD} more"] if len(fallen) > TOLD else [])
