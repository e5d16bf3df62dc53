"""What the image service stores."""

from __future__ import annotations

from sqlalchemy import UniqueConstraint

from kit.cloud.tables import (
    Column,
    Integer,
    Table,
    blob,
    flag,
    integer,
    json,
    key,
    metadata,
    moment,
    reference,
    string,
    text,
)

images = Table(
    "image_images", metadata, key(), string("name"), string("owner", index=True), string("status", index=True),
    string("visibility", index=True), string("disk_format"), string("container_format"), integer("min_disk"),
    integer("min_ram"), integer("size"), integer("virtual_size"), string("checksum"), string("os_hash_algo"),
    string("os_hash_value"), flag("protected"), flag("os_hidden"), json("tags"), json("properties"),
    moment("created_at"), moment("updated_at"),
)  # fmt: skip

# An image's data in parts, so that a large upload is never one value of the database.
parts = Table(
    "image_parts", metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    reference("image_id", "image_images.id", cascade=True), flag("staged"), integer("number"), blob("data"),
)  # fmt: skip

# Images that are in the cache, or (without a moment) to be put there.
cached = Table(
    "image_cached", metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    reference("image_id", "image_images.id", cascade=True, unique=True), integer("hits"), integer("size"),
    moment("cached_at"), moment("accessed_at"),
)  # fmt: skip

members = Table(
    "image_members", metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    reference("image_id", "image_images.id", cascade=True), string("member_id", index=True), string("status"),
    moment("created_at"), moment("updated_at"),
    UniqueConstraint("image_id", "member_id"),
)  # fmt: skip

# Metadata definitions: namespaces, and what they hold (objects, properties, tags, resource types).
metadef_namespaces = Table(
    "metadef_namespaces", metadata, key(), string("namespace", index=True), string("display_name"),
    string("description"), string("visibility"), flag("protected"), string("owner"), moment("created_at"),
    moment("updated_at"),
)  # fmt: skip

metadef_items = Table(
    "metadef_items", metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    reference("namespace_id", "metadef_namespaces.id", cascade=True), string("kind"), string("name"), json("body"),
    moment("created_at"), moment("updated_at"),
    UniqueConstraint("namespace_id", "kind", "name"),
)  # fmt: skip

tasks = Table(
    "image_tasks", metadata, key(), string("type"), string("status"), json("input"), json("result"), text("message"),
    string("owner"), string("user_id"), string("request_id"), string("image_id", index=True), moment("created_at"),
    moment("updated_at"),
)  # fmt: skip
