"""The tables of a cloud: Congress's own columns, filled through an openstacksdk Connection."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlencode, urlsplit

from kit.policy.engine import Engine
from kit.policy.errors import SourceError

Tables = dict[str, list[tuple[Any, ...]]]


class Connection(Protocol):
    """What is needed of `openstack.connection.Connection`: raw requests to four services."""

    compute: Any
    network: Any
    identity: Any
    image: Any


# Columns as in Congress's drivers, in their order.
SCHEMAS: dict[str, dict[str, tuple[str, ...]]] = {
    "nova": {
        "servers": ("id", "name", "host_id", "status", "tenant_id", "user_id", "image_id", "flavor_id", "zone", "host_name", "created_at"),
        "servers.addresses": ("server_id", "network_name", "address", "version", "mac_address", "address_type"),
        "tags": ("server_id", "tag"),
        "flavors": ("id", "name", "vcpus", "ram", "disk", "ephemeral", "rxtx_factor"),
        "services": ("service_id", "binary", "host", "zone", "status", "state", "updated_at", "disabled_reason"),
        "hypervisors": ("hypervisor_hostname", "id", "state", "status"),
        "availability_zones": ("zone", "state"),
    },
    "neutronv2": {
        "networks": ("id", "tenant_id", "name", "status", "admin_state_up", "shared"),
        "ports": ("id", "tenant_id", "name", "network_id", "mac_address", "admin_state_up", "status", "device_id", "device_owner"),
        "fixed_ips": ("port_id", "ip_address", "subnet_id"),
        "security_group_port_bindings": ("port_id", "security_group_id"),
        "security_groups": ("id", "tenant_id", "name", "description"),
        "security_group_rules": (
            "security_group_id", "id", "tenant_id", "remote_group_id", "direction", "ethertype", "protocol",
            "port_range_min", "port_range_max", "remote_ip_prefix",
        ),
        "subnets": (
            "id", "tenant_id", "name", "network_id", "ip_version", "cidr", "gateway_ip", "enable_dhcp", "ipv6_ra_mode",
            "ipv6_address_mode",
        ),
        "allocation_pools": ("subnet_id", "start", "end"),
        "dns_nameservers": ("subnet_id", "dns_nameserver"),
        "host_routes": ("subnet_id", "destination", "nexthop"),
        "routers": ("id", "tenant_id", "status", "admin_state_up", "name", "distributed"),
        "external_gateway_infos": ("router_id", "network_id", "enable_snat"),
        "external_fixed_ips": ("router_id", "subnet_id", "ip_address"),
        "floating_ips": (
            "id", "router_id", "tenant_id", "floating_network_id", "fixed_ip_address", "floating_ip_address", "port_id", "status",
        ),
    },
    "keystone": {
        "users": ("username", "name", "enabled", "tenantId", "id", "email"),
        "tenants": ("enabled", "description", "name", "id"),
        "roles": ("id", "name"),
    },
    "keystonev3": {
        "users": ("id", "name", "enabled", "default_project_id", "domain_id"),
        "projects": ("enabled", "description", "name", "domain_id", "id"),
        "domains": ("enabled", "description", "name", "id"),
        "roles": ("id", "name"),
    },
    "glancev2": {
        "images": (
            "id", "status", "name", "container_format", "created_at", "updated_at", "disk_format", "owner", "protected",
            "min_ram", "min_disk", "checksum", "size", "file", "kernel_id", "ramdisk_id", "schema", "visibility",
        ),
        "tags": ("image_id", "tag"),
    },
}  # fmt: skip


def add_cloud(engine: Engine, connection: Connection, services: Iterable[str] = tuple(SCHEMAS)) -> None:
    """Fill the tables of a cloud's services; calling it again brings them up to date.

    Parameters
    ----------
    connection : openstack.connection.Connection
        An administrator's, to see the things of all projects.
    services : iterable of str
        Which of `nova`, `neutronv2`, `keystone`, `keystonev3`, `glancev2`.

    Raises
    ------
    SourceError
        When a service is unknown, or the cloud refuses to list something.
    """
    for name in services:
        if name not in _READERS:
            raise SourceError(f"There is no source `{name}`.", todo=f"There are: {', '.join(_READERS)}.")
        engine.add(name, SCHEMAS[name], _READERS[name](connection))


def _all(proxy: Any, path: str, key: str, version: str | None = None) -> Iterator[dict[str, Any]]:
    """All items of a list, page after page."""
    options = {"microversion": version} if version else {}
    while path:
        answer = proxy.get(path, **options)
        if answer.status_code >= 400:
            todo = "Connect as an administrator, or name the services that you may list."
            raise SourceError(f"The cloud refuses to list {path.partition('?')[0]} ({answer.status_code}).", todo=todo)
        body = answer.json()
        yield from body[key]
        links = body.get(f"{key}_links") or []
        following = next((link["href"] for link in links if link["rel"] == "next"), None) or body.get("next")
        path = _page(path, following) if body[key] and following else ""


def _page(path: str, following: str) -> str:
    """The same path with the marker of the next page, whatever host the link names."""
    query = dict(parse_qsl(urlsplit(path).query)) | dict(parse_qsl(urlsplit(following).query))
    return f"{path.partition('?')[0]}?{urlencode(query)}"


def _pick(item: dict[str, Any], table: tuple[str, ...], **other: str) -> tuple[Any, ...]:
    """The columns of an item; `other` tells attributes that have another name."""
    return tuple(item.get(other.get(column, column)) for column in table)


def _nova(connection: Connection) -> Tables:
    schema, compute = SCHEMAS["nova"], connection.compute
    # Up to 2.46 a server names its flavor by id; tags came with 2.26.
    servers = list(_all(compute, "/servers/detail?all_tenants=1", "servers", "2.46"))
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
    for item in _all(compute, "/flavors/detail?is_public=None", "flavors"):
        rows["flavors"].append(_pick(item, schema["flavors"], ephemeral="OS-FLV-EXT-DATA:ephemeral"))
    rows["services"] = [
        _pick(item, schema["services"], service_id="id") for item in _all(compute, "/os-services", "services")
    ]
    rows["hypervisors"] = [
        _pick(item, schema["hypervisors"]) for item in _all(compute, "/os-hypervisors", "hypervisors", "2.53")
    ]
    for item in _all(compute, "/os-availability-zone", "availabilityZoneInfo"):
        rows["availability_zones"].append(
            (item["zoneName"], "available" if item["zoneState"]["available"] else "unavailable")
        )
    return rows


def _neutron(connection: Connection) -> Tables:
    schema, network = SCHEMAS["neutronv2"], connection.network
    rows: Tables = {name: [] for name in schema}

    def listed(path: str, key: str) -> Iterator[dict[str, Any]]:
        return _all(network, f"/v2.0/{path}" if not _versioned(network) else f"/{path}", key)

    rows["networks"] = [_pick(item, schema["networks"]) for item in listed("networks", "networks")]
    for item in listed("ports", "ports"):
        rows["ports"].append(_pick(item, schema["ports"]))
        rows["fixed_ips"] += [(item["id"], ip["ip_address"], ip["subnet_id"]) for ip in item["fixed_ips"]]
        rows["security_group_port_bindings"] += [(item["id"], group) for group in item.get("security_groups", [])]
    for item in listed("security-groups", "security_groups"):
        rows["security_groups"].append(_pick(item, schema["security_groups"]))
        rows["security_group_rules"] += [
            _pick(rule, schema["security_group_rules"]) for rule in item["security_group_rules"]
        ]
    for item in listed("subnets", "subnets"):
        rows["subnets"].append(_pick(item, schema["subnets"]))
        rows["allocation_pools"] += [(item["id"], pool["start"], pool["end"]) for pool in item["allocation_pools"]]
        rows["dns_nameservers"] += [(item["id"], server) for server in item["dns_nameservers"]]
        rows["host_routes"] += [(item["id"], route["destination"], route["nexthop"]) for route in item["host_routes"]]
    for item in listed("routers", "routers"):
        rows["routers"].append(_pick(item, schema["routers"]))
        gateway = item.get("external_gateway_info")
        if gateway:
            rows["external_gateway_infos"].append((item["id"], gateway["network_id"], gateway.get("enable_snat")))
            fixed = gateway.get("external_fixed_ips", [])
            rows["external_fixed_ips"] += [(item["id"], ip["subnet_id"], ip["ip_address"]) for ip in fixed]
    rows["floating_ips"] = [_pick(item, schema["floating_ips"]) for item in listed("floatingips", "floatingips")]
    return rows


def _versioned(network: Any) -> bool:
    """Whether the proxy's endpoint ends with the version already."""
    return str(network.get_endpoint() or "").rstrip("/").endswith("/v2.0")


