"""Clustered hypervisors: one compute service, many nodes; and what a cluster hides that is shown as one node."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kit.scheduling.host import Host
from kit.scheduling.placement import Provider
from kit.scheduling.request import Request
from kit.scheduling.resources import resources_of


@dataclass(frozen=True)
class Promise:
    """What a cluster promises a request, and what it can keep.

    Attributes
    ----------
    as_one : str
        Why the cluster as one node refuses; empty when it accepts.
    nodes : dict
        Node to the reason why it refuses; empty for one that accepts.
    """

    cluster: str
    as_one: str
    nodes: dict[str, str]

    @property
    def broken(self) -> bool:
        """Whether the cluster as one node accepts what none of its nodes can give."""
        return not self.as_one and all(self.nodes.values())

    def to_dict(self) -> dict[str, Any]:
        """The promise as plain data."""
        return {"cluster": self.cluster, "as_one": self.as_one, "nodes": dict(self.nodes), "broken": self.broken}

    def __repr__(self) -> str:
        lines = [f"{self.cluster} as one node: {self.as_one or 'accepts'}"]
        lines += [f"  {node}: {reason or 'accepts'}" for node, reason in self.nodes.items()]
        if self.broken:
            lines.append("What is free in all is not what one server may get: the promise cannot be kept.")
        return "\n".join(lines)


@dataclass(frozen=True)
class Cluster:
    """A compute service that owns several nodes.

    Attributes
    ----------
    nodes : tuple of Host
        Hosts of one name with a node each, as the scheduler sees them when the service reports every node.
    """

    name: str
    nodes: tuple[Host, ...]

    @property
    def as_one(self) -> Host:
        """The cluster reported as one node: all totals and all usage summed.

        Source: nova/virt/vmwareapi/vm_util.py, get_stats_from_cluster, Nova 12 to 34.
        """
        summed = [
            "vcpus",
            "pcpus",
            "memory_mb",
            "local_gb",
            "reserved_host_cpus",
            "reserved_host_memory_mb",
            "reserved_host_disk_gb",
            "instance_vcpus",
            "instance_pcpus",
            "instance_memory_mb",
            "instance_disk_mb",
            "num_instances",
            "num_io_ops",
            "failed_builds",
        ]
        return self.nodes[0].changed(
            nodename=self.name, uuid=self.name, numa_topology=None, pci_pools=(),
            instances={name: each for node in self.nodes for name, each in node.instances.items()},
            traits=frozenset.intersection(*(node.traits for node in self.nodes)),
            **{name: sum(getattr(node, name) for node in self.nodes) for name in summed},
        )  # fmt: skip

    @property
    def total_free(self) -> dict[str, float]:
        """What is free in all, overcommit counted, by resource class."""
        return _free(self.as_one)

    @property
    def largest(self) -> dict[str, float]:
        """What one server may get at most of each resource class, on the best node for it."""
        found: dict[str, float] = {}
        for node in self.nodes:
            inventories = Provider.from_host(node).inventories
            for name, free in _free(node).items():
                found[name] = max(found.get(name, 0), min(free, inventories[name].max_unit))
        return found

    def promise(self, request: Request) -> Promise:
        """What the cluster says to a request as one node, and what each node says."""
        query = resources_of(request)
        nodes = {node.node: Provider.from_host(node).refuses(query) for node in self.nodes}
        return Promise(self.name, Provider.from_host(self.as_one).refuses(query), nodes)


def cluster(name: str, nodes: Sequence[Host]) -> Cluster:
    """A cluster of nodes: each keeps its name as a node, the host is the service.

    Examples
    --------
    >>> from kit.scheduling import Flavor, Host, Request
    >>> half_full = [Host(name=n, vcpus=8, memory_mb=8192, local_gb=80, instance_memory_mb=4096) for n in ("n1", "n2")]
    >>> cluster("vcenter", half_full).promise(Request(flavor=Flavor(memory_mb=6144)))
    vcenter as one node: accepts
      n1: asks 6144 MB; (8192 - 512) x 1 - 4096 = 3584 MB are free
      n2: asks 6144 MB; (8192 - 512) x 1 - 4096 = 3584 MB are free
    What is free in all is not what one server may get: the promise cannot be kept.
    """
    return Cluster(name, tuple(host.changed(name=name, nodename=host.node) for host in nodes))


def _free(host: Host) -> dict[str, float]:
    provider = Provider.from_host(host)
    return {name: each.capacity - provider.used.get(name, 0) for name, each in provider.inventories.items()}
