"""NUMA cells that a server asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

SMALL, LARGE, ANY = -1, -2, -3
PAGE_WORDS = {"small": SMALL, "large": LARGE, "any": ANY}


@dataclass(frozen=True, slots=True)
class GuestCell:
    """A NUMA cell of a server.

    Attributes
    ----------
    id : int
        Its number; once it is placed, that of the host's cell.
    cpuset, pcpuset : frozenset of int
        Shared and dedicated guest CPUs.
    memory : int
        MiB.
    pagesize : int, optional
        KiB, or -1 small, -2 large, -3 any; once it is placed, KiB.
    cpu_policy : str, optional
        `shared`, `dedicated` or `mixed`.
    cpu_thread_policy : str, optional
        `prefer`, `require` or `isolate`.
    cpu_pinning : mapping
        Guest CPU to host CPU, once it is placed.
    cpuset_reserved : frozenset of int
        Host CPUs for the emulator's threads, once it is placed.

    Source: nova/objects/instance_numa.py, Nova 34.
    """

    id: int
    cpuset: frozenset[int] = frozenset()
    pcpuset: frozenset[int] = frozenset()
    memory: int = 0
    pagesize: float | None = None
    cpu_policy: str | None = None
    cpu_thread_policy: str | None = None
    cpu_pinning: Mapping[int, int] = field(default_factory=dict)
    cpuset_reserved: frozenset[int] = frozenset()

    @property
    def pinned(self) -> bool:
        """Whether it has dedicated CPUs."""
        return self.cpu_policy in ("dedicated", "mixed")

    @property
    def shared(self) -> bool:
        """Whether it has CPUs that it shares."""
        return self.cpu_policy in (None, "shared", "mixed")

    def changed(self, **fields: object) -> GuestCell:
        """The same cell with some fields changed."""
        return replace(self, **fields)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class GuestTopology:
    """The cells of a server, in order.

    Attributes
    ----------
    emulator_threads_policy : str, optional
        `isolate` takes one more host CPU beside the first cell; `share` does not.
    """

    cells: tuple[GuestCell, ...]
    emulator_threads_policy: str | None = None

    @property
    def emulator_threads_isolated(self) -> bool:
        """Whether the emulator's threads get a host CPU of their own."""
        return self.emulator_threads_policy == "isolate"

    def __len__(self) -> int:
        return len(self.cells)
