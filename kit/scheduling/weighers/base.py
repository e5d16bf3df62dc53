"""What a weigher is: a number for each host, made one between 0 and 1, times a multiplier."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from kit.scheduling.aggregate import lowest
from kit.scheduling.ask import Ask
from kit.scheduling.fleet import Fleet
from kit.scheduling.host import Host

if TYPE_CHECKING:
    from kit.scheduling.fleet import Array, Positions


class Weigher:
    """A weigher of the scheduler; a larger number wins.

    Attributes
    ----------
    minval : float, optional
        What counts as 0; smaller values are raised to it. Without it the smallest value counts as 0.
    option : str
        The option of the multiplier; an aggregate's metadata may give another under the name after the dot.
    """

    minval: ClassVar[float | None] = None
    option: ClassVar[str]
    sign: ClassVar[int] = 1

    @property
    def name(self) -> str:
        """Its class name, as in `weight_classes`."""
        return type(self).__name__

    @property
    def key(self) -> str:
        """The multiplier's name in metadata of aggregates."""
        return self.option.partition(".")[2]

    def applies(self, ask: Ask) -> bool:
        """Whether hosts may differ; if not, all weigh 0."""
        return True

    def raw(self, host: Host, ask: Ask) -> float:
        """The number of a host."""
        raise NotImplementedError

    def clamped(self, host: Host, ask: Ask) -> float:
        """The number of a host, raised to `minval`."""
        value = self.raw(host, ask)
        return value if self.minval is None else max(value, self.minval)

    def raws(self, fleet: Fleet, at: Positions, ask: Ask) -> Array:
        """The numbers of hosts, raised to `minval`; shape (at,)."""
        import numpy as np

        hosts = fleet.hosts
        return np.fromiter((self.clamped(hosts[position], ask) for position in at), dtype=float, count=len(at))

    def multiplier(self, host: Host, ask: Ask) -> float:
        """The multiplier of a host: the smallest that its aggregates give, or the option.

        Source: nova/scheduler/utils.py, get_weight_multiplier, Nova 34. Liberty knew the option alone.
        """
        default = float(ask.options[self.option])
        return self.sign * (default if ask.options.era == "liberty" else lowest(host, self.key, default))

    def multipliers(self, fleet: Fleet, at: Positions, ask: Ask) -> Array:
        """The multipliers of hosts; shape (at,)."""
        import numpy as np

        found = np.full(len(fleet), self.sign * float(ask.options[self.option]))
        if self.key in fleet.members and ask.options.era != "liberty":
            for position in fleet.members[self.key]:
                found[position] = self.multiplier(fleet.hosts[position], ask)
        return found[at]


def normalized(values: Sequence[float], minval: float | None = None) -> list[float]:
    """Values between 0 and 1: (x - smallest) / (largest - smallest); all 0 when they are equal.

    Parameters
    ----------
    minval : float, optional
        Taken as the smallest; with 0, a value is divided by the largest.

    Source: nova/weights.py, normalize, Nova 34 and 12.

    Examples
    --------
    >>> normalized([2, 4]), normalized([2, 4], 0), normalized([4, 4]), normalized([4, 4], 0)
    ([0.0, 1.0], [0.5, 1.0], [0.0, 0.0], [1.0, 1.0])
    """
    if not values:
        return []
    low = float(min(values) if minval is None else minval)
    high = float(max(values))
    if low == high:
        return [0.0] * len(values)
    return [(value - low) / (high - low) for value in values]
