"""The decision for a plain request on a small cloud, without the record: the same host as the engine's, in a third of the time.

A test holds it equal to the engine on random clouds; whatever is not plain, and every refusal, is the engine's.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from kit.cloud.compute.asking import needs
from kit.scheduling.host import Host
from kit.scheduling.inventory import Inventory
from kit.scheduling.options import ALL_WEIGHERS, Options
from kit.scheduling.prefilters import DISABLED

if TYPE_CHECKING:
    from kit.cloud.compute.fleet import View
    from kit.cloud.compute.scheduling import Request

# Filters that look at nothing of a plain request.
_IDLE = frozenset((
    "AllHostsFilter", "ComputeCapabilitiesFilter", "ImagePropertiesFilter", "ServerGroupAntiAffinityFilter",
    "ServerGroupAffinityFilter", "SameHostFilter", "DifferentHostFilter", "NUMATopologyFilter",
    "PciPassthroughFilter", "AggregateInstanceExtraSpecsFilter", "JsonFilter", "SimpleCIDRAffinityFilter",
))  # fmt: skip
# Options beside these may bring in more than is counted here.
_KNOWN = frozenset((
    "filter_scheduler.enabled_filters", "pci.alias", "scheduler.max_attempts",
    *(f"filter_scheduler.{name}_weight_multiplier" for name in ("cpu", "ram", "disk", "io_ops", "hypervisor_version")),
))  # fmt: skip
# Image properties that no filter and no amount depends on.
_HARMLESS = frozenset((
    "hw_cdrom_bus", "hw_disk_bus", "hw_input_bus", "hw_machine_type", "hw_rng_model", "hw_scsi_model", "hw_video_model",
    "hw_vif_model", "hw_watchdog_action", "img_config_drive", "os_admin_user", "os_distro", "os_type", "os_version",
))  # fmt: skip


@lru_cache(maxsize=64)
def _options_are_plain(given: tuple[str, ...], filters: tuple[str, ...], weighers: tuple[str, ...]) -> bool:
    return (
        set(given) <= _KNOWN
        and "ComputeFilter" in filters
        and set(filters) <= _IDLE | {"ComputeFilter"}
        and weighers == ALL_WEIGHERS
    )


def is_plain(request: Request, options: Options) -> bool:
    """Whether nothing but amounts, the zone and hosts to avoid matters to a request."""
    if request.flavor["extra_specs"] or request.group or request.hints or request.host or request.node:
        return False
    image = request.image or {}
    kept = image.get("properties") or ()
    if request.server is not None:
        kept = (request.server["system_metadata"] or {}).get("image_properties") or ()
    return _HARMLESS.issuperset(kept) and _options_are_plain(
        tuple(options.given), options["filter_scheduler.enabled_filters"], options["filter_scheduler.weight_classes"]
    )


def quick(view: View, request: Request) -> str | None:
    """The host for a plain request; None where the engine is to say."""
    scheduler = view.scheduler
    if any(key.endswith("weight_multiplier") for key in scheduler.fleet.members):
        return None
    wanted = list(needs(request.flavor, request.on_volume).items())
    zone, avoided = request.zone, {name.lower() for name in request.avoid}
    inside = {each.name for each in scheduler.aggregates if zone and each.metadata.get("availability_zone") == zone}
    providers, left = scheduler.placement.providers, list[Host]()
    for host in view.hosts:
        if host.pci_pools:
            return None
        provider, service = providers[host.node], host.service
        if (
            DISABLED in provider.traits or not service.up or service.disabled
            or (inside and inside.isdisjoint(provider.aggregates)) or (avoided and host.name.lower() in avoided)
        ):  # fmt: skip
            continue
        used = view.used[host.uuid]
        if all(_room(provider.inventories.get(name), amount, used.get(name, 0)) for name, amount in wanted):
            left.append(host)
    return _heaviest(view, left) if left else None


def _room(inventory: Inventory | None, asked: int, used: int) -> bool:
    return (
        inventory is not None and used + asked <= (inventory.total - inventory.reserved) * inventory.allocation_ratio
        and inventory.min_unit <= asked <= inventory.max_unit and asked % inventory.step_size == 0
    )  # fmt: skip


def _heaviest(view: View, hosts: list[Host]) -> str:
    """The host with the most weight; the first of equals."""
    if len(hosts) == 1:
        return hosts[0].name
    options, totals = view.scheduler.options, [0.0] * len(hosts)
    used = [view.used[host.uuid] for host in hosts]
    pairs, busy = list(zip(hosts, used, strict=True)), view.count_busy()
    # In the order of the engine's weighers: sums of floats depend on it.
    columns = (
        ("cpu", 0.0, [
            max(h.vcpus * h.cpu_allocation_ratio - u.get("VCPU", 0) - u.get("PCPU", 0) - h.reserved_host_cpus, 0)
            for h, u in pairs
        ]),
        ("disk", 0.0, [
            max((h.local_gb - h.reserved_host_disk_gb - u.get("DISK_GB", 0)) * 1024, 0) for h, u in pairs
        ]),
        ("hypervisor_version", None, [h.hypervisor_version for h in hosts]),
        ("io_ops", 0.0, [busy[h.name] for h in hosts]),
        ("ram", 0.0, [
            max(h.memory_mb - h.reserved_host_memory_mb - u.get("MEMORY_MB", 0), 0) for h, u in pairs
        ]),
    )  # fmt: skip
    for name, least, raw in columns:
        low, high = float(min(raw) if least is None else least), float(max(raw))
        if low != high:
            multiplier = float(options[f"filter_scheduler.{name}_weight_multiplier"])
            totals = [
                total + multiplier * ((value - low) / (high - low)) for total, value in zip(totals, raw, strict=True)
            ]
    return hosts[max(range(len(hosts)), key=totals.__getitem__)].name
