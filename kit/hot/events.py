"""What happens to a stack and its resources, one line each."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Event:
    """An event.

    Attributes
    ----------
    name : str
        The resource, or the stack for its own events.
    state : str
        `CREATE_IN_PROGRESS` and the like.
    """

    id: str
    time: float
    name: str
    type: str
    action: str
    status: str
    reason: str
    physical_id: str | None

    @property
    def state(self) -> str:
        """Action and status."""
        return f"{self.action}_{self.status}"

    def __str__(self) -> str:
        return f"{self.name} {self.state}"

    def to_dict(self) -> dict[str, Any]:
        """The event as plain data."""
        return asdict(self)
