"""Hosts that no learner has seen, and what the checks ask of an answer."""

from __future__ import annotations

import random
from typing import Any

import yaml

from kit.lab import Lab, NotAttempted, NotYet
from kit.scheduling import Host, NumaTopology, PciPool

NIC = {"name": "nic", "vendor_id": "8086", "product_id": "154d", "device_type": "type-PCI"}
NFV = {
    "filter_scheduler.enabled_filters": ["ComputeFilter", "NUMATopologyFilter", "PciPassthroughFilter"],
    "pci.alias": [NIC],
}


def rack(lab: Lab, part: str = "hosts") -> list[Host]:
    """Hosts of the lab's own file."""
    found = yaml.safe_load(lab.file("rack.yaml").read_text(encoding="utf-8"))
    return [Host.from_dict(each) for each in found[part]]


def graded(seed: int, count: int = 4) -> list[Host]:
    """Hosts of one size in any order, one fuller than the other in CPUs, memory and disk alike."""
    draw = random.Random(seed)
    shares = [0.1 + 0.6 * number / (count - 1) for number in range(count)]
    # The fullest never comes first: whoever takes the first host is found out.
    draw.shuffle(shares)
    if shares[0] == max(shares):
        shares.reverse()
    return [
        Host(
            name=f"h{number}", vcpus=32, memory_mb=131072, local_gb=2000, instance_vcpus=int(128 * share),
            instance_memory_mb=int(130000 * share), instance_disk_mb=int(2000 * share) * 1024,
        )
        for number, share in enumerate(shares, 1)
    ]  # fmt: skip


def equal(count: int, memory_mb: int = 8192) -> list[Host]:
    """Empty hosts with room for one server of that memory."""
    return [
        Host(name=f"h{number}", vcpus=16, memory_mb=memory_mb + 512, local_gb=100) for number in range(1, count + 1)
    ]


def celled(name: str, free: list[int], size: int = 8, *, nic: int | str | None = "") -> Host:
    """A host for dedicated CPUs.

    Parameters
    ----------
    free : list of int
        Free CPUs of each cell, of `size`.
    nic : int, optional
        The cell that a device is near; None where the host does not say; without it there is no device.
    """
    cells = [
        {
            "pcpuset": list(range(number * size, (number + 1) * size)), "memory_mb": 32768, "socket": 0,
            "pinned": list(range(number * size, (number + 1) * size - left)),
        }
        for number, left in enumerate(free)
    ]  # fmt: skip
    pools = () if isinstance(nic, str) else (PciPool("8086", "154d", 1, nic),)
    return Host(
        name=name, pcpus=size * len(free), instance_pcpus=size * len(free) - sum(free), memory_mb=32768 * len(free),
        local_gb=1000, numa_topology=NumaTopology.from_list(cells), pci_pools=pools,
    )  # fmt: skip


def names(value: Any) -> list[str]:
    """The learner's list of names."""
    if isinstance(value, list | tuple | set) and ... in value:
        raise NotAttempted
    if not isinstance(value, list | tuple | set) or not all(isinstance(each, str) for each in value):
        raise NotYet("That is no list of names.", "The hosts' names were asked for, each in quotes: [..., ...].")
    return sorted(set(value))
