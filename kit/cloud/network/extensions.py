"""Extensions: what a client asks before it relies on a feature."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Call
from kit.cloud.errors import NotFound

# Only what this service really does: alias -> name.
EXTENSIONS = {
    "address-group": "Address group",
    "address-scope": "Address scope",
    "agent": "agent",
    "agent-resources-synced": "Agent's Resource Synced to Placement",
    "allowed-address-pairs": "Allowed Address Pairs",
    "auto-allocated-topology": "Auto Allocated Topology Services",
    "availability_zone": "Availability Zone",
    "binding": "Port Binding",
    "default-subnetpools": "Default Subnetpools",
    "dhcp_agent_scheduler": "DHCP Agent Scheduler",
    "dns-integration": "DNS Integration",
    "dvr": "Distributed Virtual Router",
    "expose-port-forwarding-in-fip": "Expose Port Forwarding in FIP",
    "ext-gw-mode": "Neutron L3 Configurable external gateway mode",
    "external-net": "Neutron external network",
    "extra_dhcp_opt": "Neutron Extra DHCP options",
    "extraroute": "Neutron Extra Route",
    "fip-port-details": "Floating IP Port Details Extension",
    "flavors": "Neutron Service Flavors",
    "floating-ip-port-forwarding": "Floating IP Port Forwarding",
    "floating-ip-port-forwarding-description": "Floating IP Port Forwarding new field description",
    "floating-ip-port-forwarding-port-ranges": "Floating IP Port Forwarding support range",
    "if-match": "If-Match constraints based on revision_number",
    "ip-substring-filtering": "IP address substring filtering",
    "ip_allocation": "IP Allocation",
    "l2_adjacency": "L2 Adjacency",
    "l3-conntrack-helper": "L3 Conntrack Helper",
    "l3-flavors": "Router Flavor Extension",
    "l3-ha": "HA Router extension",
    "l3_agent_scheduler": "L3 Agent Scheduler",
    "logging": "Logging API Extension",
    "metering": "Neutron Metering",
    "metering_source_and_destination_fields": "Neutron Metering source and destination filters",
    "multi-provider": "Multi Provider Network",
    "net-mtu": "Network MTU",
    "net-mtu-writable": "Network MTU (writable)",
    "network-ip-availability": "Network IP Availability",
    "network_availability_zone": "Network Availability Zone",
    "pagination": "Pagination support",
    "port-security": "Port Security",
    "project-id": "project_id field enabled",
    "provider": "Provider Network",
    "qos": "Quality of Service",
    "qos-bw-limit-direction": "Direction for QoS bandwidth limit rule",
    "qos-bw-minimum-ingress": "Ingress direction for QoS minimum bandwidth rule",
    "qos-default": "QoS default policy",
    "qos-fip": "Floating IP QoS",
    "qos-gateway-ip": "Gateway IP QoS",
    "qos-port-network-policy": "QoS port network policy",
    "qos-pps": "Add packet rate limit QoS rules",
    "qos-pps-minimum": "Add Minimum Packet Rate rule",
    "qos-pps-minimum-rule-alias": "Quality of Service minimum packet rate rule alias API",
    "qos-rule-type-details": "Details of QoS rule types",
    "qos-rules-alias": "Quality of Service rules alias API",
    "quota_details": "Quota details management support",
    "quotas": "Quota management support",
    "rbac-address-group": "Add address_group type to RBAC",
    "rbac-address-scope": "Add address_scope type to RBAC",
    "rbac-policies": "RBAC Policies",
    "rbac-security-groups": "Add security_group type to network RBAC",
    "rbac-subnetpool": "Add subnetpool type to RBAC",
    "revision-if-match": "If-Match constraints based on revision_number",
    "router": "Neutron L3 Router",
    "router_availability_zone": "Router Availability Zone",
    "security-group": "security-group",
    "security-groups-default-rules": "Default rules for security groups",
    "security-groups-normalized-cidr": "Normalized CIDR field for security group rules",
    "security-groups-remote-address-group": "Remote address group id field for security group rules",
    "security-groups-rules-belongs-to-default-sg": "Security group rule belongs to the project's default security group",
    "security-groups-shared-filtering": "Security group filtering on the shared field",
    "segment": "Segment",
    "service-type": "Neutron Service Type Management",
    "sorting": "Sorting support",
    "standard-attr-description": "standard-attr-description",
    "standard-attr-revisions": "Resource revision numbers",
    "standard-attr-segment": "standard-attr-segment",
    "standard-attr-tag": "Tag support for resources with standard attribute",
    "standard-attr-timestamp": "Resource timestamps",
    "stateful-security-group": "Stateful security group",
    "subnet-external-network": "Subnet belongs to an external network",
    "subnet-segmentid-writable": "Subnet SegmentID (writable)",
    "subnet-service-types": "Subnet service types",
    "subnet_allocation": "Subnet Allocation",
    "subnet_onboard": "Subnet Onboard",
    "subnetpool-prefix-ops": "Subnet Pool Prefix Operations",
    "trunk": "Trunk Extension",
    "trunk-details": "Trunk port details",
}


def _document(alias: str) -> dict[str, Any]:
    name = EXTENSIONS[alias]
    return {"name": name, "alias": alias, "description": name, "updated": "2024-01-01T00:00:00-00:00", "links": []}


def index(call: Call) -> dict[str, Any]:
    """All extensions."""
    return {"extensions": [_document(alias) for alias in EXTENSIONS]}


def show(call: Call, alias: str) -> dict[str, Any]:
    """One extension; 404 tells a client to do without."""
    if alias not in EXTENSIONS:
        raise NotFound(f"Extension with alias {alias} does not exist", type="ExtensionNotFound")
    return {"extension": _document(alias)}
