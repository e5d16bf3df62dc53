"""Inventories of resource providers, and the arithmetic of their capacity."""

from __future__ import annotations

from dataclasses import dataclass

from kit.scheduling.errors import InventoryError

UNITS = {"MEMORY_MB": " MB", "DISK_GB": " GB", "VCPU": " vCPU", "PCPU": " pCPU"}


@dataclass(frozen=True, slots=True)
class Inventory:
    """So much of a resource class.

    Attributes
    ----------
    total, reserved : int
        In the unit of the class: vCPUs, MiB, GiB.
    allocation_ratio : float
        Overcommit.
    min_unit, max_unit, step_size : int
        What one allocation may be; `max_unit` is the total where it is not given.

    Raises
    ------
    InventoryError
        A number is out of its range.

    Source: placement/objects/inventory.py, Placement 16.
    """

    total: int
    reserved: int = 0
    allocation_ratio: float = 1.0
    min_unit: int = 1
    max_unit: int = 0
    step_size: int = 1

    def __post_init__(self) -> None:
        if not self.max_unit:
            object.__setattr__(self, "max_unit", self.total)
        if self.total < 1 or self.min_unit < 1 or self.max_unit < 1 or self.step_size < 1 or self.reserved < 0:
            raise InventoryError(
                f"{self} has a number below what makes sense", todo="Totals and units start at 1, the reserve at 0."
            )
        if self.reserved > self.total:
            raise InventoryError(f"{self.reserved} reserved of {self.total}", todo="Reserve no more than there is.")

    @property
    def capacity(self) -> float:
        """What may be allocated in all: (total - reserved) x ratio."""
        return (self.total - self.reserved) * self.allocation_ratio

    def refuses(self, asked: int, used: int, name: str = "") -> str:
        """Why an amount cannot be allocated, with the figures; empty when it can."""
        unit = UNITS.get(name, f" {name}" if name else "")
        if used + asked > self.capacity:
            left = self.capacity - used
            ratio = f" x {self.allocation_ratio:g}"
            return (
                f"asks {asked}{unit}; ({self.total} - {self.reserved}){ratio} - {used} = {left:g}{unit} are free"
            )  # fmt: skip
        if asked > self.max_unit:
            return f"asks {asked}{unit} at once; one server may have at most {self.max_unit}{unit} (max_unit)"
        if asked < self.min_unit:
            return f"asks {asked}{unit}; at least {self.min_unit}{unit} must be taken (min_unit)"
        if asked % self.step_size:
            return f"asks {asked}{unit}; it is given in steps of {self.step_size}{unit} (step_size)"
        return ""
