"""Paths of what surrounds servers: flavors, key pairs, hosts, groups, quotas."""

from __future__ import annotations

from kit.cloud.compute import (
    aggregates,
    assisted_snapshots,
    extensions,
    flavors,
    hosts,
    keypairs,
    quotas,
    server_groups,
    usage,
)
from kit.cloud.service import Service


def add_to(service: Service) -> None:
    """Add the operations to the compute service."""
    add = service.add
    add("GET", "/v2.1/flavors", flavors.index)
    add("GET", "/v2.1/flavors/detail", flavors.detail)
    add("POST", "/v2.1/flavors", flavors.create)
    add("GET", "/v2.1/flavors/{flavor_id}", flavors.show)
    add("PUT", "/v2.1/flavors/{flavor_id}", flavors.update, since="2.55")
    add("DELETE", "/v2.1/flavors/{flavor_id}", flavors.delete)
    add("POST", "/v2.1/flavors/{flavor_id}/action", flavors.action)
    add("GET", "/v2.1/flavors/{flavor_id}/os-flavor-access", flavors.access_index)
    add("GET", "/v2.1/flavors/{flavor_id}/os-extra_specs", flavors.spec_index)
    add("POST", "/v2.1/flavors/{flavor_id}/os-extra_specs", flavors.spec_create)
    add("GET", "/v2.1/flavors/{flavor_id}/os-extra_specs/{key}", flavors.spec_show)
    add("PUT", "/v2.1/flavors/{flavor_id}/os-extra_specs/{key}", flavors.spec_update)
    add("DELETE", "/v2.1/flavors/{flavor_id}/os-extra_specs/{key}", flavors.spec_delete)

    add("GET", "/v2.1/os-keypairs", keypairs.index)
    add("POST", "/v2.1/os-keypairs", keypairs.create)
    add("GET", "/v2.1/os-keypairs/{name}", keypairs.show)
    add("DELETE", "/v2.1/os-keypairs/{name}", keypairs.delete)

    add("GET", "/v2.1/os-services", hosts.service_index)
    add("PUT", "/v2.1/os-services/{verb}", hosts.service_verb, until="2.52")
    add("PUT", "/v2.1/os-services/{verb}", lambda call, verb: hosts.service_update(call, verb), since="2.53")
    add("DELETE", "/v2.1/os-services/{verb}", lambda call, verb: hosts.service_delete(call, verb))

    add("GET", "/v2.1/os-hypervisors", hosts.hypervisor_index)
    add("GET", "/v2.1/os-hypervisors/detail", hosts.hypervisor_detail)
    add("GET", "/v2.1/os-hypervisors/statistics", hosts.hypervisor_statistics, until="2.87")
    add("GET", "/v2.1/os-hypervisors/{hypervisor_id}", hosts.hypervisor_show)
    add("GET", "/v2.1/os-hypervisors/{hypervisor_id}/uptime", hosts.hypervisor_uptime, until="2.87")
    search = lambda call, hypervisor_id: hosts.hypervisor_search(call, hypervisor_id)  # noqa: E731
    add("GET", "/v2.1/os-hypervisors/{hypervisor_id}/search", search, until="2.52")
    add("GET", "/v2.1/os-hypervisors/{hypervisor_id}/servers", hosts.hypervisor_servers, until="2.52")

    add("GET", "/v2.1/os-availability-zone", hosts.zone_index)
    add("GET", "/v2.1/os-availability-zone/detail", hosts.zone_detail)

    add("GET", "/v2.1/os-aggregates", aggregates.index)
    add("POST", "/v2.1/os-aggregates", aggregates.create)
    add("GET", "/v2.1/os-aggregates/{aggregate_id}", aggregates.show)
    add("PUT", "/v2.1/os-aggregates/{aggregate_id}", aggregates.update)
    add("DELETE", "/v2.1/os-aggregates/{aggregate_id}", aggregates.delete)
    add("POST", "/v2.1/os-aggregates/{aggregate_id}/action", aggregates.action)

    add("POST", "/v2.1/os-aggregates/{aggregate_id}/images", aggregates.cache_images, since="2.81")

    add("GET", "/v2.1/os-server-groups", server_groups.index)
    add("POST", "/v2.1/os-server-groups", server_groups.create)
    add("GET", "/v2.1/os-server-groups/{group_id}", server_groups.show)
    add("DELETE", "/v2.1/os-server-groups/{group_id}", server_groups.delete)

    add("GET", "/v2.1/limits", quotas.absolute)
    add("GET", "/v2.1/os-quota-sets/{project_id}", quotas.show)
    add("PUT", "/v2.1/os-quota-sets/{project_id}", quotas.update)
    add("DELETE", "/v2.1/os-quota-sets/{project_id}", quotas.delete)
    add("GET", "/v2.1/os-quota-sets/{project_id}/defaults", quotas.defaults)
    add("GET", "/v2.1/os-quota-sets/{project_id}/detail", quotas.detail)
    add("GET", "/v2.1/os-quota-class-sets/{name}", quotas.class_show)
    add("PUT", "/v2.1/os-quota-class-sets/{name}", quotas.class_update)

    add("GET", "/v2.1/os-simple-tenant-usage", usage.index)
    add("GET", "/v2.1/os-simple-tenant-usage/{project_id}", usage.show)
    add("GET", "/v2.1/extensions", extensions.index)
    add("GET", "/v2.1/extensions/{alias}", extensions.show)

    assisted_snapshots.add_to(service)
