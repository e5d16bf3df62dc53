"""PCI devices of a host, counted in pools of equal ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class PciPool:
    """Devices that are alike.

    Attributes
    ----------
    count : int
        Devices that are free.
    numa_node : int, optional
        The cell they are near; None when the host does not say.
    dev_type : str
        `type-PCI`, `type-PF`, `type-VF` or `vdpa`.
    tags : mapping
        Others, as `physical_network`, `remote_managed` or `live_migratable`.

    Source: nova/pci/stats.py, Nova 34.
    """

    vendor_id: str
    product_id: str
    count: int
    numa_node: int | None = None
    dev_type: str = "type-PCI"
    tags: Mapping[str, str] = field(default_factory=dict)

    def get(self, name: str) -> Any:
        """A property by name; None where it has none."""
        if name in ("vendor_id", "product_id", "numa_node", "dev_type"):
            return getattr(self, name)
        return self.tags.get(name)

    def matches(self, spec: Mapping[str, Any]) -> bool:
        """Whether all of a spec's properties are those of the pool; letters' case is no matter."""
        return all(_lower(self.get(name)) == _lower(value) for name, value in spec.items())

    def less(self, count: int) -> PciPool:
        """The pool with some devices taken."""
        return replace(self, count=self.count - count)

    @classmethod
    def from_list(cls, data: Iterable[Mapping[str, Any]]) -> tuple[PciPool, ...]:
        """Pools from a list of `{"vendor_id", "product_id", "count", "numa_node", "dev_type", ...}`.

        Pools with fewer tags come first: they are tried first.
        """
        own = ("vendor_id", "product_id", "count", "numa_node", "dev_type", "tags")
        pools = [
            cls(
                each["vendor_id"], each["product_id"], each["count"], each.get("numa_node"),
                each.get("dev_type", "type-PCI"),
                dict(each.get("tags") or {}) | {name: value for name, value in each.items() if name not in own},
            )
            for each in data
        ]  # fmt: skip
        return tuple(sorted(pools, key=lambda pool: len(pool.tags)))


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value
