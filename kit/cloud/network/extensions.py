"""Extensions, agents and zones: what a client asks before it relies on a feature."""

from __future__ import annotations

from typing import Any

from kit.cloud.call import Call
from kit.cloud.errors import NotFound

# Only what this service really does: alias -> name.
EXTENSIONS = {
    "address-group": "Address group",
    "address-scope": "Address scope",
    "agent": "agent",
    "allowed-address-pairs": "Allowed Address Pairs",
    "auto-allocated-topology": "Auto Allocated Topology Services",
    "availability_zone": "Availability Zone",
    "binding": "Port Binding",
    "default-subnetpools": "Default Subnetpools",
    "dhcp_agent_scheduler": "DHCP Agent Scheduler",
    "dns-integration": "DNS Integration",
    "dvr": "Distributed Virtual Router",
    "ext-gw-mode": "Neutron L3 Configurable external gateway mode",
    "external-net": "Neutron external network",
    "extra_dhcp_opt": "Neutron Extra DHCP options",
    "extraroute": "Neutron Extra Route",
    "fip-port-details": "Floating IP Port Details Extension",
    "if-match": "If-Match constraints based on revision_number",
    "ip-substring-filtering": "IP address substring filtering",
    "l3-ha": "HA Router extension",
    "l3_agent_scheduler": "L3 Agent Scheduler",
    "multi-provider": "Multi Provider Network",
    "net-mtu": "Network MTU",
    "net-mtu-writable": "Network MTU (writable)",
    "network_availability_zone": "Network Availability Zone",
    "pagination": "Pagination support",
    "port-security": "Port Security",
    "project-id": "project_id field enabled",
    "provider": "Provider Network",
    "quota_details": "Quota details management support",
    "quotas": "Quota management support",
    "revision-if-match": "If-Match constraints based on revision_number",
    "router": "Neutron L3 Router",
    "security-group": "security-group",
    "security-groups-remote-address-group": "Remote address group id field for security group rules",
    "sorting": "Sorting support",
    "standard-attr-description": "standard-attr-description",
    "standard-attr-revisions": "Resource revision numbers",
    "standard-attr-tag": "Tag support for resources with standard attribute",
    "standard-attr-timestamp": "Resource timestamps",
    "subnet_allocation": "Subnet Allocation",
    "subnet-service-types": "Subnet service types",
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


def agents(call: Call) -> dict[str, Any]:
    """The agents: none run here."""
    return {"agents": []}


def zones(call: Call) -> dict[str, Any]:
    """The availability zones of networks and routers."""
    rows = [{"name": "nova", "resource": kind, "state": "available"} for kind in ("network", "router")]
    return {"availability_zones": rows}


def service_providers(call: Call) -> dict[str, Any]:
    """The providers of advanced services: none."""
    return {"service_providers": []}
