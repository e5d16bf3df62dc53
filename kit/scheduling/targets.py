"""Hosts that a request names: the one it wants, those it forces, those it leaves out."""

from __future__ import annotations

from collections.abc import Sequence

from kit.scheduling.host import Host
from kit.scheduling.request import Request


def narrowed(hosts: Sequence[Host], at: Sequence[int], request: Request) -> tuple[list[int], bool]:
    """Positions that are left, and whether the host is forced, so that no filter is run.

    Source: nova/scheduler/host_manager.py, get_filtered_hosts, Nova 34.
    """
    left = list(at)
    if request.destination_host or request.destination_node:
        name, node = request.destination_host, request.destination_node
        left = [place for place in left if name in (None, hosts[place].name) and node in (None, hosts[place].node)]
    if request.ignore_hosts:
        ignored = {name.lower() for name in request.ignore_hosts}
        left = [place for place in left if hosts[place].name.lower() not in ignored]
    if request.force_hosts:
        forced = {name.lower() for name in request.force_hosts}
        left = [place for place in left if hosts[place].name.lower() in forced]
    if request.force_nodes:
        left = [place for place in left if hosts[place].node in request.force_nodes]
    checked = "_nova_check_type" in request.hints
    return left, bool(request.force_hosts or request.force_nodes) and not checked
