"""What the network service stores."""

from __future__ import annotations

from typing import Any

from sqlalchemy import UniqueConstraint

from kit.cloud.tables import Column, Integer, Table, flag, integer, json, key, metadata, moment, reference, string, text


def standard() -> list[Any]:
    """The attributes that every resource of Neutron has."""
    return [
        text("description"), json("tags"), integer("revision_number", nullable=False), moment("created_at"),
        moment("updated_at"), string("project_id", index=True),
    ]  # fmt: skip


networks = Table(
    "network_networks", metadata, key(), string("name"), flag("admin_state_up"), flag("shared", index=True),
    flag("external", index=True), flag("is_default"), integer("mtu"), flag("port_security_enabled"),
    string("dns_domain"), json("availability_zone_hints"), string("network_type"), string("physical_network"),
    integer("segmentation_id"), string("qos_policy_id"), *standard(),
)  # fmt: skip

subnets = Table(
    "network_subnets", metadata, key(), reference("network_id", "network_networks.id", cascade=True), string("name"),
    integer("ip_version"), string("cidr"), string("gateway_ip"), flag("enable_dhcp"), json("allocation_pools"),
    json("dns_nameservers"), json("host_routes"), string("ipv6_ra_mode"), string("ipv6_address_mode"),
    json("service_types"), string("subnetpool_id"), string("next_ip"), string("segment_id", index=True), *standard(),
)  # fmt: skip

address_groups = Table("network_address_groups", metadata, key(), string("name"), json("addresses"), *standard())

address_scopes = Table(
    "network_address_scopes", metadata, key(), string("name"), integer("ip_version"), flag("shared"),
    string("project_id", index=True),
)  # fmt: skip

subnet_pools = Table(
    "network_subnet_pools", metadata, key(), string("name"), json("prefixes"), integer("ip_version"),
    integer("min_prefixlen"), integer("max_prefixlen"), integer("default_prefixlen"), integer("default_quota"),
    flag("shared"), flag("is_default"), string("address_scope_id"), *standard(),
)  # fmt: skip

ports = Table(
    "network_ports", metadata, key(), reference("network_id", "network_networks.id", cascade=True), string("name"),
    string("mac_address"), flag("admin_state_up"), string("status"), string("device_id", index=True),
    string("device_owner"), json("security_groups"), json("allowed_address_pairs"), json("extra_dhcp_opts"),
    flag("port_security_enabled"), string("dns_name"), string("host_id"), string("vnic_type"), json("profile"),
    string("vif_type"), flag("made_by_nova"), string("qos_policy_id"), json("options"), *standard(),
    UniqueConstraint("network_id", "mac_address"),
)  # fmt: skip

# An address that a port has. The constraint is what makes an allocation safe.
addresses = Table(
    "network_addresses", metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    reference("port_id", "network_ports.id", cascade=True), reference("subnet_id", "network_subnets.id"),
    string("ip_address", index=True),
    UniqueConstraint("subnet_id", "ip_address"),
)  # fmt: skip

routers = Table(
    "network_routers", metadata, key(), string("name"), flag("admin_state_up"), string("status"),
    string("gateway_network_id", index=True), string("gateway_port_id"), flag("enable_snat"), json("routes"),
    json("availability_zone_hints"), string("flavor_id"), flag("distributed"), flag("ha"),
    string("gateway_qos_policy_id"), flag("enable_ndp_proxy"), flag("enable_default_route_bfd"),
    flag("enable_default_route_ecmp"), *standard(),
)  # fmt: skip

floating_ips = Table(
    "network_floating_ips", metadata, key(), string("floating_network_id", index=True),
    string("floating_ip_address"), string("floating_port_id", index=True), string("router_id", index=True),
    string("port_id", index=True), string("fixed_ip_address"), string("status"), string("dns_name"),
    string("dns_domain"), string("qos_policy_id"), *standard(),
)  # fmt: skip

security_groups = Table(
    "network_security_groups", metadata, key(), string("name"), flag("stateful"), flag("is_default"), *standard()
)

rules = Table(
    "network_security_group_rules", metadata, key(),
    integer("number", index=True), reference("security_group_id", "network_security_groups.id", cascade=True),
    string("direction"), string("ethertype"), string("protocol"), integer("port_range_min"),
    integer("port_range_max"), string("remote_ip_prefix"), string("remote_group_id", index=True),
    string("remote_address_group_id"), flag("belongs_to_default_sg"), *standard(),
)  # fmt: skip

quotas = Table(
    "network_quotas", metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    string("project_id", index=True), string("resource"), integer("limit"),
    UniqueConstraint("project_id", "resource"),
)  # fmt: skip
