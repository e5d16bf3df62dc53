"""The columns of the tables of a cloud, as in Congress's drivers, in their order."""

from __future__ import annotations

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
        # Congress has no email here; it stands last, so that rules by position stay as they are.
        "users": ("id", "name", "enabled", "default_project_id", "domain_id", "email"),
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
    "cinder": {
        "volumes": (
            "id", "size", "user_id", "status", "description", "name", "bootable", "created_at", "volume_type", "encrypted",
            "availability_zone", "replication_status", "multiattach", "snapshot_id", "source_volid", "consistencygroup_id",
            "migration_status",
        ),
        "attachments": ("volume_id", "server_id", "attachment_id", "host_name", "device"),
        "snapshots": ("id", "size", "status", "volume_id", "name", "created_at"),
        "services": ("status", "binary", "zone", "state", "updated_at", "host", "disabled_reason"),
    },
    "heat": {
        "stacks": (
            "id", "stack_name", "description", "creation_time", "updated_time", "stack_status", "stack_status_reason",
            "stack_owner", "parent",
        ),
        "stacks_links": ("parent_key", "href", "rel"),
        "resources": (
            "physical_resource_id", "logical_resource_id", "stack_id", "resource_name", "resource_type", "creation_time",
            "updated_time", "resource_status", "resource_status_reason",
        ),
        "resources_links": ("parent_key", "href", "rel"),
        "events": (
            "id", "physical_resource_id", "logical_resource_id", "stack_id", "resource_name", "event_time",
            "resource_status", "resource_status_reason",
        ),
        "events_links": ("parent_key", "href", "rel"),
        "deployments": ("status", "server_id", "config_id", "action", "status_reason", "id"),
        "deployment_output_values": ("parent_key", "deploy_stdout", "deploy_stderr", "deploy_status_code", "result"),
    },
}  # fmt: skip
