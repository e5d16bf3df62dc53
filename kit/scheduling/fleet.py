"""Many hosts as columns: what filters and weighers compute for all at once."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from kit.scheduling.host import Host

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]
    Positions = np.ndarray[Any, np.dtype[np.int64]]


@cache
def have_numpy() -> bool:
    """Whether NumPy is there; without it hosts are looked at one at a time."""
    return importlib.util.find_spec("numpy") is not None


class Fleet:
    """Hosts by position, and columns of what is asked of them, computed once.

    A host that changes makes another fleet: the columns are copied and mended at its place.
    """

    def __init__(self, hosts: Sequence[Host]) -> None:
        self.hosts = list(hosts)
        self._columns: dict[str, tuple[Callable[[Host], Any], Array]] = {}
        self._members: dict[str, list[int]] | None = None

    def __len__(self) -> int:
        return len(self.hosts)

    def column(self, name: str, of: Callable[[Host], Any], kind: type = float) -> Array:
        """A value of each host, shape (hosts,).

        Parameters
        ----------
        name : str
            Names the column; it is computed once for each name.
        kind : type
            float, int or bool.
        """
        import numpy as np

        if name not in self._columns:
            self._columns[name] = (of, np.fromiter(map(of, self.hosts), dtype=kind, count=len(self.hosts)))
        return self._columns[name][1]

    @property
    def members(self) -> dict[str, list[int]]:
        """Positions of the hosts that are in an aggregate with a metadata key, by that key."""
        if self._members is None:
            found: dict[str, list[int]] = {}
            for position, host in enumerate(self.hosts):
                for key in {key for each in host.aggregates for key in each.metadata}:
                    found.setdefault(key, []).append(position)
            self._members = found
        return self._members

    def replaced(self, position: int, host: Host) -> Fleet:
        """The same fleet with one host changed."""
        other = Fleet(self.hosts)
        other.hosts[position] = host
        other._members = self._members
        for name, (of, values) in self._columns.items():
            values = values.copy()
            values[position] = of(host)
            other._columns[name] = (of, values)
        return other
