"""The errors of scheduling.

    SchedulingError                     (kit.errors) anything below
    ├── OptionError                     an option, a filter or a weigher is unknown, or its value is of another kind
    ├── RequestError                    a flavor, an image, a hint or a host has something that has no meaning
    ├── NoValidHost                     no host is left for a server
    ├── PlacementError                  Placement refuses a change
    │   ├── InventoryError              an inventory does not make sense, or is smaller than what is in use
    │   ├── CapacityExceeded            an allocation is larger than what is left (409)
    │   ├── ConcurrentUpdate            somebody else changed the provider or the consumer first (409)
    │   └── UnknownProvider             there is no such resource provider (404)
    ├── ClaimError                      a compute host cannot give what a server asks for
    ├── SourceError                     a cloud refuses to show its hosts
    └── VersionError                    a microversion is not one, or not known

NoValidHost is raised by `Decision.demand()` alone: a scheduler that finds no host gives a record, not an error.
"""

from __future__ import annotations

from kit.errors import SchedulingError


class OptionError(SchedulingError):
    """An option, a filter or a weigher is unknown, or its value is of another kind."""


class RequestError(SchedulingError):
    """A flavor, an image, a hint or a host has something that has no meaning."""


class NoValidHost(SchedulingError):
    """No host is left for a server."""


class PlacementError(SchedulingError):
    """Placement refuses a change.

    Attributes
    ----------
    status : int
        What its API answers.
    code : str
        The code in the API's error body.
    """

    status, code = 409, "placement.undefined_code"


class InventoryError(PlacementError):
    """An inventory does not make sense, or is smaller than what is in use."""

    code = "placement.inventory.inuse"


class CapacityExceeded(PlacementError):
    """An allocation is larger than what is left.

    Attributes
    ----------
    provider, resource_class : str
        Where.
    asked : int
        In the unit of the class: vCPUs, MiB, GiB.
    """

    def __init__(self, what: str, *, provider: str = "", resource_class: str = "", asked: int = 0) -> None:
        super().__init__(what, where=provider)
        self.provider, self.resource_class, self.asked = provider, resource_class, asked


class ConcurrentUpdate(PlacementError):
    """Somebody else changed the provider or the consumer first; read again and retry."""

    code = "placement.concurrent_update"


class UnknownProvider(PlacementError):
    """There is no such resource provider."""

    status = 404


class ClaimError(SchedulingError):
    """A compute host cannot give what a server asks for."""


class SourceError(SchedulingError):
    """A cloud refuses to show its hosts."""


def amount(name: str, value: float) -> None:
    """Raise RequestError unless a value is a finite number of at least 0."""
    if not 0 <= value < float("inf"):
        raise RequestError(f"{name} is {value!r}", todo="It must be a number of at least 0.")


class VersionError(SchedulingError):
    """A microversion is not one, or not known."""
