"""Allocation candidates of many providers at once."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from kit.scheduling.placement import Placement, Provider
from kit.scheduling.resources import RequestGroup, ResourceQuery

if TYPE_CHECKING:
    from kit.scheduling.fleet import Array


_PARTS = ("total", "reserved", "allocation_ratio", "max_unit", "min_unit", "step_size")
_NUMBERS = attrgetter(*_PARTS)
_NONE = SimpleNamespace(total=-1, reserved=0, allocation_ratio=1.0, max_unit=-1, min_unit=1, step_size=1)


class Candidates:
    """Finds the candidates of a query with NumPy; the same that `Placement.candidates` gives.

    Inventories, traits and aggregates are kept as columns until one changes; of usage, only what changed is read.
    """

    def __init__(self, placement: Placement) -> None:
        self.placement = placement
        self._version = -1
        self._seen = 0
        self._providers: list[Provider] = []
        self._places: dict[str, int] = {}
        self._columns: dict[str, Array] = {}

    def find(self, query: ResourceQuery) -> list[str]:
        """Providers that meet a query, in their order, at most as many as its limit."""
        import numpy as np

        self._renew()
        passing = self._traits(query.root_required, query.root_forbidden)
        if query.group_policy == "isolate" and sum(1 for suffix in query.groups if suffix) > 1:
            return []
        for group in query.groups.values():
            passing &= self._group(group)
        if len(query.groups) > 1:
            for name, amount in query.resources.items():
                passing &= self._fits(name, amount)
        found = [self._providers[place].name for place in np.flatnonzero(passing)]
        return found[: query.limit]

    def _renew(self) -> None:
        place = self.placement
        if self._version != place.version or len(self._providers) != len(place.providers):
            self._providers = list(place.providers.values())
            self._places = {each.name: number for number, each in enumerate(self._providers)}
            self._columns = {}
            self._version, self._seen = place.version, len(place.touched)
        for name in set(place.touched[self._seen :]):
            number = self._places[name]
            for key, values in self._columns.items():
                if key.startswith("used:"):
                    values[number] = self._providers[number].used.get(key[5:], 0)
        self._seen = len(place.touched)

    def _column(self, key: str, of: Callable[[Provider], Any], kind: type) -> Array:
        import numpy as np

        if key not in self._columns:
            self._columns[key] = np.fromiter(map(of, self._providers), dtype=kind, count=len(self._providers))
        return self._columns[key]

    def _inventory(self, name: str) -> tuple[Array, Array, Array, Array]:
        """Capacity, max_unit, min_unit and step_size of each provider; what has no inventory takes nothing."""
        import numpy as np

        parts = ("capacity", "max_unit", "min_unit", "step_size")
        if f"capacity:{name}" not in self._columns:
            rows = [_NUMBERS(each.inventories.get(name, _NONE)) for each in self._providers]
            total, reserved, ratio, *units = np.array(rows, dtype=float).reshape(-1, len(_PARTS)).T
            for part, values in zip(parts, ((total - reserved) * ratio, *units), strict=True):
                self._columns[f"{part}:{name}"] = values
        capacity, most, least, step = (self._columns[f"{part}:{name}"] for part in parts)
        return capacity, most, least, step

    def _fits(self, name: str, amount: int) -> Array:
        used = self._column(f"used:{name}", lambda each: each.used.get(name, 0), float)
        capacity, most, least, step = self._inventory(name)
        return (used + amount <= capacity) & (amount <= most) & (amount >= least) & (amount % step == 0)

    def _group(self, group: RequestGroup) -> Array:
        passing = self._traits(group.required, group.forbidden)
        if group.in_tree is not None:
            passing &= self._column(f"tree:{group.in_tree}", lambda each: each.name == group.in_tree, bool)
        for name, amount in group.resources.items():
            passing &= self._fits(name, amount)
        for names in group.member_of:
            key = f"in:{','.join(sorted(names))}"
            passing &= self._column(key, lambda each, names=names: bool(names & each.aggregates), bool)  # type: ignore[misc]
        if group.not_member_of:
            kept = frozenset(group.not_member_of)
            passing &= ~self._column(f"in:{','.join(sorted(kept))}", lambda each: bool(kept & each.aggregates), bool)
        return passing

    def _traits(self, required: set[str], forbidden: set[str]) -> Array:
        import numpy as np

        passing = np.ones(len(self._providers), dtype=bool)
        for name in required | forbidden:
            has = self._column(f"trait:{name}", lambda each, name=name: name in each.traits, bool)  # type: ignore[misc]
            passing &= has if name in required else ~has
        return passing
