"""Neutron's tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kit.policy.sources.listing import Connection, Tables, listed, pick
from kit.policy.sources.schemas import SCHEMAS


def read_neutron(connection: Connection) -> Tables:
    """Networks, ports, security groups, subnets, routers and floating addresses."""
    schema, network = SCHEMAS["neutronv2"], connection.network
    rows: Tables = {name: [] for name in schema}

    def all_of(path: str, key: str) -> Iterator[dict[str, Any]]:
        return listed(network, f"/v2.0/{path}" if not _versioned(network) else f"/{path}", key)

    rows["networks"] = [pick(item, schema["networks"]) for item in all_of("networks", "networks")]
    for item in all_of("ports", "ports"):
        rows["ports"].append(pick(item, schema["ports"]))
        rows["fixed_ips"] += [(item["id"], ip["ip_address"], ip["subnet_id"]) for ip in item["fixed_ips"]]
        rows["security_group_port_bindings"] += [(item["id"], group) for group in item.get("security_groups", [])]
    for item in all_of("security-groups", "security_groups"):
        rows["security_groups"].append(pick(item, schema["security_groups"]))
        rows["security_group_rules"] += [
            pick(rule, schema["security_group_rules"]) for rule in item["security_group_rules"]
        ]
    for item in all_of("subnets", "subnets"):
        rows["subnets"].append(pick(item, schema["subnets"]))
        rows["allocation_pools"] += [(item["id"], pool["start"], pool["end"]) for pool in item["allocation_pools"]]
        rows["dns_nameservers"] += [(item["id"], server) for server in item["dns_nameservers"]]
        rows["host_routes"] += [(item["id"], route["destination"], route["nexthop"]) for route in item["host_routes"]]
    for item in all_of("routers", "routers"):
        rows["routers"].append(pick(item, schema["routers"]))
        gateway = item.get("external_gateway_info")
        if gateway:
            rows["external_gateway_infos"].append((item["id"], gateway["network_id"], gateway.get("enable_snat")))
            fixed = gateway.get("external_fixed_ips", [])
            rows["external_fixed_ips"] += [(item["id"], ip["subnet_id"], ip["ip_address"]) for ip in fixed]
    rows["floating_ips"] = [pick(item, schema["floating_ips"]) for item in all_of("floatingips", "floatingips")]
    return rows


def _versioned(network: Any) -> bool:
    """Whether the proxy's endpoint ends with the version already."""
    return str(network.get_endpoint() or "").rstrip("/").endswith("/v2.0")
