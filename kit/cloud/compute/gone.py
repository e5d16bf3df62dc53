"""What Nova no longer has: its paths answer 410, so that a client is told apart from one that mistyped."""

from __future__ import annotations

from typing import Any, NoReturn

from kit.cloud.call import Call
from kit.cloud.errors import ApiError
from kit.cloud.service import Service

# Paths below `/v2.1`, with the methods that they had.
PATHS: dict[str, tuple[str, ...]] = {
    "/os-agents": ("GET", "POST"), "/os-agents/{id}": ("PUT", "DELETE"),
    "/os-cells": ("GET", "POST"), "/os-cells/{id}": ("GET", "PUT", "DELETE"), "/os-cells/capacities": ("GET",),
    "/os-cells/detail": ("GET",), "/os-cells/info": ("GET",), "/os-cells/sync_instances": ("POST",),
    "/os-cells/{id}/capacities": ("GET",), "/os-certificates": ("POST",),
    "/os-certificates/{id}": ("GET",), "/os-cloudpipe": ("GET", "POST"), "/os-cloudpipe/{id}": ("PUT",),
    "/os-fixed-ips/{id}": ("GET",), "/os-fixed-ips/{id}/action": ("POST",), "/os-floating-ip-dns": ("GET",),
    "/os-floating-ip-dns/{id}": ("PUT", "DELETE"),
    "/os-floating-ip-dns/{id}/entries/{entry}": ("GET", "PUT", "DELETE"), "/os-floating-ips-bulk": ("GET", "POST"),
    "/os-floating-ips-bulk/{id}": ("GET", "PUT"), "/os-fping": ("GET",), "/os-fping/{id}": ("GET",),
    "/os-security-group-default-rules": ("GET", "POST"),
    "/os-security-group-default-rules/{id}": ("GET", "DELETE"), "/servers/{server_id}/consoles": ("GET", "POST"),
    "/servers/{server_id}/consoles/{id}": ("GET", "DELETE"),
    "/servers/{server_id}/os-virtual-interfaces": ("GET",), "/os-networks": ("POST",), "/os-networks/add": ("POST",),
    "/os-networks/{network_id}": ("DELETE",), "/os-networks/{network_id}/action": ("POST",),
    "/os-tenant-networks": ("POST",), "/os-tenant-networks/{network_id}": ("DELETE",),
}  # fmt: skip


class Gone(ApiError):
    """The path leads to what was removed."""

    status, title = 410, "Gone"


def gone(call: Call, **_given: Any) -> NoReturn:
    """Say that it is no longer there."""
    raise Gone("This resource is no longer available. No forwarding address is given.")


def add_to(service: Service) -> None:
    """Add the operations to the compute service."""
    for template, methods in PATHS.items():
        for method in methods:
            service.add(method, f"/v2.1{template}", gone)
