"""What the block storage service stores."""

from __future__ import annotations

from typing import Any

from sqlalchemy import UniqueConstraint

from kit.cloud.tables import (
    Column,
    Integer,
    Table,
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


def _standard() -> list[Any]:
    """What every resource of a project has; `number` counts them in the order of creation."""
    return [
        key(), integer("number"), string("name"), text("description"), string("status", index=True),
        string("project_id", index=True), string("user_id"), moment("created_at"), moment("updated_at"),
    ]  # fmt: skip


def _number() -> Column[int]:
    return Column("id", Integer, primary_key=True, autoincrement=True)


volumes = Table(
    "volume_volumes", metadata, *_standard(), integer("size"), string("previous_status"), string("attach_status"),
    string("migration_status"), string("availability_zone"), string("host"), string("volume_type_id", index=True),
    string("snapshot_id"), string("source_volid"), flag("bootable"), flag("multiattach"), string("encryption_key_id"),
    flag("consumes_quota"), string("group_id", index=True), string("replication_status"), json("metadata"),
    json("admin_metadata"), json("image_metadata"), moment("launched_at"),
)  # fmt: skip

attachments = Table(
    "volume_attachments", metadata, key(), integer("number"), reference("volume_id", "volume_volumes.id", cascade=True),
    string("instance_uuid", index=True), string("attached_host"), string("mountpoint"), string("attach_status"),
    string("attach_mode"), moment("attach_time"), moment("detach_time"), json("connection_info"), json("connector"),
    moment("created_at"), moment("updated_at"),
)  # fmt: skip

snapshots = Table(
    "volume_snapshots", metadata, *_standard(), string("volume_id", index=True), integer("size"), string("progress"),
    json("metadata"), string("volume_type_id"), string("encryption_key_id"), string("group_snapshot_id", index=True),
    flag("consumes_quota"), json("image_metadata"),
)  # fmt: skip

backups = Table(
    "volume_backups", metadata, *_standard(), string("volume_id", index=True), string("snapshot_id"),
    string("parent_id", index=True), integer("size"), text("fail_reason"), string("container"),
    string("availability_zone"), integer("object_count"), moment("data_timestamp"), json("metadata"),
    string("restore_volume_id"), string("encryption_key_id"), json("image_metadata"),
    json("volume"),  # of the volume as it was: name, description, metadata
)  # fmt: skip

volume_types = Table(
    "volume_types", metadata, key(), integer("number"), string("name", null=False, unique=True), text("description"),
    flag("is_public"), json("extra_specs"), string("qos_specs_id", index=True), json("encryption"),
    moment("created_at"), moment("updated_at"),
)  # fmt: skip

type_access = Table(
    "volume_type_access", metadata, _number(), reference("type_id", "volume_types.id", cascade=True),
    string("project_id", index=True), UniqueConstraint("type_id", "project_id"),
)  # fmt: skip

default_types = Table(
    "volume_default_types", metadata, key("project_id"), reference("volume_type_id", "volume_types.id"),
)  # fmt: skip

qos_specs = Table(
    "volume_qos_specs", metadata, key(), integer("number"), string("name", null=False, unique=True),
    string("consumer"), json("specs"), moment("created_at"), moment("updated_at"),
)  # fmt: skip

transfers = Table(
    "volume_transfers", metadata, key(), integer("number"), string("name"),
    reference("volume_id", "volume_volumes.id", cascade=True), string("auth_key"), flag("no_snapshots"),
    string("source_project_id", index=True), string("destination_project_id"), flag("accepted"), moment("created_at"),
)  # fmt: skip

groups = Table(
    "volume_groups", metadata, *_standard(), string("group_type_id", index=True), json("volume_types"),
    string("availability_zone"), string("group_snapshot_id"), string("source_group_id"), string("replication_status"),
)  # fmt: skip

group_types = Table(
    "volume_group_types", metadata, key(), integer("number"), string("name", null=False, unique=True),
    text("description"), flag("is_public"), json("group_specs"), moment("created_at"), moment("updated_at"),
)  # fmt: skip

group_snapshots = Table(
    "volume_group_snapshots", metadata, *_standard(), string("group_id", index=True), string("group_type_id"),
)  # fmt: skip

quotas = Table(
    "volume_quotas", metadata, _number(), string("scope", null=False), string("owner", null=False, index=True),
    string("resource", null=False), integer("limit", nullable=False), UniqueConstraint("scope", "owner", "resource"),
)  # fmt: skip

# What the backend still has of volumes and snapshots that Cinder was told to forget.
left_behind = Table(
    "volume_left_behind", metadata, key("reference"), string("kind", index=True), string("source"), integer("size"),
)  # fmt: skip

services = Table(
    "volume_services", metadata, key(), integer("number"), string("binary", null=False), string("host", null=False),
    string("zone"), flag("disabled"), text("disabled_reason"), flag("frozen"), moment("created_at"), moment("updated_at"),
)  # fmt: skip

# What the operator set, service by service; the last one that a logger begins with counts.
log_levels = Table(
    "volume_log_levels", metadata, _number(), string("binary", null=False), string("host", null=False),
    string("prefix", null=False), string("level", null=False), UniqueConstraint("binary", "host", "prefix"),
)  # fmt: skip

messages = Table(
    "volume_messages", metadata, key(), integer("number"), string("project_id", index=True), string("action_id"),
    string("detail_id"), string("resource_type"), string("resource_uuid"), string("request_id"), string("message_level"),
    moment("created_at"), moment("expires_at"),
)  # fmt: skip
