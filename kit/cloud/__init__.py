"""A mock OpenStack: services over one store and one clock, in process or on a port.

>>> from kit.cloud import Cloud
>>> conn = Cloud(clock="manual", random_seed=0).connect()
>>> conn.current_project.name
'admin'
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kit.cloud.clock import Clock
    from kit.cloud.cloud import Cloud
    from kit.cloud.faults import Fault
    from kit.cloud.record import Exchange

__all__ = ["Clock", "Cloud", "Exchange", "Fault"]

_HOMES = {"Clock": "clock", "Cloud": "cloud", "Exchange": "record", "Fault": "faults"}


def __getattr__(name: str) -> Any:
    # Loaded when first asked for: pytest loads the plugin below this package at every start, also where no
    # test wants a cloud.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        home = import_module(f"kit.cloud.{_HOMES[name]}")
    except AttributeError as error:  # Python would take it for a missing name
        raise ImportError(f"kit.cloud.{_HOMES[name]} cannot be loaded: {error}") from error
    found = globals()[name] = getattr(home, name)
    return found
