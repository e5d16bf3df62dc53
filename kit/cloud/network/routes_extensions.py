"""Paths of the network service's extensions: what surrounds networks, ports and routers."""

from __future__ import annotations

from types import ModuleType

from kit.cloud.network import (
    agent_scheduling,
    agents,
    conntrack_helpers,
    flavors,
    floating_ip_pools,
    ip_availability,
    local_ips,
    logging,
    metering,
    ndp_proxies,
    pool_prefixes,
    port_bindings,
    port_forwarding,
    qos_rules,
    rbac,
    router_actions,
    rule_templates,
    segment_ranges,
    segments,
    trunks,
)  # fmt: skip
from kit.cloud.network.attributes import sound
from kit.cloud.service import Service


def _whole(service: Service, path: str, id: str, module: ModuleType) -> None:
    """The five operations of a collection."""
    service.add("GET", path, module.index)
    service.add("POST", path, sound(module.FORM, module.create, "create"), status=201)
    service.add("GET", f"{path}/{{{id}}}", module.show)
    service.add("PUT", f"{path}/{{{id}}}", sound(module.FORM, module.update))
    service.add("DELETE", f"{path}/{{{id}}}", module.delete)


def add_to(service: Service) -> None:
    """Add the operations to the network service."""
    add = service.add
    _whole(service, "/v2.0/rbac-policies", "policy_id", rbac)
    _whole(service, "/v2.0/segments", "segment_id", segments)
    _whole(service, "/v2.0/default-security-group-rules", "rule_id", rule_templates)
    _whole(service, "/v2.0/flavors", "flavor_id", flavors)
    _whole(service, "/v2.0/log/logs", "log_id", logging)
    _whole(service, "/v2.0/floatingips/{floatingip_id}/port_forwardings", "forwarding_id", port_forwarding)
    _whole(service, "/v2.0/routers/{router_id}/conntrack_helpers", "helper_id", conntrack_helpers)
    _whole(service, "/v2.0/ndp-proxies", "proxy_id", ndp_proxies)
    _whole(service, "/v2.0/local-ips", "local_ip_id", local_ips)
    under = "/v2.0/local-ips/{local_ip_id}/port_associations"
    add("GET", under, local_ips.association_index)
    add("POST", under, local_ips.association_create, status=201)
    add("GET", f"{under}/{{port_id}}", local_ips.association_show)
    add("DELETE", f"{under}/{{port_id}}", local_ips.association_delete)
    _whole(service, "/v2.0/network-segment-ranges", "range_id", segment_ranges)
    qos_rules.add_to(service)

    one = "/v2.0/routers/{router_id}"
    add("PUT", f"{one}/add_extraroutes", router_actions.add_routes)
    add("PUT", f"{one}/remove_extraroutes", router_actions.remove_routes)
    add("PUT", f"{one}/add_external_gateways", router_actions.add_gateways)
    add("PUT", f"{one}/update_external_gateways", router_actions.update_gateways)
    add("PUT", f"{one}/remove_external_gateways", router_actions.remove_gateways)
    add("GET", "/v2.0/floatingip-pools", floating_ip_pools.index)

    add("GET", "/v2.0/trunks/{trunk_id}/get_subports", trunks.get_subports)
    add("PUT", "/v2.0/trunks/{trunk_id}/add_subports", trunks.add_subports)
    add("PUT", "/v2.0/trunks/{trunk_id}/remove_subports", trunks.remove_subports)
    add("PUT", "/v2.0/subnetpools/{subnetpool_id}/add_prefixes", pool_prefixes.add_prefixes)
    add("PUT", "/v2.0/subnetpools/{subnetpool_id}/remove_prefixes", pool_prefixes.remove_prefixes)
    add("PUT", "/v2.0/subnetpools/{subnetpool_id}/onboard_network_subnets", pool_prefixes.onboard)

    bindings = "/v2.0/ports/{port_id}/bindings"
    add("GET", bindings, port_bindings.index)
    add("POST", bindings, port_bindings.create, status=201)
    add("GET", f"{bindings}/{{host}}", port_bindings.show)
    add("DELETE", f"{bindings}/{{host}}", port_bindings.delete)
    add("PUT", f"{bindings}/{{host}}/activate", port_bindings.make_active)

    add("GET", "/v2.0/agents", agents.index)
    add("GET", "/v2.0/agents/{agent_id}", agents.show)
    add("PUT", "/v2.0/agents/{agent_id}", agents.update)
    add("DELETE", "/v2.0/agents/{agent_id}", agents.delete)
    add("GET", "/v2.0/availability_zones", agents.zones)
    scheduling = agent_scheduling
    add("GET", "/v2.0/agents/{agent_id}/dhcp-networks", scheduling.dhcp_networks)
    add("POST", "/v2.0/agents/{agent_id}/dhcp-networks", scheduling.dhcp_add)
    add("DELETE", "/v2.0/agents/{agent_id}/dhcp-networks/{network_id}", scheduling.dhcp_remove)
    add("GET", "/v2.0/agents/{agent_id}/l3-routers", scheduling.l3_routers)
    add("POST", "/v2.0/agents/{agent_id}/l3-routers", scheduling.l3_add)
    add("DELETE", "/v2.0/agents/{agent_id}/l3-routers/{router_id}", scheduling.l3_remove)
    add("GET", "/v2.0/routers/{router_id}/l3-agents", scheduling.l3_agents)
    add("GET", "/v2.0/networks/{network_id}/dhcp-agents", scheduling.dhcp_agents)

    add("GET", "/v2.0/metering/metering-labels", metering.label_index)
    add("POST", "/v2.0/metering/metering-labels", sound(metering.LABEL, metering.label_create, "create"), status=201)
    add("PUT", "/v2.0/metering/metering-labels/{label_id}", sound(metering.LABEL, metering.label_update))
    add("GET", "/v2.0/metering/metering-labels/{label_id}", metering.label_show)
    add("DELETE", "/v2.0/metering/metering-labels/{label_id}", metering.label_delete)
    add("GET", "/v2.0/metering/metering-label-rules", metering.rule_index)
    add("POST", "/v2.0/metering/metering-label-rules", sound(metering.RULE, metering.rule_create, "create"), status=201)
    add("PUT", "/v2.0/metering/metering-label-rules/{rule_id}", sound(metering.RULE, metering.rule_update))
    add("GET", "/v2.0/metering/metering-label-rules/{rule_id}", metering.rule_show)
    add("DELETE", "/v2.0/metering/metering-label-rules/{rule_id}", metering.rule_delete)

    add("GET", "/v2.0/network-ip-availabilities", ip_availability.index)
    add("GET", "/v2.0/network-ip-availabilities/{network_id}", ip_availability.show)
    add("GET", "/v2.0/log/loggable-resources", logging.types)

    add("GET", "/v2.0/service-providers", flavors.service_providers)
    add("POST", "/v2.0/flavors/{flavor_id}/service_profiles", flavors.profile_add)
    add("DELETE", "/v2.0/flavors/{flavor_id}/service_profiles/{profile_id}", flavors.profile_remove)
    add("GET", "/v2.0/service_profiles", flavors.profile_index)
    add("POST", "/v2.0/service_profiles", sound(flavors.PROFILE, flavors.profile_create, "create"), status=201)
    add("GET", "/v2.0/service_profiles/{profile_id}", flavors.profile_show)
    add("PUT", "/v2.0/service_profiles/{profile_id}", sound(flavors.PROFILE, flavors.profile_update))
    add("DELETE", "/v2.0/service_profiles/{profile_id}", flavors.profile_delete)
