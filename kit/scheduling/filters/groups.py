"""Filters on server groups."""

from __future__ import annotations

from kit.scheduling.ask import Ask
from kit.scheduling.filters.base import Filter
from kit.scheduling.host import Host


class ServerGroupAntiAffinityFilter(Filter):
    """A host may carry fewer members of the group than `max_server_per_host`, by default none.

    Source: nova/scheduler/filters/affinity_filter.py, Nova 34.
    """

    def applies(self, ask: Ask) -> bool:
        group = ask.request.group
        return group is not None and group.policy == "anti-affinity"

    def reason(self, host: Host, ask: Ask) -> str:
        group = ask.request.group
        if ask.options.era == "liberty" and group is not None and self.applies(ask):
            return "carries a member of the group already" if host.name in group.hosts else ""
        if not host.instances or group is None or not self.applies(ask) or ask.server in host.instances:
            return ""
        here = ask.members.intersection(host.instances)
        if len(here) < group.max_server_per_host:
            return ""
        return f"carries {', '.join(sorted(here))} of the group already; at most {group.max_server_per_host} may be"


class ServerGroupAffinityFilter(Filter):
    """Once the group is somewhere, only there.

    Source: nova/scheduler/filters/affinity_filter.py, Nova 34.
    """

    def applies(self, ask: Ask) -> bool:
        group = ask.request.group
        return group is not None and group.policy == "affinity" and bool(group.hosts)

    def reason(self, host: Host, ask: Ask) -> str:
        group = ask.request.group
        if group is None or not self.applies(ask) or host.name in group.hosts:
            return ""
        return f"carries no member of the group; they are on {', '.join(sorted(set(group.hosts)))}"
