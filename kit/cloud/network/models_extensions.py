"""What the network service's extensions store."""

from __future__ import annotations

from sqlalchemy import BigInteger, UniqueConstraint

from kit.cloud.network.models import standard
from kit.cloud.tables import Column, Integer, Table, flag, integer, json, key, metadata, reference, string, text


def big(name: str) -> Column[int]:
    """A whole number beyond 2**31."""
    return Column(name, BigInteger)


def _number() -> Column[int]:
    return Column("id", Integer, primary_key=True, autoincrement=True)


# Who else sees a resource. A target of `*` is everybody; the resource's own column `shared` says that too.
rbac_policies = Table(
    "network_rbac_policies", metadata, key(), string("object_type"), string("object_id", index=True), string("action"),
    string("target_project", index=True), string("project_id", index=True),
    UniqueConstraint("object_id", "action", "target_project"),
)  # fmt: skip

trunks = Table(
    "network_trunks", metadata, key(), string("name"), string("port_id", index=True), flag("admin_state_up"),
    string("status"), *standard(),
)  # fmt: skip

subports = Table(
    "network_subports", metadata, _number(), reference("trunk_id", "network_trunks.id", cascade=True),
    string("port_id", unique=True), string("segmentation_type"), integer("segmentation_id"),
)  # fmt: skip

qos_policies = Table(
    "network_qos_policies", metadata, key(), string("name"), flag("shared"), flag("is_default"), *standard()
)

# `values` are the limits of the rule's type, its direction among them.
qos_rules = Table(
    "network_qos_rules", metadata, key(), integer("number"),
    reference("qos_policy_id", "network_qos_policies.id", cascade=True), string("type"), json("values"),
)  # fmt: skip

# What an operator changed about an agent. The agents themselves are where the hosts are.
agents = Table("network_agents", metadata, key(), flag("admin_state_up"), text("description"), flag("removed"))

# A network or router that an operator put on an agent, or took off one.
agent_bindings = Table(
    "network_agent_bindings", metadata, _number(), string("agent_id", index=True), string("object_id", index=True),
    flag("bound"), UniqueConstraint("agent_id", "object_id"),
)  # fmt: skip

# Bindings of a port that are not active; the active one is the port's own.
port_bindings = Table(
    "network_port_bindings", metadata, _number(), reference("port_id", "network_ports.id", cascade=True),
    string("host"), string("vif_type"), string("vnic_type"), json("profile"), UniqueConstraint("port_id", "host"),
)  # fmt: skip

port_forwardings = Table(
    "network_port_forwardings", metadata, key(), reference("floatingip_id", "network_floating_ips.id", cascade=True),
    string("internal_port_id", index=True), string("internal_ip_address"), string("protocol"), text("description"),
    integer("internal_low"), integer("internal_high"), integer("external_low"), integer("external_high"),
)  # fmt: skip

metering_labels = Table(
    "network_metering_labels", metadata, key(), string("name"), text("description"), flag("shared"),
    string("project_id", index=True),
)  # fmt: skip

metering_rules = Table(
    "network_metering_rules", metadata, key(), reference("metering_label_id", "network_metering_labels.id", cascade=True),
    string("direction"), string("remote_ip_prefix"), string("source_ip_prefix"), string("destination_ip_prefix"),
    flag("excluded"), string("project_id", index=True),
)  # fmt: skip

# Segments beside the one that every network has, and what was changed about that one.
segments = Table(
    "network_segments", metadata, key(), reference("network_id", "network_networks.id", cascade=True), string("name"),
    text("description"), string("network_type"), string("physical_network"), integer("segmentation_id"),
    flag("removed"), integer("revision_number"), string("created_at"), string("updated_at"),
)  # fmt: skip

# Templates of rules for new security groups, beside Neutron's four; `removed` takes one of those away.
rule_templates = Table(
    "network_rule_templates", metadata, key(), string("direction"), string("ethertype"), string("protocol"),
    integer("port_range_min"), integer("port_range_max"), string("remote_ip_prefix"), string("remote_group_id"),
    string("remote_address_group_id"), text("description"), flag("used_in_default_sg"), flag("used_in_non_default_sg"),
    flag("removed"), integer("revision_number"), string("created_at"), string("updated_at"),
)  # fmt: skip

flavors = Table(
    "network_flavors", metadata, key(), string("name"), text("description"), string("service_type"),
    flag("enabled"), json("service_profiles"),
)  # fmt: skip

service_profiles = Table(
    "network_service_profiles",
    metadata,
    key(),
    text("description"),
    string("driver"),
    text("metainfo"),
    flag("enabled"),
)

logs = Table(
    "network_logs", metadata, key(), string("name"), string("resource_type"), string("event"), flag("enabled"),
    string("resource_id"), string("target_id"), *standard(),
)  # fmt: skip

conntrack_helpers = Table(
    "network_conntrack_helpers", metadata, key(), reference("router_id", "network_routers.id", cascade=True),
    string("protocol"), integer("port"), string("helper"), UniqueConstraint("router_id", "protocol", "port", "helper"),
)  # fmt: skip

ndp_proxies = Table(
    "network_ndp_proxies", metadata, key(), string("name"), reference("router_id", "network_routers.id"),
    reference("port_id", "network_ports.id", cascade=True), string("ip_address"), *standard(),
)  # fmt: skip

local_ips = Table(
    "network_local_ips", metadata, key(), string("name"), string("local_port_id", index=True), string("network_id"),
    string("local_ip_address"), string("ip_mode"), *standard(),
)  # fmt: skip

# Ports to which a local IP leads on their hosts.
local_ip_ports = Table(
    "network_local_ip_ports", metadata, _number(), reference("local_ip_id", "network_local_ips.id", cascade=True),
    reference("fixed_port_id", "network_ports.id", cascade=True), string("fixed_ip"),
    UniqueConstraint("local_ip_id", "fixed_port_id"),
)  # fmt: skip

segment_ranges = Table(
    "network_segment_ranges", metadata, key(), string("name"), flag("default"), flag("shared"), string("network_type"),
    string("physical_network"), big("minimum"), big("maximum"), *standard(),
)  # fmt: skip
