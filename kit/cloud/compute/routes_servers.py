"""Paths of servers and all below them."""

from __future__ import annotations

from kit.cloud.compute import (
    access,
    actions,
    console_tokens,
    imaging,
    instance_actions,
    moves,
    power,
    proxy_network,
    rebuild,
    server_create,
    server_diagnostics,
    server_parts,
    server_shares,
    server_topology,
    servers,
    states,
    volume_attachments,
)
from kit.cloud.compute.live import request, steps, turning, views
from kit.cloud.service import Service

# Each adds its actions to the table of actions.
ACTION_MODULES = (access, imaging, moves, power, proxy_network, rebuild, request)


def add_to(service: Service) -> None:
    """Add the operations to the compute service."""
    add, parts = service.add, server_parts
    states.register(service)
    steps.register(service)
    add("GET", "/v2.1/servers", servers.index)
    add("GET", "/v2.1/servers/detail", servers.detail)
    add("POST", "/v2.1/servers", server_create.create)
    one = "/v2.1/servers/{server_id}"
    add("GET", one, servers.show)
    add("PUT", one, servers.update)
    add("DELETE", one, servers.delete)
    add("POST", f"{one}/action", actions.perform)
    add("GET", f"{one}/ips", servers.address_index)
    add("GET", f"{one}/ips/{{label}}", servers.address_show)

    add("GET", f"{one}/metadata", parts.meta_index)
    add("POST", f"{one}/metadata", parts.meta_update)
    add("PUT", f"{one}/metadata", parts.meta_replace)
    add("GET", f"{one}/metadata/{{key}}", parts.meta_show)
    add("PUT", f"{one}/metadata/{{key}}", parts.meta_set)
    add("DELETE", f"{one}/metadata/{{key}}", parts.meta_delete)

    add("GET", f"{one}/tags", parts.tag_index, since="2.26")
    add("PUT", f"{one}/tags", parts.tag_replace, since="2.26")
    add("DELETE", f"{one}/tags", parts.tag_clear, since="2.26")
    add("GET", f"{one}/tags/{{tag}}", parts.tag_check, since="2.26")
    add("PUT", f"{one}/tags/{{tag}}", parts.tag_add, since="2.26")
    add("DELETE", f"{one}/tags/{{tag}}", parts.tag_delete, since="2.26")

    add("GET", f"{one}/os-interface", parts.interface_index)
    add("POST", f"{one}/os-interface", parts.interface_create)
    add("GET", f"{one}/os-interface/{{port_id}}", parts.interface_show)
    add("DELETE", f"{one}/os-interface/{{port_id}}", parts.interface_delete)

    volume_attachments.add_to(service)
    server_shares.add_to(service)
    console_tokens.add_to(service)

    add("GET", f"{one}/os-security-groups", parts.group_index)
    add("GET", f"{one}/os-instance-actions", instance_actions.index)
    add("GET", f"{one}/os-instance-actions/{{request_id}}", instance_actions.show)
    add("GET", f"{one}/os-server-password", parts.password_show)
    add("DELETE", f"{one}/os-server-password", parts.password_clear)
    add("GET", f"{one}/diagnostics", server_diagnostics.diagnostics)
    add("POST", f"{one}/remote-consoles", parts.remote_console, since="2.6")
    add("GET", f"{one}/topology", server_topology.show, since="2.78")
    add("GET", f"{one}/migrations", views.server_index, since="2.23")
    add("GET", f"{one}/migrations/{{migration_id}}", views.server_show, since="2.23")
    add("DELETE", f"{one}/migrations/{{migration_id}}", turning.abort, since="2.24")
    add("POST", f"{one}/migrations/{{migration_id}}/action", turning.act, since="2.22")
    add("GET", "/v2.1/os-migrations", views.index)
