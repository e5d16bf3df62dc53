"""Filters on the compute service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kit.scheduling.ask import Ask
from kit.scheduling.filters.base import Filter
from kit.scheduling.fleet import Fleet
from kit.scheduling.host import Host

if TYPE_CHECKING:
    from kit.scheduling.fleet import Array, Positions


class AllHostsFilter(Filter):
    """Lets every host pass."""

    once = True

    def applies(self, ask: Ask) -> bool:
        return False

    def reason(self, host: Host, ask: Ask) -> str:
        return ""


class ComputeFilter(Filter):
    """The service must be enabled and up.

    Today Placement leaves disabled hosts out before; the filter sees those that are down.

    Source: nova/scheduler/filters/compute_filter.py, Nova 34.
    """

    once = True

    def reason(self, host: Host, ask: Ask) -> str:
        service = host.service
        if service.disabled:
            return "nova-compute is disabled"
        if service.forced_down:
            return "nova-compute is forced down"
        return "nova-compute has not reported for too long" if service.heartbeat_stale else ""

    def mask(self, fleet: Fleet, at: Positions, ask: Ask) -> Array:
        return fleet.column("service", lambda host: host.service.up and not host.service.disabled, bool)[at]
