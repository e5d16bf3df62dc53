"""Weighers on server groups with soft policies."""

from __future__ import annotations

from kit.scheduling.ask import Ask
from kit.scheduling.host import Host
from kit.scheduling.weighers.base import Weigher


class ServerGroupSoftAffinityWeigher(Weigher):
    """Members of a soft-affinity group on the host.

    Source: nova/scheduler/weights/affinity.py, Nova 34.
    """

    option = "filter_scheduler.soft_affinity_weight_multiplier"
    policy = "soft-affinity"
    direction = 1

    def applies(self, ask: Ask) -> bool:
        return ask.request.group is not None and ask.request.group.policy == self.policy

    def raw(self, host: Host, ask: Ask) -> float:
        if not host.instances or not self.applies(ask):
            return 0
        return self.direction * len(ask.members.intersection(host.instances))


class ServerGroupSoftAntiAffinityWeigher(ServerGroupSoftAffinityWeigher):
    """Members of a soft-anti-affinity group on the host, with a minus."""

    option = "filter_scheduler.soft_anti_affinity_weight_multiplier"
    policy = "soft-anti-affinity"
    direction = -1
