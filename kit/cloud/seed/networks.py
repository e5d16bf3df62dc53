"""Subnet pools, networks, routers, security groups and floating IPs of a seed."""

from __future__ import annotations

from typing import Any

from kit.cloud.seed.growing import Growing
from kit.cloud.seed.reader import Place


def _owner(growing: Growing, item: dict[str, Any], place: Place) -> str:
    return growing.find("projects", item.get("project", "admin"), (*place, "project"))


def subnet_pools(growing: Growing, items: list[dict[str, Any]]) -> None:
    """Make the subnet pools; the `default` ones are those that a project's own topology is cut from."""
    for number, item in enumerate(items):
        place = ("subnet_pools", number)
        names = ("name", "prefixes", "default_prefixlen", "min_prefixlen", "max_prefixlen", "shared", "description")
        body = {key: item[key] for key in names if key in item}
        body |= {"is_default": item.get("default", False), "project_id": _owner(growing, item, place)}
        made = growing.ask("POST", "/network/v2.0/subnetpools", {"subnetpool": body}, place=place)["subnetpool"]
        growing.know("subnet_pools", item["name"], made["id"])


def networks(growing: Growing, items: list[dict[str, Any]]) -> None:
    """Make the networks and their subnets."""
    for number, item in enumerate(items):
        place = ("networks", number)
        body: dict[str, Any] = {key: item[key] for key in ("name", "shared", "mtu", "description") if key in item}
        body["project_id"] = owner = _owner(growing, item, place)
        if item.get("external"):
            body["router:external"] = True
        if item.get("default"):
            body["is_default"] = True
        made = growing.ask("POST", "/network/v2.0/networks", {"network": body}, place=place)["network"]
        growing.know("networks", item["name"], made["id"])
        for position, subnet in enumerate(item.get("subnets", [])):
            spot = (*place, "subnets", position)
            name = subnet.get("name", f"{item['name']}-subnet{position + 1 if position else ''}")
            given = {
                "network_id": made["id"], "project_id": owner, "name": name, "cidr": subnet["cidr"],
                "ip_version": 6 if ":" in subnet["cidr"] else 4,
                "enable_dhcp": subnet.get("dhcp", not item.get("external", False)),
            }  # fmt: skip
            if "gateway" in subnet:
                given["gateway_ip"] = subnet["gateway"]
            if "dns" in subnet:
                given["dns_nameservers"] = subnet["dns"]
            if "pools" in subnet:
                given["allocation_pools"] = subnet["pools"]
            if "subnet_pool" in subnet:
                given["subnetpool_id"] = growing.find("subnet_pools", subnet["subnet_pool"], (*spot, "subnet_pool"))
            row = growing.ask("POST", "/network/v2.0/subnets", {"subnet": given}, place=spot)["subnet"]
            growing.know("subnets", name, row["id"])


def routers(growing: Growing, items: list[dict[str, Any]]) -> None:
    """Make the routers: a gateway on the external network, an interface on each subnet.

    On one of `subnets` the router is the gateway; on a network of `networks` it takes the next free address,
    as a second router does.
    """
    for number, item in enumerate(items):
        place = ("routers", number)
        body: dict[str, Any] = {"name": item["name"], "project_id": _owner(growing, item, place)}
        if "external" in item:
            network = growing.find("networks", item["external"], (*place, "external"))
            body["external_gateway_info"] = {"network_id": network}
        made = growing.ask("POST", "/network/v2.0/routers", {"router": body}, place=place)["router"]
        growing.know("routers", item["name"], made["id"])
        path = f"/network/v2.0/routers/{made['id']}/add_router_interface"
        for position, name in enumerate(item.get("subnets", [])):
            spot = (*place, "subnets", position)
            growing.ask("PUT", path, {"subnet_id": growing.find("subnets", name, spot)}, place=spot)
        for position, name in enumerate(item.get("networks", [])):
            spot = (*place, "networks", position)
            port = {"network_id": growing.find("networks", name, spot), "project_id": body["project_id"]}
            made = growing.ask("POST", "/network/v2.0/ports", {"port": port}, place=spot)["port"]
            growing.ask("PUT", path, {"port_id": made["id"]}, place=spot)


def security_groups(growing: Growing, items: list[dict[str, Any]]) -> None:
    """Make the security groups and their rules; `default` adds to the group that every project has."""
    for number, item in enumerate(items):
        place = ("security_groups", number)
        project = item.get("project", "admin")
        owner = _owner(growing, item, place)
        if item["name"] == "default":
            path = f"/network/v2.0/security-groups?project_id={owner}&name=default"
            group = growing.ask("GET", path, place=place, as_=("admin", project))["security_groups"][0]
        else:
            body = {"name": item["name"], "description": item.get("description", ""), "project_id": owner}
            path = "/network/v2.0/security-groups"
            group = growing.ask("POST", path, {"security_group": body}, place=place)["security_group"]
        growing.know("security_groups", f"{project}/{item['name']}", group["id"])
        for position, rule in enumerate(item.get("rules", [])):
            spot = (*place, "rules", position)
            given = _rule(growing, rule, project, spot) | {
                "security_group_id": group["id"],
                "project_id": owner,
            }
            growing.ask("POST", "/network/v2.0/security-group-rules", {"security_group_rule": given}, place=spot)


def _rule(growing: Growing, rule: dict[str, Any], project: str, place: Place) -> dict[str, Any]:
    """A rule as Neutron takes it; a port without a protocol means tcp."""
    given: dict[str, Any] = {"direction": rule.get("direction", "ingress")}
    remote = rule.get("remote_ip", "")
    given["ethertype"] = rule.get("ethertype", "IPv6" if ":" in remote else "IPv4")
    if "protocol" in rule or "port" in rule:
        given["protocol"] = str(rule.get("protocol", "tcp"))
    if "port" in rule:
        low, _, high = str(rule["port"]).partition("-")
        given |= {"port_range_min": int(low), "port_range_max": int(high or low)}
    if remote:
        given["remote_ip_prefix"] = remote
    if "remote_group" in rule:
        given["remote_group_id"] = growing.find("security_groups", f"{project}/{rule['remote_group']}", place)
    if "description" in rule:
        given["description"] = rule["description"]
    return given


def floating_ips(growing: Growing, items: list[dict[str, Any]]) -> None:
    """Allocate floating IPs that no server has yet."""
    for number, item in enumerate(items):
        place = ("floating_ips", number)
        for _ in range(item.get("count", 1)):
            allocate(growing, item["network"], item.get("project", "admin"), (*place, "network"))


def allocate(growing: Growing, network: str, project: str, place: Place, port_id: str | None = None) -> None:
    """Allocate one floating IP on an external network, for a port or for nobody yet."""
    body = {
        "floating_network_id": growing.find("networks", network, place), "port_id": port_id,
        "project_id": growing.find("projects", project, place),
    }  # fmt: skip
    growing.ask("POST", "/network/v2.0/floatingips", {"floatingip": body}, place=place)
