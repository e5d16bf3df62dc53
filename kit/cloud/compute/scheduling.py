"""Which host a server goes to: filters as Nova's defaults, then the most free memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kit.cloud.compute.hosts import up, zones
from kit.cloud.compute.models import hypervisors, server_groups, servers, services
from kit.cloud.placement import servers as placement
from kit.cloud.store import Row, Transaction

if TYPE_CHECKING:
    from kit.cloud.cloud import Cloud


@dataclass
class Request:
    """What a server asks of its host.

    Attributes
    ----------
    zone : str
        An availability zone, or empty for any.
    host : str
        A host that the administrator forces, or empty; then only its being there is checked.
    hints : dict
        Scheduler hints: `same_host`, `different_host` (ids of servers).
    avoid : tuple of str
        Hosts that are no choice (the present one, in a resize).
    on_volume : bool
        Whether the root disk is a volume, which takes no room on the host.
    zones : dict
        Host to zone, once hosts have been looked at.
    """

    flavor: Row
    zone: str = ""
    host: str = ""
    group: Row | None = None
    hints: dict[str, Any] = field(default_factory=dict)
    avoid: tuple[str, ...] = ()
    on_volume: bool = False
    zones: dict[str, str] = field(default_factory=dict)


def choose_host(cloud: Cloud, tx: Transaction, request: Request) -> str | None:
    """The host for a server, or None when no valid host is found."""
    found = candidates(cloud, tx, request)
    return found[0] if found else None


def candidates(cloud: Cloud, tx: Transaction, request: Request) -> list[str]:
    """The hosts that pass every filter, best first: most free memory, then name."""
    zone = request.zones = zones(tx)
    service = {row["host"]: row for row in tx.rows(services, binary="nova-compute")}
    passed: list[tuple[float, str]] = []
    rows = tx.rows(hypervisors, order=hypervisors.c.number)
    providers = placement.by_host(tx, rows)
    for row in rows:
        host = row["host"]
        if host in request.avoid or (request.host and host != request.host):
            continue
        if request.zone and zone.get(host) != request.zone:
            continue
        reports = service.get(host)
        # A host that is forced by name is taken though it is disabled (nova's force_hosts).
        if reports is None or not up(cloud, reports) or (reports["disabled"] and not request.host):
            continue
        provider = providers.get(host)
        if provider is None or not placement.fits(provider, request.flavor, request.on_volume):
            continue
        if _friendly(tx, host, request):
            passed.append((_weight(tx, row, provider["used"].get("MEMORY_MB", 0), request), host))
    return [host for _, host in sorted(passed, key=lambda pair: (-pair[0], pair[1]))]


def _friendly(tx: Transaction, host: str, request: Request) -> bool:
    """Whether group and hints allow the host."""
    for name, wanted in (("same_host", True), ("different_host", False)):
        ids = request.hints.get(name) or []
        ids = [ids] if isinstance(ids, str) else ids
        there = {row["host"] for row in (tx.get(servers, id) for id in ids) if row}
        if ids and (host in there) != wanted:
            return False
    group = request.group
    if group is None:
        return True
    members = tx.rows(servers, servers.c.deleted_at.is_(None), servers.c.host.is_not(None), server_group_id=group["id"])
    if group["policy"] == "anti-affinity":
        most = (group["rules"] or {}).get("max_server_per_host", 1)
        return sum(row["host"] == host for row in members) < most
    if group["policy"] == "affinity":
        return not members or any(row["host"] == host for row in members)
    return True


def _weight(tx: Transaction, row: Row, used: int, request: Request) -> float:
    """Free memory in MiB; a soft group policy counts for more than any amount of it."""
    free = float(row["memory_mb"] * row["ram_allocation_ratio"] - used)
    group = request.group
    if group is not None and group["policy"].startswith("soft-"):
        here = tx.count(servers, servers.c.deleted_at.is_(None), server_group_id=group["id"], host=row["host"])
        free += 1e9 * (here if group["policy"] == "soft-affinity" else -here)
    return free


def group_of(tx: Transaction, server: Row) -> Row | None:
    """The server's group."""
    return tx.get(server_groups, server["server_group_id"]) if server["server_group_id"] else None
