"""What the compute service stores."""

from __future__ import annotations

from sqlalchemy import Index, UniqueConstraint

from kit.cloud.tables import (
    Column,
    Integer,
    Table,
    decimal,
    flag,
    integer,
    json,
    key,
    metadata,
    moment,
    reference,
    string,
    text,
)  # fmt: skip

flavors = Table(
    "compute_flavors",
    metadata,
    Column("id", string("id").type, primary_key=True),  # Nova's flavorid: the operator may choose it
    string("name", null=False, unique=True),
    integer("ram", nullable=False),  # MiB
    integer("vcpus", nullable=False),
    integer("disk", nullable=False),  # GiB
    integer("ephemeral", nullable=False),  # GiB
    integer("swap", nullable=False),  # MiB
    decimal("rxtx_factor", nullable=False),
    flag("is_public", nullable=False),
    flag("disabled", nullable=False),
    text("description"),
    json("extra_specs"),
)

flavor_access = Table(
    "compute_flavor_access",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("flavor_id", string("id").type, index=True),
    string("project_id", index=True),
    UniqueConstraint("flavor_id", "project_id"),
)

keypairs = Table(
    "compute_keypairs",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    string("name", null=False),
    string("user_id", null=False, index=True),
    string("type", null=False),
    text("public_key"),
    string("fingerprint"),
    moment("created_at"),
    UniqueConstraint("user_id", "name"),
)

# Nova's services, one row a binary and host. `number` is the id before microversion 2.53.
services = Table(
    "compute_services",
    metadata,
    key(),
    integer("number", nullable=False),
    string("binary", null=False),
    string("host", null=False, index=True),
    flag("disabled", nullable=False),
    text("disabled_reason"),
    flag("forced_down", nullable=False),
    moment("created_at"),
    moment("updated_at"),
)

# Compute nodes: what a host's hypervisor has. What is in use is summed over the servers on it.
hypervisors = Table(
    "compute_hypervisors",
    metadata,
    key(),
    integer("number", nullable=False),
    string("host", null=False, unique=True),
    string("hypervisor_hostname", null=False),
    string("hypervisor_type"),
    integer("hypervisor_version"),
    string("host_ip"),
    integer("vcpus", nullable=False),
    integer("memory_mb", nullable=False),
    integer("local_gb", nullable=False),
    integer("reserved_memory_mb", nullable=False),
    decimal("cpu_allocation_ratio", nullable=False),
    decimal("ram_allocation_ratio", nullable=False),
    decimal("disk_allocation_ratio", nullable=False),
    json("cpu_info"),
    integer("pcpus"),  # CPUs for dedicated guest CPUs, beside `vcpus`
    integer("reserved_cpus"),
    integer("reserved_disk_gb"),
    json("numa_cells"),  # [{cpuset, pcpuset, memory_mb, pages, siblings, socket}]; None is one cell of everything
    json("pci_pools"),  # [{vendor_id, product_id, count, numa_node, dev_type, tags}]: all there are, free or not
    json("metrics"),  # what monitors measured: {name: value}
)

# What a server holds of a host's cells and devices; servers that ask for neither have no row.
claims = Table(
    "compute_claims",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    string("server_id", null=False, index=True),
    string("host", null=False),
    string("asked", null=False),  # a digest of flavor and image: a resize holds the old and the new
    json("numa"),  # {cells: [...], emulator_threads_policy}, as placed
    json("pci"),  # [{vendor_id, product_id, count, numa_node, dev_type, tags, alias}]
)

# The operator's configuration: `scheduler` (options by `group.name`), `api` (see kit.cloud.compute.settings).
settings = Table("compute_settings", metadata, key("name"), json("value"))

aggregates = Table(
    "compute_aggregates",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    string("uuid", null=False),
    string("name", null=False, unique=True),
    json("hosts"),
    json("metadata"),  # the availability zone is its key `availability_zone`
    moment("created_at"),
    moment("updated_at"),
)

server_groups = Table(
    "compute_server_groups",
    metadata,
    key(),
    string("name", null=False),
    string("user_id"),
    string("project_id", index=True),
    string("policy", null=False),
    json("rules"),
    moment("created_at"),
)

