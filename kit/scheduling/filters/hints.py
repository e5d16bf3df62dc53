"""Filters on scheduler hints that name servers or addresses."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

from kit.scheduling.ask import Ask
from kit.scheduling.errors import RequestError
from kit.scheduling.filters.base import Filter
from kit.scheduling.host import Host


class DifferentHostFilter(Filter):
    """Not where the servers of the hint `different_host` are.

    Source: nova/scheduler/filters/affinity_filter.py, Nova 34.
    """

    once = True

    def applies(self, ask: Ask) -> bool:
        return bool(ask.request.hint_list("different_host"))

    def reason(self, host: Host, ask: Ask) -> str:
        here = [server for server in ask.request.hint_list("different_host") if server in host.instances]
        return f"carries {', '.join(here)}, from which the server must be apart" if here else ""


class SameHostFilter(Filter):
    """Only where one of the servers of the hint `same_host` is."""

    once = True

    def applies(self, ask: Ask) -> bool:
        return bool(ask.request.hint_list("same_host"))

    def reason(self, host: Host, ask: Ask) -> str:
        wanted = ask.request.hint_list("same_host")
        if not wanted or any(server in host.instances for server in wanted):
            return ""
        return f"carries none of {', '.join(wanted)}"


class SimpleCIDRAffinityFilter(Filter):
    """Only hosts in the network of `build_near_host_ip` with the prefix of `cidr` (by default /24)."""

    once = True

    def applies(self, ask: Ask) -> bool:
        return bool(ask.request.hint("build_near_host_ip"))

    def reason(self, host: Host, ask: Ask) -> str:
        near = ask.request.hint("build_near_host_ip")
        if not near:
            return ""
        text = f"{near}{ask.request.hint('cidr', '/24')}"
        try:
            network = ip_network(text, strict=False)
        except ValueError:
            raise RequestError(f"{text} is no network", todo="Write the hint cidr as /24.") from None
        return "" if ip_address(host.host_ip) in network else f"has address {host.host_ip}, outside {network}"
