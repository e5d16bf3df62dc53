"""What filters and weighers are asked: the request for one of its servers, with what follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from kit.scheduling.guest import GuestTopology
from kit.scheduling.options import Options
from kit.scheduling.pci import PciRequest
from kit.scheduling.request import Flavor, Request


@dataclass(frozen=True)
class Ask:
    """A request for one server.

    Attributes
    ----------
    number : int
        Which of the request's servers, from 0.
    numa : GuestTopology, optional
        Its NUMA cells. After a first server was placed they are as they were placed then, as in Nova.
    pci : tuple of PciRequest
        Its PCI devices.
    """

    request: Request
    options: Options
    number: int = 0
    numa: GuestTopology | None = None
    pci: tuple[PciRequest, ...] = ()

    @property
    def server(self) -> str:
        """The id of the server."""
        return self.request.servers[self.number]

    @property
    def flavor(self) -> Flavor:
        """The flavor asked for."""
        return self.request.flavor

    @cached_property
    def members(self) -> frozenset[str]:
        """Members of the server group."""
        return frozenset(self.request.group.members) if self.request.group else frozenset()
