"""Where a server may go: the scheduler's choice, or the host that was forced, and Nova's pre-checks on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kit.cloud.compute.asking import needs, properties_of
from kit.cloud.compute.hosts import up
from kit.cloud.compute.live import workload
from kit.cloud.compute.live.move import Move
from kit.cloud.compute.live.settings import read
from kit.cloud.compute.models import servers, services
from kit.cloud.compute.scheduling import Request, decide, group_of
from kit.cloud.compute.states import PAUSED, RUNNING
from kit.cloud.placement import servers as placement
from kit.cloud.placement.capacity import has_room
from kit.cloud.store import Row
from kit.errors import CloudError, MigrationError
from kit.migration.cpu import flags_of
from kit.migration.precheck import NO_VALID_HOST, Checks, Host, Instance, copies_disks, prechecks

DEST_EVENT, SOURCE_EVENT = "compute_check_can_live_migrate_destination", "compute_check_can_live_migrate_source"
CONDUCTOR_EVENT = "conductor_live_migrate_instance"
# What the loop over hosts steps over (nova.exception.Invalid and MigrationPreCheckError); the rest ends it. The
# destination wraps what the source's check says into a MigrationPreCheckError.
SOURCE_CHECKS = frozenset(("not shared", "shared", "disk"))
_POWER = {0: "pending", 4: "shutdown", 6: "crashed", 7: "suspended"}


class Refused(Exception):
    """A pre-check says no.

    Attributes
    ----------
    error, message : str
        Nova's exception and what it says.
    """

    def __init__(self, error: str, message: str, details: str = "") -> None:
        super().__init__(message)
        self.error, self.message, self.details = error, message, details


@contextmanager
def sensible(move: Move) -> Iterator[None]:
    """Let a workload without a meaning be a pre-check that fails."""
    try:
        yield
    except (CloudError, MigrationError) as error:
        raise Refused("MigrationPreCheckError", f"Migration pre-check error: {error}") from None


def choose(move: Move) -> str:
    """The host that the server goes to, once all checks have passed.

    Raises
    ------
    Refused
        With Nova's exception, when none may take it.
    """
    with sensible(move):
        workload.guest(move.server, move.paused)
    source = _host(move, move.source)
    if move.server["power_state"] not in (RUNNING, PAUSED):
        state = _POWER.get(move.server["power_state"], "unknown")
        raise Refused(
            "InstanceInvalidState",
            f"Instance {move.server['id']} in power_state {state}. Cannot live migrate while the instance is in this "
            "state.",
        )
    fault = move.broken("accept")
    if fault or not source.up:
        text = f"Compute service of {source.name} is unavailable at this time."
        raise Refused("ComputeServiceUnavailable", (fault and fault.message) or text)
    live = move.live
    return _forced(move, source) if live["forced"] else _scheduled(move, source)


def _forced(move: Move, source: Host) -> str:
    """The host that was named, without the scheduler; its resources are claimed all the same."""
    name = move.live["host"]
    found = _run(move, source, name, forced=True)
    _raise(found)
    provider = placement.by_host(move.tx, [move.hypervisor(name)])[name]
    wanted = needs(move.server["flavor"], not move.server["image_id"], properties_of(move.server))
    if not all(has_room(provider, kind, amount) for kind, amount in wanted.items()):
        raise Refused(
            "NoValidHost",
            f"No valid host was found. Unable to move instance {move.server['id']} to host {name}. There is not enough "
            "capacity on the host for the instance.",
        )
    _on_host(move, name)
    return str(name)


def _scheduled(move: Move, source: Host) -> str:
    """The scheduler's choice; hosts that do not pass are left out, and it is asked again."""
    tried, left_out = [move.source], list[str]()
    retries = move.settings["migrate_max_retries"]
    while True:
        if 0 <= retries < len(tried) - 1:
            raise Refused(
                "MaxRetriesExceeded",
                f"Exceeded maximum number of retries. Exceeded max scheduling retries {len(tried) - 1} for instance "
                f"{move.server['id']} during live migration", "\n".join(left_out),
            )  # fmt: skip
        fault = move.broken("schedule")
        verdict = decide(move.cloud, move.tx, _request(move, tuple(tried)))
        if fault or verdict.host is None:
            told = "\n".join([*left_out, verdict.details] if not fault else left_out)
            raise Refused("NoValidHost", (fault and fault.message) or NO_VALID_HOST, told)
        name = verdict.host
        try:
            _raise(_run(move, source, name, forced=False))
            _on_host(move, name)
        except Refused as refused:
            tried.append(name)
            left_out.append(f"{name}: {refused.message}")
            move.tell(DEST_EVENT, f"{refused.error}: {refused.message}", name)
            continue
        return name


