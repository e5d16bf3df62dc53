"""What Nova keeps in Placement, in its own transaction: hosts as providers, servers as consumers.

A server's allocations follow from its row alone, and are set whenever the row changes. While it moves,
two hosts hold it: its own consumer has the destination, and the migration, a consumer of its own, has
the source (an evacuated server has both itself, as Nova does it).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kit.cloud.compute import claims
from kit.cloud.compute.asking import needs, properties_of, wants_cells
from kit.cloud.compute.models import UNDER_WAY, aggregates, hypervisors, migrations, servers, services
from kit.cloud.placement import consumers
from kit.cloud.placement.capacity import added, has_room
from kit.cloud.placement.models import allocations, providers
from kit.cloud.placement.models import consumers as consumer_table
from kit.cloud.placement.models import resource_classes as custom_classes
from kit.cloud.placement.models import traits as custom_traits
from kit.cloud.placement.provider_traits import set_to
from kit.cloud.placement.providers import add, change
from kit.cloud.store import Row, Transaction

DISABLED = "COMPUTE_STATUS_DISABLED"
# What the libvirt driver says of an ordinary host.
TRAITS = (
    "COMPUTE_DEVICE_TAGGING", "COMPUTE_IMAGE_TYPE_AKI", "COMPUTE_IMAGE_TYPE_AMI", "COMPUTE_IMAGE_TYPE_ARI",
    "COMPUTE_IMAGE_TYPE_ISO", "COMPUTE_IMAGE_TYPE_QCOW2", "COMPUTE_IMAGE_TYPE_RAW", "COMPUTE_NET_ATTACH_INTERFACE",
    "COMPUTE_NODE", "COMPUTE_RESCUE_BFV", "COMPUTE_TRUSTED_CERTS", "COMPUTE_VOLUME_ATTACH_WITH_TAG",
    "COMPUTE_VOLUME_EXTEND", "COMPUTE_VOLUME_MULTI_ATTACH", "HW_CPU_X86_AVX2", "HW_CPU_X86_VMX",
)  # fmt: skip


# The task states in which a server stays where it is and is on another host, too.
_MOVES = {"migrating": "live-migration", "rebuilding": "evacuation"}

# Hosts


def add_host(
    tx: Transaction, hypervisor: Row, traits: Iterable[str] = (), more: Mapping[str, int] | None = None
) -> None:
    """Let a hypervisor be a provider of what it has.

    Parameters
    ----------
    traits, more
        Traits and classes (with their totals) beside the usual ones; custom ones that are not there are made.
    """
    amounts = (
        ("VCPU", hypervisor["vcpus"], hypervisor["reserved_cpus"] or 0, hypervisor["cpu_allocation_ratio"]),
        ("PCPU", hypervisor["pcpus"] or 0, 0, 1.0),
        ("MEMORY_MB", hypervisor["memory_mb"], hypervisor["reserved_memory_mb"], hypervisor["ram_allocation_ratio"]),
        ("DISK_GB", hypervisor["local_gb"], hypervisor["reserved_disk_gb"] or 0, hypervisor["disk_allocation_ratio"]),
        *((name, total, 0, 1.0) for name, total in (more or {}).items()),
    )
    inventories = {
        name: {
            "total": total, "reserved": reserved, "min_unit": 1, "max_unit": total, "step_size": 1,
            "allocation_ratio": float(ratio),
        }
        for name, total, reserved, ratio in amounts if total > 0
    }  # fmt: skip
    own = list(traits)
    for table, names in ((custom_traits, own), (custom_classes, list(more or ()))):
        for name in names:
            if name.startswith("CUSTOM_") and tx.first(table, name=name) is None:
                tx.insert(table, name=name, created_at=tx.stamp, updated_at=tx.stamp)
    row = add(tx, hypervisor["id"], hypervisor["hypervisor_hostname"])
    change(
        tx,
        row,
        inventories=inventories,
        traits=sorted({*TRAITS, *own}, key=lambda name: (name.startswith("CUSTOM_"), name)),
    )


def remove_hosts(tx: Transaction, rows: Iterable[Row]) -> None:
    """The hosts are gone, and what was allocated on them."""
    gone = list(rows)
    uuids = [row["id"] for row in gone]
    tx.delete(claims.claims, host=[row["host"] for row in gone])
    tx.delete(allocations, provider_id=uuids)
    tx.delete(providers, uuid=uuids)


def set_disabled(tx: Transaction, hypervisor: Row | None, disabled: bool) -> None:
    """Say by a trait that a host's service takes no new servers."""
    row = tx.first(providers, uuid=hypervisor["id"]) if hypervisor else None
    if row is not None:
        kept = [name for name in row["traits"] if name != DISABLED]
        set_to(tx, row, [*kept, DISABLED] if disabled else kept)


def set_aggregate(tx: Transaction, hypervisor: Row, uuid: str, inside: bool) -> None:
    """Let a host be in one of Nova's aggregates, or out of it."""
    row = tx.first(providers, uuid=hypervisor["id"])
    if row is not None:
        kept = [other for other in row["aggregates"] if other != uuid]
        change(tx, row, aggregates=[*kept, uuid] if inside else kept)


def by_host(tx: Transaction, rows: Iterable[Row]) -> dict[str, Row]:
    """The provider of each host."""
    hosts = {row["id"]: row["host"] for row in rows}
    return {hosts[row["uuid"]]: row for row in tx.rows(providers) if row["uuid"] in hosts}