quotas = Table(
    "compute_quotas",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    string("scope", null=False),  # `project`, `user` (of a project) or `class`
    string("owner", null=False, index=True),  # a project's id, `project/user`, or the class's name
    string("resource", null=False),
    integer("limit", nullable=False),
    UniqueConstraint("scope", "owner", "resource"),
)

servers = Table(
    "compute_servers",
    metadata,
    key(),
    integer("number", nullable=False, index=True),  # in the order of creation
    string("name", null=False),
    string("hostname"),
    text("description"),
    string("user_id", index=True),
    string("project_id", index=True),
    moment("created_at"),
    moment("updated_at"),
    moment("launched_at"),
    moment("terminated_at"),
    moment("deleted_at", index=True),  # a deleted server stays for the administrator's `deleted=true`
    string("vm_state", null=False),
    string("task_state"),
    integer("power_state", nullable=False),
    integer("progress", nullable=False),
    string("image_id"),
    json("flavor"),  # a copy of the flavor's row as it was; later changes do not touch the server
    integer("vcpus"),  # the flavor's, beside it, so that a quota is one sum
    integer("ram"),  # MiB
    json("old_flavor"),  # while a resize is unconfirmed
    string("host", index=True),
    string("old_host"),
    string("availability_zone"),  # as asked for
    string("key_name"),
    json("metadata"),
    json("system_metadata"),
    json("tags"),
    json("fault"),  # {code, created, message, details}
    json("security_groups"),
    json("scheduler_hints"),
    json("rescue"),  # image and password while in rescue
    reference("server_group_id", "compute_server_groups.id"),
    string("access_ip_v4"),
    string("access_ip_v6"),
    text("user_data"),
    string("config_drive"),
    string("admin_pass"),
    string("disk_config"),
    string("locked_by"),
    text("locked_reason"),
    string("reservation_id"),
    integer("launch_index"),
    string("root_device_name"),
    json("trusted_certs"),
    json("block_devices"),  # [{volume_id, device, delete_on_termination, tag, attachment_id, bdm_uuid}]
    Index("compute_servers_quota", "project_id", "deleted_at", "vcpus", "ram"),
    Index("compute_servers_busy", "task_state", "host"),
)

actions = Table(
    "compute_actions",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    string("server_id", index=True),
    string("action", null=False),
    string("request_id", index=True),
    string("user_id"),
    string("project_id"),
    moment("start_time"),
    moment("updated_at"),
    string("message"),
    json("events"),  # [{event, start_time, finish_time, result, host, hostId, traceback, details}]
)

# What the shared file system service would say of its shares; the seed says it.
shares = Table(
    "compute_shares", metadata, key(), string("name"), string("project_id", index=True), string("status", null=False),
    string("share_proto", null=False), text("export_location"), flag("is_public", nullable=False),
)  # fmt: skip

# A share on a server; whether it is mounted follows from the server's power state.
share_mappings = Table(
    "compute_share_mappings", metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    string("uuid", null=False), string("server_id", null=False, index=True), string("share_id", null=False),
    string("status", null=False), string("tag", null=False), text("export_location"), string("share_proto"),
    UniqueConstraint("server_id", "share_id"), UniqueConstraint("server_id", "tag"),
)  # fmt: skip

# What a console proxy may be asked to open, and where it is.
console_tokens = Table(
    "compute_console_tokens", metadata, key("token"), string("server_id", null=False), string("console_type", null=False),
    string("host"), string("address"), integer("port", nullable=False), moment("expires_at"),
)  # fmt: skip

migrations = Table(
    "compute_migrations",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    string("uuid", null=False),
    string("server_id", index=True),
    string("migration_type", null=False),
    string("status", null=False),
    string("source_host"),
    string("dest_host"),
    string("old_flavor_id"),
    string("new_flavor_id"),
    string("user_id"),
    string("project_id"),
    json("progress"),
    json("live"),  # of a live migration: what was asked for, and the job as the model has it (see live.move)
    moment("created_at"),
    moment("updated_at"),
)

# The statuses of a live migration that is not over (`kit.migration.workflow.STATUSES` less the last one).
UNDER_WAY = ("accepted", "queued", "preparing", "running", "running (post-copy)")
