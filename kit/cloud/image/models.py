"""What the image service stores."""

from __future__ import annotations

from sqlalchemy import UniqueConstraint

from kit.cloud.tables import Column, Integer, Table, blob, flag, integer, json, key, metadata, moment, reference, string

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

members = Table(
    "image_members", metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    reference("image_id", "image_images.id", cascade=True), string("member_id", index=True), string("status"),
    moment("created_at"), moment("updated_at"),
    UniqueConstraint("image_id", "member_id"),
)  # fmt: skip
