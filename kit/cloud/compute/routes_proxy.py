"""Paths of Nova's old proxies to the other services, and of what operators used before."""

from __future__ import annotations

from kit.cloud.compute import (
    actions,
    baremetal,
    hosts_old,
    proxy_images,
    proxy_network,
    proxy_security,
    proxy_volumes,
    server_create,
    servers,
)
from kit.cloud.service import Service

# The last microversion with the proxies.
OLD = "2.35"


def add_to(service: Service) -> None:
    """Add the operations to the compute service."""
    add, images, security, network = service.add, proxy_images, proxy_security, proxy_network
    add("GET", "/v2.1/images", images.index, until=OLD)
    add("GET", "/v2.1/images/detail", images.detail, until=OLD)
    add("GET", "/v2.1/images/{image_id}", images.show, until=OLD)
    add("DELETE", "/v2.1/images/{image_id}", images.delete, until=OLD)
    path = "/v2.1/images/{image_id}/metadata"
    add("GET", path, images.meta_index, until="2.38")
    add("POST", path, images.meta_update, until="2.38")
    add("PUT", path, images.meta_replace, until="2.38")
    add("GET", f"{path}/{{key}}", images.meta_show, until="2.38")
    add("PUT", f"{path}/{{key}}", images.meta_set, until="2.38")
    add("DELETE", f"{path}/{{key}}", images.meta_delete, until="2.38")

    add("GET", "/v2.1/os-security-groups", security.index, writes=True, until=OLD)
    add("POST", "/v2.1/os-security-groups", security.create, until=OLD)
    add("GET", "/v2.1/os-security-groups/{group_id}", security.show, until=OLD)
    add("PUT", "/v2.1/os-security-groups/{group_id}", security.update, until=OLD)
    add("DELETE", "/v2.1/os-security-groups/{group_id}", security.delete, until=OLD)
    add("POST", "/v2.1/os-security-group-rules", security.rule_create, until=OLD)
    add("DELETE", "/v2.1/os-security-group-rules/{rule_id}", security.rule_delete, until=OLD)

    add("GET", "/v2.1/os-floating-ip-pools", network.pool_index, until=OLD)
    add("GET", "/v2.1/os-floating-ips", network.floating_index, until=OLD)
    add("POST", "/v2.1/os-floating-ips", network.floating_create, until=OLD)
    add("GET", "/v2.1/os-floating-ips/{floating_id}", network.floating_show, until=OLD)
    add("DELETE", "/v2.1/os-floating-ips/{floating_id}", network.floating_delete, until=OLD)
    add("GET", "/v2.1/os-networks", network.network_index, until=OLD)
    add("GET", "/v2.1/os-networks/{network_id}", network.network_show, until=OLD)
    add("GET", "/v2.1/os-tenant-networks", network.tenant_index, until=OLD)
    add("GET", "/v2.1/os-tenant-networks/{network_id}", network.tenant_show, until=OLD)

    proxy_volumes.add_to(service, OLD)
    baremetal.add_to(service, OLD)

    # Once the way to boot from a volume; servers by another name since.
    boot = "/v2.1/os-volumes_boot"
    add("GET", boot, servers.index, until="2.102")
    add("POST", boot, server_create.create, until="2.102")
    add("GET", f"{boot}/detail", servers.detail, until="2.102")
    add("GET", f"{boot}/{{server_id}}", servers.show, until="2.102")
    add("PUT", f"{boot}/{{server_id}}", servers.update, until="2.102")
    add("DELETE", f"{boot}/{{server_id}}", servers.delete, until="2.102")
    add("POST", f"{boot}/{{server_id}}/action", actions.perform, until="2.102")

    add("GET", "/v2.1/os-hosts", hosts_old.host_index, until="2.42")
    add("GET", "/v2.1/os-hosts/{host}", hosts_old.host_show, until="2.42")
    add("PUT", "/v2.1/os-hosts/{host}", hosts_old.host_update, until="2.42")
    for verb in ("startup", "shutdown", "reboot"):
        add("GET", f"/v2.1/os-hosts/{{host}}/{verb}", hosts_old.host_power, until="2.42")
    add("GET", "/v2.1/os-instance_usage_audit_log", hosts_old.audit_index)
    add("GET", "/v2.1/os-instance_usage_audit_log/{before}", hosts_old.audit_show)
    add("POST", "/v2.1/os-server-external-events", hosts_old.external_events)