def _keystone(connection: Connection) -> Tables:
    """Keystone's old tables, which alone have an e-mail address, filled from its v3 API."""
    users = _all(connection.identity, "/users", "users")
    rows = [(u["name"], u["name"], u["enabled"], u.get("default_project_id"), u["id"], u.get("email")) for u in users]
    projects = _all(connection.identity, "/projects", "projects")
    tenants = [(p["enabled"], p["description"], p["name"], p["id"]) for p in projects]
    return {"users": rows, "tenants": tenants, "roles": _roles(connection)}


def _roles(connection: Connection) -> list[tuple[Any, ...]]:
    return [(role["id"], role["name"]) for role in _all(connection.identity, "/roles", "roles")]


def _keystone3(connection: Connection) -> Tables:
    schema, identity = SCHEMAS["keystonev3"], connection.identity
    found: Tables = {
        name: [_pick(item, schema[name]) for item in _all(identity, f"/{name}", name)]
        for name in ("users", "projects", "domains")
    }
    return {**found, "roles": _roles(connection)}


def _glance(connection: Connection) -> Tables:
    schema = SCHEMAS["glancev2"]
    images = list(
        _all(
            connection.image,
            "/v2/images" if not str(connection.image.get_endpoint() or "").rstrip("/").endswith("/v2") else "/images",
            "images",
        )
    )
    return {
        "images": [_pick(item, schema["images"]) for item in images],
        "tags": [(item["id"], tag) for item in images for tag in item["tags"]],
    }


_READERS: dict[str, Callable[[Connection], Tables]] = {
    "nova": _nova, "neutronv2": _neutron, "keystone": _keystone, "keystonev3": _keystone3, "glancev2": _glance,
}  # fmt: skip
