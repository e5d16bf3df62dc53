"""What lists may be filtered and sorted by, collection by collection (neutron_lib.api.definitions, neutron.extensions)."""

from __future__ import annotations

from typing import NamedTuple


class Keys(NamedTuple):
    """The attributes of a collection that a query string may name."""

    filters: frozenset[str]
    sorts: frozenset[str]


# The filters on the attributes that most resources share; lists cannot be sorted by them.
_STANDARD = ("description", "revision_number", "changed_since")
_UNDATED = ("description", "revision_number")
_TAGS = ("tags", "tags-any", "not-tags", "not-tags-any")


def _keys(both: str, filters: str = "", sorts: str = "", *, more: tuple[str, ...] = ()) -> Keys:
    shared = both.split()
    return Keys(frozenset((*shared, *filters.split(), *more)), frozenset((*shared, *sorts.split())))


_RULE = "direction ethertype id port_range_max port_range_min protocol remote_address_group_id remote_group_id remote_ip_prefix"

KEYS: dict[str, Keys] = {
    "networks": _keys(
        "admin_state_up id mtu name project_id status tenant_id",
        "is_default provider:network_type provider:physical_network provider:segmentation_id router:external shared",
        "availability_zone_hints", more=_STANDARD + _TAGS,
    ),
    "subnets": _keys(
        "cidr enable_dhcp gateway_ip id ip_version ipv6_address_mode ipv6_ra_mode name network_id project_id segment_id "
        "subnetpool_id tenant_id", "router:external shared", more=_STANDARD + _TAGS,
    ),
    "ports": _keys(
        "admin_state_up device_id device_owner id ip_allocation mac_address name network_id project_id status tenant_id",
        "binding:host_id fixed_ips security_groups", more=_STANDARD + _TAGS,
    ),
    "subnetpools": _keys(
        "address_scope_id default_prefixlen default_quota id ip_version is_default max_prefixlen min_prefixlen name "
        "project_id tenant_id", "shared", more=_STANDARD + _TAGS,
    ),
    "security_groups": _keys("id name project_id tenant_id", "shared stateful", more=_STANDARD + _TAGS),
    "security_group_rules": _keys(
        f"{_RULE} project_id security_group_id tenant_id", "belongs_to_default_sg normalized_cidr", more=_STANDARD,
    ),
    "routers": _keys(
        "admin_state_up id name project_id tenant_id", "enable_ndp_proxy", "flavor_id status", more=_STANDARD + _TAGS
    ),
    "floatingips": _keys(
        "fixed_ip_address floating_ip_address floating_network_id id project_id router_id status tenant_id", "port_id",
        more=_STANDARD + _TAGS,
    ),
    "address_groups": _keys("id name project_id tenant_id", more=_STANDARD),
    "address_scopes": _keys("id ip_version name project_id tenant_id", "shared"),
    "agents": _keys(
        "admin_state_up agent_type binary description host id topic", "alive availability_zone",
        "created_at heartbeat_timestamp started_at",
    ),
    "availability_zones": _keys("name project_id resource state tenant_id"),
    "flavors": _keys("description enabled id name service_type"),
    "service_profiles": _keys("description driver enabled id", "", "metainfo"),
    "floatingip_pools": _keys(""),
    "ndp_proxies": _keys("name", "", "id ip_address port_id project_id router_id tenant_id", more=_UNDATED),
    "local_ips": _keys(
        "id ip_mode local_ip_address local_port_id name network_id project_id tenant_id", more=_STANDARD
    ),
    "logs": _keys("enabled id name project_id resource_id resource_type target_id tenant_id", "event", more=_UNDATED),
    "loggable_resources": _keys(""),
    "metering_labels": _keys("description id name project_id shared tenant_id"),
    "metering_label_rules": _keys(
        "destination_ip_prefix direction excluded id metering_label_id remote_ip_prefix source_ip_prefix"
    ),
    "network_ip_availabilities": _keys("network_id", "ip_version network_name project_id tenant_id"),
    "network_segment_ranges": _keys(
        "id name project_id tenant_id", "network_type physical_network", more=_UNDATED + _TAGS
    ),
    "policies": _keys("id name project_id tenant_id", "is_default shared", more=_UNDATED + _TAGS),
    "rule_types": _keys("", "all_rules all_supported"),
    "segments": _keys("id name network_id network_type physical_network", "", "segmentation_id", more=_UNDATED),
    "trunks": _keys("admin_state_up id name port_id project_id status tenant_id", more=_STANDARD + _TAGS),
    "rbac_policies": _keys("", "action id object_id object_type project_id target_tenant tenant_id"),
    "default_security_group_rules": _keys(
        _RULE, "used_in_default_sg used_in_non_default_sg", more=("description",)
    ),
    "port_forwardings": _keys("id protocol", "description external_port internal_port_id"),
    "conntrack_helpers": _keys("helper id port protocol"),
    "bandwidth_limit_rules": _keys("id max_burst_kbps max_kbps"),
    "dscp_marking_rules": _keys("dscp_mark id"),
    "minimum_bandwidth_rules": _keys("id min_kbps"),
    "minimum_packet_rate_rules": _keys("id min_kpps"),
    "packet_rate_limit_rules": _keys("id max_burst_kpps max_kpps"),
}  # fmt: skip

# Lists that Neutron cuts into pages itself, not its database: behind an unknown marker there is nothing.
EMULATED = frozenset((
    "flavors", "service_profiles", "service_providers", "metering_labels", "metering_label_rules",
    "network_ip_availabilities",
))  # fmt: skip

# Lists that Neutron does not sort, whatever it is asked.
UNSORTED = frozenset(("availability_zones", "service_providers"))
