"""Placement: providers, inventories, allocations, candidates, and claims that lose when they come second."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from kit.scheduling.errors import CapacityExceeded, ConcurrentUpdate, InventoryError, UnknownProvider
from kit.scheduling.host import Host
from kit.scheduling.inventory import Inventory
from kit.scheduling.prefilters import DISABLED
from kit.scheduling.resources import RequestGroup, ResourceQuery

Amounts = dict[str, int]


@dataclass
class Provider:
    """A resource provider: a compute node.

    Attributes
    ----------
    generation : int
        Goes up with every change; who changes an inventory says which he has seen.
    used : dict
        Resource class to the amount allocated, by consumers and from before.
    """

    name: str
    inventories: dict[str, Inventory] = field(default_factory=dict)
    traits: set[str] = field(default_factory=set)
    aggregates: frozenset[str] = frozenset()
    generation: int = 0
    used: Amounts = field(default_factory=dict)

    @classmethod
    def from_host(cls, host: Host) -> Provider:
        """The provider that a compute node reports of itself.

        Source: nova/virt/libvirt/driver.py (update_provider_tree) and nova/compute/manager.py, Nova 34.
        """
        given = {
            "VCPU": (host.vcpus, host.reserved_host_cpus, host.cpu_allocation_ratio),
            "PCPU": (host.pcpus, 0, 1.0),
            "MEMORY_MB": (host.memory_mb, host.reserved_host_memory_mb, host.ram_allocation_ratio),
            "DISK_GB": (host.local_gb, host.reserved_host_disk_gb, host.disk_allocation_ratio),
            **{name: (total, 0, 1.0) for name, total in host.extra_inventory.items()},
        }
        used = {
            "VCPU": host.instance_vcpus, "PCPU": host.instance_pcpus, "MEMORY_MB": host.instance_memory_mb,
            "DISK_GB": -(-host.instance_disk_mb // 1024), **host.extra_used,
        }  # fmt: skip
        return cls(
            name=host.node,
            inventories={name: Inventory(*each) for name, each in given.items() if each[0]},
            traits=set(host.traits) | ({DISABLED} if host.service.disabled else set()),
            aggregates=frozenset(each.name for each in host.aggregates),
            used={name: amount for name, amount in used.items() if amount},
        )

    def refuses(self, query: ResourceQuery) -> str:
        """Why the provider is no candidate, with the figures; empty when it is one."""
        for suffix, group in query.groups.items():
            reason = self._refuses_group(group)
            if reason:
                return f"{reason} (group {suffix})" if suffix else reason
        for name, amount in query.resources.items():  # groups of one class meet in one provider
            reason = self.inventories[name].refuses(amount, self.used.get(name, 0), name)
            if reason and len(query.groups) > 1:
                return f"all groups together: {reason}"
        if query.group_policy == "isolate" and sum(1 for suffix in query.groups if suffix) > 1:
            return "the groups want a provider each (group_policy isolate); the host is one"
        return self._refuses_traits(query.root_required, query.root_forbidden)

    def _refuses_group(self, group: RequestGroup) -> str:
        if group.in_tree not in (None, self.name):
            return f"is not the host asked for, {group.in_tree}"
        for name, amount in group.resources.items():
            inventory = self.inventories.get(name)
            if inventory is None:
                return f"has no {name}"
            reason = inventory.refuses(amount, self.used.get(name, 0), name)
            if reason:
                return reason
        for names in group.member_of:
            if not names & self.aggregates:
                return f"is in none of the aggregates {', '.join(sorted(names))}"
        if group.not_member_of & self.aggregates:
            return f"is in {', '.join(sorted(group.not_member_of & self.aggregates))}, kept for others"
        return self._refuses_traits(group.required, group.forbidden)

    def _refuses_traits(self, required: set[str], forbidden: set[str]) -> str:
        if not required <= self.traits:
            return f"has no trait {', '.join(sorted(required - self.traits))}"
        if forbidden & self.traits:
            return f"has the trait {', '.join(sorted(forbidden & self.traits))}, which is forbidden"
        return ""


@dataclass
class Consumer:
    """Who holds allocations: a server, or the record of a migration.

    Attributes
    ----------
    allocations : dict
        Provider to amounts by class.
    generation : int
        Goes up with every change.
    """

    allocations: dict[str, Amounts] = field(default_factory=dict)
    generation: int = 0


class Placement:
    """The Placement service without its HTTP: flat providers, one for each compute node.

    Examples
    --------
    >>> placement = Placement([Provider("c1", {"VCPU": Inventory(4, allocation_ratio=2.0)})])
    >>> placement.claim("server-1", {"c1": {"VCPU": 4}})
    >>> placement.usages("c1")
    {'VCPU': 4}
    """

    def __init__(self, providers: Iterable[Provider] = ()) -> None:
        self.providers: dict[str, Provider] = {each.name: each for each in providers}
        self.consumers: dict[str, Consumer] = {}
        self.version = 0  # of inventories, traits and aggregates: what is computed from them is kept until it changes
        self.touched: list[str] = []  # providers whose usage changed, in order

    @classmethod
    def from_hosts(cls, hosts: Iterable[Host]) -> Placement:
        """One provider for each host, with what it has and what is in use."""
        return cls(Provider.from_host(host) for host in hosts)

    def provider(self, name: str) -> Provider:
        """A provider by name.

        Raises
        ------
        UnknownProvider
            There is none.
        """
        if name not in self.providers:
            raise UnknownProvider(f"there is no resource provider {name!r}")
        return self.providers[name]

    def usages(self, name: str) -> Amounts:
        """What is allocated from a provider."""
        return {kind: amount for kind, amount in self.provider(name).used.items() if amount}

    def candidates(self, query: ResourceQuery) -> list[str]:
        """Providers that meet a query, in their order, at most as many as its limit.

        Source: placement/objects/allocation_candidate.py, Placement 16, for providers without children.
        """
        found = [name for name, each in self.providers.items() if not each.refuses(query)]
        return found[: query.limit]

    def set_inventory(self, name: str, inventories: Mapping[str, Inventory], *, generation: int | None = None) -> None:
        """Replace the inventories of a provider.

        Raises
        ------
        ConcurrentUpdate
            The generation is not the provider's: it was changed since it was read.
        InventoryError
            A class that is in use would go. A smaller capacity than what is in use is taken; nothing more fits then.
        """
        provider = self.provider(name)
        if generation is not None and generation != provider.generation:
            raise ConcurrentUpdate(
                f"generation {generation} was read, it is {provider.generation} now", where=name, todo="Read again."
            )
        gone = [kind for kind, amount in provider.used.items() if amount and kind not in inventories]
        if gone:
            raise InventoryError(f"{', '.join(gone)} is in use", where=name, todo="Move what uses it first.")
        provider.inventories = dict(inventories)
        provider.generation += 1
        self.version += 1

    def set_traits(self, name: str, traits: Iterable[str], aggregates: Iterable[str] | None = None) -> None:
        """Replace traits, and where given the aggregates, of a provider."""
        provider = self.provider(name)
        provider.traits = set(traits)
        if aggregates is not None:
            provider.aggregates = frozenset(aggregates)
        provider.generation += 1
        self.version += 1

    def claim(
        self, consumer: str, allocations: Mapping[str, Mapping[str, int]], *, generation: int | None = None
    ) -> None:
        """Replace what a consumer holds, whole or not at all; nothing holds nothing.

        Parameters
        ----------
        allocations : mapping
            Provider to amounts by class.
        generation : int, optional
            That of the consumer as it was read; 0 for a new one. Not looked at when it is not given.

        Raises
        ------
        ConcurrentUpdate
            Somebody else changed the consumer first.
        CapacityExceeded
            An amount is over what is left, or not a unit of the provider.

        Source: placement/objects/allocation.py, replace_all, Placement 16.
        """
        held = self.consumers.get(consumer, Consumer())
        if generation is not None and generation != held.generation:
            raise ConcurrentUpdate(f"generation {generation} was read, it is {held.generation} now", where=consumer)
        for name, amounts in allocations.items():
            provider = self.provider(name)
            for kind, asked in amounts.items():
                before = held.allocations.get(name, {}).get(kind, 0)
                inventory = provider.inventories.get(kind)
                used = provider.used.get(kind, 0) - before
                reason = f"has no {kind}" if inventory is None else inventory.refuses(asked, used, kind)
                # What is held already may stay where it is, also on a provider that is over its capacity.
                if reason and not (inventory and asked <= before and asked % inventory.step_size == 0):
                    raise CapacityExceeded(reason, provider=name, resource_class=kind, asked=asked)
        self._move(held.allocations, -1)
        self._move(allocations, 1)
        if allocations:
            kept = {name: dict(amounts) for name, amounts in allocations.items()}
            self.consumers[consumer] = Consumer(kept, held.generation + 1)
        else:
            self.consumers.pop(consumer, None)

    def release(self, consumer: str) -> None:
        """Give back all that a consumer holds."""
        self.claim(consumer, {})

    def rename(self, consumer: str, other: str) -> None:
        """Hand all that a consumer holds to another who holds nothing: a move does, in one request.

        Raises
        ------
        ConcurrentUpdate
            The other holds something already.
        """
        if other in self.consumers:
            raise ConcurrentUpdate(f"{other} holds something already", where=consumer)
        if consumer in self.consumers:
            held = self.consumers.pop(consumer)
            held.generation += 1
            self.consumers[other] = held

    def allocations(self, consumer: str) -> dict[str, Amounts]:
        """What a consumer holds, by provider."""
        held = self.consumers.get(consumer, Consumer())
        return {name: dict(amounts) for name, amounts in held.allocations.items()}

    def _move(self, allocations: Mapping[str, Mapping[str, int]], sign: int) -> None:
        for name, amounts in allocations.items():
            provider = self.provider(name)
            for kind, amount in amounts.items():
                provider.used[kind] = provider.used.get(kind, 0) + sign * amount
            provider.generation += 1
            self.touched.append(name)
