"""What servers ask of hosts, from the store's rows to the words of the scheduling engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kit.cloud.compute.image_properties import STANDARD
from kit.cloud.compute.models import server_groups, servers
from kit.cloud.store import Row, Transaction
from kit.scheduling.image import Image
from kit.scheduling.request import Flavor, Request, ServerGroup
from kit.scheduling.resources import resources_of

# Image properties from which amounts follow, and those that make cells or devices matter.
_COUNTING = ("hw_cpu_policy", "hw_mem_encryption")
_CELLS = ("hw_cpu_policy", "hw_numa_nodes", "hw_mem_page_size")
_KEPT = ("hw_", "img_", "os_", "trait:")


def flavor_of(row: Row) -> Flavor:
    """A flavor's row as the engine has it."""
    return Flavor(
        name=row["name"], vcpus=row["vcpus"], memory_mb=row["ram"], root_gb=row["disk"], ephemeral_gb=row["ephemeral"],
        swap=row["swap"] or 0, extra_specs=row["extra_specs"] or {},
    )  # fmt: skip


def kept_properties(image: Row | None) -> dict[str, Any]:
    """The properties of an image that a server keeps, whatever becomes of the image (Nova's system metadata)."""
    given = (image["properties"] if image else None) or {}
    return {name: value for name, value in given.items() if name.startswith(_KEPT) or name in STANDARD}


def properties_of(server: Row) -> dict[str, Any]:
    """What a server has kept of its image."""
    return (server["system_metadata"] or {}).get("image_properties") or {}


def request_of(server: Row, flavor: Row) -> Request:
    """What a server asks of its host with a flavor: amounts, cells, devices; without hints and group."""
    return Request(
        flavor=flavor_of(flavor), image=Image(given=properties_of(server)), servers=(server["id"],),
        is_bfv=not server["image_id"],
    )  # fmt: skip


def wants_cells(flavor: Row, properties: Mapping[str, Any]) -> bool:
    """Whether cells or devices may matter to a server; without, nothing of the kind is looked at."""
    specs = flavor["extra_specs"]
    return bool(specs and any(":" in name for name in specs)) or any(name in properties for name in _CELLS)


def needs(
    flavor: Row, on_volume: bool = False, properties: Mapping[str, Any] | None = None, *, pinned: bool = True
) -> dict[str, int]:
    """The amounts of each resource class that a server of a flavor takes of its host.

    Parameters
    ----------
    on_volume : bool
        Whether the root disk is a volume; it takes no room on the host then.
    properties : mapping
        Of the image.
    pinned : bool
        Whether dedicated CPUs count as PCPU; on a host that has none they count as VCPU.
    """
    if not flavor["extra_specs"] and not (properties and any(name in properties for name in _COUNTING)):
        disk = (0 if on_volume else flavor["disk"]) + flavor["ephemeral"] + -(-(flavor["swap"] or 0) // 1024)
        found = {"VCPU": flavor["vcpus"], "MEMORY_MB": flavor["ram"], "DISK_GB": disk}
        return {name: amount for name, amount in found.items() if amount}
    request = Request(flavor=flavor_of(flavor), image=Image(given=properties or {}), is_bfv=on_volume)
    return resources_of(request, pinned=pinned).resources


def group_of(tx: Transaction, row: Row | None) -> ServerGroup | None:
    """A server group with its members and the hosts where they are."""
    if row is None:
        return None
    members = tx.rows(servers, absent=("deleted_at",), server_group_id=row["id"], order=[servers.c.number])
    return ServerGroup(
        policy=row["policy"], members=tuple(member["id"] for member in members),
        hosts=tuple(dict.fromkeys(member["host"] for member in members if member["host"])),
        max_server_per_host=int((row["rules"] or {}).get("max_server_per_host", 1)),
    )  # fmt: skip


def group_row(tx: Transaction, server: Row) -> Row | None:
    """The row of the group that a server is in."""
    return tx.get(server_groups, server["server_group_id"]) if server["server_group_id"] else None
