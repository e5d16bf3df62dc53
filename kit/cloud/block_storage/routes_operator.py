"""Paths of what surrounds volumes: types, QoS, quotas, services."""

from __future__ import annotations

from kit.cloud.block_storage import (
    clusters,
    default_types,
    extensions,
    group_types,
    hosts,
    log_levels,
    manage,
    pools,
    qos_specs,
    quota_sets,
    services,
    type_parts,
    volume_types,
)
from kit.cloud.block_storage.paths import adder
from kit.cloud.service import Service


def add_to(service: Service) -> None:
    """Add the operations to the block storage service."""
    add = adder(service)
    one = "/types/{type_id}"
    add("GET", "/types", volume_types.index)
    add("POST", "/types", volume_types.create)
    add("GET", one, volume_types.show)
    add("PUT", one, volume_types.update)
    add("DELETE", one, volume_types.delete)
    add("POST", f"{one}/action", type_parts.action)
    add("GET", f"{one}/os-volume-type-access", type_parts.access_index)
    add("GET", f"{one}/extra_specs", type_parts.spec_index)
    add("POST", f"{one}/extra_specs", type_parts.spec_create)
    add("GET", f"{one}/extra_specs/{{key}}", type_parts.spec_show)
    add("PUT", f"{one}/extra_specs/{{key}}", type_parts.spec_update)
    add("DELETE", f"{one}/extra_specs/{{key}}", type_parts.spec_delete)
    add("GET", f"{one}/encryption", type_parts.encryption_index)
    add("POST", f"{one}/encryption", type_parts.encryption_create)
    add("GET", f"{one}/encryption/{{key}}", type_parts.encryption_show)
    add("PUT", f"{one}/encryption/{{key}}", type_parts.encryption_update)
    add("DELETE", f"{one}/encryption/{{key}}", type_parts.encryption_delete)

    add("GET", "/default-types", default_types.index, since="3.62")
    add("GET", "/default-types/{target_id}", default_types.show, since="3.62")
    add("PUT", "/default-types/{target_id}", default_types.update, since="3.62")
    add("DELETE", "/default-types/{target_id}", default_types.delete, since="3.62")

    one = "/group_types/{type_id}"
    add("GET", "/group_types", group_types.index, since="3.11")
    add("POST", "/group_types", group_types.create, since="3.11")
    add("GET", one, group_types.show, since="3.11")
    add("PUT", one, group_types.update, since="3.11")
    add("DELETE", one, group_types.delete, since="3.11")
    add("GET", f"{one}/group_specs", group_types.spec_index, since="3.11")
    add("POST", f"{one}/group_specs", group_types.spec_create, since="3.11")
    add("GET", f"{one}/group_specs/{{key}}", group_types.spec_show, since="3.11")
    add("PUT", f"{one}/group_specs/{{key}}", group_types.spec_update, since="3.11")
    add("DELETE", f"{one}/group_specs/{{key}}", group_types.spec_delete, since="3.11")

    one = "/qos-specs/{qos_id}"
    add("GET", "/qos-specs", qos_specs.index)
    add("POST", "/qos-specs", qos_specs.create)
    add("GET", one, qos_specs.show)
    add("PUT", one, qos_specs.update)
    add("DELETE", one, qos_specs.delete)
    add("PUT", f"{one}/delete_keys", qos_specs.delete_keys)
    add("GET", f"{one}/associations", qos_specs.associations)
    # Cinder changes things here although the method only looks.
    add("GET", f"{one}/associate", qos_specs.associate, writes=True)
    add("GET", f"{one}/disassociate", qos_specs.disassociate, writes=True)
    add("GET", f"{one}/disassociate_all", qos_specs.disassociate_all, writes=True)

    add("GET", "/os-quota-sets/{target_id}", quota_sets.show)
    add("PUT", "/os-quota-sets/{target_id}", quota_sets.update)
    add("DELETE", "/os-quota-sets/{target_id}", quota_sets.delete)
    add("GET", "/os-quota-sets/{target_id}/defaults", quota_sets.defaults)
    add("GET", "/os-quota-class-sets/{name}", quota_sets.class_show)
    add("PUT", "/os-quota-class-sets/{name}", quota_sets.class_update)
    add("GET", "/limits", quota_sets.limits)

    add("GET", "/os-services", services.index)
    add("PUT", "/os-services/enable", services.enable)
    add("PUT", "/os-services/disable", services.disable)
    add("PUT", "/os-services/disable-log-reason", services.disable_log_reason)
    add("PUT", "/os-services/freeze", services.freeze)
    add("PUT", "/os-services/thaw", services.thaw)
    add("PUT", "/os-services/failover_host", services.failover)
    add("PUT", "/os-services/get-log", log_levels.show, since="3.32")
    add("PUT", "/os-services/set-log", log_levels.store, since="3.32")
    add("GET", "/os-hosts", hosts.index)
    add("GET", "/os-hosts/{host}", hosts.show)
    add("GET", "/scheduler-stats/get_pools", pools.pools)
    add("GET", "/capabilities/{host}", pools.capabilities)
    add("GET", "/os-availability-zone", pools.zones)
    add("GET", "/resource_filters", services.resource_filters, since="3.33")
    add("GET", "/clusters", clusters.index, since="3.7")
    add("GET", "/clusters/detail", clusters.index, since="3.7")
    add("GET", "/clusters/{name}", clusters.show, since="3.7")
    add("PUT", "/clusters/enable", clusters.enable, since="3.7")
    add("PUT", "/clusters/disable", clusters.disable, since="3.7")
    add("POST", "/workers/cleanup", clusters.cleanup, since="3.24")

    add("GET", "/extensions", extensions.index)
    add("GET", "/extensions/{alias}", extensions.show)
    # The older paths had no microversion yet.
    for path, since in (("/manageable_volumes", "3.8"), ("/os-volume-manage", "")):
        add("GET", path, manage.volume_index, since=since)
        add("GET", f"{path}/detail", manage.volume_detail, since=since)
        add("POST", path, manage.manage, since=since)
    for path, since in (("/manageable_snapshots", "3.8"), ("/os-snapshot-manage", "")):
        add("GET", path, manage.snapshot_index, since=since)
        add("GET", f"{path}/detail", manage.snapshot_detail, since=since)
        add("POST", path, manage.manage_snapshot, since=since)
