"""The hosts of a real cloud, read through openstacksdk: what Nova and Placement tell of them.

    from kit.scheduling import Flavor, Request, Scheduler, read_hosts

    hosts = read_hosts(openstack.connect(cloud="mine"))           # an administrator's
    Scheduler(hosts).select(Request(flavor=Flavor(vcpus=64)))     # where it would land, and why not elsewhere

The APIs show neither NUMA cells nor PCI pools nor metrics, so filters that ask for these see none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from kit.scheduling.aggregate import Aggregate
from kit.scheduling.errors import SourceError
from kit.scheduling.host import Host, Instance, Service

# Hypervisors have their servers and their providers' ids from here on, and cpu_info up to 2.87.
NOVA = "2.53"
# Traits of providers.
PLACEMENT = "1.6"
# Resource class -> fields of a host: all there is, ratio, reserved, in use, and the unit of what is in use.
_CLASSES = {
    "VCPU": ("vcpus", "cpu_allocation_ratio", "reserved_host_cpus", "instance_vcpus", 1),
    "PCPU": ("pcpus", "", "", "instance_pcpus", 1),
    "MEMORY_MB": ("memory_mb", "ram_allocation_ratio", "reserved_host_memory_mb", "instance_memory_mb", 1),
    "DISK_GB": ("local_gb", "disk_allocation_ratio", "reserved_host_disk_gb", "instance_disk_mb", 1024),
}


class Connection(Protocol):
    """What is needed of `openstack.connection.Connection`: raw requests to the two services."""

    compute: Any
    placement: Any


def read_hosts(connection: Connection) -> list[Host]:
    """The compute nodes of a cloud as the scheduler sees them, in Nova's order.

    Parameters
    ----------
    connection : openstack.connection.Connection
        An administrator's; three requests to Placement are made for each node.

    Raises
    ------
    SourceError
        A service refuses to show something.
    """
    services = {
        row["host"]: row for row in _listed(connection.compute, "/os-services?binary=nova-compute", "services", NOVA)
    }
    aggregates = [
        Aggregate(row["name"], frozenset(row.get("hosts") or ()), dict(row.get("metadata") or {}))
        for row in _listed(connection.compute, "/os-aggregates", "aggregates", NOVA)
    ]
    rows = _listed(connection.compute, "/os-hypervisors/detail?with_servers=true", "hypervisors", NOVA)
    return [_host(row, services, aggregates, connection.placement) for row in rows]


def _host(row: Mapping[str, Any], services: Mapping[str, Any], aggregates: list[Aggregate], placement: Any) -> Host:
    name, node = row["service"]["host"], row["hypervisor_hostname"]
    service = services.get(name, {})
    provider = f"/resource_providers/{row['id']}"
    servers = row.get("servers") or []
    fields = _amounts(
        _shown(placement, f"{provider}/inventories", "inventories") or {},
        _shown(placement, f"{provider}/usages", "usages") or {},
    )
    return Host(
        name=name, nodename="" if node == name else node, uuid=str(row["id"]),
        service=Service(
            disabled=service.get("status", row.get("status")) == "disabled",
            forced_down=bool(service.get("forced_down")),
            heartbeat_stale=service.get("state", row.get("state")) == "down" and not service.get("forced_down"),
        ),
        hypervisor_type=row.get("hypervisor_type") or "", hypervisor_version=row.get("hypervisor_version") or 0,
        cpu_info=row.get("cpu_info"), host_ip=row.get("host_ip") or "", num_instances=len(servers),
        instances={server["uuid"]: Instance(server["uuid"]) for server in servers},
        traits=frozenset(_shown(placement, f"{provider}/traits", "traits") or ()),
        aggregates=tuple(each for each in aggregates if name in each.hosts), **fields,
    )  # fmt: skip


def _amounts(inventories: Mapping[str, Any], used: Mapping[str, int]) -> dict[str, Any]:
    """The fields of a host that Placement's records give."""
    found: dict[str, Any] = {"reserved_host_memory_mb": 0, "extra_inventory": {}, "extra_used": {}}
    for kind, inventory in inventories.items():
        if kind not in _CLASSES:
            found["extra_inventory"][kind] = inventory["total"] - inventory["reserved"]
            found["extra_used"][kind] = used.get(kind, 0)
            continue
        total, ratio, reserved, taken, unit = _CLASSES[kind]
        found |= {total: inventory["total"], taken: used.get(kind, 0) * unit}
        if ratio:
            found |= {ratio: inventory["allocation_ratio"], reserved: inventory["reserved"]}
    return found


def _shown(proxy: Any, path: str, key: str) -> Any:
    """One part of what a provider shows; None for a node that Placement does not know."""
    answer = proxy.get(path, microversion=PLACEMENT)
    return None if answer.status_code == 404 else _read(answer, path)[key]


def _listed(proxy: Any, path: str, key: str, version: str) -> Iterator[dict[str, Any]]:
    """All items of a list, page after page."""
    following: str | None = path
    while following:
        body = _read(proxy.get(following, microversion=version), path)
        yield from body[key]
        following = next((link["href"] for link in body.get(f"{key}_links") or () if link["rel"] == "next"), None)


def _read(answer: Any, path: str) -> Any:
    if answer.status_code >= 400:
        what = f"the cloud refuses to show {path.partition('?')[0]} ({answer.status_code})"
        raise SourceError(what, todo="Connect as an administrator.")
    return answer.json()
