"""A host with a chosen server on it, as the scheduler imagines it for the servers that follow."""

from __future__ import annotations

from kit.scheduling.ask import Ask
from kit.scheduling.errors import ClaimError
from kit.scheduling.fit import Limits, Refusal, fit, use
from kit.scheduling.guest import GuestTopology
from kit.scheduling.host import Host, Instance
from kit.scheduling.pci import apply


def consume(host: Host, ask: Ask, limits: Limits | None) -> tuple[Host, GuestTopology | None]:
    """The host with the server on it, and the server's cells as they were placed.

    Free memory, disk and CPUs go down by the flavor's amounts, whatever Placement was asked for. The servers of the
    host grow by one, and so do its I/O operations. A server group's filters see the server as well.

    Source: nova/scheduler/host_manager.py, consume_from_request, Nova 34. As there, what goes wrong with cells or
    devices is left to the compute node: the host is then changed only in part.
    """
    flavor = ask.flavor
    host = host.changed(
        instance_memory_mb=host.instance_memory_mb + flavor.memory_mb,
        instance_disk_mb=host.instance_disk_mb + (flavor.root_gb + flavor.ephemeral_gb) * 1024,
        disk_available_least=None
        if host.disk_available_least is None
        else host.disk_available_least - flavor.root_gb - flavor.ephemeral_gb,
        instance_vcpus=host.instance_vcpus + flavor.vcpus,
        num_instances=host.num_instances + 1,
        stats=host.attribute("stats"),
    )
    if ask.request.group is not None and ask.server not in host.instances:
        server = Instance(ask.server, flavor.name, ask.request.image)
        host = host.changed(instances={**host.instances, ask.server: server})
    numa = ask.numa
    if host.numa_topology and numa:
        placed = fit(
            host.numa_topology, numa, limits=limits, pci_requests=ask.pci, pools=host.pci_pools,
            pack_cells=ask.options["compute.packing_host_numa_cells_allocation_strategy"],
        )  # fmt: skip
        numa = None if isinstance(placed, Refusal) else placed
        if numa:
            paged = {cell.id for cell in host.numa_topology.cells if cell.mempages}
            if any(cell.id not in paged for cell in numa.cells):
                return host, numa  # Nova counts pages of the smallest size, and stumbles where a cell lists none
            try:
                host = host.changed(numa_topology=use(host.numa_topology, numa))
            except ClaimError:
                return host, numa
    if ask.pci:
        cells = [cell.id for cell in numa.cells] if numa else None
        for each in ask.pci:
            pools = apply(host.pci_pools, [each], cells, host.numa_topology)
            if pools is None:
                return host, numa
            host = host.changed(pci_pools=pools)
    return host.changed(num_io_ops=host.num_io_ops + 1), numa
