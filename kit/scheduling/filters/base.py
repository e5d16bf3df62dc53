"""What a filter is: a reason against a host, or none."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from kit.scheduling.ask import Ask
from kit.scheduling.fleet import Fleet
from kit.scheduling.host import Host

if TYPE_CHECKING:
    from kit.scheduling.fleet import Array, Positions


class Filter:
    """A filter of the scheduler.

    Attributes
    ----------
    once : bool
        For several servers, it is run for the first alone.
    on_rebuild : bool
        It is run when a server is rebuilt where it is; all others let the host pass then.
    """

    once: ClassVar[bool] = False
    on_rebuild: ClassVar[bool] = False

    @property
    def name(self) -> str:
        """Its name in `enabled_filters`."""
        return type(self).__name__

    def applies(self, ask: Ask) -> bool:
        """Whether the request may make it refuse a host; if not, every host passes unseen."""
        return True

    def reason(self, host: Host, ask: Ask) -> str:
        """Why a host is refused, with the figures; empty when it passes."""
        raise NotImplementedError

    def mask(self, fleet: Fleet, at: Positions, ask: Ask) -> Array:
        """Which hosts pass, shape (at,), bool.

        Parameters
        ----------
        at : array of int, shape (at,)
            Positions of the hosts that are left.
        """
        import numpy as np

        hosts = fleet.hosts
        return np.fromiter((not self.reason(hosts[position], ask) for position in at), dtype=bool, count=len(at))

    def runs(self, ask: Ask) -> bool:
        """Whether it is run for the number of a server within its request."""
        return not (self.once and ask.number > 0)

    def looks(self, ask: Ask) -> bool:
        """Whether it looks at hosts at all."""
        return (self.on_rebuild or not ask.request.rebuild) and self.applies(ask)
