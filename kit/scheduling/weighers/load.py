"""Weighers on what a host is busy with, or failed at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kit.scheduling.ask import Ask
from kit.scheduling.errors import OptionError
from kit.scheduling.fleet import Fleet
from kit.scheduling.host import Host
from kit.scheduling.options import weights_by_name
from kit.scheduling.weighers.base import Weigher

if TYPE_CHECKING:
    from kit.scheduling.fleet import Array, Positions


class IoOpsWeigher(Weigher):
    """I/O operations under way; the multiplier is negative by default.

    Source: nova/scheduler/weights/io_ops.py, Nova 34.
    """

    minval, option = 0, "filter_scheduler.io_ops_weight_multiplier"

    def raw(self, host: Host, ask: Ask) -> float:
        return host.num_io_ops

    def raws(self, fleet: Fleet, at: Positions, ask: Ask) -> Array:
        return fleet.column("num_io_ops", lambda host: host.num_io_ops)[at].clip(0)


class NumInstancesWeigher(Weigher):
    """Servers on the host; off by default, a negative multiplier spreads by count.

    Source: nova/scheduler/weights/num_instances.py, Nova 34.
    """

    option = "filter_scheduler.num_instances_weight_multiplier"

    def raw(self, host: Host, ask: Ask) -> float:
        return host.num_instances

    def raws(self, fleet: Fleet, at: Positions, ask: Ask) -> Array:
        return fleet.column("num_instances", lambda host: host.num_instances)[at]


class BuildFailureWeigher(Weigher):
    """Builds that failed of late; the multiplier is taken with a minus, and outweighs all others.

    Source: nova/scheduler/weights/compute.py, Nova 34.
    """

    option, sign = "filter_scheduler.build_failure_weight_multiplier", -1

    def raw(self, host: Host, ask: Ask) -> float:
        return host.failed_builds

    def raws(self, fleet: Fleet, at: Positions, ask: Ask) -> Array:
        return fleet.column("failed_builds", lambda host: host.failed_builds)[at]


class MetricsWeigher(Weigher):
    """A sum of measured values, each with the ratio of `metrics.weight_setting`.

    Source: nova/scheduler/weights/metrics.py, Nova 34.
    """

    option = "metrics.weight_multiplier"

    @property
    def key(self) -> str:
        return "metrics_weight_multiplier"

    def applies(self, ask: Ask) -> bool:
        return bool(ask.options["metrics.weight_setting"])

    def raw(self, host: Host, ask: Ask) -> float:
        """The sum; where a value is missing, `metrics.weight_of_unavailable`.

        Raises
        ------
        OptionError
            It is missing, and `metrics.required` says that it may not be.
        """
        total = 0.0
        for name, ratio in weights_by_name(ask.options["metrics.weight_setting"]):
            if name in host.metrics:
                total += host.metrics[name] * ratio
            elif ask.options["metrics.required"]:
                raise OptionError(
                    f"{host.name} does not measure {name}, and metrics.required is true",
                    todo="Enable MetricsFilter, or set metrics.required to false.",
                )
            elif ratio * self.multiplier(host, ask) != 0:
                return float(ask.options["metrics.weight_of_unavailable"])
        return total
