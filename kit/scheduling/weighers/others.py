"""Weighers on the version of the hypervisor, on cells, and on images of servers there."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from kit.scheduling.ask import Ask
from kit.scheduling.fleet import Fleet
from kit.scheduling.host import Host
from kit.scheduling.options import weights_by_name
from kit.scheduling.weighers.base import Weigher

if TYPE_CHECKING:
    from kit.scheduling.fleet import Array, Positions


class HypervisorVersionWeigher(Weigher):
    """Newer hypervisors first.

    Source: nova/scheduler/weights/hypervisor_version.py, Nova 34.
    """

    option = "filter_scheduler.hypervisor_version_weight_multiplier"

    def raw(self, host: Host, ask: Ask) -> float:
        return host.hypervisor_version or 0

    def raws(self, fleet: Fleet, at: Positions, ask: Ask) -> Array:
        return fleet.column("hypervisor_version", lambda host: host.hypervisor_version or 0)[at]


class CrossCellWeigher(Weigher):
    """For a move that may leave its cell: hosts of the cell first.

    Source: nova/scheduler/weights/cross_cell.py, Nova 34.
    """

    option = "filter_scheduler.cross_cell_move_weight_multiplier"

    def applies(self, ask: Ask) -> bool:
        return bool(ask.request.source_cell) and ask.request.allow_cross_cell_move

    def raw(self, host: Host, ask: Ask) -> float:
        if not self.applies(ask):
            return 0
        return 1 if host.cell_uuid == ask.request.source_cell else -1


class ImagePropertiesWeigher(Weigher):
    """Servers on the host whose images have the same properties, counted by property; off by default.

    Source: nova/scheduler/weights/image_props.py, Nova 34.
    """

    option = "filter_scheduler.image_props_weight_multiplier"

    def applies(self, ask: Ask) -> bool:
        return ask.options[self.option] != 0.0 and bool(ask.request.image.stated)

    def raw(self, host: Host, ask: Ask) -> float:
        if not host.instances or not self.applies(ask):
            return 0.0
        there = Counter(pair for each in host.instances.values() for pair in each.image.stated)
        setting = dict(weights_by_name(ask.options["filter_scheduler.image_props_weight_setting"]))
        ratios = {name: setting.get(name, 0.0) if setting else 1.0 for name, _ in ask.request.image.stated}
        return sum(ratios[pair[0]] * there[pair] for pair in sorted(ask.request.image.stated))
