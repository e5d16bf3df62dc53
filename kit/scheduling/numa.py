"""NUMA cells of a host: CPUs, threads, memory and pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from kit.scheduling.errors import ClaimError


@dataclass(frozen=True, slots=True)
class Pages:
    """Memory pages of one size in a cell.

    Attributes
    ----------
    size_kb : int
        KiB.
    total, used, reserved : int
        Pages.
    """

    size_kb: int
    total: int
    used: int = 0
    reserved: int = 0

    @property
    def free_kb(self) -> int:
        """KiB that are left."""
        return (self.total - self.used - self.reserved) * self.size_kb


@dataclass(frozen=True, slots=True)
class Cell:
    """A NUMA cell of a host.

    Attributes
    ----------
    cpuset, pcpuset : frozenset of int
        Host CPUs for shared and for dedicated guest CPUs.
    memory, memory_usage : int
        MiB.
    cpu_usage : int
        Shared guest CPUs on the cell.
    pinned_cpus : frozenset of int
        Dedicated host CPUs in use.
    siblings : tuple of frozenset
        Threads of one core; cores without threads are sets of one.
    mempages : tuple of Pages
        None of a size the host does not list.
    socket : int, optional
        The socket the cell is on.

    Source: nova/objects/numa.py, Nova 34.
    """

    id: int
    cpuset: frozenset[int] = frozenset()
    pcpuset: frozenset[int] = frozenset()
    memory: int = 0
    cpu_usage: int = 0
    memory_usage: int = 0
    pinned_cpus: frozenset[int] = frozenset()
    siblings: tuple[frozenset[int], ...] = ()
    mempages: tuple[Pages, ...] = ()
    socket: int | None = None

    @property
    def free_pcpus(self) -> frozenset[int]:
        """Dedicated host CPUs that nobody has."""
        return self.pcpuset - self.pinned_cpus

    @property
    def avail_memory(self) -> int:
        """MiB that are left, without overcommit."""
        return self.memory - self.memory_usage

    @property
    def has_threads(self) -> bool:
        """Whether a core has more than one thread."""
        return any(len(core) > 1 for core in self.siblings)

    def pin(self, cpus: frozenset[int], *, with_siblings: bool = False, free: bool = False) -> Cell:
        """The cell with CPUs taken, or given back.

        Raises
        ------
        ClaimError
            A CPU is not on the cell, is taken already, or was not taken.
        """
        if with_siblings:
            cpus = frozenset().union(*(core for core in self.siblings if core & cpus))
        if cpus - self.pcpuset or (cpus - self.pinned_cpus if free else cpus & self.pinned_cpus):
            deed = "given back" if free else "pinned"
            raise ClaimError(f"CPUs {sorted(cpus)} of cell {self.id} cannot be {deed}; free: {sorted(self.free_pcpus)}")
        return replace(self, pinned_cpus=self.pinned_cpus - cpus if free else self.pinned_cpus | cpus)

    @classmethod
    def from_dict(cls, id: int, data: Mapping[str, Any]) -> Cell:
        """A cell from `{"cpuset", "pcpuset", "memory_mb", "pages", "pinned", "siblings", "cpu_usage", ...}`."""
        cpus, pcpus = frozenset(data.get("cpuset") or ()), frozenset(data.get("pcpuset") or ())
        siblings = data.get("siblings") or [[cpu] for cpu in sorted(cpus | pcpus)]
        return cls(
            id=data.get("id", id), cpuset=cpus, pcpuset=pcpus, memory=data.get("memory_mb", 0),
            cpu_usage=data.get("cpu_usage", 0), memory_usage=data.get("memory_usage", 0),
            pinned_cpus=frozenset(data.get("pinned") or ()), siblings=tuple(frozenset(core) for core in siblings),
            mempages=tuple(
                Pages(each["size_kb"], each["total"], each.get("used", 0), each.get("reserved", 0))
                for each in data.get("pages") or ()
            ),
            socket=data.get("socket"),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class NumaTopology:
    """The cells of a host, in order."""

    cells: tuple[Cell, ...] = field(default_factory=tuple)

    @property
    def has_threads(self) -> bool:
        """Whether any core has more than one thread."""
        return any(cell.has_threads for cell in self.cells)

    def __len__(self) -> int:
        return len(self.cells)

    @classmethod
    def from_list(cls, data: Sequence[Mapping[str, Any]] | None) -> NumaTopology | None:
        """A topology from a list of cells; None for a host that shows none."""
        return cls(tuple(Cell.from_dict(id, each) for id, each in enumerate(data))) if data else None
