"""Requests for PCI devices, and the pools that can meet them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kit.scheduling.cpu_policy import both, one_of
from kit.scheduling.errors import RequestError
from kit.scheduling.image import truth
from kit.scheduling.numa import NumaTopology
from kit.scheduling.options import Options
from kit.scheduling.pci_pool import PciPool
from kit.scheduling.request import Request

NUMA_POLICIES = ("required", "legacy", "preferred", "socket")


@dataclass(frozen=True, slots=True)
class PciRequest:
    """So many devices of one kind.

    Attributes
    ----------
    specs : tuple of mappings
        Properties; a device must have all of one of them.
    numa_policy : str
        `required`, `legacy` (near, or on a host that does not say), `preferred` or `socket`.
    """

    alias: str
    count: int
    specs: tuple[Mapping[str, Any], ...]
    numa_policy: str = "legacy"


def numa_policy(request: Request) -> str | None:
    """The policy that flavor or image gives for all devices.

    Raises
    ------
    RequestError
        They contradict one another, or it is none.
    """
    flavor, image = both(request, "pci_numa_affinity_policy")
    if flavor and image and flavor != image:
        raise RequestError(f"the image asks for PCI policy {image}, the flavor for {flavor}")
    return one_of(flavor or image, NUMA_POLICIES, "hw:pci_numa_affinity_policy")


def pci_requests(request: Request, options: Options) -> tuple[PciRequest, ...]:
    """What `pci_passthrough:alias` asks for: `nic:2,gpu:1`.

    Raises
    ------
    RequestError
        An alias is not in `pci.alias`, or has no count.

    Source: nova/pci/request.py, Nova 34.
    """
    text = request.extra_specs.get("pci_passthrough:alias")
    if not text:
        return ()
    aliases = _aliases(options["pci.alias"])
    found = []
    for part in text.split(","):
        name, _, count = (piece.strip() for piece in part.partition(":"))
        if name not in aliases or not count.isdigit():
            raise RequestError(
                f"there is no PCI alias {name!r} with a count in {text!r}",
                todo=f"pci.alias has: {', '.join(aliases) or 'none'}; write name:count.",
            )
        policy, specs = aliases[name]
        found.append(PciRequest(name, int(count), tuple(specs), numa_policy(request) or policy))
    return tuple(found)


def _aliases(given: Iterable[Mapping[str, Any]]) -> dict[str, tuple[str, list[dict[str, Any]]]]:
    found: dict[str, tuple[str, list[dict[str, Any]]]] = {}
    for alias in given:
        spec = {name: value for name, value in alias.items() if name not in ("name", "numa_policy", "device_type")}
        if alias.get("device_type"):
            spec["dev_type"] = alias["device_type"]
        if "live_migratable" in spec:
            spec["live_migratable"] = "true" if truth(spec["live_migratable"]) else "false"
        found.setdefault(alias["name"].strip(), (alias.get("numa_policy") or "legacy", []))[1].append(spec)
    return found


def supported(
    pools: Sequence[PciPool], requests: Sequence[PciRequest], cells: Sequence[int] | None, host: NumaTopology | None
) -> bool:
    """Whether the pools can meet all requests, for a guest on certain cells or on none."""
    return apply(pools, requests, cells, host) is not None


def apply(
    pools: Sequence[PciPool], requests: Sequence[PciRequest], cells: Sequence[int] | None, host: NumaTopology | None
) -> tuple[PciPool, ...] | None:
    """The pools with the devices taken; None when a request cannot be met.

    Source: nova/pci/stats.py, apply_requests, Nova 34.
    """
    left = list(pools)
    for request in requests:
        usable = usable_pools(left, request, cells, host)
        if usable is None:
            return None
        count = request.count
        for pool in usable:
            place = next(number for number, each in enumerate(left) if each is pool)
            taken = min(count, pool.count)
            left[place : place + 1] = [pool.less(taken)] if pool.count > taken else []
            count -= taken
            if not count:
                break
    return tuple(left)


def usable_pools(
    pools: Sequence[PciPool], request: PciRequest, cells: Sequence[int] | None, host: NumaTopology | None
) -> list[PciPool] | None:
    """The pools that one request may draw from, nearest first; None when they hold too few devices."""
    specs = [
        {name: value for name, value in spec.items() if name not in ("resource_class", "traits", "rp_uuids")}
        for spec in request.specs
    ]  # fmt: skip
    left = [pool for pool in pools if any(pool.matches(spec) for spec in specs)]
    if _count(left) < request.count:
        return None
    if cells:
        left = _near(left, request, cells, host)
    for kind in ("type-PF", "vdpa"):
        if all(spec.get("dev_type") != kind for spec in specs):
            left = [pool for pool in left if pool.dev_type != kind]
    if not any(truth(spec.get("remote_managed", "")) for spec in specs):
        left = [pool for pool in left if not truth(pool.get("remote_managed") or "")]
    for value in ("true", "false"):
        if specs and all(spec.get("live_migratable") == value for spec in specs):
            left = [pool for pool in left if pool.get("live_migratable") == value]
    return left if left and _count(left) >= request.count else None


def _near(pools: list[PciPool], request: PciRequest, cells: Sequence[int], host: NumaTopology | None) -> list[PciPool]:
    """Pools near the guest's cells, as near as the policy demands; nearer ones when they suffice."""
    near = [pool for pool in pools if pool.numa_node in cells]
    if request.numa_policy == "required" or _count(near) >= request.count:
        return near
    if request.numa_policy == "socket":
        return _on_socket(pools, cells, host)
    unsaid = [pool for pool in pools if pool.numa_node in cells or pool.numa_node is None]
    if request.numa_policy == "legacy" or _count(unsaid) >= request.count:
        return unsaid
    return sorted(pools, key=lambda pool: pool.numa_node is not None and pool.numa_node not in cells)


def _on_socket(pools: list[PciPool], cells: Sequence[int], host: NumaTopology | None) -> list[PciPool]:
    known = host.cells if host else ()
    if any(cell.socket is None for cell in known):
        return []
    sockets = {cell.socket for cell in known if cell.id in cells}
    allowed = {cell.id for cell in known if cell.socket in sockets}
    return [pool for pool in pools if pool.numa_node in allowed]


def _count(pools: Iterable[PciPool]) -> int:
    return sum(pool.count for pool in pools)