def _on_host(move: Move, name: str) -> None:
    """The checks on the hosts, as far as they are broken on purpose; and the bindings of the ports."""
    for step, event in (("check destination", DEST_EVENT), ("check source", SOURCE_EVENT)):
        fault = move.broken(step)
        if fault:
            text = fault.message or "Timeout while checking if we can live migrate to host: " + name
            raise Refused("MigrationPreCheckError", f"Migration pre-check error: {text}")
        move.tell(event, host=name if event == DEST_EVENT else move.source)
    fault = move.broken("bind ports")
    if fault:
        text = fault.message or "Binding failed for port, please check neutron logs for more information."
        raise Refused("MigrationPreCheckError", f"Migration pre-check error: {text}")


def _raise(found: Checks) -> None:
    if not found.passes:
        raise Refused(found.error, found.message)


def _request(move: Move, avoid: tuple[str, ...]) -> Request:
    row = move.server
    return Request(
        row["flavor"], (row["availability_zone"] or "").partition(":")[0], move.live["host"], group_of(move.tx, row),
        row["scheduler_hints"] or {}, avoid, on_volume=not row["image_id"], server=row,
    )  # fmt: skip


def _run(move: Move, source: Host, name: str, forced: bool) -> Checks:
    """All checks of a destination."""
    destination = _host(move, name)
    with sensible(move):
        instance = _instance(move)
    live, own = move.live, read(move.tx, name)
    return prechecks(
        instance, source, destination, block_migration=live["block"], forced=forced,
        era="mitaka" if forced else "placement", disk_over_commit=live["over_commit"],
        compare_cpus=not own["skip_cpu_compare_on_dest"],
        compare_versions=not move.settings["skip_hypervisor_version_check_on_lm"],
    )  # fmt: skip


def copies(move: Move, name: str) -> bool:
    """Whether the server's local disks are copied to that host."""
    with sensible(move):
        return copies_disks(_instance(move), _host(move, move.source), _host(move, name), move.live["block"])


def _instance(move: Move) -> Instance:
    server = move.server
    disks = workload.local_disks(server)
    away, together = _group(move)
    # With disk_over_commit, what is allocated counts; without it, how large the disks may become.
    size = workload.disk_used_gib(server) if move.live["over_commit"] else sum(disks)
    return Instance(
        memory_mib=server["flavor"]["ram"], disk_gib=size, vm_state=server["vm_state"],
        volume_backed=not server["image_id"] and not disks, uuid=server["id"], away_from=away, together_with=together,
    )  # fmt: skip


def _group(move: Move) -> tuple[frozenset[str], frozenset[str] | None]:
    """Hosts that the server's group forbids, and the only ones that it allows."""
    group = group_of(move.tx, move.server)
    if group is None:
        return frozenset(), None
    rows = move.tx.rows(servers, absent=("deleted_at",), server_group_id=group["id"])
    hosts = [row["host"] for row in rows if row["host"] and row["id"] != move.server["id"]]
    if group["policy"] == "anti-affinity":
        most = int((group["rules"] or {}).get("max_server_per_host", 1))
        return frozenset(host for host in hosts if hosts.count(host) >= most), None
    return frozenset(), frozenset(hosts) if group["policy"] == "affinity" and hosts else None


def _host(move: Move, name: str) -> Host:
    """A host as the checks look at it."""
    row: Row = move.hypervisor(name)
    own = read(move.tx, name)
    service = move.tx.first(services, host=name, binary="nova-compute")
    alive = service is not None and up(move.cloud, service)
    if not row:
        return Host(name, up=False)
    provider: dict[str, Any] = placement.by_host(move.tx, [row]).get(name) or {"used": {}}
    used, ratio = provider["used"], float(row["disk_allocation_ratio"])
    free_gib = row["local_gb"] * ratio - used.get("DISK_GB", 0) - own["reserved_host_disk_mb"] / 1024
    return Host(
        name, flags_of(row["cpu_info"] or {}), row["memory_mb"], used.get("MEMORY_MB", 0),
        max(row["reserved_memory_mb"], 0), float(row["ram_allocation_ratio"]), free_gib, row["hypervisor_type"],
        row["hypervisor_version"], alive, own.shared_storage, virt_type=own["virt_type"],
    )  # fmt: skip