def catch_up(tx: Transaction) -> None:
    """Know the hosts and servers of a store that is older than its Placement."""
    known = {row["uuid"] for row in tx.rows(providers)}
    missing = [row for row in tx.rows(hypervisors, order=hypervisors.c.number) if row["id"] not in known]
    for row in missing:
        add_host(tx, row)
        service = tx.first(services, host=row["host"], binary="nova-compute")
        set_disabled(tx, row, bool(service and service["disabled"]))
    within = tx.rows(aggregates) if missing else []
    for row, aggregate in ((row, each) for row in missing for each in within if row["host"] in (each["hosts"] or ())):
        set_aggregate(tx, row, aggregate["uuid"], True)
    for server in tx.rows(servers, absent=("deleted_at",)) if missing else ():
        follow(tx, server)


# What servers hold


def follow(tx: Transaction, server: Row) -> None:
    """Let the server, and the migration that moves it, hold what its row says, and nothing else."""
    places = _places(tx, server)
    rows = tx.rows(allocations, server_id=server["id"], order=allocations.c.id)
    held = [(row["consumer_id"], row["provider_id"], row["resources"]) for row in rows]
    found = [(consumer, *_resources(tx, server, host, flavor, rows)) for consumer, host, flavor in places]
    wanted = [(consumer, uuid, resources) for consumer, uuid, resources in found if uuid and resources]
    special = any(row["claimed"] for row in rows)
    if special or any(wants_cells(flavor, properties_of(server)) for _, _, flavor in places):
        special = claims.follow(tx, server, [(host, flavor) for _, host, flavor in places])
    if held == wanted and special == any(row["claimed"] for row in rows):
        return
    for consumer_id in {row["consumer_id"] for row in rows}:
        tx.delete(allocations, consumer_id=consumer_id)
    for consumer_id, provider_id, resources in wanted:
        tx.insert(
            allocations, consumer_id=consumer_id, provider_id=provider_id, resources=resources,
            server_id=server["id"], claimed=special, created_at=tx.stamp,
        )  # fmt: skip
    _settle_consumers(tx, server, {row["consumer_id"] for row in rows}, {item[0] for item in wanted})
    _settle_providers(tx, [(item[1], item[2], -1) for item in held], [(item[1], item[2], 1) for item in wanted])


def _places(tx: Transaction, server: Row) -> list[tuple[str, str, Row]]:
    """Who is to hold room on which host, for which flavor."""
    if server["deleted_at"]:
        return []
    new, here = server["flavor"], list[tuple[str, str, Row]]()
    if server["host"]:
        here.append((server["id"], server["host"], new))
    kind = _MOVES.get(server["task_state"] or "")
    move = _latest(tx, server) if kind and server["host"] else {}
    if move.get("status") in UNDER_WAY and move["migration_type"] == kind:
        if kind == "evacuation":
            here.append((server["id"], move["source_host"], new))
        else:
            # Until the scheduler has chosen, the migration alone holds something.
            here = [(server["id"], move["dest_host"], new)] if move["dest_host"] else []
            here.append((move["uuid"], move["source_host"], new))
    if server["old_host"]:
        move = _latest(tx, server, migration_type=["resize", "migration"])
        here.append((str(move.get("uuid", server["id"])), server["old_host"], server["old_flavor"] or new))
    return here


def _resources(tx: Transaction, server: Row, host: str, flavor: Row, held: list[Row]) -> tuple[str, dict[str, int]]:
    """The provider that a host is, and what a server takes of it; dedicated CPUs as VCPU where it has no others."""
    row = tx.first(hypervisors, host=host)
    if row is None:
        return "", {}
    on_volume, properties = not server["image_id"], properties_of(server)
    found = needs(flavor, on_volume, properties)
    if "PCPU" in found:
        shared = needs(flavor, on_volume, properties, pinned=False)
        before = [one["resources"] for one in held if one["provider_id"] == row["id"]]
        provider = tx.first(providers, uuid=row["id"])
        fresh = provider is not None and found not in before
        if shared in before or (fresh and not _fits(provider or {}, found) and _fits(provider or {}, shared)):
            found = shared
    return row["id"], found


def _fits(provider: Row, resources: dict[str, int]) -> bool:
    return all(has_room(provider, name, amount) for name, amount in resources.items())


def _latest(tx: Transaction, server: Row, **equals: list[str]) -> Row:
    """The server's latest migration (of some kinds)."""
    rows = tx.rows(migrations, server_id=server["id"], order=migrations.c.id.desc(), limit=1, **equals)  # type: ignore[arg-type]
    return rows[0] if rows else {}


def _settle_consumers(tx: Transaction, server: Row, before: set[str], after: set[str]) -> None:
    for uuid in sorted(before - after):
        tx.delete(consumer_table, uuid=uuid)
    for uuid in sorted(after):
        row = tx.get(consumer_table, uuid) or consumers.add(
            tx, uuid, project_id=server["project_id"], user_id=server["user_id"]
        )
        tx.update(consumer_table, uuid, generation=row["generation"] + 1, updated_at=tx.stamp)


def _settle_providers(tx: Transaction, *parts: list[tuple[str, dict[str, int], int]]) -> None:
    changes: dict[str, list[tuple[dict[str, int], int]]] = {}
    for uuid, resources, sign in (item for part in parts for item in part):
        changes.setdefault(uuid, []).append((resources, sign))
    for uuid, steps in changes.items():
        row: dict[str, Any] | None = tx.first(providers, uuid=uuid)
        if row is None:
            continue
        used = row["used"]
        for resources, sign in steps:
            used = added(used, resources, sign)
        if used != row["used"]:
            change(tx, row, used=used)
