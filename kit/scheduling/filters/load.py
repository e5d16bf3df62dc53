"""Filters on what a host is busy with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kit.scheduling.aggregate import lowest
from kit.scheduling.ask import Ask
from kit.scheduling.filters.base import Filter
from kit.scheduling.fleet import Fleet
from kit.scheduling.host import Host
from kit.scheduling.options import weights_by_name

if TYPE_CHECKING:
    from kit.scheduling.fleet import Array, Positions


class IoOpsFilter(Filter):
    """Fewer builds, resizes, snapshots and migrations than `max_io_ops_per_host`.

    Source: nova/scheduler/filters/io_ops_filter.py, Nova 34.
    """

    def limit(self, host: Host, ask: Ask) -> int:
        """The limit that holds for a host."""
        return int(ask.options["filter_scheduler.max_io_ops_per_host"])

    def reason(self, host: Host, ask: Ask) -> str:
        limit = self.limit(host, ask)
        if host.num_io_ops < limit:
            return ""
        return f"has {host.num_io_ops} I/O operations under way; it must have fewer than {limit}"

    def mask(self, fleet: Fleet, at: Positions, ask: Ask) -> Array:
        passing = fleet.column("num_io_ops", lambda host: host.num_io_ops)[at] < self.limit(fleet.hosts[0], ask)
        return passing if type(self) is IoOpsFilter else super().mask(fleet, at, ask)


class AggregateIoOpsFilter(IoOpsFilter):
    """The same with the smallest `max_io_ops_per_host` of the host's aggregates."""

    def limit(self, host: Host, ask: Ask) -> int:
        return lowest(host, "max_io_ops_per_host", super().limit(host, ask))


class NumInstancesFilter(Filter):
    """Fewer servers than `max_instances_per_host`.

    Source: nova/scheduler/filters/num_instances_filter.py, Nova 34.
    """

    def limit(self, host: Host, ask: Ask) -> int:
        """The limit that holds for a host."""
        return int(ask.options["filter_scheduler.max_instances_per_host"])

    def reason(self, host: Host, ask: Ask) -> str:
        limit = self.limit(host, ask)
        return "" if host.num_instances < limit else f"has {host.num_instances} servers; it must have under {limit}"

    def mask(self, fleet: Fleet, at: Positions, ask: Ask) -> Array:
        passing = fleet.column("num_instances", lambda host: host.num_instances)[at] < self.limit(fleet.hosts[0], ask)
        return passing if type(self) is NumInstancesFilter else super().mask(fleet, at, ask)


class AggregateNumInstancesFilter(NumInstancesFilter):
    """The same with the smallest `max_instances_per_host` of the host's aggregates."""

    def limit(self, host: Host, ask: Ask) -> int:
        return lowest(host, "max_instances_per_host", super().limit(host, ask))


class MetricsFilter(Filter):
    """Only hosts that measure what the metrics weigher weighs.

    Source: nova/scheduler/filters/metrics_filter.py, Nova 34.
    """

    def applies(self, ask: Ask) -> bool:
        return bool(ask.options["metrics.weight_setting"])

    def reason(self, host: Host, ask: Ask) -> str:
        wanted = {name for name, _ in weights_by_name(ask.options["metrics.weight_setting"])}
        missing = sorted(wanted - set(host.metrics))
        return f"does not measure {', '.join(missing)}" if missing else ""
