"""Nova's tables."""

from __future__ import annotations

from kit.policy.sources.listing import Connection, Tables, listed, pick
from kit.policy.sources.schemas import SCHEMAS


def read_nova(connection: Connection) -> Tables:
    """Servers, flavors, services and hypervisors."""
    schema, compute = SCHEMAS["nova"], connection.compute
    # Up to 2.46 a server names its flavor by id; tags came with 2.26.
    servers = list(listed(compute, "/servers/detail?all_tenants=1", "servers", "2.46"))
    rows: Tables = {name: [] for name in schema}
    for item in servers:
        rows["servers"].append((
            item["id"], item["name"], item["hostId"], item["status"], item["tenant_id"], item["user_id"],
            item["image"]["id"] if item["image"] else None, item["flavor"]["id"], item.get("OS-EXT-AZ:availability_zone"),
            item.get("OS-EXT-SRV-ATTR:hypervisor_hostname"), item["created"],
        ))  # fmt: skip
        rows["tags"] += [(item["id"], tag) for tag in item.get("tags", [])]
        for network, found in item["addresses"].items():
            rows["servers.addresses"] += [
                (
                    item["id"],
                    network,
                    a["addr"],
                    a["version"],
                    a.get("OS-EXT-IPS-MAC:mac_addr"),
                    a.get("OS-EXT-IPS:type"),
                )
                for a in found
            ]
    for item in listed(compute, "/flavors/detail?is_public=None", "flavors"):
        rows["flavors"].append(pick(item, schema["flavors"], ephemeral="OS-FLV-EXT-DATA:ephemeral"))
    rows["services"] = [
        pick(item, schema["services"], service_id="id") for item in listed(compute, "/os-services", "services")
    ]
    rows["hypervisors"] = [
        pick(item, schema["hypervisors"]) for item in listed(compute, "/os-hypervisors", "hypervisors", "2.53")
    ]
    for item in listed(compute, "/os-availability-zone", "availabilityZoneInfo"):
        rows["availability_zones"].append(
            (item["zoneName"], "available" if item["zoneState"]["available"] else "unavailable")
        )
    return rows
